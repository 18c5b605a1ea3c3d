"""A directory that lies in memory: what is written there never reaches a disk and is gone with the power.

The kernel's list of mounts (/proc/self/mountinfo, proc(5)) says which kind of file system a directory is on:

    36 35 98:0 /root /mount/point options... - type source options
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
MOUNTS = Path("/proc/self/mountinfo")


class NoMemoryPlace(Exception):
    """Nothing may be kept here. `ru`, `en`: what is wrong with the directory and what to do."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


def kind_of(directory: Path, mounts: str) -> str:
    """The kind of file system under an absolute directory without links; "" when the list does not say."""
    kind, longest = "", -1
    for line in mounts.splitlines():
        before, dash, after = line.partition(" - ")
        fields = before.split(" ")
        if not dash or len(fields) < 5:
            continue
        point = fields[4].encode().decode("unicode_escape")  # a space in a name is written \040
        if directory.is_relative_to(point) and len(point) >= longest:  # the later of two on one point covers the other
            kind, longest = after.split(" ")[0], len(point)
    return kind


class MemoryPlace:
    """Small files in a directory of ours alone, each replaced whole. `directory` is made if its parent exists."""

    def __init__(self, directory: Path, mounts: Path = MOUNTS) -> None:
        """Raises NoMemoryPlace."""
        try:
            directory.mkdir(mode=0o700, exist_ok=True)
            whose = directory.lstat()
            kind = kind_of(directory.resolve(), mounts.read_text(encoding="utf-8", errors="replace"))
        except OSError as error:
            raise NoMemoryPlace(
                f"Каталог {directory} недоступен: {error.strerror}. Программа не запущена.",
                f"The directory {directory} is out of reach: {error.strerror}. The program did not start.",
            ) from error
        if kind not in IN_MEMORY:
            raise NoMemoryPlace(
                f"Каталог {directory} лежит не в памяти ({kind or '?'}). Укажите каталог в /run или другом tmpfs.",
                f"The directory {directory} is not in memory ({kind or '?'}). Name one in /run or another tmpfs.",
            )
        if not stat.S_ISDIR(whose.st_mode) or whose.st_uid != os.geteuid() or whose.st_mode & 0o077:
            raise NoMemoryPlace(
                f"Каталог {directory} открыт другим. Нужен свой каталог с правами 0700.",
                f"The directory {directory} is open to others. It must be of this program alone, with mode 0700.",
            )
        self.directory = directory

    def read(self, name: str) -> bytes | None:
        try:
            return (self.directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Whoever reads sees the old content or the new. Raises OSError when the memory is full."""
        beside = self.directory / f".{name}"
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(handle, "wb") as file:
            file.write(content)
        beside.replace(self.directory / name)

    def wipe(self, name: str) -> None:
        """Overwritten before it goes: the pages of a deleted file may wait for their next owner."""
        try:
            with (self.directory / name).open("r+b") as file:
                file.write(bytes(os.fstat(file.fileno()).st_size))
        except FileNotFoundError:
            return
        (self.directory / name).unlink()
