"""How right the identity graph is about a town: visits to persons, pairs of visits, merged customers, the curve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from sensors.identity.attribution import score, shared_keys
from sensors.identity.graph import Graph, fold
from sensors.identity.linking import link, members_of
from sensors.identity.profiles import View, view
from sensors.identity.records import Kind, kind_of
from sensors.identity.weights import STARTING
from tests.sensors.population import Town


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of visits, and of pairs of visits. `linked`: named at all, `right`: of those linked to the visitor,
    `found`: of the linkable ones. `merged` counts profiles that hold verified keys of two persons."""

    linkable: int
    linked: int
    right: int
    found: int
    merged: int
    pair_precision: float
    pair_recall: float

    @property
    def precision(self) -> float:
        return self.right / self.linked if self.linked else 1.0

    @property
    def recall(self) -> float:
        return self.found / self.linkable


def resolved(town: Town) -> tuple[Graph, View]:
    graph = fold(town.events())
    link(graph, town.observations, town.about)
    return graph, view(graph)


def owner_of(town: Town, now: View, profile: str) -> int | None:
    """The one person whose verified keys the profile holds, in truth; None where there is none or more than one."""
    verified = [one for one in now.profiles[profile].records if kind_of(one) in (Kind.CARD, Kind.PHONE)]
    cards = [one for one in verified if kind_of(one) is Kind.CARD]
    owners: set[int] = set.intersection(*(town.holder.get(one, set()) for one in cards or verified))
    return owners.pop() if len(owners) == 1 else None


def merged_customers(town: Town, now: View) -> int:
    found = 0
    for profile in now.profiles.values():
        verified = [one for one in profile.records if kind_of(one) in (Kind.CARD, Kind.PHONE)]
        kinds = Counter(kind_of(one) for one in verified)
        two_keys = max(kinds.values(), default=0) > 1
        found += two_keys or (bool(verified) and not set.intersection(*(town.holder[one] for one in verified)))
    return found


def figures(town: Town, now: View) -> Figures:
    """A linked visit that is not linkable (the visitor is unknown to the shop) counts against the precision too."""
    linkable = linked = right = found = 0
    together: Counter[tuple[str, int]] = Counter()
    claimed: Counter[str] = Counter()
    true: Counter[int] = Counter()
    for seen in town.observations:
        visitor = town.visitor[seen.record]
        can = town.is_linkable(seen)
        linkable += can
        profile = now.person_of(seen.record)
        if can:
            true[visitor] += 1
        if profile is not None:
            linked += 1
            is_right = owner_of(town, now, profile) == visitor
            right += is_right
            found += is_right and can
            claimed[profile] += 1
            together[profile, visitor] += 1
    both = _pairs(together.values())
    return Figures(
        linkable,
        linked,
        right,
        found,
        merged_customers(town, now),
        both / max(1, _pairs(claimed.values())),
        both / max(1, _pairs(true.values())),
    )


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)


@dataclass(frozen=True, slots=True)
class Point:
    """The precision and recall if SCORED links needed this many bits; infinity: keys only."""

    bits: float
    precision: float
    recall: float


def curve(town: Town, thresholds: tuple[float, ...] = (inf, 20.0, 15.0, 12.0, 10.0, 8.0, 5.0, 3.0, 0.0)) -> list[Point]:
    """Each scored visit counts by its best candidate's posterior; keys count always."""
    graph = fold(town.events())
    for event in shared_keys(view(graph), town.observations, town.about):
        graph.apply(event)
    now = view(graph)
    members = members_of(now)
    linkable = sum(map(town.is_linkable, town.observations))
    linked = right = found = 0
    scored: list[tuple[float, bool, bool]] = []
    for seen in town.observations:
        visitor, profile = town.visitor[seen.record], now.person_of(seen.record)
        if profile is not None:
            is_right = owner_of(town, now, profile) == visitor
            linked, right, found = linked + 1, right + is_right, found + (is_right and town.is_linkable(seen))
        elif not seen.card:
            for best in score(now, seen, town.about, STARTING, members).candidates[:1]:
                is_right = owner_of(town, now, best.profile) == visitor
                scored.append((best.posterior_bits, is_right, is_right and town.is_linkable(seen)))
    points = []
    for bits in thresholds:
        taken = [one for one in scored if one[0] >= bits]
        precision = (right + sum(one[1] for one in taken)) / (linked + len(taken))
        points.append(Point(bits, precision, (found + sum(one[2] for one in taken)) / linkable))
    return points


def as_text(points: list[Point]) -> str:
    rows = (f"{point.bits:>8} {point.precision:>10.4f} {point.recall:>8.4f}" for point in points)
    return "\n".join(["    bits  precision   recall", *rows])
