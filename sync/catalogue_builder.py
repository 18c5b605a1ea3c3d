"""`python -m sync.catalogue_builder DIR`: makes the catalogue of a fetched snapshot, outside the agent's process.

It says one JSON object a line: {"step": "lookups"}, {"step": "search"}, then {"built": FILE, "products": N, "aside": N}
or {"refused": WHY}. It runs at a low priority, for a till that sells goes first; where no barcode is known yet no till
sells, and it hurries until the lookups are there.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import anyio
import apsw
import msgspec

from sync.store.catalogue_building import Built, SnapshotUnusable, build_catalogue
from sync.store.catalogue_swap import in_force
from sync.store.failures import StoreError

NICE = 10
WITHIN_S = 900.0  # a million products take half a minute here; a slow box with an SD card some minutes


def main(arguments: list[str]) -> int:
    """0 when the catalogue is in force."""
    directory = Path(arguments[0])
    hurried = in_force(directory) is None
    if not hurried:
        os.nice(NICE)

    def say(step: str) -> None:
        if hurried and step == "lookups":
            os.nice(NICE)
        _say({"step": step})

    try:
        built = build_catalogue(directory, say)
    except (SnapshotUnusable, StoreError, OSError, apsw.Error) as error:
        _say({"refused": f"{type(error).__name__}: {error}"})
        return 1
    _say({"built": built.file.name, "products": built.products, "aside": built.aside})
    return 0


async def built_outside(directory: Path) -> Built:
    """The child's work, awaited; it dies with its caller. Raises SnapshotUnusable."""
    command = [sys.executable, "-m", "sync.catalogue_builder", str(directory)]
    with anyio.move_on_after(WITHIN_S):
        done = await anyio.run_process(command, check=False, stderr=None, stdin=None)
        return _judged(directory, done.stdout)
    raise SnapshotUnusable("the catalogue was not built in time")


def _judged(directory: Path, said: bytes) -> Built:
    last = said.rstrip().rpartition(b"\n")[2]
    try:
        told = msgspec.json.decode(last, type=dict[str, str | int])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SnapshotUnusable("the building process ended without a word") from None
    if "built" not in told:
        raise SnapshotUnusable(str(told.get("refused", "the building process ended early")))
    return Built(directory / str(told["built"]), int(told["products"]), int(told["aside"]))


def _say(told: dict[str, str | int]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
