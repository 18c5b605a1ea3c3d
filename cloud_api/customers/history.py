"""What HQ knows of one person over all shops and channels, and of all of them in short: read by their consents.

    customer.root ── profiles ── consents that stand ── purchases by the id of their sale, and what came back of it
                                                     ── visits under the consent

Nothing is kept twice: a sale's sums are the sale's own rows, so a refund counts from the moment HQ has it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from cloud_api.customers import profiles
from cloud_api.customers.answers import (
    AsideAnswer,
    ConsentAnswer,
    CustomerAnswer,
    CustomerOffer,
    Customers,
    CustomerSummary,
    CustomerVisit,
    EventAnswer,
    KeyAnswer,
    PurchaseAnswer,
)
from cloud_api.customers.offer_book import all_offers
from cloud_api.customers.offers import is_held_out
from cloud_api.customers.taken import GLOBAL
from cloud_api.customers.withdrawing import OWN_WORD
from cloud_api.storage.storage import Reading
from sync.wire.customer_facts import REDEEMED, SHOWN
from sync.wire.feed import CustomerBody

MOST = 200
_THEIRS = "customer k JOIN customer_consent c ON c.customer=k.customer"
_SALE = (
    "s.store, s.device, s.id, s.number, s.act, s.of_sale, p.how, s.closed_ms, s.total, s.net, s.first_name,"
    " s.line_count"
)
_BOUGHT = (
    f"{GLOBAL} SELECT p.store, p.device, p.sale, coalesce(s.number, ''), coalesce(s.act, 'sale'), '', p.how, p.at_ms,"
    " s.total, coalesce(s.net, 0), coalesce(s.first_name, ''), coalesce(s.line_count, 0)"
    f" FROM {_THEIRS} JOIN customer_purchase p ON p.consent=c.consent"
    " LEFT JOIN sale s ON s.store=p.store AND s.device=p.device AND s.id=p.sale"
    " WHERE k.root=? ORDER BY p.at_ms DESC, p.sale LIMIT ?"
)
_CAME_BACK = (
    f"{GLOBAL} SELECT {_SALE} FROM {_THEIRS} JOIN customer_purchase p ON p.consent=c.consent"
    " JOIN sale s ON s.store=p.store AND s.of_sale=p.sale AND s.act='refund'"
    " WHERE k.root=? ORDER BY s.closed_ms DESC, s.id LIMIT ?"
)


async def one_customer(reading: Reading, customer: str, *, now_ms: int) -> CustomerAnswer:
    """By any of their ids. Raises profiles.NotPossible for nobody's."""
    root = await profiles.root_of(reading, customer)
    ids = await profiles.profiles_of(reading, root)
    since = await reading.number("SELECT min(created_ms) FROM customer WHERE root=?", (root,))
    bought = [PurchaseAnswer(*row) for row in await reading.rows(_BOUGHT, (root, MOST))]
    back = [PurchaseAnswer(*row) for row in await reading.rows(_CAME_BACK, (root, MOST))]
    visits = await reading.rows(
        f"SELECT v.store, v.opened_ms, v.closed_ms, v.bought FROM {_THEIRS}"
        " JOIN visit v ON v.store=c.store AND v.person=c.consent AND v.person<>'' WHERE k.root=?"
        " ORDER BY v.opened_ms DESC LIMIT ?",
        (root, MOST),
    )
    consents = await _consents(reading, root)
    purchases = sorted([*bought, *back], key=lambda one: (-one.at_ms, one.sale))[:MOST]
    stores = {one.store for one in purchases} | {str(row[0]) for row in visits}
    stores |= {one.store for one in consents if one.state == "standing"}
    summary = await _sums(reading, root)
    return CustomerAnswer(
        customer=root,
        profiles=ids,
        since_ms=since,
        keys=await _keys(reading, root),
        consents=consents,
        purchases=purchases,
        visits=[CustomerVisit(str(a), int(b), int(c), bool(d)) for a, b, c, d in visits],
        offers=await _offers(reading, root),
        events=await _events(reading, ids),
        stores=sorted(stores),
        purchase_count=summary[0],
        net=summary[1],
    )


async def all_customers(reading: Reading, after: str, limit: int) -> Customers:
    """By id; who has neither key nor consent left is not listed."""
    found = await reading.rows(
        "SELECT k.root, min(k.created_ms) FROM customer k JOIN customer_consent c ON c.customer=k.customer"
        " WHERE c.ended_ms IS NULL AND k.root>? GROUP BY k.root ORDER BY k.root LIMIT ?",
        (after, limit + 1),
    )
    people = [await _summary(reading, str(root), int(since)) for root, since in found[:limit]]
    return Customers(people, people[-1].customer if len(found) > limit else "", await asides(reading))


async def with_key(reading: Reading, kind: str, key_hash: str) -> list[str]:
    """Roots, oldest first: several where a person has not decided yet."""
    found = await reading.rows(
        "SELECT c.root, min(c.created_ms) FROM customer_key k JOIN customer c ON c.customer=k.customer"
        " WHERE k.kind=? AND k.key_hash=? GROUP BY c.root ORDER BY 2, 1",
        (kind, key_hash),
    )
    return [str(row[0]) for row in found]


async def summary_of(reading: Reading, root: str) -> CustomerSummary:
    since = await reading.number("SELECT min(created_ms) FROM customer WHERE root=?", (root,))
    return await _summary(reading, root, since)


async def asides(reading: Reading) -> list[AsideAnswer]:
    rows = await reading.rows(
        "SELECT a.n, a.kind, x.root, y.root, a.at_ms FROM customer_aside a JOIN customer x ON x.customer=a.customer"
        " JOIN customer y ON y.customer=a.other WHERE a.decided_n IS NULL ORDER BY a.n LIMIT ?",
        (MOST,),
    )
    return [AsideAnswer(int(n), str(kind), str(one), str(other), int(at)) for n, kind, one, other, at in rows]


async def _summary(reading: Reading, root: str, since_ms: int) -> CustomerSummary:
    tails = await reading.rows(
        "SELECT DISTINCT y.tail FROM customer c JOIN customer_key y ON y.customer=c.customer"
        " WHERE c.root=? AND y.tail<>'' ORDER BY 1",
        (root,),
    )
    standing = await reading.rows(
        f"SELECT DISTINCT c.purpose, c.store FROM {_THEIRS} WHERE k.root=? AND c.ended_ms IS NULL ORDER BY 1, 2",
        (root,),
    )
    bought = await reading.rows(
        f"{GLOBAL} SELECT DISTINCT p.store FROM {_THEIRS} JOIN customer_purchase p ON p.consent=c.consent"
        " WHERE k.root=?",
        (root,),
    )
    stores = sorted({str(row[1]) for row in standing} | {str(row[0]) for row in bought})
    count, net, last_ms = await _sums(reading, root)
    purposes = sorted({str(row[0]) for row in standing})
    return CustomerSummary(root, since_ms, [str(row[0]) for row in tails], purposes, stores, count, net, last_ms)


async def _sums(reading: Reading, root: str) -> tuple[int, int, int | None]:
    """(purchases, their money less what came back, the last of them)."""
    row: tuple[Any, ...] = await reading.row(
        f"{GLOBAL} SELECT count(*), coalesce(sum(s.net), 0), max(p.at_ms) FROM {_THEIRS}"
        " JOIN customer_purchase p ON p.consent=c.consent"
        " LEFT JOIN sale s ON s.store=p.store AND s.device=p.device AND s.id=p.sale WHERE k.root=?",
        (root,),
    ) or (0, 0, None)
    back = await reading.number(
        f"{GLOBAL} SELECT coalesce(sum(s.net), 0) FROM {_THEIRS} JOIN customer_purchase p ON p.consent=c.consent"
        " JOIN sale s ON s.store=p.store AND s.of_sale=p.sale AND s.act='refund' WHERE k.root=?",
        (root,),
    )
    return int(row[0]), int(row[1]) + back, None if row[2] is None else int(row[2])


async def _keys(reading: Reading, root: str) -> list[KeyAnswer]:
    rows = await reading.rows(
        "SELECT y.kind, y.key_hash, max(y.tail), max(y.verified), min(y.since_ms) FROM customer c"
        " JOIN customer_key y ON y.customer=c.customer WHERE c.root=? GROUP BY y.kind, y.key_hash ORDER BY 1, 2",
        (root,),
    )
    return [
        KeyAnswer(str(kind), f"···{tail}" if tail else f"#{str(key)[:6]}", bool(verified), int(since))
        for kind, key, tail, verified, since in rows
    ]


async def _consents(reading: Reading, root: str) -> list[ConsentAnswer]:
    rows = await reading.rows(
        "SELECT c.store, c.purpose, c.text_version, c.text_hash, c.given_ms, c.ended_ms, c.why, c.confirmed_ms"
        f" FROM {_THEIRS} WHERE k.root=? ORDER BY c.given_ms DESC, c.consent LIMIT ?",
        (root, MOST),
    )
    return [
        ConsentAnswer(
            str(store), str(purpose), str(version), str(text_hash), int(given), ended, _state(ended, why, confirmed)
        )
        for store, purpose, version, text_hash, given, ended, why, confirmed in rows
    ]


def _state(ended: int | None, why: str, confirmed: int | None) -> str:
    if ended is None:
        return "standing"
    if confirmed is None:
        return "ending"
    return "withdrawn" if why in OWN_WORD else "ended"


async def _offers(reading: Reading, root: str) -> list[CustomerOffer]:
    """What their shops are told, and what they were shown or used under consents that stand."""
    told = await reading.rows(
        f"{GLOBAL} SELECT r.body FROM customer_told t JOIN shop_row r ON r.store=t.store AND r.kind='customer'"
        " AND r.id=t.customer AND r.gone=0 WHERE t.customer=?",
        (root,),
    )
    counts: dict[tuple[str, str], int] = {
        (str(offer), str(event)): int(count)
        for offer, event, count in await reading.rows(
            f"{GLOBAL} SELECT e.offer, e.event, count(*) FROM {_THEIRS} JOIN offer_event e ON e.consent=c.consent"
            " WHERE k.root=? GROUP BY e.offer, e.event",
            (root,),
        )
    }
    prepared = {offer.offer for (body,) in told for offer in msgspec.json.decode(str(body), type=CustomerBody).offers}
    found = []
    for offer in await all_offers(reading):
        shown, redeemed = counts.get((offer.offer, SHOWN), 0), counts.get((offer.offer, REDEEMED), 0)
        held_out = is_held_out(offer, root)
        if offer.offer in prepared or shown or redeemed:
            over = max(0, redeemed - offer.max_uses) if offer.max_uses else 0
            is_prepared = offer.offer in prepared
            found.append(CustomerOffer(offer.offer, offer.ru, offer.en, is_prepared, held_out, shown, redeemed, over))
    return found


async def _events(reading: Reading, ids: list[str]) -> list[EventAnswer]:
    dialect, asked = reading.dialect, reading.dialect.asked(ids)
    rows = await reading.rows(
        "SELECT e.n, e.kind, e.customer, e.other, e.at_ms, e.who, e.reason, a.undone_n FROM customer_event e"
        " LEFT JOIN customer_alias a ON a.n=e.n"
        f" WHERE {dialect.among('e.customer')} OR {dialect.among('e.other')} ORDER BY e.n DESC LIMIT ?",
        (asked, asked, MOST),
    )
    return [
        EventAnswer(int(n), str(kind), str(one), str(other), int(at), str(who), str(reason), undone is not None)
        for n, kind, one, other, at, who, reason, undone in rows
    ]
