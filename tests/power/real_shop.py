"""A real shop on this machine: agent and simulated devices are processes, on ptys and sockets, with real files.

The agent is driven as a page drives it, over HTTP, and dies by SIGKILL at a chosen moment; the devices live on.

    till 1: register on a pty named `serial:PATH?baud=115200`, ZVT terminal on TCP
    till 2: register on a pty named `pty:PATH`, confirm terminal on TCP
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import httpx
from anyio.streams.buffered import BufferedByteReceiveStream
from argon2 import PasswordHasher

from agent.demo.free_ports import free_ports
from sync.store import database
from sync.store.catalogue_import import import_catalogue
from sync.store.reading import Reading
from tests.simulation.laws import Truth

ROOT = Path(__file__).resolve().parents[2]
PIN = "739154"
GOODS = (("4601234004121", 349_900), ("4620014260014", 44_900), ("4607008120127", 21_990), ("4680003200209", 26_500))
READY_WITHIN_S = 60.0
"""A cold start takes about a second; a box that runs nine other suites may need many."""
HQ_KEY = "hq-device-key-7fQ2mZ1c"


class Records:
    """A device's ledger file as the laws read it; each look reads on from the last one."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._known: list[dict[str, Any]] = []

    @property
    def records(self) -> list[dict[str, Any]]:
        if self._file.exists():
            with self._file.open("rb") as file:
                file.seek(self._read)
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                self._read += len(whole) + 1
                self._known += [json.loads(line) for line in whole.split(b"\n")]
        return self._known


class Sim:
    """One simulated device as a process; orders go to its standard input."""

    def __init__(self, process: anyio.abc.Process, ledger: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self.ledger = Records(ledger)
        self.address = ""
        self._in = process.stdin
        self._out = BufferedByteReceiveStream(process.stdout)

    async def line(self) -> str:
        return (await self._out.receive_until(b"\n", 1 << 16)).decode().strip()

    async def order(self, text: str) -> str:
        await self._in.send(text.encode() + b"\n")
        return await self.line()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A simulator of the shop, and how the agent's configuration names its wire."""

    id: str
    kind: str
    scheme: str
    settings: str = ""
    instant: bool = True


DEVICES = (
    Wanted("kkt1", "shtrih_m", "serial:{path}?baud=115200", "{send_sale_key = true}"),
    Wanted("card1", "zvt", "tcp", "{currency = 643}"),
    Wanted("kkt2", "shtrih_m", "pty:{path}", "{send_sale_key = true}"),
    Wanted("card2", "confirm", "tcp"),
)


class RealShop:
    """Made by `real_shop`. `SELLS` is what the API calls the places that sell."""

    SELLS = "tills"

    def __init__(self, place: Path, client: httpx.AsyncClient, tasks: anyio.abc.TaskGroup) -> None:
        self.place = place
        self.data = place / "data"
        self.sims: dict[str, Sim] = {}
        self.agent: anyio.abc.Process | None = None
        self.url = ""
        self.kills = 0
        self._client = client
        self._tasks = tasks
        self._ids = itertools.count(1)
        self._revisions: dict[str, int] = {}

    # The agent

    async def start(self) -> None:
        """Start the agent; returns when it answers."""
        with (self.place / "agent.log").open("ab") as log:
            self.agent = await anyio.open_process(
                [sys.executable, "-m", "agent", "agent", "--config", str(self.place / "shop.toml")],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        assert self.agent.stdout is not None
        with anyio.fail_after(READY_WITHIN_S):
            line = (await BufferedByteReceiveStream(self.agent.stdout).receive_until(b"\n", 4096)).decode()
        assert line.startswith("ready "), line
        self.url = line.split()[1].removesuffix("/till")

    async def kill(self) -> None:
        """SIGKILL: nothing more is written, sent or said."""
        assert self.agent is not None
        with suppress(ProcessLookupError):
            self.agent.send_signal(signal.SIGKILL)
        await self.agent.wait()
        self.kills += 1

    async def stop(self) -> int:
        assert self.agent is not None
        self.agent.send_signal(signal.SIGTERM)
        with anyio.fail_after(30):
            return await self.agent.wait()

    async def end(self) -> None:
        """Every process of this shop, by its own id."""
        for process in [self.agent, *(sim.process for sim in self.sims.values())]:
            if process is not None and process.returncode is None:
                process.kill()
                await process.wait()

    # A page

    async def view(self, till: str) -> dict[str, Any]:
        answer = await self._client.get(f"{self.url}/api/{self.SELLS}/{till}")
        shown: dict[str, Any] = answer.json()
        self._revisions[till] = shown["revision"]
        return shown

    async def do(self, till: str, what: str, **args: Any) -> dict[str, Any] | None:
        """One command for the newest state. None: done, else the note. Raises httpx.HTTPError when the agent dies."""
        for _ in range(20):
            revision = self._revisions.get(till) or (await self.view(till))["revision"]
            body = {"id": f"real-{os.getpid()}-{next(self._ids):06d}", "revision": revision, "do": what, "args": args}
            answer = (await self._client.post(f"{self.url}/api/{self.SELLS}/{till}/commands", json=body)).json()
            self._revisions[till] = answer["view"]["revision"]
            note: dict[str, Any] | None = answer.get("note")
            if note is None or note["code"] != "stale_revision":
                return note
        raise AssertionError("the till changes faster than a page can follow")

    async def done(self, till: str, what: str, **args: Any) -> None:
        note = await self.do(till, what, **args)
        assert note is None, f"till {till}, {what}: {note}; {await self.brief(till)}"

    async def quiet(self, till: str, within_s: float = 60) -> dict[str, Any]:
        """Wait until the screen waits for a person."""
        with anyio.fail_after(within_s):
            while True:
                view = await self.view(till)
                case = view["case"]
                if view["screen"] not in ("card", "working") and (case is None or case["ways"]):
                    return view
                await anyio.sleep(0.05)

    async def brief(self, till: str) -> str:
        """What a failure should show of a screen."""
        view = await self.view(till)
        sale = view["sale"] or {}
        shown = {name: view[name] for name in ("screen", "case", "trouble", "said", "banner")}
        return f"{shown}, sale {sale.get('act')} {sale.get('phase')} {sale.get('payments')}"

    # What is true

    def reading(self) -> Reading:
        """The journal on disk, read only, also while the agent writes."""
        return Reading(database.connect_reading(self.data / database.FILE))

    def truth(self) -> Truth:
        registers = {id: self.sims[id].ledger for id in ("kkt1", "kkt2")}
        terminals = {id: self.sims[id].ledger for id in ("card1", "card2")}
        return Truth(registers, terminals)  # type: ignore[arg-type]


def _config(place: Path, port: int, wires: dict[str, str]) -> str:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PIN)
    parts = [
        f'[shop]\nname = "Real"\ndirectory = "{place / "data"}"\ntraining = true',
        f"[agent]\nport = {port}\nwatch_ms = 2000",
        # Nobody is there: the shop sells all the same.
        '[hq]\nurl = "http://127.0.0.1:9"\ndevice = "shop"\nkey_file = "hq.key"',
        f'[[cashiers]]\nid = "sue"\nname = "Sue"\npin_hash = "{quick}"\nsupervisor = true',
    ]
    for number in ("1", "2"):
        parts.append(
            f'[[tills]]\nid = "{number}"\nname = "Till {number}"\nregister = "kkt{number}"\n'
            f'terminals = ["card{number}"]'
        )
    for device in DEVICES:
        driver = device.kind
        parts.append(f'[[devices]]\nid = "{device.id}"\ndriver = "{driver}"\naddress = "{wires[device.id]}"')
        if device.settings:
            parts[-1] += f"\nsettings = {device.settings}"
    return "\n\n".join(parts) + "\n"


def furnish(place: Path) -> None:
    """Data directory with a catalogue, and the key to HQ beside it."""
    (place / "data").mkdir(mode=0o700, parents=True)
    goods = place / "goods.tsv"
    rows = "\n".join(f"{barcode}\tGoods {number}\t{price}\t22" for number, (barcode, price) in enumerate(GOODS))
    goods.write_text(f"barcode\tname\tprice_minor\tvat\n{rows}\n", encoding="utf-8")
    import_catalogue(goods, place / "data")
    (place / "hq.key").write_text(HQ_KEY, encoding="utf-8")


@asynccontextmanager
async def real_shop(place: Path, seed: int, faults: Sequence[tuple[str, str]] = ()) -> AsyncIterator[RealShop]:
    """Devices and agent run, both shifts are open. Everything is ended by its own process id."""
    furnish(place)
    async with httpx.AsyncClient(timeout=60, trust_env=False) as client, anyio.create_task_group() as tasks:
        shop = RealShop(place, client, tasks)
        try:
            wires = {}
            for number, device in enumerate(DEVICES):
                shop.sims[device.id] = sim = await simulator(place, device, seed * 100 + number)
                path = sim.address.removeprefix("pty:")
                wires[device.id] = sim.address if device.scheme == "tcp" else device.scheme.format(path=path)
            (place / "shop.toml").write_text(_config(place, free_ports([0])[0], wires), encoding="utf-8")
            await shop.start()
            for till in ("1", "2"):
                await shop.done(till, "sign_in", cashier="sue", pin=PIN)
                await shop.done(till, "open_shift", float_minor=500_000)
            for id, spec in faults:
                await shop.sims[id].order(f"fault {spec}")
            yield shop
        finally:
            with anyio.CancelScope(shield=True):
                await shop.end()
            tasks.cancel_scope.cancel()


async def simulator(place: Path, device: Wanted, seed: int) -> Sim:
    ledger = place / "world" / f"{device.id}.jsonl"
    at = "tcp://127.0.0.1:0" if device.scheme == "tcp" else f"pty:{place / device.id}"
    process = await anyio.open_process(
        [sys.executable, "-m", "drivers.simulators", device.kind, "--at", at, "--ledger", str(ledger),
         "--seed", str(seed), *(["--instant"] if device.instant else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    sim = Sim(process, ledger)
    with anyio.fail_after(READY_WITHIN_S):
        ready = await sim.line()
    assert ready.startswith("ready "), ready
    sim.address = ready.removeprefix("ready ").strip()
    return sim
