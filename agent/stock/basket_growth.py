"""What more a basket asks of the shelf after some events: each product once, however many lines it lies on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agent.stock.reservations import Reservations
from fiscal.basket import Basket
from fiscal.sale import Sale, SaleEvent, evolve
from fiscal.sale_events import LinePut, LineRemoved, SaleAct


@dataclass(frozen=True, slots=True)
class Wanted:
    """`thousandths`: of this product in the whole basket, if the events happen."""

    sku: str
    name: str
    thousandths: int


def grown(sale: Sale | None, events: Iterable[SaleEvent]) -> list[Wanted]:
    """The products of which the basket would have more than now. A sale that does not exist yet has none."""
    if sale is not None and sale.act is not SaleAct.SALE:
        return []
    before = _sums(sale.basket if sale is not None else Basket())
    after = _after(sale, events)
    return [
        Wanted(sku, name, thousandths)
        for sku, (name, thousandths) in after.items()
        if thousandths > before.get(sku, ("", 0))[1]
    ]


def lacking(stock: Reservations, sale: Sale | None, events: Iterable[SaleEvent]) -> Wanted | None:
    """What cannot be promised: not there, in another basket, or kept for an order. None: all of it can. Only true
    within the stock's turn."""
    for wanted in grown(sale, events):
        left = stock.left_thousandths(wanted.sku, sale.id if sale is not None else "")
        if left is not None and wanted.thousandths > left:
            return wanted
    return None


def _after(sale: Sale | None, events: Iterable[SaleEvent]) -> dict[str, tuple[str, int]]:
    if sale is not None:
        for event in events:
            sale = evolve(sale, event)
        return _sums(sale.basket)
    lines = {}
    for event in events:
        if isinstance(event, LinePut):
            lines[event.line.id] = event.line
        elif isinstance(event, LineRemoved):
            lines.pop(event.line, None)
    return _sums(Basket(tuple(lines.values())))


def _sums(basket: Basket) -> dict[str, tuple[str, int]]:
    sums: dict[str, tuple[str, int]] = {}
    for line in basket.lines:
        before = sums.get(line.product.barcode, ("", 0))[1]
        sums[line.product.barcode] = (line.product.name, before + line.quantity_thousandths)
    return sums
