"""A shop of real processes for the benches: an instant simulated register, the agent with a catalogue, HQ; on loopback.

The register keeps its ledger in memory (no `--ledger`): what it would sync belongs to its world, not to ours.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from agent.till.people import hash_pin

ROOT = Path(__file__).parents[2]
PIN = "1111"
HQ_KEY = "a-key-of-the-bench-only"
DEVICE = "bench-till"
STARTS_WITHIN_S = 60  # a loaded machine; the figures themselves have limits of their own
ANSWERS_WITHIN_S = 30
IDLE_S = 3  # the agent closes a connection that said nothing for five seconds


@dataclass(slots=True)
class Started:
    """A process that said its first word. `took_s`: from the start of the process to that line."""

    process: subprocess.Popen[str]
    line: str
    took_s: float

    def kb(self, field: str) -> int:
        """A memory field of /proc (VmRSS, VmHWM), in kilobytes."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise RuntimeError(f"no {field}")


@contextmanager
def started(word: str, *command: str, log: Path) -> Iterator[Started]:
    """Runs `python -m command` until the block is left; waits for the line that begins with `word`."""
    with log.open("a") as errors:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.PIPE,
            text=True,
        )
        watchdog = threading.Timer(STARTS_WITHIN_S, process.kill)
        watchdog.start()
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            while line and not line.startswith(word):
                line = process.stdout.readline()
            took_s = time.perf_counter() - began
            watchdog.cancel()
            if not line:
                raise RuntimeError(f"{command} did not start: {log.read_text()[-2000:]}")
            yield Started(process, line.strip(), took_s)
        finally:
            watchdog.cancel()
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
            if process.stdin is not None:
                process.stdin.close()


@contextmanager
def simulator(place: Path, device: str, *more: str) -> Iterator[str]:
    """An instant simulated device; its `tcp://` address."""
    command = ("drivers.simulators", device, "--at", "tcp://127.0.0.1:0", "--instant", *more)
    with started("ready", *command, log=place / f"{device}.log") as running:
        yield running.line.split()[1]


@contextmanager
def hq(place: Path) -> Iterator[str]:
    """HQ as a process, on a file of its own; its base URL."""
    devices = place / "devices.toml"
    digest = hashlib.sha256(HQ_KEY.encode()).hexdigest()
    devices.write_text(f'[[device]]\ndevice = "{DEVICE}"\nstore = "Bench"\ntill = "1"\nkey_sha256 = "{digest}"\n')
    command = ("cloud_api", "--database", f"sqlite:///{place}/hq.db", "--port", "0", "--devices", str(devices))
    with started("HQ", *command, log=place / "hq.log") as running:
        yield running.line.split()[1].removesuffix("/office")


def write_config(config: Path, directory: Path, register: str, pin_hash: str) -> None:
    """The agent's configuration: one till with a register; its devices are left alone between sales.

    The wedge is patient, for a loaded machine presses keys unevenly; Enter still ends a scan at once.
    """
    text = f"""
[shop]
name = "Bench"
zone = "Europe/Moscow"
directory = {json.dumps(str(directory))}
[agent]
port = 0
watch_ms = 60000
[wedge]
hold_ms = 400
burst_ms = 380
silence_ms = 420
guard_ms = 10
[[cashiers]]
id = "anna"
name = "Анна"
pin_hash = "{pin_hash}"
supervisor = true
[[sellers]]
id = "main"
name = "ООО Мишка"
[[tills]]
id = "1"
name = "Касса 1"
register = "register"
[[devices]]
id = "register"
name = "ККТ"
driver = "shtrih_m"
address = "{register}"
"""
    config.write_text(text.lstrip(), encoding="utf-8")


def put_catalogue(source: Path, shop: Path) -> None:
    """The built catalogue of another data directory, linked where possible: it is never written."""
    shop.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in [source / "catalogue.current", *source.glob("catalogue-*.db")]:
        target = shop / file.name
        try:
            os.link(file, target)
        except OSError:
            shutil.copyfile(file, target)


class Till:
    """A client of the agent's API, as the page is one: commands over one kept connection, views over the live feed."""

    def __init__(self, url: str, till: str = "1") -> None:
        host = url.removeprefix("http://").split("/")[0]
        self.base = f"http://{host}"
        self._path = f"/api/tills/{till}"
        self._commands = http.client.HTTPConnection(host, timeout=ANSWERS_WITHIN_S)
        self._live = http.client.HTTPConnection(host, timeout=ANSWERS_WITHIN_S)
        self._events: http.client.HTTPResponse | None = None
        self._asked_at = 0.0
        self.view: dict[str, Any] = {}

    def close(self) -> None:
        self._commands.close()
        self._live.close()

    def get(self, path: str = "") -> Any:
        return self._ask("GET", self._path + path)

    def search(self, text: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/search?q=" + quote(text))
        return found

    def elsewhere(self, path: str) -> Any:
        return self._ask("GET", path)

    def look(self) -> dict[str, Any]:
        self.view = self.get()
        return self.view

    def do(self, act: str, **args: Any) -> dict[str, Any]:
        """One command; raises if it was refused."""
        if not self.view:
            self.look()
        command = {"id": uuid.uuid4().hex, "revision": self.view["revision"], "do": act, "args": args}
        answer = self._ask("POST", self._path + "/commands", json.dumps(command).encode())
        self.view = answer["view"]
        if not answer["done"]:
            raise RuntimeError(f"{act}: {answer['note']}")
        return self.view

    def listen(self) -> None:
        """Opens the live feed, if it is not open yet."""
        if self._events is None:
            self._live.request("GET", self._path + "/live")
            self._events = self._live.getresponse()

    def heard(self, *marks: bytes) -> dict[str, Any]:
        """The next view of the live feed whose JSON has one of these marks; the others are not even decoded."""
        self.listen()
        assert self._events is not None
        while line := self._events.readline():
            if line.startswith(b"data: ") and any(mark in line for mark in marks):
                self.view = json.loads(line[6:])
                return self.view
        raise RuntimeError("the live feed has ended")

    def open_shift(self) -> None:
        """Signed in, register seen, shift open."""
        self.until(lambda view: any(d["kind"] == "register" and d["state"] == "ok" for d in view["devices"]))
        if self.view["cashier"] is None:
            self.do("sign_in", cashier="anna", pin=PIN)
        if not self.view["shift"]["open"]:
            self.do("open_shift", float_minor=0)
        self.until(lambda view: view["shift"]["open"])

    def until(self, wanted: Any) -> dict[str, Any]:
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        while not wanted(self.look()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"waited in vain; the screen is {self.view['screen']}, {self.view['trouble']}")
            time.sleep(0.02)
        return self.view

    def _ask(self, method: str, path: str, body: bytes = b"") -> Any:
        """One request in one packet, as a browser sends it."""
        if time.monotonic() - self._asked_at > IDLE_S:
            self._commands.close()
        self._asked_at = time.monotonic()
        if self._commands.sock is None:
            self._commands.connect()
        head = f"{method} {path} HTTP/1.1\r\nhost: {self._commands.host}:{self._commands.port}\r\n"
        head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._commands.sock.sendall(head.encode() + body)
        response = http.client.HTTPResponse(self._commands.sock, method=method)
        response.begin()
        told = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {told[:300]!r}")
        return json.loads(told)


@dataclass(slots=True)
class LiveShop:
    """`register` is where the simulated register really listens."""

    place: Path
    register: str
    pin_hash: str

    @property
    def config(self) -> Path:
        return self.place / "agent.toml"

    def plug(self, register: str) -> None:
        """The agent started next finds its register at this address."""
        write_config(self.config, self.place / "shop", register, self.pin_hash)

    @contextmanager
    def agent(self) -> Iterator[Started]:
        with started("ready", "agent", "agent", "--config", str(self.config), log=self.place / "agent.log") as running:
            yield running

    @contextmanager
    def till(self) -> Iterator[tuple[Started, Till]]:
        """The agent with an open shift on its till."""
        with self.agent() as running:
            till = Till(running.line.split()[1])
            try:
                till.open_shift()
                yield running, till
            finally:
                till.close()


@contextmanager
def live_shop(catalogue: Path) -> Iterator[LiveShop]:
    """The simulated register runs, everything else is ready; the agent is started by who measures it."""
    with tempfile.TemporaryDirectory(prefix="tillkeeper-shop-") as folder:
        place = Path(folder)
        put_catalogue(catalogue, place / "shop")
        with simulator(place, "shtrih_m") as register:
            shop = LiveShop(place, register, hash_pin(PIN))
            shop.plug(register)
            yield shop
