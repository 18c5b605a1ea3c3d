"""One card operation from its intent to its end, as a table of transitions.

An attempt is made once: it has one id, one amount and the terminal's baseline from before it was sent. Silence makes it
UNKNOWN; no row of the table leads from UNKNOWN back to sending. Purchases, refunds and reversals are attempts alike, so
each has its own UNKNOWN and the same resolver.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum


class CardAct(Enum):
    PURCHASE = "purchase"
    REFUND = "refund"
    REVERSAL = "reversal"


class AttemptPhase(Enum):
    SENT = "sent"  # the intent is durable; bytes may have left
    HEARD = "heard"  # the approval arrived and is durable; our acknowledgement may have left
    APPROVED = "approved"  # money moved (CONFIRM terminals: is reserved)
    DECLINED = "declined"  # proved: no money moved
    UNKNOWN = "unknown"  # the answer was lost: the devices are being asked
    NEEDS_PERSON = "needs_person"  # asked long enough: a person reads the slip, asking goes on
    CANNOT_TELL = "cannot_tell"  # a person could not tell: the back office has the case, asking goes on
    PERSON_PAID = "person_paid"  # a person testified that money moved
    PERSON_UNPAID = "person_unpaid"  # a person testified that it did not
    CONFIRMING = "confirming"  # the receipt exists; the terminal is told to keep the money
    BOOKED = "booked"  # it keeps the money
    ROLLING_BACK = "rolling_back"  # no receipt will exist; the terminal is told to give the money back
    ROLLED_BACK = "rolled_back"  # it gave the money back
    DISPUTED = "disputed"  # the device's late answer contradicts the person: an incident


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the terminal said of money that moved. `card` is masked; `at` is the terminal's wall clock as text."""

    amount_minor: int
    terminal_id: str
    slip: int
    trace: int
    at: str = ""
    card: str = ""
    scheme: str = ""
    auth_code: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardSent:
    """The intent, with what the terminal last did before it. Also the first event of an attempt."""

    attempt: str
    act: CardAct
    terminal: str
    amount_minor: int
    baseline_terminal_id: str
    baseline_slip: int
    baseline_trace: int
    sent_ms: int
    confirm: bool  # the terminal waits for our commit or rollback
    of: str = ""  # the purchase attempt that a refund or reversal takes back
    of_slip: int = 0


@dataclass(frozen=True, slots=True)
class CardHeard:
    attempt: str
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class CardApproved:
    attempt: str
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class CardDeclined:
    """Proved to have moved nothing. `reason` names a text."""

    attempt: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardLost:
    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class CardFoundCharged:
    """The device proved it when asked."""

    attempt: str
    facts: CardFacts


@dataclass(frozen=True, slots=True)
class CardFoundNotCharged:
    attempt: str
    reason: str


@dataclass(frozen=True, slots=True)
class CardPersonAsked:
    attempt: str
    asked: int


@dataclass(frozen=True, slots=True)
class CardPersonSaidPaid:
    attempt: str
    person: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CardPersonSaidUnpaid:
    attempt: str
    person: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CardPersonCannotTell:
    attempt: str
    person: str


@dataclass(frozen=True, slots=True)
class CardConfirmMeant:
    attempt: str


@dataclass(frozen=True, slots=True)
class CardConfirmed:
    attempt: str


@dataclass(frozen=True, slots=True)
class CardRollBackMeant:
    attempt: str
    why: str


@dataclass(frozen=True, slots=True)
class CardRolledBack:
    attempt: str


CardEvent = (
    CardSent
    | CardHeard
    | CardApproved
    | CardDeclined
    | CardLost
    | CardFoundCharged
    | CardFoundNotCharged
    | CardPersonAsked
    | CardPersonSaidPaid
    | CardPersonSaidUnpaid
    | CardPersonCannotTell
    | CardConfirmMeant
    | CardConfirmed
    | CardRollBackMeant
    | CardRolledBack
)

P = AttemptPhase
TRANSITIONS: dict[tuple[AttemptPhase, type], AttemptPhase] = {
    (P.SENT, CardHeard): P.HEARD,
    (P.SENT, CardApproved): P.APPROVED,
    (P.SENT, CardDeclined): P.DECLINED,
    (P.SENT, CardLost): P.UNKNOWN,
    (P.HEARD, CardApproved): P.APPROVED,
    (P.HEARD, CardLost): P.UNKNOWN,
    (P.UNKNOWN, CardFoundCharged): P.APPROVED,
    (P.UNKNOWN, CardFoundNotCharged): P.DECLINED,
    (P.UNKNOWN, CardPersonAsked): P.NEEDS_PERSON,
    (P.NEEDS_PERSON, CardFoundCharged): P.APPROVED,
    (P.NEEDS_PERSON, CardFoundNotCharged): P.DECLINED,
    (P.NEEDS_PERSON, CardPersonSaidPaid): P.PERSON_PAID,
    (P.NEEDS_PERSON, CardPersonSaidUnpaid): P.PERSON_UNPAID,
    (P.NEEDS_PERSON, CardPersonCannotTell): P.CANNOT_TELL,
    (P.CANNOT_TELL, CardFoundCharged): P.APPROVED,
    (P.CANNOT_TELL, CardFoundNotCharged): P.DECLINED,
    (P.CANNOT_TELL, CardPersonSaidPaid): P.PERSON_PAID,
    (P.CANNOT_TELL, CardPersonSaidUnpaid): P.PERSON_UNPAID,
    (P.PERSON_PAID, CardFoundCharged): P.APPROVED,
    (P.PERSON_PAID, CardFoundNotCharged): P.DISPUTED,
    (P.PERSON_UNPAID, CardFoundNotCharged): P.DECLINED,
    (P.PERSON_UNPAID, CardFoundCharged): P.DISPUTED,
    (P.APPROVED, CardConfirmMeant): P.CONFIRMING,
    (P.PERSON_PAID, CardConfirmMeant): P.CONFIRMING,
    (P.CONFIRMING, CardConfirmed): P.BOOKED,
    (P.APPROVED, CardRollBackMeant): P.ROLLING_BACK,
    (P.PERSON_PAID, CardRollBackMeant): P.ROLLING_BACK,
    # Nothing hangs on it any more, and the terminal would keep the money reserved and itself blocked.
    (P.CANNOT_TELL, CardRollBackMeant): P.ROLLING_BACK,
    (P.DISPUTED, CardRollBackMeant): P.ROLLING_BACK,
    (P.ROLLING_BACK, CardRolledBack): P.ROLLED_BACK,
}

MONEY_MOVED = frozenset({P.APPROVED, P.PERSON_PAID, P.CONFIRMING, P.BOOKED})
"""Phases in which the attempt counts as money."""
UNSETTLED = frozenset({P.SENT, P.HEARD, P.UNKNOWN, P.NEEDS_PERSON, P.CANNOT_TELL, P.ROLLING_BACK})
"""Phases in which nobody knows yet, or money is on its way back: no other payment of the sale may start."""
ASKABLE = frozenset({P.UNKNOWN, P.NEEDS_PERSON, P.CANNOT_TELL, P.PERSON_PAID, P.PERSON_UNPAID})
"""Phases in which the terminal's answer still changes or confirms something."""


class NotAllowed(Exception):
    """No row of the table: the event cannot follow this phase. A defect of the program, never of the shop."""

    def __init__(self, phase: Enum, event: object) -> None:
        super().__init__(f"{type(event).__name__} cannot follow {phase.value}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """The fold of an attempt's events. `facts` is None until a device told them (a person's word has none)."""

    sent: CardSent
    phase: AttemptPhase = AttemptPhase.SENT
    facts: CardFacts | None = None
    reason: str = ""
    person: str = ""
    asked: int = 0
    trail: tuple[AttemptPhase, ...] = field(default=(AttemptPhase.SENT,))

    @property
    def id(self) -> str:
        return self.sent.attempt

    @property
    def money_moved(self) -> bool:
        return self.phase in MONEY_MOVED

    @property
    def unsettled(self) -> bool:
        return self.phase in UNSETTLED

    @property
    def slip(self) -> int:
        return self.facts.slip if self.facts else 0


def evolve(attempt: Attempt, event: CardEvent) -> Attempt:
    """The attempt after the event. Raises NotAllowed when the table has no row."""
    following = TRANSITIONS.get((attempt.phase, type(event)))
    if following is None:
        raise NotAllowed(attempt.phase, event)
    changed = replace(attempt, phase=following, trail=(*attempt.trail, following))
    match event:
        case CardHeard(facts=facts) | CardApproved(facts=facts) | CardFoundCharged(facts=facts):
            return replace(changed, facts=facts)
        case CardDeclined(reason=reason) | CardFoundNotCharged(reason=reason):
            return replace(changed, reason=reason)
        case CardLost(why=why):
            return replace(changed, reason=why)
        case CardPersonAsked(asked=asked):
            return replace(changed, asked=asked)
        case (
            CardPersonSaidPaid(person=person)
            | CardPersonSaidUnpaid(person=person)
            | CardPersonCannotTell(person=person)
        ):
            return replace(changed, person=person)
    return changed
