"""What identity is made of: source records, the edges between them, and the facts that take edges away again.

    CARD ──REGISTERED── PHONE ──ASSOCIATED── MAC         FACE ──ENROLLED── CARD or PHONE
      └─CARD─ VISIT, RECEIPT     └─CONFIRMED─ VISIT        └─(a face links nothing by itself: see weights.py)

A record is a key that somebody showed (a card, a phone confirmed by a code, an address on the shop's own Wi-Fi, an
enrolled face) or something that happened (a visit, a receipt). Keys are keyed hashes made outside this room; no number,
address or name is here. Nothing is overwritten: a profile is what the facts add up to (profiles.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256


class Kind(Enum):
    CARD = "card"
    PHONE = "phone"  # confirmed by a code; a number that was only typed makes no record
    MAC = "mac"  # an associated address, HMAC(tenant key, SSID, address), with a consent
    FACE = "face"  # an enrolled template's id
    VISIT = "visit"
    RECEIPT = "receipt"


KEYS = frozenset({Kind.CARD, Kind.PHONE, Kind.MAC, Kind.FACE})
"""Kinds that can lie in two hands; the others happened to one person."""


class Rule(Enum):
    """Why two records are one person, strongest first: the order of declaration is the order of priority."""

    CARD_SHOWN = "card_shown"  # visit or receipt - card
    REGISTERED = "registered"  # card - phone: confirmed by a code while the card was in hand
    PHONE_CONFIRMED = "phone_confirmed"  # visit - phone: a code was typed during the visit
    SAME_SALE = "same_sale"  # receipt - visit
    ENROLLED = "enrolled"  # face - card or phone, by the person's own act
    ASSOCIATED = "associated"  # MAC - phone or card (portal login), visit - MAC
    PERSON_SAID = "person_said"  # the clerical queue, decided
    SCORED = "scored"  # Fellegi-Sunter


NEEDS_CONSENT = frozenset({Rule.ENROLLED, Rule.ASSOCIATED})


def record_id(kind: Kind, key: str) -> str:
    """ "card:5f0c...": the same key is the same record wherever and whenever it is seen."""
    if not key:
        raise ValueError(f"a {kind.value} without a key")
    return f"{kind.value}:{key}"


def kind_of(record: str) -> Kind:
    """The kind in a record's id. Raises ValueError where it names none."""
    return Kind(record.partition(":")[0])


@dataclass(frozen=True, slots=True)
class RecordKept:
    """A record was seen: a visit or a receipt without any key yet, mostly. An edge keeps its two records by itself."""

    record: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class EdgeFound:
    """Two records are one person, says `rule` on `evidence` (the id of a visit, receipt, login, form).

    `bits` is the match weight of a SCORED edge without the prior, 0 for the others; `model` its table's version.
    `consents` names those without which the edge may not exist; empty where none is needed. `actor`: "system", or
    the person who said so. Make it with `edge_found`: the id is the hash of what is joined and why, so the same finding
    made twice, or at two places, is one edge.
    """

    edge: str
    left: str
    right: str
    rule: Rule
    evidence: str
    at_ms: int
    bits: float = 0.0
    model: str = ""
    consents: tuple[str, ...] = ()
    actor: str = "system"


def edge_found(
    one: str,
    other: str,
    rule: Rule,
    evidence: str,
    at_ms: int,
    *,
    bits: float = 0.0,
    model: str = "",
    consents: Iterable[str] = (),
    actor: str = "system",
) -> EdgeFound:
    """An edge with its id. Raises ValueError where both ends are one record, or a consent is needed and missing."""
    if one == other:
        raise ValueError(f"an edge from {one} to itself")
    needed = tuple(sorted(set(filter(None, consents))))
    if rule in NEEDS_CONSENT and not needed:
        raise ValueError(f"{rule.value} without a consent")
    left, right = sorted((one, other))
    edge = sha256("\n".join((left, right, rule.value, evidence, *needed, actor)).encode()).hexdigest()[:32]
    return EdgeFound(edge, left, right, rule, evidence, at_ms, bits, model, needed, actor)


@dataclass(frozen=True, slots=True)
class EdgeRetracted:
    """An unmerge: the edge counts no more, for ever. It may arrive before the edge does."""

    edge: str
    why: str
    at_ms: int
    actor: str


@dataclass(frozen=True, slots=True)
class Parted:
    """These two are never one person: "not this person" said at the till, or by the customer. It outranks any edge."""

    left: str
    right: str
    why: str
    at_ms: int
    actor: str


@dataclass(frozen=True, slots=True)
class KeyShared:
    """More than one person uses this key (two names were given with it): it names a household, nobody in it."""

    record: str
    evidence: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class KeyReplaced:
    """A lost card, a new number: `old` and `new` are one key, said by a person who saw a proof (`actor`)."""

    old: str
    new: str
    at_ms: int
    actor: str


@dataclass(frozen=True, slots=True)
class ConsentEnded:
    """Every edge that stands on this consent is retracted."""

    consent_id: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class RecordErased:
    """What was told of the record until then goes, edges too; what it joined falls apart, and visits stay as nobody's.

    The same key, shown again later with a new consent, begins anew.
    """

    record: str
    at_ms: int


IdentityEvent = RecordKept | EdgeFound | EdgeRetracted | Parted | KeyShared | KeyReplaced | ConsentEnded | RecordErased
