"""What machine the figures are of: cores, what an fsync costs, and how busy it was."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import apsw


def fsync_p50_ms(fsyncs: int = 40) -> float:
    """Appending 4 KB to a file where the benches keep theirs, and syncing it. Few: some disks ration them."""
    taken = []
    with tempfile.TemporaryDirectory(prefix="tillkeeper-fsync-") as folder, open(f"{folder}/file", "wb", 0) as file:
        for _ in range(fsyncs):
            file.write(bytes(4096))
            began = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - began) * 1e3)
    return round(statistics.median(taken), 3)


def family_s() -> float:
    """Processor time of this process and of all it has started, running or ended: what a busy machine falsifies less
    than the clock."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            told = stat.read_text().rpartition(")")[2].split()  # state, parent, ...; 11 and 12: user and system
            if int(told[1]) == os.getpid():
                ticks += int(told[11]) + int(told[12])
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ticks / os.sysconf("SC_CLK_TCK") + ended.ru_utime + ended.ru_stime + time.process_time()


def facts() -> dict[str, Any]:
    """Cores, load, fsync and versions, as they are now."""
    return {
        "cores": os.cpu_count(),
        "cores_usable": len(os.sched_getaffinity(0)),
        "load_1_min": round(os.getloadavg()[0], 2),
        "fsync_p50_ms": fsync_p50_ms(),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "apsw_sqlite": apsw.sqlite_lib_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
