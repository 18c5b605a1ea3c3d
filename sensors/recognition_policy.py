"""When a face may be looked at, against whom, and what an answer is worth: a greeting, and never anything else.

    may_embed      before any template is made: the country, a consent that stands, the marked zone, a trigger
    narrowed       whom to compare with: whose card was just scanned, else whose device is here, else who agreed here
    verdict        each frame's best member under 0.45 and 0.08 before the second; two of three frames agree

dlib's 0.6 is a radius for "are these two one person"; among N members its 0.6 % of errors becomes 45 % at N = 100. A
flat picture deceives any colour camera, so no answer of this room pays, spends points or gives a discount: `Greeting`
has no field for it, and a wrong one is corrected with a key.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from math import isfinite

from sensors.consent.countries import CountryProfile

THRESHOLD = 0.45
MARGIN = 0.08
FRAMES = 3
AGREEING = 2


class Trigger(Enum):
    """What a person did that says: look at me."""

    ZONE = "zone"  # stepped into the marked opt-in zone, or up to the kiosk
    CARD = "card"
    ASSOCIATED = "associated"  # a consenting member's device joined the shop's Wi-Fi


class Forbidden(Enum):
    """Why no template may be made of this face."""

    COUNTRY = "country"
    NOBODY_AGREED = "nobody_agreed"
    OUTSIDE_ZONE = "outside_zone"
    NO_TRIGGER = "no_trigger"


class Unsure(Enum):
    """Why a face stays unknown."""

    TOO_FEW_FRAMES = "too_few_frames"
    TOO_FAR = "too_far"
    TOO_ALIKE = "too_alike"  # a second member is nearly as near
    DISAGREEING = "disagreeing"


class Among(Enum):
    """How the candidates were narrowed."""

    CARD = "card"
    ASSOCIATED = "associated"
    STORE = "store"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Members (records of the identity graph) whose templates may be compared, sorted."""

    members: tuple[str, ...]
    among: Among


@dataclass(frozen=True, slots=True)
class Greeting:
    """The whole of what a face is good for. `distance` is the best frame's; `frames` of three agreed."""

    member: str
    distance: float
    frames: int
    among: Among


@dataclass(frozen=True, slots=True)
class Unknown:
    why: Unsure


def may_embed(
    country: CountryProfile, agreed: Collection[str], triggers: Collection[Trigger], in_zone: bool
) -> Forbidden | None:
    """None where a template may be made of this face now. `agreed`: members with a standing consent to faces.

    `in_zone`: the face is inside the marked zone. Ask before the embedding function is called, not after.
    """
    if not country.face_identification:
        return Forbidden.COUNTRY
    if not agreed:
        return Forbidden.NOBODY_AGREED
    if country.face_zone_only and not in_zone:
        return Forbidden.OUTSIDE_ZONE
    return None if triggers else Forbidden.NO_TRIGGER


def narrowed(agreed: Collection[str], by_card: Collection[str] = (), associated: Collection[str] = ()) -> Candidates:
    """`by_card`: whose card was scanned a moment ago; `associated`: whose device is here. Only who agreed is taken."""
    members = set(agreed)
    for here, among in ((by_card, Among.CARD), (associated, Among.ASSOCIATED)):
        if members.intersection(here):
            return Candidates(tuple(sorted(members.intersection(here))), among)
    return Candidates(tuple(sorted(members)), Among.STORE)


def verdict(frames: Sequence[Mapping[str, float]], candidates: Candidates) -> Greeting | Unknown:
    """`frames`: for each of at most three good frames, the distance (0..2) to each compared member (of several
    templates the nearest). A distance to no candidate, or one that is no number, does not count.

    Raises ValueError for more than three frames: taking more until two agree is how strangers become members.
    """
    if len(frames) > FRAMES:
        raise ValueError(f"{len(frames)} frames where {FRAMES} decide")
    if len(frames) < AGREEING:
        return Unknown(Unsure.TOO_FEW_FRAMES)
    allowed = set(candidates.members)
    votes = [_vote(frame, allowed) for frame in frames]
    named = [vote for vote in votes if not isinstance(vote, Unsure)]
    if not named:
        doubts = Counter(vote for vote in votes if isinstance(vote, Unsure))
        return Unknown(max(doubts, key=lambda one: (doubts[one], one.value)))
    counts = Counter(member for member, _ in named)
    member, agreeing = max(counts.items(), key=lambda one: (one[1], one[0]))
    if agreeing < AGREEING:
        return Unknown(Unsure.DISAGREEING)
    nearest = min(distance for named_member, distance in named if named_member == member)
    return Greeting(member, nearest, agreeing, candidates.among)


def _vote(frame: Mapping[str, float], allowed: set[str]) -> tuple[str, float] | Unsure:
    ranked = sorted(
        (distance, member) for member, distance in frame.items() if member in allowed and isfinite(distance)
    )
    if not ranked or ranked[0][0] >= THRESHOLD:
        return Unsure.TOO_FAR
    if len(ranked) > 1 and ranked[1][0] - ranked[0][0] < MARGIN:
        return Unsure.TOO_ALIKE
    return ranked[0][1], ranked[0][0]
