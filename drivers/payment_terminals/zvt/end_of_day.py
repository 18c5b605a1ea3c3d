"""End of day (06 50): the terminal sends its totals to the bank and tells them to the till.

    06 50 LEN password3                                                  -> 80 00 00
    04 0F ... 04 total6  60 LLLVAR first2 last2 (count1 amount6) x 7     <- by card scheme

Source: VdTH PA00P015 rev 13.08.
"""

from __future__ import annotations

from drivers.errors import Garbled
from drivers.payment_terminals.contract import DayTotals
from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.apdu import Apdu
from drivers.payment_terminals.zvt.bitmaps import Fields
from drivers.payment_terminals.zvt.exchange import run
from drivers.payment_terminals.zvt.patience import Patience
from drivers.payment_terminals.zvt.records import Record
from drivers.payment_terminals.zvt.results import ZvtRefused
from drivers.wire.bcd import from_bcd
from drivers.wire.dialogue import Dialogue

RANGE, GROUP = 4, 7


def end_of_day(password: bytes, patience: Patience) -> Dialogue[DayTotals]:
    """Close the terminal's day. Without totals from the terminal (an empty day) they are zero."""
    ended = yield from run(Apdu(0x0650, password), patience)
    if not ended.reports:
        return DayTotals(0, 0, 0, 0, ended.lines, signed=False)
    fields = ended.reports[-1]
    if bitmaps.RESULT in fields.values and not Record(fields).approved:
        raise ZvtRefused(Record(fields).code)
    return totals(fields, ended.lines)


def totals(fields: Fields, lines: tuple[str, ...]) -> DayTotals:
    total = fields.number(bitmaps.AMOUNT) or 0
    groups = fields.values.get(bitmaps.TOTALS, b"")
    if not groups:
        return DayTotals(total, 0, 0, 0, lines, signed=False)
    if len(groups) < RANGE or (len(groups) - RANGE) % GROUP:
        raise Garbled(f"totals of {len(groups)} bytes")
    # One binary byte a scheme, as an independent implementation reads it (the Rust crate `zvt`).
    count = sum(groups[at] for at in range(RANGE, len(groups), GROUP))
    return DayTotals(total, count, from_bcd(groups[:2]), from_bcd(groups[2:4]), lines, signed=False)
