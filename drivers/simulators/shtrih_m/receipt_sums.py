"""Arithmetic of an open receipt: totals, VAT by group, overflow limits. Whole kopecks only."""

from __future__ import annotations

from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.memory_image import Line, Receipt
from drivers.simulators.shtrih_m.taxes import GROUPS, by_group, tax_in
from drivers.simulators.shtrih_m.wire_fields import rounded_half_up

MILLION = 1_000_000
PRICE_LIMIT = 9_999_999_999  # ten digits on the paper
QUANTITY_LIMIT = 9_999_999_999_999  # 9,999,999.999999 in millionths
TOTAL_LIMIT = 9_999_999_999
DEPARTMENTS = 16
OPERATIONS_LIMIT = 500


def line_sum(price: int, quantity: int) -> int:
    """price x quantity, half up; refuses what does not fit."""
    if not 0 <= price <= PRICE_LIMIT:
        raise Refusal(Code.PRICE_OVERFLOW)
    if not 0 < quantity <= QUANTITY_LIMIT:
        raise Refusal(Code.QUANTITY_OVERFLOW)
    result = rounded_half_up(price * quantity, MILLION)
    if result > TOTAL_LIMIT:
        raise Refusal(Code.MULTIPLICATION_OVERFLOW)
    return result


def signed(line: Line) -> int:
    return -line.sum if line.storno else line.sum


def total(receipt: Receipt) -> int:
    return sum(signed(line) for line in receipt.lines) - receipt.discount + receipt.surcharge


def check_room(receipt: Receipt, line: Line) -> None:
    """May this line be added?"""
    if line.department > DEPARTMENTS:
        raise Refusal(Code.DEPARTMENT_OVERFLOW)
    if len(receipt.lines) >= OPERATIONS_LIMIT:
        raise Refusal(Code.TOO_MANY_OPERATIONS)
    after = total(receipt) + signed(line)
    if after > TOTAL_LIMIT:
        raise Refusal(Code.RECEIPT_TOTAL_OVERFLOW)
    if after < 0:
        raise Refusal(Code.NEGATIVE_TOTAL)


def turnovers(receipt: Receipt) -> dict[int, int]:
    """Turnover by row of table 6; discounts and surcharges on the receipt go to the largest group."""
    sums = by_group([(line.vat, signed(line)) for line in receipt.lines])
    if sums and (receipt.discount or receipt.surcharge):
        largest = max(sums, key=lambda row: sums[row])
        sums[largest] += receipt.surcharge - receipt.discount
    return sums


def tax_sums(receipt: Receipt) -> dict[int, int]:
    """Tax by row of table 6, taken from each group's turnover (tax mode 0: the device computes)."""
    return {row: tax_in(amount, GROUPS[row]) for row, amount in turnovers(receipt).items()}
