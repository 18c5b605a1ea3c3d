"""What the shop knows of who is who: the identity graph with its rows, and what has to go when a consent ends.

    identity_event.body = ["edge_found", {...}]          id = sha256(body), so the same event told twice is one row

Events grow only, but a row that names a key is deleted with the key's consent: of somebody who withdrew, no row, no
freed page and nothing in memory says which device was theirs. That a consent ended stays (a random id), and keeps an
edge out that is told late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from typing import Any

import anyio
import msgspec

from sensors.identity.graph import Graph, fold
from sensors.identity.profiles import Profile, View, view
from sensors.identity.records import (
    ConsentEnded,
    EdgeFound,
    EdgeRetracted,
    IdentityEvent,
    KeyReplaced,
    KeyShared,
    Kind,
    Parted,
    RecordErased,
    RecordKept,
    kind_of,
)
from sync.visitor_store.visitor_batch import IdentityRow, VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore

CONSENTED = frozenset({Kind.MAC, Kind.FACE})
"""Kinds of records that exist under a consent only."""
_TYPES: dict[str, type[Any]] = {
    "record_kept": RecordKept,
    "edge_found": EdgeFound,
    "edge_retracted": EdgeRetracted,
    "parted": Parted,
    "key_shared": KeyShared,
    "key_replaced": KeyReplaced,
    "consent_ended": ConsentEnded,
    "record_erased": RecordErased,
}
_NAMES = {type: name for name, type in _TYPES.items()}
_ENCODER = msgspec.json.Encoder(order="deterministic")
_TAGGED = msgspec.json.Decoder(tuple[str, msgspec.Raw])
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {name: msgspec.json.Decoder(type) for name, type in _TYPES.items()}


def body_of(event: IdentityEvent) -> bytes:
    return _ENCODER.encode((_NAMES[type(event)], event))


def event_of(body: bytes) -> IdentityEvent:
    """Raises msgspec.DecodeError for what is no event."""
    name, told = _TAGGED.decode(body)
    if name not in _DECODERS:
        raise msgspec.DecodeError(f"no event {name!r}")
    event: IdentityEvent = _DECODERS[name].decode(told)
    return event


def named(event: IdentityEvent) -> tuple[str, ...]:
    """The records that an event names."""
    match event:
        case RecordKept(record=record) | KeyShared(record=record) | RecordErased(record=record):
            return (record,)
        case EdgeFound(left=left, right=right) | Parted(left=left, right=right):
            return (left, right)
        case KeyReplaced(old=old, new=new):
            return (old, new)
        case EdgeRetracted() | ConsentEnded():
            return ()


def row_of(event: IdentityEvent) -> IdentityRow:
    """`edge` is the name under which the row can be deleted: the edge's, or the row's own where it names a record."""
    body = body_of(event)
    id = sha256(body).hexdigest()[:32]
    if isinstance(event, EdgeFound | EdgeRetracted):
        return IdentityRow(id, event.edge, body)
    return IdentityRow(id, id if named(event) else "", body)


class Identities:
    """`graph` is what the rows add up to. `turn`: whoever writes rows holds it, so that none slips past an erasure."""

    def __init__(self, store: VisitorStore) -> None:
        self.graph = Graph()
        self.turn = anyio.Lock(fast_acquire=True)
        self._store = store
        self._view: View | None = None
        self.reload()

    def view(self) -> View:
        """Who is one person now; made anew after something was learned."""
        if self._view is None:
            self._view = view(self.graph)
        return self._view

    async def learn(self, events: Sequence[IdentityEvent]) -> None:
        """Durable, then applied. What may not stand (its consent ended, its key was erased) is left out."""
        async with self.turn:
            allowed = self.allowed(events)
            if not allowed:
                return
            await self._store.commit(VisitorBatch(identity=tuple(row_of(one) for one in allowed)))
            self.apply(allowed)

    def person_of(self, record: str) -> str | None:
        """The profile of a known customer whose record it is; None for a household's, and for nobody's."""
        return self.view().person_of(record)

    def profile_of(self, record: str) -> Profile | None:
        return self.view().profile_of(record)

    # For whoever commits an identity's rows together with others, holding `turn`

    def allowed(self, events: Sequence[IdentityEvent]) -> list[IdentityEvent]:
        """Without those that would keep a key nobody agreed to."""
        edges = [one for one in events if isinstance(one, EdgeFound) and self.graph.ended.isdisjoint(one.consents)]
        held: set[str] | None = None
        found: list[IdentityEvent] = []
        for event in events:
            if isinstance(event, EdgeFound):
                if event in edges:
                    found.append(event)
                continue
            if any(kind_of(record) in CONSENTED for record in named(event)):
                if held is None:
                    held = {end for edge in (*self.graph.live_edges(), *edges) for end in (edge.left, edge.right)}
                if not all(record in held for record in named(event) if kind_of(record) in CONSENTED):
                    continue
            found.append(event)
        return found

    def apply(self, events: Iterable[IdentityEvent]) -> None:
        """They are durable by now."""
        for event in events:
            self.graph.apply(event)
        self._view = None

    def doomed(self, consents: Collection[str], records: Collection[str], at_ms: int) -> tuple[str, ...]:
        """Names of the rows to delete: all that stands on these consents or names these records, told whenever."""
        told = [event_of(body) for body in self._store.identity_events()]
        after = fold((*told, *(ConsentEnded(one, at_ms) for one in consents)))
        gone = set(after.dead_edges())
        gone |= {row_of(one).edge for one in told if not set(records).isdisjoint(named(one))}
        return tuple(sorted(gone))

    def reload(self) -> None:
        """After an erasure: what the rows still say, and nothing that is remembered beside them."""
        self.graph = fold(event_of(body) for body in self._store.identity_events())
        self._view = None
