"""The money commands of the till, read and judged: what is wrong with them, or the operation they start.

    06 01 04 amt6 [49 CC] ...        06 30 pwd3 87 slip [04][49]        06 31 pwd3 04 amt6 [49 CC]
    06 22 reserve   06 23, 06 24 book a reservation   06 25 release it: 04 amt6 [49 CC] 87 slip

Source: ZVT PA00P015 rev 13.08 §4 of reference/pay/zvt.md.
"""

from __future__ import annotations

from drivers.simulators.zvt import apdu, bitmaps, tlv
from drivers.simulators.zvt.bitmaps import Malformed, UnknownBitmap
from drivers.simulators.zvt.payment import AGAIN_TIMES, Request, money_operation, undo_out_of_step
from drivers.simulators.zvt.steps import Steps, Turn
from drivers.simulators.zvt.talk import accept, finish, refuse
from drivers.simulators.zvt.terminal import Terminal

AUTHORISATION, REVERSAL, REFUND = 0x0601, 0x0630, 0x0631
RESERVE, BOOK_PART, BOOK_TOTAL, RELEASE = 0x0622, 0x0623, 0x0624, 0x0625
MONEY = {AUTHORISATION, REVERSAL, REFUND, RESERVE, BOOK_PART, BOOK_TOTAL, RELEASE}
MOST_MINOR = 100_000_000  # the limit this terminal is set up with
UNKNOWN, WRONG_FORM, NOT_REGISTERED, CURRENCY = 0x83, 0x9A, 0x6B, 0x6F
CARD_INSIDE = 0xDC
ALREADY_REVERSED, CANNOT_REVERSE, NO_RESERVATION, RESERVATION_AMOUNT = LOOKED_UP = (0xB4, 0xB5, 0xB7, 0xB8)


def money_command(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """Any of the MONEY commands, from its answer to its end."""
    positional = 3 if turn.code in (REVERSAL, REFUND) else 0
    try:
        fields = bitmaps.read(data[positional:])
        bitmaps.number(data[:positional] or b"\x00")
        objects = dict(tlv.read(fields.get(bitmaps.CONTAINER, b"")))
        code, request = _judge(pt, turn.code, fields, len(data) >= positional)
    except UnknownBitmap:
        code, request = UNKNOWN, None
    except (Malformed, tlv.Broken):
        code, request = WRONG_FORM, None
    if code in LOOKED_UP:  # it had to look into its journal, so the command is under way when it finds out
        yield from accept(pt, turn)
        yield from finish(apdu.abort(code))
        return
    if request is None:
        yield from refuse(code)
        return
    claimed = objects.get(0x1F1F, b"")
    if claimed:
        undo_out_of_step(pt, bitmaps.number(claimed))
    yield from money_operation(pt, turn, request)


def _judge(pt: Terminal, code: int, fields: dict[int, bytes], whole: bool) -> tuple[int, Request | None]:
    """(refusal code, None) or (0, what to do)."""
    if not whole:
        return WRONG_FORM, None
    if pt.registration is None:
        return NOT_REGISTERED, None
    if pt.faults.strikes("busy"):
        return 0x9C, None
    condition = pt.condition()
    waiting_card = condition == CARD_INSIDE and pt.reader.held is not None  # put in before the till asked
    if condition and not waiting_card:
        return condition, None
    currency = bitmaps.number(fields[0x49]) if 0x49 in fields else pt.setup.currency
    if currency not in pt.currencies:
        return CURRENCY, None
    amount = bitmaps.number(fields[0x04]) if 0x04 in fields else None
    within_s = fields[0x01][0] if 0x01 in fields else 30
    again = fields[0x02][0] if 0x02 in fields else AGAIN_TIMES
    sent = 0x49 in fields or pt.setup.currency_sent
    slip = bitmaps.number(fields[0x87]) if 0x87 in fields else None
    if code == REVERSAL:
        return _reversal(pt, slip, amount, sent, again)
    if code in (BOOK_PART, BOOK_TOTAL, RELEASE):
        return _with_reservation(pt, code, slip, amount, sent, again)
    if amount is None:
        return WRONG_FORM, None
    if amount == 0:
        return 0xC8, None
    if amount > MOST_MINOR:
        return 0xC3, None
    kind = {AUTHORISATION: "sale", REFUND: "refund", RESERVE: "reservation"}[code]
    return 0, Request(kind, amount, currency, sent, within_s, again)


def _reversal(pt: Terminal, slip: int | None, amount: int | None, sent: bool, again: int) -> tuple[int, Request | None]:
    if slip is None:
        return WRONG_FORM, None
    original = pt.books.find(slip)
    if original is None or original.hidden or original.day != pt.books.day:
        return CANNOT_REVERSE, None
    if original.gone:
        return ALREADY_REVERSED, None
    if amount not in (None, original.amount_minor):
        return CANNOT_REVERSE, None
    return 0, Request("reversal", original.amount_minor, original.currency, sent, None, again, original)


def _with_reservation(
    pt: Terminal, code: int, slip: int | None, amount: int | None, sent: bool, again: int
) -> tuple[int, Request | None]:
    reserved = pt.books.reservation(slip)
    if reserved is None or reserved.gone:
        return NO_RESERVATION, None
    wanted = reserved.amount_minor if amount is None else amount
    if not 0 < wanted <= reserved.amount_minor:
        return RESERVATION_AMOUNT, None
    kind = "release" if code == RELEASE else "sale"
    return 0, Request(kind, wanted, reserved.currency, sent, None, again, reserved)
