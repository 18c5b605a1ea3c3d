"""What the law says no to: a stable code and its parameters, turned into words by the page.

`CODES` names every code of the money path, so that a test can demand Russian and English words for each.
"""

from __future__ import annotations

from typing import Final

BASKET_CODES: Final = frozenset(
    {
        "mark_needed",
        "mark_twice",
        "mark_of_other_product",
        "quantity_of_marked",
        "limit_lines",
        "limit_sum",
        "limit_quantity",
        "discount_too_large",
        "discount_not_allowed",
        "below_least_price",
        "above_greatest_price",
        "group_not_sellable",
        "fraction_of_piece",
        "unknown_line",
    }
)
PLAN_CODES: Final = frozenset(
    {
        "empty_basket",
        "zero_total",
        "payment_negative",
        "card_exceeds_total",
        "cash_short",
        "cash_not_due",
        "payments_do_not_add_up",
        "cash_b2b_limit",
        "document_too_long",
        "refund_unknown_line",
        "refund_more_than_sold",
        "refund_fraction_of_piece",
        "refund_nothing_left",
    }
)
SCAN_CODES: Final = frozenset({"layout_mangled", "check_digit", "unreadable", "separator_lost", "excise_stamp"})
CODES: Final = BASKET_CODES | PLAN_CODES | SCAN_CODES


class LawRefused(Exception):
    """The law refused an act; nothing changed. `code` is one of `CODES`, `params` are whole numbers or short texts."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        return ", ".join([self.code, *(f"{name}={value}" for name, value in self.params.items())])


class BasketRefused(LawRefused):
    """The basket stays as it was; `code` is one of `BASKET_CODES`."""


class PlanRefused(LawRefused):
    """No plan of documents was made; `code` is one of `PLAN_CODES`."""


class ScanRefused(LawRefused):
    """The scanned bytes are no code the till can use; `code` is one of `SCAN_CODES`."""
