"""What a restored box has lost of transfers: what is on the way to it, and that what it sent has arrived.

It is told as it was told before (stock_taken.py); a box that still knows it changes nothing.
"""

from __future__ import annotations

import msgspec

from cloud_api.stock_taken import device_of
from cloud_api.storage.storage import Storage
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import TransferComing
from sync.wire.facts import TransferArrived

GLOBAL = "/* global: transfers between shops */"
MOST = 200
"""Of each kind, the newest: goods that are longer on their way than two hundred others are a person's matter."""


async def tell_transfers_again(storage: Storage, device: KnownDevice, since: int, *, now_ms: int) -> None:
    """The device stands before what it once had: it was restored from a copy. `since` tells one such moment from
    another."""
    async with storage.transaction(device.store) as transaction:
        for number, sender, sender_store, other, sent_ms, sent in await transaction.rows(
            f"{GLOBAL} SELECT number, sender, sender_store, other, sent_ms, sent FROM transfer "
            "WHERE (other=? OR other=?) AND sender<>'' AND receiver='' ORDER BY sent_ms DESC, number LIMIT ?",
            (device.store, device.device, MOST),
        ):
            if await device_of(transaction, other, sender) == device.device:
                coming = TransferComing(number, sender_store, sent_ms, msgspec.json.decode(sent))
                id = f"coming/{number}/again/{since}"
                await give(transaction, device.device, id, "transfer_coming", coming, now_ms=now_ms)
        for number, received_ms, differences in await transaction.rows(
            f"{GLOBAL} SELECT number, received_ms, differences FROM transfer "
            "WHERE sender=? AND receiver<>'' ORDER BY received_ms DESC, number LIMIT ?",
            (device.device, MOST),
        ):
            arrived = TransferArrived(number, received_ms, msgspec.json.decode(differences))
            id = f"arrived/{number}/again/{since}"
            await give(transaction, device.device, id, "transfer_arrived", arrived, now_ms=now_ms)
