"""One scenario with the power cut at one point: what every point of every scenario is judged by.

A case says what was done before, what is cut, how the cashier goes on afterwards, and what the undisturbed run must
have reached: a scenario that gives up half-way would prove nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import trio

from agent.view import TillView
from tests.simulation.cuts import Cut, astray
from tests.simulation.day_laws import drawer_and_shifts, truth_of
from tests.simulation.laws import all_sales, broken_laws, unfinished
from tests.simulation.points import PowerCut
from tests.simulation.scenarios import (
    card_sale,
    cash_in,
    cash_out,
    cash_sale,
    close_shift,
    finish,
    finish_shift,
    lost_reply,
    marked_sale,
    open_shift,
    refund_of_last,
    split_sale,
    two_sellers,
)
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import Obituaries, SimShop

Scenario = Callable[[SimShop], Awaitable[None]]
Reached = Callable[[SimShop], bool]
SEED = 7
SETTLES_S = 1.0
"""What the agent still writes and asks after the screen is quiet belongs to the act."""
LONGEST_S = 3600.0
"""Longer than any act, with the fifteen minutes after which a person is asked."""


def closed(sales: int, refunds: int = 0, documents: int = 1) -> Reached:
    """So many sales and refunds are closed, the last of them with so many documents."""

    def reached(world: SimShop) -> bool:
        assert world.store is not None
        ended = [sale for sale in all_sales(world.store) if sale.phase.value == "closed"]
        acts = [sale.act.value for sale in ended]
        return (acts.count("sale"), acts.count("refund")) == (sales, refunds) and len(ended[-1].sealed) == documents

    return reached


def shows(what: Callable[[TillView], bool]) -> Reached:
    return lambda world: what(world.view())


def happened(event: str) -> Reached:
    """The register did it, once more than at the start of the shift."""

    def reached(world: SimShop) -> bool:
        float_too = 1 if event == "cash_in" else 0
        times = [record["event"] for record in world.devices["kkt1"].ledger.records].count(event)
        return times == 1 + float_too

    return reached


async def nothing(world: SimShop) -> None:
    return


@dataclass(frozen=True, slots=True)
class Case:
    """`swap`: what a service engineer puts in while the till is dark; the till must then stop with that note."""

    scenario: Scenario
    reached: Reached
    terminal: str = "zvt"
    before: Scenario = nothing
    after: Scenario = finish
    shift_open: bool = True
    swap: str = ""


CASES: dict[str, Case] = {
    "cash": Case(cash_sale, closed(1)),
    "card, acknowledging terminal": Case(card_sale, closed(1)),
    "card, confirming terminal": Case(card_sale, closed(1), "confirm"),
    "split": Case(split_sale, closed(1)),
    "split, confirming terminal": Case(split_sale, closed(1), "confirm"),
    "marked goods": Case(marked_sale, closed(1)),
    "two sellers": Case(two_sellers, closed(1, documents=2)),
    "two sellers, confirming terminal": Case(two_sellers, closed(1, documents=2), "confirm"),
    "equal sum, second reply lost": Case(lost_reply, closed(2), before=card_sale),
    "refund to card": Case(refund_of_last, closed(1, 1), before=card_sale),
    "refund to card, confirming terminal": Case(refund_of_last, closed(1, 1), "confirm", card_sale),
    "refund in cash": Case(refund_of_last, closed(1, 1), before=cash_sale),
    "opening the shift": Case(open_shift, shows(lambda v: v.shift.open), after=finish_shift, shift_open=False),
    "closing the shift": Case(close_shift, shows(lambda v: not v.shift.open), before=card_sale, after=finish_shift),
    "cash into the drawer": Case(cash_in, happened("cash_in"), after=finish_shift),
    "cash out of the drawer": Case(cash_out, happened("cash_out"), after=finish_shift),
    "fiscal memory swapped meanwhile": Case(card_sale, closed(1), swap="fn swap"),
    "register swapped meanwhile": Case(cash_sale, closed(1), swap="register swap"),
}


def run_case(name: str, cut_at: int | None) -> tuple[list[str], list[str]]:
    """One run with the power cut at point number `cut_at` (None: dry). Returns (point names, what is broken)."""
    return run_simulated(lambda: _run(CASES[name], cut_at), SEED)


def run_point(name: str, dry: Sequence[str], number: int) -> tuple[int, list[str]]:
    """For a pool of processes: (the point's number, what is broken). `dry`: the names the dry run gave to its points;
    up to the cut this run must have passed exactly these, or it cut something else than what was counted."""
    passed, found = run_case(name, number)
    return number, [*astray(dry[: number + 1], passed), *found]


async def _run(case: Case, cut_at: int | None) -> tuple[list[str], list[str]]:
    async with trio.open_nursery() as nursery:
        world = SimShop(nursery, seed=SEED, terminals=(case.terminal,))
        deaths = Obituaries(world)
        with deaths.listening():
            await world.order("card1", "card auto")
            await world.boot()
            if case.shift_open:
                await open_shift(world)
                await case.before(world)
                await world.do("new_sale")
                await trio.sleep(1)
            names = await _play(case, world, cut_at)
            found = await (_undisturbed(case, world) if cut_at is None else _after_the_cut(case, world, cut_at))
        found += [f"a task died: {death}" for death in world.deaths]
        nursery.cancel_scope.cancel()
    return names, found


async def _play(case: Case, world: SimShop, cut_at: int | None) -> list[str]:
    """The scenario itself, until it ends or the power goes; returns the points it passed.

    A dry run and one that is cut are played by the same tasks: one task more, or another task in the hands' place, is
    another order in trio's batches, and a frame then arrives in two pieces where it came in one.
    """
    world.points.counting, world.points.where = True, Cut(cut_at)
    with trio.fail_after(LONGEST_S):
        async with trio.open_nursery() as play:
            play.start_soon(_hands, case.scenario, world, play.cancel_scope)
            await world.down()
            play.cancel_scope.cancel()
    world.points.counting = False
    return list(world.points.names)


async def _undisturbed(case: Case, world: SimShop) -> list[str]:
    found = [] if case.reached(world) else ["the undisturbed run did not reach its end"]
    await trio.sleep(120)
    return found + _laws(world)


async def _after_the_cut(case: Case, world: SimShop, cut_at: int) -> list[str]:
    if not world.points.dead:
        return [f"point {cut_at} was never reached"]
    if case.swap:
        await world.order("kkt1", case.swap)
    await trio.sleep(30)
    await world.boot()
    if case.swap:
        await trio.sleep(300)
        return _stopped(world)
    await case.after(world)
    await trio.sleep(120)
    return _laws(world)


def _laws(world: SimShop) -> list[str]:
    assert world.store is not None
    found = broken_laws(world.store, truth_of(world)) + unfinished(world.store)
    return found + drawer_and_shifts(world, world.store, "1", "kkt1")


def _stopped(world: SimShop) -> list[str]:
    """Another register stands there: a plain screen says so, nothing is sold on it and nothing was made twice."""
    view = world.view()
    assert world.store is not None
    found = broken_laws(world.store, truth_of(world))
    if view.screen != "stopped" or view.stop is None or view.stop.code != "other_register":
        found.append(f"the till does not stop: {view.screen} {view.stop}")
    return found


async def _hands(scenario: Scenario, world: SimShop, play: trio.CancelScope) -> None:
    """The cashier's hands: when the agent dies under them they just stop; when they are done the play ends."""
    try:
        await scenario(world)
    except PowerCut:
        return  # the command it had sent went down with the agent
    except AssertionError:
        if world.points.dead:
            return
        raise
    await trio.sleep(SETTLES_S)
    if not world.points.dead:
        play.cancel()
