"""Lays the operator's register beside the documents the shops told of: matched by storage and document number.

    ours + theirs, same sum, sign and operation      matched
    ours + theirs, something else                    differs: which of sum, sign, operation
    ours only, inside what the register covers       unknown_there: not sent, or lost on the way to the tax service
    theirs only                                      unknown_here: a receipt no sale belongs to

What a register covers is said by itself: for each storage the numbers from its first to its last row. Before and after
nothing can be said: the register may be of another period. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from cloud_api.operator_register.reading import RegisterRow


class Fit(Enum):
    MATCHED = "matched"
    DIFFERS = "differs"
    UNKNOWN_THERE = "unknown_there"
    UNKNOWN_HERE = "unknown_here"


@dataclass(frozen=True, slots=True)
class OurDocument:
    """A fiscal document of a sale. `operation` by tag 1054; `sale` for the person who looks it up."""

    fn: str
    number: int
    sign: int
    total_minor: int
    operation: int
    store: str
    sale: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One document's fit; `differs` names what does not agree: total, sign, operation."""

    fit: Fit
    ours: OurDocument | None
    theirs: RegisterRow | None
    differs: tuple[str, ...] = ()


def covered(rows: Iterable[RegisterRow]) -> dict[str, tuple[int, int]]:
    """Storage -> (first, last) document number in the register."""
    spans: dict[str, tuple[int, int]] = {}
    for row in rows:
        first, last = spans.get(row.fn, (row.number, row.number))
        spans[row.fn] = min(first, row.number), max(last, row.number)
    return spans


def match(ours: Iterable[OurDocument], theirs: Iterable[RegisterRow]) -> list[Pair]:
    """Every document of either side once, in the order of storage and number."""
    theirs = list(theirs)
    spans = covered(theirs)
    left = {(row.fn, row.number): row for row in theirs}
    pairs: list[Pair] = []
    for document in ours:
        row = left.pop((document.fn, document.number), None)
        if row is not None:
            wrong = _differing(document, row)
            pairs.append(Pair(Fit.DIFFERS if wrong else Fit.MATCHED, document, row, wrong))
            continue
        first, last = spans.get(document.fn, (1, 0))
        if first <= document.number <= last:
            pairs.append(Pair(Fit.UNKNOWN_THERE, document, None))
    pairs += [Pair(Fit.UNKNOWN_HERE, None, row) for row in left.values()]
    return sorted(pairs, key=_place)


def _differing(ours: OurDocument, theirs: RegisterRow) -> tuple[str, ...]:
    wrong = []
    if abs(theirs.total_minor) != ours.total_minor:  # some registers show what goes back with a minus
        wrong.append("total")
    if theirs.sign is not None and theirs.sign != ours.sign:
        wrong.append("sign")
    if theirs.operation is not None and theirs.operation.value != ours.operation:
        wrong.append("operation")
    return tuple(wrong)


def _place(pair: Pair) -> tuple[str, int]:
    side = pair.ours if pair.ours is not None else pair.theirs
    assert side is not None  # a pair has a side
    return side.fn, side.number
