"""Which profiles are one person: the fold of merges in their order, without those that were taken back. Pure.

    merge 1: b into a     merge 2: d into c     merge 3: c into a        a <- b, c <- d    root of all: a
    unmerge 2                                                           a <- b, c         d stands alone again

A merge joins whatever its two profiles belong to at that point, so a profile has one root. Taking a merge back gives
what the others add up to: what there would be if it had never been made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Merge:
    """`n` orders merges; `survivor` is whose id goes on naming the person."""

    n: int
    loser: str
    survivor: str


def roots(profiles: Iterable[str], merges: Iterable[Merge]) -> dict[str, str]:
    """Each profile's root. Profiles that a merge names and nobody knows are profiles too."""
    above: dict[str, str] = {one: one for one in profiles}
    for merge in sorted(merges, key=lambda one: one.n):
        loser, survivor = _root(above, merge.loser), _root(above, merge.survivor)
        if loser != survivor:
            above[loser] = survivor
    return {one: _root(above, one) for one in above}


def together(root_of: Mapping[str, str]) -> dict[str, set[str]]:
    """The profiles of each person by their root."""
    found: dict[str, set[str]] = {}
    for profile, root in root_of.items():
        found.setdefault(root, set()).add(profile)
    return found


def _root(above: dict[str, str], profile: str) -> str:
    above.setdefault(profile, profile)
    while above[profile] != profile:
        profile = above[profile]
    return profile
