"""Whose sales need a fiscal document: everybody's, unless a dated row says that a seller or a whole shop needs none.

A shop under no fiscal law, or a seller who gives receipts of his own (in Russia one who pays the tax on professional
income), is told to HQ: otherwise each of its sales would be found to lack a document.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from cloud_api.storage.storage import Reading, Transaction, upsert

_COLUMNS = ("store", "seller", "from_day", "needed")
_PUT = upsert("document_duty", _COLUMNS[:3], _COLUMNS)


@dataclass(frozen=True, slots=True)
class DocumentDuty:
    """`store` and `seller` "" for all; `from_day` such as 20261121."""

    store: str
    seller: str
    from_day: int
    needed: bool


def needs_document(duties: Iterable[DocumentDuty], store: str, seller: str, day: int) -> bool:
    """The seller's own row goes before the shop's, the shop's before the chain's; then the newest day."""
    fitting = [
        duty for duty in duties if duty.store in ("", store) and duty.seller in ("", seller) and duty.from_day <= day
    ]
    newest = max(fitting, key=lambda d: (d.seller != "", d.store != "", d.from_day), default=None)
    return newest is None or newest.needed


async def put_duty(transaction: Transaction, duty: DocumentDuty) -> None:
    await transaction.write(_PUT, (duty.store, duty.seller, duty.from_day, int(duty.needed)))


async def all_duties(storage: Reading) -> list[DocumentDuty]:
    rows = await storage.rows("SELECT store, seller, from_day, needed FROM document_duty")
    return [DocumentDuty(row[0], row[1], row[2], bool(row[3])) for row in rows]
