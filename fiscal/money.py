"""Money arithmetic in whole minor units: rounding, price times quantity, cash rounding and exact spreading.

Everything is integer. Sums are not negative: a refund is another operation, never a negative number.
Source of the rules: the fiscal data format (tag 1043 = price x quantity rounded half up; tag 1020 may differ from the
sum of the lines in kopecks only).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

# 99 999 999.99 roubles: fits the five-byte sums of the registers and the twelve digits of the card terminals.
SUM_GREATEST_MINOR: Final = 9_999_999_999


class CashRounding(Enum):
    """How a total paid in cash is rounded down; the value is the step in minor units."""

    NONE = 1
    WHOLE_ROUBLE = 100


def round_half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator (not negative, denominator positive) to the nearest whole, a half goes up."""
    if numerator < 0 or denominator <= 0:
        raise ValueError("rounding is defined for a non-negative numerator and a positive denominator")
    return (2 * numerator + denominator) // (2 * denominator)


def line_sum(price_minor: int, quantity_thousandths: int) -> int:
    """price x quantity, rounded half up: tag 1043."""
    return round_half_up(price_minor * quantity_thousandths, 1000)


def percent_of(sum_minor: int, percent_thousandths: int) -> int:
    """A share of a sum, rounded half up; 5 % is 5000 thousandths."""
    return round_half_up(sum_minor * percent_thousandths, 100_000)


def cash_rounding_minor(total_minor: int, rounding: CashRounding) -> int:
    """What cash rounding drops from `total_minor`: 0..99 kopecks, so the roubles never change."""
    return total_minor % rounding.value


def spread(total_minor: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Divide a sum in proportion to weights, exact to the last minor unit.

    Every part is the exact share rounded down, or one more: what is left goes to the largest remainders, earlier
    ones first. A part of weight 0 is 0, and no part is above its weight when the total is not above their sum.
    """
    if total_minor < 0 or any(weight < 0 for weight in weights):
        raise ValueError("a sum and its weights are not negative")
    whole = sum(weights)
    if whole == 0:
        if total_minor:
            raise ValueError("nothing to spread the sum over")
        return (0,) * len(weights)
    parts = [total_minor * weight // whole for weight in weights]
    left = total_minor - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda index: (-(total_minor * weights[index] % whole), index))
    for index in by_remainder[:left]:
        parts[index] += 1
    return tuple(parts)
