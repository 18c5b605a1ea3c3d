"""The way between a shop and HQ: it loses, doubles, cuts, alters, delays and repeats what is sent over it.

What HQ acknowledges is noted on HQ's side of the way (`ledger.promised`): from then on it has to be there, whether the
shop ever hears of it or not.
"""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass, replace
from typing import Protocol

import anyio
import anyio.abc
import httpx
import msgspec
import zstandard

from sync.enrolment.signer import Signer
from sync.wire.edge_log import Ack, Push
from tests.simulation.exchange.faults import ON_THE_WAY, Fault, Faults
from tests.simulation.exchange.ledger import Ledger

URL = "http://hq.test"
SHARE = 0.3
"""Of the requests something befalls, of repetitions too, so that faults meet."""
REMEMBERED = 300
_push = msgspec.json.Decoder(Push)
_ack = msgspec.json.Decoder(Ack)


@dataclass(frozen=True)
class Sent:
    """A request as it left the shop."""

    device: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    content: bytes

    def request(self, base: str = URL) -> httpx.Request:
        headers = [(name, value) for name, value in self.headers if name not in ("host", "content-length")]
        return httpx.Request(self.method, base + self.path, headers=headers, content=self.content)

    @property
    def is_feed(self) -> bool:
        return "/v1/feed/" in self.path or "/v1/snapshot/" in self.path


@dataclass(frozen=True)
class Said:
    """HQ's answer; content as it travels, packed or not."""

    status: int
    headers: tuple[tuple[str, str], ...]
    content: bytes


class Asked(Protocol):
    """HQ, wherever it runs; raises httpx.TransportError when it is gone or ends meanwhile."""

    @property
    def inside(self) -> bool: ...

    async def ask(self, sent: Sent) -> Said: ...


class Way:
    """Common to all shops."""

    def __init__(
        self, hq: Asked, faults: Faults, ledger: Ledger, rng: random.Random, tasks: anyio.abc.TaskGroup
    ) -> None:
        self._hq = hq
        self._faults = faults
        self._ledger = ledger
        self._rng = rng
        self._tasks = tasks
        self.mended = False
        self.remembered: deque[Sent] = deque(maxlen=REMEMBERED)
        self.requests = 0

    @property
    def patience_s(self) -> int:
        """For how long an empty feed may be held back: a process of its own would do so in real time."""
        return 2 if self._hq.inside else 0

    def client(self, device: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=_ToHq(self, device), base_url=URL)

    async def deliver(self, sent: Sent) -> Said:
        """Brings it to HQ as it is."""
        self.requests += 1
        said = await self._hq.ask(sent)
        if said.status == 200 and sent.path.startswith("/v1/push/"):
            self._note(sent, said)
        return said

    async def again(self, sent: Sent, signer: Signer | None) -> None:
        """An old request once more, as it was or signed anew; nobody waits for its answer."""
        if signer is not None:
            request = httpx.Request(sent.method, URL + sent.path, content=sent.content)
            request.headers.update({n: v for n, v in sent.headers if n in ("content-encoding", "content-type")})
            signed = next(signer.auth_flow(request))
            sent = replace(sent, headers=tuple(signed.headers.items()))
        try:
            await self.deliver(sent)
        except httpx.TransportError:
            return

    def _note(self, sent: Sent, said: Said) -> None:
        raw = sent.content
        if ("content-encoding", "zstd") in sent.headers:
            raw = zstandard.ZstdDecompressor().decompress(raw)
        push, ack = _push.decode(raw), _ack.decode(said.content)
        stream = sent.path.rpartition("/")[2]
        for item in push.items:
            if item.seq <= ack.ack:
                self._ledger.promise(sent.device, stream, item.id, bytes(item.body))

    async def carry(self, sent: Sent) -> Said:
        """What becomes of one request of a shop, and of its answer."""
        await anyio.sleep(self._rng.uniform(0.005, 0.05))
        self.remembered.append(sent)
        if self.mended or self._rng.random() >= SHARE:
            return await self.deliver(sent)
        rng, fault = self._rng, self._faults.draw(ON_THE_WAY)
        if fault in (Fault.TRUNCATED_REQUEST, Fault.ALTERED_REQUEST) and not sent.content:
            fault = Fault.LOST_REPLY
        self._faults.strike(fault, f"{sent.device} {sent.path}")
        match fault:
            case Fault.LOST_REQUEST:
                raise httpx.ConnectError("cut")
            case Fault.TOO_MANY | Fault.BUSY:
                status = 429 if fault is Fault.TOO_MANY else 503
                return Said(status, (("retry-after", str(rng.randint(1, 7))),), b"{}")
            case Fault.PORTAL:
                return Said(200, (("content-type", "text/html"),), b"<h1>Welcome! Please accept our terms.</h1>")
            case Fault.TRUNCATED_REQUEST:
                return await self.deliver(replace(sent, content=sent.content[: rng.randrange(len(sent.content))]))
            case Fault.ALTERED_REQUEST:
                return await self.deliver(replace(sent, content=self._altered(sent.content)))
            case Fault.LATE:
                self._tasks.start_soon(self._late, sent, rng.choice([0.5, 3.0, 20.0, 120.0, 400.0]))
                raise httpx.ReadTimeout("no answer in time")
            case Fault.DOUBLED:
                answers = [await self.deliver(sent), await self.deliver(sent)]
                return rng.choice(answers)
        said = await self.deliver(sent)
        if fault is Fault.LOST_REPLY:
            raise httpx.ReadError("cut")
        if not said.content:
            return said
        if sent.is_feed:
            self._faults.strike(Fault.PAGE_DAMAGED, sent.path)
        # A command is neither packed nor signed: that no byte of it is another one is TLS's word.
        if fault is Fault.TRUNCATED_REPLY or "/v1/feed/commands" in sent.path:
            return replace(said, content=said.content[: rng.randrange(len(said.content))])
        return replace(said, content=self._altered(said.content))

    async def _late(self, sent: Sent, after_s: float) -> None:
        await anyio.sleep(after_s)
        try:
            await self.deliver(sent)
        except httpx.TransportError:
            return

    def _altered(self, content: bytes) -> bytes:
        at = self._rng.randrange(len(content))
        return content[:at] + bytes([content[at] ^ (1 << self._rng.randrange(8))]) + content[at + 1 :]


class _ToHq(httpx.AsyncBaseTransport):
    """A shop's HTTP client ends here."""

    def __init__(self, way: Way, device: str) -> None:
        self._way, self._device = way, device

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        content = await request.aread()
        headers = tuple((name.lower(), value) for name, value in request.headers.items())
        path = request.url.raw_path.decode("ascii")
        said = await self._way.carry(Sent(self._device, request.method, path, headers, content))
        told = [(name, value) for name, value in said.headers if name != "content-length"]
        told.append(("content-length", str(len(said.content))))
        return httpx.Response(said.status, headers=told, stream=httpx.ByteStream(said.content), request=request)
