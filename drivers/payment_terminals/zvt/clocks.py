"""The terminal's date and time in a record, completed with the year it often leaves out."""

from __future__ import annotations

import datetime as dt

from drivers.payment_terminals.zvt import bitmaps
from drivers.payment_terminals.zvt.bitmaps import Fields

FULL_DATE_OBJECT, TIME_OBJECT = 0x1F0E, 0x1F0F


def record_time(fields: Fields, near: dt.datetime) -> dt.datetime | None:
    """Terminal-local time of a record; without a year the one that lies nearest to `near`. None if it has none."""
    objects = dict(fields.objects())
    time = fields.values.get(bitmaps.TIME, objects.get(TIME_OBJECT, b"")).hex()
    date = fields.values.get(bitmaps.DATE, b"").hex()
    full = objects.get(FULL_DATE_OBJECT, b"").hex()
    if not full and bitmaps.FULL_DATE in fields.values:
        full = f"{near.year // 100:02d}" + fields.values[bitmaps.FULL_DATE].hex()
    if full:
        return _moment(full, time)
    guesses = [_moment(f"{year:04d}{date}", time) for year in (near.year - 1, near.year, near.year + 1)]
    return min((guess for guess in guesses if guess), key=lambda guess: abs(guess - near), default=None)


def _moment(date: str, time: str) -> dt.datetime | None:
    if len(date) != 8 or len(time) != 6 or not (date + time).isdecimal():
        return None
    try:
        return dt.datetime.strptime(date + time, "%Y%m%d%H%M%S")
    except ValueError:
        return None
