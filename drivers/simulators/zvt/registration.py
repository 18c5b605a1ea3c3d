"""Registration, status and the commands that are answered at once.

    06 00 pwd3 config1 [CC2] [03 service] [06 TLV]  ->  80, 06 0F 19 status 29 TID 49 CC [06 TLV]
    05 01 [pwd3 [03 service]]                       ->  80, 06 0F [LLLVAR version] status

Source: ZVT PA00P015 rev 13.08 §4 of reference/pay/zvt.md.
"""

from __future__ import annotations

import datetime as dt

from drivers.simulators.zvt import apdu, bitmaps, tlv
from drivers.simulators.zvt.bitmaps import Malformed, UnknownBitmap
from drivers.simulators.zvt.money_commands import CURRENCY, UNKNOWN, WRONG_FORM
from drivers.simulators.zvt.steps import Steps, Tell, Turn
from drivers.simulators.zvt.talk import finish, refuse
from drivers.simulators.zvt.terminal import EURO, TERMINAL_ID, Registration, Terminal

VERSION = b"TILLSIM 1.0"
CHARSETS = (0xFF, 0xFE, 0x01)  # CP437, UTF-8, Latin-1
WIDTHS = range(24, 65)  # what this printer can do


def registration(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 00."""
    if len(data) < 4:
        yield from refuse(WRONG_FORM)
        return
    currency, rest = EURO, data[4:]
    sent = len(rest) >= 2
    try:
        if sent:
            currency, rest = bitmaps.number(rest[:2]), rest[2:]
        fields = bitmaps.read(rest)
        objects = dict(tlv.read(fields.get(bitmaps.CONTAINER, b"")))
        commands = [value for tag, value in tlv.read(objects.get(0x26, b"")) if tag == 0x0A]
    except UnknownBitmap:
        yield from refuse(UNKNOWN)
        return
    except (Malformed, tlv.Broken):
        yield from refuse(WRONG_FORM)
        return
    if currency not in pt.currencies:
        yield Tell(apdu.Apdu(0x841E, bytes([CURRENCY]) + bitmaps.bcd(pt.currencies[0], 2)))
        return
    setup = Registration(data[3], currency, sent, bitmaps.CONTAINER in fields)
    answer = b""
    wanted = objects.get(0x14, b"")
    if wanted and wanted[0] in CHARSETS:
        setup.charset = wanted[0]
        answer += tlv.write(0x14, wanted[:1])
    if objects.get(0x12):
        setup.width = min(max(objects[0x12][0], WIDTHS.start), WIDTHS.stop - 1)
        answer += tlv.write(0x12, bytes([setup.width]))
    setup.accepts_blocks = b"\x06\xd3" in commands
    pt.registration = setup
    yield Tell(apdu.positive())
    status = (0x01 if 0x51 in pt.books.needs else 0) | (0x02 if 0xC2 in pt.books.needs else 0)
    told = bitmaps.write(0x19, bytes([status])) + bitmaps.write(0x29, bitmaps.bcd(TERMINAL_ID, 4))
    told += bitmaps.write(0x49, bitmaps.bcd(currency, 2)) if sent else b""
    told += bitmaps.write(bitmaps.CONTAINER, answer) if setup.tlv else b""
    yield from finish(apdu.completion(told))


def status_enquiry(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """05 01."""
    if pt.keep_quiet():
        return
    try:
        service = bitmaps.read(data[3:]).get(0x03, b"\x00")[0]
    except (Malformed, IndexError):
        yield from refuse(WRONG_FORM)
        return
    yield Tell(apdu.positive())
    version = b"" if service & 0x02 else bitmaps.variable(VERSION, 3)
    yield from finish(apdu.completion(version + bytes([pt.condition()])))


def log_off(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 02: the config is the factory's again, TLV is forgotten."""
    pt.registration = None
    yield Tell(apdu.positive())


def reset(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 18: like switching off and on."""
    yield Tell(apdu.positive())
    pt.start()


def set_clock(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 91: AA YYMMDD 0C HHMMSS."""
    try:
        fields = bitmaps.read(data)
        pt.set_clock(dt.datetime.strptime(fields[0xAA].hex() + fields[0x0C].hex(), "%y%m%d%H%M%S"))
    except (Malformed, KeyError, ValueError):
        yield from refuse(WRONG_FORM)
        return
    yield Tell(apdu.positive())


def display_text(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 E0: F0 seconds, F1.. lines of text."""
    try:
        fields = bitmaps.read(data)
    except Malformed:
        yield from refuse(WRONG_FORM)
        return
    text = "\n".join(value.decode("cp437") for tag, value in sorted(fields.items()) if 0xF1 <= tag <= 0xF8)
    pt.show({"en": text, "ru": text})
    yield Tell(apdu.positive())


def print_line(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 D1 on the terminal's own paper: attribute, text."""
    if not data:
        yield from refuse(WRONG_FORM)
        return
    pt.paper.append(data[1:].decode("cp437"))
    yield Tell(apdu.positive())


def forbidden(pt: Terminal, turn: Turn, data: bytes) -> Steps:
    """06 C0: card data never leave this terminal."""
    yield from refuse(0xA5)
