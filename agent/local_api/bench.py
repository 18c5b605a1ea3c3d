"""The bench over HTTP: the simulated devices as pictures with keys, what truly happened, and orders to them.

It is served by the demo itself, on a port of its own: when the agent's power is cut, the bench must still be there to
give it back. The agent only sends a browser there.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import anyio
import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from agent.local_api.guard import Guard, too_large
from agent.local_api.refusals import all_refusals

WEB = Path(__file__).resolve().parent.parent / "web"
BENCH_URL = "TILLKEEPER_BENCH_URL"
"""The environment variable by which the demo tells its agent where the bench is."""
LOOK_EACH_S = 0.4
"""Pictures are asked for as often while somebody looks: a display that changes is followed without hurry."""
HEARTBEAT_S = 5.0
ORDER_BYTES = 4096

JSON = "application/json"
_NO_CACHE = {"cache-control": "no-cache"}


class Order(msgspec.Struct, frozen=True):
    """What a hand does to a device: `present card`, `paper out`, `fault NAME` ..."""

    command: str


class NoSuchDevice(Exception):
    """Nothing on the bench has this id."""


class OrderFailed(Exception):
    """The device cannot do that now; the sentence says why, in Russian and English."""


class Bench(Protocol):
    async def view(self) -> dict[str, Any]:
        """{"devices": [...], "lessons": [...], "ledger": [...], "messages": [...]}, newest record and message first."""
        ...

    async def order(self, device: str, command: str) -> str:
        """What the device said. Raises NoSuchDevice and OrderFailed."""
        ...

    def news(self) -> anyio.Event:
        """Set at the next change that is worth a look."""
        ...


def send_to_bench(app: FastAPI, url: str) -> None:
    """The agent's part: GET /bench leads to the demo's own server."""

    @app.get("/bench", include_in_schema=False)
    async def bench_page() -> Response:
        return RedirectResponse(url)


def create_bench_app(bench: Bench, elsewhere: Mapping[str, str]) -> FastAPI:
    """`elsewhere`: paths of other servers (`/till`, `/office` ...) and where they really are."""
    app = FastAPI(title="Tillkeeper bench", version="1", openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    app.add_middleware(Guard)

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse("/bench")

    @app.get("/bench", include_in_schema=False)
    async def page() -> Response:
        return FileResponse(WEB / "bench" / "index.html", headers=_NO_CACHE)

    @app.get("/web/kit/refusals.json", include_in_schema=False)
    async def refusals() -> Response:
        return Response(msgspec.json.encode(all_refusals()), media_type=JSON, headers=_NO_CACHE)

    @app.get("/web/{path:path}", include_in_schema=False)
    async def web(path: str) -> Response:
        file = (WEB / path).resolve()
        if not file.is_relative_to(WEB) or not file.is_file():
            return _problem(404, "not_found", path[:80])
        return FileResponse(file, headers=_NO_CACHE)

    @app.get("/api/bench", summary="All devices, lessons and what truly happened")
    async def view() -> Response:
        return Response(msgspec.json.encode(await bench.view()), media_type=JSON)

    @app.get("/api/bench/live", summary="Server-sent events: `bench` after each change")
    async def live() -> Response:
        return StreamingResponse(_views(bench), media_type="text/event-stream", headers={"cache-control": "no-store"})

    @app.post("/api/bench/{device}", summary='An order to one device: {"command": "..."}')
    async def order(device: str, request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > ORDER_BYTES:
                return too_large(ORDER_BYTES)
        try:
            told = msgspec.json.decode(body, type=Order)
            said = await bench.order(device, told.command)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return _problem(400, "malformed", f"This is no order: {error}")
        except NoSuchDevice:
            return _problem(404, "no_such_device", f"There is no device {device}.")
        except OrderFailed as failed:
            return _problem(409, "refused", str(failed))
        return JSONResponse({"done": True, "said": said})

    def leads(path: str, url: str) -> None:
        @app.get(path, include_in_schema=False)
        async def elsewhere_page() -> Response:
            return RedirectResponse(url)

    for path, url in elsewhere.items():
        leads(path, url)
    return app


def _problem(status: int, problem: str, what: str) -> JSONResponse:
    return JSONResponse({"problem": problem, "what": what, "detail": what}, status)


async def _views(bench: Bench) -> AsyncIterator[bytes]:
    """A view whenever it differs from the last one sent; a comment line when nothing changes for long."""
    sent = b""
    spoke = anyio.current_time()
    while True:
        news = bench.news()
        encoded = msgspec.json.encode(await bench.view())
        now = anyio.current_time()
        if encoded != sent:
            sent, spoke = encoded, now
            yield b"event: bench\ndata: " + encoded + b"\n\n"
        elif now - spoke >= HEARTBEAT_S:
            spoke = now
            yield b": still here\n\n"
        with anyio.move_on_after(LOOK_EACH_S):
            await news.wait()
