"""What can happen to the notes and coins of one cash unit: the facts its journal is made of.

A piece is one note or coin, numbered 1, 2, 3 ... within its unit's journal. Every event is durable before the device is
told to go on. `order` is the purchase the shopper was paying for, "" when there was none.
"""

from __future__ import annotations

from dataclasses import dataclass

Counts = tuple[tuple[int, int], ...]
"""(value_minor, pieces) of each denomination, small ones first."""


@dataclass(frozen=True, slots=True)
class PieceKind:
    """A note or coin as the unit numbers it."""

    type: int
    value_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class UnitFound:
    """The unit was identified and takes nothing. `stacked`: its own count of all pieces, `credits`: its wrapping event
    counter; None where it has none or would not tell."""

    serial: str
    title: str
    takes: tuple[PieceKind, ...]
    escrow: bool
    stacked: int | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class UnitCounted:
    """The unit's own count, read while it took nothing: later pieces are reckoned from here."""

    stacked: int | None


@dataclass(frozen=True, slots=True)
class PieceEscrowed:
    piece: int
    type: int
    value_minor: int  # 0: the unit named a type that its table does not have
    currency: str
    order: str


@dataclass(frozen=True, slots=True)
class StackMeant:
    """The intent: only now may the unit be told to keep the piece."""

    piece: int


@dataclass(frozen=True, slots=True)
class PieceCredited:
    """It is in the box and counts. `how`: "seen" in the normal course, "found" after an outage as the unit tells it,
    "counted" because the unit's own counter proves it."""

    piece: int
    type: int
    value_minor: int
    currency: str
    order: str
    how: str
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PieceReturned:
    """It is proved not to be in the box."""

    piece: int
    how: str  # "seen", "found" after an outage, "counted"


@dataclass(frozen=True, slots=True)
class PieceFound:
    """After an outage the unit says that it stacked a piece; whether that is news is judged once it is identified."""

    type: int
    value_minor: int  # 0: not known
    currency: str


@dataclass(frozen=True, slots=True)
class PieceRepeated:
    """The unit told a piece again that counts already: it is acknowledged and counts no second time."""

    piece: int
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PieceDoubted:
    """Whether the piece is in the box, or what it is worth, is not known. `value_minor` 0: not known. `kept`: the unit
    said that it kept it."""

    piece: int
    type: int
    value_minor: int
    currency: str
    order: str
    reason: str
    kept: bool
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class PieceResolved:
    """A person settled a doubt, by counting the box or by other evidence."""

    piece: int
    credited: bool
    value_minor: int
    by: str
    evidence: str


@dataclass(frozen=True, slots=True)
class CassetteTaken:
    """`by`: who opened an encashment before, "" when nobody did."""

    by: str


@dataclass(frozen=True, slots=True)
class CassettePut:
    pass


@dataclass(frozen=True, slots=True)
class EncashmentOpened:
    """From here on the unit takes nothing, and its cassette may leave."""

    by: str


@dataclass(frozen=True, slots=True)
class EncashmentCancelled:
    by: str


@dataclass(frozen=True, slots=True)
class UnitFilled:
    """Staff put money in that it can pay out: (value_minor, pieces) of each kind."""

    by: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class EncashmentClosed:
    """The last row of a period, but for the count: its document. `by` "": the cassette left without an encashment.

    `left`: what stays inside (a recycler's store)."""

    number: str
    by: str
    cassette: str  # the new one's mark, "" where nobody said
    left: Counts
    at_ms: int


@dataclass(frozen=True, slots=True)
class PieceBefore:
    """A piece of an earlier period that the unit may tell again."""

    piece: int
    kind: PieceKind
    order: str


@dataclass(frozen=True, slots=True)
class PeriodBegun:
    """The first row of a period, of the same commit as the last one before: what outlives the emptying of the box.

    `since_ms` is when the period before ended. `kept` is the newest piece that counted, `listed` the number of the
    newest that counted or was in doubt (0: none), `next_piece` the number that the next one gets. `owing`: what counts
    for purchases that are not settled yet, (order, minor units); `paid`: payouts for purchases whose money other units
    still have in their periods, else it would be owed once more.
    """

    period: int
    since_ms: int
    cassette: str
    left: Counts
    found_as: UnitFound | None
    base: int | None
    booked: int
    perhaps: int
    credits: int | None
    kept: PieceBefore | None
    listed: int
    next_piece: int
    owing: tuple[tuple[str, int], ...]
    paid: tuple[PayEnded, ...]
    trouble: UnitTroubled | None


@dataclass(frozen=True, slots=True)
class CentreCounted:
    """What the cash centre counted of a closed period's cassette; `counts` empty: they told the sum alone."""

    by: str
    counts: Counts
    total_minor: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class DocumentPrinted:
    """The encashment's document is on paper."""

    number: str


@dataclass(frozen=True, slots=True)
class UnitTroubled:
    """`inside`: a piece may be stuck past the point of no return."""

    code: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class PayMeant:
    """The intent to pay out, with what the unit's counters say before it (the driver's own numbers).

    `key` is the order, a stroke, and a number."""

    key: str
    amount_minor: int
    baseline: tuple[int, ...]
    order: str


@dataclass(frozen=True, slots=True)
class PayEnded:
    """What was really paid. `certain` False: at least so much. The rest stays owed."""

    key: str
    asked_minor: int
    paid_minor: int
    certain: bool
    how: str  # "seen", "found" after an outage
    reason: str = ""


CashEvent = (
    UnitFound
    | UnitCounted
    | PieceEscrowed
    | StackMeant
    | PieceCredited
    | PieceReturned
    | PieceFound
    | PieceRepeated
    | PieceDoubted
    | PieceResolved
    | CassetteTaken
    | CassettePut
    | EncashmentOpened
    | EncashmentCancelled
    | UnitFilled
    | EncashmentClosed
    | PeriodBegun
    | CentreCounted
    | DocumentPrinted
    | UnitTroubled
    | PayMeant
    | PayEnded
)
