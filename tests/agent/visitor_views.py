"""Days of a shop with sensors, as the reader tells them: a full one, an empty morning, an uncalibrated radar, silence.

DAYS["full"] is a Saturday of a toy shop. The figures belong together: receipts of visits are the conversion.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import msgspec

from agent.visitors.sensor_health import NOTES
from agent.visitors.view import FigureView, HourView, SensorView, VisitorsView
from sensors.consent.countries import profile_of

ZONE = "Europe/Moscow"
NOW = dt.datetime(2026, 11, 21, 19, 32, tzinfo=ZoneInfo(ZONE))
NOW_MS = int(NOW.timestamp() * 1000)
MINUTE_MS = 60_000
RU = profile_of("RU")
# visits, returning, receipts, people on average, passers-by of each hour from 10 on
TRADE = (
    *((6, 1, 1, 2.1, 61), (11, 2, 3, 4.6, 88), (18, 3, 6, 8.9, 120), (24, 5, 9, 12.4, 142), (21, 3, 7, 11.0, 150)),
    *((19, 4, 8, 9.7, 137), (26, 4, 9, 13.8, 161), (31, 7, 12, 17.2, 188), (28, 6, 11, 15.9, 176), (9, 1, 4, 13.6, 70)),
)  # fmt: skip


def counted(value: float) -> FigureView:
    return FigureView("counted", value, value, value, value, value)


def banded(value: float, spread80: float, spread95: float, said: str = "calibrated") -> FigureView:
    """Shares of the value to both sides, never below zero."""
    low80, low95 = value * max(0.0, 1 - spread80), value * max(0.0, 1 - spread95)
    made_on = "2026-11-14" if said == "calibrated" else ""
    return FigureView(said, value, low80, value * (1 + spread80), low95, value * (1 + spread95), made_on)


def hour(at: int, visits: int, returning: int, receipts: int, people: FigureView, passers: FigureView) -> HourView:
    at_ms = int(NOW.replace(hour=at, minute=0).timestamp() * 1000)
    return HourView(at, at_ms, visits // 2, returning, receipts, visits, max(0, visits - 1), people, passers)


def sensor(id: str, kind: str, state: str, code: str, ago_min: float = 0.1, **params: int | str) -> SensorView:
    since_ms = NOW_MS - 8 * 60 * MINUTE_MS if state == "ok" else NOW_MS - int(ago_min * MINUTE_MS)
    return SensorView(id, kind, state, code, since_ms, NOW_MS - int(ago_min * MINUTE_MS), dict(params))


WORKING = [
    sensor("door", "radar", "ok", "sensor_works"),
    sensor("entrance", "camera", "ok", "sensor_works"),
    sensor("wifi", "association", "ok", "sensor_works"),
]
VISITS = sum(row[0] for row in TRADE)
RECEIPTS = sum(row[2] for row in TRADE)
FULL = VisitorsView(
    day="2026-11-21",
    now_ms=NOW_MS,
    zone=ZONE,
    country="RU",
    faces="off",
    faces_why_ru=RU.why.ru,
    faces_why_en=RU.why.en,
    inside=banded(13.6, 0.21, 0.34),
    visits=counted(VISITS),
    conversion=counted(RECEIPTS / VISITS),
    dwell_s=counted(17 * 60 + 20),
    returning=FigureView("counted", 0.186, 0.151, 0.227, 0.135, 0.251),
    capture=banded(0.149, 0.35, 0.55, "not_calibrated"),
    hours=[
        *(hour(at, 0, 0, 0, counted(0), banded(3, 0.35, 0.55, "not_calibrated")) for at in range(10)),
        *(
            hour(10 + at, *row[:3], banded(row[3], 0.21, 0.34), banded(row[4], 0.35, 0.55, "not_calibrated"))
            for at, row in enumerate(TRADE)
        ),
    ],
    set_aside={"staff_badge": 4, "short": 23, "staff_zone": 2, "long_stay": 1},
    known=318,
    here=2,
    sensors=WORKING,
    waiting=3,
)
MORNING_MS = NOW_MS - 9 * 60 * MINUTE_MS
MORNING = msgspec.structs.replace(
    FULL,
    now_ms=MORNING_MS,
    inside=counted(0),
    visits=counted(0),
    conversion=FigureView("no_visits"),
    dwell_s=FigureView("no_visits"),
    returning=FigureView("no_visits"),
    capture=FigureView("nobody_passed"),
    hours=[hour(at, 0, 0, 0, counted(0), banded(0, 0, 0)) for at in range(11)],
    set_aside={},
    sensors=[msgspec.structs.replace(one, since_ms=MORNING_MS, heard_ms=MORNING_MS) for one in WORKING],
    here=0,
    waiting=0,
)
UNCALIBRATED = msgspec.structs.replace(
    FULL,
    inside=banded(11.0, 0.8, 1.9, "not_calibrated"),
    visits=FigureView("no_door", 57, 57, 57, 57, 57),
    conversion=FigureView("no_door"),
    capture=banded(0.11, 0.8, 1.6, "not_calibrated"),
    hours=[
        msgspec.structs.replace(
            row, entered=None, left=None, people=banded(row.people.value or 0, 0.8, 1.9, "not_calibrated")
        )
        for row in FULL.hours
    ],
    sensors=[sensor("door", "radar", "attention", "sensor_clock"), WORKING[2]],
)
"""A radar alone: nobody counts at the door."""
STRANGERS = msgspec.structs.replace(FULL, dwell_s=FigureView("no_visits"), returning=FigureView("no_visits"), here=0)
"""Many came, and none of them had agreed to anything."""
SILENT_FROM = 15
SILENT = msgspec.structs.replace(
    FULL,
    inside=FigureView("silent"),
    visits=FigureView("silent"),
    conversion=FigureView("silent"),
    dwell_s=FigureView("silent"),
    returning=FigureView("silent"),
    capture=FigureView("silent"),
    hours=[
        HourView(row.hour, row.at_ms, 0, 0, row.receipts, None, None, FigureView("silent"), FigureView("silent"))
        if row.hour >= SILENT_FROM
        else row
        for row in FULL.hours
    ],
    sensors=[
        sensor("door", "radar", "down", "sensor_silent", 272),
        sensor("entrance", "camera", "down", "camera_frozen", 41),
        sensor("wifi", "association", "attention", "sensor_lost", count=14),
    ],
    faces="on",
    faces_why_ru=profile_of("DE").why.ru,
    faces_why_en=profile_of("DE").why.en,
    country="DE",
    waiting=48,
    dropped=12,
)
DAYS = {"full": FULL, "morning": MORNING, "uncalibrated": UNCALIBRATED, "strangers": STRANGERS, "silent": SILENT}


class FakeReader:
    """`view` is what it tells."""

    def __init__(self, view: VisitorsView = FULL) -> None:
        self.told = view

    def view(self) -> VisitorsView:
        return self.told


class FakeVisitors:
    def __init__(self, view: VisitorsView = FULL) -> None:
        self.reader = FakeReader(view)
        self.notes: tuple[str, ...] = ()


SENSOR_CODES = tuple(NOTES)
"""What a sensor's view can say of it."""
SENSORS_SAY = [sensor(code, "radar", "attention", code, count=3) for code in SENSOR_CODES]
