"""`tillkeeper demo`: a whole shop on this machine — simulated devices, the agent, HQ and the bench — in one command.

Every part is a process of its own, so that each can be killed as in life; this one starts them, serves the bench and
ends them all. A clean end needs Ctrl-C, SIGTERM or a closed terminal; after a SIGKILL the leash ends the rest.
"""

from __future__ import annotations

import random
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import anyio.to_thread
import httpx

from agent.complaint import complain
from agent.demo.addresses import Doors, elsewhere, tell_addresses
from agent.demo.bench_table import BenchTable, Standing
from agent.demo.branch import Branch
from agent.demo.branch_plan import MOST_STORES, branch_places, branches
from agent.demo.control_line import ControlLine
from agent.demo.demo_operator import keep_register_loaded
from agent.demo.demo_stock import StockNotCounted, count_the_shelves
from agent.demo.free_ports import LOOPBACK, alone_to_choose, free_ports, is_free, near
from agent.demo.held import Held, leash
from agent.demo.hq_cable import HqCable
from agent.demo.program import DemoFailed, Program, all_started
from agent.demo.sensor_plan import (
    NETWORK,
    SECRET,
    PlannedSensor,
    SensorPlaces,
    SensorPorts,
    can_see,
    guest_page,
    guests_messages,
    memory_is_there,
    sensors,
    visitors_section,
    write_association,
    write_offers,
)
from agent.demo.sensor_table import SensorTable
from agent.demo.sent_messages import SentMessages
from agent.demo.shop_plan import (
    DEVICES,
    HOPPER_COINS,
    MAIN,
    SHOP,
    ZONE,
    Places,
    PlannedDevice,
    device_key,
    write_config,
    write_hq_devices,
)
from agent.demo.storekeepers import Storeroom, keep_store
from agent.demo.web_shop import Counter, open_web_shop
from agent.listening import PortTaken, bind, serve
from agent.local_api.bench import BENCH_URL, create_bench_app
from sync.store.catalogue_import import import_catalogue
from sync.store.directory_lock import only_process
from sync.store.failures import StoreError
from sync.store.system_words import system_words

PRODUCTS = Path(__file__).with_name("demo_products.tsv")
CHAIN_OFFERS = Path(__file__).with_name("chain_offers.toml")
LOCK = "demo.lock"
CARD_AUTO_S = 2
"""A newcomer's first card sale needs no other window than the till's."""
CANNOT_START = 2
REFUSALS = (DemoFailed, PortTaken, StoreError)


def run_demo(port: int, hq_port: int, data: Path | None, seed: int, stores: int = 1) -> int:
    """Run until told to stop; of `stores` those beside the first trade by themselves. 0 after a clean end, 2 when the
    shop cannot be opened (standard error says why)."""
    with ExitStack() as kept:
        try:
            doors = _doors(port, hq_port)
            if not 1 <= stores <= MOST_STORES:
                raise DemoFailed(
                    f"--stores — число от 1 до {MOST_STORES}. Ничего не запущено.",
                    f"--stores is a number from 1 to {MOST_STORES}. Nothing was started.",
                )
            if data is None:
                data = Path(kept.enter_context(tempfile.TemporaryDirectory(prefix="tillkeeper-demo-")))
            data = data.expanduser().resolve()
            data.mkdir(parents=True, exist_ok=True)
            kept.enter_context(only_process(data, LOCK))
            return anyio.run(_run, doors, Places(data), seed, stores)
        except REFUSALS as error:
            complain(error)
        except OSError as error:
            ru, en = system_words(error)
            complain(
                DemoFailed(
                    f"Учебному магазину не годится каталог {data}: {ru}. Ничего не запущено. Задайте другой: --data.",
                    f"The demo cannot use {data}: {en}. Nothing was started. Name another with --data.",
                )
            )
        return CANNOT_START


def _doors(port: int, hq_port: int) -> Doors:
    """Port 0 takes any free one. Raises DemoFailed with a sentence that says what to write instead."""
    for option, wanted in (("--port", port), ("--hq-port", hq_port)):
        if not 0 <= wanted < 1 << 16:
            raise DemoFailed(
                f"{option} — число от 0 до 65535. Ничего не запущено, задайте другой порт.",
                f"{option} is a number from 0 to 65535. Nothing was started, choose another port.",
            )
        if wanted and not is_free(wanted):
            raise DemoFailed(
                f"Порт {wanted} занят другой программой, возможно, другим учебным магазином. Ничего не запущено."
                f" Выберите порт ключом {option}.",
                f"Port {wanted} is taken by another program, perhaps another demo. Nothing was started."
                f" Choose one with {option}.",
            )
    if port and port == hq_port:
        raise DemoFailed(
            "--port и --hq-port должны различаться. Ничего не запущено, задайте другой порт.",
            "--port and --hq-port must differ. Nothing was started, choose another port.",
        )
    till, hq = free_ports([port, hq_port])
    return Doors(till, hq, near(till, {till, hq}))


async def _run(doors: Doors, places: Places, seed: int, stores: int) -> int:
    failed: list[DemoFailed | PortTaken | StoreError] = []
    async with leash() as held, anyio.create_task_group() as tasks:
        demo = _Demo(doors, places, seed, stores, held, tasks)
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
            tasks.start_soon(_until_signal, signals, tasks.cancel_scope)
            try:
                await demo.open()
                await anyio.sleep_forever()
            except REFUSALS as failure:
                failed.append(failure)
            finally:
                with anyio.CancelScope(shield=True):
                    await demo.close()
                tasks.cancel_scope.cancel()
    if failed:
        raise failed[0]
    return 0


async def _until_signal(signals: AsyncIterator[signal.Signals], scope: anyio.CancelScope) -> None:
    async for _ in signals:
        scope.cancel()
        return


class _Demo:
    """The parts, and the order in which they are started and ended."""

    def __init__(
        self, doors: Doors, places: Places, seed: int, stores: int, held: Held, tasks: anyio.abc.TaskGroup
    ) -> None:
        self._doors, self._places, self._seed = doors, places, seed
        self._held, self._tasks = held, tasks
        self._rng = random.Random(f"{seed}/bench")
        self._standing: list[Standing] = []
        self._cable = HqCable(doors.hq)
        places.make()
        self._hq = self._program(
            "hq",
            [
                "cloud_api",
                "--database",
                places.hq_database,
                "--port",
                str(doors.hq),
                "--devices",
                str(places.hq_devices),
            ],
        )
        self._agent = self._program(
            "agent",
            ["agent", "agent", "--config", str(places.config)],
            environment={BENCH_URL: doors.url(doors.bench, "/bench")},
        )
        self._agent_turn = anyio.Lock()
        address = doors.url(doors.till, "")
        sent = SentMessages([places.messages, guests_messages(places)], ZONE)
        self._sensors = SensorTable(self._start_sensor)
        self._table = BenchTable(self._agent, self._cable, address, self._agent_power, self._rng, sent, self._sensors)
        self._memory = SensorPlaces() if memory_is_there() else None
        self._sensor_ports = SensorPorts(*free_ports([0, 0, 0]))
        self._branches = [
            Branch(
                shop,
                branch_places(places, id),
                PRODUCTS,
                f"{seed}/{id}",
                partial(self._branch_program, id),
                SensorPlaces() if memory_is_there() else None,
                (number, stores - 1),
            )
            for number, (id, shop) in enumerate(branches(stores))
        ]

    async def open(self) -> None:
        """Everything runs when this returns. Raises DemoFailed and PortTaken."""
        bench = bind(LOOPBACK, self._doors.bench)
        listener = await anyio.create_tcp_listener(local_host=LOOPBACK)
        self._tasks.start_soon(self._cable.carry, listener)
        cable_port = listener.extra(anyio.abc.SocketAttribute.local_port)
        known = [(MAIN, device_key(self._places))]
        for branch in self._branches:
            branch.places.make()
            known.append((branch.shop, device_key(branch.places)))
        write_hq_devices(self._places.hq_devices, known)
        async with alone_to_choose():
            ports = free_ports([device.port for device in DEVICES] + [0] * len(DEVICES))
            visitors = ""
            if self._memory is not None:
                write_offers(self._places)
                visitors = visitors_section(self._places, self._memory)
            device_ports = {device.id: port for device, port in zip(DEVICES, ports[: len(DEVICES)], strict=True)}
            write_config(self._places, self._doors.till, cable_port, device_ports, visitors)
            for device, control in zip(DEVICES, ports[len(DEVICES) :], strict=True):
                self._standing.append(self._stand(device, device_ports[device.id], control))
            await all_started(
                [
                    *(standing.restart for standing in self._standing),
                    partial(self._hq.start, self._tasks, "HQ"),
                    partial(anyio.to_thread.run_sync, import_catalogue, PRODUCTS, self._places.shop),
                ],
                REFUSALS,
            )
        for standing in self._standing:
            self._table.put(standing)
        offers = [sys.executable, "-m", "cloud_api.telling", "import-offers", str(CHAIN_OFFERS)]
        await anyio.run_process([*offers, "--database", self._places.hq_database], check=False)
        await self._agent.start(self._tasks, "ready")
        await self._count_the_shelves()
        await self._open_sensors()
        started = anyio.Event()
        app = create_bench_app(self._table, elsewhere(self._doors))
        self._tasks.start_soon(serve, app, bench, started.set)
        await started.wait()
        self._tasks.start_soon(keep_register_loaded, self._places.root, self._doors.url(self._doors.hq, ""))
        tell_addresses(self._doors, self._places.root)
        counters, rooms = [Counter(SHOP)], list[Storeroom]()
        for branch in self._branches:  # one after the other: each is five programs
            if await branch.open_or_complain(self._tasks, self._doors.hq):
                print(f"  {branch.shop.name:<26}http://{LOOPBACK}:{branch.port}/status", flush=True)
                rooms.append(Storeroom(branch.shop.name, branch.url))
                counters.append(Counter(branch.shop.name, branch.order_comes))
        if rooms:
            self._tasks.start_soon(keep_store, rooms, random.Random(f"{self._seed}/storekeepers"))
        hq = self._doors.url(self._doors.hq, "")
        await open_web_shop(self._tasks, hq, self._places.hq_database, self._places.api_key, counters)

    async def close(self) -> None:
        """The agent first: it may have something to write down; the devices last."""
        await self._agent.end()
        async with AsyncExitStack() as closing, anyio.create_task_group() as ending:
            for standing in self._standing:
                closing.push_async_callback(standing.line.close)
                ending.start_soon(standing.program.end)
            ending.start_soon(self._hq.end)
            for branch in self._branches:
                ending.start_soon(branch.close)
            for sensor in self._sensors.programs():
                ending.start_soon(sensor.end)
        if self._memory is not None:
            self._memory.close()

    async def _count_the_shelves(self) -> None:
        try:
            await count_the_shelves(self._doors.url(self._doors.till, ""))
        except (StockNotCounted, httpx.HTTPError) as error:
            complain(
                DemoFailed(
                    f"Полки не пересчитаны: {error}. Касса продаёт. Пересчитайте на странице «Склад».",
                    f"The shelves were not counted: {error}. The till sells. Count them on the stock page.",
                )
            )

    async def _open_sensors(self) -> None:
        """They knock at the agent's doors, and come back by themselves whenever it was away."""
        if self._memory is None:
            return
        ports = self._sensor_ports
        write_association(self._places, self._memory, ports)
        for planned in sensors(self._places, self._memory, ports):
            program = self._program(planned.id, list(planned.module))
            self._sensors.put(planned, program)
            await self._start_sensor(planned, program)
        self._sensors.show("association", guest_page(ports.page))
        if can_see():
            self._sensors.show("video", f"http://{LOOPBACK}:{ports.video}/video")

    async def _start_sensor(self, planned: PlannedSensor, program: Program) -> None:
        await program.start(self._tasks, planned.ready)

    def _stand(self, device: PlannedDevice, port: int, control: int) -> Standing:
        number = 1 + DEVICES.index(device)
        ledger = self._places.devices / f"{device.id}.jsonl"
        fills = device.kind == "coins" and not ledger.exists()
        program = self._program(
            device.id,
            [
                "drivers.simulators",
                device.simulator,
                *("--at", f"tcp://{LOOPBACK}:{port}"),
                *("--control", f"tcp://{LOOPBACK}:{control}"),
                *("--ledger", str(ledger)),
                # Two registers of one model are two registers: each has a serial number and a fiscal memory of its own.
                *("--seed", str(self._seed * 100 + number)),
            ],
        )
        line = ControlLine(LOOPBACK, control)

        async def restart() -> None:
            await program.start(self._tasks, "ready")
            await program.line_after("control")
            if device.kind == "terminal":
                await line.order(f"card auto {CARD_AUTO_S}")
            if device.kind == "access_point":
                await line.order(f"radius {LOOPBACK}:{self._sensor_ports.radius} {SECRET} {NETWORK}")
            nonlocal fills
            if fills:
                fills = False
                await line.order(f"fill 10 {HOPPER_COINS}")
            self._tasks.start_soon(line.listen, partial(self._table.heard, device.id))

        return Standing(device, f"{LOOPBACK}:{port}", line, program, restart)

    def _program(self, name: str, module: list[str], *, environment: dict[str, str] | None = None) -> Program:
        log = self._places.logs / f"{name}.log"
        command = [sys.executable, "-m", *module]
        return Program(name, command, log, self._held, ended=partial(self._died, log), environment=environment)

    def _branch_program(self, branch: str, name: str, module: list[str], logs: Path) -> Program:
        log = logs / f"{name}.log"
        command = [sys.executable, "-m", *module]
        return Program(f"{branch}/{name}", command, log, self._held, ended=partial(self._died, log))

    async def _agent_power(self, on: bool) -> None:
        """Off is SIGKILL: nothing is said good-bye to, as in a power cut."""
        async with self._agent_turn:
            if not on:
                await self._agent.end(signal.SIGKILL)
            elif not self._agent.alive:
                try:
                    await self._agent.start(self._tasks, "ready")
                except DemoFailed as failed:
                    complain(failed)

    def _died(self, log: Path, name: str, code: int) -> None:
        print(f"Программа {name} завершилась сама (код {code}), смотрите {log}.", file=sys.stderr)
        print(f"{name} ended by itself (code {code}), see {log}.", file=sys.stderr, flush=True)
        self._table.ring()
