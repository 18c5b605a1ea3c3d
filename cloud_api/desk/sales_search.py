"""Sales found by what a person knows of them: the number, the sum, the day, the store, the means of payment.

Newest sale first, a page at a time from the last one's place: (closed_ms, device, epoch, seq). A page costs the same
after a million sales as after ten, because the index by time is walked from there. What few sales have, such as a sum,
is looked for a week at a time: SQLite answers on the event loop, and between two weeks the tills have their turn.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import anyio.lowlevel

from cloud_api.answers import Sales
from cloud_api.arrivals import ALWAYS_MS, Place
from cloud_api.figures import day_bounds
from cloud_api.storage.storage import Reading
from cloud_api.store.readings import ALL_SHOPS, SUMMARY, summary_of
from cloud_api.store.seen import Seen

_FROM_DAYS_BACK = 31 * 6
"""Where no day is told, a search looks through half a year: whoever looks for an older sale knows its day."""
DAY_MS = 86_400_000
AT_ONCE_MS = 7 * DAY_MS
"""Some forty thousand sales where there are a million in half a year: a tenth of a second."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Empty and None: any. `sum_minor` is the receipt's total; `number` the beginning of its number."""

    number: str = ""
    sum_minor: int | None = None
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    store: str = ""
    means: str = ""
    act: str = ""


async def find_sales(
    storage: Reading,
    wanted: Wanted,
    before: Place | None,
    limit: int,
    *,
    zone: ZoneInfo,
    now_ms: int,
    stores: frozenset[str] | None = None,
) -> Sales:
    """`before`: the last place of the page before, as `next` told it (its moment is that of the sale)."""
    seen = Seen(storage, stores)
    start = now_ms - _FROM_DAYS_BACK * DAY_MS if wanted.first_day is None else day_bounds(wanted.first_day, zone)[0]
    last = wanted.last_day or wanted.first_day
    end = ALWAYS_MS if last is None else day_bounds(last, zone)[1]
    upper = Place(ALWAYS_MS, "", 0, 0) if before is None else before
    end = min(end, upper.received_ms + 1)
    # The plus keeps SQLite from walking the index by time where the one by number finds the few rows at once.
    moment = "+closed_ms" if wanted.number else "closed_ms"
    conditions = [f"{moment} >= ?", f"{moment} < ?", "(closed_ms, device, epoch, seq) < (?, ?, ?, ?)"]
    values: list[object] = [upper.received_ms, upper.device, upper.epoch, upper.seq]
    if wanted.number:
        conditions.append("number >= ? AND number < ?")
        values += [wanted.number, wanted.number + "\U0010ffff"]
        spans = [(start, end)]
    else:
        oldest = await storage.number(f"{ALL_SHOPS} SELECT min(closed_ms) FROM sale")
        spans = list(_spans(max(start, oldest), end, now_ms))
    for column, value in (("total", wanted.sum_minor), ("store", wanted.store or None), ("act", wanted.act or None)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    if wanted.means:
        conditions.append("',' || means || ',' LIKE ?")
        values.append(f"%,{wanted.means},%")
    rows: list[tuple[Any, ...]] = []
    for span in spans:
        rows += await storage.rows(
            f"{ALL_SHOPS} {SUMMARY} WHERE {' AND '.join(conditions)}{seen.only()} "
            "ORDER BY closed_ms DESC, device DESC, epoch DESC, seq DESC LIMIT ?",
            (*span, *values, *seen.values, limit + 1 - len(rows)),
        )
        if len(rows) > limit:
            break
        await anyio.lowlevel.checkpoint()
    page = rows[:limit]
    following = None
    if len(rows) > limit:
        epoch, seq, device, closed_ms = page[-1][0], page[-1][1], page[-1][2], page[-1][10]
        following = str(Place(closed_ms, device, epoch, seq))
    return Sales([summary_of(row) for row in page], following)


def _spans(start: int, end: int, now_ms: int) -> Iterator[tuple[int, int]]:
    """From `start` until before `end` in weeks, the newest first; what a till told of the future is of the newest."""
    while start < end:
        begin = max(start, min(end, now_ms) - AT_ONCE_MS)
        yield begin, end
        end = begin
