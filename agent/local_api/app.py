"""The agent's HTTP API: pages, the state of each till, commands, a live feed, and what machines want to know.

Loopback by default. Host and Origin are checked on every request, so that no foreign page can reach the shop through a
cashier's browser. Routes are thin: they decode, ask the till, encode. All of them are async: one that ran on a thread
would break simulation.
"""

from __future__ import annotations

import logging

import apsw
import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response

from agent.local_api.bodies import COMMAND_BYTES, JSON, WEB, body_of, encode, events, no_cache
from agent.local_api.guard import Guard, too_large
from agent.local_api.kiosk_routes import KIOSK_STRUCTS, add_kiosk_routes
from agent.local_api.metrics import metrics_text
from agent.local_api.openapi import live, picture, schemas_of, typed
from agent.local_api.qr_picture import qr_svg
from agent.local_api.refusals import all_refusals
from agent.local_api.status import StatusReader
from agent.local_api.status_view import OperationView, StatusView
from agent.local_api.stock_routes import STOCK_STRUCTS, add_stock_routes
from agent.local_api.visitor_routes import VISITOR_STRUCTS, add_visitor_routes
from agent.till.till import Till
from agent.view import Command, CommandAnswer, ElsewherePlace, Note, TillView
from agent.wiring import Shop
from sync.store.failures import CatalogueDamaged

SEARCH_LENGTH = 80
QR_LENGTH = 200  # the text of a fiscal receipt has about 80

UNREADABLE = (
    "Часть данных на диске не читается. Проведённое цело. Запустите tillkeeper doctor; каталог загрузите заново. · "
    "Some of the data on the disk cannot be read. What was done is safe. Run tillkeeper doctor; import the catalogue."
)
log = logging.getLogger(__name__)
_command = msgspec.json.Decoder(Command)


class FoundProduct(msgspec.Struct, frozen=True):
    """What a search shows. `unit`: kg, pcs."""

    barcode: str
    name: str
    price_minor: int
    unit: str
    marked: bool
    elsewhere: list[ElsewherePlace] = []


class ReceiptRow(msgspec.Struct, frozen=True):
    number: str
    act: str
    total_minor: int
    closed_ms: int | None


def create_app(shop: Shop, *, hosts: frozenset[str] | None = None) -> FastAPI:
    """`hosts` are the Host headers that are answered; None: loopback names with any port."""
    app = FastAPI(title="Tillkeeper agent", version="1", openapi_url="/openapi.json", docs_url=None, redoc_url=None)
    app.add_middleware(Guard, hosts=hosts)
    status = StatusReader(shop)

    @app.exception_handler(CatalogueDamaged)
    async def damaged(_: Request, error: CatalogueDamaged) -> Response:
        return JSONResponse({"problem": "catalogue_damaged", "what": error.en, "ru": error.ru}, 503)

    def till_of(till: str) -> Till | None:
        return shop.tills.get(till)

    def missing(till: str) -> Response:
        known = ", ".join(shop.tills)
        return JSONResponse({"problem": "no_such_till", "what": f"There is no till {till}. Known: {known}."}, 404)

    @app.exception_handler(apsw.Error)
    async def unreadable(_: Request, error: apsw.Error) -> Response:
        """A page of the catalogue is damaged, or of the journal: what is asked of the others is answered as ever."""
        log.error("a file cannot be read: %s", error)
        return JSONResponse({"problem": "unreadable", "what": UNREADABLE}, 503)

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return RedirectResponse("/till")

    @app.get("/till", include_in_schema=False)
    @app.get("/till/{till}", include_in_schema=False)
    async def till_page(till: str = "") -> Response:
        return FileResponse(WEB / "till" / "index.html", headers=no_cache())

    @app.get("/status", include_in_schema=False)
    async def status_page() -> Response:
        return FileResponse(WEB / "status" / "index.html", headers=no_cache())

    @app.get("/web/kit/refusals.json", include_in_schema=False)
    async def refusals() -> Response:
        return Response(encode(all_refusals()), media_type=JSON, headers=no_cache())

    @app.get("/web/{path:path}", include_in_schema=False)
    async def web(path: str) -> Response:
        file = (WEB / path).resolve()
        if not file.is_relative_to(WEB) or not file.is_file():
            return JSONResponse({"problem": "not_found", "what": path[:80]}, 404)
        return FileResponse(file, headers=no_cache())

    @app.get("/api/tills", summary="The tills of this agent")
    async def tills() -> list[dict[str, str]]:
        return [{"id": id, "name": till.settings.name} for id, till in shop.tills.items()]

    @app.get("/api/tills/{till}", summary="The whole state of one till", responses=typed(TillView, 404))
    async def view(till: str) -> Response:
        if till_of(till) is None:
            return missing(till)
        return Response(encode(shop.builders[till].view()), media_type=JSON)

    @app.post(
        "/api/tills/{till}/commands",
        summary="One act of a person",
        responses=typed(CommandAnswer, 400, 404, 413),
        openapi_extra={"requestBody": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Command"}}}}},
    )
    async def command(till: str, request: Request) -> Response:
        found = till_of(till)
        if found is None:
            return missing(till)
        body = await body_of(request, COMMAND_BYTES)
        if body is None:
            return too_large(COMMAND_BYTES)
        try:
            told = _command.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return JSONResponse({"problem": "malformed", "what": f"This is no command: {error}"}, 400)
        if not 8 <= len(told.id) <= 64:
            return JSONResponse({"problem": "malformed", "what": "id must have 8 to 64 characters"}, 400)
        note = await shop.commands[found.settings.id].carry_out(told)
        return Response(encode(CommandAnswer(note is None, shop.builders[till].view(), note)), media_type=JSON)

    @app.get("/api/tills/{till}/live", summary="Server-sent events: `view` after each change", responses=live(404))
    async def feed(till: str) -> Response:
        found = till_of(till)
        if found is None:
            return missing(till)
        return events("view", lambda: encode(shop.builders[till].view()), [found])

    @app.get("/api/tills/{till}/search", summary="Products while typing", responses=typed(FoundProduct, many=True))
    async def search(till: str, q: str = "") -> Response:
        catalogue = shop.catalogue()
        found = catalogue.search(q[:SEARCH_LENGTH]) if catalogue else []
        rows = [
            FoundProduct(
                product.barcode,
                product.name,
                product.price_minor,
                "kg" if product.measure == 11 else "pcs",
                bool(product.marked_group),
                shop.stock.screens.elsewhere(product.barcode),
            )
            for product in found
        ]
        return Response(encode(rows), media_type=JSON)

    @app.get("/api/tills/{till}/receipts", summary="The till's last receipts", responses=typed(ReceiptRow, many=True))
    async def receipts(till: str, limit: int = 20) -> Response:
        rows = shop.store.recent_sales(till, max(1, min(limit, 200)))
        listed = [ReceiptRow(r.number, r.act, r.total_minor, r.closed_ms) for r in rows if r.phase == "closed"]
        return Response(encode(listed), media_type=JSON)

    @app.get("/api/qr.svg", summary="The QR of a receipt as a picture", responses=picture())
    async def qr(text: str = "") -> Response:
        if not 0 < len(text) <= QR_LENGTH:
            return JSONResponse({"problem": "malformed", "what": f"text must have 1 to {QR_LENGTH} characters"}, 400)
        return Response(qr_svg(text), media_type="image/svg+xml", headers={"cache-control": "private, max-age=86400"})

    @app.get("/api/status", summary="The shop at a glance", responses=typed(StatusView))
    async def shop_status() -> Response:
        return Response(encode(status.view()), media_type=JSON)

    @app.get("/api/status/live", summary="Server-sent events: `status`", responses=live())
    async def status_live() -> Response:
        return events("status", lambda: encode(status.view()), shop.places)

    @app.get("/api/operations", summary="The last operations", responses=typed(OperationView, many=True))
    async def operations(limit: int = 50) -> Response:
        return Response(encode(status.operations(max(1, min(limit, 500)))), media_type=JSON)

    @app.get("/api/operations/{sale}", summary="The course of one operation", responses=typed(OperationView, 404))
    async def operation(sale: str) -> Response:
        found = status.operation(sale)
        if found is None:
            return JSONResponse({"problem": "not_found", "what": "There is no such operation."}, 404)
        return Response(encode(found), media_type=JSON)

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(metrics_text(shop), media_type="text/plain; version=0.0.4")

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Response:
        return JSONResponse({"ok": True})

    add_kiosk_routes(app, shop)
    add_visitor_routes(app, shop)
    add_stock_routes(app, shop)
    described = (Command, CommandAnswer, TillView, StatusView, OperationView, Note, FoundProduct, ReceiptRow)
    schemas_of(app, *described, *KIOSK_STRUCTS, *VISITOR_STRUCTS, *STOCK_STRUCTS)
    return app
