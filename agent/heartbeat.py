"""Tells HQ once a minute how this device is: what waits, how fast the disk is, how full, which devices answer."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import anyio
import msgspec

from sync.kept_outbox import KeptOutbox
from sync.store import database
from sync.store.batch import Outgoing
from sync.telemetry_log import TelemetryLog
from sync.uplink_board import UplinkBoard
from sync.wire.telemetry_facts import EACH_S, HEARTBEAT, STREAM, Heartbeat, LaneFact

MB = 1024 * 1024


def program_version() -> str:
    try:
        return version("tillkeeper")
    except PackageNotFoundError:
        return "0"


def lanes(boards: Sequence[tuple[UplinkBoard, KeptOutbox]], now_ms: int) -> list[LaneFact]:
    """Every stream that is written to disk here."""
    found = []
    for board, store in boards:
        for state in board.states(store):
            oldest_s = max(0, now_ms - state.oldest_ms) // 1000 if state.oldest_ms is not None else 0
            trouble = state.trouble.value if state.trouble is not None else ""
            found.append(LaneFact(state.stream, state.waiting, oldest_s, trouble))
    return found


def disk_facts(directory: Path) -> tuple[int, int, int]:
    """(used percent, free MB, MB of the journal's log); raises OSError where there is no such directory."""
    disk = shutil.disk_usage(directory)
    log, size = directory / f"{database.FILE}-wal", 0
    with suppress(FileNotFoundError):
        size = log.stat().st_size
    return disk.used * 100 // max(1, disk.used + disk.free), disk.free // MB, size // MB


async def run_heartbeat(log: TelemetryLog, facts: Callable[[int], Heartbeat], rng: random.Random) -> None:
    """Until cancelled. `facts` is asked with the seconds since this began."""
    began_s, boot, beat = anyio.current_time(), f"{rng.getrandbits(64):016x}", 0
    while True:
        beat += 1
        body = msgspec.json.encode(facts(int(anyio.current_time() - began_s)))
        log.tell(Outgoing(STREAM, f"{boot}/{beat}", HEARTBEAT, 1, body))
        await anyio.sleep(EACH_S)
