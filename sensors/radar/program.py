"""`python -m sensors.radar live`: the options of the radar at work, and its life until a signal ends it."""

from __future__ import annotations

import argparse
import logging
import os
import random
import signal
import sys
import time
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import anyio

from sensors.memory_place import MemoryPlace, NoMemoryPlace
from sensors.radar.air import Air, FileAir, NoAir
from sensors.radar.capture_file import opened
from sensors.radar.live import Radar, Told
from sensors.radar.records import NoCapture
from sensors.radar.tally import NEAR_DBM, WINDOW_S
from sensors.radar_messages import State

USAGE_ERROR = 2
PLACE = Path("/run/tillkeeper-radar")


def main(argv: list[str]) -> int:
    options = _parser().parse_args(argv)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    try:
        if options.replay is not None:
            with opened(options.replay):
                pass  # a wrong file is said at once, not in a pulse
        place = MemoryPlace(options.place)
        told = Told(options.sensor, options.socket, options.zone, options.window_s, options.near_dbm)
        radar = Radar(
            told,
            place,
            _Sources(options),
            now_ms=lambda: time.time_ns() // 1_000_000,
            fresh=os.urandom,
            rng=random.Random(os.urandom(8)),
        )
        anyio.run(partial(_until_signal, radar), backend_options={"use_uvloop": False})
    except (NoMemoryPlace, NoCapture) as refused:
        print(f"{refused.ru}\n{refused.en}", file=sys.stderr)
        return USAGE_ERROR
    except FileNotFoundError as error:
        print(f"Файла {error.filename} нет.\nThere is no file {error.filename}.", file=sys.stderr)
        return USAGE_ERROR
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sensors.radar live", description="The radar at work.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--interface", help="a monitor interface, e.g. mon0")
    source.add_argument("--replay", type=Path, help="a capture file, played in its own rhythm")
    parser.add_argument("--speed", type=_speed, default=1.0, help="of a replay")
    parser.add_argument("--again", action="store_true", help="a replay begins anew when it is over")
    parser.add_argument("--socket", type=Path, required=True, help="the agent's socket for sensors")
    parser.add_argument("--sensor", default="radar", help="its name in the shop")
    parser.add_argument(
        "--zone", type=_zone, default=ZoneInfo("UTC"), help="the shop's zone: its midnight ends the salt"
    )
    parser.add_argument("--place", type=Path, default=_place(), help="a directory in memory for the day's salt")
    parser.add_argument("--window-s", type=_window, default=WINDOW_S)
    parser.add_argument("--near-dbm", type=int, default=NEAR_DBM)
    return parser


def _place() -> Path:
    """systemd names the RuntimeDirectory= of the unit."""
    return Path(os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0] or PLACE)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"no such zone: {name}") from error


def _window(text: str) -> int:
    seconds = int(text)
    if not 60 <= seconds <= 3600 or 86_400 % seconds:
        raise argparse.ArgumentTypeError("60 to 3600 seconds, and whole ones in a day")
    return seconds


def _speed(text: str) -> float:
    speed = float(text)
    if not 0.01 <= speed <= 10_000:
        raise argparse.ArgumentTypeError("0.01 to 10000")
    return speed


class _Sources:
    """Opens the air the options name, again and again."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options

    def __call__(self) -> Air:
        if self._options.replay is not None:
            return FileAir(
                self._options.replay, speed=self._options.speed, again=self._options.again, now_ns=time.time_ns
            )
        try:
            from sensors.radar.capture import open_radio
        except ImportError as error:
            raise NoAir(State.NO_LIBRARY, f"scapy is not installed: {error}") from error
        return open_radio(self._options.interface)


async def _until_signal(radar: Radar) -> None:
    async with anyio.create_task_group() as tasks:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            tasks.start_soon(radar.run)
            async for _ in signals:
                tasks.cancel_scope.cancel()
                return
