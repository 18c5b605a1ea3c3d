"""Carries the handshake to HQ: hello, and the wish for an epoch. Never raises for what the network or HQ does.

POST {HQ}/v1/hello, {HQ}/v1/epoch   content-type: application/json   signed as every request
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import anyio
import httpx
import msgspec

from sync.courier import LONGEST_ANSWER, Away, Busy, NotEnrolled, refusal, said
from sync.enrolment.signer import Bearer
from sync.wire.hello import EpochIssued, Hello, NewEpoch, Welcome

ANSWER_WITHIN_S = 15.0  # a kilobyte each way, and HQ answers from a few rows
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoHandshake:
    """An HQ of before the handshake: its answers to pushes are all there is."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """HQ and this device have no version in common, or HQ cannot read what was said."""

    what: str


Trouble = NoHandshake | Unfit | NotEnrolled | Busy | Away


class Greet(Protocol):
    """What the uplink asks of the way to HQ before it pushes."""

    async def hello(self, hello: Hello) -> Welcome | Trouble: ...

    async def new_epoch(self, wish: NewEpoch) -> EpochIssued | Trouble: ...


class Greeter:
    """`Greeter(client, url, auth)`; the client is the caller's, to close too. `heard`: who else hears a Welcome."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        url: str,
        auth: httpx.Auth | str,
        heard: Callable[[Welcome], None] | None = None,
    ) -> None:
        self._heard = heard
        self._client = client
        self._url = url.rstrip("/")
        self._auth = Bearer(auth) if isinstance(auth, str) else auth
        self._headers = {"content-type": "application/json"}

    async def hello(self, hello: Hello) -> Welcome | Trouble:
        answer = await self._ask("hello", hello, Welcome)
        if self._heard is not None and isinstance(answer, Welcome):
            self._heard(answer)
        return answer

    async def new_epoch(self, wish: NewEpoch) -> EpochIssued | Trouble:
        return await self._ask("epoch", wish, EpochIssued)

    async def _ask(self, path: str, told: msgspec.Struct, answers: type[T]) -> T | Trouble:
        with anyio.move_on_after(ANSWER_WITHIN_S):
            try:
                return await self._post(f"{self._url}/v1/{path}", msgspec.json.encode(told), answers)
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
                return Away(f"{type(error).__name__}: {error}")
        return Away("no answer in time", late=True)

    async def _post(self, url: str, body: bytes, answers: type[T]) -> T | Trouble:
        async with self._client.stream(
            "POST",
            url,
            content=body,
            headers=self._headers,
            auth=self._auth,
            timeout=ANSWER_WITHIN_S,
            follow_redirects=False,
        ) as response:
            text = bytearray()
            async for piece in response.aiter_bytes():
                text += piece
                if len(text) > LONGEST_ANSWER:
                    return Away("the answer is not from HQ")
        status = response.status_code
        if status == 200:
            try:
                return msgspec.json.decode(bytes(text), type=answers)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return Away("status 200 with an answer that is not HQ's")
        if status in (404, 405):
            return NoHandshake()
        if status == 400:
            return Unfit(said(bytes(text), status))
        return refusal(status, response.headers, bytes(text))
