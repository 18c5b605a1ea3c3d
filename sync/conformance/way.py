"""How the conformance suite speaks to an HQ: plain httpx, bytes it can spoil, and a device's log it keeps in memory.

Requests are authorised by an `httpx.Auth`, so another way to show who the device is fits in without a change to a rule.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import AsyncIterator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import zstandard

from sync.wire.edge_log import GENESIS, Item, Push, chain
from sync.wire.hello import Hello, NewEpoch, StreamHead

WITHIN_S = 40.0  # the feed may hold an answer back for 25 s
NOW_MS = 1_767_225_600_000
"""The suite's items were all made at the beginning of 2026: an HQ orders nothing by a device's clock."""


class Broken(Exception):
    """A rule does not hold; the text says what came instead."""


class BearerKey(httpx.Auth):
    """A device key in the Authorization header."""

    def __init__(self, key: str) -> None:
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._key}"
        yield request


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: its status, and its JSON ({} if it is none)."""

    status: int
    said: dict[str, Any]

    def needs(self, status: int, **members: object) -> Told:
        """Raises Broken unless the answer is this one."""
        if self.status != status:
            raise Broken(f"status {self.status} {self._short()}, expected {status}")
        for name, value in members.items():
            if self.said.get(name) != value:
                raise Broken(f"{name} is {self.said.get(name)!r}, expected {value!r}")
        return self

    def _short(self) -> str:
        return json.dumps(self.said, ensure_ascii=False)[:200]


class Way:
    """`device` is whose key it is, as HQ says."""

    def __init__(self, client: httpx.AsyncClient, auth: httpx.Auth) -> None:
        self._client = client
        self._auth = auth
        self.device = ""

    async def post(self, path: str, body: bytes, *, encoding: str = "", auth: httpx.Auth | None = None) -> Told:
        headers = {"content-type": "application/json"} | ({"content-encoding": encoding} if encoding else {})
        return _told(await self._client.post(path, content=body, headers=headers, auth=auth or self._auth))

    async def get(self, path: str, **asked: str | int) -> Told:
        return _told(await self._client.get(path, params=asked, auth=self._auth))

    async def hello(self, *streams: StreamHead, device: str | None = None, protocols: tuple[int, ...] = (1,)) -> Told:
        name = self.device if device is None else device
        told = Hello(name, list(streams), NOW_MS, list(protocols), program="conformance")
        return await self.post("/v1/hello", msgspec.json.encode(told))

    async def stand(self, head: StreamHead) -> dict[str, Any]:
        """What HQ says of one stream."""
        stands = (await self.hello(head)).needs(200).said.get("streams")
        if not isinstance(stands, list) or len(stands) != 1 or stands[0].get("stream") != head.stream:
            raise Broken(f"hello of stream {head.stream} is answered with streams {stands}")
        return dict(stands[0])

    async def epoch(self, request: str, stream: str, above: int) -> int:
        wish = NewEpoch(self.device, request, [stream], above)
        epoch = (await self.post("/v1/epoch", msgspec.json.encode(wish))).needs(200).said.get("epoch")
        if not isinstance(epoch, int) or epoch <= above:
            raise Broken(f"epoch {epoch!r} was issued above {above}")
        return epoch

    async def log(self, stream: str = "loyalty", count: int = 0) -> Log:
        """A history under an epoch of its own: whatever HQ has of this device is not in its way."""
        newest = (await self.stand(StreamHead(stream, 0, 0, GENESIS, 0, GENESIS))).get("epoch", 0)
        log = Log(self, stream, await self.epoch(secrets.token_hex(16), stream, newest))
        for _ in range(count):
            log.add()
        return log


@dataclass
class Log:
    """A device's stream: items chained from 1 on."""

    way: Way
    stream: str
    epoch: int
    items: list[Item] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def add(self, kind: str = "conformance", body: bytes | None = None, *, id: str | None = None, v: int = 1) -> Item:
        """The next item; by default of a kind that no HQ knows, so that it is kept and means nothing."""
        body = f'{{"n":{next(self._numbers)}}}'.encode() if body is None else body
        id = secrets.token_hex(16) if id is None else id
        seq, before = len(self.items) + 1, self.hash(len(self.items))
        item = Item(seq, id, kind, v, NOW_MS, chain(before, id, kind, v, body), msgspec.Raw(body))
        self.items.append(item)
        return item

    def again(self, item: Item) -> Item:
        """The same fact behind the others: as a device numbers anew."""
        return self.add(item.kind, bytes(item.body), id=item.id, v=item.v)

    def branch(self, kept: int) -> Log:
        """The same history up to `kept`: a box restored from an older copy."""
        return Log(self.way, self.stream, self.epoch, self.items[:kept])

    def hash(self, seq: int) -> str:
        return self.items[seq - 1].hash if seq else GENESIS

    def head(self, acked: int, head: int | None = None) -> StreamHead:
        head = len(self.items) if head is None else head
        return StreamHead(self.stream, self.epoch, head, self.hash(head), acked, self.hash(acked))

    def batch(self, first: int = 1, last: int | None = None) -> Push:
        items = self.items[first - 1 : last]
        return Push(self.way.device, self.epoch, first, items, prev=self.hash(first - 1))

    async def push(self, first: int = 1, last: int | None = None) -> Told:
        return await self.send(self.batch(first, last))

    async def send(self, push: Push) -> Told:
        body = zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(push))
        return await self.way.post(f"/v1/push/{self.stream}", body, encoding="zstd")

    async def needs_ack(self, told: Told, ack: int, **fates: int) -> None:
        """An acknowledgement of `ack`, with our hash, and these fates of what was new."""
        told.needs(200, ack=ack, hash=self.hash(ack))
        said = {name: count for name, count in (told.said.get("fates") or {}).items() if count}
        if said != fates:
            raise Broken(f"fates of what was new: {said}, expected {fates}")

    async def needs_cursor(self, seq: int) -> None:
        """HQ ends at `seq`, and has our item there."""
        found = await self.way.stand(self.head(0))
        if (found.get("seq"), found.get("hash")) != (seq, self.hash(seq)):
            raise Broken(f"HQ stands at {found.get('seq')}, expected {seq}")


def _told(response: httpx.Response) -> Told:
    try:
        said = response.json()
    except ValueError:
        said = {}
    return Told(response.status_code, said if isinstance(said, dict) else {})


@asynccontextmanager
async def way_to(url: str, auth: httpx.Auth, transport: httpx.AsyncBaseTransport | None = None) -> AsyncIterator[Way]:
    """Raises httpx.HTTPError where there is no HQ and Broken where it does not know the key."""
    client = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=WITHIN_S, transport=transport, trust_env=False)
    async with client:
        way = Way(client, auth)
        told = await way.hello()
        if told.status != 200 or not isinstance(told.said.get("device"), str):
            raise Broken(f"hello is answered with status {told.status}, {json.dumps(told.said)[:200]}")
        way.device = told.said["device"]
        yield way
