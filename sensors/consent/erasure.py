"""A consent ends: what is to be erased and where, and what a place does that is told so.

    shop: end()  ──>  Ended, TombstoneSet "shop", TombstoneSet "hq"        one batch, durable before anything is erased
    each place:   obey(tombstone) ──> events for its identity graph; templates and keys deleted; visits stay, nobody's
                  TombstoneDone back to the shop, which keeps telling until it comes
    then:         chain.erasable(): the ledger's own bodies with keys go too

A record that another standing consent holds (a family's device) is kept: only the edges of the ended one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sensors.consent.facts import ConsentFact, Ended, TombstoneDone, TombstoneSet, Why
from sensors.consent.ledger import Ledger, NotAllowed
from sensors.identity.records import ConsentEnded, IdentityEvent, Kind, RecordErased, kind_of

SHOP = "shop"
HQ = "hq"


@dataclass(frozen=True, slots=True)
class ToErase:
    """What a place deletes: `templates` and `keys` are records of the identity graph."""

    consent_id: str
    templates: tuple[str, ...]
    keys: tuple[str, ...]


def end(
    ledger: Ledger,
    consent_id: str,
    why: Why,
    at_ms: int,
    draw_salt: Callable[[], str],
    places: Iterable[str] = (SHOP, HQ),
) -> tuple[ConsentFact, ...]:
    """The facts that end a consent, to be kept together; empty where it has ended already.

    Raises NotAllowed for a consent nobody gave.
    """
    consent = ledger.consents.get(consent_id)
    if consent is None:
        raise NotAllowed("consent_unknown")
    if consent.ended is not None:
        return ()
    records = tuple(sorted(one for one in consent.records if not ledger.holds_elsewhere(one, consent_id)))
    tombstones = (
        TombstoneSet(
            tombstone=f"{consent_id}@{place}",
            consent_id=consent_id,
            place=place,
            records=records,
            at_ms=at_ms,
            salt=draw_salt(),
        )
        for place in places
    )
    return (Ended(consent_id=consent_id, at_ms=at_ms, why=why), *tombstones)


def end_all(
    ledger: Ledger, subject: str, why: Why, at_ms: int, draw_salt: Callable[[], str], places: Iterable[str] = (SHOP, HQ)
) -> tuple[ConsentFact, ...]:
    """Every standing consent of a person; a key held by two of them is erased with the last.

    The facts are applied to `ledger` on the way; applying them again changes nothing.
    """
    told: list[ConsentFact] = []
    places = tuple(places)
    for consent_id in [one.given.consent_id for one in ledger.of_subject(subject) if one.ended is None]:
        facts = end(ledger, consent_id, why, at_ms, draw_salt, places)
        for fact in facts:
            ledger.apply(fact)
        told += facts
    return tuple(told)


def to_erase(tombstone: TombstoneSet) -> ToErase:
    templates = tuple(one for one in tombstone.records if kind_of(one) is Kind.FACE)
    return ToErase(tombstone.consent_id, templates, tuple(one for one in tombstone.records if one not in templates))


def obey(tombstone: TombstoneSet) -> tuple[IdentityEvent, ...]:
    """For the identity graph of the place: the consent's edges are retracted, its records erased."""
    erased = (RecordErased(record, tombstone.at_ms) for record in tombstone.records)
    return (ConsentEnded(tombstone.consent_id, tombstone.at_ms), *erased)


def acknowledged(tombstone: TombstoneSet, erased: int, at_ms: int) -> TombstoneDone:
    """What the place answers once the rows are gone; `erased` counts those it had."""
    return TombstoneDone(tombstone=tombstone.tombstone, at_ms=at_ms, erased=erased)
