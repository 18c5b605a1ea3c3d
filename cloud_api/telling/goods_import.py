"""Puts a catalogue file (sync/wire/catalogue_file.py) into HQ as the goods and prices of one zone, changing only what
differs: stores are told of ten prices, not of a million products.

A thousand lines are one transaction: HQ goes on answering meanwhile, and an import that was cut is simply done again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cloud_api.storage.storage import Storage
from cloud_api.telling import goods
from sync.wire import catalogue_file
from sync.wire.catalogue_line import Defaults, LineRefused
from sync.wire.feed import AT_ONCE_MS, PriceRow, ProductRow

CHUNK = 1_000
SHOWN = 20


@dataclass(slots=True)
class GoodsReport:
    """`products`, `prices`: new or changed; `removed`: prices of the zone. `first_broken`: (line, Russian, English)."""

    lines: int = 0
    products: int = 0
    prices: int = 0
    removed: int = 0
    broken: int = 0
    first_broken: list[tuple[int, str, str]] = field(default_factory=list)
    ignored: tuple[str, ...] = ()


async def import_goods(storage: Storage, source: Path, zone: str, *, whole: bool, now_ms: int) -> GoodsReport:
    """`whole`: what the file does not name is sold in the zone no more. Of a barcode given twice the first line stays.

    Raises OSError, EOFError, zlib.error and HeaderRefused; what was put in before that stays.
    """
    report = GoodsReport()
    seen: set[str] = set()
    with catalogue_file.opened(source, Defaults()) as file:
        report.ignored = file.ignored
        lines = _products(file, report, seen)
        while chunk := [row for _, row in zip(range(CHUNK), lines, strict=False)]:
            prices = [PriceRow(row.barcode, AT_ONCE_MS, row.price_minor) for row in chunk]
            async with storage.transaction(None) as transaction:
                report.products += await goods.put_products(transaction, chunk, now_ms=now_ms)
                report.prices += await goods.put_prices(transaction, zone, prices, now_ms=now_ms)
    if whole and seen:
        await _remove_others(storage, zone, seen, report, now_ms)
    return report


def _products(file: catalogue_file.CatalogueFile, report: GoodsReport, seen: set[str]) -> Iterator[ProductRow]:
    for number, row in file.rows():
        report.lines += 1
        if isinstance(row, LineRefused):
            _leave_out(report, number, row.ru, row.en)
        elif row[0] in seen:
            _leave_out(report, number, f"штрихкод {row[0]} уже был выше", f"barcode {row[0]} was already given above")
        else:
            seen.add(row[0])
            yield ProductRow(*row)  # type: ignore[arg-type]


def _leave_out(report: GoodsReport, number: int, ru: str, en: str) -> None:
    report.broken += 1
    if len(report.first_broken) < SHOWN:
        report.first_broken.append((number, ru, en))


async def _remove_others(storage: Storage, zone: str, seen: set[str], report: GoodsReport, now_ms: int) -> None:
    after = ""
    sold = "SELECT sku FROM zone_price WHERE zone=? AND from_ms=0 AND gone=0 AND sku>? ORDER BY sku LIMIT ?"
    while rows := await storage.rows(sold, (zone, after, CHUNK)):
        after = rows[-1][0]
        others = [(sku, AT_ONCE_MS) for (sku,) in rows if sku not in seen]
        if others:
            async with storage.transaction(None) as transaction:
                report.removed += await goods.remove_prices(transaction, zone, others, now_ms=now_ms)
