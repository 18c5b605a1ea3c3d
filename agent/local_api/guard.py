"""Who may talk to the agent: its own pages, on this machine, and nobody's page from elsewhere.

A foreign site in the cashier's browser can send requests to loopback. It cannot choose the Host header (a rebound name
shows there) and cannot hide its Origin on anything that changes state; both are compared.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


FOREIGN_HOST = (
    "Этот адрес не принадлежит кассе. Ничего не сделано. Откройте её по адресу 127.0.0.1. · "
    "This address does not belong to the shop. Nothing was done. Open the till at 127.0.0.1."
)
"""A person may read these two in a browser; the other answers of the API are for the pages, which have their words."""
FOREIGN_ORIGIN = (
    "Странице другого сайта это нельзя. Ничего не сделано. · Another site's page may not do this. Nothing was done."
)


class Guard:
    """ASGI middleware. `hosts` None: loopback names with any port."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None = None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        origin = headers.get("origin")
        if not self._known(host):
            refusal = JSONResponse({"problem": "foreign_host", "what": FOREIGN_HOST}, 403)
            await refusal(scope, receive, send)
            return
        if origin is not None and urlsplit(origin).netloc != host:
            refusal = JSONResponse({"problem": "foreign_origin", "what": FOREIGN_ORIGIN}, 403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _known(self, host: str) -> bool:
        if self._hosts is not None:
            return host in self._hosts
        name = host if host.endswith("]") else host.rsplit(":", 1)[0] if ":" in host else host
        return name in LOOPBACK


def too_large(most: int) -> JSONResponse:
    return JSONResponse({"problem": "too_large", "what": f"At most {most} bytes are read."}, 413)
