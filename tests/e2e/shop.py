"""A real shop for tests: simulated devices, HQ and the agent as processes on loopback, each of which can be killed.

    with Shop(folder) as shop:
        shop.order("terminal-1", "fault decline")
        shop.kill_agent(); shop.start_agent()
        shop.happened("terminal-1", "charged")

Till 1: a register and a ZVT terminal, a scanner on a pseudo-terminal. Till 2: a register and a terminal that waits for
our confirmation. Both: the goods check. Cards present themselves; all devices answer at once unless a fault is armed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

from sync.store.catalogue_import import import_catalogue

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 60.0
"""A cold start of one interpreter beside eight others on a busy machine."""
CASHIER, SUPERVISOR = ("irina", "Ирина", "1111"), ("olga", "Ольга", "2222")
PERSON_AFTER_S = 4
"""Instead of the fifteen minutes of life: after the questions at 0 and 2 s, with the one at 5 s, a person is asked."""
WATCH_MS = 250
WEDGE = {"hold_ms": 60, "burst_ms": 55, "silence_ms": 800, "guard_ms": 150}
"""Longer than by default: a machine that does ten things at once may hold a key up in the middle of a burst."""
HQ_KEY = "a-key-of-the-tests-only-0123456789"
LOOPBACK = "127.0.0.1"

FIRE_STATION, DOLL, PUZZLE, CLAY = "4601234004121", "4607012330017", "4620014260014", "4607008120127"
BEER, LIQUEUR_SWEETS, BALL = "4680003200308", "4680003200407", "4680003200209"
STRANGER = "4600000000008"
PRODUCTS = f"""barcode\tname\tprice_minor\tvat\tmarked_group\tage
{FIRE_STATION}\tКонструктор «Пожарная часть», 412 деталей\t349900\t22\t\t
{DOLL}\tКукла «Маша», 30 см\t129900\t22\ttoys\t
{PUZZLE}\tПазл «Кот в сапогах», 260 элементов\t44900\t22\t\t
{CLAY}\tПластилин «Весёлый», 12 цветов\t21990\t22\t\t
{BALL}\tМяч резиновый, 20 см, в горошек\t26500\t22\t\t
{BEER}\tПиво светлое, 0,5 л\t9900\t22\tbeer\t
{LIQUEUR_SWEETS}\tКонфеты с ликёром, 200 г\t39000\t22\t\t18
"""
GS = "\x1d"


def mark(serial: str = "", barcode: str = DOLL) -> str:
    """A marking code as it stands on the goods; each item has a serial number of its own."""
    return f"01{barcode.zfill(14)}21{serial or _next_serial()}{GS}93Ab1c"


_serials = iter(range(10**6))


def _next_serial() -> str:
    return f"Sn{next(_serials):011d}"


@dataclass(slots=True)
class Program:
    """One process. Its output is read up to the awaited lines; afterwards it writes little."""

    name: str
    module: list[str]
    log: Path
    process: subprocess.Popen[str] | None = None

    def start(self, *awaited: str) -> list[str]:
        """What follows each awaited word on a line of its own."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.module],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=ROOT,
                env=environment,
            )
        assert self.process.stdout is not None
        said = []
        for word in awaited:
            for line in self.process.stdout:
                if line.startswith(word):
                    said.append(line.removeprefix(word).strip())
                    break
            else:
                raise AssertionError(f"{self.name} did not start: {self.log.read_text()[-2000:]}")
        return said

    def kill(self, sign: int = signal.SIGKILL) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(sign)
            self.process.wait(timeout=20)
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


@dataclass(slots=True)
class Device:
    id: str
    simulator: str
    driver: str
    program: Program
    address: str = ""
    control: tuple[str, int] = ("", 0)
    ledger: Path = field(default_factory=Path)


class Shop:
    """`data` may lie elsewhere (a small disk). A training shop looks for HQ each five seconds, others more rarely."""

    def __init__(
        self, folder: Path, *, data: Path | None = None, training: bool = True, person_after_s: int = PERSON_AFTER_S
    ) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        self.hq_gone_since: float | None = None
        self._training = training
        self._person_after_s = person_after_s
        self.port, self.hq_port = _free_ports(2)
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.office = f"http://{LOOPBACK}:{self.hq_port}/office"
        self._kept = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)
        self.devices = {
            id: self._device(number, id, simulator, driver)
            for number, (id, simulator, driver) in enumerate(
                (
                    ("register-1", "shtrih_m", "shtrih_m"),
                    ("terminal-1", "zvt", "zvt"),
                    ("scanner-1", "scanner", "serial_line"),
                    ("goods-1", "goods_check", "local_line"),
                    ("register-2", "shtrih_m", "shtrih_m"),
                    ("terminal-2", "confirm", "confirm"),
                ),
                1,
            )
        }
        hq = ["cloud_api", "--database", f"sqlite:///{folder / 'hq.db'}", "--port", str(self.hq_port)]
        self.hq = Program("hq", [*hq, "--devices", str(folder / "hq.toml")], folder / "hq.log")
        config = ["agent", "agent", "--config", str(folder / "shop.toml")]
        self.agent = Program("agent", config, folder / "agent.log")

    def __enter__(self) -> Shop:
        with ExitStack() as kept:
            self._start(kept)
            self._kept = kept.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._kept.close()

    # What happens to it

    def order(self, device: str, line: str) -> str:
        """What a person does to a device, or a fault for later; the device's answer."""
        with socket.create_connection(self.devices[device].control, timeout=10) as control:
            control.sendall(line.encode() + b"\n")
            answer = control.makefile(encoding="utf-8").readline().strip()
        assert not answer.startswith("error"), answer
        return answer

    def fault(self, device: str, spec: str) -> None:
        self.order(device, f"fault {spec}")

    def kill_agent(self) -> None:
        """As a power cut: nothing is said good-bye to."""
        self.agent.kill()

    def start_agent(self) -> None:
        self.agent.start("ready")

    def kill_hq(self) -> None:
        self.hq.kill()
        self.hq_gone_since = time.monotonic()

    def start_hq(self) -> None:
        self.hq.start("HQ")
        self.hq_gone_since = None

    def configure(self, person_after_s: int) -> None:
        """For the next agent."""
        self._person_after_s = person_after_s
        (self.folder / "shop.toml").write_text(self._config(), encoding="utf-8")

    # What is true

    def ledger(self, device: str) -> list[dict[str, Any]]:
        file = self.devices[device].ledger
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []

    def happened(self, device: str, *names: str) -> int:
        return sum(record["event"] in names for record in self.ledger(device))

    def last(self, device: str, event: str) -> dict[str, Any]:
        """The newest such record of a ledger."""
        return next(record for record in reversed(self.ledger(device)) if record["event"] == event)

    def until(self, wanted: Callable[[], Any], what: str, within_s: float = 20.0) -> Any:
        deadline = time.monotonic() + within_s
        while not (found := wanted()):
            assert time.monotonic() < deadline, f"awaited in vain: {what}"
            time.sleep(0.02)
        return found

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def view(self, till: str = "1") -> dict[str, Any]:
        told: dict[str, Any] = self.get(f"/api/tills/{till}")
        return told

    def health(self, device: str) -> str:
        """A device's state as the agent knows it; "" for one that no till shows."""
        shown = [one for till in ("1", "2") for one in self.view(till)["devices"] if one["id"] == device]
        return str(shown[0]["state"]) if shown else ""

    def hq_get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{self.hq_port}{path}", timeout=10) as answer:
            return json.load(answer)

    # How it is set up

    def _device(self, number: int, id: str, simulator: str, driver: str) -> Device:
        ledger = self.folder / f"{id}.jsonl"
        at = f"pty:{self.folder / id}" if simulator == "scanner" else f"tcp://{LOOPBACK}:0"
        module = ["drivers.simulators", simulator, "--at", at, "--control", f"tcp://{LOOPBACK}:0"]
        module += ["--ledger", str(ledger), "--seed", str(100 + number), "--instant"]
        return Device(id, simulator, driver, Program(id, module, self.folder / f"{id}.log"), ledger=ledger)

    def _start(self, kept: ExitStack) -> None:
        kept.callback(self.agent.kill)
        kept.callback(self.hq.kill)
        self.data.mkdir(parents=True, exist_ok=True)
        (self.folder / "products.tsv").write_text(PRODUCTS, encoding="utf-8")
        import_catalogue(self.folder / "products.tsv", self.data)
        hashed = hashlib.sha256(HQ_KEY.encode()).hexdigest()
        row = '[[device]]\ndevice = "e2e-shop"\nstore = "Казань, Баумана"\ntill = "Кассы 1 и 2"\n'
        (self.folder / "hq.toml").write_text(f'{row}key_sha256 = "{hashed}"\n', encoding="utf-8")
        started = [(device, device.program) for device in self.devices.values()]
        for _, program in started:
            kept.callback(program.kill)
        with _all_at_once() as go:
            go(lambda: self.hq.start("HQ"))
            for device, program in started:
                go(lambda device=device, program=program: self._place(device, *program.start("ready", "control")))
        for device in self.devices.values():
            if device.driver in ("zvt", "confirm"):
                self.order(device.id, "card auto 0")
        self.configure(self._person_after_s)
        self.start_agent()

    def _place(self, device: Device, address: str, control: str) -> None:
        device.address = address
        host, _, port = control.removeprefix("tcp://").rpartition(":")
        device.control = (host, int(port))

    def _config(self) -> str:
        (self.folder / "hq.key").write_text(HQ_KEY, encoding="utf-8")
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        parts = [
            '[shop]\nname = "«Мишкин дом», Казань"\naddress = "420111, г. Казань, ул. Баумана, д. 1"',
            f'directory = "{self.data}"\ntraining = {str(self._training).lower()}',
            f"[agent]\nport = {self.port}\nwatch_ms = {WATCH_MS}\nperson_after_s = {self._person_after_s}",
            f'[hq]\nurl = "http://{LOOPBACK}:{self.hq_port}"\ndevice = "e2e-shop"\nkey_file = "hq.key"',
        ]
        for (id, name, pin), supervisor in ((CASHIER, "false"), (SUPERVISOR, "true")):
            parts.append(f'[[cashiers]]\nid = "{id}"\nname = "{name}"\npin_hash = "{quick.hash(pin)}"')
            parts.append(f"supervisor = {supervisor}")
        for number in ("1", "2"):
            parts.append(f'[[tills]]\nid = "{number}"\nname = "Касса {number}"\nregister = "register-{number}"')
            parts.append(f'terminals = ["terminal-{number}"]\ngoods_check = "goods-1"')
            parts.append('scanner = "scanner-1"' if number == "1" else "")
        parts.append('[[sellers]]\nid = "main"\nname = "ООО «Игротека»"\ninn = "7707083893"')
        parts.append("[wedge]\n" + "\n".join(f"{name} = {value}" for name, value in WEDGE.items()))
        names = {
            "register": "ККТ кассы",
            "terminal": "Терминал кассы",
            "scanner": "Сканер кассы",
            "goods": "Проверка марок",
        }
        for device in self.devices.values():
            kind, _, number = device.id.partition("-")
            name = names[kind] if kind == "goods" else f"{names[kind]} {number}"
            parts.append(f'[[devices]]\nid = "{device.id}"\nname = "{name}"\ndriver = "{device.driver}"')
            parts.append(f'address = "{device.address}"')
            parts.append("settings = {currency = 643}" if device.driver == "zvt" else "")
        return "\n".join(parts)


def _free_ports(count: int) -> list[int]:
    with ExitStack() as open_until_chosen:
        held = [open_until_chosen.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in held]


@contextmanager
def _all_at_once() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Start several programs beside one another; their interpreters warm up together."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=8) as pool:
        running = []
        yield lambda work: running.append(pool.submit(work))
        for one in running:
            one.result(timeout=READY_WITHIN_S)
