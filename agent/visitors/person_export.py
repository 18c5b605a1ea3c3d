"""One person's data as the document that is handed over: what the ledger, the graph and the visits say of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import msgspec

from sensors.consent.export import export
from sensors.consent.ledger import Ledger
from sensors.identity.graph import Graph
from sensors.identity.profiles import View
from sensors.visits.visit import Visit
from sync.visitor_store.visitor_batch import VisitRow


class _Body(msgspec.Struct):
    """What of a visit's body a person is told, written as a visit of the day or as the fact for HQ."""

    closed_ms: int = 0
    zones: tuple[str, ...] = ()
    inside_s: int | None = None
    inside_ms: int | None = None
    confidence: float = 0.0


_BODY = msgspec.json.Decoder(_Body)


def visit_of(row: VisitRow) -> Visit:
    """A body that cannot be read leaves when the visit began: that much the row says itself."""
    try:
        body = _BODY.decode(row.body)
    except msgspec.DecodeError:
        body = _Body()
    inside_ms = body.inside_ms if body.inside_s is None else body.inside_s * 1000
    closed_ms = max(body.closed_ms, row.opened_ms)
    return Visit(
        *(row.id, row.opened_ms, closed_ms, True, (), body.zones, (), frozenset(), inside_ms, row.person),
        confidence=body.confidence,
    )


def document(
    subject: str,
    ledger: Ledger,
    graph: Graph,
    now: View,
    own: Iterable[str],
    visits: Iterable[VisitRow],
    personal: Mapping[str, str],
    at_ms: int,
) -> str:
    """JSON. `own`: the person's records in the graph, `personal`: the erasable values by name."""
    told = export(subject, ledger, graph, now, own, [visit_of(one) for one in visits], personal, at_ms)
    return json.dumps(told, ensure_ascii=False)
