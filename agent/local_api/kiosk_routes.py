"""The kiosks' part of the HTTP API: the page, the state, commands, the live feed, and the shelves."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from agent.kiosk.kiosk import Kiosk
from agent.kiosk.shelves import categories, products
from agent.kiosk.view import CategoryView, KioskAnswer, KioskCommand, KioskView, TileView
from agent.local_api.bodies import COMMAND_BYTES, JSON, body_of, encode, events, malformed, no_cache, web_folder
from agent.local_api.guard import too_large
from agent.local_api.openapi import live, typed
from agent.wiring import Shop

SEARCH_LENGTH = 80
MOST_TILES = 60
KIOSK_STRUCTS = (KioskCommand, KioskAnswer, KioskView, CategoryView, TileView)
_command = msgspec.json.Decoder(KioskCommand)


def add_kiosk_routes(app: FastAPI, shop: Shop) -> None:
    def missing(kiosk: str) -> Response:
        known = ", ".join(shop.kiosks)
        return JSONResponse({"problem": "no_such_kiosk", "what": f"There is no kiosk {kiosk}. Known: {known}."}, 404)

    def answered(kiosk: str, tell: Callable[[Kiosk], object]) -> Response:
        found = shop.kiosks.get(kiosk)
        return missing(kiosk) if found is None else Response(encode(tell(found)), media_type=JSON)

    @app.get("/kiosk", include_in_schema=False)
    @app.get("/kiosk/{kiosk}", include_in_schema=False)
    async def kiosk_page(kiosk: str = "") -> Response:
        return FileResponse(web_folder() / "kiosk" / "index.html", headers=no_cache())

    @app.get("/api/kiosks", summary="The kiosks of this agent")
    async def kiosks() -> list[dict[str, str]]:
        return [{"id": id, "name": kiosk.settings.name} for id, kiosk in shop.kiosks.items()]

    @app.get("/api/kiosks/{kiosk}", summary="The whole state of one kiosk", responses=typed(KioskView, 404))
    async def view(kiosk: str) -> Response:
        return answered(kiosk, lambda _: shop.kiosk_builders[kiosk].view())

    @app.post(
        "/api/kiosks/{kiosk}/commands",
        summary="One act of a shopper or of staff",
        responses=typed(KioskAnswer, 400, 404, 413),
        openapi_extra={"requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/KioskCommand"}}}}},
    )
    async def command(kiosk: str, request: Request) -> Response:
        if kiosk not in shop.kiosks:
            return missing(kiosk)
        body = await body_of(request, COMMAND_BYTES)
        if body is None:
            return too_large(COMMAND_BYTES)
        try:
            told = _command.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return malformed(f"This is no command: {error}")
        if not 8 <= len(told.id) <= 64:
            return malformed("id must have 8 to 64 characters")
        note = await shop.kiosk_commands[kiosk].carry_out(told)
        return Response(encode(KioskAnswer(note is None, shop.kiosk_builders[kiosk].view(), note)), media_type=JSON)

    @app.get("/api/kiosks/{kiosk}/live", summary="Server-sent events: `kiosk` after each change", responses=live(404))
    async def feed(kiosk: str) -> Response:
        found = shop.kiosks.get(kiosk)
        if found is None:
            return missing(kiosk)
        return events("kiosk", lambda: encode(shop.kiosk_builders[kiosk].view()), [found.till])

    @app.get("/api/kiosks/{kiosk}/categories", summary="The shelves", responses=typed(CategoryView, 404, many=True))
    async def shelves(kiosk: str) -> Response:
        return answered(kiosk, lambda _: categories(shop.catalogue()))

    @app.get(
        "/api/kiosks/{kiosk}/products", summary="What stands on a shelf", responses=typed(TileView, 404, many=True)
    )
    async def tiles(kiosk: str, category: str = "", q: str = "", offset: int = 0, limit: int = 30) -> Response:
        at, most = max(0, min(offset, 1_000_000)), max(1, min(limit, MOST_TILES))
        return answered(
            kiosk,
            lambda found: products(
                shop.catalogue(), shop.reservations, found.till, category[:200], q[:SEARCH_LENGTH], at, most
            ),
        )
