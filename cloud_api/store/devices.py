"""Who may push: the devices, the hash of each one's key, and when each was last heard."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cloud_api.settings import DeviceEntry
from cloud_api.storage.storage import Reading, Storage


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """The device a key belongs to; store and till come from here, never from a body."""

    device: str
    store: str
    till: str


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
    """Add a device or change its key, store and till; a revoked device comes back with its new key only."""
    async with storage.transaction(entry.store) as transaction:
        owner = await transaction.row("SELECT device FROM device WHERE key_sha256=?", (entry.key_sha256,))
        if owner is not None and owner[0] != entry.device:
            raise KeyTaken(entry.device, str(owner[0]))
        await transaction.write(
            "INSERT INTO device(device, store, till, key_sha256, added_ms) VALUES(?,?,?,?,?) "
            "ON CONFLICT(device) DO UPDATE SET store=excluded.store, till=excluded.till, "
            "revoked_ms=CASE WHEN device.key_sha256=excluded.key_sha256 THEN device.revoked_ms END, "
            "key_sha256=excluded.key_sha256",
            (entry.device, entry.store, entry.till, entry.key_sha256, now_ms),
        )


async def revoke_device(storage: Storage, device: str, *, now_ms: int) -> bool:
    """True if there was such a device; its key is refused from now on."""
    async with storage.transaction(None) as transaction:
        known = await transaction.row("SELECT 1 FROM device WHERE device=?", (device,)) is not None
        await transaction.write(
            "UPDATE device SET revoked_ms=? WHERE device=? AND revoked_ms IS NULL", (now_ms, device)
        )
    return known


async def device_of_key(storage: Reading, key: str) -> KnownDevice | None:
    """The device whose key this is, unless revoked."""
    asked = key_hash(key)
    found = await storage.row(
        "SELECT device, store, till, key_sha256 FROM device WHERE key_sha256=? AND revoked_ms IS NULL", (asked,)
    )
    if found is None or not hmac.compare_digest(str(found[3]), asked):
        return None
    return KnownDevice(str(found[0]), str(found[1]), str(found[2]))
