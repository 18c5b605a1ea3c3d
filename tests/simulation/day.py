"""One day of a simulated shop: two tills, sixty sales and more, two dozen troubles, and the laws at the end.

Everything follows from the seed. The troubles of a day are a window of the list of reachable cells, so that any hundred
days in a row have aimed at each of them several times.
"""

from __future__ import annotations

import random
import traceback
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from functools import lru_cache

import trio

from tests.simulation.aims import aimed, fits, is_last
from tests.simulation.cashier import Cashier
from tests.simulation.cells import CELLS, Cell
from tests.simulation.coverage import Hits
from tests.simulation.day_laws import broken_at_the_end
from tests.simulation.director import Director
from tests.simulation.goals import Goal, GoalMaker
from tests.simulation.laws import all_sales, hanging
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import Obituaries, SimShop

AIMS = 26
SALES_OF_A_TILL = 32
LEAST_SALES = 60
LEAST_FAULTS = 20
WATCH_S = 240.0
MIXES = ((("zvt", "zvt"), 7), (("confirm", "zvt"), 5), (("confirm", "confirm"), 11), (("", "zvt"), 13))
"""(terminals, every so many days); on all other days till 1 has zvt and till 2 confirm."""
SETTLES_S = 1500.0
"""After everything was mended: longer than the fifteen minutes after which a person is asked."""
LONGEST_S = 14 * 3600.0


@dataclass(slots=True)
class Day:
    """What became of a day. `broken` is empty when every law held."""

    seed: int
    broken: list[str] = field(default_factory=list)
    hits: Hits = field(default_factory=Counter)
    sales: int = 0
    faults: int = 0
    boots: int = 0
    hours: float = 0.0
    log: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)


def terminals_of(seed: int) -> tuple[str, ...]:
    return next((mix for mix, every in MIXES if seed % every == every - 1), ("zvt", "confirm"))


def cells_of(seed: int, terminals: tuple[str, ...]) -> list[Cell]:
    """This day's window of all cells, one round after the other, each in an order of its own; in the place of those
    that no till of today's can run into, as many others that one can."""
    window = [_cell(seed * AIMS + at) for at in range(AIMS)]
    able = [cell for cell in CELLS if any(fits(cell, terminal) for terminal in terminals)]
    chosen = [cell for cell in dict.fromkeys(window) if cell in able]
    others = [cell for cell in able if cell not in chosen]
    return chosen + random.Random(f"{seed}/others").sample(others, AIMS - len(chosen))


def _cell(number: int) -> Cell:
    turn, at = divmod(number, len(CELLS))
    return _order(turn)[at]


@lru_cache(maxsize=2)
def _order(turn: int) -> list[Cell]:
    return random.Random(f"cells {turn}").sample(CELLS, len(CELLS))


def plan(seed: int, terminals: tuple[str, ...]) -> dict[str, list[Goal]]:
    """Each till's goals, the aimed ones spread among the usual shoppers."""
    rng = random.Random(f"{seed}/plan")
    tills = [str(number) for number in range(1, len(terminals) + 1)]
    makers = {till: GoalMaker(rng, till, cards=bool(terminals[int(till) - 1])) for till in tills}
    rows: dict[str, list[list[Goal]]] = {till: [] for till in tills}
    last: dict[str, list[Goal]] = {till: [] for till in tills}
    for cell in cells_of(seed, terminals):
        able = [till for till in tills if fits(cell, terminals[int(till) - 1])]
        ends = is_last(cell)
        till = min(able, key=lambda t: (len(last[t] if ends else rows[t]), rng.random()))
        goals = aimed(cell, till, terminals[int(till) - 1], makers[till], rng)
        if ends:
            last[till] += goals
        else:
            rows[till].append(goals)
    return {till: _day_of(rows[till], last[till], makers[till], rng) for till in tills}


def _day_of(rows: list[list[Goal]], last: list[Goal], maker: GoalMaker, rng: random.Random) -> list[Goal]:
    sales = sum(goal.kind == "sale" for row in rows for goal in row)
    usual: list[list[Goal]] = [[maker.plain()] for _ in range(max(8, SALES_OF_A_TILL - sales))]
    usual += [[maker.refund()] for _ in range(4)] + [[Goal("x")], [Goal("cash_out", sum_minor=5_000)]]
    everything = rows + usual
    rng.shuffle(everything)
    goals = [goal for row in everything for goal in row]
    for goal in goals:
        goal.pause_s = goal.pause_s if goal.aim else rng.expovariate(1 / 90)
    return [Goal("open", pause_s=rng.uniform(1, 30)), *goals, *last]


def run_day(seed: int) -> Day:
    """The whole day; what a program error does to it is a broken law like any other."""
    day = Day(seed)
    try:
        run_simulated(lambda: _live(day), seed)
    except BaseExceptionGroup as group:
        day.broken.append(f"the run itself died: {''.join(traceback.format_exception(group))}")
    return day


async def _live(day: Day) -> None:
    terminals = terminals_of(day.seed)
    async with trio.open_nursery() as nursery:
        world = SimShop(nursery, day.seed, terminals=terminals, instant=False, hq=True, watch_s=WATCH_S)
        assert world.office is not None
        with Obituaries(world).listening(), closing(world.office):
            await _through_the_day(day, world, nursery)
        nursery.cancel_scope.cancel()


async def _through_the_day(day: Day, world: SimShop, nursery: trio.Nursery) -> None:
    rng = random.Random(f"{day.seed}/director")
    director = Director(world, nursery, rng, day.hits)
    day.log = director.log
    goals = plan(day.seed, terminals_of(day.seed))
    people = {"1": "sue", "2": "ann"}
    cashiers = {till: Cashier(world, till, people[till], random.Random(f"{day.seed}/cashier {till}")) for till in goals}

    def watch() -> None:
        assert world.shop is not None
        for till, cashier in cashiers.items():
            world.shop.tills[till].watchers += [cashier.stir, director.notice]

    world.started = watch
    for device in world.devices.values():
        if device.is_terminal:
            await world.order(device.id, "card auto")
    await world.boot()
    with trio.move_on_after(LONGEST_S) as within:
        async with trio.open_nursery() as counters:
            for till, cashier in cashiers.items():
                cashier.begun = lambda goal, t=till: director.begin(t, goal)  # type: ignore[misc]
                cashier.ended = lambda goal, t=till: director.end(t, goal)  # type: ignore[misc]
                counters.start_soon(cashier.work, goals[till])
        await director.quieten()
        for _ in range(2):
            await trio.sleep(SETTLES_S)
            async with trio.open_nursery() as counters:
                for cashier in cashiers.values():
                    counters.start_soon(cashier.finish)
            assert world.store is not None
            if not hanging(all_sales(world.store), frozenset()):
                break
    if within.cancelled_caught:
        day.broken.append(f"the day did not end within {LONGEST_S / 3600:.0f} hours")
    await trio.sleep(180)
    day.hours = trio.current_time() / 3600
    day.boots = world.boots
    day.faults = sum(director.faults.values())
    assert world.store is not None
    sales = all_sales(world.store)
    day.sales = sum(sale.act.value == "sale" for sale in sales)
    day.ends = Counter(f"{sale.act.value} {sale.phase.value}" for sale in sales)
    gone = {till for till, cashier in cashiers.items() if cashier.gone}
    day.broken += broken_at_the_end(world, sales, frozenset(gone))
    day.broken += too_quiet(day)


def too_quiet(day: Day) -> list[str]:
    """A day proves nothing unless it happened: sales that were begun, faults that struck."""
    found = []
    if day.sales < LEAST_SALES:
        found.append(f"only {day.sales} sales were begun, a day has {LEAST_SALES}")
    if day.faults < LEAST_FAULTS:
        found.append(f"only {day.faults} faults struck, a day has {LEAST_FAULTS}")
    return found
