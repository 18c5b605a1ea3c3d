"""Visits: presences joined over zones, keys of one person and short ways out; staff and passers-by set aside.

Presences of one person on one day, no more than three hours apart, are one visit. Who a key belongs to is said by the
caller (the identity graph); a key of nobody known is a visitor by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from sensors.sighting import Seen
from sensors.visits.presence import Presence
from sensors.visits.settings import VisitSettings


@dataclass(frozen=True, slots=True)
class Owner:
    """The known customer of a key; `confidence` is a probability, 1.0 for a key that decides by itself."""

    identity: str
    confidence: float


OwnerOf = Callable[[str], Owner | None]


def nobody(key: str) -> Owner | None:
    """Every key is anonymous: counting only."""
    return None


class Aside(Enum):
    """Why a visit is not counted."""

    SHORT = "short"
    STAFF_BADGE = "staff_badge"
    STAFF_ZONE = "staff_zone"
    LONG_STAY = "long_stay"


@dataclass(frozen=True, slots=True)
class Visit:
    """`inside_ms` is the time surely spent inside, without the ways out; None where only a door camera saw the visitor.

    `closed_ms` is the last time somebody was surely there, `closed` whether nothing of today may continue it. The id is
    the hash of the first sighting: a visit told again after a late sighting keeps it while its beginning stays.
    """

    id: str
    opened_ms: int
    closed_ms: int
    closed: bool
    keys: tuple[str, ...]
    zones: tuple[str, ...]
    evidence: tuple[str, ...]
    kinds: frozenset[Seen]
    inside_ms: int | None
    identity: str | None
    confidence: float


@dataclass(frozen=True, slots=True)
class Visits:
    """What a day came to: those counted, in order of opening, and those set aside with the reason."""

    counted: tuple[Visit, ...]
    aside: tuple[tuple[Visit, Aside], ...]


def visits(presences: Iterable[Presence], settings: VisitSettings, now_ms: int, owner_of: OwnerOf = nobody) -> Visits:
    """Presences of any keys and zones, in any order."""
    by_person: dict[tuple[str, str], list[Presence]] = {}
    owners: dict[str, Owner | None] = {}
    for one in presences:
        owner = owners.setdefault(one.key, owner_of(one.key))
        by_person.setdefault(("", one.key) if owner is None else ("person", owner.identity), []).append(one)
    found: list[tuple[Visit, Aside | None]] = []
    for stays in by_person.values():
        made = [_made(group, owners, settings, now_ms) for group in _groups(stays, settings)]
        found += [(visit, _aside(visit, group, made, settings)) for visit, group in made]
    found.sort(key=lambda one: (one[0].opened_ms, one[0].id))
    return Visits(
        tuple(visit for visit, why in found if why is None),
        tuple((visit, why) for visit, why in found if why is not None),
    )


def _groups(stays: list[Presence], settings: VisitSettings) -> list[list[Presence]]:
    groups: list[list[Presence]] = []
    last_ms = 0
    for one in sorted(stays, key=lambda one: (one.opened_ms, one.closed_ms, one.key, one.zone)):
        near = bool(groups) and one.opened_ms - last_ms <= settings.outside_s * 1000
        if near and settings.day_of(groups[-1][0].opened_ms) == settings.day_of(one.opened_ms):
            groups[-1].append(one)
            last_ms = max(last_ms, one.closed_ms)
        else:
            groups.append([one])
            last_ms = one.closed_ms
    return groups


def _made(
    group: list[Presence], owners: dict[str, Owner | None], settings: VisitSettings, now_ms: int
) -> tuple[Visit, list[Presence]]:
    evidence = tuple(dict.fromkeys(id for one in group for id in one.evidence))
    closed_ms = max(one.closed_ms for one in group)
    over = now_ms - closed_ms > settings.outside_s * 1000 or settings.day_of(now_ms) != settings.day_of(closed_ms)
    owner = max((owners[one.key] for one in group), key=lambda one: one.confidence if one else 0.0)
    timed = [one for one in group if one.dwell_known]
    visit = Visit(
        sha256(f"visit\n{evidence[0]}".encode()).hexdigest()[:32],
        group[0].opened_ms,
        closed_ms,
        over and all(one.closed_by is not None for one in group),
        tuple(sorted({one.key for one in group})),
        tuple(sorted({one.zone for one in group})),
        evidence,
        frozenset().union(*(one.kinds for one in group)),
        _covered_ms(timed) if timed else None,
        owner.identity if owner else None,
        owner.confidence if owner else 0.0,
    )
    return visit, group


def _covered_ms(stays: Iterable[Presence]) -> int:
    """The length of the union of the stays: two devices in one pocket do not stay twice as long."""
    total, until_ms = 0, 0
    for one in sorted(stays, key=lambda one: one.opened_ms):
        total += max(0, one.closed_ms - max(one.opened_ms, until_ms))
        until_ms = max(until_ms, one.closed_ms)
    return total


def _aside(
    visit: Visit, group: list[Presence], made: list[tuple[Visit, list[Presence]]], settings: VisitSettings
) -> Aside | None:
    day = settings.day_of(visit.opened_ms)
    today = [(other, stays) for other, stays in made if settings.day_of(other.opened_ms) == day]
    if any(key in settings.staff_keys for other, _ in today for key in other.keys):
        return Aside.STAFF_BADGE
    behind = [one for _, stays in today for one in stays if one.zone in settings.staff_zones]
    if _covered_ms(behind) >= settings.staff_zone_s * 1000 and behind:
        return Aside.STAFF_ZONE
    if sum(other.inside_ms or 0 for other, _ in today) > settings.long_stay_s * 1000:
        return Aside.LONG_STAY
    short = visit.inside_ms is not None and visit.inside_ms < settings.stay_least_s * 1000
    return Aside.SHORT if short and visit.closed and Seen.CARD not in visit.kinds else None
