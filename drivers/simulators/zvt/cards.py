"""The cards a simulated customer carries (published test numbers only) and the reader that sees them."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    scheme: str
    number: str
    chip: bool = False  # inserted rather than held to the reader

    @property
    def masked(self) -> str:
        """As bitmap 22 carries it: first two and last four digits, E for the rest."""
        hidden = self.number[:2] + "E" * (len(self.number) - 6) + self.number[-4:]
        return hidden + "F" * (len(hidden) % 2)


DECK = {
    "girocard": Card("girocard", "girocard", "6725901000001234"),
    "visa": Card("VISA CREDIT", "Visa", "4111111111111111"),
    "mastercard": Card("MASTERCARD", "Mastercard", "5555555555554444"),
    "amex": Card("AMERICAN EXPRESS", "American Express", "378282246310005"),
    "mir": Card("MIR", "others", "2200000000000053"),
}


class Reader:
    """Where cards are held or inserted. `auto_s`: a card comes by itself after so many seconds; None: never."""

    def __init__(self, rng: random.Random, auto_s: float | None) -> None:
        self._rng = rng
        self.auto_s = auto_s
        self.held: Card | None = None
        self.inserted = False

    def own_card(self) -> Card:
        return DECK[self._rng.choice(sorted(DECK))]

    def present(self, name: str, *, chip: bool) -> Card:
        """Raises ValueError for a card nobody carries."""
        if name and name not in DECK:
            raise ValueError(f"no card {name!r}; there are {', '.join(DECK)}")
        card = replace(DECK[name] if name else self.own_card(), chip=chip)
        self.held = card
        self.inserted = chip
        return card

    def remove(self) -> None:
        self.held = None
        self.inserted = False

    def take(self) -> Card | None:
        """The card in front of the reader, read once."""
        card, self.held = self.held, None
        return card
