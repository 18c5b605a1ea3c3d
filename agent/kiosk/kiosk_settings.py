"""What a shop decides about one kiosk."""

from __future__ import annotations

from dataclasses import dataclass

IDLE_S = 60
"""So long nobody touches the screen before it asks (SCREENS: kiosk states)."""
IDLE_MONEY_S = 120
"""The same with money inside: whoever looks for another note is there."""

PAY_OUT, CREDIT, EXACT = "pay_out", "credit", "exact"
CHANGE_WAYS = (PAY_OUT, CREDIT, EXACT)
"""What may become of change: coins and notes, an advance for a shopper who is known, or none is needed because nothing
beyond the sum is taken. What remains is always promised by a claim slip."""


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
    idle_s: int = IDLE_S
    idle_money_s: int = IDLE_MONEY_S
    change: tuple[str, ...] = (PAY_OUT,)

    @property
    def exact_only(self) -> bool:
        """Nothing beyond the sum is taken, and the shopper agrees to that before the first note."""
        return EXACT in self.change

    @property
    def greatest_over_minor(self) -> int:
        """A note may be worth so much more than what is left to pay."""
        return 0 if self.exact_only else self.greatest_change_minor
