"""One-time codes: made for a store and a till, kept as a hash, given for a device's key once and in time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from cloud_api.storage.storage import Storage, Transaction
from cloud_api.store.devices import GLOBAL, KnownDevice, stand
from sync.wire import signatures
from sync.wire.enrolment import CODE_LENGTH, Enrol, code_hash, code_of, read_code

GOOD_FOR_MS = 15 * 60_000
"""Long enough to walk to the till with it, short enough not to be left on a note."""
KEPT_MS = 30 * 86_400_000  # who used which code is asked within a month, if ever
_NAME_ALPHABET = "abcdefghjkmnpqrstvwyz23456789"


class Denied(Enum):
    """Why a code gives nothing; the value is the code on the wire."""

    UNKNOWN = "unknown_code"
    EXPIRED = "code_expired"
    USED = "code_used"
    OTHER_DEVICE = "other_device"
    KEY_TAKEN = "key_taken"


@dataclass(frozen=True, slots=True)
class MadeCode:
    """`code` is shown once and kept nowhere."""

    code: str
    device: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class Granted:
    device: KnownDevice
    epoch: int


async def make_code(
    storage: Storage, store: str, till: str, device: str, *, now_ms: int, draw: Callable[[int], bytes]
) -> MadeCode:
    """A code for this till; without `device` for the one that is there, or for a new name."""
    code = code_of(draw(CODE_LENGTH))
    typed = read_code(code) or ""
    async with storage.transaction(None) as transaction:
        device = device or await _named(transaction, store, till, draw)
        await transaction.write(f"{GLOBAL} DELETE FROM enrol_code WHERE until_ms<?", (now_ms - KEPT_MS,))
        await transaction.write(
            f"{GLOBAL} INSERT INTO enrol_code(code_sha256, store, till, device, made_ms, until_ms, key_id) "
            "VALUES(?,?,?,?,?,?,'')",
            (code_hash(typed), store, till, device, now_ms, now_ms + GOOD_FOR_MS),
        )
    return MadeCode(code, device, now_ms + GOOD_FOR_MS)


async def make_replacement(
    storage: Storage, device: str, *, now_ms: int, draw: Callable[[int], bytes]
) -> MadeCode | None:
    """A code by which a new machine becomes this device, where it stands; None: there is no such device.

    It stays the same device, under a new key and a new epoch: what a fact was told under before is matched by its id
    within one device only, so under another name the facts of an old backup would be counted a second time. The key of
    the machine before ends with the code's use."""
    found = await storage.row(f"{GLOBAL} SELECT store, till FROM device WHERE device=?", (device,))
    if found is None:
        return None
    return await make_code(storage, str(found[0]), str(found[1]), device, now_ms=now_ms, draw=draw)


async def _named(transaction: Transaction, store: str, till: str, draw: Callable[[int], bytes]) -> str:
    known = await transaction.row(
        f"{GLOBAL} SELECT device FROM device WHERE store=? AND till=? ORDER BY added_ms DESC LIMIT 1", (store, till)
    )
    if known is not None:
        return str(known[0])
    return "till-" + "".join(_NAME_ALPHABET[byte % len(_NAME_ALPHABET)] for byte in draw(8))


async def redeem(storage: Storage, told: Enrol, code: str, *, now_ms: int) -> Granted | Denied:
    """Makes the key the device's, in one commit with the code's use. The same code and key get the same answer."""
    key_id = signatures.key_id(told.public_key)
    async with storage.transaction(None) as transaction:
        found = await transaction.row(
            f"{GLOBAL} SELECT store, till, device, until_ms, used_ms, key_id FROM enrol_code WHERE code_sha256=?"
            f"{transaction.dialect.locked}",
            (code_hash(code),),
        )
        if found is None:
            return Denied.UNKNOWN
        device = KnownDevice(str(found[2]), str(found[0]), str(found[1]), (str(found[0]),))
        until_ms, used_ms, used_by = found[3:]
        if used_ms is not None:
            epoch = await _epoch_of(transaction, key_id, device.device) if used_by == key_id else None
            return Denied.USED if epoch is None else Granted(device, epoch)
        if now_ms > until_ms:
            return Denied.EXPIRED
        if told.device and told.device != device.device:
            return Denied.OTHER_DEVICE
        if await transaction.row(f"{GLOBAL} SELECT 1 FROM device_key WHERE key_id=?", (key_id,)) is not None:
            return Denied.KEY_TAKEN
        epoch = await _next_epoch(transaction, device.device)
        await _enrolled(transaction, device, told, key_id, epoch, now_ms)
        await transaction.write(
            f"{GLOBAL} UPDATE enrol_code SET used_ms=?, key_id=? WHERE code_sha256=?", (now_ms, key_id, code_hash(code))
        )
    return Granted(device, epoch)


async def _epoch_of(transaction: Transaction, key_id: str, device: str) -> int | None:
    """None: the key is not in force any more, so nobody may come in by the code once more."""
    found = await transaction.row(
        f"{GLOBAL} SELECT epoch FROM device_key WHERE key_id=? AND device=? AND retired_ms IS NULL", (key_id, device)
    )
    return None if found is None else int(found[0])


async def _next_epoch(transaction: Transaction, device: str) -> int:
    """One that nothing was pushed under: whoever is enrolled may be restored from an old copy."""
    pushed = await transaction.number(f"{GLOBAL} SELECT max(epoch) FROM device_cursor WHERE device=?", (device,))
    given = await transaction.number(f"{GLOBAL} SELECT max(epoch) FROM device_key WHERE device=?", (device,))
    return max(pushed, given) + 1


async def _enrolled(
    transaction: Transaction, device: KnownDevice, told: Enrol, key_id: str, epoch: int, now_ms: int
) -> None:
    stood = await transaction.row(f"{GLOBAL} SELECT store FROM device WHERE device=?", (device.device,))
    # The hash of a key from the settings file stays: changed, it would let a revoked device come back at HQ's next
    # start (put_device). It opens nothing while the device has a key of its own. `signed:` is no hash of any key.
    await transaction.write(
        f"{GLOBAL} INSERT INTO device(device, store, till, key_sha256, added_ms) VALUES(?,?,?,?,?) "
        "ON CONFLICT(device) DO UPDATE SET store=excluded.store, till=excluded.till, revoked_ms=NULL",
        (device.device, device.store, device.till, f"signed:{device.device}", now_ms),
    )
    await stand(transaction, device.device, str(stood[0]) if stood is not None else None, device.store)
    await transaction.write(
        f"{GLOBAL} UPDATE device_key SET retired_ms=? WHERE device=? AND retired_ms IS NULL", (now_ms, device.device)
    )
    await transaction.write(
        f"{GLOBAL} INSERT INTO device_key(key_id, device, public_key, epoch, made_ms, after_key, machine, about) "
        "VALUES(?,?,?,?,?,'',?,?)",
        (key_id, device.device, told.public_key.hex(), epoch, now_ms, told.machine[:64], told.about[:200]),
    )
