"""04 0F, the status information: what became of an operation, as bitmaps.

    04 0F LEN 27 result  04 amount  49 currency  87 slip  0B trace  0C time  0D date  29 terminal  22 PAN ...

Source: ZVT PA00P015 rev 13.08, status information; frames of reference/pay/zvt.md §11.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from drivers.simulators.zvt import bitmaps, tlv
from drivers.simulators.zvt.apdu import Apdu
from drivers.simulators.zvt.books import SCHEMES, Record, Totals
from drivers.simulators.zvt.cards import DECK
from drivers.simulators.zvt.terminal import TERMINAL_ID, Terminal

NOBODY_KNOWS = bytes.fromhex("99 01 02 03")
ONLINE, BY_PIN = 0x60, 0x70
MERCHANT_NUMBER = b"VU0000000000042"


def essentials(record: Record, result: int) -> bytes:
    """The bitmaps every status information of a payment has, up to the card number."""
    at = dt.datetime.fromisoformat(record.at)
    data = bitmaps.write(0x27, bytes([result])) + bitmaps.write(0x04, bitmaps.bcd(record.amount_minor, 6))
    if record.currency_sent:
        data += bitmaps.write(0x49, bitmaps.bcd(record.currency, 2))
    data += bitmaps.write(0x87, bitmaps.bcd(record.slip, 2)) + bitmaps.write(0x0B, bitmaps.bcd(record.trace, 3))
    data += bitmaps.write(0x0C, bytes.fromhex(f"{at:%H%M%S}")) + bitmaps.write(0x0D, bytes.fromhex(f"{at:%m%d}"))
    data += bitmaps.write(0x29, bitmaps.bcd(TERMINAL_ID, 4))
    return data + (bitmaps.write(0x22, bytes.fromhex(record.pan)) if record.pan else b"")


def of_payment(pt: Terminal, record: Record, result: int) -> Apdu:
    """The whole message, with the faults that spoil it."""
    shown = record
    if pt.faults.strikes("pan_unmasked"):
        shown = replace(record, pan=_whole_number(record))
    data = essentials(shown, result)
    if record.scheme:
        name = next((card.name for card in DECK.values() if card.scheme == record.scheme), record.scheme)
        data += bitmaps.write(0x8B, name.encode("ascii") + b"\x00")
    data += bitmaps.write(0x19, bytes([BY_PIN if record.pin else ONLINE]))
    data += bitmaps.write(0x2A, MERCHANT_NUMBER)
    if record.auth and not result:
        data += bitmaps.write(0x3B, record.auth.encode("ascii").ljust(8, b"\x00"))
    if record.of_trace is not None:
        data += bitmaps.write(0x37, bitmaps.bcd(record.of_trace, 3))
    data += bitmaps.write(0xA0, b"\x00")
    if pt.setup.tlv:
        data += bitmaps.write(bitmaps.CONTAINER, _objects(pt, record))
    value = pt.faults.value("unknown_bitmap")
    if value is not None:
        data = NOBODY_KNOWS + data if value == "front" else data + NOBODY_KNOWS
    return Apdu(0x040F, data)


def of_day(pt: Terminal, totals: Totals) -> Apdu:
    """End of day or totals: 60 lists slips and, for each scheme, count (1 byte) and amount (6 bytes), BCD."""
    now = pt.clock()
    listed = bitmaps.bcd(totals.first, 2) + bitmaps.bcd(totals.last, 2)
    for scheme in SCHEMES:
        count, amount = totals.schemes.get(scheme, (0, 0))
        listed += bitmaps.bcd(min(count, 99), 1) + bitmaps.bcd(max(amount, 0), 6)  # a sum has no sign here
    data = bitmaps.write(0x27, b"\x00") + bitmaps.write(0x04, bitmaps.bcd(max(totals.amount_minor, 0), 6))
    if pt.setup.currency_sent:
        data += bitmaps.write(0x49, bitmaps.bcd(pt.setup.currency, 2))
    data += bitmaps.write(0x0C, bytes.fromhex(f"{now:%H%M%S}")) + bitmaps.write(0x0D, bytes.fromhex(f"{now:%m%d}"))
    data += bitmaps.write(0x29, bitmaps.bcd(TERMINAL_ID, 4))
    return Apdu(0x040F, data + bitmaps.write(0x60, listed))


def _objects(pt: Terminal, record: Record) -> bytes:
    objects = tlv.write(0x1F10, b"\x02" if record.pin else b"\x00")
    objects += tlv.write(0x1F12, b"\x01" if record.chip else b"\x02")
    if pt.books.sync_ids:
        objects += tlv.write(0x1F1F, bitmaps.bcd(pt.books.sync_id + 1, 2))
    return objects


def _whole_number(record: Record) -> str:
    number = next((card.number for card in DECK.values() if card.masked == record.pan), "4111111111111111")
    return number + "F" * (len(number) % 2)
