"""A device's own facts as HQ keeps them, in the order it told them: what a new box in an old one's place asks for."""

from __future__ import annotations

from typing import Any

import msgspec

from cloud_api.storage.storage import Reading
from cloud_api.store.devices import KnownDevice
from sync.wire.copies import COPIES_AT_ONCE, COPIES_BYTES, Copies, Copy


async def copies_after(
    storage: Reading, device: KnownDevice, stream: str, epoch: int, after: int, *, now_ms: int
) -> Copies:
    """A page of what `device` told in `stream` after its item (epoch, after), wherever the device stood then. What it
    told again (fate `known`) is given where it came first; a range it dropped has nothing to give."""
    dialect = storage.dialect
    places = dialect.asked(device.places)
    copies: list[Copy] = []
    size = 0
    while True:
        rows = await storage.rows(
            "SELECT epoch, seq, id, kind, v, at_ms, hash, fate, body FROM item "
            f"WHERE {dialect.among('store')} AND device=? AND stream=? AND epoch=? AND seq>? AND fate<>'known' "
            "ORDER BY seq LIMIT ?",
            (places, device.device, stream, epoch, after, COPIES_AT_ONCE + 1),
        )
        for row in rows:
            size += len(bytes(row[8]))
            if copies and (len(copies) >= COPIES_AT_ONCE or size > COPIES_BYTES):
                return Copies(copies, epoch, after, True, now_ms)
            copies.append(_copy(row))
            after = int(row[1])
        following = await storage.row(
            "SELECT min(epoch) FROM device_cursor "
            f"WHERE {dialect.among('store')} AND device=? AND stream=? AND epoch>?",
            (places, device.device, stream, epoch),
        )
        if following is None or following[0] is None:
            return Copies(copies, epoch, after, False, now_ms)
        epoch, after = int(following[0]), 0


def _copy(row: tuple[Any, ...]) -> Copy:
    epoch, seq, id, kind, v, at_ms, link, fate, body = row
    return Copy(int(epoch), int(seq), str(id), str(kind), int(v), int(at_ms), str(link), str(fate), msgspec.Raw(body))
