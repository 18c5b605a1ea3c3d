"""What can go wrong with the shop's memory, said so that the till knows whether to go on.

`DiskFull` and `JournalRefused` leave the store open: nothing of the batch was written, reading works, and the same
batch may be tried again. The errors of opening (`DirectoryBusy`, `NewerSchema`, `Damaged`, `WrongDevice`) change
nothing on disk and say in Russian and English what a person can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw


class StoreError(Exception):
    """Something the store would not or could not do."""


class DiskFull(StoreError):
    """The disk is full or does not write; nothing of the batch is kept."""


class JournalRefused(StoreError):
    """The database refused the batch (a constraint, a read-only file); nothing of it is kept."""


class LockHeld(JournalRefused):
    """A device lock belongs to another holder; nothing of the batch is kept."""

    def __init__(self, device: str, holder: str) -> None:
        super().__init__(f"{device} is held by {holder}")
        self.device = device
        self.holder = holder


class OpenRefused(StoreError):
    """The data directory cannot be used; `ru` and `en` are for a person."""

    def __init__(self, *, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class DirectoryBusy(OpenRefused):
    """Another process has this data directory open."""

    def __init__(self, directory: str, pid: int | None) -> None:
        who = "unknown" if pid is None else str(pid)
        super().__init__(
            ru=f"Каталог данных {directory} уже занят другой программой (процесс {who}). Вторая касса не запущена.",
            en=f"The data directory {directory} is already used by another process (pid {who}). Nothing was started.",
        )
        self.pid = pid


class NewerSchema(OpenRefused):
    """The data were written by a newer program."""

    def __init__(self, file: str, found: int, known: int) -> None:
        super().__init__(
            ru=f"Файл {file} записан более новой программой (схема {found}, известна {known}). Обновите программу.",
            en=f"The file {file} was written by a newer program (schema {found}, known {known}). Update the program.",
        )
        self.found = found
        self.known = known


class Damaged(OpenRefused):
    """The file is not what was written."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(
            ru=f"Файл {file} повреждён: {what}. Ничего не изменено; сделайте копию и обратитесь в поддержку.",
            en=f"The file {file} is damaged: {what}. Nothing was changed; keep a copy and call support.",
        )
        self.what = what


class WrongDevice(OpenRefused):
    """The data belong to another device, or to a later epoch of this one."""

    def __init__(self, file: str, found: str, asked: str) -> None:
        super().__init__(
            ru=f"Файл {file} принадлежит устройству {found}, а в настройках {asked}. Проверьте каталог и настройки.",
            en=f"The file {file} belongs to device {found}, the settings say {asked}. Check directory and settings.",
        )


@contextmanager
def translated() -> Iterator[None]:
    """SQLite's errors in the store's words."""
    try:
        yield
    except (apsw.FullError, apsw.IOError) as error:
        raise DiskFull(str(error)) from error
    except apsw.Error as error:
        raise JournalRefused(str(error)) from error
