"""Gives SQLite's index of the log (`journal.db-shm`) its blocks before the disk is full.

The index is a file mapped into memory. SQLite makes it long enough by writing one byte a page; where a disk's blocks
are smaller than that (ext4 of some hundred megabytes: 1 KB) the rest of the page is a hole, and the first store into a
hole on a full disk ends the process with SIGBUS: found by tests/agent/test_disk_full_till.py. So opening needs a
little room, and the holes are filled at once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.store.failures import DiskFull, NoRoomToOpen

INDEX_BYTES = 32 * 1024  # one region of the index: 4,062 pages of log; ours is cut back at 512
ROOM_BYTES = 64 * 1024  # the index and the metadata of its file


@contextmanager
def filled_index(file: Path, free_bytes: Callable[[], int]) -> Iterator[Callable[[], None]]:
    """Yields what to call once the log of `file` is open. Raises DiskFull.

    Enter it before the first connection, leave it after the last: closing any descriptor of the index would drop the
    locks that SQLite holds on it (POSIX).
    """
    refuse_without_room(file, free_bytes)
    index = _index_of(file)
    descriptor = os.open(index, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def fill() -> None:
        size = os.fstat(descriptor).st_size
        if not size:
            return  # no log yet, or another place for its index
        try:
            os.posix_fallocate(descriptor, 0, size)
        except OSError as error:
            raise DiskFull(f"no room for the index of the log: {error.strerror}") from error

    try:
        yield fill
    finally:
        if index.exists() and not os.fstat(descriptor).st_size:
            index.unlink()  # nobody used it: the directory is left as it was
        os.close(descriptor)


def refuse_without_room(file: Path, free_bytes: Callable[[], int]) -> None:
    """Raises DiskFull where opening the log could run into a hole: the index is not whole, and there is no room."""
    index = _index_of(file)
    whole = index.exists() and index.stat().st_blocks * 512 >= INDEX_BYTES
    free = free_bytes()
    if not whole and free < ROOM_BYTES:
        raise NoRoomToOpen(str(file.parent), free, ROOM_BYTES)


def _index_of(file: Path) -> Path:
    return file.with_name(file.name + "-shm")
