"""What the shop learned of one visit or receipt, and the deterministic edges that follow from it.

`edges_of` looks at one observation alone, so the edges do not depend on what came before it; which of them may join
two records is the clusters' business.
"""

from __future__ import annotations

from dataclasses import dataclass

from sensors.identity.profiles import View
from sensors.identity.records import IdentityEvent, Kind, Parted, RecordKept, Rule, edge_found, kind_of, record_id


@dataclass(frozen=True, slots=True)
class MacSeen:
    """An address on the shop's own network, as a keyed hash, with the portal consent it was bound under."""

    key: str
    consent_id: str


@dataclass(frozen=True, slots=True)
class FaceSeen:
    """A consenting member whom the recognition policy answered with: template's key, distance (0..2), consent."""

    key: str
    distance: float
    consent_id: str


@dataclass(frozen=True, slots=True)
class Observation:
    """A visit or a receipt. Keys are hashes, empty where not given. `visit`: of a receipt, the visit it was made in.

    `typed_phone` is the hash of a number nobody confirmed; `name` is what the person gave, for comparison only: it
    comes from the erasable rows and no event carries it.
    """

    kind: Kind
    key: str
    at_ms: int
    card: str = ""
    phone: str = ""
    macs: tuple[MacSeen, ...] = ()
    faces: tuple[FaceSeen, ...] = ()
    typed_phone: str = ""
    name: str = ""
    same_till: bool | None = None
    """The face track and the receipt were within 30 s at one till; None where there is no track or no receipt."""
    visit: str = ""

    @property
    def record(self) -> str:
        return record_id(self.kind, self.key)


def edges_of(seen: Observation) -> tuple[IdentityEvent, ...]:
    """The record itself and an edge for each key that is evidence by itself. An address without a consent is none."""
    record, at_ms = seen.record, seen.at_ms
    events: list[IdentityEvent] = [RecordKept(record, at_ms)]
    if seen.card:
        events.append(edge_found(record, record_id(Kind.CARD, seen.card), Rule.CARD_SHOWN, seen.key, at_ms))
    if seen.phone:
        events.append(edge_found(record, record_id(Kind.PHONE, seen.phone), Rule.PHONE_CONFIRMED, seen.key, at_ms))
    if seen.visit and seen.kind is Kind.RECEIPT:
        events.append(edge_found(record, record_id(Kind.VISIT, seen.visit), Rule.SAME_SALE, seen.key, at_ms))
    for mac in seen.macs:
        if mac.consent_id:
            target = record_id(Kind.MAC, mac.key)
            events.append(edge_found(record, target, Rule.ASSOCIATED, seen.key, at_ms, consents=(mac.consent_id,)))
    return tuple(events)


def card_registered(card: str, phone: str, evidence: str, at_ms: int) -> tuple[IdentityEvent, ...]:
    """A card was issued; `phone` where a code confirmed it with the card in hand, else empty."""
    record = record_id(Kind.CARD, card)
    if not phone:
        return (RecordKept(record, at_ms),)
    return (
        RecordKept(record, at_ms),
        edge_found(record, record_id(Kind.PHONE, phone), Rule.REGISTERED, evidence, at_ms),
    )


def portal_login(mac: str, phone: str, consent_id: str, evidence: str, at_ms: int) -> tuple[IdentityEvent, ...]:
    """A guest confirmed a phone and agreed to be known by this address. Raises ValueError without a consent."""
    one, other = record_id(Kind.MAC, mac), record_id(Kind.PHONE, phone)
    return (edge_found(one, other, Rule.ASSOCIATED, evidence, at_ms, consents=(consent_id,)),)


def face_enrolled(face: str, member: str, consent_id: str, evidence: str, at_ms: int) -> tuple[IdentityEvent, ...]:
    """`member` is the record (a card, a phone) whose holder enrolled the face. Raises ValueError without a consent."""
    return (edge_found(record_id(Kind.FACE, face), member, Rule.ENROLLED, evidence, at_ms, consents=(consent_id,)),)


def not_this_person(now: View, record: str, profile: str, at_ms: int, actor: str) -> tuple[Parted, ...]:
    """The cashier's or the customer's "that is not me": the visit is parted from every verified key of the profile, so
    it stays apart however the profile is joined later."""
    found = now.profiles.get(profile)
    verified = [one for one in found.records if kind_of(one) in (Kind.CARD, Kind.PHONE)] if found else []
    return tuple(Parted(record, one, "wrong_greeting", at_ms, actor) for one in verified or [profile])
