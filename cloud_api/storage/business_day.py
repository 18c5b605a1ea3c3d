"""The business day a moment belongs to, as a whole number that every database compares alike: 20261121."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

ZONE = "Europe/Moscow"  # whose clock the day follows where nobody said another


def day_of(moment_ms: int, zone: ZoneInfo) -> int:
    """The day of `moment_ms` on the clocks of `zone`."""
    return number_of(dt.datetime.fromtimestamp(moment_ms / 1000, zone).date())


def number_of(day: dt.date) -> int:
    return day.year * 10_000 + day.month * 100 + day.day


def told_day(text: str) -> int | None:
    """What a till told as `2026-11-21`; None where it told nothing that is a day."""
    try:
        return number_of(dt.date.fromisoformat(text)) if text else None
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Moment:
    """When something came, and on whose clock that is a day."""

    ms: int
    zone: ZoneInfo

    @property
    def day(self) -> int:
        return day_of(self.ms, self.zone)
