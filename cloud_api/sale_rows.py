"""The rows of one sale, each made once with its whole key: of ten lines and more a receipt, this is what HQ makes most.

sale_line, sale_payment, sale_document, price_reason   (store, device, epoch, seq, day, n, ...)
sale, sale_origin                                      (store, device, epoch, seq, day, ...)
"""

from __future__ import annotations

from cloud_api.projections import SaleRows, counts, origin_of, reasons_of
from cloud_api.storage.storage import Row

SaleKey = tuple[str, str, int, int, int]
"""Store, device, epoch, sequence, day."""


def add_sale(tables: dict[str, list[Row]], key: SaleKey, sale: SaleRows, received_ms: int) -> None:
    """Into the rows of each table. No row is unpacked into another one on the way: that would cost as much again."""
    store, device, epoch, seq, day = key
    told, head = sale.told, sale.head
    # id till number act state shift cashier opened closed | received | total net ...
    tables["sale"].append((*key, *head[:9], received_ms, *head[9:]))
    tables["sale_origin"].append((*key, *origin_of(told)))
    tables["sale_line"] += [
        (store, device, epoch, seq, day, n, x.sku, x.name, x.qty, x.price, x.sum, x.vat, x.discount, x.seller, x.mark)
        for n, x in enumerate(told.lines)
    ]
    tables["sale_payment"] += [
        (store, device, epoch, seq, day, n, p.means, p.sum, sale.sign * p.sum if counts(p.status, told.act) else 0,
         p.attempt, p.terminal, p.slip, p.card, p.scheme, p.auth, p.status)
        for n, p in enumerate(told.payments)
    ]  # fmt: skip
    tables["sale_document"] += [
        (store, device, epoch, seq, day, n, d.seller, d.register, d.fn, d.number, d.sign, d.total, d.at, d.operation,
         int(d.by_person))
        for n, d in enumerate(told.documents)
    ]  # fmt: skip
    tables["price_reason"] += [(*key, *row) for row in reasons_of(told)]
