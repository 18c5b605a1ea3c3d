"""A shop in memory: simulated devices, disks that lose unsynced writes, an agent that can be cut, and HQ.

The devices and HQ live on while the agent dies and comes back, as in a shop where only the till's power goes.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from functools import partial
from typing import Any

import apsw
import httpx
import trio

from agent.restore.restore_desk import RestoreDesk
from agent.settings import Settings
from agent.view import Command, Note, TillView
from agent.wiring import Shop, build_shop, run_tills
from sync.copies_reader import CopiesReader
from sync.courier import Courier
from sync.greeter import Greeter
from sync.store.database import CHECKPOINT_PAGES
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from tests.simulation.agent_life import AgentLives
from tests.simulation.cable import Plug
from tests.simulation.devices import Device, make_device, wire
from tests.simulation.head_office import DEVICE, DEVICE_KEY, URL, HeadOffice, WayToHq
from tests.simulation.points import PowerCut
from tests.simulation.recording_vfs import RecordingVfs
from tests.simulation.shop_plan import DIRECTORY, Goods, plain_pin, simulated_settings

CLAIM_KEY = b"signs the claims of simulations."
KINDS = {
    "ccnet": "ccnet",
    "cctalk": "cctalk",
    "ssp": "ssp",
    "shtrih_m": "shtrih_m",
    "zvt": "zvt",
    "confirm": "confirm",
    "local_line": "goods_check",
}


class SimShop(AgentLives):
    """`terminals` names the terminal kind of each till: zvt, confirm or "" (cash only). `settings` replaces that shop;
    `takes_time` names devices whose mechanics take their time even where the others are instant."""

    def __init__(
        self,
        nursery: trio.Nursery,
        seed: int,
        *,
        terminals: tuple[str, ...] = ("zvt",),
        instant: bool = True,
        hq: bool = False,
        watch_s: float = 60.0,
        torn_writes: bool = False,
        settings: Settings | None = None,
        takes_time: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(nursery, seed, "disk")
        self.devices: dict[str, Device] = {}
        self.shop: Shop | None = None
        self.store: Store | None = None
        self.rng = random.Random(f"{seed}/world")
        self.torn = torn_writes
        self.deaths: list[str] = []
        """What a task of the agent died of: the supervisor starts it again, the laws do not forgive it."""
        self.struck: Callable[[str, str], None] = lambda device, fault: None
        """Told when an armed fault of a device strikes."""
        self.started: Callable[[], None] = lambda: None
        self.passed: Callable[[], None] = lambda: None
        """Told at each frame and commit of the agent."""
        self.power_gone: Callable[[bool], None] = lambda torn: None
        """Told as the agent's power goes, while it still stands where it stood."""
        self.torn_next = False
        self.office = HeadOffice(seed, self.clock.now_ms, torn_writes=torn_writes) if hq else None
        self.calls: set[trio.CancelScope] = set()
        self.settings = settings or simulated_settings(terminals, watch_s, hq)
        for device in self.settings.devices.values():
            self.devices[device.id] = make_device(
                device.id,
                KINDS[device.driver.name],
                seed=seed,
                clock=self.clock,
                instant=instant and device.id not in takes_time,
                struck=partial(self._strikes, device.id),
            )

    # The world

    def _strikes(self, device: str, fault: str) -> None:
        self.struck(device, fault)

    def wire(self, id: str) -> Any:
        """How the agent opens a link to a device."""
        return wire(self.devices[id], self._nursery, self.points)

    async def order(self, id: str, line: str) -> str:
        """What a person does to a device."""
        answer: str = await self.devices[id].simulator.command(line)
        return answer

    def unplug(self, id: str, plug: Plug = Plug.OUT) -> None:
        self.devices[id].cable.pull(plug)

    def plug(self, id: str) -> None:
        self.devices[id].cable.put_back()

    # The agent

    async def _live(self, stack: AsyncExitStack, disk: RecordingVfs, started: trio.Event) -> None:
        self.disk = disk
        self.points.heard = self.passed
        store = await stack.enter_async_context(
            open_store(DIRECTORY, device=DEVICE, now_ms=self.clock.now_ms, vfs=disk.name, inline=self._pause)
        )
        self.store = store
        store._writer.set_wal_hook(_checkpoint)
        self.shop = build_shop(
            self.settings,
            store,
            Goods,  # type: ignore[arg-type]
            self.clock,
            random.Random(f"{self.seed}/{self.boots}"),
            plain_pin,
            links={id: self.wire(id) for id in self.devices},
            claim_key=CLAIM_KEY,
        )
        self.started()
        with self._scope:
            async with trio.open_nursery() as life:
                life.start_soon(run_tills, self.shop)
                if self.office is not None:
                    life.start_soon(self._uplink, store, self.office)
                    if self.shop.restore.pending:
                        life.start_soon(self._take_back, self.shop.restore, self.office)
                await trio.sleep(0.01)
                started.set()

    def _power_is_gone(self, disk: RecordingVfs) -> None:
        """The disk is what was synced; every task of the agent stops where it stands, people's commands too."""
        torn, self.torn_next = self.torn_next, False
        self.power_gone(torn)
        self.image = disk.image(self.rng if torn or self.torn else None)
        self._is_down()
        for call in self.calls:
            call.cancel()
        self._scope.cancel()

    def _is_down(self) -> None:
        self.shop = None

    async def _take_back(self, desk: RestoreDesk, office: HeadOffice) -> None:
        async with httpx.AsyncClient(transport=WayToHq(office, self.points.passed), base_url=URL) as client:
            rng = random.Random(f"{self.seed}/{self.boots}/restore")
            await desk.take_back(CopiesReader(client, URL, DEVICE_KEY).fetch, rng)

    async def _uplink(self, store: Store, office: HeadOffice) -> None:
        async with httpx.AsyncClient(transport=WayToHq(office, self.points.passed), base_url=URL) as client:
            courier, greeter = Courier(client, URL, DEVICE_KEY), Greeter(client, URL, DEVICE_KEY)
            assert self.shop is not None
            assert self.shop.board is not None
            await run_uplink(
                store,
                courier.post,
                self.shop.board,
                now_ms=self.clock.now_ms,
                rng=random.Random(f"{self.seed}/{self.boots}/uplink"),
                greet=greeter,
                longest_wait_s=60,
                report_every_s=1800,  # of a day in which the two tills are never quiet for long
            )

    # What a page does

    def view(self, till: str = "1") -> TillView:
        assert self.shop is not None, "the agent is down"
        return self.shop.builders[till].view()

    async def do(self, what: str, till: str = "1", **args: Any) -> Note | None:
        """One command from a page that shows the newest state. Raises PowerCut when the agent dies under it."""
        assert self.shop is not None, "the agent is down"
        found = self.shop.tills[till]
        id = f"{self.rng.getrandbits(64):016x}"
        with trio.CancelScope() as call:
            self.calls.add(call)
            try:
                return await self.shop.commands[till].carry_out(Command(id, found.revision, what, args))
            finally:
                self.calls.discard(call)
        raise PowerCut


def _checkpoint(connection: apsw.Connection, database: str, pages: int) -> int:
    """SQLite's own hook, which forgives a checkpoint that finds the disk full: its commit is in the log already. An
    error of a VFS written in Python would come out of that commit as if nothing of it had been kept."""
    if pages >= CHECKPOINT_PAGES:
        with suppress(apsw.FullError):
            connection.wal_checkpoint(database, apsw.SQLITE_CHECKPOINT_PASSIVE)
    return apsw.SQLITE_OK


class Obituaries(logging.Handler):
    """Hears of agent tasks that died, from the supervisor's log."""

    def __init__(self, world: SimShop) -> None:
        super().__init__(logging.ERROR)
        self._world = world

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While the world lives; its deaths are told here and not on the console."""
        supervisor = logging.getLogger("tillkeeper.supervisor")
        propagates, supervisor.propagate = supervisor.propagate, False
        supervisor.addHandler(self)
        try:
            yield
        finally:
            supervisor.removeHandler(self)
            supervisor.propagate = propagates

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._world.deaths.append(f"{record.getMessage()}: {error!r}")
