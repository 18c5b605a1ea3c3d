"""Fellegi-Sunter: how many bits each comparison speaks for or against "the same person", and what the sum decides.

    weight = sum over the comparisons of log2(m / u)       m: how often it comes out so for one person, u: for two
    posterior odds = prior odds x 2^weight                 prior: one among the members who may be meant

The starting table is Tillkeeper's own estimate (reference of 2026-11-21); reestimate.py makes it anew from a shop's
data. A comparison that could not be made speaks neither way. An address that differs is none: phones change theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import log2


class Decision(Enum):
    LINK = "link"
    CLERICAL = "clerical"  # a person looks; until then a greeting without a name
    ANONYMOUS = "anonymous"


LINK_BITS = 10.0
"""A thousand to one, the prior counted in: showing one customer another's purchases is the worst that can happen."""
CLERICAL_BITS = 3.0
POPULATION_LEAST = 1024
"""Who comes in may be no member at all, so a small shop's prior is not one in its twenty members. At 1024 a typed
number alone stays just under the bar: a family shares numbers, and a digit slips.
"""


@dataclass(frozen=True, slots=True)
class Level:
    """One outcome of a comparison. `m` and `u` are probabilities inside (0, 1)."""

    name: str
    m: float
    u: float

    @property
    def bits(self) -> float:
        return log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Model:
    """`levels` of each comparison, whose m and whose u add up to 1 each. `version` goes into every edge it makes."""

    version: str
    levels: dict[str, tuple[Level, ...]]

    def bits(self, pattern: Pattern) -> float:
        """The match weight of a pattern, without the prior. Raises KeyError for a level the model does not have."""
        total = 0.0
        for comparison, level in pattern:
            total += self.level(comparison, level).bits
        return total

    def level(self, comparison: str, name: str) -> Level:
        for one in self.levels[comparison]:
            if one.name == name:
                return one
        raise KeyError(f"{comparison} has no level {name}")


Pattern = tuple[tuple[str, str], ...]
"""(("phone", "equal"), ("name", "near")): what was compared and how it came out; nothing for what could not be."""

STARTING = Model(
    "start-2026-11-21",
    {
        "phone": (Level("equal", 0.98, 1e-6), Level("differs", 0.02, 1 - 1e-6)),
        "mac": (Level("equal", 0.90, 1e-5), Level("differs", 0.10, 1 - 1e-5)),
        "face": (
            Level("near", 0.85, 1e-4),  # a distance under 0.40
            Level("close", 0.10, 1e-3),  # 0.40 to 0.45
            Level("between", 0.04, 1 - 0.98 - 1e-3 - 1e-4),
            Level("far", 0.01, 0.98),  # over 0.60
        ),
        "till": (Level("together", 0.7, 0.02), Level("elsewhere", 0.3, 0.98)),
        "name": (Level("near", 0.8, 0.01), Level("differs", 0.2, 0.99)),
    },
)

FACE_NEAR = 0.40
FACE_CLOSE = 0.45
FACE_FAR = 0.60


def face_level(distance: float) -> str:
    """The level of a dlib distance (0..2)."""
    if distance < FACE_NEAR:
        return "near"
    if distance < FACE_CLOSE:
        return "close"
    return "between" if distance <= FACE_FAR else "far"


def posteriors(weights: Sequence[float], members: int) -> tuple[float, ...]:
    """Posterior log2 odds of each candidate against all others and a stranger. `members`: who may be meant.

    At most one candidate is right, so a second one that fits as well takes from the first: the two who share a phone
    stay at about 0 bits each however strange the number is to everybody else.
    """
    prior = log2(1 / max(members, len(weights), POPULATION_LEAST))
    found = []
    for at, weight in enumerate(weights):
        others = [2.0 ** (other + prior) for place, other in enumerate(weights) if place != at]
        found.append(weight + prior - log2(1.0 + sum(others)))
    return tuple(found)


def decide(posterior_bits: float) -> Decision:
    if posterior_bits >= LINK_BITS:
        return Decision.LINK
    return Decision.CLERICAL if posterior_bits >= CLERICAL_BITS else Decision.ANONYMOUS
