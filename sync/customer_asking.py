"""Asks HQ whether the chain knows who gave a number at a till: by the key of the number, and beside the sale.

    GET {HQ}/v1/customer/{kind}/{key}     200 CustomerAsked     anything else: nobody, as far as can be known now

Never raises for what the network or HQ does: a greeting is no reason to hold anything up.
"""

from __future__ import annotations

import httpx
import msgspec

from sync.asking import Away, ask_hq
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
        url = f"{self._url}/v1/customer/{kind}/{key}"
        heard = await ask_hq(
            self._client, "GET", url, within_s=ANSWER_WITHIN_S, longest=LONGEST_ANSWER, auth=self._auth
        )
        if isinstance(heard, Away) or heard.status != 200:
            return None
        try:
            return msgspec.json.decode(heard.body, type=CustomerAsked)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
