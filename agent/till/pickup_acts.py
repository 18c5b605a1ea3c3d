"""Ringing up an order that was kept for somebody: its goods become lines, and its hold counts as the basket's own."""

from __future__ import annotations

from agent.stock.stock_refused import StockRefused
from agent.till.people import Cashier
from agent.till.selling_acts import SellingActs
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command, Note
from fiscal import basket as b
from fiscal.basket import Basket
from fiscal.sale import SaleEvent
from fiscal.sale_events import LinePut
from sync.store.batch import Batch


class PickupActs:
    def __init__(self, till: Till, selling: SellingActs) -> None:
        self._till = till
        self._selling = selling

    async def collect(self, command: Command, order: str, cashier: Cashier) -> None:
        """All goods of the order that need no code of their own, in one commit with the bond between the two. A marked
        piece is scanned by the cashier: until then it stays kept for the order."""
        till, desk = self._till, self._till.pickups
        self._selling.free_to_sell()
        if desk is None:
            raise TradeRefused("pickup_unknown", order=order[:40])
        if till.counter is not None and till.counter.record.sale.basket.lines:
            raise TradeRefused("pickup_empty_basket")
        async with till.stock.turn():
            try:
                found = desk.free(order.strip()[:80])
            except StockRefused as refused:
                raise TradeRefused(refused.code, **refused.params) from refused
            basket, marked = Basket(), ""
            profile = till.profile()
            for hold in found.lines:
                product = till.basket.product(hold.sku)
                if profile.group(product.marked_group).scan_required:
                    marked = product.name
                    continue
                basket = b.add(basket, product, profile, quantity_thousandths=hold.thousandths, line_id=till.new_id())
            events: tuple[SaleEvent, ...] = tuple(LinePut(line, "added") for line in basket.lines)

            def bound(sale: str) -> Batch:
                return desk.bound(found, sale, cashier.id, till.settings.id)

            await self._selling.put(command, events, cashier, (), bound)
        desk.changed()
        if marked and till.said is None:
            till.said = Note("pickup_scan_marked", {"name": marked})
