"""Serves the office page: the files beside this one, read once when the app is made, never from the event loop."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

FOLDER = Path(__file__).parent / "office"
TABS = "js/tabs/"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def page_router() -> APIRouter:
    """/office and its files. They hold no data, so they are open to all: the page itself asks the guarded API."""
    router = APIRouter(include_in_schema=False)
    files: dict[str, tuple[bytes, str, str]] = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in TYPES and path.is_file():
            body = path.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
            files[path.relative_to(FOLDER).as_posix()] = (body, TYPES[path.suffix], etag)

    def answer(name: str, request: Request) -> Response:
        found = files.get(name)
        if found is None:
            return PlainTextResponse("Нет такой страницы. No such page.", 404)
        body, kind, etag = found
        headers = {**HEADERS, "etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type=kind)

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/office")

    @router.get("/office")
    async def office(request: Request) -> Response:
        return answer("index.html", request)

    @router.get("/office/tabs.json")
    async def tabs() -> JSONResponse:
        """The page asks which tabs this HQ has; a tab is its one file."""
        ids = sorted(name.removeprefix(TABS).removesuffix(".js") for name in files if name.startswith(TABS))
        return JSONResponse(ids, headers=HEADERS)

    @router.get("/office/{name:path}")
    async def file(name: str, request: Request) -> Response:
        return answer(name or "index.html", request)

    return router
