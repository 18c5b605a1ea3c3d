"""A cash device, its slot in the agent, and the journal, in memory: everything that can lose its power can be cut.

The simulated device lives on while the agent dies and comes back. What it wrote into its ledger is what truly happened
to each piece of money; the journal of the agent is compared with that.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from functools import partial

import trio

from agent.cash.cash_slot import CashSlot, Slot
from agent.cash.encashment import EncashmentDesk, KioskMoments
from agent.cash.unit_record import UnitRecord
from agent.devices.device_port import DevicePort
from drivers.catalogue import driver
from fiscal.cash_unit import CashUnit
from fiscal.encashment import Encashment
from sync.store.cash_journal import read_period, subject
from sync.store.store import Store, open_store
from tests.simulation.agent_life import AgentLives
from tests.simulation.cable import Plug
from tests.simulation.cuts import Cut
from tests.simulation.devices import make_device, wire
from tests.simulation.points import PowerCut
from tests.simulation.recording_vfs import RecordingVfs
from tests.simulation.shop_plan import DIRECTORY

DEVICE = "cash1"
ORDER = "order-1"
ALL_TYPES = frozenset(range(256))
LOOK_EACH_S = 0.1
SETTINGS: dict[str, dict[str, int | str | bool]] = {
    "cctalk": {"coin_unit_minor": 100, "bill_address": 40, "hopper_address": 3, "hopper_coin_minor": 1000},
    "ssp": {"hopper_address": 16},
    "id003": {"countries": "27=RUB"},
}


class CashWorld(AgentLives):
    """`kind` names driver and simulator; `units` are the slots pieces are put into."""

    def __init__(self, nursery: trio.Nursery, kind: str, seed: int, *, torn_writes: bool = False) -> None:
        super().__init__(nursery, seed, f"cash-{kind}")
        self.kind = kind
        self.struck: list[str] = []
        self.on_strike: Callable[[], None] = lambda: None
        """Called as an armed fault of the device strikes."""
        self.device = make_device(DEVICE, kind, seed=seed, clock=self.clock, instant=False, struck=self._strikes)
        self.open_types: frozenset[int] = ALL_TYPES
        self.keeps = True
        self.order = ORDER
        self.counted = False
        """The points of the next life are numbered, from the moment its store is open."""
        self.cut_at: int | None = None
        self._torn = torn_writes
        self._slot: CashSlot | None = None
        self._store: Store | None = None
        self._periods: dict[str, CashUnit] = {}
        self.encashes = True
        """A cassette that left unasked has its period closed by itself, as in the agent."""

    # The agent

    @property
    def slot(self) -> CashSlot:
        assert self._slot is not None, "the agent is down"
        return self._slot

    @property
    def up(self) -> bool:
        return self._slot is not None and not self.points.dead

    def units(self) -> dict[str, CashUnit]:
        """What the journal says, by the unit's name, of all periods together."""
        return {name: self._all_periods(record) for name, record in self.slot.units.items()}

    def _all_periods(self, record: UnitRecord) -> CashUnit:
        assert self._store is not None
        pieces, paid = list(record.unit.pieces), list(record.unit.paid_here)
        for number in range(record.period - 1, 0, -1):
            box = subject(DEVICE, record.name, number)
            if box not in self._periods:
                ended = read_period(self._store.journal(box))
                assert ended is not None, f"{box} has no end"
                self._periods[box] = ended.now
            pieces[:0], paid[:0] = self._periods[box].pieces, self._periods[box].paid_here
        return replace(record.unit, pieces=tuple(pieces), paid=tuple(paid)) if record.period > 1 else record.unit

    async def _live(self, stack: AsyncExitStack, disk: RecordingVfs, started: trio.Event) -> None:
        store = self._store = await stack.enter_async_context(
            open_store(DIRECTORY, device="agent", now_ms=self.clock.now_ms, vfs=disk.name, inline=self._pause)
        )
        self.points.counting, self.points.where = self.counted, Cut(self.cut_at)
        about = driver(self.kind)
        port = DevicePort(
            DEVICE,
            DEVICE,
            about,
            about.make(SETTINGS.get(self.kind, {})),
            wire(self.device, self._nursery, self.points),
            self.clock,
            keep_open=False,
        )
        record = partial(UnitRecord, DEVICE, till="k1", store=store, changed=lambda: None)
        self._slot = CashSlot(port, "k1", record, lambda worth: self.keeps, lambda: None)  # type: ignore[arg-type]
        self._slot.remember(("validator", "coins", "hopper"))
        with self._scope:
            async with trio.open_nursery() as life:
                life.start_soon(self._slot.attend)
                life.start_soon(self._hold_open)
                if self.encashes:
                    life.start_soon(self._desk(store).attend)
                started.set()

    def _desk(self, store: Store) -> EncashmentDesk:
        moments = KioskMoments(lambda person: True, lambda: False, frozenset)
        return EncashmentDesk("k1", {DEVICE: self.slot}, store, self.clock.now_ms, moments, _no_paper)

    async def _hold_open(self) -> None:
        """The kiosk: as long as there is a purchase the slots are open; a device that came back is opened again."""
        asked: dict[str, tuple[Slot, int]] = {}
        while self._slot is not None:
            slot = self._slot
            now = {name: (state, slot.units[name].period) for name, state in slot.slots.items()}
            if self.order and any(state is Slot.CLOSED for state in slot.slots.values()) and asked != now:
                slot.open(self.order, {unit: self.open_types for unit in slot.slots})
            asked = now
            await trio.sleep(LOOK_EACH_S)

    def _power_is_gone(self, disk: RecordingVfs) -> None:
        self.image = disk.image(random.Random(f"{self.seed}/{self.boots}/torn") if self._torn else None)
        self._is_down()
        self._scope.cancel()

    def _is_down(self) -> None:
        self._slot = None

    def _strikes(self, fault: str) -> None:
        self.struck.append(fault)
        self.on_strike()

    # What people do

    async def mend(self, order: str) -> None:
        """What staff does about a trouble, whether there is one or not."""
        with suppress(ValueError):
            await self.order_device(order)

    async def order_device(self, line: str) -> str:
        answer: str = await self.device.simulator.command(line)
        return answer

    async def until(self, what: str, true: Callable[[], bool], within_s: float = 120.0) -> None:
        """Wait for a condition on virtual time. Raises AssertionError with `what` when it never comes, PowerCut when
        the agent dies meanwhile."""
        deadline = trio.current_time() + within_s
        while True:
            if not self.up:
                raise PowerCut
            if true():
                return
            assert trio.current_time() < deadline, f"{self.kind}: {what}: {self.where()}"
            await trio.sleep(LOOK_EACH_S)

    def where(self) -> str:
        """Where everything stands, for a failing test."""
        told = "the agent is down"
        if self.up:
            units = self.units().items()
            journal = {name: (unit.counted_minor, unit.on_its_way, unit.doubts) for name, unit in units}
            told = f"{self.slot.slots} {journal}"
        return f"{told} {self.device.simulator.picture()}"

    def unplug(self, plug: Plug = Plug.OUT) -> None:
        self.device.cable.pull(plug)

    def plug(self) -> None:
        self.device.cable.put_back()


async def _no_paper(made: Encashment) -> None:
    """Nobody reads it here."""
