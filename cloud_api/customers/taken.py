"""Writes what a batch tells of customers: a consent with its keys finds its profile, a purchase its consent.

    CustomerFact ── its keys ── whose? (matching.py) ──> a profile, new or known; what is one person by them is merged;
                    what speaks against it is put aside
    PurchaseFact, OfferFact ── consent ──> whoever gave it; one that comes before its consent waits for it

A consent that has ended counts no more, in whatever order the facts come (`ended_of`): the caller leaves out what names
one, and erases it as it came (visits_taken.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cloud_api.customers import profiles
from cloud_api.customers.matching import Known, match
from cloud_api.customers.projection import CustomerRows
from cloud_api.storage.storage import Reading, Row, Transaction, upsert
from cloud_api.store.devices import KnownDevice
from sync.wire.customer_facts import CARD, PHONE, CustomerFact, CustomerKey, OfferFact, PurchaseFact
from sync.wire.visit_facts import STREAM

GLOBAL = "/* global: a customer comes to many shops */"
SAME_KEYS, FIRST_KEYS = "same_keys", "agreed"
"""Reasons of events that nobody decided."""
_FACT = ("store", "device", "epoch", "seq")
_PUT_PURCHASE = upsert("customer_purchase", ("store", "device", "sale"), (*_FACT, "sale", "consent", "at_ms", "how"))
_PUT_KEY = upsert(
    "customer_key",
    ("kind", "key_hash", "consent"),
    ("kind", "key_hash", "consent", "customer", "tail", "verified", "since_ms"),
)


@dataclass(slots=True)
class CustomerBatch:
    """(seq, fact) of one batch, in its order."""

    told: list[tuple[int, CustomerRows]] = field(default_factory=list)


def ended_name(consent: str) -> str:
    """What is kept of the id of a consent that ended. Ids are random: the hash cannot be guessed back."""
    return "ended:" + hashlib.sha256(consent.encode()).hexdigest()


async def take_customers(
    transaction: Transaction,
    device: KnownDevice,
    epoch: int,
    batch: CustomerBatch,
    draw: Callable[[int], bytes],
    *,
    now_ms: int,
) -> set[str]:
    """Roots of whom something was told."""
    touched: set[str] = set()
    purchases: list[Row] = []
    events: list[Row] = []
    for seq, told in batch.told:
        key = (device.store, device.device, epoch, seq)
        match told:
            case CustomerFact():
                touched.add(await _agreed(transaction, device, told, draw, now_ms))
            case PurchaseFact():
                purchases.append((*key, told.sale, told.consent, told.at_ms, told.how))
                if told.card:
                    touched |= await _card_shown(transaction, told, now_ms)
            case OfferFact():
                events.append((*key, told.event, told.offer, told.consent, told.sale, told.at_ms))
    await transaction.write_many(_PUT_PURCHASE, purchases)
    await transaction.insert("offer_event", events)
    for told in {told.consent: told for _, told in batch.told}.values():
        found = await _whose(transaction, told.consent)
        touched |= {found} if found else set()
    return touched


async def ended_of(reading: Reading, consents: Iterable[str]) -> set[str]:
    """Which of these ended, here or in another shop."""
    by_name = {ended_name(one): one for one in consents if one}
    if not by_name:
        return set()
    dialect = reading.dialect
    found = await reading.rows(
        f"SELECT consent FROM customer_consent WHERE {dialect.among('consent')}", (dialect.asked(list(by_name)),)
    )
    return {by_name[str(row[0])] for row in found}


async def seen_of(reading: Reading, device: KnownDevice, persons: Iterable[str]) -> set[str]:
    """Customers (roots) among those whose visits were told here."""
    dialect = reading.dialect
    found = await reading.rows(
        "SELECT DISTINCT k.root FROM customer_consent c JOIN customer k ON k.customer=c.customer"
        f" WHERE c.store=? AND {dialect.among('c.consent')}",
        (device.store, dialect.asked([one for one in persons if one])),
    )
    return {str(row[0]) for row in found}


async def forget_bodies(transaction: Transaction, places: Sequence[tuple[str, str, int, int]]) -> None:
    """Items as they came, of (store, device, epoch, seq); their hashes stay, so chains hold."""
    await transaction.write_many(
        "UPDATE item SET body=? WHERE store=? AND device=? AND epoch=? AND stream=? AND seq=?",
        [(b"", *place[:3], STREAM, place[3]) for place in places],
    )


async def _agreed(
    transaction: Transaction,
    device: KnownDevice,
    told: CustomerFact,
    draw: Callable[[int], bytes],
    now_ms: int,
) -> str:
    await profiles.next_number(transaction, now_ms=now_ms)  # from here on nobody else makes a profile
    customer = await _profile_of(transaction, told.consent)
    found = match(told.keys, await _owners(transaction, told.keys))
    if customer is None:
        customer = found.root or await profiles.create(transaction, draw, reason=FIRST_KEYS, now_ms=now_ms)
        await transaction.write(
            "INSERT INTO customer_consent(consent, customer, store, device, purpose, text_version, text_hash, given_ms,"
            " ended_ms, why, confirmed_ms) VALUES(?,?,?,?,?,?,?,?,NULL,'',NULL)",
            (
                *(told.consent, customer, device.store, device.device, told.purpose),
                *(told.text_version, told.text_hash, told.given_ms),
            ),
        )
    await _keep_keys(transaction, customer, told.consent, told.keys, now_ms)
    mine = await profiles.root_of(transaction, customer)
    others = (found.root, *found.merged) if found.root != mine else found.merged
    for other in others:
        if other and other != await profiles.root_of(transaction, customer):
            await profiles.merge(transaction, mine, other, reason=SAME_KEYS, now_ms=now_ms)
    for kind, other in found.aside:
        if other != await profiles.root_of(transaction, customer):
            await profiles.put_aside(transaction, kind, customer, other, now_ms=now_ms)
    return await profiles.root_of(transaction, customer)


async def _card_shown(transaction: Transaction, told: PurchaseFact, now_ms: int) -> set[str]:
    """A card of theirs is one more key, unless it is another person's."""
    customer = await _profile_of(transaction, told.consent)
    if customer is None:
        return set()
    await profiles.next_number(transaction, now_ms=now_ms)
    root = await profiles.root_of(transaction, customer)
    card = CustomerKey(CARD, told.card)
    held = [CustomerKey(PHONE, one, "", True) for one in await _phones_of(transaction, root)]
    found = match([*held, card], await _owners(transaction, [*held, card]))
    for kind, other in found.aside:
        await profiles.put_aside(transaction, kind, customer, other, now_ms=now_ms)
    if found.aside:
        return {root}
    await _keep_keys(transaction, customer, told.consent, [card], now_ms)
    for other in (found.root, *found.merged):
        if other and other != await profiles.root_of(transaction, customer):
            await profiles.merge(transaction, root, other, reason=SAME_KEYS, now_ms=now_ms)
    return {await profiles.root_of(transaction, customer)}


async def _keep_keys(
    transaction: Transaction, customer: str, consent: str, keys: Sequence[CustomerKey], now_ms: int
) -> None:
    rows = [(one.kind, one.key, consent, customer, one.tail, int(one.verified), now_ms) for one in keys]
    await transaction.write_many(_PUT_KEY, rows)


async def _owners(reading: Reading, keys: Sequence[CustomerKey]) -> dict[tuple[str, str], list[Known]]:
    found: dict[tuple[str, str], list[Known]] = {}
    for key in keys:
        rows = await reading.rows(
            "SELECT c.root, min(c.created_ms) FROM customer_key k JOIN customer c ON c.customer=k.customer"
            " WHERE k.kind=? AND k.key_hash=? GROUP BY c.root ORDER BY 2, 1",
            (key.kind, key.key),
        )
        if rows:
            found[key.kind, key.key] = [
                Known(str(root), frozenset(await _phones_of(reading, str(root)))) for root, _ in rows
            ]
    return found


async def _phones_of(reading: Reading, root: str) -> list[str]:
    rows = await reading.rows(
        "SELECT DISTINCT k.key_hash FROM customer c JOIN customer_key k ON k.customer=c.customer"
        " WHERE c.root=? AND k.kind=? AND k.verified=1 ORDER BY 1",
        (root, PHONE),
    )
    return [str(row[0]) for row in rows]


async def _profile_of(reading: Reading, consent: str) -> str | None:
    found = await reading.row("SELECT customer FROM customer_consent WHERE consent=?", (consent,))
    return None if found is None else str(found[0])


async def _whose(reading: Reading, consent: str) -> str | None:
    """The root of whoever gave a consent that stands."""
    customer = await _profile_of(reading, consent)
    return None if customer is None else await profiles.root_of(reading, customer)
