"""One shopper at one kiosk: where they are, what they chose, and when they were last seen.

Nothing of money is kept here: what was inserted, paid and promised is read from the journals, so a session that is lost
with the power is found again from the sale that stands open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from agent.course.sale_record import SaleRecord
from agent.kiosk.kiosk_settings import KioskSettings
from agent.kiosk.view import ClaimView
from agent.till.people import Cashier
from agent.view import Note


class Stage(Enum):
    """The screens a shopper walks through; `agent.kiosk.view` says how they follow one another."""

    ATTRACT = "attract"
    BROWSE = "browse"
    BASKET = "basket"
    RECEIPT_WAY = "receipt_way"
    PAY = "pay"
    CASH = "cash"
    CARD = "card"
    MAKING = "making"
    CHANGE = "change"
    CLAIM = "claim"
    DONE = "done"


CHOOSING = frozenset({Stage.BROWSE, Stage.BASKET, Stage.RECEIPT_WAY, Stage.PAY})
ENDING = frozenset({Stage.CHANGE, Stage.CLAIM, Stage.DONE})
WARNS_S = 20
"""The question stands so long, or for a half of the time before it where a shop set a shorter one."""
WARNS_MONEY_S = 60
DONE_S = 20
CLAIM_S = 60
"""A slip has to be read and taken; after that the next shopper may begin."""


@dataclass(slots=True)
class Session:
    stage: Stage = Stage.ATTRACT
    record: SaleRecord | None = None
    touched_ms: int = 0
    giving_up: str = ""
    """Why the purchase ends without its goods: given_up, timeout, not_made. Set, it never goes back."""
    way: str = "paper"
    customer: str = ""
    help: bool = False
    age_allowed: bool = False
    by_card: bool = False
    """The rest is to be paid by card, as soon as no piece is on its way."""
    making_since_ms: int = 0
    tried_ms: int = 0
    ended_ms: int = 0
    slips: list[ClaimView] = field(default_factory=list)
    staff: Cashier | None = None
    encashed: Note | None = None
    """The document staff made last, while they stand there."""

    @property
    def order(self) -> str:
        return self.record.sale.id if self.record else ""

    def idle_ms(self, money: bool, told: KioskSettings, speech: bool = False) -> tuple[int, int] | None:
        """When to ask whether somebody is there, and when to end; None where time does not count."""
        twice = 2 if speech else 1
        if self.stage in CHOOSING or self.stage is Stage.CASH:
            ask, longest = (told.idle_money_s, WARNS_MONEY_S) if money else (told.idle_s, WARNS_S)
            then = min(longest, ask // 2)
            warn = self.touched_ms + ask * 1000 * twice
            return warn, warn + then * 1000 * twice
        if self.stage in (Stage.DONE, Stage.CLAIM):
            stays = CLAIM_S if self.stage is Stage.CLAIM else DONE_S
            end = max(self.ended_ms, self.touched_ms) + stays * 1000 * twice
            return end, end
        return None
