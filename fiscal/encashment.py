"""The emptying of a cash unit (encashment, инкассация) as a document: what its journal says must be in the box.

    brought from before + came in + put in by staff - paid out - left inside = taken out

A period of a unit's journal ends with its document and the next one begins in the same commit. Later the cash centre
counts: what it finds settles the doubts as far as it proves them, and the rest is the document's surplus or shortage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fiscal.cash_events import CashEvent, Counts, PeriodBegun, PieceResolved
from fiscal.cash_piece import Piece, PiecePhase
from fiscal.cash_unit import CashUnit


@dataclass(frozen=True, slots=True)
class Doubt:
    """A piece of the document that nobody knew of whether it is inside. `value_minor` 0: nor what it is worth.
    `found`: what the count made of it, None before."""

    piece: int
    value_minor: int
    reason: str
    order: str
    found: bool | None = None


@dataclass(frozen=True, slots=True)
class Encashment:
    """One document. `counts` are the pieces that came in and count, `total_minor` what was taken out by the journal.

    `operator` "": nobody had opened an encashment (`unauthorised`). `drift`: the unit's own count less the journal's,
    None where it has none. `centre_minor` is the later count, None before; `difference_minor` is that less what the
    journal says after the doubts it settled: a surplus, or below zero a shortage.
    """

    number: str
    kiosk: str
    device: str
    unit: str
    period: int
    serial: str
    title: str
    currency: str
    from_ms: int
    to_ms: int
    counts: Counts
    counted_minor: int
    brought: Counts
    filled: Counts
    paid_minor: int
    paid_certain: bool
    left: Counts
    total_minor: int
    doubts: tuple[Doubt, ...]
    drift: int | None
    operator: str
    unauthorised: bool
    old_cassette: str
    new_cassette: str
    centre: Counts = ()
    centre_minor: int | None = None
    centre_by: str = ""
    centre_at_ms: int = 0
    difference_minor: int | None = None

    @property
    def expected(self) -> Counts | None:
        """The pieces that were taken out by the journal; None where a payout took some that nobody can name."""
        if self.paid_minor or not self.paid_certain:
            return None
        tally: Counter[int] = Counter()
        for counts in (self.counts, self.brought, self.filled):
            tally.update(dict(counts))
        tally.subtract(dict(self.left))
        return counts_of(tally)


@dataclass(frozen=True, slots=True)
class Place:
    """Which box a document is about."""

    kiosk: str
    device: str
    unit: str
    period: int


def document(at_close: CashUnit, now: CashUnit, place: Place, from_ms: int) -> Encashment:
    """`at_close` is the fold up to `EncashmentClosed`, `now` with what was learnt since: the paper stays what it was.

    `from_ms` is the time of the period's first row.
    """
    closed, found = at_close.closed, at_close.found_as
    assert closed is not None, "a period that goes on has no document"
    begun = at_close.begun
    total = total_minor(at_close, closed.left)
    resolved = {piece.number: piece for piece in now.pieces}
    doubts = tuple(_doubt(piece, resolved[piece.number]) for piece in at_close.doubts)
    settled = sum(resolved[doubt.piece].counted_minor for doubt in doubts)
    centre = now.centre
    return Encashment(
        number=closed.number,
        kiosk=place.kiosk,
        device=place.device,
        unit=place.unit,
        period=place.period,
        serial=found.serial if found else "",
        title=found.title if found else "",
        currency=currency_of(at_close),
        from_ms=begun.since_ms if begun else from_ms,
        to_ms=closed.at_ms,
        counts=kept_counts(at_close),
        counted_minor=at_close.counted_minor,
        brought=begun.left if begun else (),
        filled=filled_counts(at_close),
        paid_minor=sum(ended.paid_minor for ended in at_close.paid_here),
        paid_certain=all(ended.certain for ended in at_close.paid_here),
        left=closed.left,
        total_minor=total,
        doubts=doubts,
        drift=None if at_close.base is None else at_close.drift,
        operator=closed.by,
        unauthorised=at_close.unauthorised,
        old_cassette=begun.cassette if begun else "",
        new_cassette=closed.cassette,
        centre=centre.counts if centre else (),
        centre_minor=centre.total_minor if centre else None,
        centre_by=centre.by if centre else "",
        centre_at_ms=centre.at_ms if centre else 0,
        difference_minor=centre.total_minor - total - settled if centre else None,
    )


def total_minor(unit: CashUnit, left: Counts = ()) -> int:
    """What lies in the box by the journal, less what is left there."""
    inside = sum_minor(unit.begun.left) if unit.begun else 0
    inside += unit.counted_minor + sum_minor(filled_counts(unit))
    return inside - sum(ended.paid_minor for ended in unit.paid_here) - sum_minor(left)


def next_period(unit: CashUnit, period: int, *, elsewhere: frozenset[str], unsettled: frozenset[str]) -> PeriodBegun:
    """The first row of the period after this closed one. `elsewhere`: purchases that other units of the kiosk know
    money of; `unsettled`: those whose money still has to go somewhere."""
    closed = unit.closed
    assert closed is not None, "the period before has not ended"
    owing = tuple((order, unit.inserted_for(order)) for order in sorted(unit.orders & unsettled) if order)
    still = elsewhere | unsettled
    return PeriodBegun(
        period=period,
        since_ms=closed.at_ms,
        cassette=closed.cassette,
        left=closed.left,
        found_as=unit.found_as,
        base=unit.base,
        booked=unit.booked,
        perhaps=unit.perhaps,
        credits=unit.credits,
        kept=unit.last_kept,
        listed=unit.last_listed,
        next_piece=unit.next_piece,
        owing=tuple(one for one in owing if one[1]),
        paid=tuple(ended for ended in unit.paid if order_of(ended.key) in still),
        trouble=unit.trouble,
    )


def settled_by_count(at_close: CashUnit, now: CashUnit, counts: Counts, total: int, by: str) -> tuple[CashEvent, ...]:
    """The doubts that the cash centre's count proves, as events; a doubt that two stories explain stays one.

    `counts` empty: only `total` is known.
    """
    assert at_close.closed is not None, "only a closed period's box can be counted elsewhere"
    open_ones = [piece for piece in at_close.doubts if _is_open(now, piece)]
    evidence = f"encashment {at_close.closed.number}"
    # What a payout took cannot be told by denomination, so then the sum alone is compared.
    if counts and not at_close.paid_here:
        verdicts = _by_denomination(open_ones, _surplus(at_close, now, counts))
    else:
        verdicts = _by_sum(open_ones, total - total_minor(now, at_close.closed.left))
    return tuple(PieceResolved(number, value > 0, value, by, evidence) for number, value in sorted(verdicts.items()))


def _surplus(at_close: CashUnit, now: CashUnit, counts: Counts) -> Counter[int]:
    """Pieces of each denomination that were counted and that no row certainly explains; below zero they are missing."""
    surplus = Counter(dict(counts))
    surplus.subtract(dict(kept_counts(now)))
    surplus.subtract(dict(filled_counts(at_close)))
    surplus.subtract(dict(at_close.begun.left if at_close.begun else ()))
    surplus.update(dict(at_close.closed.left if at_close.closed else ()))
    return surplus


def _by_denomination(doubts: list[Piece], surplus: Counter[int]) -> dict[int, int]:
    """Number -> what it is worth, 0: it is not inside."""
    named = Counter(piece.value_minor for piece in doubts if piece.value_minor)
    nameless = [piece.number for piece in doubts if not piece.value_minor]
    extra = +surplus  # only what is there and unexplained
    verdicts = {piece.number: 0 for piece in doubts if piece.value_minor and not extra[piece.value_minor]}
    if not nameless:
        sure = {value for value, count in named.items() if extra[value] >= count}
        return verdicts | {piece.number: piece.value_minor for piece in doubts if piece.value_minor in sure}
    if not extra:
        return verdicts | dict.fromkeys(nameless, 0)
    # A piece too many may be a named one or a nameless one: only all of them together are proved.
    spare = extra - named
    if named <= extra and len(spare) == 1 and spare.total() == len(nameless):
        verdicts |= {piece.number: piece.value_minor for piece in doubts if piece.value_minor}
        return verdicts | dict.fromkeys(nameless, next(iter(spare)))
    return verdicts


def _by_sum(doubts: list[Piece], surplus: int) -> dict[int, int]:
    """The sum proves all of them or none."""
    if surplus == 0:
        return {piece.number: 0 for piece in doubts}
    if all(piece.value_minor for piece in doubts) and sum(piece.value_minor for piece in doubts) == surplus:
        return {piece.number: piece.value_minor for piece in doubts}
    if len(doubts) == 1 and surplus > 0 and not doubts[0].value_minor:
        return {doubts[0].number: surplus}
    return {}


def kept_counts(unit: CashUnit) -> Counts:
    """What came in and counts."""
    return counts_of(Counter(piece.value_minor for piece in unit.pieces if piece.counts))


def filled_counts(unit: CashUnit) -> Counts:
    tally: Counter[int] = Counter()
    for filled in unit.filled:
        tally.update(dict(filled.counts))
    return counts_of(tally)


def values_of(unit: CashUnit) -> tuple[int, ...]:
    """Denominations that may lie in the box, the greatest first; () where nothing says which."""
    currency = currency_of(unit)
    takes = unit.found_as.takes if unit.found_as else ()
    there = {kind.value_minor for kind in takes if kind.currency == currency}
    there |= {piece.value_minor for piece in unit.pieces}
    there |= {value for counts in (filled_counts(unit), unit.begun.left if unit.begun else ()) for value, _ in counts}
    return tuple(sorted(there - {0}, reverse=True))


def counts_of(tally: Mapping[int, int]) -> Counts:
    return tuple((value, count) for value, count in sorted(tally.items()) if count)


def sum_minor(counts: Iterable[tuple[int, int]]) -> int:
    return sum(value * count for value, count in counts)


def currency_of(unit: CashUnit) -> str:
    """A box holds one currency; "" where nothing says which."""
    takes = unit.found_as.takes if unit.found_as else ()
    named = [piece.currency for piece in unit.pieces] + [kind.currency for kind in takes]
    return next((currency for currency in named if currency), "")


def order_of(key: str) -> str:
    """The purchase that a payout's key names."""
    return key.rpartition("/")[0]


def _is_open(now: CashUnit, piece: Piece) -> bool:
    same = now.piece(piece.number)
    return same is not None and same.phase is PiecePhase.IN_DOUBT


def _doubt(piece: Piece, now: Piece) -> Doubt:
    found = now.counts if now.phase is PiecePhase.RESOLVED else None
    return Doubt(piece.number, piece.value_minor, piece.reason, piece.order, found)
