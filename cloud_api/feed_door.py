"""GET /v1/feed/commands: a device reads what it is asked to do; the answer waits until there is something to say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import anyio
import msgspec
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.described import answer, schemas
from cloud_api.live import Bell
from cloud_api.orders.heard import ask_again
from cloud_api.push_door import problem
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store import commands
from cloud_api.transfers_again import tell_transfers_again
from cloud_api.who_asks import Refused, WhoAsks
from sync.wire.commands import LONGEST_WAIT_S, Commands
from sync.wire.edge_log import Problem

_encoder = msgspec.json.Encoder()


def feed_router(storage: Storage, who: WhoAsks, bell: Bell, now_ms: Callable[[], int]) -> APIRouter:
    """`bell` rings when a command was given to anybody."""
    router = APIRouter(tags=["edge log"])

    @router.get("/v1/feed/commands", summary="Read what this device is asked to do", openapi_extra=FEED_DESCRIPTION)
    async def feed(
        request: Request,
        feed: Annotated[str, Query(max_length=64)] = "",
        since: Annotated[int, Query(ge=0, le=2**53)] = 0,
        wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
        last: str = "",
    ) -> Response:
        asker = await who.device(request)
        if isinstance(asker, Refused):
            return problem(asker.status, asker.code, asker.what, **asker.headers)
        altered = asker.body_refusal(b"")  # a question has no body; whatever came with it is not read
        if altered is not None:
            return problem(altered.status, altered.code, altered.what, **altered.headers)
        device = asker.device
        until = anyio.current_time() + wait
        try:
            if await commands.stands_before(storage, device, feed, since):
                await ask_again(storage, device, since, now_ms=now_ms())
                await tell_transfers_again(storage, device, since, now_ms=now_ms())
            while True:
                found = await commands.read(storage, device, feed, since, last, now_ms=now_ms())
                left_s = until - anyio.current_time()
                if found.commands or left_s <= 0 or bell.closed:
                    return Response(_encoder.encode(found), media_type="application/json")
                while not bell.closed:
                    coming = bell.coming()
                    if await commands.waiting(storage, device) or not await bell.heard(left_s, coming):
                        break
                    left_s = max(0.0, until - anyio.current_time())
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})

    return router


def feed_schemas() -> dict[str, object]:
    """JSON schemas of the feed's own structs for /openapi.json."""
    return schemas(Commands, Problem)


FEED_DESCRIPTION: dict[str, object] = {
    "security": [{"deviceSignature": []}, {"deviceKey": []}],
    "responses": {
        "200": answer("What follows `since`; it acknowledges everything up to there", Commands),
        "401": answer("No device signs so, or not now: signature-nonce says over what to sign instead", Problem),
        "429": answer("This device asks too often: see Retry-After", Problem),
        "503": answer("Busy: see Retry-After", Problem),
    },
}
