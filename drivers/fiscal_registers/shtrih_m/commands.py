"""The Shtrih-M commands this driver uses, as bytes.

    code(1, or FF and 1) | password u32 | parameters          integers little-endian
    sums 5 bytes, minor units; quantity of FF46 6 bytes, millionths; text CP1251

Source: vendor protocol 1.17, chapters "commands" and "FN commands"; lengths checked against worked frames.
"""

from __future__ import annotations

from dataclasses import dataclass

from drivers.fiscal_registers.shtrih_m.exchange import Command
from fiscal.document import DocumentLine, DocumentPayments, Operation, TaxSystem

# Status answers come within about 100 ms; a second leaves room for the 0.5 s a long one takes at 4800 baud.
READ_S = 1.0
# Commands that do a small thing (line, field, drawer, cancel) answer in tenths of a second, or once paper has moved.
ACT_S = 5.0
# A document in the fiscal memory takes 10 to 20 s at worst.
DOCUMENT_S = 30.0
# Full reports are seen to take more than a minute.
REPORT_S = 120.0
# The server behind the marking check has its own limit, then the register says so.
MARK_S = 30.0

DEVICE_COMPUTES = b"\xff" * 5
LONGEST_NAME = 128
ON_RECEIPT = b"\x02"  # flags of printing commands: bit 1 is the receipt roll
OPEN_TYPES = {
    Operation.SALE: 0,
    Operation.EXPENSE: 1,
    Operation.SALE_REFUND: 2,
    Operation.EXPENSE_REFUND: 3,
}


@dataclass(frozen=True, slots=True)
class Access:
    """Passwords and patience.

    Factory cashiers are 1 to 28, 29 is the administrator, 30 the system administrator. `document_s` and `report_s` are
    how long a document and a report may take, printing included where the model answers only afterwards.
    """

    cashier: int
    system: int
    document_s: float = DOCUMENT_S
    report_s: float = REPORT_S

    def act(self, code: str, parameters: bytes = b"", within_s: float = ACT_S) -> Command:
        """A command of the cashier that does something. `code` in hexadecimal."""
        return Command(bytes.fromhex(code) + self.cashier.to_bytes(4, "little") + parameters, within_s)

    def rule(self, code: str, parameters: bytes = b"", within_s: float = ACT_S) -> Command:
        """A command of the system administrator that does something."""
        return Command(bytes.fromhex(code) + self.system.to_bytes(4, "little") + parameters, within_s)

    def read(self, code: str, parameters: bytes = b"") -> Command:
        """A command of the system administrator that only reads."""
        return Command(bytes.fromhex(code) + self.system.to_bytes(4, "little") + parameters, READ_S, reads=True)


IDENTIFY = Command(b"\xfc", READ_S, reads=True)


def short_status(access: Access) -> Command:
    return access.read("10")


def full_status(access: Access) -> Command:
    return access.read("11")


def fn_status(access: Access) -> Command:
    return access.read("FF 01")


def shift_status(access: Access) -> Command:
    return access.read("FF 40")


def ofd_status(access: Access) -> Command:
    return access.read("FF 39")


def unsent_count(access: Access) -> Command:
    return access.read("FF 3F")


def find_document(access: Access, number: int) -> Command:
    return access.read("FF 0A", number.to_bytes(4, "little"))


def money_register(access: Access, register: int) -> Command:
    return Command(b"\x1a" + access.cashier.to_bytes(4, "little") + bytes([register]), READ_S, reads=True)


def table_shape(access: Access, table: int) -> Command:
    return access.read("2D", bytes([table]))


def field_shape(access: Access, table: int, field: int) -> Command:
    return access.read("2E", bytes([table, field]))


def read_table(access: Access, table: int, row: int, field: int) -> Command:
    return access.read("1F", bytes([table]) + row.to_bytes(2, "little") + bytes([field]))


def open_receipt(access: Access, operation: Operation) -> Command:
    return access.act("8D", bytes([OPEN_TYPES[operation]]))


def add_line(access: Access, operation: Operation, line: DocumentLine, tax_code: int) -> Command:
    """FF46: op1 qty6 price5 sum5 tax5 rate1 department1 method1 subject1 name."""
    name = line.name.encode("cp1251", "replace")[:LONGEST_NAME]
    if name.startswith(b"//"):  # two slashes would keep the name off the paper
        name = (b" " + name)[:LONGEST_NAME]
    return access.act(
        "FF 46",
        bytes([operation.value])
        + (line.quantity_thousandths * 1000).to_bytes(6, "little")
        + money(line.price_minor)
        + money(line.sum_minor)
        + DEVICE_COMPUTES
        + bytes([tax_code, line.department, line.method.value, line.subject.value])
        + name,
    )


def line_tags(access: Access, tlv: bytes) -> Command:
    return access.rule("FF 4D", tlv)


def document_tags(access: Access, tlv: bytes) -> Command:
    return access.rule("FF 0C", tlv)


def check_mark(access: Access, planned_status: int, mark: bytes, tlv: bytes = b"") -> Command:
    """FF61; `planned_status` is tag 2003; `tlv` carries quantity and measure of a part of a package."""
    lengths = bytes([planned_status, 0, len(mark), len(tlv)])
    return access.act("FF 61", lengths + mark + tlv, MARK_S)


def keep_mark(access: Access, accept: bool) -> Command:
    """FF69: accept or reject the code checked last."""
    return access.act("FF 69", bytes([accept]))


def bind_mark(access: Access, mark: bytes) -> Command:
    """FF67: bind the code to the line sent last."""
    return access.act("FF 67", bytes([len(mark)]) + mark, MARK_S)


def close_receipt(access: Access, payments: DocumentPayments, rounding_minor: int, tax_system: TaxSystem) -> Command:
    """FF45: 16 payments, rounding, six VAT sums (zero: the device computes), tax system bit."""
    means = [0] * 16
    means[0] = payments.cash_minor
    means[1] = payments.electronic_minor
    means[13] = payments.prepaid_minor
    means[14] = payments.credit_minor
    means[15] = payments.barter_minor
    return access.rule(
        "FF 45",
        b"".join(map(money, means)) + bytes([rounding_minor]) + bytes(6 * 5) + bytes([1 << tax_system.value]),
        access.document_s,
    )


def cancel_receipt(access: Access) -> Command:
    return access.act("88")


def cancel_fn_document(access: Access) -> Command:
    return access.rule("FF 08")


def continue_print(access: Access) -> Command:
    return access.act("B0")


def copy_last(access: Access) -> Command:
    return access.act("8C", within_s=access.document_s)


def begin_open_shift(access: Access) -> Command:
    return access.rule("FF 41")


def begin_close_shift(access: Access) -> Command:
    return access.rule("FF 42")


def open_shift(access: Access) -> Command:
    return access.act("E0", within_s=access.document_s)


def z_report(access: Access) -> Command:
    return access.rule("41", within_s=access.report_s)


def x_report(access: Access) -> Command:
    return access.rule("40", within_s=access.report_s)


def cash_in(access: Access, sum_minor: int) -> Command:
    return access.act("50", money(sum_minor), access.document_s)


def cash_out(access: Access, sum_minor: int) -> Command:
    return access.act("51", money(sum_minor), access.document_s)


def print_line(access: Access, text: str) -> Command:
    """17h: one line in font 1 on the receipt paper; 40 characters are what every model takes."""
    return access.act("17", ON_RECEIPT + text.encode("cp1251", "replace")[:40].ljust(40, b"\0"))


def feed(access: Access, lines: int) -> Command:
    return access.act("29", ON_RECEIPT + bytes([lines]))


def cut(access: Access) -> Command:
    """25h: a partial cut."""
    return access.act("25", b"\x01")


def open_drawer(access: Access) -> Command:
    return access.act("28", b"\x00")


def money(sum_minor: int) -> bytes:
    """Raises OverflowError if the sum is negative or longer than five bytes."""
    return sum_minor.to_bytes(5, "little")
