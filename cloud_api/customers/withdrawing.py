"""A consent ends: what it allowed here ends in the same transaction, and a withdrawal reaches every shop of the chain.

    "forget" of shop B ──> its consent, and, where the person withdrew, their others to the same purpose in other shops:
        keys deleted, purchases nobody's, items as they came emptied, the row keeps the hash of the consent's id
        rows that shops were told of the customer become tombstones (offer_telling.py)
        ──> command "consent_ended" to shop A, whose ledger ends it too and asks to forget it: that is its confirmation

A consent whose time was over in one shop says nothing of another shop's.
"""

from __future__ import annotations

from cloud_api.customers import profiles
from cloud_api.customers.taken import GLOBAL, ended_name, forget_bodies
from cloud_api.storage.storage import Transaction
from cloud_api.store.commands import give
from cloud_api.store.devices import KnownDevice
from sync.wire.commands import ConsentEnded
from sync.wire.visit_facts import STREAM, ForgetFact

OWN_WORD = frozenset({"withdrawn", "person_erased"})
"""Why a consent ended, where the person said so (sensors/consent/facts.py Why)."""


async def withdraw(
    transaction: Transaction, device: KnownDevice, told: ForgetFact, *, now_ms: int
) -> tuple[set[str], int, bool]:
    """(roots whose shops are to be told, commands given, was anything erased in other shops' items)."""
    found = await _standing(transaction, device, told.person)
    if found is None:
        await _confirmed(transaction, device, told.person, now_ms)
        return set(), 0, False
    await profiles.next_number(transaction, now_ms=now_ms)
    customer, purpose = found
    root = await profiles.root_of(transaction, customer)
    ending = [(told.person, customer, device.store, device.device)]
    if told.why in OWN_WORD:
        ending += [one for one in await _same(transaction, root, purpose) if one[0] != told.person]
    commands = 0
    for consent, profile, store, owner in ending:
        own = consent == told.person
        await _end(transaction, consent, told.why or "ended", told.at_ms, now_ms if own else None)
        await profiles.note(transaction, profiles.WITHDRAWN, profile, other=store, reason=purpose, now_ms=now_ms)
        if not own:
            ended = ConsentEnded(consent, told.at_ms)
            id = f"ended/{ended_name(consent)[6:]}"
            commands += await give(transaction, owner, id, "consent_ended", ended, now_ms=now_ms)
    return {root}, commands, True


async def _end(transaction: Transaction, consent: str, why: str, at_ms: int, confirmed_ms: int | None) -> None:
    places = [
        (str(store), str(device), int(epoch), int(seq))
        for table in ("customer_purchase", "offer_event")
        for store, device, epoch, seq in await transaction.rows(
            f"{GLOBAL} SELECT store, device, epoch, seq FROM {table} WHERE consent=?", (consent,)
        )
    ]
    await forget_bodies(transaction, places)
    await _empty_where_named(transaction, consent)
    await transaction.write(f"{GLOBAL} DELETE FROM customer_purchase WHERE consent=?", (consent,))
    await transaction.write(f"{GLOBAL} UPDATE offer_event SET consent='' WHERE consent=?", (consent,))
    await transaction.write("DELETE FROM customer_key WHERE consent=?", (consent,))
    await transaction.write(
        "UPDATE customer_consent SET consent=?, ended_ms=?, why=?, confirmed_ms=? WHERE consent=?",
        (ended_name(consent), at_ms, why, confirmed_ms, consent),
    )


async def _empty_where_named(transaction: Transaction, consent: str) -> None:
    """Bodies of the shop that took the consent, and of those that were told of its giver: the fact itself, visits under
    it, and whatever lies in quarantine."""
    row = await transaction.row(
        "SELECT k.root, c.store FROM customer_consent c JOIN customer k ON k.customer=c.customer WHERE c.consent=?",
        (consent,),
    )
    if row is None:
        return
    told = await transaction.rows("SELECT store FROM customer_told WHERE customer=?", (row[0],))
    stores = sorted({str(row[1]), *(str(one[0]) for one in told)})
    dialect, quoted = transaction.dialect, b'"' + consent.encode() + b'"'
    streams = await transaction.rows(
        f"SELECT store, device, epoch FROM device_cursor WHERE {dialect.among('store')} AND stream=?",
        (dialect.asked(stores), STREAM),
    )
    for place in streams:
        for table in ("item", "quarantine"):
            await transaction.write(
                f"UPDATE {table} SET body=? WHERE store=? AND device=? AND epoch=? AND stream=?"
                f" AND {dialect.holds('body')}",
                (b"", *place, STREAM, quoted),
            )
    await transaction.write(
        f"UPDATE visit SET person='', confidence=0 WHERE {dialect.among('store')} AND person=?",
        (dialect.asked(stores), consent),
    )


async def _standing(transaction: Transaction, device: KnownDevice, consent: str) -> tuple[str, str] | None:
    """(profile, purpose) of a consent of this device's store: nobody ends another shop's."""
    row = await transaction.row(
        "SELECT customer, purpose, store, device FROM customer_consent WHERE consent=?", (consent,)
    )
    if row is None or (row[2] not in device.places and row[3] != device.device):
        return None
    return str(row[0]), str(row[1])


async def _same(transaction: Transaction, root: str, purpose: str) -> list[tuple[str, str, str, str]]:
    """(consent, profile, store, device) of every consent of this person to this purpose that stands."""
    found = await transaction.rows(
        "SELECT c.consent, c.customer, c.store, c.device FROM customer k"
        " JOIN customer_consent c ON c.customer=k.customer"
        " WHERE k.root=? AND c.purpose=? AND c.ended_ms IS NULL ORDER BY c.consent",
        (root, purpose),
    )
    return [(str(a), str(b), str(c), str(d)) for a, b, c, d in found]


async def _confirmed(transaction: Transaction, device: KnownDevice, consent: str, now_ms: int) -> None:
    """The shop has ended what was withdrawn elsewhere; or it tells the end of a consent HQ never heard of: then the
    hash of its id is all that is kept, and a late fact under it counts for nothing."""
    name = ended_name(consent)
    if await transaction.row("SELECT 1 FROM customer_consent WHERE consent=?", (name,)) is not None:
        await transaction.write(
            "UPDATE customer_consent SET confirmed_ms=? WHERE consent=? AND device=? AND confirmed_ms IS NULL",
            (now_ms, name, device.device),
        )
