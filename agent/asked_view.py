"""A question about a restored kiosk's money, as the pages of tills and of the kiosk itself are told it."""

from __future__ import annotations

import msgspec


class AskedView(msgspec.Struct, frozen=True):
    """Money that a restored kiosk has by its backup, and only a person can say what became of it. kind: purchase,
    change, note (in the box, of no purchase), booking (a slip's внесение at the register). `receipts`: documents of the
    same sum that only the register knows."""

    key: str
    kind: str
    kiosk: str
    number: str
    at_ms: int
    sum_minor: int
    receipts: list[int]
