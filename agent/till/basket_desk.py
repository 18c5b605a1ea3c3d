"""Scanning and changing the basket: what a scan or a key means for the sale, as events or as a refusal by name."""

from __future__ import annotations

import random
from collections.abc import Callable

from agent.clock import Clock
from agent.ids import new_id
from agent.till.arguments import Arguments
from agent.till.trade import TradeRefused
from fiscal import basket as b
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.mark import Mark
from fiscal.marking import parse_scan
from fiscal.product import Product
from fiscal.regimes.profile import Profile
from fiscal.sale import Phase, Sale, SaleEvent
from sync.store.catalogue import Catalogue
from sync.store.failures import CatalogueDamaged


class BasketDesk:
    """Pure but for the catalogue's reads. Raises TradeRefused and fiscal.refused.LawRefused; then nothing happens."""

    def __init__(
        self,
        catalogue: Callable[[], Catalogue | None],
        profile: Callable[[], Profile],
        clock: Clock,
        rng: random.Random,
    ) -> None:
        self._catalogue = catalogue
        self._profile = profile
        self._clock = clock
        self._rng = rng

    def scan(self, basket: Basket, data: bytes) -> tuple[SaleEvent, ...]:
        """A scanned code becomes a line or a refusal: unknown barcode, a marked product's EAN, a code twice."""
        seen = parse_scan(data)
        product = self.product(seen.barcode)
        return self.put(basket, product, seen.mark)

    def add(self, basket: Basket, barcode: str) -> tuple[SaleEvent, ...]:
        """A product chosen from the search."""
        return self.put(basket, self.product(barcode), None)

    def put(self, basket: Basket, product: Product, mark: Mark | None) -> tuple[SaleEvent, ...]:
        rule = self._profile().group(product.marked_group)
        if mark is not None and not rule.scan_required:
            mark = None  # the code of a product that need not be scanned is just its barcode
        changed = b.add(basket, product, self._profile(), mark=mark, line_id=new_id(self._clock.now_ms(), self._rng))
        return _difference(basket, changed, "added")

    def needs_check(self, product: Product) -> bool:
        return self._profile().group(product.marked_group).check_required

    def age_of(self, product: Product) -> int:
        return max(product.age, self._profile().group(product.marked_group).age)

    def change(self, sale: Sale, do: str, args: Arguments, by: str = "") -> tuple[SaleEvent, ...]:
        """quantity, remove, discount, undo. `by`: who gives the discount."""
        basket, profile = sale.basket, self._profile()
        match do:
            case "quantity":
                return _difference(
                    basket, b.set_quantity(basket, args.text("line"), args.whole("thousandths"), profile), do
                )
            case "remove":
                line = args.text("line")
                b.remove(basket, line)
                return (e.LineRemoved(line),)
            case "discount":
                percent, minor = args.whole("percent_thousandths", 0), args.whole("sum_minor", 0)
                if percent and minor:
                    raise TradeRefused("malformed", argument="discount")
                if line := args.text("line", ""):
                    changed = b.discount_line(basket, line, profile, percent_thousandths=percent, minor=minor, by=by)
                else:
                    changed = b.discount_all(basket, profile, percent_thousandths=percent, minor=minor, by=by)
                return _difference(basket, changed, do)
            case "undo":
                if not sale.before:
                    raise TradeRefused("nothing_to_undo")
                return (e.Undone(),)
        raise TradeRefused("malformed")

    def mark_again(self, sale: Sale, line_id: str, data: bytes) -> tuple[SaleEvent, ...]:
        """The code of a refused line, scanned anew."""
        line = sale.basket.line(line_id)
        mark = parse_scan(data).mark
        if mark is None:
            raise TradeRefused("mark_needed", product=line.product.name)
        if mark.gtin != line.product.barcode.zfill(14):
            raise TradeRefused("mark_of_other_product", product=line.product.name)
        changed = b.BasketLine(line.id, line.product, line.quantity_thousandths, line.price_minor, line.discount, mark)
        return (e.LinePut(changed, "mark"),)

    def product(self, barcode: str) -> Product:
        """Raises TradeRefused for one that the catalogue does not have."""
        catalogue = self._catalogue()
        try:
            product = catalogue.product(barcode) if catalogue else None
        except CatalogueDamaged as damaged:
            raise TradeRefused("catalogue_damaged") from damaged
        if product is None:
            raise TradeRefused("unknown_barcode", barcode=barcode)
        return product


def may_change(sale: Sale) -> None:
    """The basket is open only before paying."""
    if sale.phase is not Phase.BASKET:
        raise TradeRefused("paying_no_scan")


def _difference(before: Basket, after: Basket, what: str) -> tuple[SaleEvent, ...]:
    old = {line.id: line for line in before.lines}
    return tuple(e.LinePut(line, what) for line in after.lines if old.get(line.id) != line)
