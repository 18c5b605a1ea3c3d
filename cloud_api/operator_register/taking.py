"""Takes an operator's register in: rows a batch at a time, then what it reaches over, then which days have news by it.

The import is named by the SHA-256 of its file. Each receipt lies under the shop that told of its fiscal storage, or
under no shop; the same register again changes nothing, a later one that says otherwise of a receipt replaces it. What a
register reaches over is written last: a file that broke half-way says nothing of what is missing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import PurePath
from typing import BinaryIO

import anyio.lowlevel
import msgspec

from cloud_api.operator_register.reading import NoRegister, OddLine, Register, RegisterRow, walk_register
from cloud_api.storage.storage import Storage, Transaction, upsert

BATCH = 500
NO_SHOP = ""
GLOBAL = "/* global: a register */"
_COLUMNS = ("store", "fn", "number", "total", "sign", "operation", "at", "import_id", "line")
_PUT = upsert("operator_document", _COLUMNS[:3], _COLUMNS)
_COVER = upsert("operator_cover", ("store", "fn", "import_id"), ("store", "fn", "import_id", "first", "last"))
_IMPORT = upsert("operator_import", ("id",), ("id", "name", "taken_ms", "state", "rows", "aside", "odd_lines", "odd"))
_OVERLAPPING = "fn=? AND first <= ? AND last >= ?"


@dataclass(slots=True)
class ImportReport:
    """What an import did. `known`: said before just so; `changed`: said otherwise before; `days`: what has news now."""

    id: str
    rows: int = 0
    known: int = 0
    changed: int = 0
    aside: int = 0
    odd_lines: int = 0
    odd: list[OddLine] = field(default_factory=list)
    storages: dict[str, str] = field(default_factory=dict)
    days: list[tuple[str, int]] = field(default_factory=list)


async def take_register(
    storage: Storage, file: BinaryIO, name: str, *, now_ms: int, said: Mapping[str, str] | None = None
) -> ImportReport:
    """`file` is read twice. NoRegister if it is none, or breaks: rows before the break are kept, they are true."""
    report = ImportReport(_digest(file))
    odd = Register()
    covers: dict[str, tuple[int, int]] = {}
    batch: list[RegisterRow] = []
    for read in walk_register(file, said):
        if read is None:
            report.aside += 1
        elif isinstance(read, OddLine):
            odd.put_odd(read)
        else:
            first, last = covers.get(read.fn, (read.number, read.number))
            covers[read.fn] = min(first, read.number), max(last, read.number)
            batch.append(read)
        if len(batch) >= BATCH:
            await _keep(storage, report, odd, batch)
            batch = []
            await anyio.lowlevel.checkpoint()  # HQ answers others between two batches
    if batch:
        await _keep(storage, report, odd, batch)
    if not report.rows:
        raise NoRegister(
            "В реестре нет ни одного чека. Ничего не изменено.", "The register has no receipt. Nothing was changed."
        )
    report.odd_lines, report.odd = odd.odd_lines, odd.odd
    for fn, (first, last) in sorted(covers.items()):
        report.days += await _cover(storage, report, fn, first, last)
    told = msgspec.json.encode([(one.line, one.why, one.text) for one in report.odd]).decode()
    async with storage.transaction(None) as transaction:
        counts = (report.rows, report.aside, report.odd_lines)
        await transaction.write(_IMPORT, (report.id, PurePath(name).name[:200], now_ms, "taken", *counts, told))
    return report


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while part := file.read(1 << 16):
        digest.update(part)
    file.seek(0)
    return digest.hexdigest()[:32]


async def _store_of(storage: Storage, report: ImportReport, fn: str) -> str:
    if fn not in report.storages:
        row = await storage.row(f"{GLOBAL} SELECT store FROM fn_told WHERE fn=? ORDER BY day DESC LIMIT 1", (fn,))
        report.storages[fn] = NO_SHOP if row is None else row[0]
    return report.storages[fn]


async def _keep(storage: Storage, report: ImportReport, odd: Register, batch: list[RegisterRow]) -> None:
    ordered = sorted(batch, key=lambda row: (row.fn, row.number, row.line))
    for fn, rows in groupby(ordered, key=lambda row: row.fn):
        store = await _store_of(storage, report, fn)
        async with storage.transaction(store) as transaction:
            await _keep_storage(transaction, report, odd, store, list(rows))


async def _keep_storage(
    transaction: Transaction, report: ImportReport, odd: Register, store: str, rows: list[RegisterRow]
) -> None:
    """`rows` are of one fiscal storage, in the order of their numbers."""
    before = {
        row[0]: row[1:]
        for row in await transaction.rows(
            "SELECT number, total, sign, operation, import_id FROM operator_document "
            "WHERE store=? AND fn=? AND number BETWEEN ? AND ?",
            (store, rows[0].fn, rows[0].number, rows[-1].number),
        )
    }
    fresh, here = [], set[int]()
    for row in rows:
        operation = None if row.operation is None else row.operation.value
        told = (row.total_minor, row.sign, operation, report.id)
        known = before.get(row.number)
        if known is not None and known[:3] == told[:3]:
            if row.number not in here:
                report.known += 1
                report.rows += 1
                here.add(row.number)
            continue
        if row.number in here or (known is not None and known[3] == report.id):  # an earlier batch of this file
            odd.put_odd(OddLine(row.line, "twice", f"{row.fn};{row.number}"))
            continue
        report.changed += known is not None
        report.rows += 1
        before[row.number] = told
        here.add(row.number)
        fresh.append((store, row.fn, row.number, *told[:3], row.at[:40], report.id, row.line))
    await transaction.write_many(_PUT, fresh, apart=True)


async def _cover(storage: Storage, report: ImportReport, fn: str, first: int, last: int) -> list[tuple[str, int]]:
    """What the register reaches over is kept, and the days it has something to say of have news; those days."""
    store = report.storages[fn]
    async with storage.transaction(store) as transaction:
        await transaction.write(_COVER, (store, fn, report.id, first, last))
        if store == NO_SHOP:
            return []
        for table in ("operator_document", "operator_cover"):  # it was taken in before its shop had told of it
            await transaction.write(f"DELETE FROM {table} WHERE store=? AND fn=?", (NO_SHOP, fn))
        span = (store, fn, last, first)
        days = await transaction.rows(f"SELECT DISTINCT day FROM fn_told WHERE store=? AND {_OVERLAPPING}", span)
        await transaction.write_many(
            "UPDATE day_told SET told=told + 1 WHERE store=? AND day=?", [(store, row[0]) for row in days]
        )
    return [(store, row[0]) for row in days]
