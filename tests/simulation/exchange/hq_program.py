"""Starts HQ as processes of its own that can be killed: read the wishes on standard input, fork one HQ for each.

    > {"database": "...", "keys": "...", "clock": "FILE"}
    < {"pid": 4711, "port": 40123}

A fork of a program that has everything imported costs a tenth of a start. HQ reads its clock from a mapped file: eight
bytes, UTC milliseconds, which the simulation moves.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import msgspec

from cloud_api.app import start_hq
from cloud_api.listening import listen, make_server
from cloud_api.settings import Settings

CLOCK_BYTES = 8


class Wish(msgspec.Struct):
    database: str
    keys: str
    clock: str


class Started(msgspec.Struct):
    pid: int
    port: int


def clock_of(file: Path) -> Callable[[], int]:
    with file.open("rb") as opened:
        seen = mmap.mmap(opened.fileno(), CLOCK_BYTES, prot=mmap.PROT_READ)
    return lambda: int.from_bytes(seen[:CLOCK_BYTES], "big")


def main() -> None:
    if "postgresql" in sys.argv[1:]:
        import cloud_api.storage.migrating
        import cloud_api.storage.postgresql  # noqa: F401
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    pids = []
    for line in sys.stdin.buffer:
        wish = msgspec.json.decode(line, type=Wish)
        with listen("127.0.0.1", 0) as listener:
            port = listener.getsockname()[1]
            pid = os.fork()
            if pid == 0:
                os.close(0)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)

                async def serve(wish: Wish = wish) -> None:
                    settings = Settings(database=wish.database, keys=Path(wish.keys))
                    hq = await start_hq(settings, now_ms=clock_of(Path(wish.clock)))
                    await make_server(hq, lambda _: None).serve([listener])

                anyio.run(serve)
                os._exit(0)
        pids.append(pid)
        sys.stdout.buffer.write(msgspec.json.encode(Started(pid, port)) + b"\n")
        sys.stdout.buffer.flush()
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()
