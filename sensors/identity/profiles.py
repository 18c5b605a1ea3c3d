"""Profiles: the persons that the identity graph adds up to, made anew from it and never edited.

A profile is named after its oldest card, else phone, else whatever it has (Twilio's and Adobe's "primary profile"): a
merge keeps the older name, an unmerge gives the younger one back. A receipt belongs to the profile its record is in, so
taking an edge back moves it without anybody touching it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sensors.identity.clusters import Forest, apply_rule
from sensors.identity.graph import Graph
from sensors.identity.records import Kind, Rule, kind_of

RANK = {kind: at for at, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Profile:
    """`records` sorted. `known`: it has a card or a confirmed phone. `shared`: its key names a household, nobody."""

    id: str
    records: tuple[str, ...]
    known: bool
    shared: bool

    @property
    def is_person(self) -> bool:
        """It may be greeted: a known customer, and one."""
        return self.known and not self.shared


@dataclass(frozen=True, slots=True)
class Household:
    """Two profiles tied by a key, and neither is the other. One of them may be the key alone, when nobody owns it.

    `rule` is the edge that showed it.
    """

    left: str
    right: str
    rule: str


@dataclass(frozen=True, slots=True)
class View:
    profiles: dict[str, Profile]
    of: dict[str, str]
    """The profile of each record."""
    households: frozenset[Household]
    sharers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """For a shared record: the other profiles that use it."""

    def profile_of(self, record: str) -> Profile | None:
        """None where the record is unknown or erased."""
        found = self.of.get(record)
        return None if found is None else self.profiles[found]

    def person_of(self, record: str) -> str | None:
        """The id of the known customer whose record it is; None for a household's, an anonymous one, an unknown one."""
        found = self.profile_of(record)
        return found.id if found is not None and found.is_person else None


def view(graph: Graph) -> View:
    """What the graph says now. The order in which it was told does not show."""
    first_ms = graph.live_records()
    records = sorted(first_ms)
    number = {record: at for at, record in enumerate(records)}
    forest = _planted(graph, records, number)
    by_rule: dict[Rule, list[tuple[int, int]]] = {rule: [] for rule in Rule}
    for edge in graph.live_edges():
        by_rule[edge.rule].append((number[edge.left], number[edge.right]))
    for rule in Rule:
        apply_rule(forest, rule, by_rule[rule])
    members: dict[int, list[str]] = {}
    for at, record in enumerate(records):
        members.setdefault(forest.root(at), []).append(record)
    shared = {forest.root(at) for at in forest.shared}
    profiles: dict[str, Profile] = {}
    names: dict[int, str] = {}
    of: dict[str, str] = {}
    for root, inside in members.items():
        oldest = min(inside, key=lambda record: (RANK[kind_of(record)], first_ms[record], record))
        names[root] = oldest
        profiles[oldest] = Profile(oldest, tuple(inside), forest.is_verified(root), root in shared)
        for record in inside:
            of[record] = oldest
    pairs = {(names[forest.root(one)], names[forest.root(other)], rule) for one, other, rule in forest.households}
    ties = {Household(min(one, other), max(one, other), rule) for one, other, rule in pairs if one != other}
    return View(profiles, of, frozenset(ties), _sharers(ties))


def _planted(graph: Graph, records: list[str], number: dict[str, int]) -> Forest:
    kinds = [kind_of(record) for record in records]
    apart: dict[int, set[int]] = {}
    for left, right in graph.parted:
        if left in number and right in number:
            apart.setdefault(number[left], set()).add(number[right])
            apart.setdefault(number[right], set()).add(number[left])
    forest = Forest(
        list(range(len(records))),
        kinds,
        [at if kind is Kind.CARD else -1 for at, kind in enumerate(kinds)],
        [at if kind is Kind.PHONE else -1 for at, kind in enumerate(kinds)],
        apart,
        {at: {at} for at in apart},
    )
    for old, new in sorted(graph.replaced):
        # One key under two names: the only join of two cards or two phones there is, and a person answers for it.
        if old in number and new in number and kind_of(old) is kind_of(new):
            roots = {forest.root(number[old]), forest.root(number[new])}
            if len(roots) > 1:
                forest.join(roots)
    forest.shared = {forest.root(number[record]) for record in graph.shared if record in number}
    return forest


def _sharers(ties: Iterable[Household]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for tie in ties:
        found.setdefault(tie.left, set()).add(tie.right)
        found.setdefault(tie.right, set()).add(tie.left)
    return {record: tuple(sorted(others)) for record, others in found.items()}


@dataclass(frozen=True, slots=True)
class Moved:
    """A record whose profile is another one than before; None: it was not there, or is not there any more."""

    record: str
    before: str | None
    after: str | None


def moved(before: View, after: View) -> tuple[Moved, ...]:
    """What a merge, an unmerge or an erasure did, record by record, sorted."""
    records = sorted(before.of.keys() | after.of.keys())
    changes = (Moved(record, before.of.get(record), after.of.get(record)) for record in records)
    return tuple(one for one in changes if one.before != one.after)
