"""How each device is: its last heartbeat of stream `telemetry`; older ones go, they are worth nothing to anybody."""

from __future__ import annotations

import msgspec

from cloud_api.projections import DoesNotFit
from cloud_api.storage.storage import Transaction
from cloud_api.store.devices import KnownDevice
from sync.wire.edge_log import Item
from sync.wire.telemetry_facts import HEARTBEAT, Heartbeat

_HEARTBEAT = msgspec.json.Decoder(Heartbeat)
KEPT = 100
"""Items of the stream: a resend of the last batch is still compared with what came first."""


def project_heartbeat(body: bytes) -> None:
    """Nothing but the newest is kept of it; DoesNotFit where it cannot be read."""
    try:
        _HEARTBEAT.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit(f"shape: {error}") from None


async def keep_newest(
    transaction: Transaction, device: KnownDevice, epoch: int, sound: list[Item], last_seq: int, *, now_ms: int
) -> None:
    """Of the `sound` ones just taken the last heartbeat counts. `last_seq`: of all that came."""
    beats = [item for item in sound if item.kind == HEARTBEAT]
    if beats:
        last = beats[-1]
        await transaction.write(
            "INSERT INTO heartbeat(store, device, at_ms, received_ms, body) VALUES(?,?,?,?,?) "
            "ON CONFLICT(store, device) DO UPDATE SET at_ms=excluded.at_ms, "
            "received_ms=excluded.received_ms, body=excluded.body",
            (device.store, device.device, last.at_ms, now_ms, bytes(last.body)),
        )
    for table in ("item", "quarantine"):
        await transaction.write(
            f"DELETE FROM {table} WHERE store=? AND device=? AND epoch=? AND stream='telemetry' AND seq<=?",
            (device.store, device.device, epoch, last_seq - KEPT),
        )
