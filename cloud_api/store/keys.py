"""The public keys of devices: whose a key is, how the next one comes after it, and how both end."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cloud_api.storage.storage import Reading, Storage
from cloud_api.store.devices import KnownDevice, key_hash, places_of
from sync.wire import signatures
from sync.wire.signatures import Refusal


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key in force. `first`: it was never used yet, and the key before it ends with that."""

    key_id: str
    public_key: bytes
    device: KnownDevice
    epoch: int
    first: bool


async def key_named(storage: Reading, key_id: str) -> KnownKey | Refusal:
    found = await storage.row(
        "SELECT k.public_key, k.epoch, k.used_ms, k.retired_ms, d.device, d.store, d.till, d.revoked_ms "
        "FROM device_key k JOIN device d ON d.device = k.device WHERE k.key_id=?",
        (key_id,),
    )
    if found is None:
        return Refusal.UNKNOWN_KEY
    public_key, epoch, used_ms, retired_ms, device, store, till, revoked_ms = found
    if revoked_ms is not None:
        return Refusal.REVOKED
    if retired_ms is not None:
        return Refusal.UNKNOWN_KEY
    known = KnownDevice(str(device), str(store), str(till), await places_of(storage, str(device)))
    return KnownKey(key_id, bytes.fromhex(str(public_key)), known, int(epoch), used_ms is None)


async def bearer_device(storage: Reading, key: str) -> KnownDevice | Refusal:
    """The device of a key from HQ's settings file. One that signs does not come in by it any more."""
    asked = key_hash(key)
    found = await storage.row(
        "SELECT device, store, till, key_sha256, revoked_ms, (SELECT max(k.key_id) FROM device_key k "
        "WHERE k.device = device.device AND k.retired_ms IS NULL) FROM device WHERE key_sha256=?",
        (asked,),
    )
    if found is None or not hmac.compare_digest(str(found[3]), asked):
        return Refusal.UNKNOWN_KEY
    if found[4] is not None:
        return Refusal.REVOKED
    if found[5] is not None:
        return Refusal.MISSING
    return KnownDevice(str(found[0]), str(found[1]), str(found[2]), await places_of(storage, str(found[0])))


async def first_used(storage: Storage, key: KnownKey, *, now_ms: int) -> None:
    """The device signs with this key now: whichever it had before is worth nothing from here on."""
    async with storage.transaction(key.device.store) as transaction:
        await transaction.write(
            "UPDATE device_key SET used_ms=? WHERE key_id=? AND used_ms IS NULL", (now_ms, key.key_id)
        )
        await transaction.write(
            "UPDATE device_key SET retired_ms=? WHERE device=? AND key_id<>? AND after_key<>? AND retired_ms IS NULL",
            (now_ms, key.device.device, key.key_id, key.key_id),
        )


async def follow(storage: Storage, key: KnownKey, next_key: bytes, *, now_ms: int) -> bool:
    """Keeps the key that is to follow. False: it is somebody's, or was in force before. An answer that was lost asks
    for the same again; another next key takes the place of one that was never used."""
    next_id = signatures.key_id(next_key)
    async with storage.transaction(key.device.store) as transaction:
        known = await transaction.row("SELECT device, after_key, retired_ms FROM device_key WHERE key_id=?", (next_id,))
        if known is not None:
            return (str(known[0]), str(known[1]), known[2]) == (key.device.device, key.key_id, None)
        await transaction.write("DELETE FROM device_key WHERE after_key=? AND used_ms IS NULL", (key.key_id,))
        await transaction.write(
            "INSERT INTO device_key(key_id, device, public_key, epoch, made_ms, after_key, machine, about) "
            "SELECT ?, device, ?, epoch, ?, key_id, machine, about FROM device_key WHERE key_id=?",
            (next_id, next_key.hex(), now_ms, key.key_id),
        )
    return True
