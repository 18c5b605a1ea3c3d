"""`simulate shtrih_m` as a real process over TCP and a pseudo-terminal: ready line, orders, restart, clean end."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from shtrih_m_host import FN_STATE, OPEN_SHIFT, SHORT, close, framed, line

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """The simulator as a child process."""

    def __init__(self, *options: str) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "drivers.simulators", "shtrih_m", "--seed", "7", *options],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        ready = self.line()
        assert ready.startswith("ready "), ready
        self.address = ready.removeprefix("ready ")

    def line(self) -> str:
        assert self.child.stdout is not None
        return self.child.stdout.readline().strip()

    def order(self, text: str) -> str:
        assert self.child.stdin is not None
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()
        return self.line()

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        self.child.send_signal(how)
        _out, err = self.child.communicate(timeout=10)
        return self.child.returncode, err


@contextmanager
def running(*options: str) -> Iterator[Process]:
    process = Process(*options)
    try:
        yield process
    finally:
        if process.child.poll() is None:
            process.child.kill()
            process.child.communicate()


class Wire:
    """Blocking bytes over a file descriptor."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def hear(self, count: int, within_s: float = 5.0) -> bytes:
        heard, until = b"", time.monotonic() + within_s
        while len(heard) < count and (left := until - time.monotonic()) > 0:
            if select.select([self.descriptor], [], [], left)[0]:
                more = os.read(self.descriptor, count - len(heard))
                if not more:
                    break
                heard += more
        return heard

    def ask(self, body: str) -> bytes:
        os.write(self.descriptor, framed(bytes.fromhex(body)))
        assert self.hear(1) == b"\x06"
        head = self.hear(2)
        rest = self.hear(head[1] + 1)
        os.write(self.descriptor, b"\x06")
        return rest[:-1]


def connect(address: str) -> socket.socket:
    host, port = address.removeprefix("tcp://").rsplit(":", 1)
    client = socket.create_connection((host, int(port)), timeout=5)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


@contextmanager
def wired(address: str) -> Iterator[Wire]:
    with connect(address) as plug:
        yield Wire(plug.fileno())


def sell(wire: Wire) -> int:
    """One receipt of 99.00; returns its number."""
    assert wire.ask(line(99_00))[2] == 0
    answer = wire.ask(close(cash=100_00))
    assert answer[2] == 0
    return int.from_bytes(answer[8:12], "little")


def test_restart_keeps_the_fiscal_memory(tmp_path: Path) -> None:
    ledger = tmp_path / "world" / "register.jsonl"
    options = ("--at", "tcp://127.0.0.1:0", "--ledger", str(ledger), "--instant", "--clock", "2026-11-21T12:30:00")
    with running(*options) as process:
        with wired(process.address) as wire:
            assert wire.ask(OPEN_SHIFT)[1] == 0
            assert sell(wire) == 3
        assert process.end() == (0, "")
    with running(*options[:-2], "--clock", "2026-11-21T12:35:00") as process:
        with wired(process.address) as wire:
            assert int.from_bytes(wire.ask(FN_STATE)[-4:], "little") == 3
            assert sell(wire) == 4
        assert process.end(signal.SIGINT) == (0, "")
    records = [json.loads(text) for text in ledger.read_text(encoding="utf-8").splitlines()]
    assert [record["document"] for record in records if record["event"] == "fiscalised"] == [3, 4]
    assert records[0]["at"].startswith("2026-11-21T12:30:")
    assert (tmp_path / "world" / "register.jsonl.state.json").exists()


def test_a_kill_loses_nothing_that_was_answered(tmp_path: Path) -> None:
    options = ("--ledger", str(tmp_path / "l.jsonl"), "--instant")
    with running(*options) as process:
        with wired(process.address) as wire:
            wire.ask(OPEN_SHIFT)
            number = sell(wire)
        process.child.kill()
        process.child.communicate()
    with running(*options) as process, wired(process.address) as wire:
        assert int.from_bytes(wire.ask(FN_STATE)[-4:], "little") == number


def test_one_client_at_a_time_and_the_next_when_the_first_is_gone() -> None:
    with running("--instant") as process:
        with connect(process.address) as first, connect(process.address) as second:
            assert Wire(second.fileno()).hear(1) == b""
            assert Wire(first.fileno()).ask(SHORT)[1] == 0
        with wired(process.address) as wire:
            assert wire.ask(SHORT)[1] == 0


@pytest.mark.parametrize("fault", ["tcp_half_open=0.7", "second_client_refused"])
def test_refused_clients(fault: str) -> None:
    with running("--instant", "--fault", fault) as process:
        with connect(process.address) as first:
            refused_first = Wire(first.fileno()).hear(1, within_s=0.3) == b""
            assert refused_first
        time.sleep(0.05)
        with connect(process.address) as second:
            refused = Wire(second.fileno()).hear(1, within_s=0.4) == b"" and _closed(second)
        assert refused is (fault != "second_client_refused")
        time.sleep(0.8)
        with wired(process.address) as wire:
            assert wire.ask(SHORT)[1] == 0


def _closed(client: socket.socket) -> bool:
    try:
        return bool(select.select([client], [], [], 0)[0]) and client.recv(1) == b""
    except ConnectionError:
        return True


def test_a_pseudo_terminal_with_orders_from_standard_input(tmp_path: Path) -> None:
    """Power and cable by hand; the end of standard input ends nothing; the link is removed at the end."""
    path = tmp_path / "register"
    with running("--at", f"pty:{path}", "--instant") as process:
        assert process.address == f"pty:{path}"
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        wire = Wire(descriptor)
        assert wire.ask(SHORT)[1] == 0
        assert "no paper" in process.order("paper out")
        assert int.from_bytes(wire.ask(SHORT)[3:5], "little") & 0x80 == 0
        process.order("paper in")
        assert process.order("nonsense").startswith("error: unknown command")
        assert process.order("fault nonsense").startswith("error: unknown fault")
        assert "power off" in process.order("help")
        process.order("power off")
        os.write(descriptor, b"\x05")
        assert wire.hear(1, within_s=0.3) == b""
        process.order("power on")
        time.sleep(0.1)
        os.write(descriptor, b"\x05")
        assert wire.hear(1) == b"\x15"
        process.order("unplug")
        time.sleep(0.1)
        assert not os.path.lexists(path)
        process.order("plug")
        time.sleep(0.1)
        os.close(descriptor)
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        assert Wire(descriptor).ask(SHORT)[1] == 0
        os.close(descriptor)
        assert process.child.stdin is not None
        process.child.stdin.close()
        process.child.stdin = None
        time.sleep(0.1)
        assert process.child.poll() is None
        assert process.end() == (0, "")
    assert not os.path.lexists(path)


def test_the_control_socket_shows_a_picture_and_streams_events(tmp_path: Path) -> None:
    with running("--control", "tcp://127.0.0.1:0", "--ledger", str(tmp_path / "l.jsonl"), "--instant") as process:
        control = process.line().removeprefix("control ")
        with connect(control) as asking, connect(control) as listening, wired(process.address) as wire:
            orders, events = asking.makefile("rw"), listening.makefile("rw")
            print("events", file=events, flush=True)
            print("fault drop_after_commit=FF45", file=orders, flush=True)
            assert orders.readline() == "armed: drop_after_commit=FF45\n"
            wire.ask(OPEN_SHIFT)
            wire.ask(line(99_00))
            print("state", file=orders, flush=True)
            picture = json.loads(orders.readline())
            assert picture["power"] is True
            assert picture["paper"] is True
            assert picture["cover_open"] is False
            assert picture["display"] == "ПРИХОД 99.00"
            assert picture["faults"] == ["drop_after_commit=FF45"]
            assert "ОТЧЁТ ОБ ОТКРЫТИИ СМЕНЫ" in picture["lines"]
            assert json.loads(events.readline())["event"] == "shift_opened"
            os.write(wire.descriptor, framed(bytes.fromhex(close(cash=99_00))))
            assert wire.hear(100) == b"\x06"
            heard = [json.loads(events.readline())["event"] for _ in range(2)]
            assert "fiscalised" in [*heard, json.loads(events.readline())["event"]]


def test_lists_and_mistakes() -> None:
    def run(*options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "drivers.simulators", *options]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert "shtrih_m" in run("--list").stdout.split()
    faults = run("shtrih_m", "--faults").stdout
    assert "drop_after_commit: a document is committed" in faults
    assert "tcp_half_open: " in faults
    for wrong in (
        ["nothing"],
        ["shtrih_m", "--fault", "x"],
        ["shtrih_m", "--at", "serial:x"],
        ["shtrih_m", "--clock", "?"],
    ):
        result = run(*wrong)
        assert result.returncode == 2
        assert result.stderr.startswith("tillkeeper simulate: ")
        assert len(result.stderr.splitlines()) == 1
