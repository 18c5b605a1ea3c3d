"""A catalogue as a file people exchange: TSV or CSV, plain or gzip, read a line at a time.

The header names the columns (sync/wire/catalogue_line.py) and decides between tab, semicolon and comma. A field may not
contain a line break. Memory does not grow with the file.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from sync.wire.catalogue_line import KNOWN, CatalogueRow, Defaults, LineReader, LineRefused

LONGEST_LINE = 64 * 1024


class HeaderRefused(ValueError):
    """The first line names no catalogue; `missing` are the columns it lacks."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class CatalogueFile:
    """`with opened(path, defaults) as file: for number, row in file.rows()`. `ignored` are columns nobody knows."""

    def __init__(self, stream: IO[bytes], defaults: Defaults) -> None:
        """Raises HeaderRefused, and whatever reading does."""
        self._lines = _lines(stream)
        header, self._delimiter = _header(next(self._lines, (1, b""))[1])
        self.ignored = tuple(name for name in header if name not in KNOWN)
        self._reader = LineReader(header, defaults)

    def rows(self) -> Iterator[tuple[int, CatalogueRow | LineRefused]]:
        """Each line's number (from 1, the header included) and what it says, or why it says nothing."""
        for number, raw in self._lines:
            try:
                yield number, self._reader.row(_fields(raw, self._delimiter))
            except LineRefused as refused:
                yield number, refused


@contextmanager
def opened(source: Path, defaults: Defaults) -> Iterator[CatalogueFile]:
    """Raises OSError, EOFError and zlib.error here and later, HeaderRefused here."""
    with source.open("rb") as file:
        packed = file.peek(2)[:2] == b"\x1f\x8b"
        yield CatalogueFile(cast("IO[bytes]", gzip.GzipFile(fileobj=file) if packed else file), defaults)


def _lines(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not empty; of a line longer than LONGEST_LINE only the beginning, with its end cut."""
    number = 0
    while raw := stream.readline(LONGEST_LINE):
        number += 1
        rest = raw
        while len(rest) == LONGEST_LINE and not rest.endswith(b"\n"):
            rest = stream.readline(LONGEST_LINE)
            raw = raw[: LONGEST_LINE - 1] + b"\0"  # marks it as broken
        if raw.strip():
            yield number, raw.rstrip(b"\r\n")


def _header(raw: bytes) -> tuple[list[str], str]:
    text = raw.decode("utf-8-sig", errors="replace")
    delimiter = next((sign for sign in "\t;," if sign in text), "\t")
    names = [name.strip().strip('"').lower() for name in text.split(delimiter)]
    missing = [name for name in ("barcode", "name") if name not in names]
    if missing:
        raise HeaderRefused(missing)
    return names, delimiter


def _fields(raw: bytes, delimiter: str) -> list[str]:
    if b"\0" in raw:
        raise LineRefused("строка слишком длинная или двоичная", "the line is too long or binary")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LineRefused("строка не в UTF-8", "the line is not UTF-8") from error
    if delimiter == "\t":
        return text.split("\t")
    try:
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise LineRefused(f"кавычки: {error}", f"quotes: {error}") from error
