"""What goes from the shop's own rows when consents end, so that one commit erases it and says that it is erased.

    template of the face, edges and events that name a key, the key in the day's sightings      with its consent
    the ledger's bodies that hold keys                              once every place has acknowledged (chain.erasable)
    visits become nobody's           with their consent to analytics; those filed under the pseudonym (older ones) with
                                     the last such consent, or the last one by which somebody was known
    phone, name, and what names the pseudonym in the identity graph                          with the last consent

A record that another standing consent holds is in no tombstone, so it stays; only the ended one's edges go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agent.visitors.consent_book import ConsentBook
from agent.visitors.identities import Identities
from sensors.consent import erasure
from sensors.consent.chain import Row
from sensors.consent.facts import Purpose, TombstoneDone, TombstoneSet
from sensors.identity.records import ConsentEnded, IdentityEvent, Kind, kind_of, record_id
from sync.visitor_store.visitor_batch import Forgotten

KNOWN_BY = frozenset({Purpose.WIFI_ID, Purpose.FACE_ID})
"""Purposes under which a visit may carry a pseudonym, beside ANALYTICS."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One commit. `told` stay in the graph; `keys`: each erased device key and its stand-in."""

    forgotten: Forgotten
    done: tuple[TombstoneDone, ...]
    rows: tuple[Row, ...]
    told: tuple[IdentityEvent, ...]
    keys: dict[str, str]


def person_record(subject: str) -> str:
    """A pseudonym's own record in the identity graph."""
    return record_id(Kind.PHONE, subject)


def erasure_of(
    tombstones: Sequence[TombstoneSet],
    book: ConsentBook,
    identities: Identities,
    stand_in: Callable[[str], str],
    at_ms: int,
) -> Erasure:
    """What the shop's own tombstones ask for, by what stands now."""
    consents = {one.consent_id for one in tombstones}
    subjects = sorted({book.ledger.consents[one].given.subject for one in consents})
    over = tuple(one for one in subjects if not book.standing_of(one))
    nameless = tuple(name for one in subjects for name in _nameless(book, one, consents))
    asked = [erasure.to_erase(one) for one in tombstones]
    records = {record for one in asked for record in (*one.templates, *one.keys)}
    templates = tuple(sorted({record for one in asked for record in one.templates}))
    edges = identities.doomed(consents, records | {person_record(one) for one in over})
    device = [record.partition(":")[2] for record in sorted(records) if kind_of(record) is Kind.MAC]
    keys = {key: stand_in(key) for key in device}
    # Each says what it had of its own; what they share is counted with the first.
    found = len(edges) + len(over) + len(nameless)
    done = []
    for tombstone in tombstones:
        done.append(erasure.acknowledged(tombstone, len(tombstone.records) + found, at_ms))
        found = 0
    rows = tuple(book.appended(done))
    forgotten = Forgotten(
        consent_bodies=tuple(book.erasable(rows)),
        persons=over,
        nameless=nameless,
        templates=templates,
        edges=edges,
        keys=tuple(keys.items()),
        consents=tuple(sorted(consents)),
    )
    return Erasure(forgotten, tuple(done), rows, tuple(ConsentEnded(one, at_ms) for one in sorted(consents)), keys)


def _nameless(book: ConsentBook, subject: str, ended: set[str]) -> list[str]:
    """Names under which no visit may be filed any more."""
    analytics = [one.given.consent_id for one in book.of(subject) if one.given.purpose is Purpose.ANALYTICS]
    went = [one for one in analytics if one in ended]
    return [*went, subject] if _is_nobody_now(book, subject, ended) else went


def _is_nobody_now(book: ConsentBook, subject: str, ended: set[str]) -> bool:
    standing = {one.given.purpose for one in book.standing_of(subject)}
    if Purpose.ANALYTICS in standing:
        return False
    went = any(one.given.consent_id in ended and one.given.purpose is Purpose.ANALYTICS for one in book.of(subject))
    return went or standing.isdisjoint(KNOWN_BY)
