"""A shop with one kiosk for tests: a real kiosk and store, simulated register, terminal, note validator and coin bus.

    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.insert("cash1", "insert note 500")
        await shop.until(lambda view: view.screen == "done")

It runs on asyncio and on Trio in virtual time. Leaving the block is the end of the agent as a kill makes it; entering a
new one with the same `world` and directory is its restart.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel

from agent.kiosk.kiosk import Kiosk
from agent.kiosk.view import KioskCommand, KioskView
from agent.messages.contract import MessageGateway
from agent.settings import CashierSettings, DeviceSettings, KioskConfig, SellerSettings, Settings
from agent.view import Note
from agent.wiring import Shop, build_shop, run_tills
from drivers.catalogue import driver
from drivers.simulators.catalogue import simulator_class
from drivers.simulators.world import Faults, KeptMemory, ListLedger, seeded
from fiscal.sale import Sale
from sync.store.sale_journal import read_sale
from sync.store.store import Store, open_store
from tests.agent.small_shop import Device, Goods, LoopClock, World, wire

KINDS = {"kkt1": "shtrih_m", "card1": "zvt", "goods": "goods_check", "cash1": "ccnet", "coins1": "cctalk"}
DRIVERS = {"shtrih_m": "shtrih_m", "zvt": "zvt", "goods_check": "local_line", "ccnet": "ccnet", "cctalk": "cctalk"}
TOLD: dict[str, dict[str, int | str | bool]] = {
    "kkt1": {"send_sale_key": True},
    "card1": {"currency": 643},
    "coins1": {"coin_unit_minor": 100, "hopper_address": 3, "hopper_coin_minor": 1000},
}
SPEND_S = 120.0
KEY = b"a key for tests only, 32 bytes.."


def make_kiosk_world(*, seed: int = 7) -> World:
    clock = LoopClock()
    devices = {}
    for id, kind in KINDS.items():
        made = simulator_class(kind)
        ledger, faults, memory = ListLedger(clock.now), Faults(made.FAULTS), KeptMemory()
        simulator = made(
            ledger=ledger, memory=memory, rng=seeded(seed, id), now=clock.now, faults=faults, instant=id != "cash1"
        )
        devices[id] = Device(simulator, ledger, faults, memory)
    return World(clock, devices, seed)


def kiosk_settings(directory: Path, **told: Any) -> Settings:
    devices = {
        id: DeviceSettings(id, id, driver(DRIVERS[kind]), "tcp://127.0.0.1:1", TOLD.get(id, {}))
        for id, kind in KINDS.items()
    }
    kiosk = KioskConfig("k1", "Kiosk 1", "kkt1", ("card1",), ("cash1", "coins1"), "", "goods", machine="K-1", **told)
    return Settings(
        file=Path("shop.toml"),
        directory=directory,
        shop="Small shop",
        address="Kazan",
        zone="Europe/Moscow",
        currency="RUB",
        regime="russia",
        cash_rounding=False,
        training=True,
        language="ru",
        host="127.0.0.1",
        port=0,
        watch_s=5.0,
        cashiers=(CashierSettings("ann", "Ann", "1111"), CashierSettings("sue", "Sue", "2222", True)),
        sellers=(SellerSettings("main", "Shop Ltd", "7707083893"),),
        tills=(),
        devices=devices,
        hq=None,
        wedge={},
        kiosks=(kiosk,),
    )


class KioskShop:
    """Made by `kiosk_shop`."""

    def __init__(self, shop: Shop, store: Store, world: World) -> None:
        self.shop = shop
        self.store = store
        self.world = world
        self._made = len(store.journal_since(0, 1_000_000)) * 1000

    @property
    def kiosk(self) -> Kiosk:
        return self.shop.kiosks["k1"]

    def view(self) -> KioskView:
        return self.shop.kiosk_builders["k1"].view()

    def device(self, id: str) -> Device:
        return self.world.devices[id]

    async def order(self, id: str, line: str) -> str:
        """What a person does to a device."""
        answer: str = await self.world.devices[id].simulator.command(line)
        return answer

    async def do(self, what: str, **args: Any) -> Note | None:
        self._made += 1
        command = KioskCommand(f"kiosk-command-{self._made:08d}", self.kiosk.till.revision, what, args)
        return await self.shop.kiosk_commands["k1"].carry_out(command)

    async def done(self, what: str, **args: Any) -> KioskView:
        note = await self.do(what, **args)
        assert note is None, note
        return self.view()

    async def until(self, wanted: Callable[[KioskView], object], within_s: float = SPEND_S) -> KioskView:
        began = anyio.current_time()
        while (waited := anyio.current_time() - began) < within_s:
            view = self.view()
            if wanted(view):
                return view
            await anyio.sleep(min(0.5, 0.005 + waited / 100))
        view = self.view()
        sale = self.sales()[-1] if self.sales() else None
        raise AssertionError(f"{view.screen} said {view.said} trouble {view.trouble} {view.cash} {view.claims} {sale}")

    async def choose(self, *codes: str) -> KioskView:
        """From the attract screen to the choice of means."""
        await self.done("start")
        for code in codes:
            await self.done("scan", code=code)
        await self.until(
            lambda view: view.sale and all(x.mark is None or x.mark.state == "ok" for x in view.sale.lines)
        )
        await self.done("checkout")
        return await self.done("receipt", way="paper")

    async def cash_open(self) -> KioskView:
        """Every slot waits for money."""
        return await self.until(lambda view: view.cash and view.cash.takes_minor and self._all_open())

    def _all_open(self) -> bool:
        states = [
            slot.slots.get(name)
            for slot, name, record in self.kiosk.boxes.units()
            if record.unit.found_as is not None and record.unit.found_as.takes
        ]
        return len(states) == 2 and all(state is not None and state.value == "open" for state in states)

    def sales(self) -> list[Sale]:
        by_sale: dict[str, list[Any]] = {}
        for row in self.store.journal_since(0, 1_000_000):
            if row.sale and row.kind.startswith("sale."):
                by_sale.setdefault(row.sale, []).append(row)
        return [read_sale(rows) for rows in by_sale.values()]

    def stacked_minor(self) -> int:
        """What lies in the boxes by the devices' own ledgers, less what they paid out."""
        total = 0
        for id in ("cash1", "coins1"):
            for record in self.device(id).ledger.records:
                value = record.get("value_minor", record.get("amount_minor", 0)) or 0
                if record["event"] == "stacked":
                    total += value
                elif record["event"] == "paid_out":
                    total -= value
        return total


@asynccontextmanager
async def kiosk_shop(
    directory: Path, *, world: World | None = None, gateway: MessageGateway | None = None, **told: Any
) -> AsyncIterator[KioskShop]:
    """A running shop of one kiosk, its devices found and its register looked at."""
    world = world or make_kiosk_world()
    settings = kiosk_settings(directory, **told)
    opening = open_store(directory, device="shop-1", now_ms=world.clock.now_ms, inline=anyio.lowlevel.checkpoint)
    async with opening as store, anyio.create_task_group() as tasks:
        links = {id: wire(device, id, tasks) for id, device in world.devices.items()}
        rng = random.Random(f"{world.seed}/{len(store.journal_since(0, 10**6))}")
        shop = build_shop(
            settings,
            store,
            Goods,
            world.clock,
            rng,
            _plain_pin,
            links=links,
            claim_key=KEY,  # type: ignore[arg-type]
            gateway=gateway,
        )
        tasks.start_soon(run_tills, shop)
        made = KioskShop(shop, store, world)
        await made.until(lambda view: any(t.means == "cash" and t.available for t in view.tenders))
        yield made
        tasks.cancel_scope.cancel()


async def _plain_pin(pin_hash: str, pin: str) -> bool:
    await anyio.lowlevel.checkpoint()
    return pin_hash == pin
