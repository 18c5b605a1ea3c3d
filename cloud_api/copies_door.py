"""GET /v1/copies/{stream}: a device that lost its memory reads back what it has told, page by page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.described import answer, schemas
from cloud_api.push_door import problem
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store.copies import copies_after
from cloud_api.who_asks import Refused, WhoAsks
from sync.wire.copies import GIVEN_BACK, Copies
from sync.wire.edge_log import Problem
from sync.wire.hello import MAX_EPOCH

_encoder = msgspec.json.Encoder()


def copies_router(storage: Storage, who: WhoAsks, now_ms: Callable[[], int]) -> APIRouter:
    """Whose facts they are follows from the key alone: nobody is given another's."""
    router = APIRouter(tags=["edge log"])

    @router.get("/v1/copies/{stream}", summary="Read back what this device has told", openapi_extra=COPIES_DESCRIPTION)
    async def copies(
        request: Request,
        stream: Annotated[str, Path(max_length=64)],
        epoch: Annotated[int, Query(ge=0, le=MAX_EPOCH)] = 0,
        after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> Response:
        asker = await who.device(request)
        if isinstance(asker, Refused):
            return problem(asker.status, asker.code, asker.what, **asker.headers)
        altered = asker.body_refusal(b"")  # a question has no body; whatever came with it is not read
        if altered is not None:
            return problem(altered.status, altered.code, altered.what, **altered.headers)
        if stream not in GIVEN_BACK:
            return problem(404, "unknown_stream", f"what is given back: {', '.join(sorted(GIVEN_BACK))}")
        try:
            page = await copies_after(storage, asker.device, stream, epoch, after, now_ms=now_ms())
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        return Response(_encoder.encode(page), media_type="application/json")

    return router


def copies_schemas() -> dict[str, object]:
    """JSON schemas of the page's own structs for /openapi.json."""
    return schemas(Copies, Problem)


COPIES_DESCRIPTION: dict[str, object] = {
    "security": [{"deviceSignature": []}, {"deviceKey": []}],
    "responses": {
        "200": answer("What follows item (epoch, after), and where the next page begins", Copies),
        "401": answer("No device signs so, or not now: signature-nonce says over what to sign instead", Problem),
        "404": answer("Of this stream nothing is given back", Problem),
        "429": answer("This device asks too often: see Retry-After", Problem),
        "503": answer("Busy: see Retry-After", Problem),
    },
}
