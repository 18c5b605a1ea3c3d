"""HQ has each closed sale once and equal, whatever was lost, repeated or restarted on the way."""

from __future__ import annotations

from collections import Counter
from typing import Any

from cloud_api.storage.storage import Storage
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct
from sync.store.store import Store
from tests.cloud_api.at_once import AtOnce
from tests.simulation.laws import ALL

STATES = {
    Phase.CLOSED: "closed",
    Phase.CORRECTION_DUE: "correction_due",
    Phase.LEFT_OPEN: "left_open",
    Phase.VOIDED: "voided_after_payment",
}


def hq_agrees(store: Store, storage: Storage, sales: list[Sale]) -> list[str]:
    """`storage` is HQ's."""
    hq = AtOnce(storage)
    return [*_items(store, hq), *_sales(hq, sales), *_small_change(store, hq, sales)]


def _items(store: Store, hq: AtOnce) -> list[str]:
    """The stream as it left: every item, its number and bytes, none twice, none in quarantine."""
    ours = [(row.seq, row.id, row.kind, row.hash, row.body) for row in store.outbox_read("sales", 0, ALL)]
    theirs = hq.rows("SELECT seq, id, kind, hash, body FROM item WHERE stream = 'sales' ORDER BY seq")
    found = []
    if [state.waiting for state in store.outbox_state() if state.stream == "sales"] != [0]:
        found.append(f"the outbox still waits: {store.outbox_state()}")
    if ours != theirs:
        differ = next((a[:2] for a, b in zip(ours, theirs, strict=False) if a != b), None)
        found.append(f"HQ has {len(theirs)} items, the till {len(ours)}, first difference {differ}")
    if hq.number("SELECT count(*) FROM quarantine"):
        found.append(f"in HQ's quarantine: {hq.rows('SELECT seq, kind, why FROM quarantine')}")
    doubled = hq.rows("SELECT id, count(*) FROM item GROUP BY id HAVING count(*) > 1")
    found += [f"HQ took {id} {times} times" for id, times in doubled]
    return found


def _sales(hq: AtOnce, sales: list[Sale]) -> list[str]:
    found = []
    told = {
        row[0]: row for row in hq.rows("SELECT id, epoch, seq, act, state, total, net, number, unresolved FROM sale")
    }
    for sale in sales:
        row = told.pop(sale.id, None)
        ends = sale.phase in STATES and (sale.phase is not Phase.VOIDED or sale.cancelled)
        if (row is not None) != ends:
            found.append(f"sale {sale.id} ({sale.phase.value}) is {'' if row else 'not '}at HQ")
        elif row is not None:
            found += _one_sale(hq, sale, row)
    return found + [f"HQ has a sale {id} that nobody made" for id in told]


def _one_sale(hq: AtOnce, sale: Sale, row: Any) -> list[str]:
    _, epoch, seq, act, state, total, net, number, unresolved = row
    found = []
    if (act, state, total, number) != (sale.act.value, STATES[sale.phase], sale.due_minor, sale.number):
        found.append(f"sale {sale.id}: HQ has {act} {state} {total} {number}")
    documents = hq.rows(
        "SELECT number, sign, total FROM sale_document WHERE epoch = ? AND seq = ? ORDER BY n", (epoch, seq)
    )
    ours = [
        (one.number, one.sign, meant.planned.document.total_minor)
        for one, meant in zip(sale.sealed, sale.sealed_meant, strict=True)
    ]
    if documents != ours:
        found.append(f"sale {sale.id}: HQ has documents {documents}, the till {ours}")
    lines = Counter(hq.rows("SELECT sku, qty, sum FROM sale_line WHERE epoch = ? AND seq = ?", (epoch, seq)))
    sold = Counter((x.product.barcode, x.quantity_thousandths, x.sum_minor) for x in sale.basket.lines)
    if lines != sold:
        found.append(f"sale {sale.id}: HQ has lines {lines}, the till {sold}")
    sign = {SaleAct.SALE: 1, SaleAct.REFUND: -1}[sale.act] if sale.phase is not Phase.VOIDED else 0
    if net != sign * total:
        found.append(f"sale {sale.id}: HQ counts {net} for {sale.act.value} {total}")
    paid = hq.number("SELECT coalesce(sum(net), 0) FROM sale_payment WHERE epoch = ? AND seq = ?", (epoch, seq))
    if sale.phase in (Phase.CLOSED, Phase.VOIDED) and paid != net:
        found.append(f"sale {sale.id} ({sale.phase.value}): HQ's payments come to {paid}, the sale to {net}")
    if sale.phase is Phase.LEFT_OPEN and not unresolved:
        found.append(f"sale {sale.id}: left open, and HQ does not know")
    return found


def _small_change(store: Store, hq: AtOnce, sales: list[Sale]) -> list[str]:
    found = []
    kinds = Counter(row.kind for row in store.journal_since(0, ALL))
    shifts = kinds["shift.opened"] + kinds["shift.closed"] + kinds["shift.x"]
    for table, ours in (("shift", shifts), ("cash_move", kinds["shift.moved"])):
        theirs = hq.number(f"SELECT count(*) FROM {table}")
        if theirs != ours:
            found.append(f"HQ has {theirs} rows of {table}, the journal {ours}")
    owed = {row[0] for row in hq.rows("SELECT sale FROM debt")}
    ours_owed = {sale.id for sale in sales if sale.phase is Phase.CORRECTION_DUE}
    if owed != ours_owed:
        found.append(f"corrections owed: HQ knows {owed}, the journal {ours_owed}")
    moved = dict(hq.rows("SELECT sku, moved_thousandths FROM stock_sum"))
    for sku, thousandths in moved.items():
        if thousandths != store.stock(sku, "store"):
            found.append(f"stock of {sku}: {thousandths} at HQ, {store.stock(sku, 'store')} in the shop")
    return found
