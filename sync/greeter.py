"""Carries the handshake to HQ: hello, and the wish for an epoch. Never raises for what the network or HQ does.

POST {HQ}/v1/hello, {HQ}/v1/epoch   content-type: application/json   signed as every request
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import httpx
import msgspec

from sync.asking import Away, ask_hq
from sync.courier import LONGEST_ANSWER, Busy, NotEnrolled, refusal, said
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
        heard = await ask_hq(
            self._client, "POST", f"{self._url}/v1/{path}", within_s=ANSWER_WITHIN_S, longest=LONGEST_ANSWER,
            content=msgspec.json.encode(told), headers=self._headers, auth=self._auth,
        )  # fmt: skip
        if isinstance(heard, Away):
            return heard
        if heard.status == 200:
            try:
                return msgspec.json.decode(heard.body, type=answers)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return Away("status 200 with an answer that is not HQ's")
        if heard.status in (404, 405):
            return NoHandshake()
        if heard.status == 400:
            return Unfit(said(heard.body, heard.status))
        return refusal(heard.status, heard.headers, heard.body)
