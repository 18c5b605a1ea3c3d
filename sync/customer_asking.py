"""Asks HQ whether the chain knows who gave a number at a till: by the key of the number, and beside the sale.

    GET {HQ}/v1/customer/{kind}/{key}     200 CustomerAsked     anything else: nobody, as far as can be known now

Never raises for what the network or HQ does: a greeting is no reason to hold anything up.
"""

from __future__ import annotations

import anyio
import httpx
import msgspec

from sync.courier import LONGEST_ANSWER
from sync.wire.feed import CustomerAsked

ANSWER_WITHIN_S = 3.0
"""A cashier has said hello by then. HQ answers from a few rows; the rest is the line."""


class CustomerAsking:
    """The client is the caller's, to close too."""

    def __init__(self, client: httpx.AsyncClient, url: str, auth: httpx.Auth) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._auth = auth

    async def ask(self, kind: str, key: str) -> CustomerAsked | None:
        with anyio.move_on_after(ANSWER_WITHIN_S):
            try:
                return await self._ask(f"{self._url}/v1/customer/{kind}/{key}")
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, msgspec.DecodeError, UnicodeDecodeError):
                return None
        return None

    async def _ask(self, url: str) -> CustomerAsked | None:
        async with self._client.stream(
            "GET", url, auth=self._auth, timeout=ANSWER_WITHIN_S, follow_redirects=False
        ) as response:
            text = bytearray()
            async for piece in response.aiter_bytes():
                text += piece
                if len(text) > LONGEST_ANSWER:
                    return None
        return msgspec.json.decode(bytes(text), type=CustomerAsked) if response.status_code == 200 else None
