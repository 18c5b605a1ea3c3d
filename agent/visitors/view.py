"""What the status page and the command line are told of visitors: the day in numbers, each with its band.

Instants are UTC milliseconds, shares 0 to 1.
"""

from __future__ import annotations

import msgspec


class FigureView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A figure with its bands. `value` None: there is none. `said` is a code of sensors/estimate/figures.py Said, or
    "counted" (its numbers were counted: a count has no band, a share or a median the band of chance alone),
    "no_door" (nobody counts at the door), "door_missed" (more receipts than people came in), "no_visits", "no_sensor".
    """

    said: str
    value: float | None = None
    low80: float = 0.0
    high80: float = 0.0
    low95: float = 0.0
    high95: float = 0.0
    calibrated_on: str = ""


class HourView(msgspec.Struct, frozen=True):
    """One hour of the store's day; `hour` 0 to 23 is local. See sync/wire/visit_facts.py HourFact."""

    hour: int
    at_ms: int
    visits: int
    returning: int
    receipts: int
    entered: int | None
    left: int | None
    people: FigureView
    passers: FigureView


class SensorView(msgspec.Struct, frozen=True):
    """A program beside the agent. kind: radar, camera, association. state: ok, attention, down. `code` and `params`: a
    note of the status page's texts; `since_ms`: of the state; `heard_ms`: its last word, 0 for never."""

    id: str
    kind: str
    state: str
    code: str
    since_ms: int
    heard_ms: int
    params: dict[str, int | str] = {}


class LinkingView(msgspec.Struct, frozen=True):
    """What the last nightly round over the receipts did. `day`: the store's day before it; `receipts` named a buyer who
    had agreed; `edges` are new in the identity graph, `scored` of them weighed, `taken_back` weighed once and not any
    more; `put_aside`: not sure enough to name anybody."""

    day: str
    at_ms: int
    receipts: int
    edges: int
    scored: int
    taken_back: int
    put_aside: int


class VisitorsView(msgspec.Struct, frozen=True):
    """The day so far. `conversion`: receipts of visits; `capture`: visits of passers-by; `returning`: visits of people
    who had come before, among those who agreed; `dwell_s`: the median stay. `set_aside`: visits not counted, by
    reason (sensors/visits/visit.py Aside). `known`: how many have a standing consent.
    """

    day: str
    now_ms: int
    zone: str
    country: str
    faces: str  # on, off
    faces_why_ru: str
    faces_why_en: str
    inside: FigureView
    visits: FigureView
    conversion: FigureView
    dwell_s: FigureView
    returning: FigureView
    capture: FigureView
    hours: list[HourView]
    set_aside: dict[str, int]
    known: int
    here: int
    sensors: list[SensorView]
    waiting: int = 0  # facts that HQ has not taken yet
    dropped: int = 0  # facts that were dropped for want of room
    linking: LinkingView | None = None  # None: no round has come to its end yet
