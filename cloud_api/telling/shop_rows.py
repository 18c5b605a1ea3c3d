"""Writes what the stores are told beside the catalogue: rows by store, kind and key, for one store or for all of them.

A row for all (EVERY_STORE) and one store's own of the same kind and key do not meet: their keys must differ.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cloud_api.storage.storage import Transaction, upsert
from cloud_api.telling.heads import take_versions
from sync.wire.feed import CUSTOMER, OFFER, SHOP, STOCK, CustomerBody, OfferBody, StockBody

EVERY_STORE = ""
LONGEST_BODY = 64 * 1024  # a page of 5,000 such rows would be too long, and is asked for in parts
SHAPES: dict[str, type[msgspec.Struct]] = {OFFER: OfferBody, CUSTOMER: CustomerBody, STOCK: StockBody}
"""Kinds that a store reads today; HQ does not send what the store would put aside."""
_PUT = upsert("shop_row", ["store", "kind", "id"], ["store", "kind", "id", "body", "version", "gone", "changed_ms"])


class Misshapen(ValueError):
    """The body is not what its kind wants, or too long."""


async def put_rows(
    transaction: Transaction, store: str, kind: str, rows: Sequence[tuple[str, object]], *, now_ms: int
) -> None:
    """(key, body); raises Misshapen, and then the transaction should be given up."""
    told = [(key, _json(kind, body)) for key, body in rows]
    first = await take_versions(transaction, SHOP, len(told), now_ms=now_ms)
    await transaction.write_many(
        _PUT, [(store, kind, key, body, version, 0, now_ms) for version, (key, body) in enumerate(told, first)]
    )


async def remove_rows(transaction: Transaction, store: str, kind: str, keys: Sequence[str], *, now_ms: int) -> None:
    """Tombstones; their bodies go at once, for they may name a person."""
    first = await take_versions(transaction, SHOP, len(keys), now_ms=now_ms)
    await transaction.write_many(
        "UPDATE shop_row SET gone=1, body='', version=?, changed_ms=? WHERE store=? AND kind=? AND id=?",
        [(version, now_ms, store, kind, key) for version, key in enumerate(keys, first)],
    )


def _json(kind: str, body: object) -> str:
    shape = SHAPES.get(kind)
    try:
        if shape is not None:
            msgspec.convert(msgspec.to_builtins(body), shape)
        packed = msgspec.json.encode(body)
    except (msgspec.ValidationError, TypeError) as error:
        raise Misshapen(str(error)) from error
    if len(packed) > LONGEST_BODY:
        raise Misshapen(f"{len(packed)} bytes")
    return packed.decode()
