"""What every route needs: a bounded body, JSON out, a live feed, and the folder of the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Protocol

import anyio
import msgspec
from fastapi import Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

WEB = Path(__file__).resolve().parent.parent / "web"
HEARTBEAT_S = 5
"""A page that hears nothing for longer takes the agent for gone."""
COMMAND_BYTES = 16 * 1024
"""The largest lawful command is a scanned code of some hundred bytes."""
JSON = "application/json"
encode = msgspec.json.Encoder().encode


class Watched(Protocol):
    """What tells of its changes: a till, the stock's desk."""

    watchers: list[Callable[[], None]]


def web_folder() -> Path:
    return WEB


def no_cache() -> dict[str, str]:
    return {"cache-control": "no-cache"}


def malformed(what: str) -> Response:
    return JSONResponse({"problem": "malformed", "what": what}, 400)


async def body_of(request: Request, most: int) -> bytes | None:
    """None: larger than allowed; reading stops there."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def events(name: str, encoded: Callable[[], bytes], tills: Sequence[Watched]) -> Response:
    """One event now and after each change; several changes while the page is slow become one."""

    async def stream() -> AsyncIterator[bytes]:
        changed = anyio.Event()

        def wake() -> None:
            changed.set()

        for till in tills:
            till.watchers.append(wake)
        try:
            while True:
                changed = anyio.Event()
                yield f"event: {name}\ndata: ".encode() + encoded() + b"\n\n"
                while not changed.is_set():
                    with anyio.move_on_after(HEARTBEAT_S):
                        await changed.wait()
                        break
                    yield b": still here\n\n"
        finally:
            for till in tills:
                till.watchers.remove(wake)

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})
