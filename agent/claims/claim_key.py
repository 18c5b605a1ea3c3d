"""The key that signs claim slips: 32 random bytes in a file of their own, made at first use and never written again.

Whoever has it can make slips that look true (they are still paid only if the journal knows them), so only the agent's
user may read it. A copy of the journal does not hold it; where it is lost, slips already given out are paid by their
number, by a supervisor.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sync.store.failures import Damaged, DirectoryUnusable

FILE = "claim.key"
KEY_BYTES = 32
_PRIVATE = 0o600


def keys_beside(data: Path) -> Path:
    """Where the key of a data directory lies: beside it, so that neither the data nor a backup of them holds it."""
    return data.with_name(f"{data.name}-keys")


def claim_key(directory: Path) -> bytes:
    """The key in this directory. Raises Damaged or DirectoryUnusable; a damaged key is never replaced by itself:
    the slips out there were signed by it."""
    file = directory / FILE
    try:
        with suppress(FileNotFoundError):
            return _sound(file, file.read_bytes())
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _sound(file, _made(file))
    except OSError as error:
        raise DirectoryUnusable(str(directory), error) from error


def _made(file: Path) -> bytes:
    """Appears under its name when it is whole and on the disk; one process has the directory, so one key is made."""
    part = file.with_name(f"{FILE}.{os.getpid()}.part")
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
