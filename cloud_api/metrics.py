"""HQ's figures for Prometheus: what was pushed since the start, what the file holds now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from cloud_api.live import Bell
from cloud_api.storage.storage import Reading
from cloud_api.store.readings import ALL_SHOPS


@dataclass(slots=True)
class Counts:
    """Counted since the program started."""

    pushes: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    streams: Counter[tuple[str, str]] = field(default_factory=Counter)  # (stream, answer)


async def exposition(counts: Counts, storage: Reading, bell: Bell, *, now_ms: int) -> str:
    """Prometheus text format 0.0.4."""
    lines: list[str] = []

    def family(name: str, kind: str, what: str, rows: list[tuple[str, int]]) -> None:
        lines.extend((f"# HELP {name} {what}", f"# TYPE {name} {kind}"))
        lines.extend(f"{name}{labels} {value}" for labels, value in rows)

    pushes = [(_labels(answer=answer), count) for answer, count in sorted(counts.pushes.items())]
    family("tillkeeper_hq_pushes_total", "counter", "Batches by answer.", pushes)
    items = [(_labels(fate=fate), count) for fate, count in sorted(counts.items.items())]
    family("tillkeeper_hq_items_total", "counter", "Items by fate.", items)
    streams = [(_labels(stream=stream, answer=answer), n) for (stream, answer), n in sorted(counts.streams.items())]
    family("tillkeeper_hq_stream_pushes_total", "counter", "Batches by stream and answer.", streams)
    for name, what, sql in (
        (
            "stream_items",
            "Last item taken of each stream.",
            "SELECT device, stream, seq FROM device_cursor ORDER BY epoch, seq",
        ),
        (
            "dropped_items",
            "Items that a shop gave up before HQ had them.",
            "SELECT device, stream, sum(last - first + 1) FROM dropped_range GROUP BY 1, 2",
        ),
    ):
        rows = {
            _labels(device=str(device), stream=str(stream)): int(n)
            for device, stream, n in await storage.rows(f"{ALL_SHOPS} {sql}")
        }
        family(f"tillkeeper_hq_{name}", "gauge", what, sorted(rows.items()))
    for name, what, sql in (
        ("sales", "Sales in the file.", "SELECT sum(sales) FROM device_cursor"),
        ("quarantined_items", "Items waiting in quarantine.", "SELECT count(*) FROM quarantine"),
        ("debts", "Documents owed.", "SELECT count(*) FROM debt"),
        ("claims_owed", "Claim slips still owed to shoppers.", "SELECT count(*) FROM claim_owed"),
        ("claims_owed_minor", "Their sum in minor units.", "SELECT coalesce(sum(amount), 0) FROM claim_owed"),
        ("unresolved_sales", "Sales a person has to decide.", "SELECT count(*) FROM sale WHERE unresolved=1"),
    ):
        family(f"tillkeeper_hq_{name}", "gauge", what, [("", await storage.number(f"{ALL_SHOPS} {sql}"))])
    family("tillkeeper_hq_live_readers", "gauge", "Open live feeds.", [("", bell.listeners)])
    seen = await storage.rows(
        "SELECT d.device, d.store, p.seen_ms FROM device d "
        "JOIN device_place p ON p.store=d.store AND p.device=d.device WHERE p.seen_ms IS NOT NULL"
    )
    ages = [(_labels(device=str(d), store=str(s)), max(0, now_ms - int(seen_ms)) // 1000) for d, s, seen_ms in seen]
    family("tillkeeper_hq_device_age_seconds", "gauge", "Since a device was last heard.", ages)
    return "\n".join(lines) + "\n"


def _labels(**pairs: str) -> str:
    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{quoted(value)}"' for name, value in pairs.items()) + "}"
