"""Who may push: the devices, the hash of each one's key, and when each was last heard."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cloud_api.settings import DeviceEntry
from cloud_api.storage.storage import Storage, Transaction

GLOBAL = "/* global: device keys */"
"""Marks what is asked of all shops at once: who a key belongs to is known before the shop is."""


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """The device a key belongs to; store and till come from here, never from a body. `places` are all stores it ever
    stood in, this one among them: what it told there is known by their names."""

    device: str
    store: str
    till: str
    places: tuple[str, ...]


class KeyTaken(Exception):
    """The key already belongs to another device. `ru` and `en` are for a person."""

    def __init__(self, device: str, owner: str) -> None:
        self.ru = f"Ключ для {device!r} уже принадлежит {owner!r}. Ничего не изменено. Дайте другой ключ."
        self.en = f"The key of {device!r} belongs to {owner!r} already. Nothing was changed. Give another key."
        super().__init__(self.en)


def key_hash(key: str) -> str:
    """SHA-256 in hex; keys are 256 random bits, so a slow hash would add nothing."""
    return hashlib.sha256(key.encode("utf-8")).hexdigest()


async def put_device(storage: Storage, entry: DeviceEntry, *, now_ms: int) -> None:
    """Add a device or change its key, store and till; a revoked device comes back with its new key only. One that was
    enrolled by a code signs with its own key and stands where the code put it: the settings file has no say in it."""
    async with storage.transaction(entry.store) as transaction:
        owner = await transaction.row(f"{GLOBAL} SELECT device FROM device WHERE key_sha256=?", (entry.key_sha256,))
        if owner is not None and owner[0] != entry.device:
            raise KeyTaken(entry.device, str(owner[0]))
        signs = f"{GLOBAL} SELECT 1 FROM device_key WHERE device=? AND retired_ms IS NULL"
        if await transaction.row(signs, (entry.device,)) is not None:
            return
        stood = await transaction.row(f"{GLOBAL} SELECT store FROM device WHERE device=?", (entry.device,))
        await transaction.write(
            f"{GLOBAL} INSERT INTO device(device, store, till, key_sha256, added_ms) VALUES(?,?,?,?,?) "
            "ON CONFLICT(device) DO UPDATE SET store=excluded.store, till=excluded.till, "
            "revoked_ms=CASE WHEN device.key_sha256=excluded.key_sha256 THEN device.revoked_ms END, "
            "key_sha256=excluded.key_sha256",
            (entry.device, entry.store, entry.till, entry.key_sha256, now_ms),
        )
        await stand(transaction, entry.device, str(stood[0]) if stood is not None else None, entry.store)


async def stand(transaction: Transaction, device: str, old: str | None, new: str) -> None:
    """The device stands in store `new` from now on; `old` is where it stood."""
    await transaction.write(
        "INSERT INTO device_place(store, device) VALUES(?,?) ON CONFLICT(store, device) DO NOTHING", (new, device)
    )
    if old is not None and old != new:
        await _move(transaction, device, old, new)


async def _move(transaction: Transaction, device: str, old: str, new: str) -> None:
    """Where its streams stand and what it is asked to do go with the device; what it told stays where it was told."""
    await transaction.write(
        "INSERT INTO device_cursor(store, device, epoch, stream, seq, hash, sales) "
        "SELECT ?, device, epoch, stream, seq, hash, 0 FROM device_cursor WHERE store=? AND device=? "
        "ON CONFLICT(store, device, epoch, stream) DO UPDATE SET seq=excluded.seq, hash=excluded.hash",
        (new, old, device),
    )
    await transaction.write(
        "INSERT INTO command_cursor(store, device, given, acked) "
        "SELECT ?, device, given, acked FROM command_cursor WHERE store=? AND device=? "
        "ON CONFLICT(store, device) DO UPDATE SET given=excluded.given, acked=excluded.acked",
        (new, old, device),
    )
    await transaction.write(
        "INSERT INTO command(store, device, seq, id, kind, v, at_ms, body) "
        "SELECT ?, device, seq, id, kind, v, at_ms, body FROM command WHERE store=? AND device=?",
        (new, old, device),
    )
    await transaction.write("DELETE FROM command WHERE store=? AND device=?", (old, device))


async def revoke_device(storage: Storage, device: str, *, now_ms: int) -> bool:
    """True if there was such a device; its keys are refused from now on, and none of them comes back."""
    async with storage.transaction(None) as transaction:
        known = await transaction.row(f"{GLOBAL} SELECT 1 FROM device WHERE device=?", (device,)) is not None
        await transaction.write(
            f"{GLOBAL} UPDATE device SET revoked_ms=? WHERE device=? AND revoked_ms IS NULL", (now_ms, device)
        )
        await transaction.write(
            f"{GLOBAL} UPDATE device_key SET retired_ms=? WHERE device=? AND retired_ms IS NULL", (now_ms, device)
        )
    return known
