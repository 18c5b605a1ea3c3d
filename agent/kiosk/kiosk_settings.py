"""What a shop decides about one kiosk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KioskSettings:
    id: str
    name: str
    phone: str = ""
    refund_terms: str = ""
    age_goods: str = "refuse"
    greatest_cash_minor: int = 1_500_000
    box_pieces: int = 500
    greatest_change_minor: int = 500_000
    """A note that would leave more than this to give back goes back itself."""
