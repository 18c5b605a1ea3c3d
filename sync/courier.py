"""Carries one packed batch to HQ and says what became of it.

    POST {HQ}/v1/push/{stream}   signed, or with a key       content-encoding: zstd   content-type: application/json

Only a well-formed Ack counts as delivered: a captive portal that answers 200 with a page is "away". Whatever is not an
Ack may or may not have arrived; sending the same numbers again is harmless.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import httpx
import msgspec
import zstandard
from anyio.lowlevel import checkpoint

from sync.asking import Away, ask_hq
from sync.enrolment.signer import Bearer
from sync.wire.edge_log import Ack, Fork, Gap, Problem, Push
from sync.wire.signatures import Refusal

POST_WITHIN_S = 30.0  # 256 KB over a bad mobile line take 10 s, and HQ may be busy with others
LONGEST_ANSWER = 64 * 1024  # an Ack has 60 bytes
LONGEST_RETRY_AFTER_S = 300.0  # HQ may ask for patience, not for silence
ZSTD_LEVEL = 3
SLICE = 64 * 1024
"""A full batch takes 7 ms to compress, on a busy machine 25; a device polled meanwhile gets its turn between slices."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """Everything up to `ack` is committed at HQ; its item `ack` has this `hash`. `max_items`: what it takes at once."""

    ack: int
    server_time_ms: int
    max_items: int
    hash: str = ""


@dataclass(frozen=True, slots=True)
class GapFound:
    """HQ waits for `expect`."""

    expect: int


@dataclass(frozen=True, slots=True)
class ForkFound:
    """HQ holds another item under `seq`."""

    seq: int


@dataclass(frozen=True, slots=True)
class TooMuch:
    """HQ cannot read the batch or finds it too large."""

    what: str


@dataclass(frozen=True, slots=True)
class NotEnrolled:
    """HQ does not take our key. `revoked`: it did once."""

    what: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Busy:
    """HQ asks to come back later."""

    retry_after_s: float | None


Answer = Delivered | GapFound | ForkFound | TooMuch | NotEnrolled | Busy | Away
Post = Callable[[str, bytes], Awaitable[Answer]]


async def pack(push: Push) -> bytes:
    """The body of a request. A batch of more than one slice lets others run between two of them."""
    raw = memoryview(msgspec.json.encode(push))
    packer = zstandard.ZstdCompressor(level=ZSTD_LEVEL).compressobj(size=len(raw))
    packed = bytearray(packer.compress(raw[:SLICE]))
    for begin in range(SLICE, len(raw), SLICE):
        await checkpoint()
        packed += packer.compress(raw[begin : begin + SLICE])
    packed += packer.flush()
    return bytes(packed)


class Courier:
    """`Courier(client, url, key).post` is the `post` of the uplink. The client is the caller's, to close too. `key` is
    what signs requests, or the key of a settings file."""

    def __init__(self, client: httpx.AsyncClient, url: str, key: str | httpx.Auth) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._auth = Bearer(key) if isinstance(key, str) else key
        self._headers = {"content-encoding": "zstd", "content-type": "application/json"}

    async def post(self, stream: str, body: bytes) -> Answer:
        """Never raises for what the network or HQ does."""
        heard = await ask_hq(
            self._client, "POST", f"{self._url}/v1/push/{stream}", within_s=POST_WITHIN_S, longest=LONGEST_ANSWER,
            content=body, headers=self._headers, auth=self._auth,
        )  # fmt: skip
        return heard if isinstance(heard, Away) else judge(heard.status, heard.headers, heard.body)


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    """What an HTTP answer means for the batch."""
    try:
        if status == 200:
            ack = msgspec.json.decode(body, type=Ack)
            return Delivered(ack.ack, ack.server_time_ms, ack.max_items, ack.hash)
        if status == 409:
            problem = msgspec.json.decode(body, type=Gap | Fork)
            return GapFound(problem.expect) if isinstance(problem, Gap) else ForkFound(problem.seq)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Away(f"status {status} with an answer that is not HQ's")
    if status in (400, 413):
        return TooMuch(said(body, status))
    return refusal(status, headers, body)


def refusal(status: int, headers: Mapping[str, str], body: bytes) -> NotEnrolled | Busy | Away:
    """What a status says that is the same for every request."""
    if status in (401, 403):
        problem = _problem(body)
        if problem is None:
            return NotEnrolled(f"status {status}")
        return NotEnrolled(problem.what, revoked=problem.code == Refusal.REVOKED.value)
    if status in (429, 503):
        return Busy(_retry_after(headers.get("retry-after", "")))
    return Away(f"status {status}")


def said(body: bytes, status: int) -> str:
    """HQ's words of a refusal, or its status."""
    problem = _problem(body)
    return f"status {status}" if problem is None else problem.what


def _problem(body: bytes) -> Problem | None:
    try:
        return msgspec.json.decode(body, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _retry_after(text: str) -> float | None:
    """Seconds; the form with a date would need a clock we share, and HQ does not use it."""
    return min(float(text), LONGEST_RETRY_AFTER_S) if text.isascii() and text.isdecimal() else None
