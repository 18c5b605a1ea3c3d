"""Asks HQ for a feed's next page, for a snapshot's manifest and for its pages, and says what became of the question.

    GET /v1/feed/{name} ...            -> Told | Resnapshot | NoFeed | TooLong | NotEnrolled | Busy | Away
    GET /v1/snapshot/{name}            -> Manifest | NoFeed | NotEnrolled | Busy | Away
    GET /v1/snapshot/{name}/{sha256}   -> Piece, as far as it came | NoFeed | NotEnrolled | Busy | Away

Nothing here raises for what the network or HQ does. Answers may be packed (`content-encoding: zstd`); they are unpacked
to a bounded size.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import anyio
import httpx
import msgspec
import zstandard

from sync.asking import Away
from sync.courier import Busy, NotEnrolled, refusal
from sync.enrolment.signer import Bearer
from sync.store.feed_place import FeedPlace
from sync.wire.feed import LONGEST_WAIT_S, MAX_RAW_BYTES, MAX_WIRE_BYTES, FeedPage
from sync.wire.snapshot import MAX_MANIFEST_BYTES, MAX_PAGE_BYTES, Manifest, SnapshotPage, is_whole

T = TypeVar("T")
ANSWER_WITHIN_S = LONGEST_WAIT_S + 35.0  # HQ answers after its wait; 256 KB over a bad mobile line take 10 s
PIECE_WITHIN_S = 60.0  # what came until then is kept, and the next question goes on after it


@dataclass(frozen=True, slots=True)
class Told:
    """A page; `size` is what it took on the wire, without headers."""

    page: FeedPage
    size: int


@dataclass(frozen=True, slots=True)
class Resnapshot:
    """The place means nothing to HQ: begin anew."""

    what: str


@dataclass(frozen=True, slots=True)
class NoFeed:
    """HQ has nothing of that name for this store."""

    what: str


@dataclass(frozen=True, slots=True)
class TooLong:
    """The answer is longer than a page may be: ask for fewer rows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of a page from `at` on; fewer than asked for where the line was cut."""

    at: int
    data: bytes


Trouble = NotEnrolled | Busy | Away
FeedAnswer = Told | Resnapshot | NoFeed | TooLong | Trouble
AskFeed = Callable[[str, FeedPlace, int, int], Awaitable[FeedAnswer]]
"""`ask(name, place, limit, wait_s)`."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    body: bytes


class FeedCourier:
    """The client is the caller's, to close too."""

    def __init__(self, client: httpx.AsyncClient, url: str, auth: httpx.Auth | str) -> None:
        self._client = client
        self._url = url.rstrip("/")
        self._auth = Bearer(auth) if isinstance(auth, str) else auth
        self._headers = {"accept-encoding": "zstd"}

    async def page(self, name: str, place: FeedPlace, limit: int, wait_s: int) -> FeedAnswer:
        asked = {"feed": place.feed, "since": str(place.version), "limit": str(limit), "wait": str(wait_s)}
        within_s = wait_s + ANSWER_WITHIN_S - LONGEST_WAIT_S
        answer = await self._get(f"/v1/feed/{name}", MAX_WIRE_BYTES, within_s, params=asked)
        if not isinstance(answer, _Answer):
            return answer
        match answer.status:
            case 200:
                raw = _unpacked(answer, MAX_RAW_BYTES)
                if raw is None:
                    return TooLong()
                page = _read(raw, FeedPage)
                return Told(page, len(answer.body)) if page is not None else Away("an answer that is not HQ's")
            case 404:
                return NoFeed(name)
            case 410:
                return Resnapshot(name)
        return refusal(answer.status, answer.headers, answer.body)

    async def manifest(self, name: str) -> Manifest | NoFeed | Trouble:
        answer = await self._get(f"/v1/snapshot/{name}", MAX_MANIFEST_BYTES, ANSWER_WITHIN_S)
        if not isinstance(answer, _Answer):
            return Away("the manifest is too long") if isinstance(answer, TooLong) else answer
        if answer.status == 404:
            return NoFeed(name)
        if answer.status != 200:
            return refusal(answer.status, answer.headers, answer.body)
        manifest = _read(_unpacked(answer, MAX_MANIFEST_BYTES) or b"", Manifest)
        if manifest is None or not is_whole(manifest):
            return Away("a manifest that is not whole")
        return manifest

    async def piece(self, name: str, page: SnapshotPage, at: int) -> Piece | NoFeed | Trouble:
        """The page's bytes from `at` on, as many as came. HQ may send it from its beginning instead."""
        headers = {"range": f"bytes={at}-"} if at else {}
        headers["accept-encoding"] = "identity"  # it is packed already, and its bytes are what its name hashes
        path = f"/v1/snapshot/{name}/{page.sha256}"
        answer = await self._get(path, MAX_PAGE_BYTES, PIECE_WITHIN_S, headers=headers, cut=True)
        if not isinstance(answer, _Answer):
            return Away("the page is too long") if isinstance(answer, TooLong) else answer
        match answer.status:
            case 200:
                return Piece(0, answer.body)
            case 206:
                return Piece(at, answer.body)
            case 404 | 416:
                return NoFeed(page.sha256)
        return refusal(answer.status, answer.headers, answer.body)

    async def _get(
        self,
        path: str,
        longest: int,
        within_s: float,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        cut: bool = False,
    ) -> _Answer | TooLong | Away:
        """`cut`: an answer that ends early counts as far as it came."""
        got = bytearray()
        begun: list[httpx.Response] = []
        why = "no answer in time"
        with anyio.move_on_after(within_s):
            try:
                async with self._client.stream(
                    "GET",
                    self._url + path,
                    params=params,
                    headers=self._headers | (headers or {}),
                    auth=self._auth,
                    timeout=within_s,
                    follow_redirects=False,
                ) as response:
                    begun.append(response)
                    async for piece in response.aiter_raw():
                        got += piece
                        if len(got) > longest:
                            return TooLong()
                return _Answer(response.status_code, response.headers, bytes(got))
            except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
                why = f"{type(error).__name__}: {error}"
        if cut and begun and begun[0].status_code in (200, 206) and got:
            return _Answer(begun[0].status_code, begun[0].headers, bytes(got))
        return Away(why)


def _unpacked(answer: _Answer, longest: int) -> bytes | None:
    """None: it is longer than that."""
    if answer.headers.get("content-encoding", "identity") != "zstd":
        return answer.body if len(answer.body) <= longest else None
    try:
        with zstandard.ZstdDecompressor().stream_reader(answer.body) as reader:
            raw = reader.read(longest + 1)
    except zstandard.ZstdError:
        return b""
    return raw if len(raw) <= longest else None


def _read(raw: bytes, shape: type[T]) -> T | None:
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
