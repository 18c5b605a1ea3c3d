"""What the shop knows of who is who: the identity graph with its rows, and what has to go when a consent ends.

    identity_event.body = ["edge_found", {...}]          id = sha256(body), so the same event told twice is one row

Events grow only, but a row that names a key is deleted with the key's consent: of somebody who withdrew, no row, no
freed page and nothing in memory says which device was theirs. That a consent ended stays (a random id), and keeps an
edge out that is told late.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from math import log2
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
    Rule,
    kind_of,
)
from sensors.identity.weights import POPULATION_LEAST
from sync.visitor_store.visitor_batch import IdentityRow, VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore

CONSENTED = frozenset({Kind.MAC, Kind.FACE})
"""Kinds of records that exist under a consent only."""
_RECEIPT = f"{Kind.RECEIPT.value}:"
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
        self._told: dict[str, set[IdentityEvent]] = {}  # by the name under which the rows are deleted
        self._near: dict[str, set[str]] = {}  # each record's events, by the same names
        self._bought: dict[str, set[str]] = {}  # those of them that name another record, a receipt
        self._standing_on: dict[str, set[str]] = {}  # each consent's edges
        self._view: View | None = None
        self._local: dict[str, tuple[Graph, View]] = {}
        self._buyers: dict[str, tuple[str, float] | None] = {}
        for body in store.identity_events():
            self._take(event_of(body))

    def view(self) -> View:
        """Who is one person now; made anew after something was learned, which takes a moment."""
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
        found = self.profile_of(record)
        return found.id if found is not None and found.is_person else None

    def profile_of(self, record: str) -> Profile | None:
        """By what hangs together with this record alone: whoever comes in does not wait for everybody else's."""
        return (self._view or self.around(record)[1]).profile_of(record)

    def buyer_in(self, visit: str) -> tuple[str, float] | None:
        """The known customer whose receipt was made in this visit (a record), and how sure that is, 0 to 1."""
        if visit not in self._bought:
            return None
        if visit not in self._buyers:
            ends = {end for name in self._bought[visit] for event in self._told[name] for end in named(event)}
            graph = self.near({visit, *(one for one in ends if one.startswith(_RECEIPT))})
            person = view(graph).person_of(visit)
            bits = [edge.bits for edge in graph.live_edges() if edge.rule is Rule.SCORED]
            sure = 1.0 - 2.0 ** -(min(bits) - log2(POPULATION_LEAST)) if bits else 1.0
            self._buyers[visit] = None if person is None else (person, max(0.0, round(sure, 4)))
        return self._buyers[visit]

    def around(self, record: str) -> tuple[Graph, View]:
        """The graph of what hangs together with this record, however weakly, and what it says.

        Without receipts, but for the one that is asked of: who somebody is does not hang on their purchases, and a
        year of those would hold up whoever comes in.
        """
        if record not in self._local:
            graph = self.near((record,))
            self._local[record] = graph, view(graph)
        return self._local[record]

    def near(self, records: Collection[str], *, receipts: bool = False) -> Graph:
        """As in `around`, of any of these records; a graph of the caller's own. `receipts`: all of them too."""
        graph = fold(self._around(records, receipts))
        graph.ended |= self.graph.ended
        return graph

    # For whoever commits an identity's rows together with others, holding `turn`

    def allowed(self, events: Sequence[IdentityEvent]) -> list[IdentityEvent]:
        """Without those that would keep a key nobody agreed to."""
        edges = [one for one in events if isinstance(one, EdgeFound)]
        standing = {one.edge: one for one in edges if self.graph.ended.isdisjoint(one.consents)}
        new = {end for one in standing.values() for end in (one.left, one.right)}
        found: list[IdentityEvent] = []
        for event in events:
            if isinstance(event, EdgeFound):
                may = event.edge in standing
            else:
                keys = [record for record in named(event) if kind_of(record) in CONSENTED]
                may = all(record in new or self._is_held(record) for record in keys)
            if may:
                found.append(event)
        return found

    def apply(self, events: Iterable[IdentityEvent]) -> None:
        """They are durable by now."""
        for event in events:
            self._take(event)

    def doomed(self, consents: Collection[str], records: Collection[str]) -> tuple[str, ...]:
        """Names of the rows to delete: all that stands on these consents or names these records, told whenever."""
        gone: set[str] = set()
        for consent_id in consents:
            gone |= self._standing_on.get(consent_id, set())
        for record in records:
            gone |= self._near.get(record, set()) | self._bought.get(record, set())
        return tuple(sorted(gone))

    def forget(self, names: Iterable[str]) -> None:
        """Their rows are deleted: nothing of them is remembered beside the rows."""
        graph = self.graph
        for name in names:
            for event in self._told.pop(name, set()):
                for record in named(event):
                    self._drop(self._index(event, record), record, name)
                match event:
                    case EdgeFound():
                        graph.edges.pop(event.edge, None)
                        for consent_id in event.consents:
                            self._drop(self._standing_on, consent_id, name)
                    case EdgeRetracted():
                        graph.retracted.discard(event.edge)
                    case RecordKept():
                        graph.kept.discard((event.record, event.at_ms))
                    case Parted():
                        graph.parted.discard((min(event.left, event.right), max(event.left, event.right)))
                    case KeyShared():
                        graph.shared.discard(event.record)
                    case KeyReplaced():
                        graph.replaced.discard((min(event.old, event.new), max(event.old, event.new)))
                    case RecordErased():
                        graph.erased.pop(event.record, None)
                    case ConsentEnded():
                        pass  # it names no key, and stays
        self._view = None
        self._local.clear()
        self._buyers.clear()

    def _take(self, event: IdentityEvent) -> None:
        self.graph.apply(event)
        self._view = None
        self._local.clear()
        self._buyers.clear()
        name = row_of(event).edge
        if not name:
            return
        self._told.setdefault(name, set()).add(event)
        for record in named(event):
            self._index(event, record).setdefault(record, set()).add(name)
        if isinstance(event, EdgeFound):
            for consent_id in event.consents:
                self._standing_on.setdefault(consent_id, set()).add(name)

    def _index(self, event: IdentityEvent, record: str) -> dict[str, set[str]]:
        """Where the event is found by this record."""
        ends = named(event)
        bought = any(one.startswith(_RECEIPT) for one in ends) and not record.startswith(_RECEIPT)
        return self._bought if bought else self._near

    def _is_held(self, record: str) -> bool:
        """Some edge has it whose consent stands."""
        names = (*self._near.get(record, ()), *self._bought.get(record, ()))
        told = (one for name in names for one in self._told[name])
        return any(isinstance(one, EdgeFound) and self.graph.ended.isdisjoint(one.consents) for one in told)

    def _around(self, records: Collection[str], receipts: bool) -> list[IdentityEvent]:
        """Every event of the records that hang together with these."""
        seen, waiting, names = set(records), list(records), set[str]()
        while waiting:
            record = waiting.pop()
            told = self._near.get(record, set())
            if receipts:
                told = told | self._bought.get(record, set())
            for name in told - names:
                names.add(name)
                others = {other for event in self._told[name] for other in named(event)} - seen
                seen |= others
                waiting += others
        return [event for name in sorted(names) for event in self._told[name]]

    @staticmethod
    def _drop(index: dict[str, set[str]], of: str, name: str) -> None:
        names = index.get(of, set())
        names.discard(name)
        if not names:
            index.pop(of, None)
