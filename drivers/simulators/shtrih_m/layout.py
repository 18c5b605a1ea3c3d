"""What the register prints: documents as lines of text, the QR code as its text."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m import receipt_sums, tables, tlv
from drivers.simulators.shtrih_m.machine import Machine
from drivers.simulators.shtrih_m.memory_image import Filed, Line, Receipt
from drivers.simulators.shtrih_m.taxes import GROUPS

WIDTH = 36
OPERATIONS = {1: "ПРИХОД", 2: "ВОЗВРАТ ПРИХОДА", 3: "РАСХОД", 4: "ВОЗВРАТ РАСХОДА"}
TAX_SYSTEMS = ("ОСН", "УСН доход", "УСН доход-расход", "ЕНВД", "ЕСХН", "ПСН")


def amount(kopecks: int) -> str:
    return f"{'-' if kopecks < 0 else ''}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


def pair(left: str, right: str) -> str:
    return left[: WIDTH - len(right) - 1].ljust(WIDTH - len(right)) + right


def decimal(millionths: int) -> str:
    whole, part = divmod(millionths, receipt_sums.MILLION)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".") if part else str(whole)


def qr_text(filed: Filed, fn: str) -> str:
    at = dt.datetime.fromisoformat(filed.at)
    return f"t={at:%Y%m%dT%H%M}&s={amount(filed.total)}&fn={fn}&i={filed.number}&fp={filed.sign}&n={filed.operation}"


def operation_lines(line: Line) -> list[str]:
    if line.name.startswith("//"):
        return []
    shown = [("СТОРНО " if line.storno else "") + line.name[: WIDTH * 2]]
    shown.append(pair(f"{decimal(line.quantity)} x {amount(line.price)}", f"={amount(receipt_sums.signed(line))}"))
    shown.append(pair(("[М] " if line.mark else "") + GROUPS[line.vat].name, ""))
    return shown


def _from_table_4(machine: Machine, rows: tuple[int, ...]) -> list[str]:
    texts = [str(tables.read(machine.image, (4, row, 1))).strip() for row in rows]
    return [text.center(WIDTH) for text in texts if text]


def header(machine: Machine) -> list[str]:
    return _from_table_4(machine, (1, 2, 3, 4))


def footer(machine: Machine) -> list[str]:
    return _from_table_4(machine, (11, 12, 13, 14))


def cashier(machine: Machine, operator: int, tags: bytes) -> str:
    return tlv.find_text(tags, 1021) or str(tables.read(machine.image, (2, operator, 2)))


def fiscal_lines(machine: Machine, filed: Filed) -> list[str]:
    """The tail every fiscal document has."""
    who, at = machine.image.identity, dt.datetime.fromisoformat(filed.at)
    return [
        pair(f"СМЕНА {filed.shift}", f"{at:%d.%m.%y %H:%M}"),
        who.user[:WIDTH],
        pair(f"РН ККТ {who.rnm}", ""),
        pair(f"ЗН ККТ {who.serial}", ""),
        pair(f"ИНН {who.inn}", ""),
        pair(f"ФН {who.fn}", ""),
        pair(f"ФД {filed.number}", f"ФП {filed.sign:010d}"),
    ]


def receipt_lines(
    machine: Machine, receipt: Receipt, filed: Filed, means: dict[str, int], change: int, tax_system: int, text: str
) -> list[str]:
    """A closed receipt; `means` are named sums received."""
    tags = bytes.fromhex(receipt.tlv)
    shown = [*header(machine), pair("КАССОВЫЙ ЧЕК", OPERATIONS[receipt.operation])]
    for line in receipt.lines:
        shown += operation_lines(line)
    if receipt.discount:
        shown.append(pair("СКИДКА", f"-{amount(receipt.discount)}"))
    if receipt.surcharge:
        shown.append(pair("НАДБАВКА", f"+{amount(receipt.surcharge)}"))
    exact = receipt_sums.total(receipt)
    if exact != filed.total:
        shown.append(pair("ОКРУГЛЕНИЕ", f"-{amount(exact - filed.total)}"))
    shown.append(pair("ИТОГ", f"={amount(filed.total)}"))
    shown += [pair(name, f"={amount(value)}") for name, value in means.items() if value]
    if change:
        shown.append(pair("СДАЧА", f"={amount(change)}"))
    turnover = receipt_sums.turnovers(receipt)
    for row, tax in receipt_sums.tax_sums(receipt).items():
        group = GROUPS[row]
        shown.append(pair(f"СУММА {group.name}", f"={amount(tax if group.percent else turnover[row])}"))
    shown.append(pair(f"СНО: {TAX_SYSTEMS[tax_system.bit_length() - 1]}", ""))
    automat = tlv.find_text(tags, 1036)
    shown.append(f"АВТОМАТ {automat}" if automat else f"Кассир {cashier(machine, receipt.operator, tags)}"[:WIDTH])
    buyer = tlv.find_text(tags, 1008)
    if buyer:
        shown.append(f"ЭЛ. АДР. ПОКУПАТЕЛЯ {buyer}")
    if text:
        shown.append(text)
    shown.append(pair(f"ЧЕК {machine.image.fn.receipts}", f"МЕСТО {machine.image.identity.place}"))
    return [*shown, *fiscal_lines(machine, filed), qr_text(filed, machine.image.identity.fn), *footer(machine)]


def report_lines(machine: Machine, title: str) -> list[str]:
    """X and Z alike: what the shift came to so far."""
    sums = machine.image.shift_sums
    shown = [title.center(WIDTH), pair(f"СМЕНА {machine.image.fn.shift}", f"{machine.wall():%d.%m.%y %H:%M}")]
    for classic, name in enumerate(("ПРИХОД", "РАСХОД", "ВОЗВРАТ ПРИХОДА", "ВОЗВРАТ РАСХОДА")):
        count, total = sums.get(f"receipts.{classic}", 0), sums.get(f"sum.{classic}", 0)
        shown.append(pair(f"{name} {count}", f"={amount(total)}"))
        for means in range(1, 17):
            if paid := sums.get(f"paid.{means}.{classic}", 0):
                shown.append(pair("  " + str(tables.read(machine.image, (5, means, 1))), f"={amount(paid)}"))
    shown.append(pair("ВНЕСЕНО", f"={amount(sums.get('cash_in', 0))}"))
    shown.append(pair("ВЫПЛАЧЕНО", f"={amount(sums.get('cash_out', 0))}"))
    shown.append(pair("НАЛИЧНЫХ В КАССЕ", f"={amount(machine.image.cash)}"))
    return shown
