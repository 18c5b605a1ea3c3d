"""Many notes and coins in a row with something going wrong at every fourth: one seed, the same course each time.

`python -m tests.simulation.cash_notes KIND COUNT SEED` runs them and says how the money stood in the end.
"""

from __future__ import annotations

import random
import sys
from contextlib import suppress
from dataclasses import dataclass, field

import trio

from agent.cash.cash_slot import Slot
from tests.simulation.cable import Plug
from tests.simulation.cash_cases import ARROWS, DEVICE_WAKES_S, at_rest, pushed_in
from tests.simulation.cash_laws import broken_laws
from tests.simulation.cash_world import CashWorld
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated

PIECES: dict[str, tuple[int, ...]] = {
    "ccnet": (50, 100, 500, 1000, 5000),
    "ssp": (50, 100, 500, 1000),
    "id003": (50, 100, 500, 1000),
    "cctalk": (1, 2, 5, 10, 50, 100, 500),
}
FAULTY = 0.25
"""Of all pieces."""
FATE_WITHIN_S = 90.0
"""A piece has come to its end, or something is wrong that staff must mend."""
PASSES_WITHIN_S = 10.0
"""A trouble whose cause was cleared is over by itself, or staff presses the button."""
HARMLESS_TO_ASK = ("second_note", "cheat", "busy")
TIMED = {"late_reply": "=0.4", "busy": ""}
NOT_HERE = frozenset({"power_cut", "counter_wrap", "tcp_half_open", "second_client_refused"})


@dataclass(slots=True)
class Notes:
    """How a run ended."""

    entered: int = 0
    stacked_minor: int = 0
    counted_minor: int = 0
    doubted: int = 0
    boots: int = 0
    struck: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def run_notes(kind: str, count: int, seed: int) -> Notes:
    return run_simulated(lambda: _run(kind, count, seed), seed)


async def _run(kind: str, count: int, seed: int) -> Notes:
    rng = random.Random(f"{seed}/notes")
    async with trio.open_nursery() as nursery:
        world = CashWorld(nursery, kind, seed, torn_writes=True)
        await world.boot()
        for _ in range(count):
            await _one(world, rng)
        world.device.faults.clear()
        await _whole_again(world)
        await at_rest(world)
        notes = _ended(world)
        nursery.cancel_scope.cancel()
    return notes


def _ended(world: CashWorld) -> Notes:
    records, units = world.device.ledger.records, world.units()
    return Notes(
        entered=sum(record["event"] == "entered" for record in records),
        stacked_minor=sum(record["value_minor"] for record in records if record["event"] == "stacked"),
        counted_minor=sum(unit.counted_minor for unit in units.values()),
        doubted=sum(len(unit.doubts) for unit in units.values()),
        boots=world.boots,
        struck=list(world.struck),
        broken=broken_laws(records, units),
    )


async def _one(world: CashWorld, rng: random.Random) -> None:
    """One piece, perhaps with a fault, a cut or a pulled cable in its way; then the machine is made whole again."""
    await _whole_again(world)
    wrong = rng.random()
    if wrong < FAULTY * 0.6:
        names = sorted(set(world.device.faults._known) - NOT_HERE)
        world.device.faults.arm(_spec(rng, [*names, "power_cut"]))
    async with trio.open_nursery() as around:
        if FAULTY * 0.6 <= wrong < FAULTY:
            around.start_soon(_disturb, world, rng)
        with suppress(AssertionError, PowerCut, ValueError):
            await pushed_in(world, f"insert {rng.choice(PIECES[world.kind])}")
        await trio.sleep(rng.uniform(0.5, 4))
        with suppress(AssertionError, PowerCut):
            await world.until("its end", lambda: _settled(world), FATE_WITHIN_S)
        await trio.sleep(0.3)
    world.device.faults.clear()


def _spec(rng: random.Random, names: list[str]) -> str:
    name = rng.choice(names)
    if name == "power_cut":
        return f"power_cut={rng.choice(ARROWS)}"
    return (
        f"{name}@{rng.randint(1, 12)}{TIMED.get(name, '')}"
        if name.endswith("reply")
        else f"{name}{TIMED.get(name, '')}"
    )


def _settled(world: CashWorld) -> bool:
    slots = world.slot.slots
    picture_moves = any(slot in (Slot.CHECKING, Slot.ESCROW, Slot.STACKING) for slot in slots.values())
    return bool(slots) and not picture_moves


async def _disturb(world: CashWorld, rng: random.Random) -> None:
    """Somebody trips over a cable, or the light goes out, a moment after the piece went in."""
    await trio.sleep(rng.uniform(0, 4))
    what = rng.choice(["agent", "device", "cable", "both"])
    if what in ("agent", "both"):
        await world.pull_plug()
    if what in ("device", "both"):
        await world.mend("power off")
        await trio.sleep(rng.uniform(0.2, 5))
        await world.mend("power on")
    if what == "cable":
        world.unplug(Plug.OUT)
        await trio.sleep(rng.uniform(0.1, 8))
        world.plug()


async def _whole_again(world: CashWorld) -> None:
    """Staff: power, cables, jams cleared, the cassette in its place; and the slots are open again."""
    world.plug()
    for order in ("power on", "clear", "cassette in"):
        await world.mend(order)
    if not world.up:
        await world.down()
        await trio.sleep(DEVICE_WAKES_S)
        await world.boot()
    try:
        await world.until("open", lambda: any(slot is Slot.OPEN for slot in world.slot.slots.values()), FATE_WITHIN_S)
    except AssertionError:
        world.slot.reset()
        return
    with suppress(AssertionError):
        await world.until("well", lambda: Slot.TROUBLE not in world.slot.slots.values(), PASSES_WITHIN_S)
        return
    world.slot.reset()  # one of its units is stuck while the others go on: its piece has no end before


def main(argv: list[str]) -> int:
    kind, count, seed = argv[0], int(argv[1]), int(argv[2])
    notes = run_notes(kind, count, seed)
    print(notes)
    return 1 if notes.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
