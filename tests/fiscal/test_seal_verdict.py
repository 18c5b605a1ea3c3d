"""The verdict after a lost answer: every row of the decision table, and no way to confuse two equal sums."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.document import Operation
from fiscal.seal_verdict import (
    Ambiguous,
    Asked,
    Baseline,
    Committed,
    NotCommitted,
    Present,
    Printer,
    Record,
    RecordKind,
    StillBusy,
    Verdict,
    WrongRegister,
    seal_verdict,
    to_read,
)

SENT = dt.datetime(2026, 11, 21, 12, 30, 40)
BASE = Baseline("0001234567", "9999078900005430", 130)
ASKED = Asked(Operation.SALE, 49975, SENT)


def present(last: int, **facts: object) -> Present:
    return replace(Present(BASE.serial, BASE.fn, last), **facts)  # type: ignore[arg-type]


def receipt(number: int, total: int = 49975, operation: Operation | None = Operation.SALE, minutes: int = 0) -> Record:
    at = dt.datetime(2026, 11, 21, 12, 30) + dt.timedelta(minutes=minutes)
    return Record(number, RecordKind.RECEIPT, 1040957426, operation, total, at)


def other(number: int) -> Record:
    return Record(number, RecordKind.OTHER, 7, at=dt.datetime(2026, 11, 21, 12, 30))


OURS = receipt(131)
ROWS: list[tuple[str, Present, list[Record], Verdict]] = [
    ("nothing lies there, idle", present(130), [], NotCommitted()),
    ("a document is open", present(130, document_open=True), [], NotCommitted(open_document=True)),
    ("printing", present(130, printer=Printer.BUSY), [], StillBusy(Printer.BUSY)),
    ("out of paper", present(130, printer=Printer.PAPER_OUT), [], StillBusy(Printer.PAPER_OUT)),
    ("waits", present(130, printer=Printer.WAITS_CONTINUE, document_open=True), [], StillBusy(Printer.WAITS_CONTINUE)),
    ("ours", present(131), [OURS], Committed(OURS)),
    ("ours, still printing", present(131, printer=Printer.PAPER_OUT), [OURS], Committed(OURS)),
    ("ours, no time told", present(131), [replace(OURS, at=None)], Committed(replace(OURS, at=None))),
    ("a shift opened by itself", present(131), [other(131)], NotCommitted()),
    ("a shift opened, then open", present(131, document_open=True), [other(131)], NotCommitted(True)),
    ("a shift opened, then busy", present(131, printer=Printer.BUSY), [other(131)], StillBusy(Printer.BUSY)),
    ("a shift opened, then ours", present(132), [other(131), receipt(132)], Committed(receipt(132))),
    ("ours, then another's", present(132), [OURS, receipt(132, 100)], Committed(OURS)),
    ("others' only", present(132), [receipt(131, 1), receipt(132, 2)], NotCommitted()),
    ("same sum, a refund", present(131), [receipt(131, operation=Operation.SALE_REFUND)], NotCommitted()),
    ("two like ours", present(132), [OURS, receipt(132)], Ambiguous("several_match", (131, 132))),
    ("one unread", present(132), [receipt(132)], Ambiguous("record_missing", (131,))),
    (
        "a receipt without a sum",
        present(131),
        [replace(OURS, total_minor=None)],
        Ambiguous("record_incomplete", (131,)),
    ),
    ("like ours, an hour before", present(131), [receipt(131, minutes=-60)], Ambiguous("time_before_request", (131,))),
    ("like ours, clocks differ", present(131), [receipt(131, minutes=-5)], Committed(receipt(131, minutes=-5))),
    ("the memory went back", present(129), [], Ambiguous("memory_went_back", (129,))),
    (
        "another register",
        replace(present(131), serial="0007654321"),
        [OURS],
        WrongRegister((BASE.serial, BASE.fn), ("0007654321", BASE.fn)),
    ),
    (
        "another fiscal memory",
        replace(present(131), fn="9999078900005431"),
        [OURS],
        WrongRegister((BASE.serial, BASE.fn), (BASE.serial, "9999078900005431")),
    ),
]


@pytest.mark.parametrize(("now", "records", "verdict"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_the_decision_table(now: Present, records: list[Record], verdict: Verdict) -> None:
    assert seal_verdict(BASE, ASKED, now, records) == verdict


def test_two_equal_sums_in_a_row_are_not_confused() -> None:
    """The sale before, sealed a second earlier with the very same sum, lies at the baseline: it is not read as ours."""
    before = receipt(130)
    assert seal_verdict(BASE, ASKED, present(130), [before]) == NotCommitted()
    assert seal_verdict(BASE, ASKED, present(131), [before, OURS]) == Committed(OURS)


def test_only_documents_above_the_baseline_are_asked_for() -> None:
    assert list(to_read(BASE, present(132))) == [131, 132]
    assert list(to_read(BASE, present(130))) == []
    assert list(to_read(BASE, replace(present(132), fn="other"))) == []


records_after = st.lists(
    st.tuples(st.booleans(), st.integers(1, 3), st.sampled_from([Operation.SALE, Operation.SALE_REFUND])), max_size=5
)


@given(records_after, st.booleans(), st.sampled_from(list(Printer)))
def test_committed_names_a_document_of_ours_and_nothing_of_ours_is_called_not_committed(
    after: list[tuple[bool, int, Operation]], document_open: bool, printer: Printer
) -> None:
    records = [
        receipt(131 + index, total, operation) if is_receipt else other(131 + index)
        for index, (is_receipt, total, operation) in enumerate(after)
    ]
    now = present(130 + len(records), document_open=document_open, printer=printer)
    asked = replace(ASKED, total_minor=2)
    like = [
        one
        for one in records
        if one.kind is RecordKind.RECEIPT and one.total_minor == 2 and one.operation is Operation.SALE
    ]
    match seal_verdict(BASE, asked, now, [receipt(130, 2), *records]):
        case Committed(record):
            assert like == [record]
        case NotCommitted() | StillBusy():
            assert like == []
        case Ambiguous("several_match", numbers):
            assert len(like) > 1
            assert numbers == tuple(one.number for one in like)
        case verdict:
            raise AssertionError(verdict)
