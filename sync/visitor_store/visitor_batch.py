"""What is to be remembered of visitors at once: one `VisitorBatch` is one transaction, kept whole or not at all.

Instants are UTC milliseconds, bodies bytes of whoever wrote them. Telling the same row twice changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.store.batch import Outgoing, Setting


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """A row of the chained ledger; `body` None: erased."""

    seq: int
    kind: str
    body: bytes | None
    body_hash: bytes
    link: bytes


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A personal value of a pseudonym: `kind` phone or name, one of each."""

    subject: str
    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class TemplateRow:
    record: str
    consent: str
    sealed: bytes


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """`edge`: the id of the edge that the event tells or takes back; of another event that names a key, its own id; ""
    for those that name none."""

    id: str
    edge: str
    body: bytes


@dataclass(frozen=True, slots=True)
class SightingRow:
    id: str
    at_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class VisitRow:
    id: str
    opened_ms: int
    person: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ReadingRow:
    sensor: str
    start_ms: int
    body: bytes


@dataclass(frozen=True, slots=True)
class HourRow:
    hour_ms: int
    zone: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What is deleted, its bytes overwritten. `consent_bodies`: rows of the ledger that keep hash and link only.

    `persons` lose their personal values; visits filed under a name of `nameless` stay as nobody's, their bodies too.
    `templates` are records. `keys`: a key and its stand-in, which takes its place in sightings, visits and settings:
    these are counted still. `consents` ended: what was set aside of them for an HQ of an older backup goes.
    """

    consent_bodies: tuple[int, ...] = ()
    persons: tuple[str, ...] = ()
    nameless: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    edges: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    consents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VisitorBatch:
    consents: tuple[ConsentRow, ...] = ()
    persons: tuple[PersonRow, ...] = ()
    templates: tuple[TemplateRow, ...] = ()
    identity: tuple[IdentityRow, ...] = ()
    sightings: tuple[SightingRow, ...] = ()
    visits: tuple[VisitRow, ...] = ()
    readings: tuple[ReadingRow, ...] = ()
    hours: tuple[HourRow, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    settings: tuple[Setting, ...] = ()
    forgotten: Forgotten | None = None
