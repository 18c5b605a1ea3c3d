"""A day's books at HQ: each shift's file adds up to its documents and its money, the receipts to the register's ledger,
and nothing is found in it that did not happen."""

from __future__ import annotations

from collections import Counter

from cloud_api.books.shift_file import ShiftSums, closed_later, sums_of
from cloud_api.books.shift_sales import read_shift
from cloud_api.findings.checking import check_all
from cloud_api.findings.finding import Rule
from cloud_api.findings.keeping import findings
from cloud_api.storage.storage import Storage
from fiscal.document import Operation
from fiscal.sale import Phase, Sale
from tests.cloud_api.at_once import AtOnce, at_once
from tests.simulation.laws import Truth

ACTS = {Operation.SALE.value: "sale", Operation.SALE_REFUND.value: "refund"}
NEVER = frozenset({Rule.DOCUMENT_TWICE, Rule.DOCUMENTS_DIFFER, Rule.REFUND_WITHOUT_SALE, Rule.SHIFT_SUMS})
"""What no fault of a till's devices, its power or its line may lead to."""


def books_agree(storage: Storage, sales: list[Sale], truth: Truth, gone: frozenset[str], now_ms: int) -> list[str]:
    """`gone`: tills whose register is another one since."""
    found = []
    written: Counter[str] = Counter()
    for device, till, number in AtOnce(storage).rows("SELECT DISTINCT device, till, number FROM shift ORDER BY 1,2,3"):
        shift = at_once(read_shift(storage, device, till, number, []))
        if shift is None:
            found.append(f"shift {number} of till {till} has no file")
            continue
        sums = sums_of(shift)
        found += [f"shift {number} of till {till}: {fault}" for fault in _adds_up(sums)]
        if shift.z is not None and shift.within != shift.z and till not in gone:
            found.append(f"shift {number} of till {till}: Z is {shift.z}, HQ has {shift.within}")
        if shift.closed_ms is not None and till not in gone:
            ours = sums.counted.less(closed_later(shift))
            if ours != shift.within and not _told_in_another(storage, device, till):
                found.append(f"shift {number} of till {till}: its file has {ours}, its time {shift.within}")
        for act, total in sums.papers.items():
            written[act] += total
    found += _as_the_registers_have_it(written, sales, truth)
    at_once(check_all(storage, now_ms=now_ms))
    listed = at_once(findings(storage, state="open", store="", day=None)).findings
    return found + [f"found {one.rule}: {one.en.what}" for one in listed if Rule(one.rule) in NEVER]


def _told_in_another(storage: Storage, device: str, till: str) -> bool:
    """A document whose answer was found after its shift's Z: it is of one shift and was closed in another."""
    late = AtOnce(storage).number(
        "SELECT count(*) FROM sale s JOIN shift z ON z.device=s.device AND z.till=s.till AND z.number=s.shift "
        "WHERE z.event='closed' AND s.closed_ms > z.at_ms AND s.device=? AND s.till=?",
        (device, till),
    )
    return late > 0


def _adds_up(sums: ShiftSums) -> list[str]:
    found = []
    for act in sums.receipts:
        goods, papers, money = sums.goods[act] - sums.rounding[act], sums.papers[act], sums.money[act]
        if not goods == papers == money:
            found.append(f"of each {act} goods come to {goods}, documents to {papers}, money to {money}")
    return found


def _as_the_registers_have_it(written: Counter[str], sales: list[Sale], truth: Truth) -> list[str]:
    """What the registers' own ledgers hold, less documents of sales that are not closed: those are in no total."""
    there: Counter[str] = Counter()
    for ledger in truth.registers.values():
        for record in ledger.records:
            if record["event"] == "fiscalised" and not record.get("foreign"):
                there[ACTS[record["operation"]]] += record["total_minor"]
    if any(sale.phase is Phase.LEFT_OPEN for sale in sales):
        return []  # a document whose fate a person could not tell may be in the ledger or not
    for sale in sales:
        if sale.phase is not Phase.CLOSED:
            for meant in sale.sealed_meant:
                there[ACTS[meant.planned.document.operation.value]] -= meant.planned.document.total_minor
    return [
        f"the registers have {there[act]} of each {act}, the files {written[act]}"
        for act in ACTS.values()
        if there[act] != written[act]
    ]
