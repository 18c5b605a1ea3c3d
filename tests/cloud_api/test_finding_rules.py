"""Each rule finds its own kind of misfit and nothing in a day that adds up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cloud_api.books.duties import DocumentDuty, needs_document
from cloud_api.findings.day_seen import (
    Counted,
    DaySeen,
    DocumentSeen,
    Elsewhere,
    LateSeen,
    OperatorSeen,
    PaymentSeen,
    SaleSeen,
    ShiftSeen,
)
from cloud_api.findings.finding import MOST, Rule
from cloud_api.findings.rules import findings_of
from cloud_api.findings.words import WORDS, told

FN, DAY = "9999078902010101", 20261121
PAPER = DocumentSeen("ООО Мишка", FN, 10, 77, 5_000, 1)
CARD = PaymentSeen("card", 5_000, 5_000, "a1", "T1", "booked")
SALE = SaleSeen("d1", 1, 5, "s1", "Касса 1", "0418", "sale", "closed", 7, 1_000, 5_000, 5_000, "",
                (CARD,), (PAPER,), ("ООО Мишка",))  # fmt: skip
REFUND = replace(
    SALE, seq=6, id="r1", act="refund", net=-5_000, of_sale="s1",
    payments=(replace(CARD, net=-5_000, status="refunded"),),
    documents=(replace(PAPER, number=11, operation=2),),
)  # fmt: skip
SHIFT = ShiftSeen("d1", "Касса 1", 7, 500, 9_000, (1, 1), (1, 9_000), Counted(1, 1, 0), Counted(1, 1, 0))


def a_day(*sales: SaleSeen, **more: Any) -> DaySeen:
    return replace(DaySeen("Казань", DAY, sales or (SALE, REFUND), (SHIFT,), originals=frozenset({"s1"})), **more)


def rules(day: DaySeen) -> list[Rule]:
    return [one.rule for one in findings_of(day)]


def voided(**more: Any) -> SaleSeen:
    return replace(SALE, state="voided_after_payment", net=0, documents=(), **more)


def test_a_day_that_adds_up_has_no_findings() -> None:
    covered = {FN: ((1, 20),)}
    theirs = (OperatorSeen(FN, 10, 5_000, 77, 1, ""), OperatorSeen(FN, 11, -5_000, None, 2, ""))
    assert rules(a_day(covered=covered, operator=theirs)) == []
    assert rules(a_day(voided(payments=(replace(CARD, net=0, status="reversed"),)))) == []


LATE = LateSeen("a9", "T1", 700, "purchase:approved")
CASH = replace(CARD, means="cash", attempt="", terminal="", status="")
MISFITS: list[tuple[DaySeen, Rule, int]] = [
    (a_day(replace(SALE, documents=(), payments=(CASH,))), Rule.SALE_WITHOUT_DOCUMENT, 5_000),
    (a_day(replace(SALE, sellers=("ООО Мишка", "ИП Белка"))), Rule.SALE_WITHOUT_DOCUMENT, 5_000),
    (a_day(replace(SALE, documents=(replace(PAPER, total=4_900),))), Rule.DOCUMENTS_DIFFER, -100),
    (a_day(REFUND, originals=frozenset()), Rule.REFUND_WITHOUT_SALE, 5_000),
    (a_day(replace(SALE, documents=())), Rule.CHARGE_WITHOUT_RECEIPT, 5_000),
    (a_day(voided(payments=(replace(CARD, net=0),))), Rule.CHARGE_WITHOUT_RECEIPT, 5_000),
    (a_day(voided(late=(LATE,), payments=())), Rule.CHARGE_WITHOUT_RECEIPT, 700),
    (a_day(replace(SALE, payments=(replace(CARD, net=0, status="unresolved"),))), Rule.SALE_WITHOUT_MONEY, 5_000),
    (a_day(shifts=(replace(SHIFT, here=Counted(1, 0, 5_000)),)), Rule.SHIFT_SUMS, -5_000),
    (a_day(replace(SALE, seq=9_001)), Rule.SALE_AFTER_CLOSING, 5_000),
    (a_day(SALE, replace(SALE, seq=9, id="s2")), Rule.DOCUMENT_TWICE, 5_000),
    (a_day(SALE, elsewhere=(Elsewhere("d2", "s7", FN, 10, 5_000),)), Rule.DOCUMENT_TWICE, 5_000),
    (a_day(SALE, covered={FN: ((1, 20),)}), Rule.NOT_AT_OPERATOR, 5_000),
    (a_day(SALE, operator=(OperatorSeen(FN, 10, 5_100, 77, 1, ""),)), Rule.OPERATOR_DIFFERS, 100),
    (a_day(SALE, operator=(OperatorSeen(FN, 10, 5_000, 78, 1, ""),)), Rule.OPERATOR_DIFFERS, 0),
    (
        a_day(SALE, operator=(OperatorSeen(FN, 10, 5_000, 77, 1, ""), OperatorSeen(FN, 13, 300, 1, 1, "вчера"))),
        Rule.ONLY_AT_OPERATOR,
        300,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("day", "rule", "amount"), MISFITS, ids=lambda value: getattr(value, "value", ""))
def test_a_misfit_is_found_once_with_its_rows_and_words(day: DaySeen, rule: Rule, amount: int) -> None:
    (found,) = findings_of(day)
    assert (found.rule, found.amount) == (rule, amount)
    assert found.rows
    for words in told(found.rule.value, found.values):
        assert "{" not in words.what
        assert words.safe
        assert words.do
    (again,) = findings_of(replace(day, sales=tuple(reversed(day.sales))))
    assert again.id == found.id


def test_what_a_terminal_says_late_is_counted_once() -> None:
    """A late reversal ends the charge of a cancelled sale; the same charge told twice is one."""
    kept = voided(payments=(replace(CARD, net=0),))
    back = LateSeen("a2", "T1", 5_000, "reversal:booked")
    assert rules(a_day(replace(kept, late=(back,)))) == []
    twice = (LATE, replace(LATE, status="purchase:booked"))
    (found,) = findings_of(a_day(voided(late=twice, payments=())))
    assert found.amount == 700


def test_who_owes_no_document_lacks_none() -> None:
    duties = (DocumentDuty("", "", 20260101, True), DocumentDuty("Казань", "ООО Мишка", DAY, False))
    bare = replace(SALE, documents=())
    assert rules(a_day(bare, duties=duties)) == []
    assert rules(replace(a_day(bare, duties=duties), day=DAY - 1)) == [Rule.CHARGE_WITHOUT_RECEIPT]
    assert needs_document(duties, "Уфа", "ООО Мишка", DAY)


def test_above_a_registers_last_number_nothing_is_missing() -> None:
    assert rules(a_day(SALE, covered={FN: ((1, 9), (11, 20))})) == []


def test_a_day_that_is_all_wrong_is_one_matter() -> None:
    sales = tuple(replace(SALE, id=f"s{n}", seq=n, documents=(), payments=(CASH,)) for n in range(MOST + 5))
    assert len(findings_of(a_day(*sales))) == MOST


def test_every_rule_has_its_words() -> None:
    assert set(WORDS) == {rule.value for rule in Rule}
