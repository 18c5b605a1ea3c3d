"""Emptying a cash unit: who may, when not, what the document says; a period ends in one commit or not at all."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import anyio
import pytest
from encash_room import PERSON, RUB10, RUB100, RUB500, VALIDATOR, Room, room, watched

from agent.cash.cash_slot import Slot
from agent.cash.encash_refused import EncashRefused
from agent.cash.encashment import BACK_UNSAID_S, Alarm
from agent.cash.unit_standing import standings
from drivers.cash_devices import contract as c

pytestmark = pytest.mark.anyio


async def refused(act: Awaitable[Any]) -> str:
    with pytest.raises(EncashRefused) as refusal:
        await act
    return refusal.value.code


async def test_a_period_ends_in_one_commit(tmp_path: Path) -> None:
    """Closing row, next period's first row, the period in force and the fact for HQ: all of it or nothing of it."""
    async with room(tmp_path) as at:
        await at.note()
        seen: list[tuple[int, list[str], int]] = []
        watched(at.store, seen)
        made = await at.emptied(cassette="C-2")
        for period, rows, facts in seen:
            ended = "encashment_closed" in rows
            assert (period, "period_begun" in rows, facts) == ((2, True, 1) if ended else (1, False, 0))
        assert seen[-1][1][-1] == "document_printed"
        assert (made.number, made.total_minor, made.operator, made.new_cassette) == ("1", 50_000, PERSON, "C-2")
        assert at.kinds(1)[-5:] == [
            "encashment_opened",
            "cassette_taken",
            "cassette_put",
            "encashment_closed",
            "document_printed",
        ]
        assert at.kinds(2) == ["period_begun"]
        assert at.slot.units["validator"].unit.counted_minor == 0
        (told,) = at.told_hq()
        assert (told.number, told.total, told.state, told.unauthorised) == ("1", 50_000, "closed", False)
        assert at.paper == [made]
        assert at.desk.alarms() == []


async def test_periods_follow_each_other(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        await at.emptied(cassette="C-1")
        await at.note(RUB100)
        made = await at.emptied(cassette="C-2")
        assert (made.number, made.period, made.counts) == ("2", 2, ((10_000, 1),))
        assert (made.old_cassette, made.new_cassette) == ("C-1", "C-2")
        assert made.from_ms == at.desk.book.document("cash1", "validator", 1).to_ms
    async with room(tmp_path) as again:
        assert again.slot.units["validator"].period == 3
        assert again.desk.book.last("cash1", "validator") == made, "read from the journal"


async def test_a_note_told_again_after_its_period_counts_once(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        await at.emptied()
        await at.tell(c.Stacked("validator", 3, RUB500, recovered=True), c.Found(VALIDATOR))
        assert at.kinds(2)[-2:] == ["piece_repeated", "unit_found"]


async def test_while_it_is_open_nothing_is_taken(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.desk.open("cash1", "validator", PERSON)
        at.slot.open("order-2", {"validator": frozenset({3}), "hopper": frozenset({1})})
        await at.tell(c.Escrowed("validator", 3, RUB500))
        accept = next(wish for wish in at.puppet.wishes if isinstance(wish, c.Accept))
        assert accept.types == {"hopper": frozenset({1})}
        assert at.puppet.wishes.pop() == c.GiveBack("validator")
        await at.tell(c.Returned("validator"))
        await at.desk.cancel("cash1", "validator", PERSON)
        at.slot.open("order-2", {"validator": frozenset({3})})
        await at.tell()
        assert at.puppet.wishes[-1] == c.Accept({"validator": frozenset({3})})


async def test_when_it_is_not_opened(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        assert await refused(at.desk.open("cash1", "validator", "stranger")) == "encash_not_allowed"
        assert await refused(at.desk.open("cash1", "coins", PERSON)) == "encash_unit_unknown"
        at.present = True
        assert await refused(at.desk.open("cash1", "validator", PERSON)) == "encash_purchase_open"
        at.present, at.slot.order = False, "order-1"
        await at.tell(c.Escrowed("validator", 3, RUB500))
        assert await refused(at.desk.open("cash1", "validator", PERSON)) == "encash_piece_moving"
        await at.tell(c.Stacked("validator", 3, RUB500), c.PayoutMeant("hopper", "order-1/1", 1_000, ()))
        assert await refused(at.desk.open("cash1", "hopper", PERSON)) == "encash_payout_open"
        await at.desk.open("cash1", "validator", PERSON)
        assert await refused(at.desk.open("cash1", "validator", PERSON)) == "encash_open_already"


async def test_when_it_is_not_closed(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        close = at.desk.close
        assert await refused(close("cash1", "validator", PERSON)) == "encash_not_open"
        assert await refused(at.desk.cancel("cash1", "validator", PERSON)) == "encash_not_open"
        await at.note(order="")
        await at.desk.open("cash1", "validator", PERSON)
        assert await refused(close("cash1", "validator", PERSON)) == "encash_cassette_in"
        await at.tell(c.CassetteOut("validator"))
        assert await refused(close("cash1", "validator", PERSON)) == "encash_cassette_out"
        assert await refused(at.desk.cancel("cash1", "validator", PERSON)) == "encash_cassette_left"
        await at.tell(c.CassetteBack("validator"))
        assert await refused(close("cash1", "validator", "stranger")) == "encash_not_allowed"
        at.unsettled = frozenset({""})
        assert await refused(close("cash1", "validator", PERSON)) == "encash_money_unsettled"
        at.unsettled = frozenset()
        assert await refused(close("cash1", "validator", PERSON, left=((0, 1),))) == "encash_counts_odd"
        assert at.slot.units["validator"].period == 1
        await close("cash1", "validator", PERSON)
        assert at.slot.units["validator"].period == 2


async def test_a_stuck_note_is_got_out_by_opening(tmp_path: Path) -> None:
    """The unit may be opened while a note is stuck in it; the period ends only when it is known what became of it."""
    async with room(tmp_path) as at:
        at.slot.order = "order-1"
        await at.tell(c.Escrowed("validator", 3, RUB500), c.Trouble("validator", "ccnet.jam_inside", inside=True))
        await at.desk.open("cash1", "validator", PERSON)
        await at.tell(c.CassetteOut("validator"), c.CassetteBack("validator"))
        assert await refused(at.desk.close("cash1", "validator", PERSON)) == "encash_piece_moving"
        await at.tell(c.Found(VALIDATOR))
        made = await at.desk.close("cash1", "validator", PERSON)
        assert [(doubt.value_minor, doubt.reason) for doubt in made.doubts] == [(50_000, "count_unreadable")]


async def test_a_unit_that_does_not_see_its_cassette(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        await at.desk.open("cash1", "validator", PERSON)
        made = await at.desk.close("cash1", "validator", PERSON, unseen=True)
        assert (made.total_minor, made.unauthorised) == (50_000, False)


async def test_a_cassette_that_leaves_unasked(tmp_path: Path) -> None:
    """An alarm that no restart forgets; nothing is taken; the document is made when it is back and nobody pays."""
    async with room(tmp_path) as at:
        await at.note()
        await at.tell(c.CassetteOut("validator"))
        assert at.desk.alarms() == [Alarm("encash_cassette_gone", "cash1", "validator")]
    async with room(tmp_path) as at:
        await at.tell(c.CassetteOut("validator"))
        assert at.kinds(1).count("cassette_taken") == 1, "it left once"
        assert at.desk.alarms() == [Alarm("encash_cassette_gone", "cash1", "validator")]
        await at.tell(c.CassetteBack("validator"))
        at.slot.open("order-2", {"validator": frozenset({3})})
        await at.tell()
        assert at.puppet.wishes[-1] == c.Refuse()
        at.present = True
        await at.desk.look()
        assert at.desk.alarms() == [Alarm("encash_cassette_back", "cash1", "validator")]
        at.present = False
        await at.desk.look()
        made = at.desk.book.last("cash1", "validator")
        assert made is not None
        assert (made.unauthorised, made.operator, made.total_minor) == (True, "", 50_000)
        assert at.told_hq()[0].unauthorised
        assert at.desk.alarms() == [Alarm("encash_unauthorised", "cash1", "validator", "1")]
        at.slot.open("order-2", {"validator": frozenset({3})})
        await at.tell()
        assert at.puppet.wishes[-1] == c.Accept({"validator": frozenset({3})})
    async with room(tmp_path) as at:
        assert at.desk.alarms() == [Alarm("encash_unauthorised", "cash1", "validator", "1")]
        await at.desk.book.counted("cash1", "validator", 1, PERSON, total_minor=50_000)
        assert at.desk.alarms() == []


@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_a_cassette_that_came_back_while_the_agent_was_down(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.tell(c.CassetteOut("validator"))
    async with room(tmp_path) as at:
        await at.desk.look()
        assert not at.slot.units["validator"].unit.cassette_in, "it may still say so"
        await anyio.sleep(BACK_UNSAID_S)
        await at.desk.look()
        assert at.slot.units["validator"].period == 2


async def test_paper_trouble_loses_no_document(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        at.paper_is_out = True
        made = await at.emptied()
        assert at.slot.units["validator"].period == 2
        assert (at.paper, await at.desk.book.print_again("cash1", "validator", 1)) == ([], False)
    async with room(tmp_path) as at:
        async with anyio.create_task_group() as life:
            life.start_soon(at.desk.attend)
            await anyio.sleep(0.1)
            life.cancel_scope.cancel()
        assert at.paper == [made], "printed when the agent is back"
        assert await at.desk.book.print_again("cash1", "validator", 1)
        assert at.paper == [made, made]
    async with room(tmp_path) as at:
        await at.desk.book.print_left("cash1", "validator")
        assert at.paper == [], "once by itself"


async def test_the_cash_centre_counts_later(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        at.slot.order = "order-2"
        await at.tell(c.Escrowed("validator", 3, RUB500), c.Found(VALIDATOR))
        await at.emptied()
        counted = at.desk.book.counted
        assert await refused(counted("cash1", "validator", 2, PERSON, ((50_000, 1),))) == "encash_no_document"
        assert await refused(counted("cash1", "validator", 1, PERSON)) == "encash_counts_odd"
        assert await refused(counted("cash1", "validator", 1, PERSON, ((50_000, 1),), 1)) == "encash_counts_odd"
        assert await refused(counted("cash1", "validator", 1, "stranger", ((50_000, 1),))) == "encash_not_allowed"
        made = await counted("cash1", "validator", 1, PERSON, ((10_000, 1), (50_000, 2)))
        assert (made.total_minor, made.centre_minor, made.difference_minor) == (50_000, 110_000, 10_000)
        assert [(doubt.order, doubt.found) for doubt in made.doubts] == [("order-2", True)]
        assert at.kinds(1)[-2:] == ["piece_resolved", "centre_counted"]
        assert await refused(counted("cash1", "validator", 1, PERSON, ((50_000, 1),))) == "encash_counted_already"
        closed, told = at.told_hq()
        assert (closed.state, closed.difference, told.state, told.difference) == ("closed", None, "counted", 10_000)
        assert [doubt.found for doubt in told.doubts] == ["in"]


async def test_a_hopper_is_filled_and_emptied(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        desk = at.desk
        assert await refused(desk.refill("cash1", "hopper", ((500, 3),), PERSON)) == "encash_cannot_fill"
        assert await refused(desk.refill("cash1", "validator", ((50_000, 1),), PERSON)) == "encash_cannot_fill"
        assert await refused(desk.refill("cash1", "hopper", ((1_000, -1),), PERSON)) == "encash_counts_odd"
        assert await refused(desk.refill("cash1", "hopper", ((1_000, 1),), "stranger")) == "encash_not_allowed"
        await desk.refill("cash1", "hopper", ((RUB10.value_minor, 20),), PERSON)
        await at.note()
        await at.paid("order-1/1", 4_000)
        await desk.open("cash1", "hopper", PERSON)
        made = await desk.close("cash1", "hopper", PERSON)
        assert (made.filled, made.paid_minor, made.total_minor) == (((1_000, 20),), 4_000, 16_000)
        kept = [ended.key for ended in at.slot.units["hopper"].unit.paid]
        assert kept == ["order-1/1"], "the note's box still has the purchase"
        await at.emptied()
        await desk.open("cash1", "hopper", PERSON)
        await desk.close("cash1", "hopper", PERSON)
        assert at.slot.units["hopper"].unit.paid == ()


async def test_a_purchase_that_is_not_settled_keeps_its_money(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note(order="order-1")
        at.unsettled = frozenset({"order-1"})
        await at.emptied()
    async with room(tmp_path) as again:
        assert again.slot.units["validator"].unit.inserted_for("order-1") == 50_000
        assert again.slot.units["validator"].unit.counted_minor == 0


async def test_a_store_for_change_stays_inside(tmp_path: Path) -> None:
    """A recycler's notes for change are no part of the cassette that leaves."""
    recycler = c.Unit("validator", "SN1", "a recycler", (RUB100, RUB500), gives=(RUB100,), escrow=True)
    async with room(tmp_path) as at:
        await at.tell(c.Found(recycler))
        for kind in (RUB100, RUB100, RUB500):
            await at.note(kind)
        await at.tell(c.Levels("validator", ((RUB100.type, 2),)))
        made = await at.emptied()
        assert (made.left, made.total_minor) == (((10_000, 2),), 50_000)
        after: Room = at
        following = await after.emptied(left=())
        assert (following.brought, following.total_minor) == (((10_000, 2),), 20_000)


async def test_what_staff_is_shown(tmp_path: Path) -> None:
    async with room(tmp_path) as at:
        await at.note()
        at.slot.order = "order-2"
        await at.tell(c.Escrowed("validator", 1, RUB100), c.Found(VALIDATOR), c.Levels("hopper", ((1, 7),)))
        await at.desk.refill("cash1", "hopper", ((1_000, 7),), PERSON)
        validator, hopper = standings({"cash1": at.slot})
        assert (validator.counts, validator.counted_minor) == (((50_000, 1),), 50_000)
        assert (validator.doubts, validator.doubted_minor, validator.serial) == (1, 10_000, "SN1")
        assert (validator.cassette, validator.state, validator.may_encash) == ("in", "closed", True)
        assert (hopper.levels, hopper.inside_minor, hopper.counts) == (((1_000, 7),), 7_000, ())
        await at.desk.open("cash1", "validator", PERSON)
        assert standings({"cash1": at.slot})[0].cassette == "open"
        await at.tell(c.CassetteOut("validator"))
        assert standings({"cash1": at.slot})[0].cassette == "out"
        await at.tell(c.Trouble("hopper", "cctalk.empty"), c.Escrowed("validator", 1, RUB100))
        validator, hopper = standings({"cash1": at.slot})
        assert (validator.may_encash, hopper.trouble, hopper.may_encash) == (False, "cctalk.empty", True)


async def test_a_unit_does_not_open_by_itself_into_a_period_that_is_over(tmp_path: Path) -> None:
    """The device remembers what it was to take; when its cassette leaves unasked that is taken back at once."""
    async with room(tmp_path) as at:
        types = {"validator": frozenset({3}), "hopper": frozenset({1})}
        at.slot.open("order-1", types)
        await at.tell(c.Accepting("validator"), c.CassetteOut("validator"))
        assert at.puppet.wishes == [c.Accept(types), c.Accept({"hopper": frozenset({1})})]
        await at.tell(c.CassetteBack("validator"), c.Accepting("validator"))
        at.slot.open("order-1", types)
        assert at.slot.slots["validator"] is Slot.CLOSED, "shut by what it was just told"
