"""A slip of one shop shown in another: it is asked for through HQ, given over once, and never owed or paid twice."""

from __future__ import annotations

import os
import random
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.lowlevel
import msgspec
import pytest

from agent.claims.claim_refused import ClaimRefused
from fiscal.claim import DAY_MS, ClaimPayMeant, ClaimPhase, slip_hash
from sync.downlink import Page, Place, place_of, run_downlink, take_page
from sync.store.batch import Batch
from sync.store.failures import DiskFull
from sync.wire.commands import Command, Commands
from tests.agent.exchange_world import Chain, ClaimShop, owing

pytestmark = pytest.mark.anyio
SEEDS = range(200 if os.environ.get("TILLKEEPER_CAMPAIGN") else 8)


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, object]]:
    """Minutes of waiting cost nothing."""
    import trio.testing

    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


async def ask(shop: ClaimShop, code: str) -> str:
    slip = shop.desk.foreign(code)
    assert slip is not None
    return (await shop.exchange.ask(slip.issuer, slip.number, slip_hash(code), "1")).number


async def test_it_is_given_over_and_paid_where_it_was_shown(tmp_path: Path) -> None:
    """The whole way: asked, released, granted, paid there; the shop that issued it does not pay it any more."""
    world = Chain(tmp_path, 1)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "change_short", "order-1")
        number = claim.issued.number
        await a.online()
        here = await ask(b, a.desk.code(claim))
        assert here == f"shop-a/{number}"
        assert b.desk.claim(here) is None
        await world.all_online(shops)
        taken = b.desk.claim(here)
        assert taken is not None
        assert (taken.phase, taken.owed_minor, taken.issued.expires_ms) == (
            ClaimPhase.ISSUED,
            45_200,
            claim.issued.expires_ms,
        )
        assert taken.slip == slip_hash(a.desk.code(claim))
        assert b.exchange.asked(here) is None
        assert (b.desk.kiosk(here), [one.issued.number for one in b.desk.owed()]) == ("shop-a/kiosk-1", [here])
        with pytest.raises(ClaimRefused, match="claim_moved") as moved:
            await a.pay(number)
        assert moved.value.params["at"] == "shop-b"
        await b.pay(here)
        await world.all_online(shops)
        owed = await world.hq.storage.rows("SELECT number FROM claim_owed")
        assert (world.paid, owed, owing(shops, "shop-a", number)) == ([("shop-b", "shop-a", number)], [], [])


async def test_without_hq_it_is_paid_at_home_and_the_question_finds_that_out(tmp_path: Path) -> None:
    """Offline it is redeemed at the agent that owes it; the shop that asked meanwhile is told so."""
    world = Chain(tmp_path, 2)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "change_short", "order-1")
        await a.online()
        here = await ask(b, a.desk.code(claim))
        await b.online()
        await a.pay(claim.issued.number)
        await world.all_online(shops)
        asked = b.exchange.asked(here)
        assert asked is not None
        assert (asked.why, b.desk.claim(here), world.paid) == (
            "paid",
            None,
            [("shop-a", "shop-a", claim.issued.number)],
        )


async def test_it_comes_back_when_the_shopper_goes_home(tmp_path: Path) -> None:
    world = Chain(tmp_path, 3)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "change_short", "order-1")
        code, number = a.desk.code(claim), claim.issued.number
        await a.online()
        await ask(b, code)
        await world.all_online(shops)
        assert owing(shops, "shop-a", number) == ["shop-b"]
        moved = a.desk.claim(number)
        assert moved is not None
        await a.exchange.ask(*a.desk.named(moved), a.desk.seen(moved), "1")
        await world.all_online(shops)
        assert owing(shops, "shop-a", number) == ["shop-a"]
        assert a.desk.read(code).phase is ClaimPhase.ISSUED
        await a.pay(number)
    async with world.shops() as shops:  # the journals fold to the same after a restart
        assert owing(shops, "shop-a", number) == []


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ("forged", "forged"),
        ("no_such", "unknown"),
        ("no_shop", "no_shop"),
        ("cancelled", "cancelled"),
        ("no_sum", "no_sum"),
    ],
)
async def test_who_owes_it_says_no(tmp_path: Path, spoil: str, why: str) -> None:
    """A signature made up, a number nobody gave out, a shop nobody knows: the till that asked is told which."""
    world = Chain(tmp_path, 4)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 0 if spoil == "no_sum" else 45_200, "in_doubt", "order-1")
        code = a.desk.code(claim)
        match spoil:
            case "forged":
                code = code[:-1] + ("A" if code[-1] != "A" else "B")
            case "no_such":
                code = code.replace("K-", "K-9")
            case "no_shop":
                code = code.replace("shop-a", "shop-z")
            case "cancelled":
                await a.desk.cancel(claim.issued.number, "sue", "the note came back")
        here = await ask(b, code)
        await world.all_online(shops)
        asked = b.exchange.asked(here)
        assert asked is not None
        assert (asked.why, b.desk.claim(here)) == (why, None)
        again = await ask(b, code)  # a no is not for ever
        assert again == here
        assert b.exchange.asked(here) != asked


async def test_a_slip_past_its_day_goes_to_a_supervisor_there_too(tmp_path: Path) -> None:
    world = Chain(tmp_path, 5)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        await a.online()
        world.clock.ahead += type(world.clock.ahead)(milliseconds=31 * DAY_MS)
        await a.desk.expire_due()
        here = await ask(b, a.desk.code(claim))
        await world.all_online(shops)
        with pytest.raises(ClaimRefused, match="claim_expired"):
            b.desk.may_pay(here, supervisor=False)
        assert b.desk.may_pay(here, supervisor=True).issued.amount_minor == 45_200


async def test_a_payout_under_way_is_not_given_over(tmp_path: Path) -> None:
    """Law 2: while nobody knows whether the register paid it, it goes nowhere."""
    world = Chain(tmp_path, 6)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        await a.desk.change(claim.issued.number, ClaimPayMeant("ann", "1", 17), "1")
        here = await ask(b, a.desk.code(claim))
        await world.all_online(shops)
        asked = b.exchange.asked(here)
        assert asked is not None
        assert asked.why == "paying"


async def test_two_shops_ask_and_one_gets_it(tmp_path: Path) -> None:
    world = Chain(tmp_path, 7)
    async with world.shops() as shops:
        a, b, c = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        for shop in (b, c):
            await ask(shop, a.desk.code(claim))
        await world.all_online(shops)
        (owner,) = owing(shops, "shop-a", claim.issued.number)
        other = c if owner == "shop-b" else b
        asked = other.exchange.asked(f"shop-a/{claim.issued.number}")
        assert asked is not None
        assert asked.why == "moved"


async def test_a_command_read_twice_has_one_effect(tmp_path: Path) -> None:
    """HQ was set up anew and begins its feed again: what was given over is not given over once more."""
    world = Chain(tmp_path, 8)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        here = await ask(b, a.desk.code(claim))
        await world.all_online(shops)
        assert owing(shops, "shop-a", claim.issued.number) == ["shop-b"]
        await b.pay(here)
        rows = {shop.name: len(shop.store.journal_since(0, 1000)) for shop in shops}
        for shop in shops:
            assert shop is shops[2] or world.heard[shop.name]
            await shop.hear_again()
        assert owing(shops, "shop-a", claim.issued.number) == []
        assert {shop.name: len(shop.store.journal_since(0, 1000)) for shop in shops} == rows


async def test_what_came_and_went_does_not_go_again(tmp_path: Path) -> None:
    """There and back, and then HQ's feed begins anew: the old grant does not make the shop owe what it gave back, and
    the old release does not give it away from home again."""
    world = Chain(tmp_path, 11)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        number = claim.issued.number
        await ask(b, a.desk.code(claim))
        await world.all_online(shops)
        await a.exchange.ask("shop-a", number, a.desk.seen(claim), "1")
        await world.all_online(shops)
        assert owing(shops, "shop-a", number) == ["shop-a"]
        await b.hear_again(1)
        assert owing(shops, "shop-a", number) == ["shop-a"]
        await a.hear_again(1)
        await world.all_online(shops)
        assert owing(shops, "shop-a", number) == ["shop-a"]


async def test_an_unknown_command_is_passed_over_and_its_place_kept(tmp_path: Path) -> None:
    world = Chain(tmp_path, 9)
    async with world.shop("shop-a") as a:
        page = Commands("f", [Command(7, "x", "dance", 1, 0, msgspec.Raw(b"{}"))], 0)
        await take_page(a.store, page, Place(), a.exchange.takers)
        assert place_of(a.store) == Place("f", 7, "x")


async def test_a_command_that_is_no_text_is_kept_for_a_person(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 stop the way from HQ no more than a wrong shape does."""
    world = Chain(tmp_path, 13)
    async with world.shop("shop-a") as a:
        page = Commands("f", [Command(7, "x", "claim_release", 1, 0, msgspec.Raw(b'{"request":"\xff"}'))], 0)
        await take_page(a.store, page, Place(), a.exchange.takers)
        assert place_of(a.store) == Place("f", 7, "x")
        (kept,) = a.store.journal("command/x")
        assert kept.kind == "downlink.unreadable"


async def test_a_command_that_cannot_be_read_stops_nothing(tmp_path: Path) -> None:
    """It is kept in the journal as it came; the next one is carried out."""
    world = Chain(tmp_path, 12)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        await a.online()
        await a.world.hq.storage.rows(
            "INSERT INTO command VALUES('shop-a', 'shop-a', 1, 'poison', 'claim_release', 1, 0, ?)",
            (b'{"request": 5}',),
        )
        await ask(b, a.desk.code(claim))
        await world.all_online(shops)
        assert owing(shops, "shop-a", claim.issued.number) == ["shop-b"]
        (kept,) = a.store.journal("command/poison")
        assert (kept.kind, b'{\\"request\\": 5}' in kept.body) == ("downlink.unreadable", True)


async def test_an_empty_answer_without_patience_is_not_asked_for_all_day(tmp_path: Path) -> None:
    """A proxy that answers at once in HQ's place, or an HQ that ends."""
    world, asked = Chain(tmp_path, 13), 0

    async def at_once(place: Place, wait_s: int) -> Page:
        nonlocal asked
        asked += 1
        await anyio.lowlevel.checkpoint()
        return Page(Commands("f", [], 0))

    async with world.shop("shop-a") as a:
        with anyio.move_on_after(600):
            await run_downlink(a.store, at_once, a.takers, rng=random.Random(1))
    assert 2 <= asked < 60


async def test_a_full_disk_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 1: what could not be written was not said; it is given over when there is room again."""
    world = Chain(tmp_path, 10)
    async with world.shops() as shops:
        a, b, _ = shops
        claim = await a.desk.issue("kiosk-1", 45_200, "timeout", "order-1")
        await ask(b, a.desk.code(claim))
        commit = a.store.commit

        async def full(batch: Batch) -> object:
            if any("moved" in entry.kind for entry in batch.entries):
                raise DiskFull("no room")
            return await commit(batch)

        monkeypatch.setattr(a.store, "commit", full)
        await world.all_online(shops)
        assert owing(shops, "shop-a", claim.issued.number) == ["shop-a"]
        monkeypatch.setattr(a.store, "commit", commit)
        await world.all_online(shops)
        assert owing(shops, "shop-a", claim.issued.number) == ["shop-b"]


@pytest.mark.parametrize("seed", SEEDS)
async def test_owed_by_one_and_paid_once_after_any_trouble(tmp_path: Path, seed: int) -> None:
    """Law: three shops ask for slips, pay them, lose their lines and their power, HQ restarts: at the end each slip is
    owed by exactly one shop or was paid exactly once."""
    rng = random.Random(seed)
    world = Chain(tmp_path, seed, loss=0.3)
    slips: list[tuple[str, str, str]] = []  # issuer, number, code
    async with world.shops() as shops:
        for shop in shops:
            for nth in range(2):
                claim = await shop.desk.issue("kiosk-1", 1000 + nth, "timeout", "")
                slips.append((shop.name, claim.issued.number, shop.desk.code(claim)))
    for _ in range(12):
        async with world.shops() as shops:  # each turn begins with a restart of all agents
            if rng.random() < 0.2:
                world.restart_hq()
            for _ in range(4):
                shop, (issuer, slip_number, code) = rng.choice(shops), rng.choice(slips)
                number = shop.desk.number_of(issuer, slip_number)
                known = shop.desk.claim(number)
                match rng.randrange(5):
                    case 4:
                        await shop.hear_again(rng.randrange(6))
                    case 0 | 1 if known is None or known.phase is ClaimPhase.MOVED:
                        await shop.exchange.ask(issuer, slip_number, slip_hash(code), "1")
                    case 2 if known is not None:
                        with suppress(ClaimRefused):
                            await shop.pay(number, fails=rng.random() < 0.5)
            world.cut = rng.random() < 0.2
            async with anyio.create_task_group() as tasks:
                for shop in rng.sample(shops, rng.randrange(1, 4)):
                    tasks.start_soon(shop.online, rng.uniform(0.0, 20.0))
            now_owed = [owing(shops, issuer, number) for issuer, number, _ in slips]
            assert all(len(owners) <= 1 for owners in now_owed), "owed twice"
    world.cut, world.loss = False, 0.0
    async with world.shops() as shops:
        for _ in range(3):
            await world.all_online(shops)
        for issuer, number, _ in slips:
            paid = [by for by, *slip in world.paid if slip == [issuer, number]]
            assert len(paid) + len(owing(shops, issuer, number)) == 1
        hq_owed = await world.hq.storage.number("SELECT count(*) FROM claim_owed")
        assert hq_owed == sum(len(owing(shops, issuer, number)) for issuer, number, _ in slips)
