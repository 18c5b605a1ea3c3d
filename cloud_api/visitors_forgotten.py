"""A person who withdrew is erased here too: their visits stay as nobody's, and no body names their pseudonym any more.

    ForgetFact ──> visit.person = ''   item.body, quarantine.body = nothing   visit_forgotten: hash of the pseudonym
               ──> command `forgotten` in the feed of who asked, once
    a later item that names the pseudonym: the same erasure, when it comes (the hash is how it is known)

Chains hold: they cover the hash of a body. What is asked for a device's store reaches all devices of that store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from cloud_api.storage.storage import Transaction
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import Forgotten
from sync.wire.visit_facts import STREAM, ForgetFact

_OURS = "(store = ? OR device = ?)"


async def forget(transaction: Transaction, device: KnownDevice, epoch: int, told: ForgetFact, *, now_ms: int) -> int:
    """Erases, and answers a tombstone that is new; how many commands were given. Inside the caller's transaction.

    A tombstone told again gets no second answer, but under a new epoch it does: the device may come from a backup of
    before the answer, and would ask for ever.
    """
    erased = await erase(transaction, device, told.person)
    known = await transaction.row(
        "SELECT epoch, erased FROM visit_forgotten WHERE store=? AND device=? AND tombstone=?",
        (device.store, device.device, told.tombstone),
    )
    if known is not None and known[0] >= epoch:
        return 0
    erased += known[1] if known is not None else 0
    await transaction.write(
        "INSERT INTO visit_forgotten(store, device, tombstone, epoch, person_sha256, erased, told_ms) "
        "VALUES(?,?,?,?,?,?,?) ON CONFLICT(store, device, tombstone) "
        "DO UPDATE SET epoch=excluded.epoch, erased=excluded.erased",
        (device.store, device.device, told.tombstone, epoch, _hash(told.person), erased, now_ms),
    )
    answer = Forgotten(told.tombstone, erased)
    return int(
        await give(transaction, device.device, f"forgotten/{told.tombstone}", "forgotten", answer, now_ms=now_ms)
    )


async def erase(transaction: Transaction, device: KnownDevice, person: str) -> int:
    """Nothing names `person` when this returns; how many visits did.

    SQLite zeroes what it frees (storage/sqlite.py)."""
    ours = (device.store, device.device)
    typed = await transaction.rows(
        f"SELECT store, device, epoch, seq FROM visit WHERE person=? AND {_OURS}", (person, *ours)
    )
    await transaction.write(f"UPDATE visit SET person='', confidence=0 WHERE person=? AND {_OURS}", (person, *ours))
    await transaction.write_many(
        "UPDATE item SET body=? WHERE store=? AND device=? AND epoch=? AND stream=? AND seq=?",
        [(b"", *row[:3], STREAM, row[3]) for row in typed],
    )
    quoted = b'"' + person.encode() + b'"'
    streams = await transaction.rows(
        f"SELECT store, device, epoch FROM device_cursor WHERE stream=? AND {_OURS}", (STREAM, *ours)
    )
    named = transaction.dialect.holds("body")
    for place in streams:
        for table in ("item", "quarantine"):
            await transaction.write(
                f"UPDATE {table} SET body=? WHERE store=? AND device=? AND epoch=? AND stream=? AND {named}",
                (b"", *place, STREAM, quoted),
            )
    return len(typed)


async def forgotten_of(transaction: Transaction, device: KnownDevice, names: Iterable[str]) -> list[str]:
    """Which of the names are pseudonyms that were to be forgotten here."""
    by_hash = {_hash(name): name for name in names}
    among = transaction.dialect.among("person_sha256")
    found = await transaction.rows(
        f"SELECT DISTINCT person_sha256 FROM visit_forgotten WHERE {_OURS} AND {among}",
        (device.store, device.device, transaction.dialect.asked(list(by_hash))),
    )
    return sorted(by_hash[str(row[0])] for row in found)


def _hash(person: str) -> str:
    """A pseudonym is 16 random bytes: its hash names nobody, and cannot be guessed back."""
    return hashlib.sha256(person.encode()).hexdigest()
