"""Which versions of which kinds HQ reads: the newest it knows and two before it; kinds it does not know it keeps.

An item of a later version is not guessed at: it lies in quarantine, whole, until this HQ has learnt to read it.
"""

from __future__ import annotations

from cloud_api.projections import KINDS, STREAM
from cloud_api.stock_projections import KINDS as STOCK_KINDS
from cloud_api.visit_projections import KINDS as VISIT_KINDS
from sync.wire.telemetry_facts import HEARTBEAT
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import STREAM as VISITS

OLDER = 2
"""A shop is updated within eighteen months, and the wire has not changed more than twice in that time."""
NEWEST: dict[str, int] = {
    **{f"{STREAM}/{kind}": 1 for kind in sorted(KINDS | STOCK_KINDS)},
    **{f"{VISITS}/{kind}": 1 for kind in sorted(VISIT_KINDS)},
    f"{TELEMETRY}/{HEARTBEAT}": 1,
}


def is_readable(stream: str, kind: str, v: int) -> bool:
    """True also for a kind that is only kept."""
    newest = NEWEST.get(f"{stream}/{kind}")
    return newest is None or newest - OLDER <= v <= newest
