"""Which records are one person: connected components, rule after rule, with the cannot-link check at every join.

Rules are applied strongest first (`Rule`). Within a rule all its edges are looked at together, so their order cannot
matter. A component that may be one person is joined whole. One that may not is taken apart:

    owners               its parts with a verified key (for REGISTERED: with a card)
    a part that touches  two owners, or is parted from a neighbour        stays alone: a key becomes shared
    the other parts      reach one owner through each other only          join it
                         reach two owners along different ways            stay as they are
                         reach none                                       join each other
    an owner that would hold two cards or two phones                      gets none of them

So a telephone that two card holders gave, or a family card with two telephones, joins nobody: it ties a household. A
shared key taints the keys that hang on it, and a later edge from a visit to it is no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sensors.identity.records import KEYS, Kind, Rule


@dataclass(slots=True)
class Forest:
    """A union-find over record numbers. `cards` and `phones` hold, at each root, the verified key's number or -1."""

    parent: list[int]
    kinds: list[Kind]
    cards: list[int]
    phones: list[int]
    apart: dict[int, set[int]]
    """For a record: those it is never one person with."""
    wary: dict[int, set[int]] = field(default_factory=dict)
    """For a root: its members that are in `apart`."""
    shared: set[int] = field(default_factory=set)
    """Roots of keys that name a household."""
    households: set[tuple[int, int, str]] = field(default_factory=set)
    """Two records whose persons share a key, and the rule that showed it."""

    def root(self, at: int) -> int:
        parent = self.parent
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    def is_verified(self, root: int) -> bool:
        return self.cards[root] >= 0 or self.phones[root] >= 0

    def join(self, roots: Iterable[int]) -> None:
        """Makes them one. Whoever calls has asked `may_be_one`."""
        ordered = sorted(roots)
        first = ordered[0]
        for other in ordered[1:]:
            self.parent[other] = first
            self.cards[first] = max(self.cards[first], self.cards[other])
            self.phones[first] = max(self.phones[first], self.phones[other])
            if other in self.wary:
                self.wary[first] = self.wary.get(first, set()) | self.wary.pop(other)

    def are_parted(self, roots: Iterable[int]) -> bool:
        """Some two members were told apart by a person."""
        inside: set[int] = set()
        for root in roots:
            inside |= self.wary.get(root, set())
        return any(self.apart[one] & inside for one in inside)


def may_be_one(forest: Forest, roots: list[int], rule: Rule) -> bool:
    """The cannot-link law: at most one card and one confirmed phone, and two verified customers become one only by
    the act that put the card and the phone into one hand."""
    cards = sum(forest.cards[root] >= 0 for root in roots)
    phones = sum(forest.phones[root] >= 0 for root in roots)
    if cards > 1 or phones > 1:
        return False
    if rule is not Rule.REGISTERED and sum(map(forest.is_verified, roots)) > 1:
        return False
    return not (forest.wary and forest.are_parted(roots))


def apply_rule(forest: Forest, rule: Rule, edges: Iterable[tuple[int, int]]) -> None:
    """Joins what this rule's edges (pairs of record numbers) allow to join."""
    pairs = [(forest.root(one), forest.root(other)) for one, other in edges]
    pairs = [(left, right) for left, right in pairs if left != right]
    if forest.shared:
        _taint(forest, rule, pairs)
    near: dict[int, set[int]] = {}
    for left, right in pairs:
        if left not in forest.shared and right not in forest.shared:
            near.setdefault(left, set()).add(right)
            near.setdefault(right, set()).add(left)
    for component in _components(near, set(near)):
        if may_be_one(forest, component, rule):
            forest.join(component)
        else:
            _take_apart(forest, component, near, rule)


def _taint(forest: Forest, rule: Rule, pairs: list[tuple[int, int]]) -> None:
    """A key that hangs on a household's key is the household's too; a card, and what happened, are not touched."""
    spreading = True
    while spreading:
        spreading = False
        for left, right in pairs:
            if (left in forest.shared) == (right in forest.shared):
                continue
            other = right if left in forest.shared else left
            if forest.kinds[other] in KEYS and not forest.is_verified(other):
                forest.shared.add(other)
                spreading = True
    for left, right in pairs:
        if left in forest.shared or right in forest.shared:
            key, other = (left, right) if left in forest.shared else (right, left)
            if forest.kinds[other] in KEYS:  # a visit is of no household
                _tie(forest, key, {other}, rule)


def _take_apart(forest: Forest, component: list[int], near: dict[int, set[int]], rule: Rule) -> None:
    members = set(component)
    if rule is Rule.REGISTERED:
        owners = {root for root in component if forest.cards[root] >= 0}
    else:
        owners = {root for root in component if forest.is_verified(root)}
    alone: set[int] = set()
    for root in component:
        touched = near[root] & owners
        if root in owners:
            _tie(forest, root, touched, rule)
            continue
        told_apart = root in forest.wary and any(
            forest.are_parted((root, other)) for other in members if other != root and other in forest.wary
        )
        if len(touched) > 1:
            _tie(forest, root, touched, rule)
            if forest.kinds[root] in KEYS:
                forest.shared.add(root)
        if told_apart or len(touched) > 1:
            alone.add(root)
    wanted: dict[int, list[int]] = {owner: [] for owner in owners}
    for part in _components(near, members - owners - alone):
        reached = set().union(*(near[root] for root in part)) & owners
        if len(reached) == 1:
            wanted[reached.pop()] += part
        elif not reached and may_be_one(forest, part, rule):
            forest.join(part)
        else:
            _tie(forest, min(part), reached, rule)
    for owner, reaching in wanted.items():
        if may_be_one(forest, [owner, *reaching], rule):
            forest.join([owner, *reaching])
        else:
            for root in reaching:
                _tie(forest, root, {owner}, rule)


def _tie(forest: Forest, key: int, owners: set[int], rule: Rule) -> None:
    if forest.kinds[key] not in KEYS:
        return  # a visit with two cards was two customers, not a household
    for owner in owners:
        forest.households.add((min(key, owner), max(key, owner), rule.value))


def _components(near: dict[int, set[int]], among: set[int]) -> list[list[int]]:
    """Connected components of the roots `among`, each sorted, in order of their smallest."""
    found: list[list[int]] = []
    seen: set[int] = set()
    for start in sorted(among):
        if start in seen:
            continue
        seen.add(start)
        component, waiting = [start], [start]
        while waiting:
            for other in near[waiting.pop()]:
                if other in among and other not in seen:
                    seen.add(other)
                    component.append(other)
                    waiting.append(other)
        found.append(sorted(component))
    return found
