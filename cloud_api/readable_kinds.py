"""The kinds HQ reads: of which stream, up to which version, and what makes rows of a body; other kinds it only keeps.

    (stream, kind) -> Readable(newest version, projection)

Of a kind the newest version is read and two before it. An item of a later version is not guessed at: it lies in
quarantine, whole, until this HQ has learnt to read it. A new kind is one line here and a case in taken_rows.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cloud_api.heartbeats import project_heartbeat
from cloud_api.orders.kept import Told
from cloud_api.projections import KINDS, STREAM, FactRow, PassedOn, SaleRows, project
from cloud_api.stock_projections import KINDS as STOCK_KINDS
from cloud_api.stock_projections import StockRows, project_stock
from cloud_api.visit_projections import KINDS as VISIT_KINDS
from cloud_api.visit_projections import VisitRows, project_visit
from sync.wire.telemetry_facts import HEARTBEAT
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import STREAM as VISITS

Projected = SaleRows | FactRow | PassedOn | StockRows | Told | VisitRows
OLDER = 2
"""A shop is updated within eighteen months, and the wire has not changed more than twice in that time."""


@dataclass(frozen=True, slots=True)
class Readable:
    """`project` makes rows of a body, None where the raw item is all there is; it raises DoesNotFit."""

    newest: int
    project: Callable[[bytes], Projected | None]

    def reads(self, v: int) -> bool:
        return self.newest - OLDER <= v <= self.newest


READABLE: dict[tuple[str, str], Readable] = {
    **{(STREAM, kind): Readable(1, partial(project, kind)) for kind in KINDS},
    **{(STREAM, kind): Readable(1, partial(project_stock, kind)) for kind in STOCK_KINDS},
    **{(VISITS, kind): Readable(1, partial(project_visit, kind)) for kind in VISIT_KINDS},
    (TELEMETRY, HEARTBEAT): Readable(1, project_heartbeat),
}
NEWEST: dict[str, int] = {f"{stream}/{kind}": READABLE[stream, kind].newest for stream, kind in sorted(READABLE)}
"""As the handshake tells it."""
