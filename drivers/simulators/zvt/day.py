"""The terminal's day and its upkeep: end of day, totals, repeats, diagnosis, initialisation, configuration print.

    06 50 pwd3 -> 80, host, 04 0F (totals), prints, 06 0F        06 10 the same without closing the day
    06 20 pwd3 [03 service] -> 80, [04 0F of the last booking when bit 01], [prints unless bit 02], 06 0F

Source: ZVT PA00P015 rev 13.08 §4 of reference/pay/zvt.md.
"""

from __future__ import annotations

from drivers.simulators.zvt import apdu, bitmaps, receipts, status_info
from drivers.simulators.zvt.bitmaps import Malformed
from drivers.simulators.zvt.display import Shown
from drivers.simulators.zvt.money_commands import NOT_REGISTERED, WRONG_FORM
from drivers.simulators.zvt.payment import NO_HOST
from drivers.simulators.zvt.receipts import ADMIN, CENTRED, LAST, Line, print_out, same
from drivers.simulators.zvt.steps import Drop, Part, Say, Steps, Turn
from drivers.simulators.zvt.talk import accept, finish, progress, refuse, takes
from drivers.simulators.zvt.terminal import HOST_S, TERMINAL_ID, Terminal

NOTHING_THERE = 0xFB  # "record": there is no such record


def _opened(pt: Terminal, turn: Turn, data: bytes, *, password: bool, registered: bool = True) -> Part[bool]:
    if password and len(data) < 3:
        yield from refuse(WRONG_FORM)
        return False
    if registered and pt.registration is None:
        yield from refuse(NOT_REGISTERED)
        return False
    yield from accept(pt, turn)
    return True


def end_of_day(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 50. The host has closed the day before the till hears of it."""
    opened = yield from _opened(pt, turn, data, password=True)
    if not opened:
        return
    yield from progress(pt, Shown.HOST)
    yield from takes(pt, HOST_S)
    if pt.faults.strikes("host_down"):
        yield from finish(apdu.abort(NO_HOST))
        return
    totals = pt.books.close_day()
    known = {"count": totals.count, "first": totals.first, "last": totals.last}
    pt.ledger.write("day_closed", amount_minor=totals.amount_minor, currency=pt.setup.currency, **known)
    if pt.faults.strikes("end_of_day_lost"):
        yield Drop()
        return
    yield Say(status_info.of_day(pt, totals))
    yield from print_out(pt, receipts.day(totals, pt.setup.currency, closed=True), ADMIN)
    yield from finish(apdu.completion())


def totals_so_far(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 10 and 06 12: the open day, as status information or only as prints."""
    opened = yield from _opened(pt, turn, data, password=True)
    if not opened:
        return
    totals = pt.books.totals()
    if turn.code == 0x0610:
        yield Say(status_info.of_day(pt, totals))
    yield from print_out(pt, receipts.day(totals, pt.setup.currency, closed=False), ADMIN)
    yield from finish(apdu.completion())


def repeat_receipt(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 20: what it last booked. A declined attempt leaves no trace here."""
    if pt.keep_quiet():
        return
    try:
        service = bitmaps.read(data[3:]).get(0x03, b"\x00")[0]
    except Malformed:
        yield from refuse(WRONG_FORM)
        return
    opened = yield from _opened(pt, turn, data, password=True)
    if not opened:
        return
    record, result = pt.books.last(), 0
    if pt.books.taken_back is not None and pt.faults.strikes("repeat_shows_reversed"):
        record, result = pt.books.taken_back, 0x6C
    if record is None:
        yield from finish(apdu.abort(NOTHING_THERE))
        return
    if service & 0x01:
        yield Say(status_info.of_payment(pt, record, result))
    if not service & 0x02:
        yield from print_out(pt, receipts.payment(record, receipts.MERCHANT, result), receipts.MERCHANT)
    yield from finish(apdu.completion())


def diagnosis(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 70: calls the host; afterwards C2 is gone."""
    opened = yield from _opened(pt, turn, data, password=False)
    if not opened:
        return
    yield from _call_host(pt, 0xC2, Line("DIAGNOSIS OK", "ДИАГНОСТИКА УСПЕШНА", LAST))


def initialisation(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 93: fetches the parameters; afterwards 51 is gone."""
    opened = yield from _opened(pt, turn, data, password=True)
    if not opened:
        return
    yield from _call_host(pt, 0x51, Line("INITIALISATION OK", "ИНИЦИАЛИЗАЦИЯ УСПЕШНА", LAST))


def _call_host(pt: Terminal, mends: int, outcome: Line) -> Steps:
    yield from progress(pt, Shown.HOST)
    yield from takes(pt, HOST_S)
    if pt.faults.strikes("host_down"):
        yield from finish(apdu.abort(NO_HOST))
        return
    pt.books.needs.discard(mends)
    pt.books.save()
    yield from print_out(pt, [same(f"TID {TERMINAL_ID}", CENTRED), outcome], ADMIN)
    yield from finish(apdu.completion())


def configuration(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 1A: prints how it is set up."""
    opened = yield from _opened(pt, turn, data, password=False, registered=False)
    if not opened:
        return
    listed = ", ".join(f"{code:03d}" for code in pt.currencies)
    lines = [
        Line("CONFIGURATION", "КОНФИГУРАЦИЯ", CENTRED),
        same(f"TID {TERMINAL_ID}"),
        same(f"CONFIG {pt.setup.config:02X}"),
        Line(f"CURRENCIES {listed}", f"ВАЛЮТЫ {listed}", LAST),
    ]
    yield from print_out(pt, lines, ADMIN)
    yield from finish(apdu.completion())
