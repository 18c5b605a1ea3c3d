"""A customer in three shops of a chain over one HQ: who agrees in one is met in another with an offer.

The agents' own rooms over their real files, HQ's real app; what one puts into the outbox the other takes, and what HQ
tells goes into the shop's told.db.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec

from agent.visitors.chain_customers import ChainCustomers
from agent.visitors.chain_secret import ChainSecret
from agent.visitors.forgotten_command import forgotten_takers
from cloud_api.app import Hq
from cloud_api.customers.offer_book import put_offers
from cloud_api.customers.offers import Offer
from cloud_api.settings import DeviceEntry
from cloud_api.store.devices import key_hash, put_device
from sensors.consent.facts import Purpose
from sync.customer_asking import CustomerAsking
from sync.enrolment.signer import Bearer
from sync.greeter import Greeter
from sync.store.batch import Setting
from sync.store.told_rows import ToldRows
from sync.wire.commands import Commands
from sync.wire.customer_facts import OfferFact, PurchaseFact
from sync.wire.feed import FeedPage
from sync.wire.hello import Hello
from sync.wire.visit_facts import STREAM
from tests.agent.consent_world import on_disk, phone_of
from tests.agent.receipts_world import World, receipts_world
from tests.agent.visitor_hall import HOUR_MS, MINUTE_MS, TEN_MS, HandClock, run
from tests.cloud_api.at_once import AtOnce
from tests.cloud_api.pushing_till import PushingTill, a_sale, client_of, open_hq

BOTH = (Purpose.ANALYTICS, Purpose.MARKETING)
STORES = {"a": "Казань, Баумана", "b": "Уфа, Проспект", "c": "Пермь, Ленина"}


@dataclass
class ShopOfChain:
    """One agent and its line to HQ."""

    name: str
    world: World
    chain: ChainCustomers
    rows: ToldRows
    client: httpx.AsyncClient
    visits: PushingTill
    sales: PushingTill
    told: int = 0
    seen: set[str] = field(default_factory=set)

    @property
    def key(self) -> str:
        return self.visits.key

    async def greets(self) -> None:
        """As the uplink begins: HQ says the chain's secret."""
        greeter = Greeter(self.client, "http://localhost:8090", Bearer(self.key), self._heard)
        await greeter.hello(Hello(self.visits.device, [], self.world.clock.at_ms))

    def _heard(self, welcome: Any) -> None:
        self.chain.secret.heard(welcome.customer_key)

    async def tells(self) -> None:
        """What is due of customers and visits, and everything in the outbox."""
        customers = self.world.visitors.customers
        assert customers is not None
        await customers.tell()
        await self.world.visitors.day.settle()
        for row in self.world.store.outbox_read(STREAM, len(self.visits.items), 1_000, 1 << 20):
            self.visits.add_raw(row.id, row.body, row.kind)
        if len(self.visits.items) > self.told:
            assert (await self.visits.push(self.client, self.told + 1)).status_code == 200
            self.told = len(self.visits.items)

    async def hears(self) -> list[str]:
        """HQ's rows and commands; the kinds of the commands."""
        headers = {"authorization": f"Bearer {self.key}"}
        place = self.rows.place()
        asked = {"feed": place.feed, "since": str(place.version)} if place.feed else {}
        answer = await self.client.get("/v1/feed/shop", params=asked, headers=headers)
        if answer.status_code == 200:
            self.rows.apply(msgspec.json.decode(answer.content, type=FeedPage), place.version)
        takers = forgotten_takers(self.world.visitors.consents, self.world.journal)
        told = await self.client.get("/v1/feed/commands", headers=headers)
        kinds = []
        for command in msgspec.json.decode(told.content, type=Commands).commands:
            if command.id not in self.seen:
                self.seen.add(command.id)
                await takers[command.kind](command, Setting("downlink/commands", b"1"))
                kinds.append(command.kind)
        return kinds

    async def buys(self, sale: str, at_ms: int, person: int) -> None:
        """Told to HQ as a sale too."""
        self.world.clock.at_ms = max(self.world.clock.at_ms, at_ms)
        await self.world.buys(sale, at_ms, phone=phone_of(person))
        self.sales.add(sale, a_sale(sale, closed_ms=at_ms))
        assert (await self.sales.push(self.client, len(self.sales.items))).status_code == 200

    async def types(self, person: int) -> list[Any]:
        """A till looks somebody up by their number; what it shows then."""
        visitors = self.world.visitors
        visitors.numbers.told("phone", phone_of(person))
        assert visitors.beside is not None
        async with anyio.create_task_group() as tasks:
            for work in (visitors.numbers.run, visitors.guests.run, visitors.beside.run):
                tasks.start_soon(work)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        return visitors.guests.here()

    def facts(self, kind: str, shape: type[Any]) -> list[Any]:
        return [msgspec.json.decode(one.body, type=shape) for one in self.visits.items if one.kind == kind]


@dataclass
class ChainOfShops:
    hq: Hq
    client: httpx.AsyncClient
    a: ShopOfChain
    b: ShopOfChain
    c: ShopOfChain

    async def talk(self) -> None:
        """Everybody tells and hears until nothing new is said."""
        for _ in range(3):
            for shop in (self.a, self.b, self.c):
                await shop.tells()
            for shop in (self.a, self.b, self.c):
                await shop.hears()

    async def customers(self) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = (await self.client.get("/v1/customers")).json()["customers"]
        return told

    async def customer(self) -> dict[str, Any]:
        (one,) = await self.customers()
        answer: dict[str, Any] = (await self.client.get(f"/v1/customers/{one['customer']}")).json()
        return answer


@asynccontextmanager
async def chain_of_shops(directory: Path) -> AsyncIterator[ChainOfShops]:
    clock = HandClock(TEN_MS)
    hq = await open_hq(directory / "hq.sqlite", clock.now_ms)  # type: ignore[arg-type]
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(client_of(hq))
        async with hq.storage.transaction(None) as transaction:
            await put_offers(transaction, [Offer("tea", "Чай в подарок", "A gift of tea")], now_ms=0)
        shops = {}
        for name, store in STORES.items():
            key = f"key-of-the-shop-{name}-of-the-chain"
            await put_device(hq.storage, DeviceEntry(f"agent-{name}", store, "Касса 1", key_hash(key)), now_ms=0)
            data = directory / name
            data.mkdir()
            world = await stack.enter_async_context(receipts_world(data, clock))
            rows = ToldRows(data)
            stack.callback(rows.close)
            secret = ChainSecret(directory / f"{name}-keys")
            asking = CustomerAsking(client, "http://localhost:8090", Bearer(key))
            chain = ChainCustomers(secret, rows, asking.ask)
            world.visitors.join_chain(chain, random.Random(3))
            sales, visits = PushingTill(f"agent-{name}", key), PushingTill(f"agent-{name}", key, stream=STREAM)
            shops[name] = ShopOfChain(name, world, chain, rows, client, visits, sales)
            await shops[name].greets()
        yield ChainOfShops(hq, client, **shops)
    await hq.storage.close()


def bytes_of(directory: Path, files: str) -> bytes:
    return b"".join(file.read_bytes() for file in directory.glob(files) if file.is_file())


def test_agrees_in_one_shop_is_met_in_another_and_gone_from_all_when_they_withdraw(tmp_path: Path) -> None:
    """Agrees and buys in A, agrees and buys in B by the same telephone: one profile with both histories, the offer in A
    and B and not in C. Withdraws in B: HQ knows nobody, A's ledger ends it too, no shop is told of them."""

    async def work() -> None:
        async with chain_of_shops(tmp_path) as chain:
            a, b, c = chain.a, chain.b, chain.c
            await a.world.agrees(1, *BOTH)
            await a.buys("sale-a", TEN_MS + MINUTE_MS, 1)
            await chain.talk()
            assert [one.body.offers[0].offer for one in [a.chain.of("phone", phone_of(1))] if one] == ["tea"]
            assert b.chain.of("phone", phone_of(1)) is None
            b.world.clock.at_ms = TEN_MS + HOUR_MS
            await b.world.agrees(1, *BOTH, number=2, at_ms=TEN_MS + HOUR_MS)
            await b.buys("sale-b", TEN_MS + HOUR_MS + MINUTE_MS, 1)
            await chain.talk()
            person = await chain.customer()
            assert sorted(one["sale"] for one in person["purchases"]) == ["sale-a", "sale-b"]
            assert person["stores"] == sorted([STORES["a"], STORES["b"]])
            assert [one["shown"] for one in person["keys"]] == [f"···{phone_of(1)[-4:]}"]
            assert a.chain.of("phone", phone_of(1)) is not None
            assert b.chain.of("phone", phone_of(1)) is not None
            assert c.chain.of("phone", phone_of(1)) is None
            found = await chain.client.post("/v1/customers/find", json={"value": phone_of(1)})
            assert [one["customer"] for one in found.json()] == [person["customer"]]
            key = b.chain.key_of("phone", phone_of(1))
            assert key == a.chain.key_of("phone", phone_of(1))
            await b.world.withdraws(1, *BOTH, number=2)
            await b.tells()
            assert await chain.customers() == [], "at HQ at once, whatever the other shop does"
            await chain.hq.storage.scrub()
            assert key.encode() not in bytes_of(tmp_path, "hq.sqlite*")
            assert await a.hears() == ["consent_ended", "consent_ended"]
            assert a.world.subject(1) is None
            assert phone_of(1).encode() not in on_disk(tmp_path / "a")
            await chain.talk()
            for shop in (a, b, c):
                assert shop.chain.of("phone", phone_of(1)) is None
                assert key.encode() not in bytes_of(tmp_path / shop.name, "told.db*")
                assert list(shop.world.visitors.consents.ledger.pending()) == [], "HQ has answered every erasure"
            rows = AtOnce(chain.hq.storage).rows("SELECT count(*) FROM customer_consent WHERE confirmed_ms IS NULL")
            assert rows == [(0,)], "each shop has confirmed"
            assert AtOnce(chain.hq.storage).number("SELECT count(*) FROM sale") == 2

    run(work)


def test_who_agreed_elsewhere_is_greeted_by_the_number_they_type(tmp_path: Path) -> None:
    """C has never heard of them: it asks HQ by its key, shows the offer, tells their purchase under A's consent
    and that the offer was used; and they are its customer from then on. A stranger's number is nobody's."""

    async def work() -> None:
        async with chain_of_shops(tmp_path) as chain:
            a, c = chain.a, chain.c
            await a.world.agrees(1, *BOTH)
            await chain.talk()
            assert await c.types(2) == []
            (guest,) = await c.types(1)
            assert ([one.ru for one in guest.offers], guest.tail) == (["Чай в подарок"], phone_of(1)[-4:])
            await c.buys("sale-c", TEN_MS + MINUTE_MS, 1)
            await c.buys("of a stranger", TEN_MS + 2 * MINUTE_MS, 2)
            await chain.talk()
            assert [(one.sale, one.how) for one in c.facts("purchase", PurchaseFact)] == [("sale-c", "typed")]
            told = [(one.event, one.offer, one.sale) for one in c.facts("offer_event", OfferFact)]
            assert told == [("shown", "tea", ""), ("redeemed", "tea", "sale-c")]
            person = await chain.customer()
            assert [one["sale"] for one in person["purchases"]] == ["sale-c"]
            assert c.chain.of("phone", phone_of(1)) is not None, "by its own feed now"
            assert c.world.visitors.guests.dismiss(guest.guest, "Анна")
            assert c.world.visitors.guests.here() == []
            assert len(await c.types(1)) == 1
            await a.world.withdraws(1, *BOTH)
            await chain.talk()
            assert c.world.visitors.guests.here() == [], "gone from a screen that shows them"
            assert await chain.customers() == []

    run(work)


def test_nothing_is_told_twice_or_before_the_secret_is_known(tmp_path: Path) -> None:
    """A shop that never heard of HQ's secret tells nothing; after a restart nothing is told again; under another
    secret (HQ's key was lost) all who agreed are told anew."""

    async def work() -> None:
        data, keys = tmp_path / "data", tmp_path / "keys"
        data.mkdir()
        told: list[str] = []

        async def once(secret: str = "") -> list[str]:
            async with receipts_world(data, HandClock(TEN_MS)) as world:
                heard = ChainSecret(keys)
                heard.heard(secret)
                world.visitors.join_chain(ChainCustomers(heard, None), random.Random(3))
                if not told and world.subject(1) is None:
                    await world.agrees(1, *BOTH)
                    await world.agrees(2, Purpose.WIFI_ID)
                    await world.buys("s1", TEN_MS - 1, phone=phone_of(1))
                assert world.visitors.customers is not None
                await world.visitors.customers.tell()
                await world.visitors.customers.tell()
                return [f"{row.kind}" for row in world.store.outbox_read(STREAM, 0, 100, 1 << 20)]

        assert await once() == []
        assert await once("not hex") == []
        assert await once("ab" * 32) == ["customer", "customer"]
        assert (keys / "customers.key").stat().st_mode & 0o077 == 0
        assert await once() == ["customer", "customer"], "kept beside the data"
        assert await once("cd" * 32) == ["customer"] * 4
        assert bytes.fromhex("cd" * 32) not in b"".join(file.read_bytes() for file in data.iterdir())

    run(work)
