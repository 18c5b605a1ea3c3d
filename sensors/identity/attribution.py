"""Who came: one observation against the profiles, keys first and the sum of weaker evidence second.

    a card; a phone confirmed in the visit; an address bound with consent      the profile that owns it, and nobody else
    a typed number, a shared key, a face, a name                               Fellegi-Sunter over their candidates

Candidates are only those whom some key points at, never the whole list; a face alone reaches no +10 bits, so it greets
at most. What is linked here becomes an edge with its weight and the version of the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sensors.identity.names import same_name
from sensors.identity.observation import Observation
from sensors.identity.profiles import View
from sensors.identity.records import EdgeFound, KeyShared, Kind, Rule, edge_found, kind_of, record_id
from sensors.identity.weights import Decision, Model, Pattern, decide, face_level, posteriors


@dataclass(slots=True)
class Particulars:
    """What forms and logins said of records, from the erasable rows: names, and numbers that nobody confirmed."""

    names: dict[str, list[str]] = field(default_factory=dict)
    typed: dict[str, list[str]] = field(default_factory=dict)
    """Records (cards) on whose form this number's hash stands."""

    def named(self, record: str, name: str) -> None:
        if name and name not in self.names.setdefault(record, []):
            self.names[record].append(name)

    def wrote(self, record: str, typed_phone: str) -> None:
        if typed_phone and record not in self.typed.setdefault(typed_phone, []):
            self.typed[typed_phone].append(record)


@dataclass(frozen=True, slots=True)
class Candidate:
    """`bits` is the weight of the evidence, `posterior_bits` what it leaves after the prior and the others."""

    profile: str
    pattern: Pattern
    bits: float
    posterior_bits: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """`profile` is None unless the decision is LINK. `rule` is the key's, or SCORED. Candidates best first."""

    decision: Decision
    profile: str | None = None
    rule: Rule | None = None
    candidates: tuple[Candidate, ...] = ()


NOBODY = Attribution(Decision.ANONYMOUS)


def attribute(now: View, seen: Observation, about: Particulars, model: Model, members: int) -> Attribution:
    """Who the observation is, by the profiles as they are. `members`: how many could be meant, for the prior.

    An observation that is in the graph already is asked of the graph; this is for the moment somebody comes in.
    """
    key_seen = False
    for rule, record in _keys(seen):
        person = now.person_of(record)
        if person is not None:
            return Attribution(Decision.LINK, person, rule)
        key_seen = key_seen or rule is Rule.CARD_SHOWN
    # A card nobody knows is somebody: weaker evidence must not name another one.
    return NOBODY if key_seen else score(now, seen, about, model, members)


def score(now: View, seen: Observation, about: Particulars, model: Model, members: int) -> Attribution:
    """The second stage alone: every candidate's weight, and the decision on the best one."""
    patterns = {profile: _compare(now, seen, about, profile) for profile in sorted(_candidates(now, seen, about))}
    patterns = {profile: pattern for profile, pattern in patterns.items() if pattern}
    if not patterns:
        return NOBODY
    weights = [model.bits(pattern) for pattern in patterns.values()]
    crowd = _crowd(now, seen)
    # A key that a household shares fits somebody of it whom the shop does not know just as well as those it knows.
    phantom = max(
        (
            model.bits(tuple(one for one in pattern if one[0] in crowd and one[1] == "equal"))
            for pattern in patterns.values()
        ),
        default=0.0,
    )
    left = posteriors([*weights, phantom] if crowd else weights, members)[: len(weights)]
    ranked = sorted(
        (Candidate(*one) for one in zip(patterns, patterns.values(), weights, left, strict=True)),
        key=lambda one: (-one.posterior_bits, one.profile),
    )
    decision = decide(ranked[0].posterior_bits)
    linked = decision is Decision.LINK
    return Attribution(decision, ranked[0].profile if linked else None, Rule.SCORED if linked else None, tuple(ranked))


def scored_edge(seen: Observation, found: Attribution, model: Model) -> EdgeFound | None:
    """The edge that writes a scored link down; None where nothing was linked, or a key's own edge says it."""
    if found.profile is None or found.rule is not Rule.SCORED:
        return None
    best = found.candidates[0]
    compared = {comparison for comparison, _ in best.pattern}
    consents = [mac.consent_id for mac in seen.macs if "mac" in compared]
    consents += [face.consent_id for face in seen.faces if "face" in compared]
    return edge_found(
        *(seen.record, best.profile, Rule.SCORED, seen.key, seen.at_ms),
        bits=round(best.bits, 6),
        model=model.version,
        consents=consents,
    )


def shared_keys(now: View, seen: Iterable[Observation], about: Particulars) -> tuple[KeyShared, ...]:
    """Addresses and phones with which two plainly different names were given: they name a household, nobody in it.

    Names count that came together with the key: on the form or the login that confirmed it, in a visit in which it was
    associated or confirmed. A number that was only typed says nothing about its owner.
    """
    found: dict[str, KeyShared] = {}
    with_key: dict[str, list[str]] = {record: list(names) for record, names in about.names.items()}
    for one in sorted(seen, key=lambda one: (one.at_ms, one.record)):
        keys = [record_id(Kind.MAC, mac.key) for mac in one.macs if mac.consent_id]
        keys += [record_id(Kind.PHONE, one.phone)] if one.phone else []
        for record in keys:
            given = with_key.setdefault(record, [])
            if one.name:
                given.append(one.name)
            if record not in found and _disagree([*given, *_owners_names(now, record, about)]):
                found[record] = KeyShared(record, one.key, one.at_ms)
    for record, names in with_key.items():
        if kind_of(record) is Kind.PHONE and record not in found and _disagree(names):
            found[record] = KeyShared(record, record, 0)
    return tuple(found[record] for record in sorted(found))


def _disagree(names: list[str]) -> bool:
    return any(same_name(names[0], other) is False for other in names[1:]) if names else False


def _owners_names(now: View, record: str, about: Particulars) -> list[str]:
    owner = now.profile_of(record)
    if owner is None or not owner.is_person:
        return []
    return [name for one in owner.records for name in about.names.get(one, ())]


def _keys(seen: Observation) -> Iterable[tuple[Rule, str]]:
    if seen.card:
        yield Rule.CARD_SHOWN, record_id(Kind.CARD, seen.card)
    if seen.phone:
        yield Rule.PHONE_CONFIRMED, record_id(Kind.PHONE, seen.phone)
    for mac in seen.macs:
        if mac.consent_id:
            yield Rule.ASSOCIATED, record_id(Kind.MAC, mac.key)


def _persons(now: View, record: str) -> Iterable[str]:
    """Who uses this key: its owner, or each of those who share it."""
    found = now.profile_of(record)
    if found is None:
        return
    if found.is_person:
        yield found.id
        return
    for other in now.sharers.get(found.id, ()):
        if other in now.profiles and now.profiles[other].is_person:
            yield other


def _crowd(now: View, seen: Observation) -> set[str]:
    """The comparisons that rest on a key which a household shares."""
    phones = {record_id(Kind.PHONE, given) for given in (seen.phone, seen.typed_phone) if given}
    macs = {record_id(Kind.MAC, mac.key) for mac in seen.macs if mac.consent_id}
    return {name for name, keys in (("phone", phones), ("mac", macs)) if any(_is_shared(now, one) for one in keys)}


def _is_shared(now: View, record: str) -> bool:
    found = now.profile_of(record)
    return found is not None and found.shared


def _candidates(now: View, seen: Observation, about: Particulars) -> set[str]:
    found: set[str] = set()
    for _, record in _keys(seen):
        found.update(_persons(now, record))
    for face in seen.faces:
        found.update(_persons(now, record_id(Kind.FACE, face.key)))
    if seen.typed_phone:
        found.update(_persons(now, record_id(Kind.PHONE, seen.typed_phone)))
        for record in about.typed.get(seen.typed_phone, ()):
            found.update(_persons(now, record))
    return found


def _compare(now: View, seen: Observation, about: Particulars, profile: str) -> Pattern:
    records: Mapping[str, None] = dict.fromkeys(now.profiles[profile].records)
    pattern: list[tuple[str, str]] = []
    given = seen.phone or seen.typed_phone
    if given:
        known = record_id(Kind.PHONE, given)
        said = any(record in records for record in about.typed.get(given, ()))
        equal = known in records or said or profile in _persons(now, known)
        phones = any(kind_of(record) is Kind.PHONE for record in records)
        if equal or phones:
            pattern.append(("phone", "equal" if equal else "differs"))
    if any(profile in _persons(now, record_id(Kind.MAC, mac.key)) for mac in seen.macs if mac.consent_id):
        pattern.append(("mac", "equal"))
    distances = [face.distance for face in seen.faces if record_id(Kind.FACE, face.key) in records]
    if distances:
        pattern.append(("face", face_level(min(distances))))
        if seen.same_till is not None:
            pattern.append(("till", "together" if seen.same_till else "elsewhere"))
    said_names = [name for record in records for name in about.names.get(record, ())]
    agree = [same_name(seen.name, name) for name in said_names]
    if any(one is not None for one in agree):
        pattern.append(("name", "near" if any(agree) else "differs"))
    return tuple(pattern)
