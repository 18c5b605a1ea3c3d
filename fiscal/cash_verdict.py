"""What a cash unit's word means for the journal: credited, told again, given back, or in doubt.

Three moments are judged. `kept` is the normal course: the unit says that a piece is in the box. `settle` follows an
outage of the host or of the unit, once the unit is identified: the last row of the journal, what the unit told since
(`CashUnit.found`) and its own count together say what became of the piece that was on its way. `recount` is the reading
before the unit opens: it takes nothing, so a piece that the journal still has on its way has had its end untold.

    last row            the unit says                          verdict
    ESCROWED            nothing, count unchanged               given back
    ESCROWED, SENT      kept, the same type                    credited once
    SENT                nothing; count +1 / +0 / cannot tell   credited / given back / IN_DOUBT
    CREDITED            kept, the same type, count unchanged   told again, no second credit
    CREDITED            kept, and the count moved              a new piece, credited
    SENT                kept, which one it does not say:
                          count +1, or cannot tell             credited as the piece that we asked it to keep
                          count +2 and more                    IN_DOUBT: the word may be about another one
    ESCROWED            kept, which one it does not say:
                          count +1 / cannot tell               credited / IN_DOUBT, for nobody asked it to
    any of these        the same, and count +0                 told again; the piece on its way was given back
    CREDITED, IN_DOUBT  kept, which one it does not say:
                          count +0, or cannot tell             told again, no second credit
                          the count moved                      a new piece of no known value: IN_DOUBT
    SENT                nothing, and a doubt since the last
                          reading may explain the count        IN_DOUBT as well: one of the two is inside
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
    UnitCounted,
    UnitFound,
)
from fiscal.cash_piece import Piece, PiecePhase
from fiscal.cash_unit import CashUnit, evolve_unit

UNSAID = 0
"""The type of a piece that the unit kept without saying which it is: after a restart some name none."""


def kept(
    unit: CashUnit, type_: int, kind: PieceKind | None, order: str, credits: int | None = None, how: str = "seen"
) -> CashEvent:
    """The unit says that a piece of this type is in the box. `kind` None: its table does not have the type.

    `credits` is the unit's event counter after the piece, where it has one: the exact proof of what is news.
    """
    if credits is not None and credits == unit.credits and unit.last_kept is not None:
        return PieceRepeated(unit.last_kept.piece, credits)
    moving = unit.on_its_way
    if moving is not None:
        if type_ == UNSAID and moving.phase is PiecePhase.STACK_SENT:
            kind = _own_kind(moving)  # we asked it to keep this one, and there is no other
        if kind is None or kind.type != moving.type:
            return _doubt(moving, moving.number, "other_type", kept=True, credits=credits)
        return _credit(moving.number, kind, moving.order, how, credits)
    if kind is None:
        if type_ == UNSAID and credits is None and unit.last_listed and _asks_first(unit):
            return PieceRepeated(unit.last_listed)
        return _unknown(unit.next_piece, type_, order, "unknown_type", credits)
    if _asks_first(unit) and credits is None:
        # Nothing is kept out of an escrow without our intent, and every intent has a row: this is an old piece told
        # again, or a unit that does what it should not.
        last = unit.last_kept
        if last is not None and last.kind.type == kind.type:
            return PieceRepeated(last.piece)
        return _doubt_of_kind(unit.next_piece, kind, order, "unasked")
    return _credit(unit.next_piece, kind, order, how, credits)


def overtaken(unit: CashUnit) -> tuple[CashEvent, ...]:
    """The unit says that nothing is on its way, or has another piece in escrow, while the journal still has one on its
    way: that one's end was never told."""
    moving = unit.on_its_way
    if moving is None:
        return ()
    if moving.phase is PiecePhase.ESCROWED:
        return (PieceReturned(moving.number, "found"),)
    return (_doubt(moving, moving.number, "overtaken", kept=False),)


def recount(unit: CashUnit, stacked: int | None) -> tuple[CashEvent, ...]:
    """What the journal writes when the unit's count was read while it takes nothing: the verdict on a piece whose end
    was never told, then the reading."""
    moving = unit.on_its_way
    verdict = () if moving is None else (_of_moving(unit, moving, unit.taken_unknown(stacked)),)
    return (*verdict, UnitCounted(stacked))


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
        verdict = _of_moving(unit, moving, unknown)
        verdicts.append(verdict)
        unit = evolve_unit(unit, verdict)
        inside = verdict.kept if isinstance(verdict, PieceDoubted) else isinstance(verdict, PieceCredited)
        if unknown and inside:
            unknown -= 1
    # The unit took pieces that nobody told of: money is in the box that no row explains. A doubt that may be outside is
    # the row of one of them.
    for extra in range(max(0, (unknown or 0) - unit.perhaps)):
        verdicts.append(_unknown(unit.next_piece + extra, 0, "", "uncounted", None))
    return (*verdicts, now)


def _of_found(unit: CashUnit, found: PieceFound, unknown: int | None) -> CashEvent:
    if found.type == UNSAID:
        return _of_unsaid(unit, found, unknown)
    kind = PieceKind(found.type, found.value_minor, found.currency) if found.value_minor else None
    moving, last = unit.on_its_way, unit.last_kept
    if moving is not None:
        if kind is not None and kind.type == moving.type:
            return _credit(moving.number, kind, moving.order, "found", None)
        return _doubt(moving, moving.number, "other_type", kept=True)
    if last is not None and unknown is not None and unknown <= 0:
        return PieceRepeated(last.piece)  # nothing new is in the box, whatever it says
    if last is not None and unknown is None and kind is not None and last.kind.type == kind.type:
        return PieceRepeated(last.piece)  # without our intent, and every intent has a row, it keeps nothing
    if kind is not None and unknown is not None and unknown > 0:
        return _credit(unit.next_piece, kind, "", "found", None)
    return _doubt_of_found(unit.next_piece, found, "unexplained")


def _of_unsaid(unit: CashUnit, found: PieceFound, unknown: int | None) -> CashEvent:
    """It kept something and does not say which: the piece on its way where there is one, else the newest one listed."""
    moving, listed = unit.on_its_way, unit.last_listed
    if unknown is not None and unknown <= 0 and listed:
        return PieceRepeated(listed)
    if moving is None:
        if unknown is None and listed and _asks_first(unit):
            return PieceRepeated(listed)
        return _doubt_of_found(unit.next_piece, found, "unexplained")
    kind = _own_kind(moving)
    if kind is None:
        return _doubt(moving, moving.number, "unknown_type", kept=True)
    if unknown is not None and unknown > 1:
        return _doubt(moving, moving.number, "count_too_high", kept=True)
    if unknown is None and moving.phase is PiecePhase.ESCROWED:
        return _doubt(moving, moving.number, "kept_unasked", kept=True)
    return _credit(moving.number, kind, moving.order, "found", None)


def _of_moving(unit: CashUnit, moving: Piece, unknown: int | None) -> CashEvent:
    kind = _own_kind(moving)
    if unknown is None:
        if moving.phase is PiecePhase.ESCROWED:
            return PieceReturned(moving.number, "found")
        return _doubt(moving, moving.number, "count_unreadable", kept=False)
    if unknown <= 0:
        return PieceReturned(moving.number, "counted")
    if unknown <= unit.perhaps:
        return _doubt(moving, moving.number, "count_shared", kept=False)
    if moving.phase is PiecePhase.ESCROWED or kind is None:
        return _doubt(moving, moving.number, "kept_unasked", kept=True)
    if unknown > unit.perhaps + 1:
        return _doubt(moving, moving.number, "count_too_high", kept=True)
    return _credit(moving.number, kind, moving.order, "counted", None)


def _own_kind(piece: Piece) -> PieceKind | None:
    """What it was in escrow; None where its value was not known there either."""
    return PieceKind(piece.type, piece.value_minor, piece.currency) if piece.value_minor else None


def _asks_first(unit: CashUnit) -> bool:
    """It keeps nothing without our intent, and every intent has a row."""
    return unit.found_as is not None and unit.found_as.escrow


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
