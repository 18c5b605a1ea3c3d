"""Offers prepared at HQ: who gets which, which shops are told, what is logged, and the office's door to all of it."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_api.app import Hq
from cloud_api.customers.offer_book import OffersWrong, put_offers, read_offers
from cloud_api.customers.offers import Offer, Shopper, is_for, is_held_out, prepare
from tests.cloud_api.customer_shops import ChainShop, phone, shops
from tests.cloud_api.pushing_till import NOON_MS, Clock, client_of, open_hq

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000
TODAY = dt.date(2026, 11, 21)
FILE = """
[[offers]]
offer = "second-set"
ru = "Второй набор за полцены"
en = "A second set at half price"
goods = ["4601"]
until = 2026-12-31
benefit_minor = 5_000
max_uses = 1

[[offers]]
offer = "only-kazan"
ru = "Чай в подарок"
en = "A gift of tea"
stores = ["Казань, Баумана"]
"""


def an_offer(name: str, **more: object) -> Offer:
    return Offer(name, "слова", "words", **more)  # type: ignore[arg-type]


def chosen(offers: list[Offer], shopper: Shopper | None = None, **more: object) -> list[str]:
    told = {"redeemed": {}, **more}
    return [one.offer for one in prepare(offers, shopper or Shopper("p"), TODAY, **told)]  # type: ignore[arg-type]


# The choice is pure


def test_the_best_three_one_of_a_group_own_ones_first() -> None:
    offers = [an_offer("a", priority=1), an_offer("b", priority=5, stack="x"), an_offer("c", priority=4, stack="x")]
    offers += [an_offer("d", priority=3, customer="p"), an_offer("e", priority=3), an_offer("f", customer="other")]
    assert chosen(offers) == ["b", "d", "e"]


@pytest.mark.parametrize(
    ("more", "fits"),
    [
        ({"from_day": "2026-11-21", "until": "2026-11-21"}, True),
        ({"from_day": "2026-11-22"}, False),
        ({"until": "2026-11-20"}, False),
        ({"stores": ["here"]}, True),
        ({"stores": ["there"]}, False),
        ({"max_uses": 2}, True),
        ({"max_uses": 1}, False),
        ({"budget_minor": 701, "benefit_minor": 100}, True),
        ({"budget_minor": 700, "benefit_minor": 100}, False),
        ({"segment": "regular"}, True),
        ({"segment": "new"}, False),
        ({"segment": "asleep"}, False),
        ({"customer": "merged-into-p"}, True),
    ],
)
def test_whom_an_offer_is_for(more: dict[str, object], fits: bool) -> None:
    shopper = Shopper("p", frozenset({"p", "merged-into-p"}), 5, TODAY, {"o": 1})
    assert is_for(an_offer("o", **more), shopper, TODAY, redeemed={"o": 7}, store="here") is fits


@given(st.integers(0, 100), st.text(min_size=1, max_size=12))
@settings(max_examples=60)
def test_the_hold_out_is_the_same_for_ever_and_grows_with_the_share(percent: int, customer: str) -> None:
    """Whoever is held out of a small share is held out of each larger one; of none nobody, of all everybody."""
    held = is_held_out(an_offer("o", hold_out_percent=percent), customer)
    assert held is is_held_out(an_offer("o", hold_out_percent=percent), customer)
    assert not held or is_held_out(an_offer("o", hold_out_percent=min(100, percent + 1)), customer)
    assert is_held_out(an_offer("o", hold_out_percent=100), customer)
    assert not is_held_out(an_offer("o"), customer)


def test_a_tenth_is_a_tenth() -> None:
    held = sum(is_held_out(an_offer("o", hold_out_percent=10), f"customer-{n}") for n in range(5_000))
    assert 430 < held < 570


def test_who_is_held_out_of_the_best_of_a_group_gets_none_of_it() -> None:
    offers = [an_offer("best", priority=2, stack="x", hold_out_percent=100), an_offer("next", priority=1, stack="x")]
    assert chosen(offers) == []


def test_a_list_with_a_mistake_is_not_taken() -> None:
    assert [one.offer for one in read_offers(FILE)] == ["second-set", "only-kazan"]
    for wrong in (FILE.replace("max_uses", "maxuses"), FILE.replace("only-kazan", "second-set"), "[[offers"):
        with pytest.raises(OffersWrong):
            read_offers(wrong)


# What shops are told


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where, Clock())
    async with hq.storage.transaction(None) as transaction:
        await put_offers(transaction, read_offers(FILE), now_ms=NOON_MS)
    yield hq
    await hq.storage.close()


@pytest.fixture
async def client(hq: Hq) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(hq) as client:
        yield client


@pytest.fixture
async def chain(hq: Hq, client: httpx.AsyncClient) -> dict[str, ChainShop]:
    return await shops(hq, client)


async def test_shops_a_customer_visits_are_told_and_no_other(
    chain: dict[str, ChainShop], client: httpx.AsyncClient
) -> None:
    """Agreed in A, agreed in B: offers in both, those of A's shop in A alone, nothing in C. Ends in B: gone in both."""
    a, b, c = chain.values()
    a.agrees("c1", phone(1), purpose="marketing")
    await a.tells()
    (row,) = (await a.hears())[0].values()
    assert [one.offer for one in row.offers] == ["only-kazan", "second-set"]
    assert (row.keys, row.marketing, row.analytics) == ([phone(1).key], "c1", "")
    b.agrees("c2", phone(1), purpose="marketing")
    await b.tells()
    (there,) = (await b.hears())[0].values()
    assert [one.offer for one in there.offers] == ["second-set"]
    assert await c.hears() == ({}, [])
    b.forgets("c2")
    await b.tells()
    for shop in (a, b):
        rows, gone = await shop.hears()
        assert (rows, len(gone)) == ({}, 1)
    assert await c.hears() == ({}, [])
    kept = await client.get("/v1/feed/shop", params={}, headers=a.key)
    assert phone(1).key.encode() not in kept.content


async def test_offers_are_for_those_who_agreed_to_them(chain: dict[str, ChainShop]) -> None:
    """Under analytics alone a shop may know whose purchase it is, and has nothing to offer."""
    a = chain["A"]
    a.agrees("c1", phone(1))
    await a.tells()
    (row,) = (await a.hears())[0].values()
    assert (row.offers, row.analytics, row.marketing) == ([], "c1", "")


async def test_what_is_used_up_ends_and_overuse_is_reported(
    chain: dict[str, ChainShop], client: httpx.AsyncClient
) -> None:
    """Two shops without HQ let one customer use it twice: both count, nobody is refused, and the office reads it."""
    a, b, _ = chain.values()
    a.agrees("c1", phone(1), purpose="marketing")
    b.agrees("c2", phone(1), purpose="marketing")
    for shop in (a, b):
        await shop.tells()
    await a.hears()
    a.offered("shown", "second-set", "c1")
    a.offered("redeemed", "second-set", "c1", "s1")
    b.offered("redeemed", "second-set", "c2", "s2")
    for shop in (a, b):
        await shop.tells()
    (row,) = (await a.hears())[0].values()
    assert [one.offer for one in row.offers] == ["only-kazan"]
    told = {one["offer"]: one for one in (await client.get("/v1/offers")).json()}["second-set"]
    assert (told["shown"], told["redeemed"], told["spent_minor"], told["over"]) == (1, 2, 10_000, 1)
    (person,) = (await client.get("/v1/customers")).json()["customers"]
    answer = (await client.get(f"/v1/customers/{person['customer']}")).json()
    over = {one["offer"]: (one["redeemed"], one["over"], one["prepared"]) for one in answer["offers"]}
    assert over == {"second-set": (2, 1, False), "only-kazan": (0, 0, True)}


async def test_a_shop_that_asks_by_a_number_is_told_from_then_on(
    chain: dict[str, ChainShop], client: httpx.AsyncClient
) -> None:
    """The first time in C: its till asks with the key, and hears of changes by its feed. Who never agreed is nobody."""
    a, _, c = chain.values()
    a.agrees("c1", phone(1), purpose="marketing")
    await a.tells()
    asked = await client.get(f"/v1/customer/phone/{phone(1).key}", headers=c.key)
    assert asked.status_code == 200
    assert [one["offer"] for one in asked.json()["body"]["offers"]] == ["second-set"]
    assert list((await c.hears())[0]) == [asked.json()["customer"]]
    assert (await client.get(f"/v1/customer/phone/{phone(2).key}", headers=c.key)).status_code == 404
    assert (await client.get(f"/v1/customer/phone/{phone(1).key}")).status_code == 401
    assert (await client.get("/v1/customer/phone/+79260000001", headers=c.key)).status_code == 422
    a.forgets("c1")
    await a.tells()
    assert len((await c.hears())[1]) == 1


# The office's door


async def test_the_office_merges_and_parts_with_a_reason(
    chain: dict[str, ChainShop], client: httpx.AsyncClient
) -> None:
    """History over shops with what came back, keys masked, events with who and why; shops are told of one person."""
    a, b, _ = chain.values()
    a.agrees("c1", phone(1), purpose="analytics")
    a.bought("s1", "c1", total=10_000)
    a.bought("r1", total=4_000, act="refund", of="s1")
    b.agrees("c2", phone(2), purpose="analytics")
    b.bought("s2", "c2", total=5_000)
    for shop in (a, b):
        await shop.tells()
        await shop.hears()
    people = {one["tails"][0]: one for one in (await client.get("/v1/customers")).json()["customers"]}
    one, two = people["0001"]["customer"], people["0002"]["customer"]
    assert (people["0001"]["net"], people["0001"]["purchases"]) == (6_000, 1)
    wanted = {"other": two, "who": "Ольга", "reason": "сменила номер"}
    assert (await client.post(f"/v1/customers/{one}/merge", json={**wanted, "reason": " "})).status_code == 400
    merged = await client.post(f"/v1/customers/{one}/merge", json=wanted)
    assert merged.status_code == 200
    answer = (await client.get(f"/v1/customers/{two}")).json()
    assert (answer["customer"], answer["net"], answer["purchase_count"]) == (one, 11_000, 2)
    assert sorted(sale["sale"] for sale in answer["purchases"]) == ["r1", "s1", "s2"]
    assert [key["shown"] for key in answer["keys"]] in (["···0001", "···0002"], ["···0002", "···0001"])
    assert phone(1).key not in str(answer)
    event = answer["events"][0]
    assert (event["kind"], event["who"], event["reason"]) == ("merged", "Ольга", "сменила номер")
    assert list((await b.hears())[0]) == [one]
    again = await client.post(f"/v1/customers/{one}/merge", json=wanted)
    assert (again.status_code, again.json()["code"]) == (409, "same_customer")
    back = {"n": merged.json()["n"], "who": "Ольга", "reason": "сёстры"}
    assert (await client.post("/v1/customers/unmerge", json=back)).status_code == 200
    assert (await client.post("/v1/customers/unmerge", json=back)).json()["code"] == "unmerged_already"
    answer = (await client.get(f"/v1/customers/{two}")).json()
    assert ([sale["sale"] for sale in answer["purchases"]], answer["net"]) == (["s2"], 5_000)
    rows, gone = await b.hears()
    assert (list(rows), gone) == ([two], [one])


async def test_the_office_finds_by_a_number_and_edits_offers(
    hq: Hq, chain: dict[str, ChainShop], client: httpx.AsyncClient
) -> None:
    a = chain["A"]
    a.agrees("c1", phone(1), purpose="marketing")
    await a.tells()
    await a.hears()
    new = {"offer": "new", "ru": "Новое", "en": "New", "priority": 9}
    assert (await client.put("/v1/offers/new", json=new)).status_code == 204
    assert (await client.put("/v1/offers/other", json=new)).status_code == 400
    assert (await client.put("/v1/offers/new", json={**new, "hold_out_percent": 101})).status_code == 400
    assert (await client.post("/v1/offers/prepare")).json() == {"customers": 1, "rows": 1}
    (row,) = (await a.hears())[0].values()
    assert row.offers[0].offer == "new"
    assert (await client.delete("/v1/offers/new")).status_code == 204
    assert (await client.delete("/v1/offers/new")).status_code == 404
    unknown = await client.post("/v1/customers/find", json={"value": "+79269999999"})
    assert (unknown.status_code, unknown.json()) == (200, [])
    elsewhere = client_of(hq, peer="10.0.0.9")
    async with elsewhere:
        for path in ("/v1/customers", "/v1/offers"):
            assert (await elsewhere.get(path)).status_code == 401


@pytest.mark.sqlite_file
async def test_the_list_comes_in_by_a_command(hq: Hq, where: str, tmp_path: Path) -> None:
    await hq.storage.close()
    file = tmp_path / "offers.toml"
    file.write_text(FILE, "utf-8")

    def told(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cloud_api.telling", *words, "--database", f"sqlite:///{where}"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    taken = told("import-offers", str(file), "--whole")
    assert (taken.returncode, "2 offers" in taken.stdout) == (0, True), taken.stderr
    file.write_text(FILE.replace("max_uses", "maxuses"), "utf-8")
    refused = told("import-offers", str(file))
    assert (refused.returncode, "maxuses" in refused.stderr) == (2, True)
