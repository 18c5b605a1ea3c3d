"""The basket: what the buyer wants, as a value that every act replaces by a new one or refuses by code."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NoReturn

from fiscal.document import TaxSystem
from fiscal.mark import Mark, gtin_of
from fiscal.money import line_sum, percent_of, spread
from fiscal.product import Product
from fiscal.refused import BasketRefused as BasketRefused  # named here for its callers
from fiscal.regimes.profile import Profile
from fiscal.vat import VatRate, vat_included

ONE = 1000  # one piece, in thousandths
WHOLE = 100_000  # 100 %, in thousandths of a percent


@dataclass(frozen=True, slots=True)
class Discount:
    """Either a share (5 % = 5000) that follows the quantity, or a fixed sum. `by`: the person who gave it."""

    percent_thousandths: int = 0
    minor: int = 0
    by: str = ""


@dataclass(frozen=True, slots=True)
class BasketLine:
    """One line. `price_minor` is the price before the discount, for one measure."""

    id: str
    product: Product
    quantity_thousandths: int
    price_minor: int
    discount: Discount | None = None
    mark: Mark | None = None

    @property
    def gross_minor(self) -> int:
        return line_sum(self.price_minor, self.quantity_thousandths)

    @property
    def discount_minor(self) -> int:
        if self.discount is None:
            return 0
        return percent_of(self.gross_minor, self.discount.percent_thousandths) + self.discount.minor

    @property
    def sum_minor(self) -> int:
        return self.gross_minor - self.discount_minor


@dataclass(frozen=True, slots=True)
class Basket:
    """Lines in the order they were added. `made` counts the lines ever made: an id is never used again."""

    lines: tuple[BasketLine, ...] = ()
    made: int = 0

    @property
    def total_minor(self) -> int:
        return sum(line.sum_minor for line in self.lines)

    def line(self, line_id: str) -> BasketLine:
        """The line with this id; refused with `unknown_line` when there is none."""
        for line in self.lines:
            if line.id == line_id:
                return line
        raise BasketRefused("unknown_line", line=line_id)


@dataclass(frozen=True, slots=True)
class Totals:
    """The figures under the basket.

    A weighed line counts as one piece. VAT is taken from the sum of each (seller, tax system, rate): it does not
    depend on how lines are split, and the register's own figure is the one that counts.
    """

    gross_minor: int
    discount_minor: int
    total_minor: int
    positions: int
    pieces_thousandths: int
    vat: tuple[tuple[VatRate, int], ...]


def add(
    basket: Basket,
    product: Product,
    profile: Profile,
    *,
    quantity_thousandths: int = ONE,
    mark: Mark | None = None,
    line_id: str = "",
) -> Basket:
    """Put a product in. Unmarked goods join their line when neither has a discount; a marked item has its own line."""
    _refuse_group(product, mark, profile)
    if mark is not None:
        _refuse_mark(basket, product, mark, quantity_thousandths)
    else:
        for line in basket.lines:
            if line.product == product and line.mark is None and line.discount is None:
                return set_quantity(basket, line.id, line.quantity_thousandths + quantity_thousandths, profile)
    if len(basket.lines) >= profile.lines_greatest:
        raise BasketRefused("limit_lines", limit=profile.lines_greatest)
    made = basket.made + 1
    line = BasketLine(line_id or str(made), product, quantity_thousandths, product.price_minor, None, mark)
    if any(other.id == line.id for other in basket.lines):
        raise ValueError(f"line id {line.id} is already in the basket")
    _refuse_line(line, profile)
    return _checked(Basket((*basket.lines, line), made), profile)


def set_quantity(basket: Basket, line_id: str, quantity_thousandths: int, profile: Profile) -> Basket:
    """Change the quantity of a line; a share of discount follows it, a fixed discount stays."""
    line = basket.line(line_id)
    if line.mark is not None and quantity_thousandths != ONE:
        raise BasketRefused("quantity_of_marked", product=line.product.name)
    changed = replace(line, quantity_thousandths=quantity_thousandths)
    _refuse_line(changed, profile)
    return _checked(_replaced(basket, changed), profile)


def remove(basket: Basket, line_id: str) -> Basket:
    """Take a line out; `made` stays, so its id does not come back."""
    gone = basket.line(line_id)
    return replace(basket, lines=tuple(line for line in basket.lines if line is not gone))


def discount_line(
    basket: Basket, line_id: str, profile: Profile, *, percent_thousandths: int = 0, minor: int = 0, by: str = ""
) -> Basket:
    """Give one line a discount in place of the one it has: a share or a sum; neither takes the discount away."""
    line = basket.line(line_id)
    discount = _discount(percent_thousandths, minor, by)
    if discount is not None:
        _refuse_discount_of(line, profile)
    changed = replace(line, discount=discount)
    _refuse_line(changed, profile)
    return _replaced(basket, changed)


def discount_all(
    basket: Basket, profile: Profile, *, percent_thousandths: int = 0, minor: int = 0, by: str = ""
) -> Basket:
    """Spread one discount over the lines that allow it, exact to the last kopeck, in place of theirs.

    A share is taken of the sum of those lines once, and its parts become fixed sums; lines added later have no part.
    """
    discount = _discount(percent_thousandths, minor, by)
    open_to_it = [line for line in basket.lines if _discount_allowed(line, profile)]
    if discount is None:
        return replace(basket, lines=tuple(replace(line, discount=None) for line in basket.lines))
    if not open_to_it:
        raise BasketRefused("discount_not_allowed", product=basket.lines[0].product.name if basket.lines else "")
    gross = sum(line.gross_minor for line in open_to_it)
    whole = percent_of(gross, discount.percent_thousandths) + discount.minor
    if whole > gross:
        raise BasketRefused("discount_too_large", discount_minor=whole, sum_minor=gross)
    parts = spread(whole, [line.gross_minor for line in open_to_it])
    changed = basket
    for line, part in zip(open_to_it, parts, strict=True):
        with_part = replace(line, discount=replace(discount, percent_thousandths=0, minor=part) if part else None)
        _refuse_line(with_part, profile)
        changed = _replaced(changed, with_part)
    return changed


def totals(basket: Basket) -> Totals:
    """The figures for the screen."""
    groups: dict[tuple[str, TaxSystem, VatRate], int] = {}
    for line in basket.lines:
        key = (line.product.seller, line.product.tax_system, line.product.vat)
        groups[key] = groups.get(key, 0) + line.sum_minor
    vat: dict[VatRate, int] = {}
    for (_, _, rate), sum_minor in groups.items():
        vat[rate] = vat.get(rate, 0) + vat_included(sum_minor, rate)
    gross = sum(line.gross_minor for line in basket.lines)
    total = basket.total_minor
    pieces = sum(ONE if line.product.measure else line.quantity_thousandths for line in basket.lines)
    by_rate = tuple(sorted(vat.items(), key=lambda item: item[0].tag_1199))
    return Totals(gross, gross - total, total, len(basket.lines), pieces, by_rate)


def _discount(percent_thousandths: int, minor: int, by: str) -> Discount | None:
    if percent_thousandths < 0 or minor < 0 or (percent_thousandths and minor):
        raise ValueError("a discount is either a share or a sum, not negative")
    if percent_thousandths > WHOLE:
        raise BasketRefused("discount_too_large", percent_thousandths=percent_thousandths)
    return Discount(percent_thousandths, minor, by) if percent_thousandths or minor else None


def _discount_allowed(line: BasketLine, profile: Profile) -> bool:
    return line.product.discountable and profile.group(line.product.marked_group).discount_allowed


def _refuse_discount_of(line: BasketLine, profile: Profile) -> None:
    if not _discount_allowed(line, profile):
        raise BasketRefused("discount_not_allowed", product=line.product.name)


def _refuse_group(product: Product, mark: Mark | None, profile: Profile) -> None:
    rule = profile.group(product.marked_group)

    def not_sellable(reason: str) -> NoReturn:
        raise BasketRefused("group_not_sellable", group=rule.group, reason=reason, product=product.name)

    if rule.not_sellable_because:
        not_sellable(rule.not_sellable_because)
    if mark is None and rule.scan_required:
        raise BasketRefused("mark_needed", product=product.name, group=rule.group)
    if rule.printed_price_only and mark is not None and mark.printed_price_minor not in (0, product.price_minor):
        not_sellable("printed_price")


def _refuse_mark(basket: Basket, product: Product, mark: Mark, quantity_thousandths: int) -> None:
    if mark.gtin and mark.gtin != gtin_of(product.barcode):
        raise BasketRefused("mark_of_other_product", product=product.name, gtin=mark.gtin)
    if quantity_thousandths != ONE:
        raise BasketRefused("quantity_of_marked", product=product.name)
    for line in basket.lines:
        if line.mark is not None and line.mark.item == mark.item:
            raise BasketRefused("mark_twice", product=product.name, line=line.id)


def _refuse_line(line: BasketLine, profile: Profile) -> None:
    product, quantity = line.product, line.quantity_thousandths
    if not 0 < quantity <= profile.quantity_greatest_thousandths:
        raise BasketRefused("limit_quantity", limit=profile.quantity_greatest_thousandths, product=product.name)
    if product.measure == 0 and quantity % ONE:
        raise BasketRefused("fraction_of_piece", product=product.name)
    if product.greatest_price_minor and line.price_minor > product.greatest_price_minor:
        raise BasketRefused("above_greatest_price", product=product.name, limit_minor=product.greatest_price_minor)
    if line.discount_minor > line.gross_minor:
        raise BasketRefused("discount_too_large", discount_minor=line.discount_minor, sum_minor=line.gross_minor)
    too_low = line.sum_minor * ONE < product.least_price_minor * quantity if line.discount_minor else False
    if line.price_minor < product.least_price_minor or too_low:
        raise BasketRefused("below_least_price", product=product.name, limit_minor=product.least_price_minor)


def _checked(basket: Basket, profile: Profile) -> Basket:
    if sum(line.gross_minor for line in basket.lines) > profile.sum_greatest_minor:
        raise BasketRefused("limit_sum", limit_minor=profile.sum_greatest_minor)
    return basket


def _replaced(basket: Basket, changed: BasketLine) -> Basket:
    return replace(basket, lines=tuple(changed if line.id == changed.id else line for line in basket.lines))
