"""What the reading API answers about visitors: the shapes of GET /v1/visitors. Instants are UTC milliseconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BandAnswer:
    """A figure with its bands as the shop told it. `value` null: there is none, and `said` is the code why."""

    said: str
    value: float | None
    low80: float
    high80: float
    low95: float
    high95: float


@dataclass(frozen=True, slots=True)
class VisitorHour:
    """`hour` is the shop's clock hour. `entered` and `left` over the door line, null without a camera. `heard`: the
    share of the hour that the radar heard, in thousandths."""

    hour: int
    start_ms: int
    visits: int
    returning: int
    receipts: int
    entered: int | None
    left: int | None
    people: BandAnswer | None
    passers: BandAnswer | None
    heard: int


@dataclass(frozen=True, slots=True)
class DroppedAnswer:
    """Observations that the shop gave up before HQ had them: `items` of them between the two instants."""

    device: str
    items: int
    from_ms: int
    until_ms: int


@dataclass(frozen=True, slots=True)
class StoreVisitors:
    """One store's day. `conversion`: receipts of visits in thousandths with its 95 % band, null where visits are fewer
    than receipts or none. `returning` of `known` visits (of people who agreed) were by people who had come before.
    `dwell_s`: the median stay, null when nobody's was seen."""

    store: str
    visits: int
    receipts: int
    conversion: int | None
    conversion_low: int | None
    conversion_high: int | None
    returning: int
    known: int
    dwell_s: int | None
    hours: list[VisitorHour]
    dropped: list[DroppedAnswer]


@dataclass(frozen=True, slots=True)
class Visitors:
    """A day in the shops' zone. `first_day`: the oldest with visitors, null before any."""

    day: str
    zone: str
    now_ms: int
    today: str
    first_day: str | None
    stores: list[StoreVisitors]
