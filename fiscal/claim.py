"""A claim slip: the shop owes a shopper money that is in its box, and pays it out once against a signed code.

    ISSUED ── ClaimPayMeant ──> PAYING ── ClaimPaid ──> PAID
       │  ^──── ClaimPayFailed ────┘
       ├── ClaimCancelled ──> CANCELLED          (a person, with a reason: the money was found to be nobody's)
       ├── ClaimExpired ──> EXPIRED ── ClaimPayMeant (a supervisor) ──> PAYING
       └── ClaimMoved (also from EXPIRED) ──> MOVED ── ClaimTaken ──> ISSUED

MOVED: another agent owes it now. There the claim begins with ClaimTaken; a claim is owed by one agent at a time,
because the one that gives it over has written so before anybody else hears of it.

The slip carries everything needed to check it without asking anybody:

    TK1.<issuer>.<number>.<minor units>.<currency>.<expires, days since 1970>.<signature>

The signature is HMAC-SHA256 over the text before it, the first 10 bytes in base32: nobody makes one up, and a number
typed wrong is noticed. That it is paid once only the journal of the agent that owes it knows: another one takes the
claim over through HQ first, and shows by the hash of the whole code that it has seen the slip.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, replace
from enum import Enum

DAY_MS = 86_400_000
SIGNED_BYTES = 10  # 80 bits: not to be guessed at a counter, and still 16 letters
PREFIX = "TK1"


class ClaimPhase(Enum):
    ISSUED = "issued"
    PAYING = "paying"  # the intent is durable: the register may have booked the payout
    PAID = "paid"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    MOVED = "moved"  # given over to another agent, which owes it from then on


@dataclass(frozen=True, slots=True)
class ClaimIssued:
    """`reason` names a text: change_short, timeout, in_doubt, card_unknown, cancelled, restored (a person's
    word about money of before a restore). `order`: whose money it was."""

    number: str
    amount_minor: int
    currency: str
    reason: str
    order: str
    issuer: str
    at_ms: int
    expires_ms: int


@dataclass(frozen=True, slots=True)
class ClaimPayMeant:
    """`last_document`: the register's newest before it, to find out afterwards whether it booked the payout."""

    by: str
    till: str
    last_document: int
    supervisor: bool = False


@dataclass(frozen=True, slots=True)
class ClaimPaid:
    """The register booked the payout (выплата)."""

    at_ms: int
    how: str  # "seen", "found" after an outage, "person"


@dataclass(frozen=True, slots=True)
class ClaimPayFailed:
    """Proved: nothing was booked and nothing was handed out."""

    reason: str


@dataclass(frozen=True, slots=True)
class ClaimCancelled:
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class ClaimExpired:
    at_ms: int


@dataclass(frozen=True, slots=True)
class ClaimMoved:
    """Given over to the agent `to`, which asked for it by `request`."""

    to: str
    request: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ClaimTaken:
    """Taken over from the agent `giver`, or taken back from it. `slip` is the hash of the slip's code: the taker has
    no key to check the signature with."""

    issued: ClaimIssued
    giver: str
    request: str
    slip: str
    at_ms: int


ClaimEvent = (
    ClaimIssued | ClaimPayMeant | ClaimPaid | ClaimPayFailed | ClaimCancelled | ClaimExpired | ClaimMoved | ClaimTaken
)

P = ClaimPhase
TRANSITIONS: dict[tuple[ClaimPhase, type], ClaimPhase] = {
    (P.ISSUED, ClaimPayMeant): P.PAYING,
    (P.ISSUED, ClaimCancelled): P.CANCELLED,
    (P.ISSUED, ClaimExpired): P.EXPIRED,
    (P.EXPIRED, ClaimPayMeant): P.PAYING,
    (P.PAYING, ClaimPaid): P.PAID,
    (P.PAYING, ClaimPayFailed): P.ISSUED,
    (P.ISSUED, ClaimMoved): P.MOVED,
    (P.EXPIRED, ClaimMoved): P.MOVED,
    (P.MOVED, ClaimTaken): P.ISSUED,
}
OWED = frozenset({P.ISSUED, P.PAYING, P.EXPIRED})
"""Phases in which this agent owes the money."""


class ClaimNotAllowed(Exception):
    """No row of the table, or an expired slip without a supervisor."""

    def __init__(self, phase: ClaimPhase, event: object) -> None:
        super().__init__(f"{type(event).__name__} cannot follow {phase.value}")


@dataclass(frozen=True, slots=True)
class Claim:
    """The fold of a claim's events. `slip`: the hash of the code of a claim that another agent has issued; `at`: the
    agent that owes it after it was given over, by `request`."""

    issued: ClaimIssued
    phase: ClaimPhase = ClaimPhase.ISSUED
    meant: ClaimPayMeant | None = None
    reason: str = ""
    slip: str = ""
    at: str = ""
    request: str = ""

    @property
    def owed_minor(self) -> int:
        return self.issued.amount_minor if self.phase in OWED else 0

    def age_days(self, now_ms: int) -> int:
        return max(0, now_ms - self.issued.at_ms) // DAY_MS

    def is_over(self, now_ms: int) -> bool:
        """Is its day past? It is then for a supervisor to pay it."""
        return self.phase is ClaimPhase.ISSUED and now_ms >= self.issued.expires_ms


def begin_claim(event: ClaimEvent) -> Claim:
    """The claim after its first event. Raises ValueError for one that begins nothing."""
    match event:
        case ClaimIssued():
            return Claim(event)
        case ClaimTaken():
            return Claim(event.issued, slip=event.slip, request=event.request)
    raise ValueError(f"a claim begins with {type(event).__name__}")


def evolve_claim(claim: Claim, event: ClaimEvent) -> Claim:
    """The claim after the event. Raises ClaimNotAllowed."""
    following = TRANSITIONS.get((claim.phase, type(event)))
    if following is None:
        raise ClaimNotAllowed(claim.phase, event)
    if isinstance(event, ClaimPayMeant):
        if claim.phase is ClaimPhase.EXPIRED and not event.supervisor:
            raise ClaimNotAllowed(claim.phase, event)
        return replace(claim, phase=following, meant=event)
    if isinstance(event, ClaimMoved):
        return replace(claim, phase=following, at=event.to, request=event.request)
    if isinstance(event, ClaimTaken):
        return replace(claim, phase=following, at="", request=event.request)
    reason = getattr(event, "why", getattr(event, "reason", claim.reason))
    return replace(claim, phase=following, reason=reason)


@dataclass(frozen=True, slots=True)
class Slip:
    """What a code says of itself; that it says the truth is known once its signature was checked."""

    issuer: str
    number: str
    amount_minor: int
    currency: str
    expires_day: int


class SlipWrong(Exception):
    """`code` names a text: slip_unreadable (not a slip), slip_forged (its signature is not ours)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def slip_code(claim: ClaimIssued, key: bytes) -> str:
    """The code printed on the slip. Raises ValueError where a part could not be told from the next."""
    parts = (claim.issuer, claim.number, str(claim.amount_minor), claim.currency, str(claim.expires_ms // DAY_MS))
    if any("." in part or not part for part in parts):
        raise ValueError(f"a part of the slip is empty or has a dot: {parts}")
    text = ".".join((PREFIX, *parts))
    return f"{text}.{_signature(text, key)}"


def read_slip(code: str, key: bytes) -> Slip:
    """The slip that a scanned or typed code is. Raises SlipWrong.

    A signature of another shop's key is as wrong as a forged one: whoever has not the key asks HQ.
    """
    slip = parse_slip(code)
    text, _, signature = code.strip().rpartition(".")
    if not hmac.compare_digest(_signature(text, key).encode(), signature.upper().encode()):
        raise SlipWrong("slip_forged")
    return slip


def parse_slip(code: str) -> Slip:
    """What a code says, without a look at its signature. Raises SlipWrong."""
    text, _, signature = code.strip().rpartition(".")
    parts = text.split(".")
    if len(parts) != 6 or parts[0] != PREFIX or not signature or not (parts[3].isdecimal() and parts[5].isdecimal()):
        raise SlipWrong("slip_unreadable")
    return Slip(parts[1], parts[2], int(parts[3]), parts[4], int(parts[5]))


def slip_hash(code: str) -> str:
    """SHA-256 of the code as it is printed, in hex: who knows it has seen the slip. The signature's 80 bits are in it,
    so nobody finds the code from the hash."""
    return hashlib.sha256(as_printed(code).encode()).hexdigest()


def as_printed(code: str) -> str:
    """The code as it is printed: its signature may have been typed in small letters."""
    body, _, signature = code.strip().rpartition(".")
    return f"{body}.{signature.upper()}"


def _signature(text: str, key: bytes) -> str:
    digest = hmac.new(key, text.encode(), hashlib.sha256).digest()[:SIGNED_BYTES]
    return base64.b32encode(digest).decode()
