"""Closing a receipt: checks, the commit in the fiscal memory, sums, paper and ledger, shared by FF45h, 85h and 8Eh."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drivers.simulators.shtrih_m import layout, receipt_sums, tables, tlv
from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.machine import Kind, Machine
from drivers.simulators.shtrih_m.memory_image import Filed, Line, Receipt
from drivers.simulators.shtrih_m.receipt_body import receipt_body
from drivers.simulators.shtrih_m.registers import CLASSIC
from drivers.simulators.shtrih_m.taxes import GROUPS

MEANS = 16
PREPAID, CREDIT, BARTER = 13, 14, 15  # indexes among the sixteen means
SOLD = 4  # tag 1214: paid in full
TAKES_CASH_OUT = (2, 3)  # 1054: sale return and expense hand cash out
MARKED_SUBJECTS = (31, 33)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a receipt is to be closed. `host_taxes`: tax by row of table 6 in tax mode 1."""

    means: list[int]
    rounding: int = 0
    tax_system: int = 1
    text: str = ""
    host_taxes: dict[int, int] | None = None

    @property
    def cash(self) -> int:
        return self.means[0]

    @property
    def electronic(self) -> int:
        return sum(self.means[1:PREPAID])


def seal(machine: Machine, settlement: Settlement) -> tuple[Filed, int]:
    """Commit the open receipt; returns the document and the change."""
    receipt = machine.need_receipt()
    if machine.shift_over_24h:
        raise Refusal(Code.FN_SHIFT_OVER_24H if machine.command == "FF45" else Code.SHIFT_OVER_24H)
    exact = receipt_sums.total(receipt)
    due = exact - settlement.rounding
    change = _change(machine, receipt, settlement, exact, due)
    _check_fiscal_memory(machine, receipt)
    body = receipt_body(machine, receipt, due, settlement.means, change, settlement.tax_system)
    filed = machine.file(Kind.RECEIPT, operation=receipt.operation, total=due, body=body)
    machine.image.receipt = None
    machine.image.fn.receipts += 1
    _sum_up(machine, receipt, settlement, filed, change)
    machine.checked_marks.clear()
    names = {
        str(tables.read(machine.image, (5, index + 1, 1))): paid for index, paid in enumerate(settlement.means) if paid
    }
    lines = layout.receipt_lines(machine, receipt, filed, names, change, settlement.tax_system, settlement.text)
    machine.image.last_copy = lines
    print_document(machine, lines)
    machine.tell_fiscalised(filed, **_facts(receipt, settlement, due, change))
    return filed, change


def print_document(machine: Machine, lines: list[str]) -> None:
    """Unless table 17 says that the next document stays off the paper."""
    suppressed = machine.cell(tables.SUPPRESS_PAPER)
    if suppressed == 1:
        machine.image.tables[".".join(map(str, tables.SUPPRESS_PAPER))] = 0
    if not suppressed:
        machine.print([*lines, ""])


def _change(machine: Machine, receipt: Receipt, settlement: Settlement, exact: int, due: int) -> int:
    if not receipt.lines or exact == 0:
        raise Refusal(Code.ZERO_TOTAL)
    if due < 0:
        raise Refusal(Code.NEGATIVE_TOTAL)
    if exact // 100 != due // 100:
        raise Refusal(Code.BAD_PARAMETERS)  # rounding may only drop kopecks
    paid = sum(settlement.means)
    if paid - settlement.cash > due:
        raise Refusal(Code.CASHLESS_OVER_TOTAL)
    if paid < due:
        raise Refusal(Code.PAID_TOO_LITTLE)
    change = paid - due
    if receipt.operation in TAKES_CASH_OUT and settlement.cash - change > machine.image.cash:
        raise Refusal(Code.DRAWER_LACKS_CASH)
    return change


def _check_fiscal_memory(machine: Machine, receipt: Receipt) -> None:
    if machine.image.fn.current != Kind.RECEIPT:
        raise Refusal(Code.FN_WRONG_STATE)
    for line in receipt.lines:
        if line.subject in MARKED_SUBJECTS and not line.mark:
            raise Refusal(Code.FN_TAGS_MISSING, (1163).to_bytes(2, "little"))
        refused = machine.traps.sprung("mark_refused_at_seal", machine.command) if line.mark else None
        if refused is not None:
            raise Refusal(int(refused or "A5", 16))


def _sum_up(machine: Machine, receipt: Receipt, settlement: Settlement, filed: Filed, change: int) -> None:
    sums, classic = machine.image.shift_sums, CLASSIC[receipt.operation]
    cash = settlement.cash - change
    machine.image.cash += -cash if receipt.operation in TAKES_CASH_OUT else cash
    for index, paid in enumerate(settlement.means):
        machine.add(sums, f"paid.{index + 1}.{classic}", cash if index == 0 else paid)
    for line in receipt.lines:
        machine.add(sums, f"department.{max(1, line.department)}.{classic}", receipt_sums.signed(line))
    for row, amount in receipt_sums.turnovers(receipt).items():
        machine.add(sums, f"turnover.{row}.{classic}", amount)
    for row, amount in (settlement.host_taxes or receipt_sums.tax_sums(receipt)).items():
        machine.add(sums, f"tax.{row}.{classic}", amount)
    machine.add(sums, f"discount.{classic}", receipt.discount)
    machine.add(sums, f"surcharge.{classic}", receipt.surcharge)
    for where in (sums, machine.image.totals):
        machine.add(where, f"receipts.{classic}")
        machine.add(where, f"sum.{classic}", filed.total)


def _facts(receipt: Receipt, settlement: Settlement, due: int, change: int) -> dict[str, Any]:
    tags = bytes.fromhex(receipt.tlv)
    return {
        "operation": receipt.operation,
        "total_minor": due,
        "cash_minor": settlement.cash - change,
        "electronic_minor": settlement.electronic,
        "prepaid_minor": settlement.means[PREPAID],
        "credit_minor": settlement.means[CREDIT],
        "barter_minor": settlement.means[BARTER],
        "lines": [line_facts(line) for line in receipt.lines],
        "buyer": tlv.find_text(tags, 1008),
        "key1084": tlv.find_text(tags, 1084, 1086),
        "machine": tlv.find_text(tags, 1036),
    }


def line_facts(line: Line) -> dict[str, Any]:
    """One line as the ledger tells it; `vat` is the tag 1199 code, `method` (1214) and `subject` (1212) where the
    line is not plainly sold."""
    facts: dict[str, Any] = {"name": line.name.removeprefix("//"), "sum_minor": receipt_sums.signed(line)}
    if line.quantity % 1000 == 0:
        facts["quantity_thousandths"] = line.quantity // 1000
    facts["vat"] = GROUPS[line.vat].tag_1199
    if line.method != SOLD:
        facts |= {"method": line.method, "subject": line.subject}
    if line.mark:
        facts["mark"] = line.mark
    return facts
