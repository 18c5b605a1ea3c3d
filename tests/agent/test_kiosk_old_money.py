"""What a restored kiosk asks of the money in its backup: who may answer, how often, and what hangs on it meanwhile."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.checkup.agent_answers import agent_findings
from agent.claims.claim_refused import ClaimRefused
from agent.local_api.status import StatusReader
from agent.view import Note
from sync.store import claim_journal
from sync.store.backup import back_up, place
from sync.store.batch import Batch
from tests.agent.claim_shop import claims_wired, screen_of
from tests.agent.kiosk_shop import KioskShop, kiosk_shop, make_kiosk_world
from tests.agent.small_shop import BEAR, CASHIER, SUPERVISOR, SmallShop, small_shop

__all__ = ["claims_wired"]
pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
SUE: dict[str, Any] = {"person": SUPERVISOR[0], "pin": SUPERVISOR[1]}
ANN: dict[str, Any] = {"person": CASHIER[0], "pin": CASHIER[1]}


@asynccontextmanager
async def restored(folder: Path, *, unbooked: int = 0) -> AsyncIterator[KioskShop]:
    """A kiosk whose backup has one note of 500 in a purchase; the box gave it back afterwards, and nobody knows."""
    world = make_kiosk_world()
    async with kiosk_shop(folder / "dead", world=world) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await shop.order("cash1", "insert note 500")
        await shop.until(lambda view: view.cash and view.cash.inserted_minor == 50_000)
        if unbooked:
            kept = claim_journal.unbooked_setting("k1", [unbooked])
            await shop.store.commit(Batch(settings=(kept,)))
        back_up(folder / "dead", folder / "old.db")
    place(folder / "new", folder / "old.db", now_ms=world.clock.now_ms(), id="drill")
    async with kiosk_shop(folder / "new", world=world) as again:
        assert again.kiosk.back.asked() == [], "nothing is asked before the register was read"
        await again.shop.restore.take_back(None, random.Random(1))
        await again.shop.restore.confirm("k1", "sue")
        await again.until(lambda view: view.screen == "attract" and again.kiosk.resumed.is_set())
        yield again


async def test_a_supervisors_word_is_kept_with_what_it_does_and_counts_once(tmp_path: Path) -> None:
    """Part of the sum is owed: a slip of that, the rest is settled, and whose word it was stands in the same commit."""
    async with restored(tmp_path) as shop:
        back = shop.kiosk.back
        (asked,) = back.asked()
        assert (asked.kind, asked.sum_minor, back.claims_of(asked.key)) == ("purchase", 50_000, ())
        for sum_minor, owed_minor in ((50_001, 0), (50_000, 50_001), (50_000, -1)):
            with pytest.raises(ClaimRefused):
                await back.answer(asked.key, sum_minor, owed_minor, "sue")
        batches: list[Batch] = []
        keep = shop.store.commit

        async def watched(batch: Batch) -> Any:
            batches.append(batch)
            return await keep(batch)

        shop.store.commit = watched  # type: ignore[method-assign]
        await back.answer(asked.key, 50_000, 20_000, "sue")
        kinds = [{entry.kind for entry in batch.entries} for batch in batches]
        assert {"claim.claim_issued", "restore.money_said"} in kinds
        (row,) = [row for row in shop.store.journal(asked.key) if row.kind == "restore.money_said"]
        said = msgspec.json.decode(row.body)
        assert (said["person"], said["owed_minor"], said["at_ms"] > 0) == ("sue", 20_000, True)
        assert [claim.issued.amount_minor for claim in back.claims_of(asked.key)] == [20_000]
        assert back.asked() == []
        with pytest.raises(ClaimRefused):
            await back.answer(asked.key, 50_000, 50_000, "sue")
        await shop.until(lambda view: not back.unbooked())
        booked = [one["sum_minor"] for one in shop.device("kkt1").events("cash_in")]
        assert booked == [20_000], "the slip's own внесение, as of any other"


async def test_a_question_outlives_a_restart_and_names_itself_where_people_look(tmp_path: Path) -> None:
    """Status page, doctor, the shift that closes over it; staff at a kiosk answers it, and only a supervisor."""
    async with restored(tmp_path) as shop:
        world = shop.world
        status = StatusReader(shop.shop).view()
        assert [one.code for one in status.alarms] == ["old_money"]
        assert status.state == "attention"
        settings = shop.shop.settings
        found = agent_findings(settings, msgspec.json.decode(msgspec.json.encode(status)), 7)
        (said,) = [one for one in found if one.about == "kiosks"]
        assert "восстановлен" in said.what.ru
        assert said.do is not None
    async with kiosk_shop(tmp_path / "new", world=world) as shop:
        (asked,) = shop.kiosk.back.asked()
        answer = {"key": asked.key, "sum_minor": 50_000, "owed_minor": 0}
        assert await shop.do("old_money", **answer) == Note("locked")
        await shop.done("staff", **ANN)
        assert await shop.do("old_money", **answer) == Note("no_privilege")
        await shop.done("open_shift")
        await shop.done("close_shift")
        closed = [row for row in shop.store.outbox_read("sales", 0, 1000) if row.kind == "shift"][-1]
        assert any("restore purchase" in one for one in msgspec.json.decode(closed.body)["exceptions"])
        await shop.done("staff", **SUE)
        view = shop.view()
        assert view.staff is not None
        assert [one.key for one in view.staff.questions] == [asked.key]
        await shop.done("old_money", **answer)
        assert (shop.kiosk.back.asked(), shop.kiosk.back.claims_of(asked.key)) == ([], ())
        assert StatusReader(shop.shop).view().alarms == []
        assert shop.kiosk.back.unsettled() == frozenset()


@pytest.mark.parametrize("made", [True, False])
async def test_a_slips_sum_is_not_booked_again_unasked(tmp_path: Path, made: bool) -> None:
    """By the backup the register had still to be told; whether it was told afterwards is on its paper."""
    async with restored(tmp_path, unbooked=7_700) as shop:
        back = shop.kiosk.back
        await shop.done("staff", **SUE)
        await shop.done("open_shift")
        await shop.done("close_shift")
        assert shop.device("kkt1").events("cash_in") == []
        asked = next(one for one in back.asked() if one.kind == "booking")
        with pytest.raises(ClaimRefused):
            await back.answer(asked.key, 7_700, 100, "sue")
        await back.answer(asked.key, 7_700, 0 if made else 7_700, "sue")
        assert [one.kind for one in back.asked()] == ["purchase"]
        assert back.unbooked() == ([] if made else [7_700])


@pytest.mark.usefixtures("claims_wired")
async def test_at_a_till_only_what_is_looked_at_is_answered_and_only_by_a_supervisor(tmp_path: Path) -> None:
    async with restored(tmp_path / "kiosk") as kiosk, small_shop(tmp_path / "till") as till:
        till.shop.asked.add("k1", "Киоск у входа", kiosk.kiosk.back)
        await till.open_shift()
        assert await till.do("claim") is None
        (shown,) = screen_of(till.view()).questions
        assert (shown.kiosk, shown.sum_minor) == ("Киоск у входа", 50_000)
        answer = {"key": shown.key, "sum_minor": 50_000, "owed_minor": 50_000}
        assert await till.do("claim_old_said", **answer, **SUE) == Note("case_moved")
        assert await till.do("claim_old", key=shown.key) is None
        question = screen_of(till.view()).question
        assert question is not None
        assert question.key == shown.key
        assert await _refused(till, answer | ANN) == "no_privilege"
        assert await _refused(till, answer | SUE | {"pin": "0"}) == "wrong_pin"
        assert await _refused(till, answer | SUE | {"sum_minor": 1, "owed_minor": 1}) == "old_money_moved"
        assert await till.do("claim_old_said", **answer, **SUE) is None
        assert screen_of(till.view()).questions == []
        (claim,) = kiosk.kiosk.back.claims_of(shown.key)
        assert (claim.issued.amount_minor, claim.issued.reason) == (50_000, "restored")


async def _refused(till: SmallShop, args: dict[str, Any]) -> str:
    note = await till.do("claim_old_said", **args)
    assert note is not None
    return note.code
