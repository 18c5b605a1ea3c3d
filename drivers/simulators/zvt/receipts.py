"""What the terminal prints: lines for the till (06 D1, or blocks 06 D3) or for its own paper.

    06 D1 <attribute> <text>     attribute bit 7 = last line, 40 centred, 20 double width, 10 double height
    06 D3 06 <TLV: 1F07 copy, 14 charset, 25 { 09 attribute, 07 line ... }>

Source: ZVT PA00P015 rev 13.08, print line and print text block.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from drivers.simulators.zvt import bitmaps, tlv
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.books import Record, Totals
from drivers.simulators.zvt.steps import Part, Say
from drivers.simulators.zvt.talk import closes, encode_text, mishap
from drivers.simulators.zvt.terminal import TERMINAL_ID, Terminal

CENTRED, PLAIN, LAST = 0x40, 0x00, 0x81  # 80 alone is reserved, so the last line is indented by one
MERCHANT, CUSTOMER, ADMIN = 1, 2, 3
CURRENCIES = {978: "EUR", 643: "RUB"}
KINDS = {
    "sale": ("CARD PAYMENT", "ОПЛАТА КАРТОЙ"),
    "refund": ("REFUND", "ВОЗВРАТ"),
    "reversal": ("REVERSAL", "ОТМЕНА"),
    "reservation": ("PRE-AUTHORISATION", "ПРЕАВТОРИЗАЦИЯ"),
    "release": ("PRE-AUTHORISATION RELEASED", "ПРЕАВТОРИЗАЦИЯ СНЯТА"),
}


@dataclass(frozen=True, slots=True)
class Line:
    english: str
    russian: str
    attribute: int = PLAIN

    @property
    def words(self) -> dict[str, str]:
        return {"en": self.english, "ru": self.russian}


def money(amount_minor: int, currency: int) -> str:
    sign = "-" if amount_minor < 0 else ""
    name = CURRENCIES.get(currency, f"{currency:03d}")
    return f"{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02d} {name}"


def same(text: str, attribute: int = PLAIN) -> Line:
    return Line(text, text, attribute)


def payment(record: Record, copy: int, result: int) -> list[Line]:
    """One copy of a payment's receipt; a declined attempt prints too."""
    title = KINDS[record.kind]
    at = dt.datetime.fromisoformat(record.at)
    amount = money(record.amount_minor, record.currency)
    lines = [
        Line("MERCHANT COPY", "ЭКЗЕМПЛЯР МАГАЗИНА", CENTRED)
        if copy == MERCHANT
        else Line("CUSTOMER COPY", "ЭКЗЕМПЛЯР ПОКУПАТЕЛЯ", CENTRED),
        Line(title[0], title[1], CENTRED),
        same(f"TID {TERMINAL_ID}  {at:%d.%m.%Y %H:%M:%S}"),
        Line(
            f"RECEIPT {record.slip:04d}  TRACE {record.trace:06d}", f"ЧЕК {record.slip:04d}  ТРАССА {record.trace:06d}"
        ),
        same(f"{record.scheme.upper()} {'*' * 12}{record.pan.rstrip('F')[-4:]}".strip()),
        Line(f"AMOUNT {amount}", f"СУММА {amount}"),
    ]
    if record.of is not None:
        lines.append(Line(f"ORIGINAL RECEIPT {record.of:04d}", f"ИСХОДНЫЙ ЧЕК {record.of:04d}"))
    if result:
        return [*lines, Line(f"DECLINED, CODE {result:02X}", f"ОТКЛОНЕНО, КОД {result:02X}", LAST)]
    lines.append(Line("PIN OK", "ПИН-КОД ВЕРЕН") if record.pin else Line("NO PIN", "БЕЗ ПИН-КОДА"))
    lines.append(Line(f"AUTH. CODE {record.auth}", f"КОД АВТОРИЗАЦИИ {record.auth}"))
    lines.append(Line("APPROVED", "ОДОБРЕНО", LAST))
    return lines


def day(totals: Totals, currency: int, *, closed: bool) -> list[Line]:
    """The receipt of an end of day, or of the totals before it."""
    title = ("END OF DAY", "СВЕРКА ИТОГОВ") if closed else ("TURNOVER", "ОБОРОТ")
    lines = [Line(*title, attribute=CENTRED), same(f"TID {TERMINAL_ID}")]
    for scheme, (count, amount) in totals.schemes.items():
        lines.append(same(f"{scheme.upper()} {count} x {money(amount, currency)}"))
    total = money(totals.amount_minor, currency)
    return [*lines, Line(f"TOTAL {totals.count} {total}", f"ИТОГО {totals.count} {total}", LAST)]


def print_out(pt: Terminal, lines: list[Line], copy: int, *, troubles: bool = False) -> Part[bool]:
    """Print at the till if it prints this kind, else on the terminal's own paper. False: the till did not take it all.

    `troubles`: this is a payment's receipt, where the faults of printing may strike.
    """
    setup = pt.setup
    if not (setup.till_prints_admin if copy == ADMIN else setup.till_prints):
        pt.paper.extend(line.words[pt.language] for line in lines)
        del pt.paper[:-60]
        return True
    if not setup.by_print_commands:
        return True  # the till composes the receipt from the status information
    messages = [block(pt, lines, copy)] if setup.accepts_blocks else [line_command(pt, line) for line in lines]
    for at, message in enumerate(messages):
        if troubles and at == len(messages) // 2:
            yield from mishap(pt, "in_print")
            yield from closes(pt, "drop_in_print")
        reply = yield Say(message)
        if not (isinstance(reply, Apdu) and reply.accepts):
            return False
    return True


def line_command(pt: Terminal, line: Line) -> Apdu:
    text = encode_text(pt, line.words)
    return Apdu(0x06D1, bytes([line.attribute]) + text)


def block(pt: Terminal, lines: list[Line], copy: int) -> Apdu:
    texts = b""
    for line in lines:
        texts += tlv.write(0x09, bytes([line.attribute])) if line.attribute else b""
        texts += tlv.write(0x07, encode_text(pt, line.words))
    objects = tlv.write(0x1F07, bytes([copy])) + tlv.write(0x14, bytes([pt.setup.charset])) + tlv.write(0x25, texts)
    return Apdu(0x06D3, bitmaps.write(bitmaps.CONTAINER, objects))
