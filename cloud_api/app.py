"""Makes HQ: the edge log (push, and commands down), the reading API and the office page over one SQLite file."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import apsw
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import JSONResponse, Response

from cloud_api.answers import Health
from cloud_api.feed_door import feed_router, feed_schemas
from cloud_api.live import Bell
from cloud_api.metrics import Counts
from cloud_api.office_door import office_router, session_router
from cloud_api.page import page_router
from cloud_api.push_door import push_router, wire_schemas
from cloud_api.settings import Settings
from cloud_api.store.database import Database, open_database
from cloud_api.store.devices import put_device
from cloud_api.store.schema import VERSION


def program_version() -> str:
    try:
        return version("tillkeeper")
    except PackageNotFoundError:
        return "0"


class Hq(FastAPI):
    """The app with its file and bell, for who starts and stops it."""

    def __init__(self, settings: Settings, database: Database, bell: Bell, given: Bell) -> None:
        self.settings, self.database, self.bell, self.given = settings, database, bell, given

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield
            bell.close()
            given.close()
            database.close()

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
            parts.setdefault("schemas", {}).update(wire_schemas() | feed_schemas())
            parts["securitySchemes"] = {"deviceKey": {"type": "http", "scheme": "bearer"}}
            self.openapi_schema = document
        return self.openapi_schema


def create_app(
    settings: Settings, *, now_ms: Callable[[], int], database: Database | None = None, vfs: str | None = None
) -> Hq:
    """HQ ready to be served. `now_ms` is the wall clock in UTC milliseconds; the devices of the settings are put into
    the file. The file is closed when the app's lifespan ends, or by `app.database.close()` where no lifespan runs.
    """
    database = open_database(settings.database, vfs=vfs) if database is None else database
    for entry in settings.devices:
        put_device(database, entry, now_ms=now_ms())
    bell, given, counts = Bell(), Bell(), Counts()
    app = Hq(settings, database, bell, given)
    app.include_router(push_router(database, bell, given, counts, now_ms))
    app.include_router(feed_router(database, given, now_ms))
    app.include_router(office_router(settings, database, bell, counts, now_ms))
    app.include_router(session_router(settings))
    app.include_router(page_router())

    @app.get("/healthz", summary="Is HQ alive and its file readable?", tags=["office"])
    async def healthz() -> Health:
        return Health(database.number("SELECT 1") == 1, program_version(), VERSION)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        detail = error.detail if isinstance(error.detail, dict) else {"code": "refused", "what": str(error.detail)}
        return JSONResponse(detail, error.status_code, error.headers)

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        places = [".".join(str(part) for part in mistake["loc"]) for mistake in error.errors()]
        return JSONResponse({"code": "malformed", "what": f"Out of range or not a number: {', '.join(places)}"}, 422)

    @app.exception_handler(apsw.Error)
    async def file_trouble(_: Request, error: apsw.Error) -> Response:
        return JSONResponse({"code": "busy", "what": f"HQ's file does not answer now: {error}"}, 503)

    return app
