"""A till as HQ sees it: numbers and chains its facts, packs batches and pushes them at an app without sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
import msgspec
import zstandard

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync.wire.edge_log import GENESIS, Item, Push, chain
from sync.wire.facts import Sale, SaleDocument, SaleLine, SalePayment

KEY = "till-one-key-till-one-key"
OTHER_KEY = "till-two-key-till-two-key"
DEVICE, OTHER = "kazan-1", "ufa-1"
NOON_MS = 1_795_251_600_000  # 2026-11-21 12:00 in Moscow
ENTRIES = (
    DeviceEntry(DEVICE, "Казань, Баумана", "Касса 1", key_hash(KEY)),
    DeviceEntry(OTHER, "Уфа, Проспект", "Касса 1", key_hash(OTHER_KEY)),
)


@dataclass
class Clock:
    ms: int = NOON_MS

    def __call__(self) -> int:
        return self.ms


def settings(path: object, **changes: object) -> Settings:
    return Settings(**{"database": str(path), "devices": ENTRIES, **changes})  # type: ignore[arg-type]


async def open_hq(path: object, clock: Clock | None = None, **changes: object) -> Hq:
    return await start_hq(settings(path, **changes), now_ms=clock or Clock())


def client_of(hq: Hq, peer: str = "127.0.0.1", base_url: str = "http://localhost:8090") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=hq, client=(peer, 40000)), base_url=base_url)


def a_sale(id: str, *, total: int = 12_345, means: str = "cash", closed_ms: int = NOON_MS, **changes: object) -> Sale:
    lines = [SaleLine(sku="4601234567893", name="Мишка плюшевый", qty=1000, price=total, sum=total, vat="V22")]
    fields: dict[str, object] = {
        "id": id,
        "till": "Касса 1",
        "number": "0418",
        "act": "sale",
        "state": "closed",
        "shift": 7,
        "cashier": "Анна",
        "opened_ms": closed_ms - 30_000,
        "closed_ms": closed_ms,
        "total": total,
        "lines": lines,
        "payments": [SalePayment(means=means, sum=total, card="4321" if means == "card" else "", status="booked")],
        "documents": [SaleDocument("ООО Мишка", "0001", "99", 120, 33_445_566, total, "2026-11-21T12:00", 1)],
    }
    return Sale(**{**fields, **changes})  # type: ignore[arg-type]


@dataclass
class PushingTill:
    """Keeps what it made until it is acknowledged; `head` is the last sequence and hash it gave out."""

    device: str = DEVICE
    key: str = KEY
    epoch: int = 1
    stream: str = "sales"
    items: list[Item] = field(default_factory=list)

    def add(self, id: str, fact: object, kind: str = "sale", v: int = 1) -> Item:
        return self.add_raw(id, msgspec.json.encode(fact), kind, v)

    def add_raw(self, id: str, body: bytes, kind: str = "sale", v: int = 1) -> Item:
        seq, previous = (self.items[-1].seq, self.items[-1].hash) if self.items else (0, GENESIS)
        item = Item(seq + 1, id, kind, v, NOON_MS, chain(previous, id, kind, v, body), msgspec.Raw(body))
        self.items.append(item)
        return item

    def batch(self, first: int, last: int) -> Push:
        return Push(self.device, self.epoch, first, self.items[first - 1 : last])

    async def push(
        self, client: httpx.AsyncClient, first: int = 1, last: int | None = None, *, key: str | None = None
    ) -> httpx.Response:
        body, headers = self.request(first, len(self.items) if last is None else last)
        if key is not None:
            headers["authorization"] = f"Bearer {key}"
        return await client.post(f"/v1/push/{self.stream}", content=body, headers=headers)

    def request(self, first: int, last: int) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a push of the items first..last."""
        body = zstandard.ZstdCompressor().compress(msgspec.json.encode(self.batch(first, last)))
        return body, {"authorization": f"Bearer {self.key}", "content-encoding": "zstd"}

    async def send(self, client: httpx.AsyncClient, body: bytes, *, encoding: str = "zstd") -> httpx.Response:
        headers = {"authorization": f"Bearer {self.key}"}
        if encoding:
            headers["content-encoding"] = encoding
        return await client.post(f"/v1/push/{self.stream}", content=body, headers=headers)


async def counted(hq: Hq) -> list[str]:
    """Ids of the sales HQ counts, in the order they came."""
    return [row[0] for row in await hq.storage.rows("SELECT id FROM sale ORDER BY received_ms, device, epoch, seq")]


def rechained(items: Sequence[Item], *, epoch_of: PushingTill) -> None:
    """Give a till's unacknowledged facts new numbers, as it does after a fork."""
    for item in items:
        epoch_of.add_raw(item.id, bytes(item.body), item.kind, item.v)
