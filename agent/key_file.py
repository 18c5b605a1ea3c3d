"""A key of random bytes in a file of its own: made at first use, never written again, readable by the agent alone.

Its directory lies beside the data (`keys_beside`), so that neither the data nor a backup of them holds it.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sync.store.failures import Damaged, DirectoryUnusable

KEY_BYTES = 32
_PRIVATE = 0o600


def keys_beside(data: Path) -> Path:
    """Where the keys of a data directory lie."""
    return data.with_name(f"{data.name}-keys")


def key_in(directory: Path, name: str) -> bytes:
    """The key in this file. Raises Damaged or DirectoryUnusable; a damaged key is never replaced by itself: what was
    signed or sealed with it is out there."""
    file = directory / name
    try:
        with suppress(FileNotFoundError):
            return _sound(file, file.read_bytes())
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _sound(file, _made(file))
    except OSError as error:
        raise DirectoryUnusable(str(directory), error) from error


def _made(file: Path) -> bytes:
    """Appears under its name when it is whole and on the disk; one process has the directory, so one key is made."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as written:
        written.write(secrets.token_bytes(KEY_BYTES))
        written.flush()
        os.fsync(written.fileno())
    part.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return file.read_bytes()


def _sound(file: Path, key: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise Damaged(str(file), f"{len(key)} bytes, not {KEY_BYTES}")
    return key
