"""Prices for a sum that is already decided: a line, or two lines one kopeck apart, whose price x quantity is exact."""

from __future__ import annotations

from fiscal.money import line_sum


def exact_prices(sum_minor: int, quantity_thousandths: int) -> tuple[tuple[int, int, int], ...]:
    """(price, quantity, sum) of the one or two lines that give `sum_minor` exactly.

    Let p be the price rounded down. If neither p nor p + 1 rounds to the sum, k = sum - round(p x quantity) whole
    units are sold at p + 1 and the rest at p: one unit more at p + 1 adds exactly one kopeck, and k is always less
    than the quantity. No price is above the undiscounted one, and all lie within one kopeck of the true price.
    """
    low = sum_minor * 1000 // quantity_thousandths
    for price in (low, low + 1):
        if line_sum(price, quantity_thousandths) == sum_minor:
            return ((price, quantity_thousandths, sum_minor),)
    dearer = sum_minor - line_sum(low, quantity_thousandths)
    rest = quantity_thousandths - 1000 * dearer
    return (
        (low, rest, line_sum(low, rest)),
        (low + 1, 1000 * dearer, line_sum(low + 1, 1000 * dearer)),
    )
