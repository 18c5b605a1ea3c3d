"""What the consent ledger is made of: facts that are only ever added, one purpose to a consent.

    Given ── Bound, Bound ... ── Ended ── TombstoneSet (one for each place that holds a copy) ── TombstoneDone

A subject and a record are pseudonyms (a random id, a keyed hash); names, numbers and signatures lie in rows that can be
erased. `Bound` and `TombstoneSet` hold keys, so their bodies are erased in the end (chain.py); the proof that somebody
agreed, to which text and when, and that it ended, stays.
"""

from __future__ import annotations

from enum import Enum

import msgspec


class Purpose(Enum):
    WIFI_ID = "wifi_id"  # to be known by the address of one's own device
    FACE_ID = "face_id"
    MARKETING = "marketing"
    ANALYTICS = "analytics"  # one's own visits in the shop's statistics, not counting: that needs nobody's data


class Channel(Enum):
    PORTAL = "portal"
    TILL = "till"
    KIOSK = "kiosk"
    APP = "app"
    PAPER = "paper"


class Proof(Enum):
    """How it can be shown later that this person agreed."""

    CODE = "code"  # a code sent to the person's telephone was typed
    SIGNATURE = "signature"  # by hand, on paper
    QUALIFIED_SIGNATURE = "qualified_signature"  # the electronic one that the law puts beside the hand
    LOGGED_IN = "logged_in"  # a tick in the person's own account


class Why(Enum):
    """Why a consent ended."""

    WITHDRAWN = "withdrawn"
    RETENTION = "retention"  # the time that was agreed to is over
    UNSEEN = "unseen"  # not in the shop for so long that the purpose is gone
    PERSON_ERASED = "person_erased"
    NOT_LAWFUL = "not_lawful"  # it should not have been taken: a child, a country, a wrong text


class Given(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="given"):
    """`text_hash` is of the text as it was shown (texts.py). `of_age` was declared by the person. Days, UTC ms."""

    consent_id: str
    subject: str
    purpose: Purpose
    text_version: str
    text_hash: str
    channel: Channel
    locale: str
    given_ms: int
    proof: Proof
    proof_id: str
    controller: str
    retention_days: int
    of_age: bool


class Bound(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="bound"):
    """A record of the identity graph (an address, a face, a phone) that exists only because of this consent.

    `salt` is random, from the caller: without it the hash that stays in the chain would confirm a guessed key.
    """

    consent_id: str
    record: str
    at_ms: int
    salt: str


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="ended"):
    consent_id: str
    at_ms: int
    why: Why


class TombstoneSet(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="tombstone_set"):
    """`place` is to erase these records and to make their visits anonymous; the counts stay."""

    tombstone: str
    consent_id: str
    place: str
    records: tuple[str, ...]
    at_ms: int
    salt: str


class TombstoneDone(msgspec.Struct, frozen=True, kw_only=True, tag_field="fact", tag="tombstone_done"):
    """The place has erased; `erased` counts what it found."""

    tombstone: str
    at_ms: int
    erased: int


ConsentFact = Given | Bound | Ended | TombstoneSet | TombstoneDone

_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(ConsentFact)


def body_of(fact: ConsentFact) -> bytes:
    """The bytes that are kept and hashed: the same fact is the same bytes."""
    return _ENCODER.encode(fact)


def fact_of(body: bytes) -> ConsentFact:
    """Raises msgspec.DecodeError for what is no fact of a ledger."""
    fact: ConsentFact = _DECODER.decode(body)
    return fact
