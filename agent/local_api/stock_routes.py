"""The stock's part of the HTTP API: the page, its lists, one document, a search with balances, acts of the staff."""

from __future__ import annotations

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response

from agent.local_api.bodies import COMMAND_BYTES, JSON, WEB, body_of, encode, events, malformed, no_cache
from agent.local_api.guard import too_large
from agent.local_api.openapi import live, typed
from agent.stock.view import DocumentView, GoodsView, StockAnswer, StockCommand, StockView
from agent.wiring import Shop

STOCK_STRUCTS = (StockView, DocumentView, GoodsView, StockCommand, StockAnswer)
SEARCH_LENGTH = 80

_command = msgspec.json.Decoder(StockCommand)


def add_stock_routes(app: FastAPI, shop: Shop) -> None:
    @app.get("/stock", include_in_schema=False)
    async def stock_page() -> Response:
        return FileResponse(WEB / "stock" / "index.html", headers=no_cache())

    @app.get("/api/stock", summary="Documents, transfers on the way, orders kept", responses=typed(StockView))
    async def stock() -> Response:
        return Response(encode(shop.stock.screens.view()), media_type=JSON)

    @app.get("/api/stock/live", summary="Server-sent events: `stock` after each change", responses=live())
    async def stock_live() -> Response:
        return events("stock", lambda: encode(shop.stock.screens.view()), [shop.stock.desk, *shop.places])

    @app.get(
        "/api/stock/goods",
        summary="Products by text or barcode, with their balance",
        responses=typed(GoodsView, many=True),
    )
    async def goods(q: str = "") -> Response:
        return Response(encode(shop.stock.screens.search(q[:SEARCH_LENGTH])), media_type=JSON)

    @app.get(
        "/api/stock/documents/{document}",
        summary="One document, with each line's balance now",
        responses=typed(DocumentView, 404),
    )
    async def one(document: str) -> Response:
        found = shop.stock.screens.document(document)
        if found is None:
            return JSONResponse({"problem": "not_found", "what": "There is no such document."}, 404)
        return Response(encode(found), media_type=JSON)

    @app.post(
        "/api/stock/commands",
        summary="One act of the shop's staff",
        responses=typed(StockAnswer, 400, 413),
        openapi_extra={"requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/StockCommand"}}}}},
    )
    async def command(request: Request) -> Response:
        body = await body_of(request, COMMAND_BYTES)
        if body is None:
            return too_large(COMMAND_BYTES)
        try:
            told = _command.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return malformed(f"This is no command: {error}")
        if not 8 <= len(told.id) <= 64:
            return malformed("id must have 8 to 64 characters")
        return Response(encode(await shop.stock.commands.carry_out(told)), media_type=JSON)
