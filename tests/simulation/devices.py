"""The simulated devices of a shop in memory: each with its truth, its faults and its cable to the till."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import trio
import trio.lowlevel

from drivers.links.link import LinkLost
from drivers.links.memory import pair
from drivers.simulators.catalogue import simulator_class
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded
from tests.simulation.cable import Cable
from tests.simulation.points import Points, powered
from tests.simulation.strikes import watch_strikes
from tests.simulation.virtual_time import VirtualClock


@dataclass(slots=True)
class Device:
    """One simulated device, its truth and its cable."""

    id: str
    name: str
    simulator: Any
    ledger: ListLedger
    faults: Faults
    cable: Cable = field(default_factory=Cable)

    @property
    def is_register(self) -> bool:
        return self.name == "shtrih_m"

    @property
    def is_terminal(self) -> bool:
        return self.name in ("zvt", "confirm")


def make_device(
    id: str, kind: str, *, seed: int, clock: VirtualClock, instant: bool, struck: Callable[[str], None]
) -> Device:
    """A device of this kind; `struck` is told the name of each fault as it strikes."""
    made = simulator_class(kind)
    ledger, faults = ListLedger(clock.now), Faults(made.FAULTS)
    simulator = made(
        ledger=ledger,
        memory=KeptMemory(),
        rng=seeded(seed, id),
        now=clock.now,
        faults=faults,
        instant=instant,
    )
    watch_strikes(simulator, faults, struck)
    return Device(id, kind, simulator, ledger, faults)


def wire(device: Device, nursery: trio.Nursery, points: Points) -> Callable[[], AbstractAsyncContextManager[Any]]:
    """How the agent opens a link to a device: a fresh pair of ends, the far one served by the simulator."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Any]:
        await device.cable.connectable(f"memory:{device.id}")
        near, far = pair(f"memory:{device.id}")

        async def serve() -> None:
            try:
                await device.simulator.serve(far)
            finally:
                far.cut()

        end = device.cable.carry(near)
        nursery.start_soon(serve)
        await trio.lowlevel.checkpoint()
        if not near.is_open:
            device.cable.done(near)
            raise LinkLost(f"memory:{device.id}")
        try:
            yield end
        finally:
            near.cut()
            device.cable.done(near)

    return powered(opened, device.id, points)
