"""Claim slips in the agent: given out durably, found by their code, changed once, listed by age."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from anyio.lowlevel import checkpoint

from agent.claims.claim_desk import NAMELESS, ClaimChange, ClaimDesk, is_slip
from agent.claims.claim_key import FILE, claim_key
from agent.claims.claim_refused import ClaimRefused
from agent.till.watches import watch_dates
from fiscal.claim import DAY_MS, ClaimPaid, ClaimPayFailed, ClaimPayMeant, ClaimPhase
from sync.store.batch import Setting
from sync.store.failures import Damaged
from sync.store.store import Store, open_store
from tests.agent.small_shop import LoopClock

pytestmark = pytest.mark.anyio
KEY = bytes(range(32))
MEANT = ClaimPayMeant("ann", "1", 17)


@asynccontextmanager
async def desks(
    directory: Path, *, key: bytes = KEY, issuer: str = "shop-1", days: int = 0
) -> AsyncIterator[tuple[ClaimDesk, Store]]:
    """`days` after the first day of the tests."""
    clock = LoopClock()
    clock.ahead += type(clock.ahead)(days=days)
    async with open_store(directory, device="shop-1", now_ms=clock.now_ms, inline=checkpoint) as store:
        yield ClaimDesk(store, clock, key, issuer, "RUB", 30), store


def told(store: Store) -> list[dict[str, Any]]:
    return [msgspec.json.decode(item.body) for item in store.outbox_read("sales", 0, 100) if item.kind == "claim"]


def refusal(work: Any) -> tuple[str, dict[str, Any]]:
    with pytest.raises(ClaimRefused) as refused:
        work()
    return refused.value.code, refused.value.params


async def test_an_issued_claim_is_durable_with_its_fact_and_its_settings(tmp_path: Path) -> None:
    """Law 5: journal, index, what the kiosk keeps and the fact for HQ are one commit."""
    async with desks(tmp_path) as (desk, store):
        claim = await desk.issue("kiosk-1", 45_200, "change_short", "order-1", settings=(Setting("k", b"1"),))
        assert claim.issued.number == "K-1121-01"
        assert claim.issued.expires_ms == claim.issued.at_ms + 30 * DAY_MS
    async with desks(tmp_path) as (desk, store):  # another process
        assert desk.owed() == desk.of_order("order-1") == (claim,)
        assert desk.claim("K-1121-01") == desk.read(desk.code(claim)) == claim
        assert desk.kiosk("K-1121-01") == "kiosk-1"
        assert store.setting("k") == b"1"
        fact = told(store)[0]
        assert (fact["number"], fact["kiosk"], fact["amount"], fact["state"]) == (
            "K-1121-01",
            "kiosk-1",
            45_200,
            "issued",
        )
        assert desk.of_order("") == desk.of_order("order-2") == ()


async def test_numbers_never_come_twice(tmp_path: Path) -> None:
    """The count goes on from day to day and after a restart; two kiosks at once get two numbers."""
    numbers = []
    for days in (0, 0, 366):
        async with desks(tmp_path, days=days) as (desk, _), anyio.create_task_group() as tasks:
            for kiosk in ("kiosk-1", "kiosk-2"):
                tasks.start_soon(desk.issue, kiosk, 100, "late", "")
        async with desks(tmp_path) as (desk, _):
            numbers = [claim.issued.number for claim in desk.owed()]
    assert numbers == ["K-1121-01", "K-1121-02", "K-1121-03", "K-1121-04", "K-1122-05", "K-1122-06"]


async def test_what_a_slip_may_say(tmp_path: Path) -> None:
    async with desks(tmp_path) as (desk, _):
        claim = await desk.issue("kiosk-1", 45_200, "late", "")
        code = desk.code(claim)
        body, _, signature = code.rpartition(".")
        for text in (code, f" {code}\n", f"{body}.{signature.lower()}"):
            assert desk.read(text) == claim
        for number in ("K-1121-01", "k-1121-01", "\u041a-1121-01", "1121-01", " K112101 "):
            assert desk.read(number) == claim
        assert is_slip(code)
        assert not is_slip("4601234004121")
        forged = code.replace(".45200.", ".45201.")
        assert refusal(lambda: desk.read(forged))[0] == "claim_forged"
        assert refusal(lambda: desk.read("TK1.half")) == ("claim_unreadable", {})
        assert refusal(lambda: desk.read("bear")) == ("claim_unreadable", {})
        assert refusal(lambda: desk.read("K-1121-02")) == ("claim_unknown", {"number": "K-1121-02"})


async def test_a_slip_of_another_issuer_is_named_and_not_judged(tmp_path: Path) -> None:
    """Only the issuer's journal knows whether it was paid, whatever its signature says."""
    async with desks(tmp_path / "far", issuer="shop-2") as (desk, _):
        far = desk.code(await desk.issue("kiosk-9", 100, "late", ""))
    async with desks(tmp_path / "near") as (desk, _):
        await desk.issue("kiosk-1", 100, "late", "")
        assert refusal(lambda: desk.read(far)) == ("claim_other_issuer", {"issuer": "shop-2"})


async def test_slips_from_before_a_shop_had_a_name_at_hq_are_still_its_own(tmp_path: Path) -> None:
    """It owes them whatever it is called now; a slip of another nameless shop is none of them."""
    async with desks(tmp_path, issuer=NAMELESS) as (desk, _):
        before = await desk.issue("kiosk-1", 45_200, "late", "")
        code = desk.code(before)
    async with desks(tmp_path, issuer="kazan-1") as (desk, _):
        after = await desk.issue("kiosk-1", 100, "late", "")
        assert after.issued.number != before.issued.number
        assert desk.foreign(code) is None
        assert desk.read(code).issued == before.issued
        assert desk.read(before.issued.number).issued == before.issued
        assert desk.named(desk.read(code)) == (NAMELESS, before.issued.number)
        assert desk.read(desk.code(after)).issued == after.issued
    async with desks(tmp_path / "never", issuer="ufa-1") as (desk, _):
        assert refusal(lambda: desk.read(code)) == ("claim_other_issuer", {"issuer": NAMELESS})


async def test_a_true_slip_that_the_journal_does_not_know(tmp_path: Path) -> None:
    """The data came back from an old copy: the same number may be another claim's, and is not paid for it."""
    async with desks(tmp_path / "lost") as (desk, _):
        code = desk.code(await desk.issue("kiosk-1", 45_200, "late", ""))
    async with desks(tmp_path / "copy") as (desk, _):
        assert refusal(lambda: desk.read(code)) == ("claim_unknown", {"number": "K-1121-01"})
        await desk.issue("kiosk-1", 100, "late", "")
        assert refusal(lambda: desk.read(code)) == ("claim_unknown", {"number": "K-1121-01"})


async def test_a_claim_is_paid_once_and_leaves_the_list(tmp_path: Path) -> None:
    async with desks(tmp_path) as (desk, store):
        first = await desk.issue("kiosk-1", 100, "late", "")
        second = await desk.issue("kiosk-1", 200, "timeout", "")
        number = first.issued.number
        assert (await desk.change(number, MEANT, "1")).phase is ClaimPhase.PAYING
        assert [claim.phase for claim in desk.owed()] == [ClaimPhase.PAYING, ClaimPhase.ISSUED]
        with pytest.raises(ClaimRefused, match="claim_paying"):
            await desk.change(number, MEANT, "2")
        await desk.change(number, ClaimPayFailed("paper_out"), "1")
        await desk.change(number, MEANT, "1")
        paid = await desk.change(number, ClaimPaid(5, "seen"), "1")
        assert (paid.phase, desk.claim(number)) == (ClaimPhase.PAID, paid)
        assert desk.owed() == (second,)
        with pytest.raises(ClaimRefused, match="claim_paid"):
            await desk.change(number, MEANT, "1")
        facts = told(store)
        assert [(fact["number"], fact["state"]) for fact in facts] == [
            (number, "issued"),
            (second.issued.number, "issued"),
            (number, "paid"),
        ]
        assert (facts[2]["by"], facts[2]["kiosk"]) == ("ann", "kiosk-1")
        items = store.outbox_read("sales", 0, 100)
        assert len({item.id for item in items}) == len(items)


async def test_a_commit_that_fails_leaves_the_claim_as_it_was(tmp_path: Path) -> None:
    async def full(change: ClaimChange) -> None:
        assert change.entries
        raise OSError("full")

    async with desks(tmp_path) as (desk, store):
        claim = await desk.issue("kiosk-1", 100, "late", "")
        with pytest.raises(OSError, match="full"):
            await desk.change(claim.issued.number, MEANT, "1", full)
        assert desk.claim(claim.issued.number) == claim
        assert len(store.journal_since(0, 10)) == 1


async def test_an_expired_claim_is_owed_and_a_supervisor_pays_it(tmp_path: Path) -> None:
    async with desks(tmp_path) as (desk, _):
        claim = await desk.issue("kiosk-1", 100, "late", "")
        number = claim.issued.number
        assert await desk.expire_due() == ()
    async with desks(tmp_path, days=31) as (desk, store):
        assert refusal(lambda: desk.may_pay(number, supervisor=False))[0] == "claim_expired"  # not written down yet
        (expired,) = await desk.expire_due()
        assert (expired.phase, desk.owed()) == (ClaimPhase.EXPIRED, (expired,))
        assert await desk.expire_due() == ()
        assert told(store)[-1]["state"] == "expired"
        with pytest.raises(ClaimRefused, match="claim_expired"):
            await desk.change(number, MEANT, "1")
        await desk.change(number, ClaimPayMeant("sue", "1", 17, supervisor=True), "1")
        assert desk.owed()[0].phase is ClaimPhase.PAYING


async def test_the_watch_writes_down_what_is_past_its_day_and_tells_the_screens(tmp_path: Path) -> None:
    async with desks(tmp_path) as (desk, _):
        await desk.issue("kiosk-1", 100, "late", "")
    async with desks(tmp_path, days=31) as (desk, _):
        told_screens: list[None] = []
        desk.watchers.append(lambda: told_screens.append(None))
        with anyio.move_on_after(0.2):
            await watch_dates(desk, None, 0.05)
        assert [claim.phase for claim in desk.owed()] == [ClaimPhase.EXPIRED]
        assert len(told_screens) == 1


async def test_a_cancelled_claim_is_not_paid(tmp_path: Path) -> None:
    async with desks(tmp_path) as (desk, store):
        claim = await desk.issue("kiosk-1", 100, "in_doubt", "order-1")
        number = claim.issued.number
        assert (await desk.cancel(number, "sue", "the note came back")).phase is ClaimPhase.CANCELLED
        assert desk.owed() == ()
        assert [one.phase for one in desk.of_order("order-1")] == [ClaimPhase.CANCELLED]
        assert refusal(lambda: desk.may_pay(number, supervisor=True))[0] == "claim_cancelled"
        with pytest.raises(ClaimRefused, match="claim_cancelled"):
            await desk.cancel(number, "sue", "again")
        with pytest.raises(ClaimRefused, match="claim_unknown"):
            await desk.cancel("K-1121-77", "sue", "nothing")
        fact = told(store)[-1]
        assert (fact["state"], fact["by"], fact["why"]) == ("cancelled", "sue", "the note came back")


async def test_a_case_without_a_sum_is_kept_and_not_paid(tmp_path: Path) -> None:
    """Nobody knows yet whether the card was charged: the slip is there, its money is decided by a person."""
    async with desks(tmp_path) as (desk, _):
        claim = await desk.issue("kiosk-1", 0, "card_unknown", "order-1")
        assert desk.read(desk.code(claim)) == claim
        assert refusal(lambda: desk.may_pay(claim.issued.number, supervisor=True))[0] == "claim_no_sum"
        with pytest.raises(ValueError, match="-1"):
            await desk.issue("kiosk-1", -1, "late", "")


def test_the_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    key = claim_key(tmp_path / "data")
    assert len(key) == 32
    assert claim_key(tmp_path / "data") == key != claim_key(tmp_path / "other")
    assert (tmp_path / "data" / FILE).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == [FILE]


def test_a_damaged_key_is_said_and_not_replaced(tmp_path: Path) -> None:
    """Slips that are out there were signed by the old one."""
    (tmp_path / FILE).write_bytes(b"short")
    with pytest.raises(Damaged):
        claim_key(tmp_path)
    assert (tmp_path / FILE).read_bytes() == b"short"
