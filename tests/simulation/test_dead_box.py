"""A dead box is replaced: HQ gives back what it had, the register tells the rest, and only then the till sells."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

from agent.view import Note
from fiscal.payment import Attempt, AttemptPhase
from tests.simulation.dead_box import BALL, BRICKS, CLAY, PUZZLE, DeadBox
from tests.simulation.laws import all_sales
from tests.simulation.points import PowerCut
from tests.simulation.world import SimShop

CUTS = int(os.environ.get("TILLKEEPER_CUTS", "6"))
"""So many of the points are cut at; all of them with TILLKEEPER_CUTS=100000 (some minutes)."""
MOMENTS = 3 if CUTS < 100 else 40


def drill(folder: Path, work: Callable[[DeadBox], Awaitable[None]], *, terminal: str = "zvt", **told: Any) -> None:
    async def run() -> None:
        async with trio.open_nursery() as nursery:
            world = SimShop(nursery, 11, terminals=(terminal,), hq=True)
            box = DeadBox(world, folder, **told)
            await box.day()
            await work(box)
            await world.pull_plug()
            nursery.cancel_scope.cancel()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.parametrize("old", ["morning", "none"])
def test_the_register_is_the_same(tmp_path: Path, old: str) -> None:
    """What HQ had comes back, what only the register has is found, and all three books agree after the next sale."""

    async def work(box: DeadBox) -> None:
        box.new_machine()
        box.line_is_back()
        await box.restored()
        assert box.disagreements() == []
        (said,) = box.said()
        assert sum(one["sum"] for one in said["foreign"]) == box.lost_minor > 0
        assert (len(said["foreign"]), said["differs"]) == (2, [])

    drill(tmp_path, work, old=old)


@pytest.mark.parametrize("swap", ["fn_swapped", "register_swapped"])
def test_a_swapped_register_is_said_and_what_it_kept_is_asked_of_nobody(tmp_path: Path, swap: str) -> None:
    """HQ's copies are whole; the receipts that only the old memory has are named by its number, and counted by nobody
    until the operator's register tells."""

    async def work(box: DeadBox) -> None:
        box.swap = swap
        box.new_machine()
        box.line_is_back()
        await box.restored()
        (said,) = box.said()
        assert said["foreign"] == []
        assert said["expected"][1] != said["fn"]
        assert (said["expected"][0] == said["serial"]) == (swap == "fn_swapped")
        ((fn, known, newest),) = said["elsewhere"]
        assert fn == said["expected"][1]
        assert newest == sorted(one["document"] for one in box.sealed()[: box.receipts])[-3]
        assert known == box.receipts - 2

    drill(tmp_path, work)


def test_the_restore_is_cut_at_its_steps_and_comes_to_the_same_end(tmp_path: Path) -> None:
    """Each commit, question to HQ and word to the register from the first start to the first sale."""
    passed: list[str] = []

    async def dry(box: DeadBox) -> None:
        box.new_machine()
        box.line_is_back()
        box.world.points.counting = False
        box.world.started = lambda: setattr(box.world.points, "counting", True)
        await box.restored()
        passed.extend(box.world.points.names)
        assert box.disagreements() == []

    (tmp_path / "dry").mkdir()
    drill(tmp_path / "dry", dry)
    assert len(passed) > 200
    step = max(1, len(passed) // CUTS)
    for place, at in enumerate(range(0, len(passed), step)):
        folder = tmp_path / str(place)
        folder.mkdir()
        drill(folder, cut_at(at))


def cut_at(point: int) -> Callable[[DeadBox], Awaitable[None]]:
    async def work(box: DeadBox) -> None:
        box.new_machine()
        box.line_is_back()
        world = box.world
        cuts = iter([point])

        def started() -> None:
            at = next(cuts, None)
            if at is not None:
                world.points.cut_in(at)

        world.started = started
        with suppress(PowerCut):
            await box.restored()
        await world.down()
        await box.restored()
        found = box.disagreements()
        assert found == [], (point, found)

    return work


def test_while_hq_is_away_a_supervisor_may_open_it_and_the_question_stands(tmp_path: Path) -> None:
    """Nothing is sold before somebody answers for it; what is sold then is taken for no sale of before, and when HQ is
    back its copies and the register are matched all the same."""

    async def work(box: DeadBox) -> None:
        box.new_machine()
        await box.world.boot()
        await box.until(lambda view: True)
        await box.done("sign_in", cashier="ann", pin="1111")
        await box.until(lambda view: view.restore is not None and view.restore.note.code == "restore_hq_away")
        assert await box.world.do("restore_open") == Note("no_privilege")
        assert await box.world.do("open_shift", float_minor=0) == Note("restore_first")
        await box.done("sign_out")
        await box.done("sign_in", cashier="sue", pin="2222")
        view = box.view()
        assert view.restore is not None
        assert (view.restore.may_open, view.restore.may_confirm) == (True, False)
        assert await box.world.do("restore_confirm") == Note("restore_hq_first")
        await box.done("restore_open")
        await box.opened()
        await box.sell(BALL)
        await box.sell(PUZZLE, "card")
        assert box.world.store is not None
        (opened,) = box.said()
        assert (opened["by"], opened["trouble"]) == ("sue", "hq_away")
        box.line_is_back()
        await box.until(lambda view: view.screen == "restore")
        await box.until(lambda view: bool(view.restore and view.restore.may_confirm))
        await box.done("restore_confirm")
        await box.at_hq()
        assert box.disagreements() == []

    drill(tmp_path, work)


@pytest.mark.parametrize("means", ["cash", "card"])
@pytest.mark.parametrize("lost", [False, True])
def test_the_backup_was_made_in_the_middle_of_a_sale(tmp_path: Path, means: str, lost: bool) -> None:
    """The sale is ended as HQ told it or as the register shows it, and its document is made by nobody a second time."""

    async def work(box: DeadBox) -> None:
        box.new_machine()
        box.line_is_back()
        await box.restored()
        found = box.disagreements()
        assert [one for one in found if "cards:" not in one] == [], (box.mid_sale, found)

    for place, moment in enumerate(range(0, 120, 120 // MOMENTS)):
        folder = tmp_path / str(place)
        folder.mkdir()
        drill(folder, work, mid_sale=moment, lost=lost, means=means)


@pytest.mark.parametrize(
    ("terminal", "lost", "dies_in", "becomes"),
    [
        ("zvt", False, -1, set()),  # HQ told of it
        ("zvt", True, -1, {AttemptPhase.CANNOT_TELL}),  # it has served others since: its last record is theirs
        ("zvt", True, 20, {AttemptPhase.DECLINED}),
        ("zvt", True, 120, {AttemptPhase.APPROVED}),
        ("confirm", True, -1, {AttemptPhase.BOOKED}),  # it knows each card by its key
        ("confirm", True, 20, {AttemptPhase.ROLLED_BACK}),
    ],
)  # fmt: skip
def test_the_backup_was_made_while_a_card_was_paid(
    tmp_path: Path, terminal: str, lost: bool, dies_in: int, becomes: set[AttemptPhase]
) -> None:
    """The terminal serves the next card at once, and what became of that one it alone says: neither the backup's
    silence nor another's record of the same sum is an answer."""

    async def work(box: DeadBox) -> None:
        before = box.charged()
        box.new_machine()
        box.line_is_back()
        await box.restored()
        await trio.sleep(30)
        store = box.world.store
        assert store is not None
        assert store.lock_holder("card1") is None
        of_backup = [sale for sale in all_sales(store) if {a.trail[0] for a in sale.attempts} == {AttemptPhase.SENT}]
        old = [a for sale in of_backup for a in sale.attempts if _was_lost(a)]
        assert {attempt.phase for attempt in old} == becomes
        charged = sum(a.sent.amount_minor for sale in all_sales(store) for a in sale.attempts if a.money_moved)
        if AttemptPhase.CANNOT_TELL not in becomes and lost and dies_in >= 0:
            assert box.charged() == charged
        await box.sell(PUZZLE, "card")
        assert box.charged() == before + 44_900

    last = CLAY if terminal == "zvt" else BRICKS  # the same sum once more: a record that looks like the backup's
    drill(tmp_path, work, terminal=terminal, mid_card=True, lost=lost, dies_in=dies_in, means="card", last=last)


def _was_lost(attempt: Attempt) -> bool:
    return AttemptPhase.UNKNOWN in attempt.trail


def test_what_the_backup_still_had_to_send_is_not_taken_from_hq_too(tmp_path: Path) -> None:
    """HQ had it before the copy was made and its answer was on the way: money out of the drawer moves once, in the
    journal as at HQ."""

    async def work(box: DeadBox) -> None:
        box.new_machine()
        box.line_is_back()
        await box.restored()
        assert box.disagreements() == []
        assert box.world.store is not None
        kinds = [row.kind for row in box.world.store.journal_since(0, 10**6)]
        assert (kinds.count("shift.moved"), kinds.count("told.cash")) == (2, 0)

    drill(tmp_path, work, unacknowledged=True)
