"""The TLV body of documents as the fiscal memory keeps them and FF3Bh tells them (form 3 and the shift's forms)."""

from __future__ import annotations

from drivers.simulators.shtrih_m import layout, receipt_sums, tlv
from drivers.simulators.shtrih_m.machine import Machine
from drivers.simulators.shtrih_m.memory_image import Line, Receipt
from drivers.simulators.shtrih_m.taxes import GROUPS

FORM_RECEIPT, FORM_SHIFT_OPEN, FORM_SHIFT_CLOSE, FORM_CORRECTION, FORM_STATE = 3, 2, 5, 31, 21
GIVEN_BY_DEVICE = (1021,)


def common(machine: Machine, tags: bytes, operator: int) -> bytes:
    """What every document says about the register, and who made it."""
    who = machine.image.identity
    return (
        tlv.wall_time(1012, machine.wall())
        + tlv.text(1018, who.inn, 12)
        + tlv.text(1037, who.rnm, 20)
        + tlv.number(1038, machine.image.fn.shift, 4)
        + tlv.number(1040, machine.image.fn.last + 1, 4)
        + tlv.text(1041, who.fn, 16)
        + tlv.text(1021, layout.cashier(machine, operator, tags))
        + b"".join(tlv.tlv(tag, value) for tag, value in tlv.parse(tags) if tag not in GIVEN_BY_DEVICE)
    )


def receipt_body(
    machine: Machine, receipt: Receipt, total: int, means: list[int], change: int, tax_system: int
) -> bytes:
    """Form 3."""
    body = common(machine, bytes.fromhex(receipt.tlv), receipt.operator)
    body += tlv.number(1042, machine.image.fn.receipts + 1, 4)
    body += tlv.number(1054, receipt.operation, 1) + tlv.number(1055, tax_system, 1)
    body += tlv.text(1009, machine.image.identity.address) + tlv.text(1187, machine.image.identity.place)
    body += b"".join(_item(line) for line in receipt.lines if not line.storno)
    body += tlv.vln(1020, total) + tlv.vln(1031, means[0] - change) + tlv.vln(1081, sum(means[1:13]))
    body += tlv.vln(1215, means[13]) + tlv.vln(1216, means[14]) + tlv.vln(1217, means[15])
    turnover = receipt_sums.turnovers(receipt)
    for row, tax in receipt_sums.tax_sums(receipt).items():
        group = GROUPS[row]
        if group.total_tag:
            body += tlv.vln(group.total_tag, tax if group.percent else turnover[row])
    return tlv.tlv(FORM_RECEIPT, body)


def _item(line: Line) -> bytes:
    item = tlv.text(1030, line.name.removeprefix("//")) + tlv.vln(1079, line.price) + tlv.fvln(1023, line.quantity)
    item += tlv.number(1199, GROUPS[line.vat].tag_1199, 1) + tlv.vln(1043, line.sum)
    item += tlv.number(1214, line.method, 1) + tlv.number(1212, line.subject, 1) + bytes.fromhex(line.tlv)
    if line.mark_result is not None:
        item += tlv.number(2106, line.mark_result, 1)
    return tlv.tlv(1059, item)
