"""What a cashier may take when the last piece is promised to somebody else: asked first, never silently.

A cashier has the goods in the hand, so the till sells what the books do not know of: the books are wrong then. What
the books know as kept for an order, or as chosen at a kiosk, is somebody's: the till says whose and asks. Whoever sells
it all the same is in the journal, with the orders that are short of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

import msgspec

from agent.stock.basket_growth import grown
from agent.stock.reservations import Reservations
from agent.till.trade import TradeRefused
from fiscal.sale import Sale, SaleEvent
from sync.store.batch import Entry


@dataclass(frozen=True, slots=True)
class BrokenPromise:
    """A cashier was asked and sold `short_thousandths` of what is promised to others; `orders` among them."""

    sku: str
    name: str
    short_thousandths: int
    orders: tuple[str, ...]


class PromisedToOthers(TradeRefused):
    """Nothing has happened; the person may say: sell it all the same."""


class StockGuard:
    """One for a till; without `reservations` (no wiring has given any) nothing is promised to anybody."""

    def __init__(self, till: str, reservations: Reservations | None = None) -> None:
        self._till = till
        self._reservations = reservations

    def turn(self) -> AbstractAsyncContextManager[object]:
        """Held from the look at the shelf to the commit of the line."""
        return self._reservations.turn if self._reservations is not None else nullcontext()

    def broken(self, sale: Sale | None, events: Iterable[SaleEvent], *, agreed: bool) -> tuple[BrokenPromise, ...]:
        """The promises that these events would break. Raises PromisedToOthers where nobody has agreed to it yet."""
        stock = self._reservations
        if stock is None:
            return ()
        found, id = [], sale.id if sale is not None else ""
        for wanted in grown(sale, events):
            left = stock.left_thousandths(wanted.sku, id)
            if left is None or wanted.thousandths <= left:
                continue
            promised = stock.promised_thousandths(wanted.sku, id)
            others = promised + stock.held_thousandths(wanted.sku, id)
            short = min(wanted.thousandths - left, others)
            if short <= 0:
                continue  # the books have less than the cashier's hand: nobody else is waiting for it
            orders = tuple(dict.fromkeys(hold.order for hold in stock.orders_with(wanted.sku, id)))
            if not agreed:
                if promised and orders:
                    raise PromisedToOthers("stock_promised", name=wanted.name, order=orders[0])
                raise PromisedToOthers("stock_in_baskets", name=wanted.name)
            found.append(BrokenPromise(wanted.sku, wanted.name, short, orders if promised else ()))
        return tuple(found)

    def entries(self, broken: Iterable[BrokenPromise], sale: str, by: str) -> tuple[Entry, ...]:
        """The journal's rows, beside the line that breaks the promise."""
        return tuple(
            Entry("stock.promise_broken", self._till, msgspec.json.encode({"by": by, **msgspec.to_builtins(one)}), sale)
            for one in broken
        )
