"""The stores of a chain and how well HQ hears each: what HQ knows of a shop is as old as the shop's last word.

A shop that was heard just now may still have sales that wait in its queue; its heartbeat says since when.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from cloud_api.storage.storage import Reading
from sync.wire.telemetry_facts import Heartbeat

SALES = "sales"


@dataclass(frozen=True, slots=True)
class Heard:
    """`as_of_ms`: up to when HQ knows everything that happened there; None: it was never heard. `device`: its agent."""

    store: str
    device: str
    as_of_ms: int | None

    def stale_ms(self, now_ms: int) -> int | None:
        return None if self.as_of_ms is None else max(0, now_ms - self.as_of_ms)


async def stores_heard(reading: Reading, store: str | None = None) -> list[Heard]:
    """Every store that has an agent, by name; or the one that is named. Of several agents in a store the one heard the
    longest ago says how much HQ knows, and the one heard last is asked."""
    which, values = ("", ()) if store is None else (" AND d.store=?", (store,))
    rows = await reading.rows(
        "/* global: stores */ SELECT d.store, d.device, p.seen_ms, h.at_ms, h.body FROM device d "
        "JOIN device_place p ON p.store=d.store AND p.device=d.device "
        "LEFT JOIN heartbeat h ON h.store=d.store AND h.device=d.device "
        f"WHERE d.revoked_ms IS NULL{which} ORDER BY d.store, d.device",
        values,
    )
    by_store: dict[str, list[tuple[str, int | None]]] = {}
    for name, device, seen_ms, beat_ms, body in rows:
        by_store.setdefault(str(name), []).append((str(device), _known_until(seen_ms, beat_ms, body)))
    found = []
    for name, agents in by_store.items():
        heard = [(known, device) for device, known in agents if known is not None]
        oldest = min((known for known, _ in heard), default=None)
        found.append(Heard(name, max(heard)[1] if heard else agents[0][0], oldest))
    return found


def _known_until(seen_ms: int | None, beat_ms: int | None, body: object) -> int | None:
    if seen_ms is None or beat_ms is None or not isinstance(body, bytes):
        return seen_ms
    waits = [lane.oldest_s for lane in msgspec.json.decode(body, type=Heartbeat).lanes if lane.stream == SALES]
    return min(seen_ms, beat_ms - max(waits) * 1000) if waits and max(waits) > 0 else seen_ms
