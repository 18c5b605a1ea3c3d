"""What the register sealed against what is known: each document has one fate, and a number counts in its own memory."""

from __future__ import annotations

from fiscal.document import Operation
from fiscal.register_match import (
    Elsewhere,
    Fate,
    FoundDocument,
    FoundKind,
    KnownDocument,
    register_match,
)

FN, OTHER = "9999000000000001", "9999000000000002"


def receipt(number: int, *, sign: int = 7, total_minor: int | None = 100) -> FoundDocument:
    return FoundDocument(number, FoundKind.RECEIPT, sign, Operation.SALE, total_minor)


def known(number: int, *, sign: int = 7, total_minor: int = 100, fn: str = FN) -> KnownDocument:
    return KnownDocument(fn, number, sign, total_minor, f"sale-{number}")


def fates(found: list[FoundDocument], documents: list[KnownDocument], read: range = range(5, 9)) -> dict[int, Fate]:
    match = register_match(FN, read, {one.number: one for one in found}, documents)
    assert (match.fn, match.first, match.last) == (FN, read.start, read.stop - 1)
    return {row.number: row.fate for row in match.rows}


def test_each_document_has_its_fate() -> None:
    report = FoundDocument(8, FoundKind.REPORT, 1)
    told = fates([receipt(5), receipt(6), receipt(7, sign=9), report], [known(5), known(7)])
    assert told == {5: Fate.MATCHED, 6: Fate.FOREIGN, 7: Fate.DIFFERS, 8: Fate.REPORT}


def test_an_equal_sum_is_not_the_same_document() -> None:
    assert fates([receipt(5)], [known(6)], range(5, 6)) == {5: Fate.FOREIGN, 6: Fate.DIFFERS}
    assert fates([receipt(5, total_minor=101)], [known(5)], range(5, 6)) == {5: Fate.DIFFERS}
    assert fates([receipt(5, total_minor=None)], [known(5)], range(5, 6)) == {5: Fate.MATCHED}


def test_a_number_of_another_memory_says_nothing_here() -> None:
    """It is named with its newest number: that memory's operator has to tell what came after it."""
    documents = [known(5, fn=OTHER), known(41, fn=OTHER)]
    match = register_match(FN, range(5, 6), {5: receipt(5)}, documents)
    assert [row.fate for row in match.rows] == [Fate.FOREIGN]
    assert match.elsewhere == (Elsewhere(OTHER, 2, 41),)


def test_what_cannot_be_read_is_no_receipt_that_nobody_knows() -> None:
    assert fates([], [known(5)], range(5, 7)) == {5: Fate.UNREAD, 6: Fate.UNREAD}


def test_a_receipt_where_the_register_has_a_report_or_nothing_yet_is_said() -> None:
    report = FoundDocument(5, FoundKind.REPORT, 1)
    assert fates([report], [known(5), known(12)], range(5, 6)) == {5: Fate.DIFFERS, 12: Fate.DIFFERS}
    assert fates([FoundDocument(5, FoundKind.CORRECTION, 1)], [], range(5, 6)) == {5: Fate.FOREIGN}
