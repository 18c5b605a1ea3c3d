"""One further shop of the demo's chain: its processes, and the simulated people who trade and walk in it."""

from __future__ import annotations

import csv
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread
import httpx

from agent.complaint import complain
from agent.demo.branch_plan import DEVICES
from agent.demo.control_line import ControlLine, DeviceGone, OrderRefused
from agent.demo.demo_stock import StockNotCounted, count_the_shelves
from agent.demo.free_ports import LOOPBACK, free_ports
from agent.demo.program import DemoFailed, Program, all_started
from agent.demo.regulars import Regulars
from agent.demo.sensor_plan import (
    NETWORK,
    SECRET,
    SensorPlaces,
    SensorPorts,
    association,
    visitors_section,
    write_association,
    write_offers,
)
from agent.demo.shop_plan import Places, PlannedShop, write_config
from agent.demo.storekeepers import pick
from agent.demo.trader import Trader
from agent.demo.walkers import walk
from sync.store.catalogue_import import import_catalogue
from sync.store.failures import StoreError
from sync.store.system_words import system_words

Make = Callable[[str, list[str], Path], Program]
"""`make(name, module and arguments, folder of logs)`."""
CARD_AUTO_S = 1
ASKS_WITHIN_S = 15.0


class Branch:
    """`port` is its agent's; `hq_port` HQ's own: no cable of a branch can be pulled on the bench. `place`: which of how
    many branches this is."""

    def __init__(
        self,
        shop: PlannedShop,
        places: Places,
        products: Path,
        seed: str,
        make: Make,
        memory: SensorPlaces | None,
        place: tuple[int, int] = (0, 1),
    ) -> None:
        self._place = place
        self.shop, self.places, self.port = shop, places, 0  # a port is free when it is needed, not before
        self._products, self._seed, self._make, self._memory = products, seed, make, memory
        self._programs: list[Program] = []
        self._lines: dict[str, ControlLine] = {}
        self._trader: Trader | None = None

    async def open_or_complain(self, tasks: anyio.abc.TaskGroup, hq_port: int) -> bool:
        """It trades, or standard error says why not and nothing is left of it: the other shops go on."""
        try:
            await self.open(tasks, hq_port)
        except (DemoFailed, StoreError) as failed:
            complain(failed)
        except OSError as error:
            ru, en = system_words(error)
            complain(self._failed(ru, en))
        else:
            return True
        await self.close()
        return False

    async def open(self, tasks: anyio.abc.TaskGroup, hq_port: int) -> None:
        """It trades when this returns. Raises DemoFailed, StoreError and OSError."""
        try:
            await self._open(tasks, hq_port)
        except (DeviceGone, OrderRefused) as error:
            raise self._failed(f"её устройство: {error}", f"a device of it: {error}") from error
        except (StockNotCounted, httpx.HTTPError) as error:
            raise self._failed(f"полки не пересчитаны: {error}", f"its shelves were not counted: {error}") from error

    async def _open(self, tasks: anyio.abc.TaskGroup, hq_port: int) -> None:
        places = self.places
        places.make()
        await anyio.to_thread.run_sync(import_catalogue, self._products, places.shop)
        self.port, *ports = free_ports([0] * (2 * len(DEVICES) + 4))
        own, controls = dict(zip(DEVICES, ports, strict=False)), ports[len(DEVICES) :]
        heard = SensorPorts(*ports[-3:])
        visitors = ""
        if self._memory is not None:
            write_offers(places)
            visitors = visitors_section(places, self._memory)
        write_config(places, self.port, hq_port, {device.id: port for device, port in own.items()}, visitors, self.shop)
        starts = []
        for number, (device, port) in enumerate(own.items()):
            at = ("--at", f"tcp://{LOOPBACK}:{port}", "--control", f"tcp://{LOOPBACK}:{controls[number]}")
            ledger = ("--ledger", str(places.devices / f"{device.id}.jsonl"))
            # A register of its own: nowhere in the chain are two of one serial number.
            seed = str(random.Random(f"{self._seed}/{device.id}").randrange(10**6, 10**9))
            module = ["drivers.simulators", device.simulator, *at, *ledger, "--seed", seed]
            self._lines[device.id] = ControlLine(LOOPBACK, controls[number])
            starts.append(partial(self._start, device.id, module, "ready", tasks, after="control"))
        await all_started(starts, (DemoFailed, OSError))
        await self._lines["terminal-1"].order(f"card auto {CARD_AUTO_S}")
        await self._start("agent", ["agent", "agent", "--config", str(places.config)], "ready", tasks)
        if self._memory is not None:
            write_association(places, self._memory, heard, self.shop.name)
            planned = association(places)
            await self._start(planned.id, list(planned.module), planned.ready, tasks)
            radius = f"radius {LOOPBACK}:{heard.radius} {SECRET} {NETWORK}"
            await self._lines["wifi-1"].order(radius)
            tasks.start_soon(walk, self._lines["wifi-1"], random.Random(f"{self._seed}/walkers"))
        await count_the_shelves(self.url, keep=False)
        self._tasks = tasks
        tasks.start_soon(self._trade)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def order_comes(self, order: str) -> None:
        """Its goods are picked, and then somebody fetches them."""
        self._tasks.start_soon(self._hand_out, order)

    async def _hand_out(self, order: str) -> None:
        await pick(self.url, order)
        if self._trader is not None:
            self._trader.orders.append(order)

    async def close(self) -> None:
        """The agent first: it may have something to write down. A second time nothing is left to do."""
        for program in reversed(self._programs):
            await program.end()
        for line in self._lines.values():
            await line.close()
        if self._memory is not None:
            self._memory.close()

    def _failed(self, ru: str, en: str) -> DemoFailed:
        return DemoFailed(
            f"Магазин «{self.shop.name}» не открыт: {ru}. Остальные работают."
            " Закройте учебный магазин и откройте снова.",
            f"The shop {self.shop.name} was not opened: {en}. The others work. Close the demo and open it again.",
        )

    async def _start(
        self, name: str, module: list[str], ready: str, tasks: anyio.abc.TaskGroup, after: str = ""
    ) -> None:
        program = self._make(name, module, self.places.logs)
        self._programs.append(program)
        await program.start(tasks, ready)
        if after:
            await program.line_after(after)

    async def _trade(self) -> None:
        async with httpx.AsyncClient(timeout=ASKS_WITHIN_S, trust_env=False) as client:
            coming = random.Random(f"{self._seed}/regulars")
            regulars = Regulars(*self._place, self.places.messages, coming) if self._memory is not None else None
            seeded = random.Random(f"{self._seed}/trader")
            self._trader = Trader(client, self.url, sellable(self._products), seeded, regulars)
            await self._trader.trade()


def sellable(products: Path) -> list[str]:
    """Barcodes of what sells without a marking code, an age or another seller."""
    with products.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return [row["barcode"] for row in rows if not (row["marked_group"] or row["age"] or row["seller"])]
