"""Asks HQ for what this device has told it, page by page: `sync/wire/copies.py` says how."""

from __future__ import annotations

from dataclasses import dataclass

import anyio
import httpx
import msgspec

from sync.courier import Away, Busy, NotEnrolled, refusal
from sync.enrolment.signer import Bearer
from sync.wire.copies import COPIES_BYTES, Copies

ANSWER_WITHIN_S = 60.0  # a page of a megabyte over a bad mobile line takes 40 s
LONGEST_ANSWER = 8 * COPIES_BYTES  # bodies have a bound, except that one fact alone may exceed it


@dataclass(frozen=True, slots=True)
class GivesNothing:
    """This HQ is older than the question: it has nothing to say to it."""


Answer = Copies | GivesNothing | NotEnrolled | Busy | Away


class CopiesReader:
    """`CopiesReader(client, url, key).fetch("sales", 1, 0)`: never raises for what the network or HQ does. The client
    is the caller's, to close too."""

    def __init__(self, client: httpx.AsyncClient, url: str, key: str | httpx.Auth) -> None:
        self._client = client
        self._url = f"{url.rstrip('/')}/v1/copies/"
        self._auth = Bearer(key) if isinstance(key, str) else key

    async def fetch(self, stream: str, epoch: int, after: int) -> Answer:
        with anyio.move_on_after(ANSWER_WITHIN_S):
            try:
                return await self._get(stream, {"epoch": str(epoch), "after": str(after)})
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
                return Away(f"{type(error).__name__}: {error}")
        return Away("no answer in time")

    async def _get(self, stream: str, asked: dict[str, str]) -> Answer:
        async with self._client.stream(
            "GET", self._url + stream, params=asked, auth=self._auth, timeout=ANSWER_WITHIN_S, follow_redirects=False
        ) as response:
            text = bytearray()
            async for piece in response.aiter_bytes():
                text += piece
                if len(text) > LONGEST_ANSWER:
                    return Away("the answer is not from HQ")
            if response.status_code == 404:
                return GivesNothing()
            if response.status_code != 200:
                return refusal(response.status_code, response.headers, bytes(text))
            try:
                return msgspec.json.decode(bytes(text), type=Copies)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return Away("status 200 with an answer that is not HQ's")
