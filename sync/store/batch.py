"""What a program asks the store to remember at once: one `Batch` is one transaction, kept whole or not at all.

Sums are whole minor units, quantities whole thousandths, instants UTC milliseconds, bodies JSON bytes.
Personal values (a phone, an e-mail) go into `Personal` rows only, never into a body or an answer: bodies are hashed for
ever, people can be erased.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from fiscal.pickup import Hold


@dataclass(frozen=True, slots=True)
class Entry:
    """A journal row: something that happened at `till`, about `sale` if it is about one."""

    kind: str
    till: str
    body: bytes
    sale: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A client's command and its answer. A second one with the same id is refused: nothing is carried out twice."""

    id: str
    till: str
    revision: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A fact for HQ. The store gives it the next number of `stream`; `id` is made by the caller, once."""

    stream: str
    id: str
    kind: str
    v: int
    body: bytes


@dataclass(frozen=True, slots=True)
class StockMove:
    """Goods that came (positive) or went. Stock is the sum of the moves; there is no way to set it."""

    sku: str
    location: str
    delta_thousandths: int
    reason: str
    document: str


@dataclass(frozen=True, slots=True)
class Personal:
    """What identifies a person, beside the journal and not in it. `kind`: phone, email ..."""

    id: str
    sale: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SaleRow:
    """Where a sale stands, for lists and for recovery; written again at every step. The journal is the truth."""

    id: str
    till: str
    number: str
    act: str
    phase: str
    opened_ms: int
    closed_ms: int | None
    total_minor: int
    shift: int
    of: str
    open: bool


@dataclass(frozen=True, slots=True)
class Lock:
    """Takes a device for `holder`, or frees it (None). Held by another: `LockHeld`, and nothing is committed."""

    device: str
    holder: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """A small durable value under a key (register identity of a till, state of its shift)."""

    key: str
    value: bytes


@dataclass(frozen=True, slots=True)
class StockDocumentRow:
    """Where a document of the stock stands, for lists; written again at every step. The journal is the truth."""

    id: str
    kind: str
    number: str
    phase: str
    other: str
    of: str
    person: str
    at_ms: int
    open: bool


@dataclass(frozen=True, slots=True)
class Batch:
    entries: tuple[Entry, ...] = ()
    command: Command | None = None
    outgoing: tuple[Outgoing, ...] = ()
    moves: tuple[StockMove, ...] = ()
    personal: tuple[Personal, ...] = ()
    sales: tuple[SaleRow, ...] = ()
    locks: tuple[Lock, ...] = ()
    settings: tuple[Setting, ...] = ()
    documents: tuple[StockDocumentRow, ...] = ()
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Committed:
    """The journal numbers a batch got; a batch without entries has first_seq == last_seq + 1."""

    first_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Row:
    """A journal row as it was kept."""

    seq: int
    at_ms: int
    till: str
    sale: str
    kind: str
    body: bytes


class OutboxRow(msgspec.Struct, frozen=True):
    """A numbered fact on its way to HQ. A struct: thousands are read at once after a day without HQ."""

    seq: int
    id: str
    kind: str
    v: int
    at_ms: int
    hash: str
    body: bytes


@dataclass(frozen=True, slots=True)
class OutboxState:
    """What of a stream HQ has not acknowledged; `oldest_ms` is None when nothing waits."""

    stream: str
    waiting: int
    oldest_ms: int | None
