"""What a cash unit's word means for the journal: credited, told again, given back, or in doubt.

Two moments are judged. `kept` is the normal course: the unit says that a piece is in the box. `settle` follows an
outage of the host or of the unit, once the unit is identified: the last row of the journal, what the unit told since
(`CashUnit.found`) and its own count together say what became of the piece that was on its way.

    last row            the unit says                          verdict
    ESCROWED            nothing, count unchanged               given back
    ESCROWED, SENT      kept, the same type                    credited once
    SENT                nothing; count +1 / +0 / cannot tell   credited / given back / IN_DOUBT
    CREDITED            kept, the same type, count unchanged   told again, no second credit
    CREDITED            kept, and the count moved              a new piece, credited
    anything            kept, of a type nobody knows           IN_DOUBT
    anything            the count moved without a word         IN_DOUBT, for each piece

Nothing here guesses: what is not proved is IN_DOUBT, listed, and settled by a person who counts the box.
"""

from __future__ import annotations

from fiscal.cash_events import (
    CashEvent,
    PieceCredited,
    PieceDoubted,
    PieceFound,
    PieceKind,
    PieceRepeated,
    PieceReturned,
    UnitFound,
)
from fiscal.cash_piece import Piece, PiecePhase
from fiscal.cash_unit import CashUnit, evolve_unit


def kept(
    unit: CashUnit, type_: int, kind: PieceKind | None, order: str, credits: int | None = None, how: str = "seen"
) -> CashEvent:
    """The unit says that a piece of this type is in the box. `kind` None: its table does not have the type.

    `credits` is the unit's event counter after the piece, where it has one: the exact proof of what is news.
    """
    if credits is not None and credits == unit.credits and unit.last_kept is not None:
        return PieceRepeated(unit.last_kept.number, credits)
    moving = unit.on_its_way
    if moving is not None:
        if kind is None or kind.type != moving.type:
            return _doubt(moving, moving.number, "other_type", kept=True, credits=credits)
        return _credit(moving.number, kind, moving.order, how, credits)
    if kind is None:
        return _unknown(unit.next_piece, type_, order, "unknown_type", credits)
    if unit.found_as is not None and unit.found_as.escrow and credits is None:
        # Nothing is kept out of an escrow without our intent, and every intent has a row: this is an old piece told
        # again, or a unit that does what it should not.
        last = unit.last_kept
        if last is not None and last.type == kind.type:
            return PieceRepeated(last.number)
        return _doubt_of_kind(unit.next_piece, kind, order, "unasked")
    return _credit(unit.next_piece, kind, order, how, credits)


def overtaken(unit: CashUnit) -> tuple[CashEvent, ...]:
    """Another piece is in escrow while the journal still has one on its way: that one's end was never told."""
    moving = unit.on_its_way
    if moving is None:
        return ()
    if moving.phase is PiecePhase.ESCROWED:
        return (PieceReturned(moving.number, "found"),)
    return (_doubt(moving, moving.number, "overtaken", kept=False),)


def settle(unit: CashUnit, now: UnitFound) -> tuple[CashEvent, ...]:
    """What the journal writes when the unit was identified: the verdicts, then `now` itself."""
    before = unit.found_as
    if before is not None and before.serial != now.serial:
        return (*_all_in_doubt(unit), now)
    unknown = unit.taken_unknown(now.stacked)
    verdicts: list[CashEvent] = []
    for found in unit.found:
        verdict = _of_found(unit, found, unknown)
        verdicts.append(verdict)
        unit = evolve_unit(unit, verdict)
        if unknown is not None and not isinstance(verdict, PieceRepeated):
            unknown -= 1
    moving = unit.on_its_way
    if moving is not None:
        verdict = _of_moving(moving, unknown)
        verdicts.append(verdict)
        unit = evolve_unit(unit, verdict)
        if unknown and not isinstance(verdict, PieceReturned):
            unknown -= 1
    # The unit took pieces that nobody told of: money is in the box that no row explains.
    for extra in range(max(0, unknown or 0)):
        verdicts.append(_unknown(unit.next_piece + extra, 0, "", "uncounted", None))
    return (*verdicts, now)


def _of_found(unit: CashUnit, found: PieceFound, unknown: int | None) -> CashEvent:
    kind = PieceKind(found.type, found.value_minor, found.currency) if found.value_minor else None
    moving, last = unit.on_its_way, unit.last_kept
    if moving is not None:
        if kind is not None and kind.type == moving.type:
            return _credit(moving.number, kind, moving.order, "found", None)
        return _doubt(moving, moving.number, "other_type", kept=True)
    if last is not None and unknown is not None and unknown <= 0:
        return PieceRepeated(last.number)  # nothing new is in the box, whatever it says
    if last is not None and unknown is None and kind is not None and last.type == kind.type:
        return PieceRepeated(last.number)  # without our intent, and every intent has a row, it keeps nothing
    if kind is not None and unknown is not None and unknown > 0:
        return _credit(unit.next_piece, kind, "", "found", None)
    return _doubt_of_found(unit.next_piece, found, "unexplained")


def _of_moving(moving: Piece, unknown: int | None) -> CashEvent:
    if unknown is None:
        if moving.phase is PiecePhase.ESCROWED:
            return PieceReturned(moving.number, "found")
        return _doubt(moving, moving.number, "count_unreadable", kept=False)
    if unknown <= 0:
        return PieceReturned(moving.number, "counted")
    if moving.phase is PiecePhase.ESCROWED or not moving.value_minor:
        return _doubt(moving, moving.number, "kept_unasked", kept=True)
    if unknown > 1:
        return _doubt(moving, moving.number, "count_too_high", kept=True)
    kind = PieceKind(moving.type, moving.value_minor, moving.currency)
    return _credit(moving.number, kind, moving.order, "counted", None)


def _all_in_doubt(unit: CashUnit) -> list[CashEvent]:
    """Another machine stands there: what the old one did cannot be asked any more."""
    verdicts: list[CashEvent] = []
    moving = unit.on_its_way
    if moving is not None:
        verdicts.append(_doubt(moving, moving.number, "other_unit", kept=False))
    verdicts += [_doubt_of_found(unit.next_piece + at, found, "other_unit") for at, found in enumerate(unit.found)]
    return verdicts


def _credit(number: int, kind: PieceKind, order: str, how: str, credits: int | None) -> PieceCredited:
    return PieceCredited(number, kind.type, kind.value_minor, kind.currency, order, how, credits)


def _doubt(piece: Piece, number: int, reason: str, *, kept: bool, credits: int | None = None) -> PieceDoubted:
    return PieceDoubted(number, piece.type, piece.value_minor, piece.currency, piece.order, reason, kept, credits)


def _doubt_of_found(number: int, found: PieceFound, reason: str) -> PieceDoubted:
    return _doubt_of_kind(number, PieceKind(found.type, found.value_minor, found.currency), "", reason)


def _doubt_of_kind(number: int, kind: PieceKind, order: str, reason: str) -> PieceDoubted:
    return PieceDoubted(number, kind.type, kind.value_minor, kind.currency, order, reason, True)


def _unknown(number: int, type_: int, order: str, reason: str, credits: int | None) -> PieceDoubted:
    return PieceDoubted(number, type_, 0, "", order, reason, True, credits)
