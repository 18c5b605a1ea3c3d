"""What a device keeps of its enrolment: one file beside the data, its owner's alone, always whole.

    DATA-keys/hq-device.json    asked:     a key is made, HQ was or is being told
                                enrolled:  who we are, the key in force, and the next one until HQ has acknowledged it

Beside the data, not in them: a restored copy of the data on the same machine is the same device (that its numbers are
old is found by the chain of hashes), and a copy carried away cannot speak for it. A copy of the whole disk can; the
`machine` kept here tells it from the one that was enrolled (`tillkeeper doctor`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from sync.store.failures import Damaged, DirectoryUnusable
from sync.wire.signatures import KEY_BYTES

FILE = "hq-device.json"
_PRIVATE = 0o600


class Asked(msgspec.Struct, frozen=True):
    """A key made for this code; it goes on with the same key when the command is given again."""

    url: str
    code_sha256: str
    seed: bytes


class Enrolment(msgspec.Struct, frozen=True):
    """In force. `keyed_ms`: when the key was made, by HQ's clock. `next_seed`: the key HQ is being told of, or b""."""

    url: str
    code_sha256: str
    device: str
    epoch: int
    seed: bytes
    keyed_ms: int
    hq_key: bytes
    machine: str = ""
    next_seed: bytes = b""


class Kept(msgspec.Struct, frozen=True):
    enrolled: Enrolment | None = None
    asked: Asked | None = None


def read(directory: Path) -> Kept:
    """Raises Damaged or DirectoryUnusable; a damaged file is never replaced by itself."""
    file = directory / FILE
    try:
        kept = msgspec.json.decode(file.read_bytes(), type=Kept)
    except FileNotFoundError:
        return Kept()
    except OSError as error:
        raise DirectoryUnusable(str(directory), error) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Damaged(str(file), str(error)) from error
    seeds = [one.seed for one in (kept.enrolled, kept.asked) if one is not None]
    if kept.enrolled is not None and kept.enrolled.next_seed:
        seeds.append(kept.enrolled.next_seed)
    if any(len(seed) != KEY_BYTES for seed in seeds):
        raise Damaged(str(file), f"a key of other than {KEY_BYTES} bytes")
    return kept


def write(directory: Path, kept: Kept) -> None:
    """On the disk when this returns; a power cut leaves the file as it was or as it is told. Raises
    DirectoryUnusable."""
    file = directory / FILE
    part = directory / f"{FILE}.{os.getpid()}.part"
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as written:
            written.write(msgspec.json.encode(kept))
            written.flush()
            os.fsync(written.fileno())
        part.replace(file)
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise DirectoryUnusable(str(directory), error) from error


def readable_by_others(directory: Path) -> bool:
    """Whether somebody else of this machine may read the key."""
    try:
        return bool((directory / FILE).stat().st_mode & 0o077)
    except OSError:
        return False
