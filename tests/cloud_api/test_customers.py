"""Customers at HQ: one profile a person from equal keys, merges that can be taken back, consents that end for good."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_api.app import Hq
from cloud_api.customers import profiles
from cloud_api.customers.fold import Merge, roots, together
from cloud_api.customers.history import one_customer
from cloud_api.storage.sqlite import SqliteStorage, open_sqlite
from tests.cloud_api.at_once import at_once
from tests.cloud_api.customer_shops import ChainShop, card, mail, phone, shops
from tests.cloud_api.pushing_till import NOON_MS, Clock, client_of, open_hq

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


@dataclass
class Chain:
    hq: Hq
    client: httpx.AsyncClient
    shops: dict[str, ChainShop]
    clock: Clock

    async def tells(self) -> None:
        for shop in self.shops.values():
            await shop.tells()

    async def people(self) -> dict[str, set[str]]:
        """Consents (as they were named) by root."""
        found: dict[str, set[str]] = {}
        for root, consent in await self.hq.storage.rows(
            "SELECT k.root, c.consent FROM customer_consent c JOIN customer k ON k.customer=c.customer"
        ):
            found.setdefault(str(root), set()).add(str(consent))
        return found

    async def asides(self) -> list[str]:
        rows = await self.hq.storage.rows("SELECT kind FROM customer_aside WHERE decided_n IS NULL ORDER BY n")
        return [str(row[0]) for row in rows]

    async def count(self, table: str) -> int:
        return await self.hq.storage.number(f"SELECT count(*) FROM {table}")

    async def holds(self, text: str) -> list[str]:
        """Tables with a row that has these bytes, and the file where there is one. (A consent's random id stays in the
        names of the items that told of it, as a tombstone's does: it is asked for in quotes.)"""
        tables = (
            *("item", "quarantine", "visit", "command", "shop_row", "customer", "customer_key", "customer_consent"),
            *("customer_event", "customer_aside", "customer_purchase", "offer_event", "visit_forgotten"),
        )
        found = []
        for table in tables:
            for row in await self.hq.storage.rows(f"SELECT * FROM {table}"):
                plain = [value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for value in row]
                if any(text in value or value == text.strip('"') for value in plain):
                    found.append(table)
        if isinstance(self.hq.storage, SqliteStorage):
            files = sorted(Path(self.hq.storage.path).parent.glob("hq.sqlite*"))
            found += ["file" for file in files if file.is_file() and text.encode() in file.read_bytes()]
        return sorted(set(found))


@pytest.fixture
async def chain(where: str) -> AsyncIterator[Chain]:
    clock = Clock()
    hq = await open_hq(where, clock)
    async with client_of(hq) as client:
        yield Chain(hq, client, await shops(hq, client), clock)
    await hq.storage.close()


async def test_equal_keys_are_one_person_in_whatever_shop(chain: Chain) -> None:
    """By telephone in two shops, by a card that was shown in a third; who shares nothing is somebody else."""
    a, b, c = chain.shops.values()
    a.agrees("c1", phone(1))
    b.agrees("c2", phone(1), mail("olga"))
    c.agrees("c3", mail("olga"))
    c.agrees("c4", phone(2))
    a.agrees("c1", phone(1))
    await chain.tells()
    assert sorted(map(sorted, (await chain.people()).values())) == [["c1", "c2", "c3"], ["c4"]]
    assert await chain.asides() == []


async def test_profiles_that_a_third_consent_joins_are_merged_and_parted_again(chain: Chain) -> None:
    """A telephone of one shop, an address of another: one consent with both makes them one; a person takes it back."""
    a, b, c = chain.shops.values()
    a.agrees("c1", phone(1))
    a.bought("s1", "c1")
    b.agrees("c2", mail("olga"))
    b.bought("s2", "c2")
    await chain.tells()
    before = await chain.people()
    assert len(before) == 2
    c.agrees("c3", phone(1), mail("olga"))
    await chain.tells()
    (root,) = await chain.people()
    history = await one_customer(chain.hq.storage, root, now_ms=NOON_MS)
    assert sorted(sale.sale for sale in history.purchases) == ["s1", "s2"]
    (n,) = [event.n for event in history.events if event.kind == "merged"]
    async with chain.hq.storage.transaction(None) as transaction:
        await profiles.unmerge(transaction, n, who="Ольга", reason="две сестры", now_ms=NOON_MS)
    after = await chain.people()
    assert {frozenset(one - {"c3"}) for one in after.values()} == {frozenset(one) for one in before.values()}
    sales = [
        sale.sale for one in after for sale in (await one_customer(chain.hq.storage, one, now_ms=NOON_MS)).purchases
    ]
    assert sorted(sales) == ["s1", "s2"], "history is neither lost nor doubled"
    assert await chain.count("customer_alias") == 1, "the row stays, with who took it back"


async def test_what_speaks_against_one_person_is_put_aside(chain: Chain) -> None:
    """Two proved telephones that share an address, and a card that two persons show: nobody is merged by that."""
    a, b, _ = chain.shops.values()
    a.agrees("c1", phone(1), mail("family"))
    b.agrees("c2", phone(2), mail("family"))
    a.bought("s1", "c1", shown=card(7).key)
    b.bought("s2", "c2", shown=card(7).key)
    b.bought("s3", "c2", shown=card(7).key)
    await chain.tells()
    assert sorted(map(sorted, (await chain.people()).values())) == [["c1"], ["c2"]]
    assert await chain.asides() == ["two_phones", "card_of_another"]
    owners = await chain.hq.storage.rows("SELECT consent FROM customer_key WHERE kind='card'")
    assert owners == [("c1",)], "the card stays with who showed it first"
    one, two = await chain.people()
    async with chain.hq.storage.transaction(None) as transaction:
        await profiles.merge(transaction, one, two, who="Ольга", reason="один человек", now_ms=NOON_MS)
    assert await chain.asides() == []


async def test_a_purchase_that_overtakes_its_consent_finds_it(chain: Chain) -> None:
    a = chain.shops["A"]
    a.bought("s1", "c1")
    await chain.tells()
    assert await chain.people() == {}
    a.agrees("c1", phone(1))
    await chain.tells()
    (root,) = await chain.people()
    assert [one.sale for one in (await one_customer(chain.hq.storage, root, now_ms=NOON_MS)).purchases] == ["s1"]


async def test_a_withdrawal_in_one_shop_ends_it_in_all(chain: Chain) -> None:
    """Keys, purchases and bodies go at once at HQ; the other shop is asked to end its consent, and its answer is the
    confirmation. No byte of a key or of a consent's id is left anywhere."""
    a, b, c = chain.shops.values()
    a.agrees("consent-of-a", phone(1))
    a.came("v1", "consent-of-a")
    a.bought("s1", "consent-of-a", shown=card(7).key)
    b.agrees("consent-of-b", phone(1))
    b.bought("s2", "consent-of-a")  # told under the other shop's consent, as HQ told it
    b.visits.add_raw("odd", b'{"consent":"consent-of-a","keys":7}', "customer")
    c.agrees("consent-of-another", phone(2))
    await chain.tells()
    mine, another = await chain.people()
    if "consent-of-another" in (await chain.people())[mine]:
        mine, another = another, mine
    assert await chain.holds(phone(1).key) != []
    b.forgets("consent-of-b")
    await chain.tells()
    for text in (phone(1).key, card(7).key, '"consent-of-b"'):
        assert await chain.holds(text) == [], text
    assert set(await chain.holds('"consent-of-a"')) <= {"command", "file"}, "only the word to the shop that holds it"
    assert await chain.count("sale") == 2, "sales stay, nobody's"
    assert await chain.count("customer_purchase") == 0
    assert await chain.hq.storage.rows("SELECT person FROM visit") == [("",)]
    assert [one for one in await a.commands() if one[0] == "consent_ended"] == [
        ("consent_ended", {"consent": "consent-of-a", "at_ms": NOON_MS})
    ]
    unconfirmed = "SELECT count(*) FROM customer_consent WHERE ended_ms IS NOT NULL AND confirmed_ms IS NULL"
    assert await chain.hq.storage.number(unconfirmed) == 1
    a.bought("s3", "consent-of-a")  # the till sold before it heard of it
    a.forgets("consent-of-a")
    await chain.tells()
    assert await chain.hq.storage.number(unconfirmed) == 0
    assert await chain.count("customer_purchase") == 0
    page = (await a.client.get("/v1/feed/commands", headers=a.key)).json()
    place = {"feed": page["feed"], "since": str(page["commands"][-1]["seq"])}
    await a.client.get("/v1/feed/commands", params=place, headers=a.key)
    await chain.hq.storage.scrub()
    assert await chain.holds('"consent-of-a"') == []
    history = await one_customer(chain.hq.storage, mine, now_ms=NOON_MS)
    assert (history.keys, history.purchases, history.visits) == ([], [], [])
    assert {one.state for one in history.consents} == {"withdrawn"}
    assert len((await one_customer(chain.hq.storage, another, now_ms=NOON_MS)).keys) == 1, "nobody else lost anything"


async def test_a_time_that_is_over_in_one_shop_is_not_over_in_another(chain: Chain) -> None:
    a, b, _ = chain.shops.values()
    a.agrees("c1", phone(1))
    b.agrees("c2", phone(1))
    await chain.tells()
    a.forgets("c1", why="retention")
    await chain.tells()
    (standing,) = (await chain.people()).values()
    assert "c2" in standing
    assert [kind for kind, _ in await b.commands()] == []
    assert await chain.count("customer_key") == 1


async def test_a_consent_that_comes_behind_its_end_counts_for_nothing(chain: Chain) -> None:
    """A shop that dropped visits for want of room numbers these facts anew, and one may overtake the other."""
    a = chain.shops["A"]
    a.forgets("c1")
    await chain.tells()
    a.agrees("c1", phone(1))
    a.agrees("c2", phone(2))
    a.forgets("c2")
    await chain.tells()
    assert await chain.count("customer_key") == 0
    assert (await chain.holds(phone(1).key), await chain.holds(phone(2).key)) == ([], [])


async def test_nobody_ends_another_shops_consent_by_its_name(chain: Chain) -> None:
    a, b, _ = chain.shops.values()
    a.agrees("c1", phone(1))
    await chain.tells()
    b.forgets("c1")
    await chain.tells()
    assert await chain.count("customer_key") == 1


# Any sequence of merges and unmerges is the fold without the unmerged ones

ACTS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=24)


@given(ACTS)
@settings(max_examples=60, deadline=None)
def test_any_merges_and_unmerges_add_up_to_those_that_stand(acts: list[tuple[int, int, bool]]) -> None:
    """The storage's roots after each step are the pure fold's, and every purchase is somebody's exactly once."""
    storage = open_sqlite(":memory:")
    draw = random.Random(7).randbytes
    now_ms = NOON_MS

    async def act() -> None:
        async with storage.transaction(None) as transaction:
            ids = [await profiles.create(transaction, draw, reason="test", now_ms=now_ms) for _ in range(6)]
        made: dict[int, Merge] = {}
        undone: set[int] = set()
        for one, other, back in acts:
            try:
                async with storage.transaction(None) as transaction:
                    if back and made:
                        n = sorted(made)[one % len(made)]
                        await profiles.unmerge(transaction, n, who="x", reason="y", now_ms=now_ms)
                        undone.add(n)
                    elif not back:
                        survivor, loser = ids[one % 6], ids[other % 6]
                        into = await profiles.root_of(transaction, survivor)
                        gone = await profiles.root_of(transaction, loser)
                        n = await profiles.merge(transaction, survivor, loser, who="x", reason="y", now_ms=now_ms)
                        made[n] = Merge(n, gone, into)
            except profiles.NotPossible:
                continue
            finally:
                expected = roots(ids, [merge for n, merge in made.items() if n not in undone])
                kept = dict(await storage.rows("SELECT customer, root FROM customer"))
                assert kept == expected
                assert sorted(one for each in together(kept).values() for one in each) == sorted(ids)
        aliases = await storage.number("SELECT count(*) FROM customer_alias")
        assert aliases == len(made), "nothing of it is ever deleted"
        await storage.close()

    at_once(act())
