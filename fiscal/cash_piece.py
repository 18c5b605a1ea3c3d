"""One inserted note or coin from the mouth to the books, as a table of transitions.

    ESCROWED ── StackMeant ──> STACK_SENT ── PieceCredited ──> CREDITED
        └── PieceReturned ──> RETURNED <──────────┤
                                                  └── PieceDoubted ──> IN_DOUBT ── PieceResolved ──> RESOLVED

A piece counts exactly when its phase is CREDITED, or RESOLVED by a person who found it in the box. No row leads from
CREDITED anywhere: nothing is credited twice, and nothing that counts is taken back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from fiscal.cash_events import (
    CashEvent,
    PieceCredited,
    PieceDoubted,
    PieceEscrowed,
    PieceResolved,
    PieceReturned,
    StackMeant,
)


class PiecePhase(Enum):
    ESCROWED = "escrowed"  # the unit holds it, undecided
    STACK_SENT = "stack_sent"  # the intent is durable; the unit may have been told
    CREDITED = "credited"  # it is in the box and counts
    RETURNED = "returned"  # the shopper has it
    IN_DOUBT = "in_doubt"  # nobody knows yet
    RESOLVED = "resolved"  # a person settled it


P = PiecePhase
TRANSITIONS: dict[tuple[PiecePhase | None, type], PiecePhase] = {
    (None, PieceEscrowed): P.ESCROWED,
    (None, PieceCredited): P.CREDITED,  # coins, and notes taken without escrow
    (None, PieceDoubted): P.IN_DOUBT,
    (P.ESCROWED, StackMeant): P.STACK_SENT,
    # The unit may keep a piece without being asked: its own timer, a lost HOLD. It is in the box, so it counts.
    (P.ESCROWED, PieceCredited): P.CREDITED,
    (P.ESCROWED, PieceReturned): P.RETURNED,
    (P.ESCROWED, PieceDoubted): P.IN_DOUBT,
    (P.STACK_SENT, PieceCredited): P.CREDITED,
    (P.STACK_SENT, PieceReturned): P.RETURNED,
    (P.STACK_SENT, PieceDoubted): P.IN_DOUBT,
    (P.IN_DOUBT, PieceResolved): P.RESOLVED,
}
OPEN = frozenset({P.ESCROWED, P.STACK_SENT})
"""Phases in which the piece is on its way: a unit has one such piece at most."""


class PieceNotAllowed(Exception):
    """No row of the table: the event cannot follow this phase. A defect of the program, never of the shop."""

    def __init__(self, phase: PiecePhase | None, event: object) -> None:
        super().__init__(f"{type(event).__name__} cannot follow {phase.value if phase else 'nothing'}")


@dataclass(frozen=True, slots=True)
class Piece:
    """The fold of a piece's events."""

    number: int
    phase: PiecePhase
    type: int
    value_minor: int
    currency: str
    order: str
    reason: str = ""
    counts: bool = False

    @property
    def counted_minor(self) -> int:
        """What it adds to the shopper's money."""
        return self.value_minor if self.counts else 0


def evolve_piece(piece: Piece | None, event: CashEvent) -> Piece:
    """The piece after the event; None before its first. Raises PieceNotAllowed when the table has no row."""
    following = TRANSITIONS.get((piece.phase if piece else None, type(event)))
    if following is None:
        raise PieceNotAllowed(piece.phase if piece else None, event)
    if piece is None:
        assert isinstance(event, PieceEscrowed | PieceCredited | PieceDoubted)
        piece = Piece(event.piece, following, event.type, event.value_minor, event.currency, event.order)
    changed = replace(piece, phase=following)
    match event:
        case PieceCredited(type=type_, value_minor=value, currency=currency, order=order):
            return replace(changed, type=type_, value_minor=value, currency=currency, order=order, counts=True)
        case PieceDoubted(value_minor=value, reason=reason):
            return replace(changed, value_minor=value, reason=reason)
        case PieceResolved(credited=credited, value_minor=value, evidence=evidence):
            return replace(changed, counts=credited, value_minor=value, reason=evidence)
    return changed
