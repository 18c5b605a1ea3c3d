"""The process behind `tillkeeper simulate DEVICE`: one simulated device on a TCP port or a pseudo-terminal.

    tillkeeper simulate DEVICE [--at pty:PATH | tcp://HOST:PORT] [--ledger FILE] [--seed N] [--fault SPEC ...]
                               [--instant] [--clock ISO] [--zone NAME] [--control tcp://HOST:PORT] [--faults]
    tillkeeper simulate --list

It prints `ready ADDRESS` once it listens (then `control ADDRESS` when a control socket is asked for), takes orders on
standard input, and ends on Ctrl-C or SIGTERM. The device's own memory is kept in FILE.state.json beside the ledger.
It is a developer's tool: what it says, its errors too, is in English only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import anyio

from drivers.simulators.catalogue import SimulatorClass, names, simulator_class
from drivers.simulators.console import Console, control_socket, read_standard_input
from drivers.simulators.feed import HeardLedger
from drivers.simulators.outlets import LINK_FAULTS, Plug, pty_outlet, tcp_outlet
from drivers.simulators.world import (
    Faults,
    FileLedger,
    FileMemory,
    KeptMemory,
    Ledger,
    ListLedger,
    Living,
    Memory,
    Now,
    seeded,
)

USAGE_ERROR = 2


def main(argv: list[str]) -> int:
    """Run one simulator; returns the exit code."""
    options = _options().parse_args(argv)
    if options.list:
        print("\n".join(names()))
        return 0
    try:
        simulated = simulator_class(options.device)
        if options.faults:
            for name, meaning in known_faults(simulated).items():
                print(f"{name}: {meaning}")
            return 0
        where = read_address(options.at)
        control = read_address(options.control) if options.control else None
        if isinstance(control, Path):
            raise ValueError("--control takes tcp://HOST:PORT")
        now = shifted_clock(options.clock, options.zone)
        faults = Faults(known_faults(simulated))
        for spec in options.fault:
            faults.arm(spec)
    except ValueError as wrong:
        print(f"tillkeeper simulate: {wrong}", file=sys.stderr)
        return USAGE_ERROR
    try:
        anyio.run(_run, options, simulated, where, control, now, faults)
    except OSError as wrong:
        print(f"tillkeeper simulate: {wrong}", file=sys.stderr)
        return 1
    return 0


def known_faults(simulated: SimulatorClass) -> dict[str, str]:
    """The device's own faults and those of its plug."""
    return {**LINK_FAULTS, **simulated.FAULTS}


def read_address(text: str) -> Path | tuple[str, int]:
    """`pty:PATH` or `tcp://HOST:PORT`. Raises ValueError with a sentence."""
    if text.startswith("pty:") and len(text) > len("pty:"):
        return Path(text.removeprefix("pty:"))
    host, colon, port = text.removeprefix("tcp://").rpartition(":")
    if text.startswith("tcp://") and colon and host and port.isdigit() and int(port) < 1 << 16:
        return host.strip("[]"), int(port)
    raise ValueError(f"{text!r} is not an address: pty:PATH or tcp://HOST:PORT")


def shifted_clock(starts_at: str | None, zone_name: str) -> Now:
    """The wall clock of the simulated shop; with `starts_at` (ISO) it runs on from that moment."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError) as wrong:
        raise ValueError(f"--zone {zone_name!r}: no such time zone") from wrong
    ahead = dt.timedelta()
    if starts_at:
        try:
            start = dt.datetime.fromisoformat(starts_at)
        except ValueError as wrong:
            raise ValueError(f"--clock {starts_at!r} is not an ISO date and time") from wrong
        ahead = (start if start.tzinfo else start.replace(tzinfo=zone)) - dt.datetime.now(zone)
    return lambda: dt.datetime.now(zone) + ahead


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper simulate", description="One simulated device.")
    parser.add_argument("device", nargs="?", default="", metavar="DEVICE")
    parser.add_argument("--at", default="tcp://127.0.0.1:0", help="pty:PATH or tcp://HOST:PORT (port 0: any free one)")
    parser.add_argument("--ledger", type=Path, help="JSON Lines of what happened in the world")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", action="append", default=[], metavar="SPEC", help="NAME[@N[xK]][=VALUE]")
    parser.add_argument("--faults", action="store_true", help="list the device's faults")
    parser.add_argument("--list", action="store_true", help="list the devices")
    parser.add_argument("--instant", action="store_true", help="answer at once")
    parser.add_argument("--clock", help="the device's world starts at this ISO date and time")
    parser.add_argument("--zone", default="Europe/Moscow", help="time zone of the device's wall clock")
    parser.add_argument("--control", help="tcp://HOST:PORT for orders, `state` and `events`")
    return parser


async def _run(
    options: argparse.Namespace,
    simulated: SimulatorClass,
    where: Path | tuple[str, int],
    control: tuple[str, int] | None,
    now: Now,
    faults: Faults,
) -> None:
    memory: Memory = KeptMemory()
    inner: Ledger = ListLedger(now)
    if options.ledger:
        inner = FileLedger(options.ledger, now)
        memory = FileMemory(options.ledger.with_name(options.ledger.name + ".state.json"))
    ledger = HeardLedger(inner, now)
    simulator = simulated(
        ledger=ledger,
        memory=memory,
        rng=seeded(options.seed, options.device),
        now=now,
        faults=faults,
        instant=options.instant,
    )
    plug = Plug()
    console = Console(simulator, known_faults(simulated), faults, plug, ledger)
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async with AsyncExitStack() as open_things:
            outlet = (
                pty_outlet(where, simulator.serve, plug)
                if isinstance(where, Path)
                else tcp_outlet(*where, simulator.serve, plug, faults)
            )
            print(f"ready {await open_things.enter_async_context(outlet)}", flush=True)
            if control is not None:
                address = await open_things.enter_async_context(control_socket(*control, console))
                print(f"control {address}", flush=True)
            orders = await open_things.enter_async_context(anyio.create_task_group())
            orders.start_soon(read_standard_input, console)
            if isinstance(simulator, Living):
                orders.start_soon(simulator.live)
            async for _ in signals:
                break
            orders.cancel_scope.cancel()
