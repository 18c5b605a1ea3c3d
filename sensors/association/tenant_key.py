"""The key under which a consenting guest's device returns: 32 random bytes in a file of their own, made at first use.

It lies outside the data directory and its backups: with it and a list of keys, addresses could be tried until one fits.
A chain whose shops are to know the same guests copies the file to each of them. A damaged key is never replaced by
itself: every device would be a stranger, and its owner's consent would hang on a key that nobody computes any more.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sensors.association.pseudonyms import KEY_BYTES

_PRIVATE = 0o600


class NoTenantKey(Exception):
    """There is no key to work with. `ru`, `en`: what is wrong with the file and what to do."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


def tenant_key(file: Path) -> bytes:
    """The key in this file, made where there is none. Raises NoTenantKey."""
    try:
        with suppress(FileNotFoundError):
            return _sound(file)
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _make(file)
        return _sound(file)
    except OSError as error:
        raise NoTenantKey(
            f"Ключ {file} недоступен: {error.strerror}. Программа не запущена.",
            f"The key {file} is out of reach: {error.strerror}. The program did not start.",
        ) from error


def _make(file: Path) -> None:
    """Appears under its name when it is whole and on the disk; the first of two programs wins."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE), "wb") as written:
        written.write(secrets.token_bytes(KEY_BYTES))
        written.flush()
        os.fsync(written.fileno())
    with suppress(FileExistsError):
        os.link(part, file)
    part.unlink()
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _sound(file: Path) -> bytes:
    with file.open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        key = opened.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise NoTenantKey(
            f"Ключ {file} повреждён: нужно {KEY_BYTES} байта. Верните его из копии.",
            f"The key {file} is damaged: it must have {KEY_BYTES} bytes. Bring it back from its copy.",
        )
    if mode & 0o077:
        raise NoTenantKey(
            f"Ключ {file} открыт другим. Выполните: chmod 600 {file}",
            f"The key {file} is open to others. Run: chmod 600 {file}",
        )
    return key
