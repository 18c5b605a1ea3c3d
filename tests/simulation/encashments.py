"""A cash device is emptied while the agent's power is cut at each point: staff goes on where the journal stands.

The device's ledger says what truly left with the cassette; the document says what the journal made of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

import msgspec
import trio

from agent.cash.encashment import EncashmentDesk, KioskMoments
from agent.cash.unit_record import UnitRecord
from fiscal.encashment import Encashment
from sync.store.store import Store
from sync.wire import facts
from tests.simulation.cash_cases import DEVICE_WAKES_S, SEED, at_rest, inserted, ready
from tests.simulation.cash_laws import broken_laws
from tests.simulation.cash_world import DEVICE, ORDER, CashWorld
from tests.simulation.cuts import Cut, astray
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated

KINDS = ("ccnet", "ssp", "cctalk", "id003")
UNIT = "validator"
BEFORE, AFTER = ("insert 500", "insert 100", "insert 100"), "insert 50"
CAME_IN_MINOR, NEXT_MINOR = 70_000, 5_000
LOOKS = 60
"""More than enough for a cassette's return to show, with the ten seconds in which a unit may still say otherwise."""


class Staff:
    """One person with a key. `asks`: they open the encashment first, as they should."""

    def __init__(self, world: CashWorld, *, asks: bool) -> None:
        self.world = world
        self.asks = asks
        self.paper: list[Encashment] = []
        self._desk: tuple[Store, EncashmentDesk] | None = None

    @property
    def desk(self) -> EncashmentDesk:
        """The agent's, as it is up now."""
        store = self.world._store
        assert store is not None
        if self._desk is None or self._desk[0] is not store:
            moments = KioskMoments(lambda person: True, lambda: False, frozenset)
            slots = {DEVICE: self.world.slot}
            self._desk = (store, EncashmentDesk("k1", slots, store, self.world.clock.now_ms, moments, self._print))
        return self._desk[1]

    @property
    def record(self) -> UnitRecord:
        return self.world.slot.units[UNIT]

    async def _print(self, made: Encashment) -> None:
        self.world.points.passed("print")
        self.paper.append(made)

    def happened(self, event: str) -> bool:
        return any(record["event"] == event for record in self.world.device.ledger.records)

    async def empty(self) -> None:
        """The whole way, or the rest of it: what was done before a power cut stays done."""
        world, desk = self.world, self.desk
        await desk.book.print_left(DEVICE, UNIT)
        if self.record.period == 1:
            if self.asks and self.record.unit.encashment is None:
                await desk.open(DEVICE, UNIT, "olga")
            if not self.happened("cassette_out"):
                await world.order_device("cassette out")
            if not self.happened("cassette_in"):
                await world.until("it is seen to be out", lambda: not self.record.unit.cassette_in)
                await world.order_device("cassette in")
            for _ in range(LOOKS):
                await desk.look()
                if self.record.period > 1 or (self.asks and self.record.unit.cassette_in):
                    break
                await world.until("a second passes", later(1.0))
        if self.record.period > 1:
            return
        # Out and back while the agent was dark, and a device that says nothing of it: people know, and say so.
        unseen = not self.record.unit.cassette_left
        if self.record.unit.encashment is None:
            await desk.open(DEVICE, UNIT, "olga")
        await desk.close(DEVICE, UNIT, "olga", "C-2", unseen=unseen)


def later(seconds: float):  # type: ignore[no-untyped-def]
    at = trio.current_time() + seconds
    return lambda: trio.current_time() >= at


def run_emptying(kind: str, asks: bool, back_meanwhile: bool, cut_at: int | None) -> tuple[list[str], list[str]]:
    """One run with the agent's power cut at a point (None: dry). Returns (point names, what is broken)."""
    return run_simulated(lambda: _run(kind, asks, back_meanwhile, cut_at), SEED)


def run_point(kind: str, asks: bool, back_meanwhile: bool, dry: Sequence[str], number: int) -> tuple[int, list[str]]:
    """For a pool of processes: (the point's number, what is broken)."""
    passed, found = run_emptying(kind, asks, back_meanwhile, number)
    return number, [*astray(dry[: number + 1], passed), *found]


async def _run(kind: str, asks: bool, back_meanwhile: bool, cut_at: int | None) -> tuple[list[str], list[str]]:
    async with trio.open_nursery() as nursery:
        world = CashWorld(nursery, kind, SEED, torn_writes=True)
        world.encashes = False  # staff's own desk does it, so that each step is a point of the way
        staff = Staff(world, asks=asks)
        await world.boot()
        await ready(world)
        await inserted(world, *BEFORE)
        await at_rest(world)
        world.points.counting, world.points.where = True, Cut(cut_at)
        with suppress(PowerCut):
            await staff.empty()
        world.points.counting = False
        names = list(world.points.names)
        found = [] if cut_at is None or world.points.dead else [f"point {cut_at} was never reached"]
        if world.points.dead:
            await world.down()
            if back_meanwhile and staff.happened("cassette_out") and not staff.happened("cassette_in"):
                await world.order_device("cassette in")
            await trio.sleep(DEVICE_WAKES_S)
            await world.boot()
            await world.until("it answers", lambda: UNIT in world.slot.units and world.slot.slots[UNIT].value != "away")
            await staff.empty()
        world.order = ORDER
        world.slot.open(ORDER, dict.fromkeys(world.slot.units, world.open_types))
        await ready(world)
        await inserted(world, AFTER)
        await at_rest(world)
        found += _broken(world, staff)
        nursery.cancel_scope.cancel()
    return names, found


def _broken(world: CashWorld, staff: Staff) -> list[str]:
    """One document, one fact and one paper at least for one cassette; every note in one period, none lost."""
    record, store = staff.record, world._store
    assert store is not None
    if record.period != 2:
        return [f"period {record.period} is in force"]
    made = staff.desk.book.document(DEVICE, UNIT, 1)
    rows = store.outbox_read("sales", 0, 100)
    told = [msgspec.json.decode(row.body, type=facts.Encashment) for row in rows if row.kind == "encashment"]
    left = [one["sum_minor"] for one in world.device.ledger.records if one["event"] == "cassette_out"]
    found = []
    if left != [made.total_minor] or made.counted_minor != CAME_IN_MINOR:  # a recycler's store stays inside
        found.append(f"{left} left with the cassette, the document says {made.total_minor} of {made.counted_minor}")
    if [fact.total for fact in told] != [made.total_minor]:
        found.append(f"HQ is told {[fact.total for fact in told]}")
    if made not in staff.paper:
        found.append(f"it is not on paper: {staff.paper}")
    if record.unit.counted_minor != NEXT_MINOR:
        found.append(f"the next period counts {record.unit.counted_minor}")
    numbers = Counter([*(row.kind for row in store.journal(f"cash/{DEVICE}/{UNIT}/1"))])
    if made.unauthorised != (not staff.asks and bool(numbers["cash.cassette_taken"])):
        found.append(f"unauthorised: {made.unauthorised}")
    if numbers["cash.encashment_closed"] != 1 or made.number != "1":
        found.append(f"document {made.number}, closed {numbers['cash.encashment_closed']} times")
    return [*found, *broken_laws(world.device.ledger.records, world.units())]
