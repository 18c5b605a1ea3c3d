"""Turns away what no storage can keep or look up: an address with the character NUL, or one that is not UTF-8.

PostgreSQL refuses such a text only when it is asked, and that would look like trouble of its own.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

WHAT = "The address has a character that HQ keeps in no name: NUL, or bytes that are not UTF-8."


class PlainRequests:
    """Around the whole app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _is_plain(scope):
            await JSONResponse({"code": "bad_address", "what": WHAT}, 400)(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_plain(scope: Scope) -> bool:
    asked = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    told = unquote_to_bytes(asked) + b"?" + unquote_to_bytes(scope.get("query_string", b"").replace(b"+", b" "))
    try:
        return "\0" not in told.decode("utf-8")
    except UnicodeDecodeError:
        return False
