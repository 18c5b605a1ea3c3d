"""A real agent for the stock page's tests: tills, store and API, devices in memory; prints `ready PORT`.

POST /fixture/till {"do": ..., "args": {...}} does something at the till, as its cashier would.
"""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path

import anyio
import msgspec
import uvicorn
from fastapi import Request
from fastapi.responses import JSONResponse, Response

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).resolve().parent), str(ROOT / "tests")]

from stage import PATIENT  # noqa: E402

from agent.local_api.app import create_app  # noqa: E402
from agent.stock.coming import TransfersHeard  # noqa: E402
from sync.store.batch import Setting  # noqa: E402
from sync.wire.commands import Command  # noqa: E402
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, small_shop  # noqa: E402
from tests.agent.stock_room import on_the_shelf  # noqa: E402


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with small_shop(Path(folder)) as shop:
            for barcode, pieces in ((CLAY, 12), (BEAR, 3)):
                await on_the_shelf(shop.store, barcode, pieces)
            await coming(shop.shop.stock.transfers)
            await shop.open_shift()
            shop.till().settings.wedge.update(PATIENT)
            app = create_app(shop.shop)

            @app.post("/fixture/till")
            async def till(request: Request) -> Response:
                told = await request.json()
                note = await shop.do(told["do"], **told.get("args", {}))
                return JSONResponse({"note": note.code if note else None})

            with socket.socket() as bound:
                bound.bind(("127.0.0.1", 0))
                bound.listen()  # who asks as soon as it is said to be ready waits, and is not refused
                server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
                print("ready", bound.getsockname()[1], flush=True)
                await server.serve(sockets=[bound])


async def coming(transfers: TransfersHeard) -> None:
    body = {"number": "shop-9-0042", "sender": "shop-9", "at_ms": 1_795_240_000_000}
    lines = [[CLAY, "Пластилин", 4000], [PUZZLE, "Пазл", 2000]]
    told = msgspec.Raw(msgspec.json.encode(body | {"lines": lines}))
    await transfers.comes(Command(1, "c", "transfer_coming", 1, 0, told), Setting("downlink/commands", b"{}"))


if __name__ == "__main__":
    anyio.run(main)
