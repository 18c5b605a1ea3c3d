"""The stock of a store as HQ knows it: sums of movements, what looks wrong about them, and the moves behind one sum.

negative    more was sold than was ever received: a receiving or a count is missing
uncounted   no document of HQ's names the product, so the sum is of sales alone
silent      the store was not heard for a while: it has sold on, and HQ does not know what
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cloud_api.storage.storage import Reading
from cloud_api.store.readings import ALL_SHOPS
from cloud_api.store.seen import Seen

_NAME = (
    "coalesce((SELECT p.name FROM product p WHERE p.sku=s.sku), "
    "(SELECT d.name FROM stock_document_line d WHERE d.store=s.store AND d.sku=s.sku LIMIT 1), "
    "(SELECT l.name FROM sale_line l WHERE l.store=s.store AND l.sku=s.sku LIMIT 1), '')"
)
_NAMED = (
    " OR s.sku IN (SELECT p.sku FROM product p WHERE p.name LIKE ?)"
    " OR s.sku IN (SELECT d.sku FROM stock_document_line d WHERE d.store=? AND d.name LIKE ?)"
)
"""Of what is sold and stands neither in the catalogue nor in a document only the barcode is known."""
_COUNTED = "EXISTS (SELECT 1 FROM stock_document_line c WHERE c.store=s.store AND c.sku=s.sku)"
_RECEIVER = "CASE WHEN receiver_store='' THEN other ELSE receiver_store END"
MOVES_SHOWN = 200
TRANSFERS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class StockRow:
    """`sum` in thousandths; `counted`: some document of the stock names it."""

    sku: str
    name: str
    sum: int
    counted: bool


@dataclass(frozen=True, slots=True)
class StockPage:
    """A page of a store's stock by sku; `next` is the `after` of the following one. `negative` counts all of the
    store's sums below zero, `silent`: the store sells and HQ does not hear it."""

    store: str
    stores: list[str]
    silent: bool
    negative: int
    rows: list[StockRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class MoveRow:
    """`reason`: sale, refund, receiving, write_off, transfer_out, transfer_in, stocktake. `source` is the sale's or the
    document's id."""

    at_ms: int
    moved: int
    reason: str
    device: str
    source: str


@dataclass(frozen=True, slots=True)
class TransferRow:
    """Goods between two shops. `received_ms` null: on their way. `lines`: (sku, name, thousandths); `differences`:
    (sku, received less sent)."""

    number: str
    sender_store: str
    receiver_store: str
    sent_ms: int | None
    received_ms: int | None
    lines: list[list[str | int]] = field(default_factory=list)
    differences: list[list[str | int]] = field(default_factory=list)


async def stores_with_stock(storage: Reading, stores: frozenset[str] | None) -> list[str]:
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} SELECT DISTINCT store FROM stock_sum WHERE 1=1{seen.only()} ORDER BY 1", seen.values
    )
    return [str(row[0]) for row in rows]


async def stock_of(
    storage: Reading, store: str, *, like: str = "", only_negative: bool = False, after: str = "", limit: int = 50
) -> tuple[list[StockRow], str | None]:
    """`like`: a part of the name, or the beginning of the sku. The page and its following one's `after`."""
    conditions, values = ["s.store=?", "s.sku > ?"], [store, after]
    if only_negative:
        conditions.append("s.moved_thousandths < 0")
    plain = like.strip().replace("\\", "").replace("%", "").replace("_", "")
    if plain:
        # SQLite knows capitals of the Latin alphabet only, so the usual spellings are asked one by one.
        spellings = sorted({plain, plain.lower(), plain.upper(), plain.capitalize()})
        conditions.append(f"(s.sku LIKE ?{_NAMED * len(spellings)})")
        values.append(f"{plain}%")
        for spelling in spellings:
            values += [f"%{spelling}%", store, f"%{spelling}%"]
    rows = await storage.rows(
        f"SELECT s.sku, {_NAME}, s.moved_thousandths, CASE WHEN {_COUNTED} THEN 1 ELSE 0 END FROM stock_sum s "
        f"WHERE {' AND '.join(conditions)} ORDER BY s.sku LIMIT ?",
        (*values, limit + 1),
    )
    page = [StockRow(sku, name, total, bool(counted)) for sku, name, total, counted in rows[:limit]]
    return page, page[-1].sku if len(rows) > limit else None


async def negative_in(storage: Reading, store: str) -> int:
    return await storage.number("SELECT count(*) FROM stock_sum WHERE store=? AND moved_thousandths < 0", (store,))


async def moves_of(storage: Reading, store: str, sku: str) -> list[MoveRow]:
    """The newest movements behind a sum."""
    rows = await storage.rows(
        "SELECT at_ms, moved_thousandths, reason, device, sale FROM stock_move WHERE store=? AND sku=? "
        "ORDER BY at_ms DESC, device, sale, n LIMIT ?",
        (store, sku, MOVES_SHOWN),
    )
    return [MoveRow(*row) for row in rows]


async def transfers(storage: Reading, stores: frozenset[str] | None) -> list[TransferRow]:
    """On their way first, then the newest. Of `stores` where either end is among them."""
    which, values = "1=1", list[object]()
    if stores is not None:
        among, asked = storage.dialect.among, storage.dialect.asked(sorted(stores))
        which, values = f"({among('sender_store')} OR {among(_RECEIVER)})", [asked, asked]
    rows = await storage.rows(
        f"{ALL_SHOPS} SELECT number, sender_store, {_RECEIVER}, "
        "sent_ms, received_ms, CASE WHEN sent='[]' THEN received ELSE sent END, differences FROM transfer "
        f"WHERE {which} "
        "ORDER BY CASE WHEN received_ms IS NULL THEN 0 ELSE 1 END, coalesce(sent_ms, received_ms) DESC, number LIMIT ?",
        (*values, TRANSFERS_SHOWN),
    )
    return [
        TransferRow(number, sender, receiver, sent_ms, received_ms, json.loads(lines), json.loads(differences))
        for number, sender, receiver, sent_ms, received_ms, lines, differences in rows
    ]
