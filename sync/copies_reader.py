"""Asks HQ for what this device has told it, page by page: `sync/wire/copies.py` says how."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
import msgspec

from sync.asking import Away, ask_hq
from sync.courier import Busy, NotEnrolled, refusal
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
        heard = await ask_hq(
            self._client, "GET", self._url + stream, within_s=ANSWER_WITHIN_S, longest=LONGEST_ANSWER,
            params={"epoch": str(epoch), "after": str(after)}, auth=self._auth,
        )  # fmt: skip
        if isinstance(heard, Away):
            return heard
        if heard.status == 404:
            return GivesNothing()
        if heard.status != 200:
            return refusal(heard.status, heard.headers, heard.body)
        try:
            return msgspec.json.decode(heard.body, type=Copies)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return Away("status 200 with an answer that is not HQ's")
