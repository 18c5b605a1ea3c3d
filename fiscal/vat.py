"""VAT rates a line can carry, and the VAT contained in a gross sum.

Included VAT = gross x r / (100 + r), rounded half up to whole minor units; the "calculated" rates (20/120 ...)
use the same formula. Rates and their dates: tag 1199 of the fiscal data format, order ED-7-20/1050@ of 08.12.2025.
"""

from __future__ import annotations

import datetime as dt
from enum import Enum


class VatRate(Enum):
    """A VAT rate. The value is how facts and screens spell it; "22/122" are the calculated rates."""

    V20 = "20"
    V10 = "10"
    V20_120 = "20/120"
    V10_110 = "10/110"
    V0 = "0"
    NONE = "none"
    V5 = "5"
    V7 = "7"
    V5_105 = "5/105"
    V7_107 = "7/107"
    V22 = "22"
    V22_122 = "22/122"

    @property
    def tag_1199(self) -> int:
        """The code in the fiscal data format."""
        return _TAG_1199[self.value]

    @property
    def percent(self) -> int | None:
        """None for "no VAT"."""
        return None if self is VatRate.NONE else int(self.value.partition("/")[0])

    @property
    def calculated(self) -> bool:
        return "/" in self.value


_TAG_1199 = {
    "20": 1, "10": 2, "20/120": 3, "10/110": 4, "0": 5, "none": 6,
    "5": 7, "7": 8, "5/105": 9, "7/107": 10, "22": 11, "22/122": 12,
}  # fmt: skip


def rate_by_tag(tag_1199: int) -> VatRate:
    """The rate a stored document or a register names; ValueError for a code the format does not know."""
    for rate in VatRate:
        if rate.tag_1199 == tag_1199:
            return rate
    raise ValueError(f"tag 1199 has no value {tag_1199}")


BASE_RATE_22_FROM = dt.date(2026, 1, 1)


def base_rate(on: dt.date) -> VatRate:
    """The general rate in force on a day: 20 % before 2026-01-01, 22 % from then on."""
    return VatRate.V22 if on >= BASE_RATE_22_FROM else VatRate.V20


def vat_included(gross_minor: int, rate: VatRate) -> int:
    """VAT contained in `gross_minor` (minor units, not negative), rounded half up."""
    if rate.percent is None:
        return 0
    return (2 * gross_minor * rate.percent + (100 + rate.percent)) // (2 * (100 + rate.percent))
