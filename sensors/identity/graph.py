"""The identity graph as the fold of its events: sets that only grow, so order and repetition change nothing.

Two stores and HQ may hear the same events in any order, twice, a retraction before its edge: `fold` of the same set is
the same graph. What an event takes away is a set of its own (retracted, erased, ended), subtracted when asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sensors.identity.records import (
    ConsentEnded,
    EdgeFound,
    EdgeRetracted,
    IdentityEvent,
    KeyReplaced,
    KeyShared,
    Parted,
    RecordErased,
    RecordKept,
)

BEFORE_ALL = -(1 << 62)
"""Never erased."""


@dataclass(slots=True)
class Graph:
    """What is known. Times are UTC milliseconds."""

    kept: set[tuple[str, int]] = field(default_factory=set)
    edges: dict[str, EdgeFound] = field(default_factory=dict)
    retracted: set[str] = field(default_factory=set)
    parted: set[tuple[str, str]] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)
    replaced: set[tuple[str, str]] = field(default_factory=set)
    ended: set[str] = field(default_factory=set)
    erased: dict[str, int] = field(default_factory=dict)

    def apply(self, event: IdentityEvent) -> None:
        """Takes one event in; a second time it changes nothing."""
        match event:
            case RecordKept(record, at_ms):
                self.kept.add((record, at_ms))
            case EdgeFound():
                known = self.edges.get(event.edge)
                # The same finding by two clocks or two models: the smaller one stays, whichever came first.
                if known is None or _order(event) < _order(known):
                    self.edges[event.edge] = event
            case EdgeRetracted(edge=edge):
                self.retracted.add(edge)
            case Parted(left=left, right=right):
                self.parted.add((min(left, right), max(left, right)))
            case KeyShared(record=record):
                self.shared.add(record)
            case KeyReplaced(old=old, new=new):
                self.replaced.add((min(old, new), max(old, new)))
            case ConsentEnded(consent_id=consent_id):
                self.ended.add(consent_id)
            case RecordErased(record=record, at_ms=at_ms):
                self.erased[record] = max(at_ms, self.erased.get(record, at_ms))

    def live_edges(self) -> Iterator[EdgeFound]:
        """Edges that nobody took back, whose consent stands and whose ends were not erased since."""
        return (edge for edge in self.edges.values() if edge.edge not in self.retracted and not self._is_dead(edge))

    def dead_edges(self) -> list[str]:
        """Edges without a consent, or of an erased record: their rows are to be deleted, and the view does not change.

        A retracted edge is none of them: it is the history of a merge, and its own person's to know.
        """
        return sorted(edge.edge for edge in self.edges.values() if self._is_dead(edge))

    def live_records(self) -> dict[str, int]:
        """Each record and when it was first told (after its erasure, where it was erased and came again)."""
        first: dict[str, int] = {}
        for record, at_ms in self.kept:
            if at_ms > self._gone_ms(record) and at_ms < first.get(record, at_ms + 1):
                first[record] = at_ms
        for edge in self.live_edges():
            for record in (edge.left, edge.right):
                if edge.at_ms < first.get(record, edge.at_ms + 1):
                    first[record] = edge.at_ms
        return first

    def _is_dead(self, edge: EdgeFound) -> bool:
        if not self.ended.isdisjoint(edge.consents):
            return True
        return bool(self.erased) and edge.at_ms <= max(self._gone_ms(edge.left), self._gone_ms(edge.right))

    def _gone_ms(self, record: str) -> int:
        return self.erased.get(record, BEFORE_ALL)


def _order(edge: EdgeFound) -> tuple[int, float, str]:
    return edge.at_ms, edge.bits, edge.model


def fold(events: Iterable[IdentityEvent]) -> Graph:
    graph = Graph()
    for event in events:
        graph.apply(event)
    return graph
