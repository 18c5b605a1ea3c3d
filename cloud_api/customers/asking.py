"""GET /v1/customer/{kind}/{key}: a shop asks whether the chain knows who gave this number at a till.

    200 CustomerBody    they agreed in another shop: what this one may know, and it is told of them from now on
    404                 nobody with this key has agreed to anything. The key is not kept, and not written down

The key is a hash under the chain's secret; who asks must be one of HQ's devices. A cashier waits for nothing: the shop
asks beside the sale, and greets when the answer is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.customers.history import with_key
from cloud_api.customers.telling import tell_asker
from cloud_api.push_door import problem
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.who_asks import Refused, WhoAsks
from sync.wire.feed import CustomerAsked

KEY = r"^[0-9a-f]{64}$"


def customer_asking_router(storage: Storage, who: WhoAsks, zone: str, now_ms: Callable[[], int]) -> APIRouter:
    router = APIRouter(tags=["edge log"])

    @router.get("/v1/customer/{kind}/{key}", summary="Does the chain know this customer?", openapi_extra=DESCRIPTION)
    async def asked(
        request: Request,
        kind: Annotated[str, Path(pattern="^(phone|email|card)$")],
        key: Annotated[str, Path(pattern=KEY)],
    ) -> Response:
        try:
            asker = await who.device(request)
            if isinstance(asker, Refused):
                return problem(asker.status, asker.code, asker.what, **asker.headers)
            roots = await with_key(storage, kind, key)
            if len(roots) != 1:  # of two persons with one key somebody has to decide first
                return problem(404, "no_customer", "nobody with this key agreed")
            async with storage.transaction(None) as transaction:
                body = await tell_asker(transaction, roots[0], asker.device.store, zone=zone, now_ms=now_ms())
        except StorageBusy as busy:
            return problem(503, "busy", str(busy), **{"Retry-After": str(RETRY_AFTER_S)})
        if body is None:
            return problem(404, "no_customer", "nobody with this key agreed")
        answer = CustomerAsked(roots[0], body)
        return Response(msgspec.json.encode(answer), media_type="application/json")

    return router


DESCRIPTION: dict[str, object] = {
    "security": [{"deviceKey": []}],
    "responses": {
        "200": {"description": "What this store may know of them"},
        "401": {"description": "The key belongs to no device"},
        "404": {"description": "Nobody with this key agreed"},
        "503": {"description": "Busy: see Retry-After"},
    },
}
