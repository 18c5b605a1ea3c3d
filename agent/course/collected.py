"""The order that a sale has fetched is over in the commit that ends the sale: HQ hears of both together."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from agent.course.closing import SALES
from fiscal.pickup import Hold, HoldState, PickupBound, PickupEnded
from fiscal.sale import ENDED, Phase, Sale
from sync.store import stock_journal
from sync.store.batch import Batch, Entry, Outgoing
from sync.store.reading import Reading
from sync.wire import facts


def collected(store: Reading, before: Sale, after: Sale) -> Batch:
    """What belongs into the commit of this step; nothing unless the goods leave with it."""
    if before.phase in ENDED or after.phase not in ENDED or after.phase is Phase.VOIDED:
        return Batch()
    held = store.holds_in(after.id)
    if not held:
        return Batch()
    taken, at_ms = HoldState.TAKEN.value, after.closed_ms or after.opened.at_ms
    sold = {line.product.barcode for line in after.basket.lines}
    rows, entries, outgoing = list[Hold](), list[Entry](), list[Outgoing]()
    for order in dict.fromkeys(one.order for one in held):
        lines = [one for one in held if one.order == order]
        if not any(one.sku in sold for one in lines):  # all of it was put back: it is kept for whoever comes for it
            rows += [replace(one, sale="") for one in lines]
            let_go = PickupBound(order, "", after.opened.cashier, at_ms)
            entries.append(stock_journal.pickup_entry(let_go, after.opened.till))
            continue
        fact = facts.Pickup(
            order, taken, at_ms, lines[0].until_ms,
            [facts.PickupLine(one.line, one.sku, one.thousandths) for one in lines], sale=after.id,
        )  # fmt: skip
        rows += [replace(one, state=taken) for one in lines]
        entries.append(stock_journal.pickup_entry(PickupEnded(order, taken, at_ms), after.opened.till))
        outgoing.append(Outgoing(SALES, f"pickup/{order}/{taken}", "pickup", 1, msgspec.json.encode(fact)))
    return Batch(entries=tuple(entries), outgoing=tuple(outgoing), holds=tuple(rows))
