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


def in_use(directory: Path, file: str = FILE) -> int | None:
    """The process that holds the directory (0 if it did not say who it is), or None. Leaves no trace."""
    try:
        descriptor = os.open(directory / file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        # Shared, so that two who look do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _pid(os.pread(descriptor, 32, 0)) or 0
    finally:
        os.close(descriptor)
    return None


def _pid(text: bytes) -> int | None:
    return int(text) if text.strip().isdigit() else None
