"""Tells each shop of the customers who come there: their keys, the consents that stand, the offers prepared for them.

    who is told    shops where they agreed, bought or were seen in the last COMES_DAYS, or that asked for them by a key
    what           nothing without a consent; offers only under one to marketing; a change alone is sent
    who no more    a tombstone: a consent that ended, a profile that became part of another, a shop they left behind

Rows go into feed `shop`, kind `customer` (sync/wire/feed.py). All is read inside the transaction that changed it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

import msgspec

from cloud_api.customers import profiles
from cloud_api.customers.offer_book import all_offers, redeemed_counts
from cloud_api.customers.offers import Offer, Shopper, prepare
from cloud_api.customers.taken import GLOBAL
from cloud_api.storage.storage import Reading, Storage, Transaction
from cloud_api.telling.shop_rows import put_rows, remove_rows
from sync.wire.customer_facts import ANALYTICS, MARKETING, REDEEMED
from sync.wire.feed import CUSTOMER, CustomerBody, PersonalOffer

COMES_DAYS = 180
"""A season and a half: who was not there for so long is no customer of that shop now."""
DAY_MS = 86_400_000
AT_ONCE = 50
"""Customers of one transaction when all are prepared anew: the tills' pushes are not held up for longer than 100 ms."""
MOST_KEYS = 100


async def tell(transaction: Transaction, roots: Iterable[str], *, zone: str, now_ms: int) -> int:
    """Brings what shops hold of these customers up to date; how many rows changed."""
    wanted = sorted(set(roots))
    if not wanted:
        return 0
    offers = await all_offers(transaction)
    redeemed = await redeemed_counts(transaction, offers)
    today = dt.datetime.fromtimestamp(now_ms / 1000, ZoneInfo(zone)).date()
    changed = 0
    for root in wanted:
        ids = await profiles.profiles_of(transaction, root)
        person = await _person(transaction, root, ids, zone) if ids else None
        stores = await _stores(transaction, root, now_ms) if person is not None else set()
        told: dict[str, CustomerBody] = {}
        if person is not None:
            body, shopper = person
            for store in stores:
                good = prepare(offers, shopper, today, redeemed=redeemed, store=store) if body.marketing else []
                told[store] = msgspec.structs.replace(body, offers=[_personal(one) for one in good])
        changed += await _write(transaction, root, told, now_ms, over=person is None)
        for other in ids:
            if other != root:
                changed += await _write(transaction, other, {}, now_ms)
    return changed


async def tell_all(storage: Storage, *, zone: str, now_ms: int) -> tuple[int, int]:
    """Every customer, in small transactions: for the night, and after offers have changed. (customers, rows)"""
    count = changed = 0
    last = ""
    while True:
        async with storage.transaction(None) as transaction:
            found = await transaction.rows(
                "SELECT DISTINCT root FROM customer WHERE root>? ORDER BY root LIMIT ?", (last, AT_ONCE)
            )
            if not found:
                return count, changed
            roots = [str(row[0]) for row in found]
            changed += await tell(transaction, roots, zone=zone, now_ms=now_ms)
        count, last = count + len(roots), roots[-1]


async def tell_asker(transaction: Transaction, root: str, store: str, *, zone: str, now_ms: int) -> CustomerBody | None:
    """A shop has this customer before it: it is told of them from now on."""
    await transaction.write(
        "INSERT INTO customer_told(customer, store, asked_ms) VALUES(?,?,?) ON CONFLICT(customer, store) DO UPDATE "
        "SET asked_ms=excluded.asked_ms",
        (root, store, now_ms),
    )
    await tell(transaction, [root], zone=zone, now_ms=now_ms)
    row = await transaction.row(
        "SELECT body FROM shop_row WHERE store=? AND kind=? AND id=? AND gone=0", (store, CUSTOMER, root)
    )
    return None if row is None else msgspec.json.decode(str(row[0]), type=CustomerBody)


async def _person(reading: Reading, root: str, ids: Sequence[str], zone: str) -> tuple[CustomerBody, Shopper] | None:
    """None: no consent stands, and nothing may be told."""
    consents = await reading.rows(
        "SELECT c.consent, c.purpose FROM customer k JOIN customer_consent c ON c.customer=k.customer"
        " WHERE k.root=? AND c.ended_ms IS NULL ORDER BY c.given_ms, c.consent",
        (root,),
    )
    by_purpose = {str(purpose): str(consent) for consent, purpose in reversed(consents)}
    if not by_purpose:
        return None
    keys = await reading.rows(
        "SELECT DISTINCT k.key_hash FROM customer c JOIN customer_key k ON k.customer=c.customer WHERE c.root=?"
        " ORDER BY 1 LIMIT ?",
        (root, MOST_KEYS),
    )
    body = CustomerBody([str(row[0]) for row in keys], by_purpose.get(ANALYTICS, ""), by_purpose.get(MARKETING, ""))
    among, names = reading.dialect.among("consent"), reading.dialect.asked([str(row[0]) for row in consents])
    bought = await reading.row(f"{GLOBAL} SELECT count(*), max(at_ms) FROM customer_purchase WHERE {among}", (names,))
    count, last_ms = bought or (0, None)
    last = None if last_ms is None else dt.datetime.fromtimestamp(last_ms / 1000, ZoneInfo(zone)).date()
    used = await reading.rows(
        f"{GLOBAL} SELECT offer, count(*) FROM offer_event WHERE event=? AND {among} GROUP BY offer", (REDEEMED, names)
    )
    uses = {str(offer): int(times) for offer, times in used}
    return body, Shopper(root, frozenset(ids), int(count), last, uses)


async def _stores(reading: Reading, root: str, now_ms: int) -> set[str]:
    """Where they come."""
    since_ms = now_ms - COMES_DAYS * DAY_MS
    theirs = "FROM customer k JOIN customer_consent c ON c.customer=k.customer"
    standing = "WHERE k.root=? AND c.ended_ms IS NULL"
    found = await reading.rows(f"SELECT DISTINCT c.store {theirs} {standing} AND c.given_ms>=?", (root, since_ms))
    found += await reading.rows(
        f"{GLOBAL} SELECT DISTINCT p.store {theirs} JOIN customer_purchase p ON p.consent=c.consent {standing}"
        " AND p.at_ms>=?",
        (root, since_ms),
    )
    found += await reading.rows(
        f"SELECT DISTINCT v.store {theirs} JOIN visit v ON v.store=c.store AND v.person=c.consent AND v.person<>''"
        f" {standing}"
        " AND v.opened_ms>=?",
        (root, since_ms),
    )
    found += await reading.rows(
        "SELECT t.store FROM customer k JOIN customer_told t ON t.customer=k.customer WHERE k.root=? AND t.asked_ms>=?",
        (root, since_ms),
    )
    return {str(row[0]) for row in found}


def _personal(offer: Offer) -> PersonalOffer:
    return PersonalOffer(offer.offer, offer.ru, offer.en, offer.until, offer.goods)


async def _write(
    transaction: Transaction, customer: str, told: dict[str, CustomerBody], now_ms: int, *, over: bool = False
) -> int:
    """Only differences; what was told and is not any more becomes a tombstone, whose body goes at once. That a shop
    asked for them is remembered until they are `over`: a part of another profile may stand alone again."""
    held = await transaction.rows("SELECT store FROM customer_told WHERE customer=?", (customer,))
    changed = 0
    for store in sorted({*told, *(str(row[0]) for row in held)}):
        there = await transaction.row(
            "SELECT body FROM shop_row WHERE store=? AND kind=? AND id=? AND gone=0", (store, CUSTOMER, customer)
        )
        body = told.get(store)
        if body is None:
            if there is not None:
                await remove_rows(transaction, store, CUSTOMER, [customer], now_ms=now_ms)
                changed += 1
            await transaction.write(
                "DELETE FROM customer_told WHERE customer=? AND store=? AND (asked_ms=0 OR ?=1)",
                (customer, store, int(over)),
            )
        elif there is None or str(there[0]) != msgspec.json.encode(body).decode():
            await put_rows(transaction, store, CUSTOMER, [(customer, body)], now_ms=now_ms)
            await transaction.write(
                "INSERT INTO customer_told(customer, store, asked_ms) VALUES(?,?,0) ON CONFLICT DO NOTHING",
                (customer, store),
            )
            changed += 1
    return changed
