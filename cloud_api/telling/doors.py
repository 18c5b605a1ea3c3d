"""GET /v1/feed/{name} and GET /v1/snapshot/{name}: a device reads what its store is told, and nothing of another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import anyio
import msgspec
import zstandard
from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.described import answer, schemas
from cloud_api.live import Bell
from cloud_api.push_door import problem
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store.devices import KnownDevice
from cloud_api.telling.heads import head_of, zone_of
from cloud_api.telling.pages import may_go_on, page_of, scope_of
from cloud_api.telling.snapshots import page_body, published
from cloud_api.telling.watching import FeedWatch
from cloud_api.who_asks import Refused, WhoAsks
from sync.wire.edge_log import Problem
from sync.wire.feed import CATALOGUE, LONGEST_WAIT_S, MAX_ROWS, SHOP, FeedPage
from sync.wire.snapshot import MAX_PAGE_BYTES, Manifest

FEEDS = frozenset({CATALOGUE, SHOP})
ZSTD_LEVEL = 3

_encoder = msgspec.json.Encoder()


def telling_router(storage: Storage, who: WhoAsks, bell: Bell, now_ms: Callable[[], int]) -> APIRouter:
    """`bell` wakes those who wait for a feed to move on; closing it sends them home."""
    router = APIRouter(tags=["edge log"])
    watch = FeedWatch(storage, bell)

    @router.get("/v1/feed/{name}", summary="Read what this device's store is told", openapi_extra=FEED_DESCRIPTION)
    async def feed(
        request: Request,
        name: Annotated[str, InPath(max_length=40)],
        feed: Annotated[str, Query(max_length=64)] = "",
        since: Annotated[int, Query(ge=0, le=2**53)] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_ROWS)] = MAX_ROWS,
        wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
    ) -> Response:
        try:
            asker = await who.device(request)
            if isinstance(asker, Refused):
                return problem(asker.status, asker.code, asker.what, **asker.headers)
            told = await _page(asker.device, name, feed, since, limit, anyio.current_time() + wait)
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        return told if isinstance(told, Response) else _packed(request, told)

    async def _page(
        device: KnownDevice, name: str, feed: str, since: int, limit: int, until: float
    ) -> FeedPage | Response:
        if name not in FEEDS:
            return problem(404, "no_feed", f"feeds are commands, {', '.join(sorted(FEEDS))}")
        scope = await scope_of(storage, name, device.store)
        while True:
            head = await head_of(storage, name)
            if head is None:
                return problem(404, "no_feed", "nothing was ever told in this feed")
            if not may_go_on(head, scope, feed, since):
                return problem(410, "resnapshot", "the place is of another feed, or too old")
            page = await page_of(storage, name, scope, head, since, limit, now_ms=now_ms())
            left_s = until - anyio.current_time()
            if page.rows or page.gone or not feed or left_s <= 0 or not await watch.moved(name, page.next, left_s):
                return page

    @router.get("/v1/snapshot/{name}", summary="What this store's catalogue consists of", openapi_extra=MANIFEST)
    async def manifest(request: Request, name: Annotated[str, InPath(max_length=40)]) -> Response:
        try:
            asker = await who.device(request)
            if isinstance(asker, Refused):
                return problem(asker.status, asker.code, asker.what, **asker.headers)
            told = await published(storage, await zone_of(storage, asker.device.store)) if name == CATALOGUE else None
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        return _packed(request, told) if told is not None else problem(404, "no_snapshot", "nothing is published")

    @router.get("/v1/snapshot/{name}/{sha256}", summary="One page of a snapshot, by its hash", openapi_extra=PAGE)
    async def page(
        request: Request, name: Annotated[str, InPath(max_length=40)], sha256: Annotated[str, InPath(max_length=64)]
    ) -> Response:
        try:
            asker = await who.device(request)
            if isinstance(asker, Refused):
                return problem(asker.status, asker.code, asker.what, **asker.headers)
            zone = await zone_of(storage, asker.device.store)
            body = await page_body(storage, zone, sha256) if name == CATALOGUE else None
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        if body is None:
            return problem(404, "no_snapshot", "no such page in this store's zone")
        return _part(body, request.headers.get("range", ""))

    return router


def _packed(request: Request, told: FeedPage | Manifest) -> Response:
    """Packed for who can unpack it, which every agent can."""
    raw = _encoder.encode(told)
    if "zstd" not in request.headers.get("accept-encoding", ""):
        return Response(raw, media_type="application/json")
    packed = zstandard.ZstdCompressor(level=ZSTD_LEVEL, write_checksum=True).compress(raw)  # damaged: asked for again
    return Response(packed, headers={"Content-Encoding": "zstd"}, media_type="application/json")


def _part(body: bytes, asked: str) -> Response:
    """`bytes=N-` is the only range an agent asks for; another one gets the whole page, as the rules of HTTP allow."""
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=31536000, immutable"}
    number = asked.removeprefix("bytes=").removesuffix("-")
    plain = asked.startswith("bytes=") and asked.endswith("-") and number.isascii() and number.isdecimal()
    if not plain or len(number) > len(str(MAX_PAGE_BYTES)):
        return Response(body, headers=headers, media_type="application/octet-stream")
    at = int(number)
    if at >= len(body):
        return Response(status_code=416, headers={"Content-Range": f"bytes */{len(body)}"})
    headers["Content-Range"] = f"bytes {at}-{len(body) - 1}/{len(body)}"
    return Response(body[at:], 206, headers, media_type="application/octet-stream")


def telling_schemas() -> dict[str, object]:
    """JSON schemas of these doors' own structs for /openapi.json."""
    return schemas(FeedPage, Manifest)


_REFUSED: dict[str, object] = {
    "401": answer("The key belongs to no device", Problem),
    "503": answer("Busy: see Retry-After", Problem),
}
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
FEED_DESCRIPTION: dict[str, object] = {
    "security": [{"deviceKey": []}],
    "responses": {
        "200": answer("What changed after `since`", FeedPage),
        "404": answer("Nothing was ever told in this feed", Problem),
        "410": answer("The place is of another feed or too old: begin anew", Problem),
        **_REFUSED,
    },
}
MANIFEST: dict[str, object] = {
    "security": [{"deviceKey": []}],
    "responses": {
        "200": answer("The pages, and the place in the feed after them", Manifest),
        "404": answer("Nothing is published for this store's price zone", Problem),
        **_REFUSED,
    },
}
PAGE: dict[str, object] = {
    "security": [{"deviceKey": []}],
    "responses": {
        "200": {"description": "The whole page", "content": _BYTES},
        "206": {"description": "From the byte asked for on", "content": _BYTES},
        "404": answer("No such page in this store's price zone", Problem),
        "416": {"description": "The page ends before that byte"},
        **_REFUSED,
    },
}
