"""One process per data directory: an exclusive lock on a file that says whose it is, freed by the kernel if we die."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sync.store.failures import DirectoryBusy

FILE = "lock"


@contextmanager
def only_process(directory: Path, file: str = FILE) -> Iterator[None]:
    """Holds the directory (or, by `file`, one purpose in it); raises DirectoryBusy, naming the process."""
    descriptor = os.open(directory / file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DirectoryBusy(str(directory), _pid(os.pread(descriptor, 32, 0))) from error
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # a full disk: the name is a courtesy, the lock is what counts
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _pid(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None
