"""Whatever a line or a stranger answers, the courier of the feeds says what it is worth and raises nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest
import zstandard

from sync.asking import Away
from sync.courier import Busy, NotEnrolled
from sync.feed_courier import FeedCourier, NoFeed, Piece, Resnapshot, Told, TooLong
from sync.store.feed_place import FeedPlace
from sync.wire.feed import MAX_RAW_BYTES, FeedPage
from sync.wire.snapshot import Manifest, SnapshotPage, whole_of

pytestmark = pytest.mark.anyio
PLACE = FeedPlace("f1", 7)
PAGE = SnapshotPage("product", "0" * 64, 3, 100)
TOLD = FeedPage("f1", 7, 9, False, 5, {"price": msgspec.Raw(b'[["2000",0,5]]')})


class Body(httpx.AsyncByteStream):
    """Some bytes as they come over a wire, and then perhaps the line is gone."""

    def __init__(self, data: bytes, *, cut: bool = False) -> None:
        self._data = data
        self._cut = cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._data
        if self._cut:
            raise httpx.ReadError("cut")


async def asked(answer: Callable[[httpx.Request], httpx.Response], what: str, at: int = 0) -> object:
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        courier = FeedCourier(client, "http://hq/", "key")
        match what:
            case "page":
                return await courier.page("catalogue", PLACE, 50, 0)
            case "manifest":
                return await courier.manifest("catalogue")
        return await courier.piece("catalogue", PAGE, at)


def always(status: int, body: bytes = b"", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: httpx.Response(status, stream=Body(body), headers=named)


async def test_a_page_is_asked_for_by_its_place() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=Body(msgspec.json.encode(TOLD)))

    told = await asked(answer, "page")
    assert isinstance(told, Told)
    assert told.page.rows["price"] == TOLD.rows["price"]
    assert str(seen[0].url) == "http://hq/v1/feed/catalogue?feed=f1&since=7&limit=50&wait=0"
    assert (seen[0].headers["authorization"], seen[0].headers["accept-encoding"]) == ("Bearer key", "zstd")


@pytest.mark.parametrize(
    ("answer", "worth"),
    [
        (always(410), Resnapshot("catalogue")),
        (always(404), NoFeed("catalogue")),
        (always(401, b'{"problem":"refused","code":"unknown_key","what":"no"}'), NotEnrolled("no")),
        (always(503, retry_after="7"), Busy(7.0)),
        (always(500), Away("status 500")),
        (always(302, location="http://else"), Away("status 302")),
        (always(200, b"<html>please log in</html>"), Away("an answer that is not HQ's")),
        (always(200, b"not zstd", content_encoding="zstd"), Away("an answer that is not HQ's")),
    ],
)
async def test_what_an_answer_is_worth(answer: Callable[[httpx.Request], httpx.Response], worth: object) -> None:
    assert await asked(answer, "page") == worth


async def test_a_bomb_is_too_long_and_not_unpacked() -> None:
    bomb = zstandard.compress(b" " * (MAX_RAW_BYTES + 10))
    assert len(bomb) < 10_000
    assert await asked(always(200, bomb, content_encoding="zstd"), "page") == TooLong()
    packed = zstandard.compress(msgspec.json.encode(TOLD))
    assert isinstance(await asked(always(200, packed, content_encoding="zstd"), "page"), Told)


async def test_a_line_that_is_cut_leaves_what_came_of_a_piece_and_nothing_of_a_page() -> None:
    def cut(status: int, data: bytes) -> Callable[[httpx.Request], httpx.Response]:
        return lambda _: httpx.Response(status, stream=Body(data, cut=True))

    assert await asked(cut(200, b"abc"), "piece") == Piece(0, b"abc")
    assert await asked(cut(206, b"def"), "piece", 3) == Piece(3, b"def")
    assert isinstance(await asked(cut(200, b""), "piece"), Away)
    assert isinstance(await asked(cut(503, b"busy"), "piece"), Away)
    assert isinstance(await asked(cut(200, b'{"feed"'), "page"), Away)

    def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no way")

    for what in ("page", "manifest", "piece"):
        assert await asked(gone, what) == Away("ConnectError: no way")


async def test_a_piece_goes_on_where_it_was_cut_unless_hq_begins_anew() -> None:
    def ranges(request: httpx.Request) -> httpx.Response:
        assert request.headers["range"] == "bytes=3-"
        return httpx.Response(206, stream=Body(b"def"))

    assert await asked(ranges, "piece", 3) == Piece(3, b"def")
    assert await asked(always(200, b"abcdef"), "piece", 3) == Piece(0, b"abcdef")
    assert await asked(always(416), "piece", 3) == NoFeed(PAGE.sha256)


async def test_a_manifest_that_is_not_what_its_maker_said_is_not_used() -> None:
    whole = whole_of("f1", 7, "z", 1, [PAGE])
    manifest = Manifest("f1", 7, "z", 1, [PAGE], whole)
    assert await asked(always(200, msgspec.json.encode(manifest)), "manifest") == manifest
    forged = msgspec.structs.replace(manifest, version=8)
    assert await asked(always(200, msgspec.json.encode(forged)), "manifest") == Away("a manifest that is not whole")
    assert await asked(always(404), "manifest") == NoFeed("catalogue")
