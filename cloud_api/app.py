"""Makes HQ: the edge log (push, and commands down), the reading API and the office page over one storage."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import JSONResponse, Response

from cloud_api.access.audit import Audit, AuditEach
from cloud_api.access.gate import Gate
from cloud_api.access.people_door import people_router
from cloud_api.access.sessions import Sessions
from cloud_api.answers import Health
from cloud_api.api.document import made_true
from cloud_api.api.exports import exports_router
from cloud_api.api.orders import order_schemas, orders_router
from cloud_api.api.plain_requests import PlainRequests
from cloud_api.api.products import product_schemas, products_router
from cloud_api.api.stock import stock_router
from cloud_api.api.visits import visits_router
from cloud_api.arrivals import Arrivals
from cloud_api.books.doors import books_router
from cloud_api.copies_door import copies_router, copies_schemas
from cloud_api.customers.asking import customer_asking_router
from cloud_api.customers.door import customer_router, customer_schemas
from cloud_api.desk.doors import desk_router
from cloud_api.device_door import device_router, device_schemas
from cloud_api.enrol_door import enrol_router, enrol_schemas
from cloud_api.feed_door import feed_router, feed_schemas
from cloud_api.findings.doors import findings_router
from cloud_api.hello_door import hello_router, hello_schemas
from cloud_api.hq_key import HqKeyFile, KeyUnusable, keys_beside
from cloud_api.live import Bell
from cloud_api.metrics import Counts
from cloud_api.office_door import office_router
from cloud_api.page import page_router
from cloud_api.push_door import push_router, wire_schemas
from cloud_api.settings import Settings
from cloud_api.storage.opening import open_storage
from cloud_api.storage.sqlite import VERSION
from cloud_api.storage.storage import RETRY_AFTER_S, Storage, StorageBusy
from cloud_api.store.devices import KeyTaken, put_device
from cloud_api.telling.doors import telling_router, telling_schemas
from cloud_api.who_asks import WhoAsks


def program_version() -> str:
    try:
        return version("tillkeeper")
    except PackageNotFoundError:
        return "0"


class Hq(FastAPI):
    """The app with its storage and bells, for who starts and stops it."""

    def __init__(
        self, settings: Settings, storage: Storage, bell: Bell, given: Bell, told: Bell, now_ms: Callable[[], int]
    ) -> None:
        self.settings, self.storage, self.bell, self.given, self.told = settings, storage, bell, given, told
        self.gate = Gate(settings, storage, now_ms)

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            bell.close()
            given.close()
            told.close()
            await storage.close()

        super().__init__(
            title="Tillkeeper HQ",
            version=program_version(),
            summary="Takes each fact of the shops once and shows the office what is sold.",
            lifespan=lifespan,
            docs_url=None,  # those pages download their scripts from elsewhere
            redoc_url=None,
        )

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            parts = document.setdefault("components", {})
            known = (
                wire_schemas(),
                hello_schemas(),
                feed_schemas(),
                copies_schemas(),
                telling_schemas(),
                enrol_schemas(),
                device_schemas(),
                customer_schemas(),
                product_schemas(),
                order_schemas(),
            )
            for schemas in known:
                parts.setdefault("schemas", {}).update(schemas)
            parts.setdefault("securitySchemes", {}).update(
                deviceSignature={"type": "http", "scheme": "signature", "description": "RFC 9421, Ed25519"},
                deviceKey={"type": "http", "scheme": "bearer"},
            )
            made_true(document)
            self.openapi_schema = document
        return self.openapi_schema


async def start_hq(settings: Settings, *, now_ms: Callable[[], int], storage: Storage | None = None) -> Hq:
    """HQ ready to be served: the storage of the settings is opened (unless given) and has their devices."""
    storage = await open_storage(settings.database, settings.zone) if storage is None else storage
    try:
        for entry in settings.devices:
            await put_device(storage, entry, now_ms=now_ms())
    except (KeyTaken, StorageBusy):
        await storage.close()
        raise
    return create_app(settings, storage, now_ms=now_ms)


def create_app(
    settings: Settings,
    storage: Storage,
    *,
    now_ms: Callable[[], int],
    draw: Callable[[int], bytes] = secrets.token_bytes,
) -> Hq:
    """HQ over an open storage. `now_ms` is the wall clock in UTC milliseconds, `draw(n)` gives random bytes. The
    storage is closed when the app's lifespan ends, or by `app.storage.close()` where no lifespan runs.
    """
    bell, given, told, counts, arrivals = Bell(), Bell(), Bell(), Counts(), Arrivals(now_ms)
    app = Hq(settings, storage, bell, given, told, now_ms)
    key = HqKeyFile(settings.keys or keys_beside(settings.database), draw)
    who = WhoAsks(storage, now_ms, lambda: key.key().nonce_secret, draw)
    app.include_router(push_router(storage, who, bell, given, counts, arrivals, settings.zone, now_ms))
    app.include_router(hello_router(storage, who, key, now_ms))
    app.include_router(feed_router(storage, who, given, now_ms))
    app.include_router(copies_router(storage, who, now_ms))
    app.include_router(telling_router(storage, who, told, now_ms))
    app.include_router(enrol_router(storage, who, key, now_ms))
    app.include_router(device_router(storage, now_ms, draw))
    app.include_router(office_router(settings, storage, bell, counts, arrivals, now_ms))
    app.include_router(customer_router(storage, key, settings.zone, now_ms))
    app.include_router(customer_asking_router(storage, who, settings.zone, now_ms))
    app.include_router(desk_router(settings, storage, bell, given, arrivals, now_ms))
    audit = Audit(storage, now_ms, draw)
    sessions = Sessions(settings, storage, audit, now_ms, draw)
    app.gate.finders.append(sessions.find)
    app.include_router(people_router(settings, storage, sessions, audit, now_ms))
    app.add_middleware(AuditEach, audit=audit)
    app.include_router(products_router(storage, told, now_ms))
    app.include_router(stock_router(settings, storage, now_ms))
    app.include_router(orders_router(settings, storage, given, now_ms, draw))
    app.include_router(visits_router(storage))
    app.include_router(findings_router(storage, now_ms))
    app.include_router(books_router(storage, settings.zone))
    app.include_router(exports_router(settings, storage))
    app.include_router(page_router())

    @app.get("/healthz", summary="Is HQ alive and its storage readable?", tags=["office"])
    async def healthz() -> Health:
        return Health(await storage.number("SELECT 1") == 1, program_version(), VERSION)

    app.add_middleware(PlainRequests)

    @app.exception_handler(StarletteHTTPException)
    async def refused(_: Request, error: StarletteHTTPException) -> Response:
        # FastAPI's own detail may be a dict, Starlette's is a sentence (no such path, no such method).
        told: object = error.detail
        detail = told if isinstance(told, dict) else {"code": "refused", "what": str(told)}
        return JSONResponse(detail, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        wrong = [f"{'.'.join(str(part) for part in one['loc'][1:])}: {one['msg']}" for one in error.errors()]
        return JSONResponse({"code": "malformed", "what": "; ".join(wrong)}, 422)

    @app.exception_handler(KeyUnusable)
    async def no_key(_: Request, error: KeyUnusable) -> Response:
        return JSONResponse({"code": "no_hq_key", "what": str(error)}, 503, {"Retry-After": str(RETRY_AFTER_S)})

    @app.exception_handler(StorageBusy)
    async def busy(_: Request, error: StorageBusy) -> Response:
        return JSONResponse({"code": "busy", "what": str(error)}, 503, {"Retry-After": str(RETRY_AFTER_S)})

    return app
