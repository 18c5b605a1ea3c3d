"""Is this key inside? Sightings of one key in one zone as a table of states, with hysteresis.

    OUTSIDE ── strong ──> NEAR ── strong, within 30 s ──> INSIDE
       └──────────── card, association, line inwards ───────┘
    INSIDE ── line outwards, RADIUS Stop / silence longer than the gap / the store's midnight ──> OUTSIDE

A signal between the two thresholds keeps whoever is inside and lets nobody in; a weaker one does neither. Sightings are
sorted and taken once, so that a doubled or a late one makes the same presences as if it had come in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from sensors.sighting import Seen, Sighting
from sensors.visits.settings import VisitSettings


class Place(Enum):
    OUTSIDE = "outside"
    NEAR = "near"
    INSIDE = "inside"


class Sign(Enum):
    """What a sighting, or the time without one, says about the place."""

    CERTAIN = "certain"
    STRONG = "strong"
    HOLDING = "holding"  # between the leave and the enter threshold
    WEAK = "weak"
    EXIT = "exit"
    LAPSE = "lapse"  # the second strong sighting did not come in time
    SILENCE = "silence"
    MIDNIGHT = "midnight"


TRANSITIONS: dict[tuple[Place, Sign], Place] = {
    **{(Place.OUTSIDE, sign): Place.OUTSIDE for sign in Sign},
    (Place.OUTSIDE, Sign.CERTAIN): Place.INSIDE,
    (Place.OUTSIDE, Sign.STRONG): Place.NEAR,
    (Place.NEAR, Sign.CERTAIN): Place.INSIDE,
    (Place.NEAR, Sign.STRONG): Place.INSIDE,
    (Place.NEAR, Sign.HOLDING): Place.NEAR,
    (Place.NEAR, Sign.WEAK): Place.NEAR,
    (Place.NEAR, Sign.EXIT): Place.OUTSIDE,
    (Place.NEAR, Sign.LAPSE): Place.OUTSIDE,
    (Place.NEAR, Sign.SILENCE): Place.OUTSIDE,
    (Place.NEAR, Sign.MIDNIGHT): Place.OUTSIDE,
    (Place.INSIDE, Sign.CERTAIN): Place.INSIDE,
    (Place.INSIDE, Sign.STRONG): Place.INSIDE,
    (Place.INSIDE, Sign.HOLDING): Place.INSIDE,
    (Place.INSIDE, Sign.WEAK): Place.INSIDE,
    (Place.INSIDE, Sign.EXIT): Place.OUTSIDE,
    (Place.INSIDE, Sign.LAPSE): Place.INSIDE,
    (Place.INSIDE, Sign.SILENCE): Place.OUTSIDE,
    (Place.INSIDE, Sign.MIDNIGHT): Place.OUTSIDE,
}

RENEWING = frozenset({Sign.CERTAIN, Sign.STRONG, Sign.HOLDING})
EXITS = frozenset({Seen.LINE_OUT, Seen.DISASSOCIATED})


@dataclass(frozen=True, slots=True)
class Presence:
    """A key inside a zone from `opened_ms` to `closed_ms`, the last time it was surely there (UTC).

    `closed_by` is None while it is inside. `dwell_known` is False where a camera saw it come and nothing saw it since:
    then it is a visitor, and of no known length. `evidence`: ids of the sightings.
    """

    key: str
    zone: str
    opened_ms: int
    closed_ms: int
    opened_by: Seen
    closed_by: Sign | None
    evidence: tuple[str, ...]
    kinds: frozenset[Seen]

    @property
    def dwell_known(self) -> bool:
        return self.kinds != {Seen.LINE_IN}


@dataclass(slots=True)
class _Watch:
    """The fold in progress: `first` is the strong sighting that waits for a second, `inside` the presence so far."""

    place: Place = Place.OUTSIDE
    first: Sighting | None = None
    inside: list[Sighting] = field(default_factory=list)
    last_ms: int = 0


def sign_of(sighting: Sighting, settings: VisitSettings) -> Sign:
    """What it says. A RADIO sighting without a signal says as little as a weak one."""
    if sighting.seen in EXITS:
        return Sign.EXIT
    if sighting.seen is not Seen.RADIO:
        return Sign.CERTAIN
    if sighting.signal_dbm is None or sighting.signal_dbm < settings.leave_dbm:
        return Sign.WEAK
    return Sign.STRONG if sighting.signal_dbm >= settings.enter_dbm else Sign.HOLDING


def in_turn(sightings: Iterable[Sighting]) -> list[Sighting]:
    """Each once, in the order of time; two of one instant in the order of their ids."""
    once = {sighting.id: sighting for sighting in sightings}
    return [once[id] for id in sorted(once, key=lambda id: (once[id].at_ms, id))]


def presences(sightings: Iterable[Sighting], settings: VisitSettings, now_ms: int) -> tuple[Presence, ...]:
    """The presences of one key in one zone, as they stand at `now_ms`. Sightings in any order, doubled or not."""
    found: list[Presence] = []
    watch = _Watch()
    for sighting in in_turn(sightings):
        _pass_time(watch, sighting.at_ms, settings, found)
        sign = sign_of(sighting, settings)
        before, watch.place = watch.place, TRANSITIONS[watch.place, sign]
        if watch.place is Place.NEAR:
            watch.first = sighting if before is Place.OUTSIDE else watch.first
        elif watch.place is Place.INSIDE:
            if before is Place.NEAR and sign is Sign.STRONG and watch.first is not None:
                watch.inside.append(watch.first)
            if sign in RENEWING:
                watch.inside.append(sighting)
                watch.last_ms = sighting.at_ms
        elif before is Place.INSIDE:
            watch.inside.append(sighting)
            watch.last_ms = sighting.at_ms
            _close(watch, sign, found)
    _pass_time(watch, now_ms, settings, found)
    if watch.place is Place.INSIDE:
        _close(watch, None, found)
    return tuple(found)


def _pass_time(watch: _Watch, until_ms: int, settings: VisitSettings, found: list[Presence]) -> None:
    """The signs that only the clock gives, until an instant."""
    sign = None
    if watch.place is Place.NEAR and watch.first is not None:
        if until_ms - watch.first.at_ms > settings.enter_within_s * 1000:
            sign = Sign.LAPSE
        elif settings.day_of(until_ms) != settings.day_of(watch.first.at_ms):
            sign = Sign.MIDNIGHT
    elif watch.place is Place.INSIDE:
        only_line = all(one.seen is Seen.LINE_IN for one in watch.inside)
        gap_s = settings.outside_s if only_line else settings.gap_s
        if until_ms - watch.last_ms > gap_s * 1000:
            sign = Sign.SILENCE
        elif settings.day_of(until_ms) != settings.day_of(watch.last_ms):
            sign = Sign.MIDNIGHT
    if sign is not None:
        before, watch.place = watch.place, TRANSITIONS[watch.place, sign]
        if before is Place.INSIDE:
            _close(watch, sign, found)


def _close(watch: _Watch, sign: Sign | None, found: list[Presence]) -> None:
    first = watch.inside[0]
    found.append(
        Presence(
            first.key,
            first.zone,
            first.at_ms,
            watch.last_ms,
            first.seen,
            sign,
            tuple(one.id for one in watch.inside),
            frozenset(one.seen for one in watch.inside),
        )
    )
    watch.inside = []
