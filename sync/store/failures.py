"""What can go wrong with the shop's memory, said so that the till knows whether to go on.

`DiskFull` and `JournalRefused` leave the store open: nothing of the batch was written, reading works, and the same
batch may be tried again. The errors of opening (`DirectoryUnusable`, `DirectoryBusy`, `NewerSchema`, `Damaged`,
`WrongDevice`) change nothing on disk. All of them say in Russian and English what is safe and what a person can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from sync.store.system_words import system_words


class StoreError(Exception):
    """Something the store would not or could not do; `ru` and `en` are for a person, `str()` is English."""

    def __init__(self, *, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class DiskFull(StoreError):
    """The disk is full or does not write; nothing of the batch is kept. `why` is for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(
            ru=f"Диск полон или не пишет ({why}). Записанное раньше цело. Освободите место и повторите.",
            en=f"The disk is full or does not write ({why}). What was written is safe. Make room and try again.",
        )


class NoRoomToOpen(DiskFull):
    """The journal is not opened on a disk without room for it; nothing was changed."""

    def __init__(self, directory: str, free_bytes: int, needed_bytes: int) -> None:
        StoreError.__init__(
            self,
            ru=f"{directory}: свободно {free_bytes} байт, журналу нужно {needed_bytes}, чтобы открыться."
            " Освободите место; ничего не изменено.",
            en=f"{directory}: {free_bytes} bytes are free, the journal needs {needed_bytes} to open."
            " Make room; nothing was changed.",
        )


class JournalRefused(StoreError):
    """The database refused the batch (a constraint, a read-only file); nothing of it is kept."""

    def __init__(self, why: str) -> None:
        super().__init__(
            ru=f"Журнал не принял запись ({why}). Записанное раньше цело. Сделайте копию и обратитесь в поддержку.",
            en=f"The journal refused to write ({why}). What was written is safe. Keep a copy and call support.",
        )


class LockHeld(JournalRefused):
    """A device lock belongs to another holder; nothing of the batch is kept."""

    def __init__(self, device: str, holder: str) -> None:
        StoreError.__init__(
            self,
            ru=f"Устройство {device} занято операцией {holder}. Ничего не начато. Дождитесь её исхода.",
            en=f"{device} is held by {holder}. Nothing was begun. Wait for its outcome.",
        )
        self.device = device
        self.holder = holder


class OpenRefused(StoreError):
    """The data directory cannot be used, and was left as it was."""


class DirectoryUnusable(OpenRefused):
    """The data directory cannot be made or entered."""

    def __init__(self, directory: str, error: OSError) -> None:
        ru, en = system_words(error)
        super().__init__(
            ru=f"Каталог данных {directory} не открывается: {ru}. Ничего не изменено. Проверьте путь и права на него.",
            en=f"The data directory {directory} cannot be used: {en}. Nothing was changed. Check path and rights.",
        )


class DirectoryBusy(OpenRefused):
    """Another process has this data directory open."""

    def __init__(self, directory: str, pid: int | None) -> None:
        who = "unknown" if pid is None else str(pid)
        super().__init__(
            ru=f"Каталог данных {directory} уже занят другой программой (процесс {who}). Вторая не запущена,"
            " данные целы. Работайте с первой или остановите её.",
            en=f"The data directory {directory} is already used by another process (pid {who}). Nothing was started,"
            " the data are safe. Use the first one or stop it.",
        )
        self.pid = pid


class NewerSchema(OpenRefused):
    """The data were written by a newer program."""

    def __init__(self, file: str, found: int, known: int) -> None:
        super().__init__(
            ru=f"Файл {file} записан более новой программой (схема {found}, известна {known}). Он не тронут."
            " Обновите программу.",
            en=f"The file {file} was written by a newer program (schema {found}, known {known}). It was left as it is."
            " Update the program.",
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


class CatalogueDamaged(StoreError):
    """A page of the goods' file cannot be read any more; sales are kept in another file."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(
            ru=f"Файл товаров {file} повреждён: {what}. Чеки и журнал целы. Товары, которые ведёт офис, загружаются"
            " заново сами; загруженные из файла загрузите ещё раз.",
            en=f"The goods' file {file} is damaged: {what}. Receipts and journal are safe. Goods kept by HQ are fetched"
            " anew by themselves; import again what was imported from a file.",
        )


class WrongDevice(OpenRefused):
    """The data belong to another device, or to a later epoch of this one."""

    def __init__(self, file: str, found: str, asked: str) -> None:
        super().__init__(
            ru=f"Файл {file} принадлежит устройству {found}, а в настройках {asked}. Он не тронут."
            " Проверьте directory и device в настройках.",
            en=f"The file {file} belongs to device {found}, the settings say {asked}. It was left as it is."
            " Check directory and device in the settings.",
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
