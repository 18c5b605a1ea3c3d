"""A till that is enrolled by a code and signs: its key, its clock, and requests that can be altered on the way."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pushing_till import Clock, PushingTill, a_sale

from cloud_api.app import Hq
from cloud_api.store.codes import MadeCode, make_code
from sync.courier import Answer, Courier
from sync.enrolment import kept
from sync.enrolment.enrolling import Machine, NotTaken, enrol, nonces
from sync.enrolment.signer import Signer
from sync.wire.enrolment import Enrolled

URL = "http://localhost:8090"
STORE, TILL = "Казань, Баумана", "Касса 1"
_draws = itertools.count(1)


def draw(count: int) -> bytes:
    """Different each time, the same in each run."""
    return (next(_draws) * 0x9E3779B97F4A7C15).to_bytes(16, "big").rjust(count, b"\x5a")[-count:]


async def code_of(hq: Hq, clock: Clock, device: str = "kazan-9", store: str = STORE, till: str = TILL) -> MadeCode:
    return await make_code(hq.storage, store, till, device, now_ms=clock(), draw=draw)


@dataclass
class SigningTill:
    """`clock` is its own; `machine.device` says whose data it holds."""

    keys: Path
    clock: Clock = field(default_factory=Clock)
    machine: Machine = field(default_factory=Machine)

    async def enrol(self, client: httpx.AsyncClient, code: str) -> Enrolled | NotTaken:
        return await enrol(client, URL, code, self.keys, self.machine, draw=draw, now_ms=self.clock)

    async def enrolled(self, client: httpx.AsyncClient, code: str) -> Enrolled:
        told = await self.enrol(client, code)
        assert isinstance(told, Enrolled), told
        return told

    @property
    def enrolment(self) -> kept.Enrolment:
        found = kept.read(self.keys).enrolled
        assert found is not None
        return found

    def signer(self, seed: bytes | None = None) -> Signer:
        return Signer(seed or self.enrolment.seed, now_ms=self.clock, nonce=nonces(draw))

    def pushing(self, *ids: str) -> PushingTill:
        """What it has to push: a sale an id."""
        till = PushingTill(device=self.enrolment.device, epoch=self.enrolment.epoch)
        for id in ids:
            till.add(id, a_sale(id))
        return till

    async def push(self, client: httpx.AsyncClient, till: PushingTill, auth: httpx.Auth | None = None) -> Answer:
        """As the agent pushes."""
        body, _ = till.request(1, len(till.items))
        return await Courier(client, URL, auth or self.signer()).post(till.stream, body)

    def request(self, till: PushingTill, auth: Signer | None = None, **changes: Any) -> httpx.Request:
        """A signed push; `changes` (method, url, content) are made before it is signed."""
        body, _ = till.request(1, len(till.items))
        told: dict[str, Any] = {"method": "POST", "url": f"{URL}/v1/push/{till.stream}", "content": body, **changes}
        request = httpx.Request(**told, headers={"content-encoding": "zstd"})
        return next((auth or self.signer()).auth_flow(request))


def altered(request: httpx.Request, **changes: Any) -> httpx.Request:
    """The same request with another method, url or content, and the signature it had."""
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    told: dict[str, Any] = {"method": request.method, "url": request.url, "content": request.content, **changes}
    return httpx.Request(**{"headers": headers, **told})


def code_said(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]
