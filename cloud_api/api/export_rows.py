"""What can be exported, page by page: a table is a list of columns and the way through its rows, never all at once.

Pages follow the sales of one store by day, device and number, so an export of years holds a thousand sales in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloud_api.storage.storage import Reading

SALES_A_PAGE = 1_000
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """Business days as whole numbers (20261121), both included, and the moments they cover on HQ's clock."""

    first: int
    last: int
    from_ms: int
    until_ms: int


Pages = Callable[[Reading, str, Days], AsyncIterator[list[Row]]]


@dataclass(frozen=True, slots=True)
class Table:
    """`columns`: (name, whether it is a number)."""

    columns: tuple[tuple[str, bool], ...]
    pages: Pages


_PAGE = (
    "SELECT store, day, device, epoch, seq, id, act, closed_ms, state FROM sale WHERE store=? AND day BETWEEN ? AND ? "
    "AND (day, device, epoch, seq) > (?, ?, ?, ?) ORDER BY day, device, epoch, seq LIMIT ?"
)
_ON = "ON p.store=s.store AND p.device=s.device AND p.epoch=s.epoch AND p.seq=s.seq AND p.day=s.day"


def _numbers(*names: str) -> tuple[tuple[str, bool], ...]:
    return tuple((name, True) for name in names)


def _texts(*names: str) -> tuple[tuple[str, bool], ...]:
    return tuple((name, False) for name in names)


async def _sale_pages(reading: Reading, store: str, days: Days) -> AsyncIterator[tuple[Row, Row]]:
    """First and last key of each page of sales."""
    last: Row = (0, "", 0, 0)
    while True:
        keys = await reading.rows(_PAGE, (store, days.first, days.last, *last, SALES_A_PAGE))
        if not keys:
            return
        yield last, tuple(keys[-1][1:5])
        last = tuple(keys[-1][1:5])


def _of_sales(columns: str, part: str = "") -> Pages:
    """Rows of the sales, or of one of their parts."""
    joined = f"JOIN {part} p {_ON} " if part else ""
    order = ", p.n" if part else ""
    sql = (
        f"SELECT {columns} FROM sale s {joined}WHERE s.store=? AND s.day BETWEEN ? AND ? "
        "AND (s.day, s.device, s.epoch, s.seq) > (?, ?, ?, ?) AND (s.day, s.device, s.epoch, s.seq) <= (?, ?, ?, ?) "
        f"ORDER BY s.day, s.device, s.epoch, s.seq{order}"
    )

    async def pages(reading: Reading, store: str, days: Days) -> AsyncIterator[list[Row]]:
        async for after, last in _sale_pages(reading, store, days):
            yield await reading.rows(sql, (store, days.first, days.last, *after, *last))

    return pages


_SOLD = _of_sales(
    "s.store, p.sku, CASE s.act WHEN 'refund' THEN p.qty ELSE -p.qty END, s.act, s.device, s.id, p.n, s.closed_ms, "
    "CASE WHEN s.state='voided_after_payment' OR s.act='advance' THEN 1 ELSE 0 END",
    "sale_line",
)


async def _stock(reading: Reading, store: str, days: Days) -> AsyncIterator[list[Row]]:
    """What sales moved, then what documents moved."""
    async for page in _SOLD(reading, store, days):
        yield [row[:8] for row in page if not row[8]]
    last: Row = ("", 0, 0)
    while True:
        found = await reading.rows(
            "SELECT device, epoch, seq, id, kind, at_ms FROM stock_document WHERE store=? AND (device, epoch, seq) > "
            "(?, ?, ?) AND at_ms>=? AND at_ms<? ORDER BY device, epoch, seq LIMIT ?",
            (store, *last, days.from_ms, days.until_ms, SALES_A_PAGE),
        )
        for device, epoch, seq, id, kind, at_ms in found:
            lines = await reading.rows(
                "SELECT sku, delta, n FROM stock_document_line WHERE store=? AND device=? AND epoch=? AND seq=? "
                "AND delta<>0 ORDER BY n",
                (store, device, epoch, seq),
            )
            yield [(store, sku, delta, kind, device, id, n, at_ms) for sku, delta, n in lines]
        if not found:
            return
        last = tuple(found[-1][:3])


async def _visits(reading: Reading, store: str, days: Days) -> AsyncIterator[list[Row]]:
    last: Row = (days.from_ms, "", "")
    while True:
        found = await reading.rows(
            "SELECT opened_ms, device, id, closed_ms, inside_s, bought, CASE WHEN person='' THEN 0 ELSE 1 END "
            "FROM visit WHERE store=? AND (opened_ms, device, id) > (?, ?, ?) AND opened_ms<? "
            "ORDER BY opened_ms, device, id LIMIT ?",
            (store, *last, days.until_ms, SALES_A_PAGE),
        )
        if not found:
            return
        yield [(store, *row) for row in found]
        last = tuple(found[-1][:3])


TABLES = {
    "sales": Table(
        (
            *_texts("store", "device", "till", "id", "number", "act", "state"),
            *_numbers("day", "shift"),
            *_texts("cashier"),
            *_numbers("opened_ms", "closed_ms", "total", "net", "discount", "rounding"),
            *_texts("of_sale"),
        ),
        _of_sales(
            "s.store, s.device, s.till, s.id, s.number, s.act, s.state, s.day, s.shift, s.cashier, s.opened_ms, "
            "s.closed_ms, s.total, s.net, s.discount, s.rounding, s.of_sale"
        ),
    ),
    "lines": Table(
        (
            *_texts("store", "device", "sale"),
            *_numbers("n"),
            *_texts("act", "sku", "name"),
            *_numbers("qty", "price", "sum"),
            *_texts("vat"),
            *_numbers("discount", "day"),
            *_texts("seller"),
        ),
        _of_sales(
            "s.store, s.device, s.id, p.n, s.act, p.sku, p.name, p.qty, p.price, p.sum, p.vat, p.discount, s.day, "
            "p.seller",
            "sale_line",
        ),
    ),
    "payments": Table(
        (
            *_texts("store", "device", "sale"),
            *_numbers("n"),
            *_texts("act", "means"),
            *_numbers("sum", "net"),
            *_texts("terminal", "scheme", "status"),
            *_numbers("day"),
        ),
        _of_sales(
            "s.store, s.device, s.id, p.n, s.act, p.means, p.sum, p.net, p.terminal, p.scheme, p.status, s.day",
            "sale_payment",
        ),
    ),
    "stock": Table(
        (
            *_texts("store", "sku"),
            *_numbers("moved_thousandths"),
            *_texts("reason", "device", "document"),
            *_numbers("n", "at_ms"),
        ),
        _stock,
    ),
    "visits": Table(
        (
            *_texts("store"),
            *_numbers("opened_ms"),
            *_texts("device", "id"),
            *_numbers("closed_ms", "inside_s", "bought", "known"),
        ),
        _visits,
    ),
}


async def pages_of(reading: Reading, name: str, stores: Sequence[str], days: Days) -> AsyncIterator[list[Row]]:
    """Store after store; empty pages are left out."""
    for store in stores:
        async for page in TABLES[name].pages(reading, store, days):
            if page:
                yield page
