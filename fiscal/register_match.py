"""What a register has sealed against what a restored journal knows, before a new box in an old one's place sells.

    in the register       in the journal, HQ's copies among it     fate
    a receipt             the same number, sign and sum            MATCHED
    a receipt             nothing                                  FOREIGN: by the box that died, or by nobody of ours
    a receipt             the number, with another sign or sum     DIFFERS
    no receipt, nothing   a receipt                                DIFFERS
    a report              nothing                                  REPORT: shifts opened and closed, no money
    cannot be read        -                                        UNREAD

Documents are of one fiscal memory (FN): a number says nothing in another. What the journal knows of other memories is
`elsewhere`: that register, or its memory, was swapped, and only its operator can say what it sealed after the newest.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from fiscal.document import Operation


class FoundKind(Enum):
    RECEIPT = "receipt"
    CORRECTION = "correction"
    REPORT = "report"


class Fate(Enum):
    MATCHED = "matched"
    FOREIGN = "foreign"
    DIFFERS = "differs"
    REPORT = "report"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A receipt that a sale of the journal has. `sale` is its id, `number_of_sale` what stands on the paper."""

    fn: str
    number: int
    sign: int
    total_minor: int
    sale: str
    number_of_sale: str = ""


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document of the fiscal memory; `at` is the register's local clock, without zone."""

    number: int
    kind: FoundKind
    sign: int
    operation: Operation | None = None
    total_minor: int | None = None
    at: dt.datetime | None = None
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    number: int
    fate: Fate
    found: FoundDocument | None = None
    known: KnownDocument | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Receipts of another fiscal memory: so many are known, the newest has this number."""

    fn: str
    known: int
    newest: int


@dataclass(frozen=True, slots=True)
class RegisterMatch:
    """`first` to `last` were compared, one row each."""

    fn: str
    first: int
    last: int
    rows: tuple[Compared, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()

    def of(self, fate: Fate) -> tuple[Compared, ...]:
        return tuple(row for row in self.rows if row.fate is fate)


def register_match(
    fn: str, read: range, found: Mapping[int, FoundDocument], known: Iterable[KnownDocument]
) -> RegisterMatch:
    """Compares the documents `read` of memory `fn`. What is known above them is missing there: DIFFERS."""
    ours: dict[int, KnownDocument] = {}
    others: dict[str, list[int]] = {}
    for document in known:
        if document.fn == fn:
            ours[document.number] = document
        else:
            others.setdefault(document.fn, []).append(document.number)
    rows = [_compared(number, found.get(number), ours.get(number)) for number in read]
    above = sorted(number for number in ours if number >= read.stop)
    rows += [Compared(number, Fate.DIFFERS, None, ours[number]) for number in above]
    elsewhere = tuple(Elsewhere(other, len(numbers), max(numbers)) for other, numbers in sorted(others.items()))
    return RegisterMatch(fn, read.start, read.stop - 1, tuple(rows), elsewhere)


def _compared(number: int, found: FoundDocument | None, known: KnownDocument | None) -> Compared:
    if found is None:
        return Compared(number, Fate.UNREAD, None, known)
    if found.kind is FoundKind.REPORT:
        return Compared(number, Fate.REPORT if known is None else Fate.DIFFERS, found, known)
    if known is None:
        return Compared(number, Fate.FOREIGN, found)
    same = found.sign == known.sign and found.total_minor in (None, known.total_minor)
    return Compared(number, Fate.MATCHED if same else Fate.DIFFERS, found, known)
