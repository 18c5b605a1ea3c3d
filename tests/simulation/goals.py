"""What a cashier of a simulated day sets out to do, one goal after the other."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from tests.simulation.shop_plan import CARD_OF_GUEST, DOLL, PLAIN, mark_of

if TYPE_CHECKING:
    from tests.simulation.aims import Aim


class Attitude(Enum):
    """What this shopper's cashier does when money is here and the register makes no receipt."""

    PATIENT = "patient"  # mends and tries again, gives up late
    CANCEL = "cancel"  # gives the money back
    OWE = "owe"  # the shopper is in a hurry: a correction is owed
    DROP = "drop"  # leaves the refused item out


@dataclass(slots=True)
class Goal:
    """`kind`: sale, refund, open, close, cash_in, cash_out, x, pause."""

    kind: str
    codes: list[str] = field(default_factory=list)
    means: str = "cash"
    attitude: Attitude = Attitude.PATIENT
    discount: bool = False
    park: bool = False
    stop_card_s: float | None = None
    whole: bool = True
    latest: bool = False
    """A refund of the sale just made, not of any."""
    sum_minor: int = 0
    pause_s: float = 30.0
    contact: bool = False
    aim: Aim | None = None
    """The trouble that this goal was made for."""


USUAL = [PLAIN[1]]
"""Most shoppers buy the same puzzle: equal sums in a row are what gets confused."""
BASKETS = ([PLAIN[1], PLAIN[2]], [PLAIN[3]], [PLAIN[2], PLAIN[2], PLAIN[3]], [PLAIN[0]], [PLAIN[3], PLAIN[1]])


class GoalMaker:
    """Goals from one generator. `till` keeps the marking codes of the tills apart: an item is sold once."""

    def __init__(self, rng: random.Random, till: str, *, cards: bool) -> None:
        self._rng = rng
        self._till = till
        self._cards = cards
        self._dolls = 0

    def plain(self) -> Goal:
        """A shopper as most are."""
        rng = self._rng
        codes = list(USUAL if rng.random() < 0.6 else rng.choice(BASKETS))
        means = rng.choices(["card", "cash", "split"], [55, 30, 15])[0] if self._cards else "cash"
        goal = Goal("sale", codes, means, pause_s=rng.uniform(5, 60))
        if rng.random() < 0.12:
            goal.codes.append(self.doll())
        if rng.random() < 0.1:
            goal.codes.append(CARD_OF_GUEST)
        goal.discount = rng.random() < 0.12
        goal.park = rng.random() < 0.07
        goal.contact = rng.random() < 0.05
        if rng.random() < 0.04:
            goal.stop_card_s = rng.uniform(0.2, 5)
        goal.attitude = rng.choices(list(Attitude), [6, 2, 1, 2])[0]
        return goal

    def sale(self, means: str, *, codes: list[str] | None = None, attitude: Attitude = Attitude.PATIENT) -> Goal:
        return Goal("sale", list(codes or USUAL), means if self._cards else "cash", attitude)

    def refund(self) -> Goal:
        return Goal("refund", whole=self._rng.random() < 0.5, pause_s=self._rng.uniform(5, 40))

    def doll(self) -> str:
        """A marking code of an item that nobody has sold yet."""
        self._dolls += 1
        return mark_of(DOLL, f"T{self._till}N{self._dolls:09d}")
