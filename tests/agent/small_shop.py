"""A shop of one or two tills for tests: real tills, desks and store, and simulated devices on wires in memory.

    async with small_shop(tmp_path, terminal="zvt") as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt")

It runs on asyncio and on Trio; with Trio's autojump clock minutes cost nothing. The files are real (in `directory`), so
leaving the block and entering a new one is a restart of the agent; `devices` carries the world over.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import anyio
import anyio.abc
import anyio.lowlevel

from agent.messages.contract import MessageGateway
from agent.settings import (
    CashierSettings,
    DeviceSettings,
    HqSettings,
    SellerSettings,
    Settings,
    TillConfig,
    VisitorsConfig,
)
from agent.till.commands import Commands
from agent.till.till import Till
from agent.view import Command, Note, TillView
from agent.visitors_opened import opened_visitors
from agent.wiring import Shop, add_visitors, build_shop, run_tills
from drivers.catalogue import driver
from drivers.links.link import Link, LinkLost
from drivers.links.memory import MemoryLink, pair
from drivers.simulators.catalogue import simulator_class
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded
from fiscal.product import Product
from fiscal.sale import Sale
from fiscal.vat import VatRate
from sync.store.sale_journal import read_sale
from sync.store.store import Store, open_store

START = dt.datetime(2026, 11, 21, 9, 0, tzinfo=ZoneInfo("Europe/Moscow"))
CASHIER, SUPERVISOR = ("ann", "1111"), ("sue", "2222")
BEAR, PUZZLE, CLAY, DOLL, CHEESE = (
    "4601234004121", "4620014260014", "4607008120127", "4607012330017", "2200010000016",
)  # fmt: skip
PRODUCTS = (
    Product(BEAR, "Мишка", 349_900, VatRate.V22),
    Product(PUZZLE, "Пазл", 44_900, VatRate.V22),
    Product(CLAY, "Пластилин", 21_990, VatRate.V10),
    Product(DOLL, "Кукла", 129_900, VatRate.V22, marked_group="toys"),
    Product(CHEESE, "Сыр", 79_990, VatRate.V10, measure=11),
)
VIRTUAL = "trio"
SPEND_S = 20.0
"""The longest any test waits for a screen in real time."""


def mark_of(barcode: str, serial: str) -> str:
    """A marking code as a scanner types it."""
    return f"01{barcode.zfill(14)}21{serial}\x1d91EE12\x1d92{'A' * 44}"


class Goods:
    """A tiny catalogue."""

    def product(self, barcode: str) -> Product | None:
        return next((product for product in PRODUCTS if product.barcode == barcode), None)

    def search(self, text: str, limit: int = 20) -> list[Product]:
        return [product for product in PRODUCTS if text.lower() in product.name.lower()][:limit]

    def categories(self) -> list[tuple[str, int]]:
        return [("toys", len(PRODUCTS))]

    def of_category(self, category: str, offset: int, limit: int) -> list[tuple[Product, str]]:
        return [(product, "toys") for product in PRODUCTS][offset : offset + limit]


class LoopClock:
    """The shop's clock: a fixed morning plus the event loop's time, real or virtual."""

    def __init__(self) -> None:
        self._origin: float | None = None
        self.ahead = dt.timedelta()

    def now(self) -> dt.datetime:
        at = anyio.current_time()
        if self._origin is None:
            self._origin = at
        return START + dt.timedelta(seconds=at - self._origin) + self.ahead

    def now_ms(self) -> int:
        return int(self.now().timestamp() * 1000)

    def local(self) -> dt.datetime:
        return self.now().replace(tzinfo=None, microsecond=0)


@dataclass(slots=True)
class Device:
    """One simulated device with its truth. `taps` are called with each chunk that the host sends to it."""

    simulator: Any
    ledger: ListLedger
    faults: Faults
    memory: KeptMemory
    taps: list[Callable[[bytes], None]] = field(default_factory=list)
    plugged: bool = True
    ends: list[MemoryLink] = field(default_factory=list)

    def unplug(self) -> None:
        """The cable is pulled at once, whatever is under way."""
        self.plugged = False
        for end in list(self.ends):
            end.cut()

    def unplug_when(self, event: str) -> None:
        """Pull the cable at the moment the world did this (once): its answer is never heard."""
        write = self.ledger.write

        def heard(happened: str, **facts: Any) -> None:
            write(happened, **facts)
            if happened == event:
                self.ledger.write = write  # type: ignore[method-assign]
                self.unplug()

        self.ledger.write = heard  # type: ignore[method-assign, assignment]

    def events(self, *names: str) -> list[dict[str, Any]]:
        return [record for record in self.ledger.records if not names or record["event"] in names]


class _Tapped:
    def __init__(self, link: MemoryLink, device: Device) -> None:
        self._link, self._device = link, device

    @property
    def address(self) -> str:
        return self._link.address

    async def send(self, data: bytes) -> None:
        for tap in self._device.taps:
            tap(data)
        await self._link.send(data)

    async def receive(self) -> bytes:
        return await self._link.receive()

    def take_back(self, data: bytes) -> None:
        self._link.take_back(data)


@dataclass(slots=True)
class World:
    """What outlives the agent: devices and the clock."""

    clock: LoopClock
    devices: dict[str, Device]
    seed: int


def make_world(
    terminals: tuple[str, ...] = ("zvt",),
    *,
    seed: int = 7,
    instant: bool = True,
    memories: Mapping[str, dict[str, Any]] | None = None,
) -> World:
    """`memories`: what devices of an earlier world remember."""
    clock = LoopClock()
    kinds = {"goods": "goods_check"}
    for number, terminal in enumerate(terminals, 1):
        kinds[f"kkt{number}"] = "shtrih_m"
        if terminal:
            kinds[f"card{number}"] = terminal
    devices = {}
    for id, kind in kinds.items():
        made = simulator_class(kind)
        ledger, faults, memory = ListLedger(clock.now), Faults(made.FAULTS), KeptMemory()
        if memories is not None:
            memory.save(memories[id])
        simulator = made(
            ledger=ledger, memory=memory, rng=seeded(seed, id), now=clock.now, faults=faults, instant=instant
        )
        devices[id] = Device(simulator, ledger, faults, memory)
    return World(clock, devices, seed)


def make_settings(
    terminals: tuple[str, ...],
    directory: Path,
    *,
    watch_s: float = 600.0,
    hq: bool = False,
    cash_rounding: bool = False,
    visitors: VisitorsConfig | None = None,
) -> Settings:
    devices = {"goods": DeviceSettings("goods", "goods", driver("local_line"), "tcp://127.0.0.1:1")}
    tills = []
    for number, terminal in enumerate(terminals, 1):
        register, cards = f"kkt{number}", ()
        told: dict[str, int | str | bool] = {"send_sale_key": True}
        devices[register] = DeviceSettings(register, register, driver("shtrih_m"), "tcp://127.0.0.1:1", told)
        if terminal:
            id = f"card{number}"
            currency: dict[str, int | str | bool] = {"currency": 643} if terminal == "zvt" else {}
            devices[id] = DeviceSettings(id, id, driver(terminal), "tcp://127.0.0.1:1", currency)
            cards = (id,)  # type: ignore[assignment]
        tills.append(TillConfig(str(number), f"Till {number}", register, cards, "", "goods"))
    return Settings(
        file=Path("shop.toml"),
        directory=directory,
        shop="Small shop",
        address="",
        zone="Europe/Moscow",
        currency="RUB",
        regime="russia",
        cash_rounding=cash_rounding,
        training=True,
        language="ru",
        host="127.0.0.1",
        port=0,
        watch_s=watch_s,
        cashiers=(CashierSettings("ann", "Ann", "1111"), CashierSettings("sue", "Sue", "2222", True)),
        sellers=(SellerSettings("main", "Shop Ltd", "7707083893"),),
        tills=tuple(tills),
        devices=devices,
        hq=HqSettings("http://hq.test", "shop-1", "a-key-for-tests-only-0001") if hq else None,
        wedge={},
        visitors=visitors,
    )


class SmallShop:
    """Made by `small_shop`."""

    def __init__(self, shop: Shop, store: Store, world: World) -> None:
        self.shop = shop
        self.store = store
        self.world = world
        self._made = len(store.journal_since(0, 1_000_000)) * 1000  # never an id of an earlier process

    def till(self, till: str = "1") -> Till:
        return self.shop.tills[till]

    def commands(self, till: str = "1") -> Commands:
        return self.shop.commands[till]

    def view(self, till: str = "1") -> TillView:
        return self.shop.builders[till].view()

    def device(self, id: str) -> Device:
        return self.world.devices[id]

    def fault(self, id: str, spec: str) -> None:
        self.world.devices[id].faults.arm(spec)

    async def order(self, id: str, line: str) -> str:
        """What a person does to a device."""
        answer: str = await self.world.devices[id].simulator.command(line)
        return answer

    def unplug(self, id: str) -> None:
        self.world.devices[id].unplug()

    def plug(self, id: str) -> None:
        self.world.devices[id].plugged = True

    async def do(self, what: str, till: str = "1", **args: Any) -> Note | None:
        """One command from a page that shows the newest state. None: done."""
        self._made += 1
        found = self.till(till)
        command = Command(f"test-command-{self._made:08d}", found.revision, what, args)
        return await self.commands(till).carry_out(command)

    async def done(self, what: str, till: str = "1", **args: Any) -> TillView:
        """The same, and it must be done."""
        note = await self.do(what, till, **args)
        assert note is None, note
        return self.view(till)

    async def until(self, wanted: Callable[[TillView], object], till: str = "1", within_s: float = SPEND_S) -> TillView:
        """Wait for a screen."""
        began = anyio.current_time()
        while (waited := anyio.current_time() - began) < within_s:
            view = self.view(till)
            if wanted(view):
                return view
            await anyio.sleep(min(1.0, 0.005 + waited / 100))
        view = self.view(till)
        sale = self.till(till).counter.record.sale if self.till(till).counter else None  # type: ignore[union-attr]
        raise AssertionError(
            f"screen {view.screen}, case {view.case}, said {view.said}, trouble {view.trouble}, {sale}"
        )

    async def wait(self, happened: Callable[[], object], within_s: float = SPEND_S) -> None:
        """Wait for something that no screen shows."""
        await self.until(lambda view: happened(), within_s=within_s)

    async def open_shift(self, till: str = "1", *, person: tuple[str, str] = SUPERVISOR) -> None:
        await self.done("sign_in", till, cashier=person[0], pin=person[1])
        if not self.view(till).shift.open:
            await self.done("open_shift", till, float_minor=500_000)

    async def scan(self, *codes: str, till: str = "1") -> None:
        for code in codes:
            await self.done("scan", till, code=code)

    async def pay_cash(self, received_minor: int = 900_000, till: str = "1") -> None:
        await self.done("pay", till, means="cash")
        await self.done("take_cash", till, received_minor=received_minor)

    async def sold(self, *codes: str, means: str = "card", till: str = "1") -> Sale:
        """A whole sale without trouble; its fold."""
        await self.scan(*codes, till=till)
        if means == "cash":
            await self.pay_cash(till=till)
        else:
            await self.done("pay", till, means="card")
        await self.until(lambda view: view.screen == "receipt" and self.till(till).counter is None, till)
        await self.done("new_sale", till)
        last = self.till(till).last
        assert last is not None
        return last

    def sales(self) -> list[Sale]:
        """Every sale that the journal tells, oldest first."""
        by_sale: dict[str, list[Any]] = {}
        for row in self.store.journal_since(0, 1_000_000):
            if row.sale and row.kind.startswith("sale."):
                by_sale.setdefault(row.sale, []).append(row)
        return [read_sale(rows) for rows in by_sale.values()]

    def kinds(self, sale: str) -> list[str]:
        """The sale's journal, as the kinds of its rows."""
        return [row.kind.removeprefix("sale.") for row in self.store.journal(sale)]


def wire(device: Device, id: str, tasks: anyio.abc.TaskGroup) -> Any:
    """How the agent opens a link to a device: a fresh pair of ends, the far one served by the simulator."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Link]:
        await anyio.lowlevel.checkpoint()
        if not device.plugged:
            raise LinkLost(f"memory:{id} is unplugged")
        near, far = pair(f"memory:{id}")

        async def serve() -> None:
            try:
                await device.simulator.serve(far)
            finally:
                far.cut()

        tasks.start_soon(serve)
        device.ends.append(near)
        try:
            yield _Tapped(near, device)
        finally:
            near.cut()
            device.ends.remove(near)

    return opened


async def _plain_pin(pin_hash: str, pin: str) -> bool:
    """Argon2 takes real time on purpose; these people keep their PINs in the open."""
    await anyio.lowlevel.checkpoint()
    return pin_hash == pin


@asynccontextmanager
async def small_shop(
    directory: Path,
    terminal: str = "zvt",
    *,
    terminals: tuple[str, ...] = (),
    world: World | None = None,
    watch_s: float = 600.0,
    hq: bool = False,
    cash_rounding: bool = False,
    instant: bool = True,
    gateway: MessageGateway | None = None,
    visitors: VisitorsConfig | None = None,
) -> AsyncIterator[SmallShop]:
    """A running shop. Leaving the block ends the agent as a kill does: nothing more is written. With `visitors` it has
    the doors for the sensors' programs."""
    wanted = terminals or (terminal,)
    world = world or make_world(wanted, instant=instant)
    settings = make_settings(wanted, directory, watch_s=watch_s, hq=hq, cash_rounding=cash_rounding, visitors=visitors)
    inline = anyio.lowlevel.checkpoint
    async with AsyncExitStack() as stack:
        opening = open_store(directory, device="shop-1", now_ms=world.clock.now_ms, inline=inline)
        store = await stack.enter_async_context(opening)
        known = await stack.enter_async_context(
            opened_visitors(settings, store, world.clock, random.Random(world.seed))
        )
        tasks = await stack.enter_async_context(anyio.create_task_group())
        links = {id: wire(device, id, tasks) for id, device in world.devices.items()}
        shop = build_shop(
            settings,
            store,
            Goods,  # type: ignore[arg-type]
            world.clock,
            random.Random(f"{world.seed}/{store.outbox_head('sales')}/{len(store.journal_since(0, 10**6))}"),
            _plain_pin,
            links=links,
            gateway=gateway,
        )
        if known is not None:
            add_visitors(shop, known)
        tasks.start_soon(run_tills, shop)
        await anyio.sleep(0.05)
        yield SmallShop(shop, store, world)
        tasks.cancel_scope.cancel()
