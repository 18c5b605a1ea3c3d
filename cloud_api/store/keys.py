"""The public keys of devices: whose a key is, how the next one comes after it, and how both end."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from cloud_api.storage.storage import Reading, Storage, Transaction
from cloud_api.store.devices import GLOBAL, KnownDevice, key_hash
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
    found = await storage.rows(
        f"{GLOBAL} SELECT k.public_key, k.epoch, k.used_ms, k.retired_ms, d.device, d.store, d.till, d.revoked_ms, "
        "p.store FROM device_key k JOIN device d ON d.device = k.device JOIN device_place p ON p.device = d.device "
        "WHERE k.key_id=?",
        (key_id,),
    )
    if not found:
        return Refusal.UNKNOWN_KEY
    public_key, epoch, used_ms, retired_ms, device, store, till, revoked_ms, _ = found[0]
    if revoked_ms is not None:
        return Refusal.REVOKED
    if retired_ms is not None:
        return Refusal.UNKNOWN_KEY
    known = KnownDevice(str(device), str(store), str(till), tuple(str(row[8]) for row in found))
    return KnownKey(key_id, bytes.fromhex(str(public_key)), known, int(epoch), used_ms is None)


async def bearer_device(storage: Reading, key: str) -> KnownDevice | Refusal:
    """The device of a key from HQ's settings file. One that signs does not come in by it any more."""
    asked = key_hash(key)
    found = await storage.rows(
        f"{GLOBAL} SELECT d.device, d.store, d.till, d.key_sha256, d.revoked_ms, (SELECT max(k.key_id) "
        "FROM device_key k WHERE k.device = d.device AND k.retired_ms IS NULL), p.store "
        "FROM device d JOIN device_place p ON p.device = d.device WHERE d.key_sha256=?",
        (asked,),
    )
    if not found or not hmac.compare_digest(str(found[0][3]), asked):
        return Refusal.UNKNOWN_KEY
    device, store, till, _, revoked_ms, own_key, _ = found[0]
    if revoked_ms is not None:
        return Refusal.REVOKED
    if own_key is not None:
        return Refusal.MISSING
    return KnownDevice(str(device), str(store), str(till), tuple(str(row[6]) for row in found))


async def first_used(storage: Storage, key: KnownKey, *, now_ms: int) -> None:
    """The device signs with this key now: whichever it had before is worth nothing from here on."""
    async with storage.transaction(key.device.store) as transaction:
        if not await _in_force(transaction, key):
            return
        await transaction.write(
            f"{GLOBAL} UPDATE device_key SET used_ms=? WHERE key_id=? AND used_ms IS NULL", (now_ms, key.key_id)
        )
        await transaction.write(
            f"{GLOBAL} UPDATE device_key SET retired_ms=? "
            "WHERE device=? AND key_id<>? AND after_key<>? AND retired_ms IS NULL",
            (now_ms, key.device.device, key.key_id, key.key_id),
        )


async def _in_force(transaction: Transaction, key: KnownKey) -> bool:
    """Still, now that nobody else can change it: the device may have been enrolled anew since the request began."""
    found = await transaction.row(
        f"{GLOBAL} SELECT 1 FROM device_key WHERE key_id=? AND retired_ms IS NULL" + transaction.dialect.locked,
        (key.key_id,),
    )
    return found is not None


async def follow(storage: Storage, key: KnownKey, next_key: bytes, *, now_ms: int) -> bool:
    """Keeps the key that is to follow. False: it is somebody's, or was in force before. An answer that was lost asks
    for the same again; another next key takes the place of one that was never used. A key that was retired or revoked
    meanwhile is followed by none."""
    next_id = signatures.key_id(next_key)
    async with storage.transaction(key.device.store) as transaction:
        if not await _in_force(transaction, key):
            return False
        known = await transaction.row(
            f"{GLOBAL} SELECT device, after_key, retired_ms FROM device_key WHERE key_id=?", (next_id,)
        )
        if known is not None:
            return (str(known[0]), str(known[1]), known[2]) == (key.device.device, key.key_id, None)
        await transaction.write(f"{GLOBAL} DELETE FROM device_key WHERE after_key=? AND used_ms IS NULL", (key.key_id,))
        machine, about = await transaction.row(
            f"{GLOBAL} SELECT machine, about FROM device_key WHERE key_id=?", (key.key_id,)
        ) or ("", "")
        await transaction.write(
            f"{GLOBAL} INSERT INTO device_key(key_id, device, public_key, epoch, made_ms, after_key, machine, about) "
            "VALUES(?,?,?,?,?,?,?,?)",
            (next_id, key.device.device, next_key.hex(), key.epoch, now_ms, key.key_id, machine, about),
        )
    return True
