"""The guests' site: its routes, and the one file it serves."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from sensors.association.portal.agreeing import Agreeing
from sensors.association.portal.mine import Mine
from sensors.association.portal.room import HEADERS, Room

STYLE = Path(__file__).with_name("portal.css")


def portal_app(room: Room) -> Starlette:
    agreeing, mine, style = Agreeing(room), Mine(room), STYLE.read_bytes()

    async def css(request: Request) -> Response:
        headers = {**HEADERS, "Cache-Control": "max-age=3600"}
        return Response(style, media_type="text/css", headers=headers)

    async def elsewhere(request: Request, error: Exception) -> Response:
        """A phone that asks for any page of the world is sent to ours."""
        return RedirectResponse("/", 302, headers=HEADERS)

    return Starlette(
        routes=[
            Route("/", agreeing.landing),
            Route("/guest/s/{site}/", agreeing.landing),
            Route("/online", agreeing.online, methods=["POST"]),
            Route("/agree", agreeing.agree, methods=["POST"]),
            Route("/agree/code", agreeing.code, methods=["POST"]),
            Route("/my", mine.number),
            Route("/my", mine.ask, methods=["POST"]),
            Route("/my/code", mine.code, methods=["POST"]),
            Route("/my/withdraw", mine.withdraw, methods=["POST"]),
            Route("/my/export", mine.export, methods=["POST"]),
            Route("/portal.css", css),
        ],
        exception_handlers={404: elsewhere, 405: elsewhere},
    )
