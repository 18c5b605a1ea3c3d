"""Shops of a chain as HQ hears them of customers: they agree, buy, are offered something, and withdraw."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx
import msgspec

from cloud_api.app import Hq
from cloud_api.settings import DeviceEntry
from cloud_api.store.devices import key_hash, put_device
from sync.wire.commands import Commands
from sync.wire.customer_facts import CustomerFact, CustomerKey, OfferFact, PurchaseFact, customer_key
from sync.wire.feed import CustomerBody, FeedPage
from sync.wire.visit_facts import ForgetFact, VisitFact
from tests.cloud_api.pushing_till import NOON_MS, PushingTill, a_sale

SECRET = b"s" * 32
STORES = {"A": "Казань, Баумана", "B": "Уфа, Проспект", "C": "Пермь, Ленина"}


def phone(number: int) -> CustomerKey:
    value = f"+7926{number:07d}"
    return CustomerKey("phone", customer_key(SECRET, "phone", value), value[-4:], verified=True)


def card(number: int) -> CustomerKey:
    return CustomerKey("card", customer_key(SECRET, "card", f"777{number}"))


def mail(name: str) -> CustomerKey:
    return CustomerKey("email", customer_key(SECRET, "email", f"{name}@example.org"))


@dataclass
class ChainShop:
    """One agent with its two streams."""

    name: str
    client: httpx.AsyncClient
    sales: PushingTill = field(init=False)
    visits: PushingTill = field(init=False)
    told: int = 0
    sold: int = 0
    place: tuple[str, int] = ("", 0)

    def __post_init__(self) -> None:
        device, key = f"agent-{self.name}", f"key-of-the-agent-{self.name}"
        self.sales = PushingTill(device, key)
        self.visits = PushingTill(device, key, stream="visits")

    @property
    def store(self) -> str:
        return STORES[self.name]

    def agrees(self, consent: str, *keys: CustomerKey, purpose: str = "analytics", at_ms: int = NOON_MS) -> None:
        number = len(self.visits.items)
        told = CustomerFact(consent, purpose, "2026-11", "ab" * 32, at_ms, list(keys))
        self.visits.add(f"customer/{consent}/{number}", told, "customer")

    def came(self, visit: str, consent: str, at_ms: int = NOON_MS) -> None:
        told = VisitFact(visit, at_ms, at_ms + 60_000, ["door"], person=consent, confidence=1.0)
        self.visits.add(f"visit/{visit}/1", told, "visit")

    def bought(self, sale: str, consent: str = "", shown: str = "", at_ms: int = NOON_MS, **more: object) -> None:
        self.sales.add(sale, a_sale(sale, closed_ms=at_ms, **more))  # type: ignore[arg-type]
        if consent:
            self.visits.add(f"purchase/{sale}", PurchaseFact(sale, consent, at_ms, "typed", shown), "purchase")

    def offered(self, event: str, offer: str, consent: str, sale: str = "") -> None:
        number = len(self.visits.items)
        self.visits.add(f"offer/{event}/{number}", OfferFact(event, offer, consent, NOON_MS, sale), "offer_event")

    def forgets(self, consent: str, why: str = "withdrawn") -> None:
        number = len(self.visits.items)
        told = ForgetFact(f"{consent}@hq", consent, NOON_MS, why)
        self.visits.add(f"forget/{consent}/{number}", told, "forget")

    async def tells(self) -> None:
        """Everything that HQ has not heard."""
        if len(self.sales.items) > self.sold:
            assert (await self.sales.push(self.client, self.sold + 1)).status_code == 200
        if len(self.visits.items) > self.told:
            assert (await self.visits.push(self.client, self.told + 1)).status_code == 200
        self.sold, self.told = len(self.sales.items), len(self.visits.items)

    async def hears(self) -> tuple[dict[str, CustomerBody], list[str]]:
        """What HQ tells of customers since the last time: rows, and whose are gone."""
        feed, since = self.place
        asked = {"feed": feed, "since": str(since)} if feed else {}
        answer = await self.client.get("/v1/feed/shop", params=asked, headers=self.key)
        if answer.status_code == 404:
            return {}, []
        assert answer.status_code == 200, answer.text
        page = msgspec.json.decode(answer.content, type=FeedPage)
        self.place = page.feed, page.next
        rows = msgspec.json.decode(page.rows.get("customer", b"[]"), type=list[tuple[str, CustomerBody]])
        return dict(rows), page.gone.get("customer", [])

    async def commands(self) -> list[tuple[str, dict[str, object]]]:
        answer = await self.client.get("/v1/feed/commands", headers=self.key)
        told = msgspec.json.decode(answer.content, type=Commands).commands
        return [(one.kind, msgspec.json.decode(one.body)) for one in told]

    @property
    def key(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.visits.key}"}


async def shops(hq: Hq, client: httpx.AsyncClient) -> dict[str, ChainShop]:
    found = {name: ChainShop(name, client) for name in STORES}
    for shop in found.values():
        entry = DeviceEntry(shop.visits.device, shop.store, "Касса 1", key_hash(shop.visits.key))
        await put_device(hq.storage, entry, now_ms=0)
    return found
