"""Why the operating system said no, in Russian and English: the few reasons a shop meets, by number."""

from __future__ import annotations

import errno

_WORDS = {
    errno.ENOENT: ("такого файла или каталога нет", "there is no such file or directory"),
    errno.EACCES: ("нет прав", "permission denied"),
    errno.EPERM: ("нет прав", "permission denied"),
    errno.EISDIR: ("это каталог, а не файл", "it is a directory, not a file"),
    errno.ENOTDIR: ("часть пути — файл, а не каталог", "a part of the path is a file, not a directory"),
    errno.EEXIST: ("на этом месте уже лежит файл", "there is a file in this place already"),
    errno.ENOSPC: ("нет места на диске", "there is no room on the disk"),
    errno.EROFS: ("диск только для чтения", "the disk is read-only"),
    errno.EIO: ("диск не отвечает", "the disk does not answer"),
    errno.EADDRINUSE: ("там уже слушает другая программа", "another program listens there already"),
    errno.EADDRNOTAVAIL: ("у этого компьютера нет такого адреса", "this computer has no such address"),
}


def system_words(error: OSError | OverflowError) -> tuple[str, str]:
    """(Russian, English); a reason that is not listed keeps the system's own words in both."""
    own = getattr(error, "strerror", None) or str(error)
    return _WORDS.get(getattr(error, "errno", None) or 0, (own, own))
