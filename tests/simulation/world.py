"""A shop that exists only in memory: simulated devices, disks that lose unsynced writes, an agent that can be cut, and HQ.

The devices and HQ live on while the agent dies and comes back, as in a shop where only the till's power goes.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import trio

from agent.local_api.view import Command, Note, TillView
from agent.settings import CashierSettings, DeviceSettings, HqSettings, SellerSettings, Settings, TillConfig
from agent.wiring import Shop, build_shop, run_tills
from drivers.catalogue import driver
from drivers.links.link import LinkLost
from drivers.links.memory import pair
from drivers.simulators.catalogue import simulator_class
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded
from fiscal.product import Product
from fiscal.vat import VatRate
from sync.courier import Courier
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from tests.simulation.points import Points, PowerCut, powered
from tests.simulation.recording_vfs import power
from tests.simulation.virtual_time import VirtualClock

DIRECTORY = Path("/shop")
HQ_URL = "http://hq.test"
DEVICE_KEY = "simulated-device-key-0001"
CARD_AFTER_S = 2.0


class Goods:
    """A tiny catalogue: what the simulated shoppers buy."""

    def __init__(self) -> None:
        self._products = {product.barcode: product for product in PRODUCTS}

    def product(self, barcode: str) -> Product | None:
        return self._products.get(barcode)

    def search(self, text: str, limit: int = 20) -> list[Product]:
        return [p for p in PRODUCTS if text.lower() in p.name.lower()][:limit]


PRODUCTS = (
    Product("4601234004121", "Конструктор", 349_900, VatRate.V22),
    Product("4620014260014", "Пазл", 44_900, VatRate.V22),
    Product("4607008120127", "Пластилин", 21_990, VatRate.V10),
    Product("4680003200201", "Мяч", 26_500, VatRate.V22),
    Product("4607012330017", "Кукла", 129_900, VatRate.V22, marked_group="toys"),
)
PLAIN = tuple(product.barcode for product in PRODUCTS if not product.marked_group)


def mark_of(barcode: str, serial: str) -> str:
    """A marking code as a scanner types it."""
    return f"01{barcode.zfill(14)}21{serial}\x1d91EE12\x1d92{'A' * 44}"


@dataclass(slots=True)
class Device:
    """One simulated device and its truth."""

    name: str
    simulator: Any
    ledger: ListLedger
    faults: Faults
    ends: list[Any] = field(default_factory=list)


class SimShop:
    """`terminals` names the terminal kind of each till: zvt, confirm or "" (cash only)."""

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
    ) -> None:
        self.seed = seed
        self.clock = VirtualClock()
        self.points = Points()
        self.devices: dict[str, Device] = {}
        self.image: dict[str, bytes] = {}
        self.shop: Shop | None = None
        self.store: Store | None = None
        self.boots = 0
        self.rng = random.Random(f"{seed}/world")
        self.hq_down = False
        self._torn = torn_writes
        self._nursery = nursery
        self._instant = instant
        self._hq_wanted = hq
        self._hq_app: Any = None
        self._settings = self._make_settings(terminals, watch_s, hq)
        for device in self._settings.devices.values():
            self._make_device(device.id, device.driver.name)

    # The world

    def _make_device(self, id: str, driver_name: str) -> None:
        kind = {"shtrih_m": "shtrih_m", "zvt": "zvt", "confirm": "confirm", "local_line": "goods_check"}[driver_name]
        made = simulator_class(kind)
        ledger = ListLedger(self.clock.now)
        faults = Faults(made.FAULTS)
        simulator = made(
            ledger=ledger,
            memory=KeptMemory(),
            rng=seeded(self.seed, id),
            now=self.clock.now,
            faults=faults,
            instant=self._instant,
        )
        self.devices[id] = Device(kind, simulator, ledger, faults)

    def wire(self, id: str) -> Any:
        """How the agent opens a link to a device: a fresh pair of ends, the far one served by the simulator."""

        @asynccontextmanager
        async def opened() -> AsyncIterator[Any]:
            near, far = pair(f"memory:{id}")
            device = self.devices[id]

            async def serve() -> None:
                try:
                    await device.simulator.serve(far)
                finally:
                    far.cut()

            device.ends.append(near)
            self._nursery.start_soon(serve)
            await trio.sleep(0)
            if not near.is_open:
                device.ends.remove(near)
                raise LinkLost(f"memory:{id}")
            try:
                yield near
            finally:
                near.cut()
                device.ends.remove(near)

        return powered(opened, id, self.points)

    async def order(self, id: str, line: str) -> str:
        """What a person does to a device."""
        answer: str = await self.devices[id].simulator.command(line)
        return answer

    # The agent

    async def boot(self) -> None:
        """Start the agent on the disk as the last cut left it; returns when the tills are tended."""
        started = trio.Event()
        self.boots += 1
        self.points.dead = False
        self._nursery.start_soon(self._life, started)
        await started.wait()

    async def _life(self, started: trio.Event) -> None:
        ended = trio.Event()
        self._ended = ended
        try:
            with power(f"disk-{self.seed}-{self.boots}", seed=self.seed, image=self.image, watch=self._disk) as disk:
                self.disk = disk
                self._life_scope = trio.CancelScope()
                self.points.on_cut = lambda: self._power_is_gone(disk)
                async with AsyncExitStack() as stack:
                    store = await stack.enter_async_context(
                        open_store(
                            DIRECTORY, device="shop-1", now_ms=self.clock.now_ms, vfs=disk.name, inline=self._pause
                        )
                    )
                    self.store = store
                    self.shop = build_shop(
                        self._settings,
                        store,
                        Goods,  # type: ignore[arg-type]
                        self.clock,
                        random.Random(f"{self.seed}/{self.boots}"),
                        _plain_pin,
                        links={id: self.wire(id) for id in self.devices},
                    )
                    with self._life_scope:
                        async with trio.open_nursery() as life:
                            life.start_soon(run_tills, self.shop)
                            if self._settings.hq is not None:
                                life.start_soon(self._uplink, store)
                            await trio.sleep(0.01)
                            started.set()
                    if not self.points.dead:
                        self._keep(disk)
        except BaseExceptionGroup as group:
            _, other = group.split(PowerCut)
            if other is not None:
                raise other from None
        except PowerCut:
            pass
        finally:
            self.shop = None
            started.set()
            ended.set()

    async def down(self) -> None:
        """Wait until the agent is gone."""
        await self._ended.wait()

    async def pull_plug(self) -> None:
        """The power of the till goes now, whatever it is doing."""
        self.points.cut()
        await self.down()

    def _power_is_gone(self, disk: Any) -> None:
        """The disk is what was synced; every task of the agent stops where it stands."""
        self._keep(disk)
        self._life_scope.cancel()

    def _keep(self, disk: Any) -> None:
        self.image = disk.image(self.rng if self._torn else None)

    def _disk(self, operation: str, file: str) -> None:
        if operation == "sync":
            self.points.passed("disk sync before")

    async def _pause(self) -> None:
        """A commit takes its time on a real disk; also the moment before it."""
        self.points.passed("commit before")
        await trio.sleep(0.0005)
        self.points.passed("commit begins")

    async def _uplink(self, store: Store) -> None:
        async with httpx.AsyncClient(transport=_Wire(self), base_url=HQ_URL) as client:
            courier = Courier(client, HQ_URL, DEVICE_KEY)
            assert self.shop is not None
            assert self.shop.board is not None
            await run_uplink(
                store,
                courier.post,
                self.shop.board,
                now_ms=self.clock.now_ms,
                rng=random.Random(f"{self.seed}/uplink"),
                longest_wait_s=60,
            )

    # What a page does

    def view(self, till: str = "1") -> TillView:
        assert self.shop is not None, "the agent is down"
        return self.shop.builders[till].view()

    async def do(self, what: str, till: str = "1", **args: Any) -> Note | None:
        """One command from a page that shows the newest state."""
        assert self.shop is not None
        found = self.shop.tills[till]
        id = f"{self.rng.getrandbits(64):016x}"
        return await found.command(Command(id, found.revision, what, args))

    # Settings

    def _make_settings(self, terminals: tuple[str, ...], watch_s: float, hq: bool) -> Settings:
        devices: dict[str, DeviceSettings] = {}
        tills = []
        check = DeviceSettings("goods", "goods", driver("local_line"), "tcp://127.0.0.1:1")
        devices["goods"] = check
        for number, terminal in enumerate(terminals, 1):
            register = f"kkt{number}"
            devices[register] = DeviceSettings(
                register, register, driver("shtrih_m"), "tcp://127.0.0.1:1", {"send_sale_key": True}
            )
            cards: tuple[str, ...] = ()
            if terminal:
                id = f"card{number}"
                settings: dict[str, int | str | bool] = {"currency": 643} if terminal == "zvt" else {}
                devices[id] = DeviceSettings(id, id, driver(terminal), "tcp://127.0.0.1:1", settings)
                cards = (id,)
            tills.append(TillConfig(str(number), f"Till {number}", register, cards, "", "goods"))
        return Settings(
            file=Path("simulated.toml"),
            directory=DIRECTORY,
            shop="Simulated",
            address="",
            zone="Europe/Moscow",
            currency="RUB",
            regime="russia",
            cash_rounding=False,
            training=True,
            language="ru",
            host="127.0.0.1",
            port=0,
            watch_s=watch_s,
            cashiers=(CashierSettings("ann", "Ann", "1111"), CashierSettings("sue", "Sue", "2222", True)),
            sellers=(SellerSettings("main", "Shop Ltd", "7707083893"),),
            tills=tuple(tills),
            devices=devices,
            hq=HqSettings(HQ_URL, "shop-1", DEVICE_KEY) if hq else None,
            wedge={},
        )


async def _plain_pin(pin_hash: str, pin: str) -> bool:
    """Argon2 takes real time on purpose; simulated people keep their PINs in the open."""
    return pin_hash == pin


class _Wire(httpx.AsyncBaseTransport):
    """The way to HQ: the app itself, unless the shop's uplink is down."""

    def __init__(self, world: SimShop) -> None:
        self._world = world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await trio.sleep(0.02)
        app = self._world._hq_app
        if self._world.hq_down or app is None:
            raise httpx.ConnectError("the uplink is down")
        self._world.points.passed("hq request")
        return await httpx.ASGITransport(app=app).handle_async_request(request)
