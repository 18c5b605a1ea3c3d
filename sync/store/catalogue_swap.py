"""Puts a finished catalogue file in force: durable under its name first, then the pointer, then the old files go."""

from __future__ import annotations

import os
from pathlib import Path

from sync.store.catalogue import POINTER

FILES = "catalogue-*.db*"
"""Catalogue files, and the logs of those that are written to."""


def put_in_force(directory: Path, file: Path) -> None:
    """`file` lies in `directory`. Readers of the old one keep it open until they ask again."""
    with file.open("rb+") as written:
        os.fsync(written.fileno())
    _sync_directory(directory)
    pointer = directory / (POINTER + ".part")
    with pointer.open("w", encoding="utf-8") as told:
        told.write(file.name + "\n")
        told.flush()
        os.fsync(told.fileno())
    pointer.replace(directory / POINTER)
    _sync_directory(directory)
    for old in directory.glob(FILES):
        if not old.name.startswith(file.name):
            old.unlink()


def in_force(directory: Path) -> Path | None:
    """The file in force; None before the first one, also where there can be no directory."""
    try:
        return directory / (directory / POINTER).read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
