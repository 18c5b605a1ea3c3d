"""A document of the stock: what came, went, was moved to another shop or counted, with the person who answers for it.

    DRAFT ── StockDone ──> DONE                      receiving, write-off, a transfer that came in, stocktake
      │  ── StockSent ──> ON_THE_WAY ── StockArrived ──> DONE          a transfer to another shop
      └── StockDropped ──> DROPPED
    DRAFT: StockLinePut, StockCounted, StockLineRemoved, as often as people like

Stock is the sum of movements, so a document ends in movements and never in a count. A stocktake does too: each line
was `counted as of` a number of the shop's log; its movement is what was found less what the log had come to by then, so
sales go on while people count. What lies in the tills' open baskets has left the shelf and not yet the log: it is
added. What another stocktake has moved since a line was counted is in the books already and is not moved twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

SHELVES = "store"
"""The location of what the shop itself has; what is on its way to another shop lies at `on_the_way(number)`."""


class StockKind(Enum):
    RECEIVING = "receiving"
    WRITE_OFF = "write_off"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    STOCKTAKE = "stocktake"


class StockPhase(Enum):
    DRAFT = "draft"
    ON_THE_WAY = "on_the_way"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class StockBegun:
    """`of`: the number of the transfer that came; `other`: whom it came from or goes to; `expected`: (sku, name,
    thousandths) of what its sender says it sent."""

    id: str
    kind: str
    number: str
    at_ms: int
    other: str = ""
    of: str = ""
    expected: tuple[tuple[str, str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StockLinePut:
    """So much of a product; a second one replaces the first."""

    sku: str
    name: str
    thousandths: int


@dataclass(frozen=True, slots=True)
class StockCounted:
    """Found on the shelf. `book_thousandths`: the sum of the movements up to `as_of`, the newest number of the shop's
    log; `in_baskets_thousandths`: what lay in the tills' open baskets. `first`: nobody had counted it before."""

    sku: str
    name: str
    thousandths: int
    book_thousandths: int
    as_of: int
    in_baskets_thousandths: int = 0
    first: bool = False


@dataclass(frozen=True, slots=True)
class StockLineRemoved:
    sku: str


@dataclass(frozen=True, slots=True)
class StockDone:
    """`corrected`: (sku, thousandths) that other stocktakes have moved since this one's lines were counted."""

    by: str
    at_ms: int
    reason: str = ""
    other: str = ""
    of: str = ""
    corrected: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StockSent:
    """The goods have left for the shop `other`."""

    by: str
    at_ms: int
    other: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StockArrived:
    """The other shop has received it; `differences` is what it found, less what was sent: (sku, thousandths)."""

    at_ms: int
    differences: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class StockDropped:
    by: str
    at_ms: int


StockEvent = (
    StockBegun | StockLinePut | StockCounted | StockLineRemoved | StockDone | StockSent | StockArrived | StockDropped
)

P = StockPhase
TRANSITIONS: dict[tuple[StockPhase, type], StockPhase] = {
    (P.DRAFT, StockLinePut): P.DRAFT,
    (P.DRAFT, StockCounted): P.DRAFT,
    (P.DRAFT, StockLineRemoved): P.DRAFT,
    (P.DRAFT, StockDone): P.DONE,
    (P.DRAFT, StockSent): P.ON_THE_WAY,
    (P.DRAFT, StockDropped): P.DROPPED,
    (P.ON_THE_WAY, StockArrived): P.DONE,
}
SIGN = {
    StockKind.RECEIVING: 1,
    StockKind.WRITE_OFF: -1,
    StockKind.TRANSFER_OUT: -1,
    StockKind.TRANSFER_IN: 1,
}


class StockNotAllowed(Exception):
    """No row of the table: the document has gone on meanwhile."""

    def __init__(self, phase: StockPhase, event: object) -> None:
        super().__init__(f"{type(event).__name__} cannot follow {phase.value}")


StockLine = StockLinePut | StockCounted


@dataclass(frozen=True, slots=True)
class StockDocument:
    """The fold of a document's events. `lines` by sku, in the order in which they were first named."""

    begun: StockBegun
    phase: StockPhase = StockPhase.DRAFT
    lines: dict[str, StockLine] = field(default_factory=dict)
    by: str = ""
    at_ms: int = 0
    reason: str = ""
    other: str = ""
    of: str = ""
    differences: tuple[tuple[str, int], ...] = ()

    @property
    def kind(self) -> StockKind:
        return StockKind(self.begun.kind)


def begin_document(begun: StockBegun) -> StockDocument:
    return StockDocument(begun, at_ms=begun.at_ms, other=begun.other, of=begun.of)


def evolve_document(document: StockDocument, event: StockEvent) -> StockDocument:
    """The document after the event. Raises StockNotAllowed."""
    following = TRANSITIONS.get((document.phase, type(event)))
    if following is None:
        raise StockNotAllowed(document.phase, event)
    match event:
        case StockLinePut() | StockCounted():
            return replace(document, lines={**document.lines, event.sku: event})
        case StockLineRemoved(sku):
            return replace(document, lines={key: line for key, line in document.lines.items() if key != sku})
        case StockDone():
            return replace(
                document, phase=following, lines=_corrected(document.lines, dict(event.corrected)),
                by=event.by, at_ms=event.at_ms, reason=event.reason,
                other=event.other or document.other, of=event.of or document.of,
                differences=differences(document) if document.begun.expected else (),
            )  # fmt: skip
        case StockSent():
            return replace(
                document, phase=following, by=event.by, at_ms=event.at_ms, reason=event.reason, other=event.other
            )
        case StockArrived():
            return replace(document, phase=following, differences=event.differences)
    return replace(document, phase=following)


def _corrected(lines: dict[str, StockLine], since: dict[str, int]) -> dict[str, StockLine]:
    """The books, as they would have been when each line was counted, had the other stocktakes ended before."""
    return {
        sku: replace(line, book_thousandths=line.book_thousandths + since[sku])
        if isinstance(line, StockCounted) and sku in since
        else line
        for sku, line in lines.items()
    }


def delta_of(kind: StockKind, line: StockLine) -> int:
    """What a line moves in the shop's own stock."""
    if isinstance(line, StockCounted):
        return line.thousandths + line.in_baskets_thousandths - line.book_thousandths
    return SIGN[kind] * line.thousandths


def differences(document: StockDocument) -> tuple[tuple[str, int], ...]:
    """What was received less what its sender says it sent, where they differ."""
    return compared(
        {sku: thousandths for sku, _, thousandths in document.begun.expected},
        {sku: line.thousandths for sku, line in document.lines.items()},
    )


def compared(sent: dict[str, int], received: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """(sku, received - sent) of every product in which the two differ."""
    found = ((sku, received.get(sku, 0) - sent.get(sku, 0)) for sku in sorted({*sent, *received}))
    return tuple((sku, delta) for sku, delta in found if delta)


def on_the_way(number: str) -> str:
    """The location of what a transfer carries, until the other shop has it."""
    return f"transfer/{number}"
