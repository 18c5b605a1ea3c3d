"""A server without an agent: the real pages, scripted views, and a log of the commands the pages send.

`python tests/browser/fixture_server.py [PORT]` prints `ready PORT`. POST /fixture/show {"view": NAME, "changes":
{...}} shows a state, GET /fixture/commands lists what was sent, POST /fixture/forget empties the list, POST
/fixture/away {"away": true} plays a dead agent, POST /fixture/answers {"late": true} holds the answers to commands
back and {"refuse": NOTE} refuses the kiosk's, POST /fixture/older tells a state of an earlier revision or moment, and
answers once the feed has sent it. {"kiosk": NAME} instead of {"view": NAME} is about the kiosk, {"status": NAME} about
the status page, {"visitors": NAME} about its tab of visitors: "" is a shop without sensors.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent)]

from bench_views import BENCH, STATUS  # noqa: E402
from kiosk_views import CATEGORIES, KIOSK_VIEWS, TILES  # noqa: E402
from views import LINES, VIEWS  # noqa: E402

from agent.local_api.qr_picture import qr_svg  # noqa: E402
from tests.agent.visitor_views import DAYS  # noqa: E402

WEB = ROOT / "agent" / "web"
HEARTBEAT_S = 5  # what API.md promises
PRODUCTS = [
    {"barcode": row.barcode, "name": row.name, "price_minor": row.price_minor, "unit": "pcs", "marked": row.marked}
    for row in LINES
]
REFUSALS = {
    "shtrih_m.6B": {
        "ru": {"what": "Нет чековой ленты", "safe": "Чек не потерян.", "do": "Вставьте ленту."},
        "en": {"what": "No receipt paper", "safe": "The receipt is not lost.", "do": "Insert a roll."},
    }
}


class Stage:
    """What is on show, and who is looking."""

    def __init__(self) -> None:
        self.view: dict[str, Any] = msgspec.to_builtins(VIEWS["selling"])
        self.status: dict[str, Any] = msgspec.to_builtins(STATUS["fine"])
        self.bench: dict[str, Any] = BENCH
        self.kiosk: dict[str, Any] = msgspec.to_builtins(KIOSK_VIEWS["attract"])
        self.visitors: dict[str, Any] | None = None  # None: a shop without sensors
        self.revision = 1
        self.commands: list[dict[str, Any]] = []
        self.away = False
        self.refuses: dict[str, Any] | None = None  # the note with which commands of the kiosk are refused
        self.fed = anyio.Event()  # set when a feed has sent what there was
        self.answers = anyio.Event()  # set: commands are answered at once
        self.answers.set()
        self.changed = anyio.Event()

    def show(self, view: dict[str, Any]) -> None:
        self.revision += 1
        self.view = view | {"revision": self.revision}
        self.tell()

    def show_kiosk(self, view: dict[str, Any]) -> None:
        self.revision += 1
        self.kiosk = view | {"revision": self.revision}
        self.tell()

    def tell(self) -> None:
        self.changed.set()
        self.changed = anyio.Event()


STAGE = Stage()


def page(name: str) -> Route:
    async def show(request: Request) -> Response:
        return FileResponse(WEB / name / "index.html", headers={"Cache-Control": "no-store"})

    return Route(f"/{name}", show)


async def till_page(request: Request) -> Response:
    return FileResponse(WEB / "till" / "index.html", headers={"Cache-Control": "no-store"})


def feed(event: str, name: str) -> Any:
    async def live(request: Request) -> Response:
        if STAGE.away:
            return Response(status_code=503)

        async def lines() -> AsyncIterator[bytes]:
            while not STAGE.away:
                changed = STAGE.changed
                yield f"event: {event}\ndata: ".encode() + msgspec.json.encode(getattr(STAGE, name)) + b"\n\n"
                STAGE.fed.set()
                while not changed.is_set() and not STAGE.away:
                    with anyio.move_on_after(HEARTBEAT_S):
                        await changed.wait()
                    if not changed.is_set():
                        yield b": here\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream")

    return live


async def commands(request: Request) -> Response:
    if STAGE.away:
        return Response(status_code=503)
    command = await request.json()
    STAGE.commands.append(command)
    view = STAGE.view  # an answer that is late carries the state of its moment
    await STAGE.answers.wait()
    return JSONResponse({"done": True, "view": view, "note": None})


async def kiosk_page(request: Request) -> Response:
    return FileResponse(WEB / "kiosk" / "index.html", headers={"Cache-Control": "no-store"})


async def kiosk_commands(request: Request) -> Response:
    if STAGE.away:
        return Response(status_code=503)
    STAGE.commands.append(await request.json())
    view = STAGE.kiosk
    await STAGE.answers.wait()
    return JSONResponse({"done": STAGE.refuses is None, "view": view, "note": STAGE.refuses})


async def kiosk_products(request: Request) -> Response:
    asked = request.query_params
    words = asked.get("q", "").lower().split()
    found = [
        one
        for one in TILES
        if asked.get("category", "") in ("", one.category) and all(word in one.name.lower() for word in words)
    ]
    offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", 30))
    return JSONResponse(msgspec.to_builtins(found[offset : offset + limit]))


async def bench_command(request: Request) -> Response:
    STAGE.commands.append({"device": request.path_params["device"], **await request.json()})
    return JSONResponse({"done": True})


async def qr(request: Request) -> Response:
    return Response(qr_svg(request.query_params["text"]), media_type="image/svg+xml")


async def search(request: Request) -> Response:
    words = request.query_params["q"].lower().replace("ё", "е").split()
    found = [
        one
        for one in PRODUCTS
        if all(word in f"{one['name']} {one['barcode']}".lower().replace("ё", "е") for word in words)
    ]
    return JSONResponse(found)


async def show(request: Request) -> Response:
    asked = await request.json()
    if "kiosk" in asked:
        STAGE.show_kiosk(msgspec.to_builtins(KIOSK_VIEWS[asked["kiosk"]]) | asked.get("changes", {}))
    elif "status" in asked:
        STAGE.status = msgspec.to_builtins(STATUS[asked["status"]]) | asked.get("changes", {})
        STAGE.tell()
    elif "visitors" in asked:
        day = asked["visitors"]
        STAGE.visitors = msgspec.to_builtins(DAYS[day]) | asked.get("changes", {}) if day else None
        STAGE.status = STAGE.status | {"visitors": bool(day)}
        STAGE.tell()
    else:
        STAGE.show(msgspec.to_builtins(VIEWS[asked["view"]]) | asked.get("changes", {}))
    return JSONResponse({"revision": STAGE.revision})


async def visitors(request: Request) -> Response:
    if STAGE.away:
        return Response(status_code=503)
    told = STAGE.visitors
    return JSONResponse(told) if told else JSONResponse({"problem": "no_sensors", "what": "None."}, 404)


async def forget(request: Request) -> Response:
    STAGE.commands.clear()
    return JSONResponse({})


async def away(request: Request) -> Response:
    STAGE.away = (await request.json())["away"]
    STAGE.tell()
    return JSONResponse({})


async def answers(request: Request) -> Response:
    asked = await request.json()
    STAGE.refuses = asked.get("refuse")
    if asked.get("late"):
        STAGE.answers = anyio.Event()
    else:
        STAGE.answers.set()
    return JSONResponse({})


async def older(request: Request) -> Response:
    """The feed tells a state that is `back` revisions older; of the same revision and an earlier moment with 0."""
    asked = await request.json()
    views, name = (KIOSK_VIEWS, "kiosk") if "kiosk" in asked else (VIEWS, "view")
    told = msgspec.to_builtins(views[asked[name]]) | {"revision": STAGE.revision - asked["back"]}
    if not asked["back"]:
        told["now_ms"] -= 1000
    setattr(STAGE, name, told)
    STAGE.fed = anyio.Event()
    STAGE.tell()
    if not STAGE.away:
        await STAGE.fed.wait()
    return JSONResponse({})


def answer(get: Any) -> Any:
    async def endpoint(request: Request) -> Response:
        return JSONResponse(get())

    return endpoint


APP = Starlette(
    routes=[
        page("till"),
        Route("/till/{till}", till_page),
        page("status"),
        page("bench"),
        Route("/web/kit/refusals.json", answer(lambda: REFUSALS)),
        Mount("/web", StaticFiles(directory=WEB)),
        Route("/api/tills", answer(lambda: [{"id": "1", "name": "Касса 1"}])),
        Route("/api/tills/{till}", answer(lambda: STAGE.view)),
        Route("/api/tills/{till}/live", feed("view", "view")),
        Route("/api/tills/{till}/commands", commands, methods=["POST"]),
        Route("/api/tills/{till}/search", search),
        Route("/kiosk", kiosk_page),
        Route("/kiosk/{kiosk}", kiosk_page),
        Route("/api/kiosks", answer(lambda: [{"id": "k1", "name": "Киоск 1"}])),
        Route("/api/kiosks/{kiosk}", answer(lambda: STAGE.kiosk)),
        Route("/api/kiosks/{kiosk}/live", feed("kiosk", "kiosk")),
        Route("/api/kiosks/{kiosk}/commands", kiosk_commands, methods=["POST"]),
        Route("/api/kiosks/{kiosk}/categories", answer(lambda: msgspec.to_builtins(CATEGORIES))),
        Route("/api/kiosks/{kiosk}/products", kiosk_products),
        Route("/api/qr.svg", qr),
        Route("/api/status", answer(lambda: STAGE.status)),
        Route("/api/status/live", feed("status", "status")),
        Route("/api/visitors", visitors),
        Route("/api/operations", answer(lambda: [msgspec.to_builtins(STATUS["fine"].operation)])),
        Route("/api/operations/{sale}", answer(lambda: msgspec.to_builtins(STATUS["fine"].operation))),
        Route("/api/bench", answer(lambda: STAGE.bench)),
        Route("/api/bench/live", feed("bench", "bench")),
        Route("/api/bench/{device}", bench_command, methods=["POST"]),
        Route("/fixture/show", show, methods=["POST"]),
        Route("/fixture/commands", answer(lambda: STAGE.commands)),
        Route("/fixture/forget", forget, methods=["POST"]),
        Route("/fixture/away", away, methods=["POST"]),
        Route("/fixture/answers", answers, methods=["POST"]),
        Route("/fixture/older", older, methods=["POST"]),
    ]
)


def main() -> None:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as agent/listening.py says why
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    listening.listen()
    print("ready", listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(APP, log_level="warning", timeout_graceful_shutdown=1)).run(sockets=[listening])


if __name__ == "__main__":
    main()
