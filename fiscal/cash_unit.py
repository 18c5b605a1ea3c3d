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
    CentreCounted,
    DocumentPrinted,
    EncashmentCancelled,
    EncashmentClosed,
    EncashmentOpened,
    PayEnded,
    PayMeant,
    PeriodBegun,
    PieceBefore,
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
    UnitFilled,
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


class PeriodNotAllowed(Exception):
    """An end of a period that is none. A defect of the program: whoever closes looks first."""


@dataclass(frozen=True, slots=True)
class CashUnit:
    """`base` is the last reading of the unit's own count, `booked` the pieces booked since, `perhaps` the doubts since
    that may be outside the box: they move the count or do not. `drift` is what its count moved in this period more than
    the journal says. `credits` is its wrapping event counter as of the newest piece, `found` what it told after an
    outage and nobody has judged yet. `cassette_left`: who had an encashment open each time the cassette left, "" for
    nobody.
    """

    found_as: UnitFound | None = None
    pieces: tuple[Piece, ...] = ()
    base: int | None = None
    booked: int = 0
    perhaps: int = 0
    credits: int | None = None
    found: tuple[PieceFound, ...] = ()
    drift: int = 0
    begun: PeriodBegun | None = None
    cassette_in: bool = True
    cassette_left: tuple[str, ...] = ()
    encashment: EncashmentOpened | None = None
    closed: EncashmentClosed | None = None
    centre: CentreCounted | None = None
    printed: bool = False
    filled: tuple[UnitFilled, ...] = ()
    trouble: UnitTroubled | None = None
    paying: PayMeant | None = None
    paid: tuple[PayEnded, ...] = ()

    @property
    def next_piece(self) -> int:
        first = self.begun.next_piece if self.begun else 1
        return self.pieces[-1].number + 1 if self.pieces else first

    @property
    def on_its_way(self) -> Piece | None:
        """The piece that is in escrow or was told to be kept."""
        return self.pieces[-1] if self.pieces and self.pieces[-1].phase in OPEN else None

    @property
    def last_kept(self) -> PieceBefore | None:
        """The newest piece that counts, of an earlier period if there is none in this."""
        kept = next((piece for piece in reversed(self.pieces) if piece.counts), None)
        if kept is None:
            return self.begun.kept if self.begun else None
        return PieceBefore(kept.number, PieceKind(kept.type, kept.value_minor, kept.currency), kept.order)

    @property
    def last_listed(self) -> int:
        """The number of the newest piece that counts or is in doubt: what a unit that tells of something kept may mean.
        0: there is none."""
        listed = (piece for piece in reversed(self.pieces) if piece.counts or piece.phase is PiecePhase.IN_DOUBT)
        return next((piece.number for piece in listed), self.begun.listed if self.begun else 0)

    @property
    def unauthorised(self) -> bool:
        """The cassette left while nobody had opened an encashment."""
        return "" in self.cassette_left

    @property
    def may_take(self) -> bool:
        """Money that goes in now belongs to this period: no encashment is open, and none is owed."""
        return self.encashment is None and self.closed is None and not self.unauthorised

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
        before = dict(self.begun.owing).get(order, 0) if self.begun else 0
        return before + sum(piece.counted_minor for piece in self.pieces if piece.order == order)

    @property
    def orders(self) -> frozenset[str]:
        """The purchases that this period knows money of; "" for pieces that were inserted for none."""
        before = dict(self.begun.owing) if self.begun else {}
        return frozenset({*before, *(piece.order for piece in self.pieces)})

    @property
    def paid_here(self) -> tuple[PayEnded, ...]:
        """Payouts out of this period's box; `paid` also has those carried over."""
        return self.paid[len(self.begun.paid) if self.begun else 0 :]

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
            unit = replace(unit, found_as=event, credits=_or(credits, unit.credits), found=(), trouble=None)
            return _read(unit, stacked)
        case UnitCounted(stacked=stacked):
            return _read(unit, stacked)
        case PieceFound():
            return replace(unit, found=(*unit.found, event))
        case PieceRepeated(credits=credits):
            return replace(unit, credits=_or(credits, unit.credits))
        case CassetteTaken(by=by):
            return replace(unit, cassette_in=False, cassette_left=(*unit.cassette_left, by))
        case CassettePut():
            return replace(unit, cassette_in=True)
        case EncashmentOpened():
            return replace(unit, encashment=event)
        case EncashmentCancelled():
            return replace(unit, encashment=None)
        case UnitFilled():
            return replace(unit, filled=(*unit.filled, event))
        case EncashmentClosed():
            return _closed(unit, event)
        case PeriodBegun():
            return _begun(event)
        case CentreCounted():
            return replace(unit, centre=event)
        case DocumentPrinted():
            return replace(unit, printed=True)
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
            unit = replace(unit, booked=unit.booked + kept, perhaps=unit.perhaps + (not kept))
            return replace(_with(unit, event), credits=_or(credits, unit.credits))
        case PieceEscrowed() | StackMeant() | PieceReturned() | PieceResolved():
            return _with(unit, event)


def fold_unit(events: Iterable[CashEvent]) -> CashUnit:
    """The unit that its journal makes."""
    unit = CashUnit()
    for event in events:
        unit = evolve_unit(unit, event)
    return unit


def _read(unit: CashUnit, stacked: int | None) -> CashUnit:
    """Its own count was read: pieces are reckoned from here."""
    known = unit.base is not None and stacked is not None
    apart = stacked - unit.base - unit.booked if known else 0  # type: ignore[operator]  # known says so
    if abs(apart) > BELIEVED:
        apart = unit.taken_unknown(stacked) or 0  # it wrapped, or was reset
    if apart > 0:
        apart = max(0, apart - unit.perhaps)  # a doubt that is listed explains it
    return replace(unit, base=stacked, booked=0, perhaps=0, drift=unit.drift + apart)


def _closed(unit: CashUnit, event: EncashmentClosed) -> CashUnit:
    if unit.closed is not None or unit.on_its_way is not None or unit.paying is not None or unit.found:
        raise PeriodNotAllowed(f"{event.number}: a period ends once, with nothing on its way in or out")
    return replace(unit, closed=event, encashment=None)


def _begun(event: PeriodBegun) -> CashUnit:
    """A box that is empty but for what was left in it; everything else goes on."""
    return CashUnit(
        found_as=event.found_as,
        base=event.base,
        booked=event.booked,
        perhaps=event.perhaps,
        credits=event.credits,
        begun=event,
        paid=event.paid,
        trouble=event.trouble,
    )


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
