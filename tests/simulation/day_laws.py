"""The laws of a whole day, judged when everything was mended and had its time: journal, ledgers, stock and HQ agree."""

from __future__ import annotations

from tests.simulation.laws import Truth, broken_laws, unfinished
from tests.simulation.world import SimShop


def truth_of(world: SimShop) -> Truth:
    registers = {id: device.ledger for id, device in world.devices.items() if device.is_register}
    terminals = {id: device.ledger for id, device in world.devices.items() if device.is_terminal}
    return Truth(registers, terminals)


def broken_at_the_end(world: SimShop, gone: set[str]) -> list[str]:
    """`gone`: tills whose register is another one since, which sell and settle nothing more."""
    assert world.store is not None
    found = [f"a task died: {death}" for death in world.deaths]
    found += broken_laws(world.store, truth_of(world)) + unfinished(world.store)
    return found
