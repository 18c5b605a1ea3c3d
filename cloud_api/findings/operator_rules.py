"""The rules that lay a day beside an operator's register: not_at_operator, operator_differs, only_at_operator.

A fiscal storage hands its documents over in their order, so a later number in the register proves that an earlier one
had its turn: within the numbers a register reaches over, nothing is merely late. Above its last number nothing is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from cloud_api.findings.day_seen import DaySeen, DocumentSeen, OperatorSeen, SaleSeen
from cloud_api.findings.finding import Behind, Finding, Rule


def _rows(sale: SaleSeen, document: DocumentSeen, theirs: OperatorSeen | None) -> list[Behind]:
    rows = [
        Behind("sale", sale.device, sale.id, sale.number, sale.till, sum=sale.total, at_ms=sale.closed_ms),
        Behind("document", number=str(document.number), fn=document.fn, sum=document.total, note=document.seller),
    ]
    return rows if theirs is None else [*rows, operator_row(theirs)]


def operator_row(theirs: OperatorSeen) -> Behind:
    return Behind("operator", number=str(theirs.number), fn=theirs.fn, sum=theirs.total, at=theirs.at)


def _differing(ours: DocumentSeen, theirs: OperatorSeen) -> list[str]:
    wrong = []
    if abs(theirs.total) != ours.total:  # some registers show what goes back with a minus
        wrong.append("total")
    if theirs.sign is not None and theirs.sign != ours.sign:
        wrong.append("sign")
    if theirs.operation is not None and theirs.operation != ours.operation:
        wrong.append("operation")
    return wrong


def beside_the_register(day: DaySeen) -> Iterator[Finding]:
    """Our documents that the register lacks, or has otherwise."""
    theirs = {(one.fn, one.number): one for one in day.operator}
    for sale in day.sales:
        for document in sale.documents:
            values: dict[str, str | int]
            values = {"number": sale.number, "till": sale.till, "fn": document.fn, "document": document.number}
            subject = f"{sale.device}/{document.fn}/{document.number}"
            row = theirs.get((document.fn, document.number))
            place = (day.store, day.day, sale.device, sale.till, subject, sale.closed_ms)
            if row is None:
                if day.is_covered(document.fn, document.number):
                    rows = _rows(sale, document, None)
                    yield Finding(Rule.NOT_AT_OPERATOR, *place, document.total, values, rows)
                continue
            wrong = _differing(document, row)
            if wrong:
                values["differs"] = ",".join(wrong)
                rows = _rows(sale, document, row)
                yield Finding(Rule.OPERATOR_DIFFERS, *place, abs(row.total) - document.total, values, rows)


def only_at_operator(day: DaySeen) -> Iterator[Finding]:
    ours = {(document.fn, document.number) for sale in day.sales for document in sale.documents}
    for row in day.operator:
        if (row.fn, row.number) not in ours:
            values: dict[str, str | int] = {"fn": row.fn, "document": row.number, "at": row.at}
            yield Finding(Rule.ONLY_AT_OPERATOR, day.store, day.day, "", "", f"{row.fn}/{row.number}", 0,
                          abs(row.total), values, [operator_row(row)])  # fmt: skip


OPERATOR_RULES: tuple[Callable[[DaySeen], Iterator[Finding]], ...] = (beside_the_register, only_at_operator)
