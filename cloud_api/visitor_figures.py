"""A day's visitors of each store that has sensors: counts add up, bands are shown as they were told."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud_api.desk.entered import share_band
from cloud_api.figures import day_bounds
from cloud_api.settings import Settings
from cloud_api.storage.storage import Reading
from cloud_api.store.readings import ALL_SHOPS
from cloud_api.visitor_answers import BandAnswer, DroppedAnswer, StoreVisitors, VisitorHour, Visitors
from sync.wire.visit_facts import STREAM, BandFact

_BAND = msgspec.json.Decoder(BandFact)


@dataclass(slots=True)
class _Stays:
    """Seconds of each visit whose end was seen; visits of people who agreed to be known, and of those who had come
    before."""

    seconds: list[int] = field(default_factory=list)
    known: int = 0
    returning: int = 0


async def visitors_of(
    storage: Reading,
    settings: Settings,
    day: dt.date | None,
    *,
    now_ms: int,
    stores: frozenset[str] | None = None,
) -> Visitors:
    """`day` None: today; `stores` None: all that have sensors."""
    zone = ZoneInfo(settings.zone)
    today = dt.datetime.fromtimestamp(now_ms / 1000, zone).date()
    asked = day or today
    start, end = day_bounds(asked, zone)
    hours = await _hours(storage, zone, start, end)
    stays = await _stays(storage, start, end)
    dropped = await _dropped(storage, start, end)
    first = await storage.number(f"{ALL_SHOPS} SELECT min(hour_ms) FROM visit_hour")
    return Visitors(
        day=asked.isoformat(),
        zone=settings.zone,
        now_ms=now_ms,
        today=today.isoformat(),
        first_day=dt.datetime.fromtimestamp(first / 1000, zone).date().isoformat() if first else None,
        stores=[
            _store(store, hours.get(store, []), stays.get(store, _Stays()), dropped.get(store, []))
            for store in sorted({*hours, *stays, *dropped})
            if stores is None or store in stores
        ],
    )


def _store(store: str, hours: list[VisitorHour], stays: _Stays, dropped: list[DroppedAnswer]) -> StoreVisitors:
    visits, receipts = sum(hour.visits for hour in hours), sum(hour.receipts for hour in hours)
    low, high = share_band(receipts, visits)
    return StoreVisitors(
        store=store,
        visits=visits,
        receipts=receipts,
        conversion=round(1000 * receipts / visits) if low is not None else None,
        conversion_low=low,
        conversion_high=high,
        returning=stays.returning,
        known=stays.known,
        dwell_s=round(median(stays.seconds)) if stays.seconds else None,
        hours=hours,
        dropped=dropped,
    )


async def _hours(storage: Reading, zone: ZoneInfo, start: int, end: int) -> dict[str, list[VisitorHour]]:
    """Two devices of a store that tell of the same hour: counts are added, the bands are of who heard more of it."""
    told: dict[str, dict[int, list[tuple[Any, ...]]]] = defaultdict(lambda: defaultdict(list))
    for store, hour_ms, *rest in await storage.rows(
        f"{ALL_SHOPS} "
        "SELECT store, hour_ms, visits, came_again, receipts, entered, went_out, people, passers, coverage "
        "FROM visit_hour WHERE hour_ms >= ? AND hour_ms < ? ORDER BY hour_ms, coverage DESC, device",
        (start, end),
    ):
        told[store][hour_ms].append(tuple(rest))
    return {
        store: [
            _hour(hour_ms, dt.datetime.fromtimestamp(hour_ms / 1000, zone).hour, rows)
            for hour_ms, rows in hours.items()
        ]
        for store, hours in told.items()
    }


def _hour(hour_ms: int, clock: int, rows: list[tuple[Any, ...]]) -> VisitorHour:
    people = next((row[5] for row in rows if row[5] is not None), None)
    passers = next((row[6] for row in rows if row[6] is not None), None)
    return VisitorHour(
        hour=clock,
        start_ms=hour_ms,
        visits=sum(row[0] for row in rows),
        returning=sum(row[1] for row in rows),
        receipts=sum(row[2] for row in rows),
        entered=_sum_of([row[3] for row in rows]),
        left=_sum_of([row[4] for row in rows]),
        people=_band(people),
        passers=_band(passers),
        heard=max(row[7] for row in rows),
    )


def _sum_of(told: list[int | None]) -> int | None:
    heard = [count for count in told if count is not None]
    return sum(heard) if heard else None


def _band(told: str | None) -> BandAnswer | None:
    if told is None:
        return None
    band = _BAND.decode(told.encode())
    return BandAnswer(band.said, band.value, band.low80, band.high80, band.low95, band.high95)


async def _stays(storage: Reading, start: int, end: int) -> dict[str, _Stays]:
    """Who came before is known of people who agreed only, so both counts are of their visits."""
    found: dict[str, _Stays] = defaultdict(_Stays)
    for store, inside_s, known, returning in await storage.rows(
        f"{ALL_SHOPS} SELECT store, inside_s, person<>'', person<>'' AND EXISTS (SELECT 1 FROM visit earlier "
        "WHERE earlier.person=v.person AND earlier.person<>'' AND earlier.store=v.store "
        "AND earlier.opened_ms<v.opened_ms) FROM visit v WHERE opened_ms >= ? AND opened_ms < ?",
        (start, end),
    ):
        stays = found[store]
        stays.known += known
        stays.returning += returning
        if inside_s is not None:
            stays.seconds.append(inside_s)
    return found


async def _dropped(storage: Reading, start: int, end: int) -> dict[str, list[DroppedAnswer]]:
    """Ranges that touch the day."""
    found: dict[str, list[DroppedAnswer]] = defaultdict(list)
    for store, device, items, from_ms, until_ms in await storage.rows(
        f"{ALL_SHOPS} SELECT store, device, last - first + 1, from_ms, until_ms FROM dropped_range "
        "WHERE stream=? AND from_ms < ? AND until_ms >= ? ORDER BY from_ms, first",
        (STREAM, end, start),
    ):
        found[store].append(DroppedAnswer(device, items, from_ms, until_ms))
    return found
