"""A person who withdrew is erased here too: their visits stay as nobody's, and no body names their pseudonym any more.

    ForgetFact ──> visit.person = ''   item.body, quarantine.body = nothing   visit_forgotten: hash of the pseudonym
               ──> command `forgotten` in the feed of who asked, once
    a later item that names the pseudonym: the same erasure, when it comes (the hash is how it is known)

Chains hold: they cover the hash of a body. What is asked for a device's store reaches all devices of that store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from cloud_api.store.commands import give
from cloud_api.store.database import Database
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import Forgotten
from sync.wire.visit_facts import STREAM, ForgetFact

_OURS = "(store = ? OR device = ?)"


def forget(database: Database, device: KnownDevice, epoch: int, told: ForgetFact, *, now_ms: int) -> int:
    """Erases, and answers a tombstone that is new; how many commands were given. Inside the caller's transaction.

    A tombstone told again gets no second answer, but under a new epoch it does: the device may come from a backup of
    before the answer, and would ask for ever.
    """
    erased = erase(database, device, told.person)
    known = database.row(
        "SELECT epoch, erased FROM visit_forgotten WHERE device=? AND tombstone=?", (device.device, told.tombstone)
    )
    if known is not None and known[0] >= epoch:
        return 0
    erased += known[1] if known is not None else 0
    database.write(
        "INSERT INTO visit_forgotten VALUES(?,?,?,?,?,?,?) "
        "ON CONFLICT DO UPDATE SET epoch=excluded.epoch, erased=excluded.erased",
        (device.device, told.tombstone, epoch, device.store, _hash(told.person), erased, now_ms),
    )
    answer = Forgotten(told.tombstone, erased)
    return int(give(database, device.device, f"forgotten/{told.tombstone}", "forgotten", answer, now_ms=now_ms))


def erase(database: Database, device: KnownDevice, person: str) -> int:
    """Nothing names `person` when this returns; how many visits did. The file zeroes what it frees (database.py)."""
    ours = (device.store, device.device)
    typed = database.rows(f"SELECT device, epoch, seq FROM visit WHERE person=? AND {_OURS}", (person, *ours))
    database.write(f"UPDATE visit SET person='', confidence=0 WHERE person=? AND {_OURS}", (person, *ours))
    database.write_many(
        "UPDATE item SET body=x'' WHERE device=? AND epoch=? AND stream=? AND seq=?",
        [(row[0], row[1], STREAM, row[2]) for row in typed],
    )
    quoted = b'"' + person.encode() + b'"'
    streams = database.rows(
        "SELECT device, epoch FROM device_cursor WHERE stream=? AND (device=? OR device IN "
        "(SELECT device FROM device WHERE store=?))",
        (STREAM, device.device, device.store),
    )
    for place in streams:
        for table in ("item", "quarantine"):
            database.write(
                f"UPDATE {table} SET body=x'' WHERE device=? AND epoch=? AND stream=? AND instr(body, ?)",
                (*place, STREAM, quoted),
            )
    return len(typed)


def forgotten_of(database: Database, device: KnownDevice, names: Iterable[str]) -> list[str]:
    """Which of the names are pseudonyms that were to be forgotten here."""
    by_hash = {_hash(name): name for name in names}
    found = database.rows(
        f"SELECT DISTINCT person_sha256 FROM visit_forgotten WHERE {_OURS} AND person_sha256 IN "
        "(SELECT value FROM json_each(?))",
        (device.store, device.device, json.dumps(list(by_hash))),
    )
    return sorted(by_hash[str(row[0])] for row in found)


def _hash(person: str) -> str:
    """What names a person here is random (a consent's id, of older agents a pseudonym): its hash names nobody, and
    cannot be guessed back."""
    return hashlib.sha256(person.encode()).hexdigest()
