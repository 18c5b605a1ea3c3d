"""Pages of rows as the bytes of a file, piece by piece: CSV for people's tables, Parquet for analysis.

CSV is UTF-8 with a header and CRLF, as RFC 4180 says; nothing is an empty field. A text that a table program would take
for a formula has an apostrophe before it; Parquet has it as it is, in a row group a page.
"""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Any

import anyio.lowlevel

from cloud_api.api.export_rows import Row, Table
from cloud_api.books.plain_cells import plain_cell

CSV, PARQUET = "text/csv; charset=utf-8", "application/vnd.apache.parquet"


class ParquetMissing(Exception):
    """The library for Parquet is not installed."""


async def as_csv(table: Table, pages: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    yield _lines([tuple(name for name, _ in table.columns)])
    async for page in pages:
        yield _lines(page)
        await anyio.lowlevel.checkpoint()  # who drains the queue of a till does not wait for an export


def _lines(rows: list[Row]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([plain_cell(one) if isinstance(one, str) else one for one in row] for row in rows)
    return out.getvalue().encode("utf-8")


class _Drained(io.RawIOBase):
    """A file that is taken away while it is written."""

    def __init__(self) -> None:
        self._pieces = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces += piece
        return len(piece)

    def drain(self) -> bytes:
        piece, self._pieces = bytes(self._pieces), bytearray()
        return piece


def as_parquet(table: Table, pages: AsyncIterator[list[Row]]) -> AsyncIterator[bytes]:
    """Raises ParquetMissing at once."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as missing:
        raise ParquetMissing(str(missing)) from None
    fields = [(name, pyarrow.int64() if number else pyarrow.string()) for name, number in table.columns]
    schema = pyarrow.schema(fields)

    async def pieces() -> AsyncIterator[bytes]:
        out = _Drained()
        with pyarrow.parquet.ParquetWriter(pyarrow.PythonFile(out, mode="w"), schema, compression="zstd") as writer:
            async for page in pages:
                columns = [list(column) for column in zip(*page, strict=True)]
                writer.write_table(pyarrow.table(columns, schema=schema))
                yield out.drain()
                await anyio.lowlevel.checkpoint()
        yield out.drain()

    return pieces()
