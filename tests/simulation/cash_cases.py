"""Inserted money with the power cut everywhere: the agent at each point, the device at each arrow, both at once.

A case is one device kind and what shoppers do at it. A dry run names the agent's points; each point is cut in a run of
its own, the agent is started again, and then device ledger and journal must tell the same money.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import trio

from agent.cash.cash_slot import Slot
from tests.simulation.cash_laws import broken_laws
from tests.simulation.cash_world import CashWorld
from tests.simulation.cuts import astray
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated

SEED = 11
DEVICE_WAKES_S = 20.0
"""Longer than any device's boot and the period after which it is asked again."""
CALM_S = 3.0
"""Some polls more: what a device tells late belongs to the run."""
SETTLES_S = 60.0
"""Longer than the 30 s within which a piece on its way must have come to its end, and the 10 s of an escrow."""
STUCK_WITHIN_S = 45.0
"""After 30 s, for some devices 40, a unit is said to be stuck: before that nobody would come."""
TRIES, TRIES_AGAIN_S = 10, 2.0
ARROWS = ("entering", "escrowed", "stack_asked", "stacking", "stacked", "reported", "acknowledged")
PAY_ARROWS = ("pay_asked", "paying", "paid")
Scenario = Callable[[CashWorld], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Case:
    """`fills`: orders to the device before; `counted_minor` and `paid_minor`: what the undisturbed run comes to."""

    kind: str
    scenario: Scenario
    counted_minor: int
    paid_minor: int = 0
    fills: tuple[str, ...] = ()


async def ready(world: CashWorld) -> None:
    """Every slot of the device stands open."""
    slots = lambda: world.slot.slots.values() if world.up else ()  # noqa: E731
    await world.until("the slots are open", lambda: bool(slots()) and all(s is not Slot.AWAY for s in slots()))
    takers = {name for name, unit in world.units().items() if unit.found_as and unit.found_as.takes}
    await world.until("it takes money", lambda: all(world.slot.slots[name] is Slot.OPEN for name in takers))


async def inserted(world: CashWorld, *orders: str) -> None:
    """One piece after the other, each credited before the next."""
    for order in orders:
        before = sum(unit.counted_minor for unit in world.units().values())
        await pushed_in(world, order)
        await world.until(
            f"{order} is credited",
            lambda was=before: sum(unit.counted_minor for unit in world.units().values()) > was,  # type: ignore[misc]
        )


async def pushed_in(world: CashWorld, order: str) -> None:
    """A slot that is not ready stays shut, so a shopper tries again after a moment."""

    def entered() -> int:
        return sum(record["event"] == "entered" for record in world.device.ledger.records)

    before = entered()
    for _ in range(TRIES):
        await world.order_device(order)
        with suppress(AssertionError):
            await world.until("it is in", lambda: entered() > before, TRIES_AGAIN_S)
            return
    raise AssertionError(f"{order}: the slot stays shut: {world.where()}")


async def two_notes(world: CashWorld) -> None:
    await ready(world)
    await inserted(world, "insert 500", "insert 1000")


async def coins_and_a_note(world: CashWorld) -> None:
    await ready(world)
    await inserted(world, "insert 10", "insert 5", "insert 500")


async def one_given_back(world: CashWorld) -> None:
    """A note the kiosk does not want, then one it does."""
    await ready(world)
    world.keeps = False
    await pushed_in(world, "insert 1000")
    await world.until("the note is back", lambda: any(r["event"] == "returned" for r in world.device.ledger.records))
    world.keeps = True
    await inserted(world, "insert 500")


def change(unit: str, amount_minor: int) -> Scenario:
    async def paid(world: CashWorld) -> None:
        await ready(world)
        world.slot.pay(unit, "change-1", amount_minor)
        await world.until("change is paid", lambda: bool(world.units()[unit].paid))

    return paid


CASES: dict[str, Case] = {
    "ccnet, two notes": Case("ccnet", two_notes, 150_000),
    "ccnet, one given back": Case("ccnet", one_given_back, 50_000),
    "ssp, two notes": Case("ssp", two_notes, 150_000),
    "ssp, one given back": Case("ssp", one_given_back, 50_000),
    "ssp, change in notes": Case("ssp", change("validator", 15_000), 0, 15_000, ("fill 50 5", "fill 100 5")),
    "cctalk, coins and a note": Case("cctalk", coins_and_a_note, 51_500),
    "cctalk, one given back": Case("cctalk", one_given_back, 50_000),
    "cctalk, change in coins": Case("cctalk", change("hopper", 4_000), 0, 4_000, ("fill 10 20",)),
    "id003, two notes": Case("id003", two_notes, 150_000),
    "id003, one given back": Case("id003", one_given_back, 50_000),
}


def run_case(name: str, cut_at: int | None) -> tuple[list[str], list[str]]:
    """One run with the agent's power cut at a point (None: dry). Returns (point names, what is broken)."""
    return run_simulated(lambda: _cut_run(CASES[name], cut_at), SEED)


def run_point(name: str, dry: Sequence[str], number: int) -> tuple[int, list[str]]:
    """For a pool of processes: (the point's number, what is broken)."""
    passed, found = run_case(name, number)
    return number, [*astray(dry[: number + 1], passed), *found]


def run_fault(name: str, fault: str, both: bool = False) -> tuple[list[str], list[str]]:
    """One run with a fault of the device; `both`: the agent's power goes as it strikes. Returns (what struck, what is
    broken)."""
    return run_simulated(lambda: _fault_run(CASES[name], fault, both), SEED)


async def _cut_run(case: Case, cut_at: int | None) -> tuple[list[str], list[str]]:
    async with trio.open_nursery() as nursery:
        world = await _world(nursery, case)
        world.counted, world.cut_at = True, cut_at
        await world.boot()
        world.counted = False
        await _play(case, world)
        world.points.counting = False
        names = list(world.points.names)
        found = [] if cut_at is None or world.points.dead else [f"point {cut_at} was never reached"]
        if cut_at is not None:
            await trio.sleep(DEVICE_WAKES_S)
            await world.boot()
        found += await _judged(case, world, undisturbed=cut_at is None)
        nursery.cancel_scope.cancel()
    return names, found


async def _fault_run(case: Case, fault: str, both: bool) -> tuple[list[str], list[str]]:
    async with trio.open_nursery() as nursery:
        world = await _world(nursery, case)
        await world.boot()
        await ready(world)
        world.device.faults.arm(fault)
        if both:
            world.on_strike = lambda: None if world.points.dead else world.points.cut()
        await _play(case, world, may_fail=True)
        world.on_strike = lambda: None
        if not world.up:
            await world.down()
            await trio.sleep(DEVICE_WAKES_S)
            await world.boot()
        for order in ("clear", "cassette in"):
            await world.mend(order)
        with suppress(AssertionError):
            await world.until("nothing is on its way, or it is said to be stuck", lambda: _clear(world), STUCK_WITHIN_S)
        world.slot.reset()  # "cleared", says whoever stands there
        found = await _judged(case, world, undisturbed=False)
        struck = list(world.struck)
        nursery.cancel_scope.cancel()
    return struck, found


async def _world(nursery: trio.Nursery, case: Case) -> CashWorld:
    world = CashWorld(nursery, case.kind, SEED)
    for order in case.fills:
        await world.order_device(order)
    return world


async def _play(case: Case, world: CashWorld, *, may_fail: bool = False) -> None:
    """The scenario, until it ends or the agent's power goes under it."""
    try:
        await case.scenario(world)
    except PowerCut:
        return
    except AssertionError:
        if not may_fail and world.up:
            raise


async def at_rest(world: CashWorld) -> None:
    """Nobody pays any more; whatever is on its way comes to its end, or is stuck for good."""
    with suppress(AssertionError):
        await world.until("open again", lambda: _all(world, Slot.OPEN, Slot.TROUBLE), SETTLES_S)
    await trio.sleep(CALM_S)
    world.order = ""
    world.slot.close()
    with suppress(AssertionError):
        await world.until("closed", lambda: _all(world, Slot.CLOSED, Slot.TROUBLE), SETTLES_S)
    await trio.sleep(CALM_S)


def _clear(world: CashWorld) -> bool:
    moving = any(unit.on_its_way for unit in world.units().values())
    return not moving or Slot.TROUBLE in world.slot.slots.values()


def _all(world: CashWorld, *states: Slot) -> bool:
    """Every unit that takes money stands so."""
    takers = [name for name, unit in world.units().items() if unit.found_as and unit.found_as.takes]
    return bool(takers) and all(world.slot.slots[name] in states for name in takers)


async def _judged(case: Case, world: CashWorld, *, undisturbed: bool) -> list[str]:
    await at_rest(world)
    units = world.units()
    found = broken_laws(world.device.ledger.records, units)
    counted = sum(unit.counted_minor for unit in units.values())
    paid = sum(ended.paid_minor for unit in units.values() for ended in unit.paid)
    if undisturbed and (counted, paid) != (case.counted_minor, case.paid_minor):
        found.append(f"the undisturbed run came to {counted} in, {paid} out")
    if found:
        found.append(world.where())
    return found
