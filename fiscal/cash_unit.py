"""A cash unit as its journal tells it: its identity, the piece on its way, its counters, and every piece of the period.

The hardware's own count is the witness after an outage. It is read while the unit takes nothing (`UnitFound`,
`UnitCounted`); from there on `booked` counts the pieces of ours that must have moved it, so that at the next reading
the difference says how many pieces the unit took that the journal does not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from fiscal.cash_events import (
    CashEvent,
    CassettePut,
    CassetteTaken,
    PayEnded,
    PayMeant,
    PieceCredited,
    PieceDoubted,
    PieceEscrowed,
    PieceFound,
    PieceKind,
    PieceRepeated,
    PieceResolved,
    PieceReturned,
    StackMeant,
    UnitCounted,
    UnitFound,
    UnitTroubled,
)
from fiscal.cash_piece import OPEN, Piece, PiecePhase, evolve_piece

WIDTHS = (16, 24, 32)
"""Bits of the counters there are: CCNET 16, ccTalk 24, SSP 32."""
BELIEVED = 100
"""More pieces than this between two readings are a counter that was reset, not pieces."""


class PayoutNotAllowed(Exception):
    """A payout that was not meant, or a second one while the first is open. A defect of the program."""


@dataclass(frozen=True, slots=True)
class CashUnit:
    """`base` is the last reading of the unit's own count, `booked` the pieces booked since. `credits` is its wrapping
    event counter as of the newest piece, `found` what it told after an outage and nobody has judged yet."""

    found_as: UnitFound | None = None
    pieces: tuple[Piece, ...] = ()
    base: int | None = None
    booked: int = 0
    credits: int | None = None
    found: tuple[PieceFound, ...] = ()
    cassette_in: bool = True
    trouble: UnitTroubled | None = None
    paying: PayMeant | None = None
    paid: tuple[PayEnded, ...] = ()

    @property
    def next_piece(self) -> int:
        return self.pieces[-1].number + 1 if self.pieces else 1

    @property
    def on_its_way(self) -> Piece | None:
        """The piece that is in escrow or was told to be kept."""
        return self.pieces[-1] if self.pieces and self.pieces[-1].phase in OPEN else None

    @property
    def last_kept(self) -> Piece | None:
        """The newest piece that counts."""
        return next((piece for piece in reversed(self.pieces) if piece.counts), None)

    @property
    def counted_minor(self) -> int:
        return sum(piece.counted_minor for piece in self.pieces)

    @property
    def doubts(self) -> tuple[Piece, ...]:
        return tuple(piece for piece in self.pieces if piece.phase is PiecePhase.IN_DOUBT)

    def piece(self, number: int) -> Piece | None:
        at = number - self.pieces[0].number if self.pieces else -1
        return self.pieces[at] if 0 <= at < len(self.pieces) else None

    def inserted_for(self, order: str) -> int:
        """What counts of the pieces inserted for a purchase, in minor units."""
        return sum(piece.counted_minor for piece in self.pieces if piece.order == order)

    def kind(self, type_: int) -> PieceKind | None:
        if self.found_as is None:
            return None
        return next((kind for kind in self.found_as.takes if kind.type == type_), None)

    def taken_unknown(self, stacked: int | None) -> int | None:
        """How many pieces it took since the last reading that the journal does not count; None: cannot be told."""
        if stacked is None or self.base is None:
            return None
        unknown = stacked - self.base - self.booked
        if unknown < 0:
            wrapped = (unknown + (1 << width) for width in WIDTHS)
            unknown = next((count for count in wrapped if 0 <= count <= BELIEVED), -1)
        return unknown if 0 <= unknown <= BELIEVED else None


def evolve_unit(unit: CashUnit, event: CashEvent) -> CashUnit:
    """The unit after the event. Raises PieceNotAllowed and PayoutNotAllowed."""
    match event:
        case UnitFound(stacked=stacked, credits=credits):
            return replace(
                unit, found_as=event, base=stacked, booked=0, credits=_or(credits, unit.credits), found=(), trouble=None
            )
        case UnitCounted(stacked=stacked):
            return replace(unit, base=stacked, booked=0)
        case PieceFound():
            return replace(unit, found=(*unit.found, event))
        case PieceRepeated(credits=credits):
            return replace(unit, credits=_or(credits, unit.credits))
        case CassetteTaken():
            return replace(unit, cassette_in=False)
        case CassettePut():
            return replace(unit, cassette_in=True)
        case UnitTroubled():
            return replace(unit, trouble=event)
        case PayMeant():
            if unit.paying is not None:
                raise PayoutNotAllowed(f"payout {unit.paying.key} has not ended")
            return replace(unit, paying=event)
        case PayEnded(key=key):
            if unit.paying is None or unit.paying.key != key:
                raise PayoutNotAllowed(f"payout {key} was not meant")
            return replace(unit, paying=None, paid=(*unit.paid, event))
        case PieceCredited(credits=credits) | PieceDoubted(credits=credits):
            kept = event.kept if isinstance(event, PieceDoubted) else True
            return replace(_with(unit, event), booked=unit.booked + kept, credits=_or(credits, unit.credits))
        case PieceEscrowed() | StackMeant() | PieceReturned() | PieceResolved():
            return _with(unit, event)


def fold_unit(events: Iterable[CashEvent]) -> CashUnit:
    """The unit that its journal makes."""
    unit = CashUnit()
    for event in events:
        unit = evolve_unit(unit, event)
    return unit


def _or(newer: int | None, older: int | None) -> int | None:
    return older if newer is None else newer


def _with(unit: CashUnit, event: CashEvent) -> CashUnit:
    """Pieces are numbered without holes, so a number is a place."""
    number: int = event.piece  # type: ignore[union-attr]  # every event about a piece names it
    before = unit.piece(number)
    after = evolve_piece(before, event)
    if before is None:
        assert number == unit.next_piece, "pieces are numbered one after the other"
        return replace(unit, pieces=(*unit.pieces, after))
    at = number - unit.pieces[0].number
    return replace(unit, pieces=(*unit.pieces[:at], after, *unit.pieces[at + 1 :]))
