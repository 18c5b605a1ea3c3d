"""From a RADIUS packet to the guest on the cashier's page: the real association program, the real agent, processes all.

    router's packet ─> association ─> agent: durable ─> whose, what was bought, offers ─> the page's live feed
                       a word of the same size to a bare Unix socket and back, in the same run

A guest who agreed on the guests' page comes COMINGS times. The time runs from the packet's sending to the line of the
live feed that has the name, an offer and what was bought last. Between comings the guest leaves, and a sale with their
number is made, so that none of it is remembered from the time before.
"""

from __future__ import annotations

import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from tests.agent.greeting_shop import AT_THE_DOOR, CONTROLLER, PHONE, PURPOSES, Hall, guests_page
from tests.bench.bench_radar import NotHere
from tests.bench.bench_sale import finish_in_cash
from tests.bench.figure import Figure, of_runs, quantile
from tests.bench.live_shop import LiveShop, Till, live_shop, started
from tests.bench.million import Opened, codes, imported
from tests.sensors.radar_process import memory
from tests.sensors.test_association_program import program

COMINGS = 20
PRODUCTS = 3_000
"""A greeting never asks the catalogue."""
WITHIN_MS = 2_000
"""The guest is still at the door."""
LOST_S = 120.0
"""A packet that is lost is never heard of: the agent is ended then, its feed with it, and that is said."""
WORD_BYTES = 300
"""As long as the program's word that a device came."""
ECHOES = 5
"""For each coming: the first after a pause is slower."""
NAMED, PURCHASES, GONE = b'"guests":[{', b'"purchases":[{', b'"guests":[]'


def bench_greeting(comings: int = COMINGS, products: int = PRODUCTS) -> list[Figure]:
    """Raises NotHere where no directory is in memory."""
    try:
        with memory() as folder:
            taken, echoes = _measured(folder, comings, products)
    except pytest.skip.Exception as why:
        raise NotHere(str(why)) from why
    echo = statistics.median(echoes)
    late, middle = quantile(taken, 0.95), statistics.median(taken)
    against = f"a word to a bare Unix socket and back: median {echo:.3f} ms"
    return [
        Figure(
            "a RADIUS packet to the guest on the cashier's page",
            round(late, 1),
            "ms p95",
            at_most=WITHIN_MS,
            against=f"its median: {middle:.1f} ms of {comings} comings",
            more={"median_ms": round(middle, 2), "slowest_ms": round(max(taken), 2), "comings": comings},
        ),
        of_runs("the same, times a bare Unix socket's echo", [one / echo for one in taken], "x", against=against),
    ]


def _measured(folder: Path, comings: int, products: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each coming, and of each echo."""
    catalogue = imported(products).directory
    with Opened(products) as opened:
        bought = codes(opened, comings)
    taken, echoes = [], []
    with live_shop(catalogue) as shop, _echo(folder) as echo:
        _with_visitors(shop, folder)
        with shop.till() as (agent, till), program(folder, AT_THE_DOOR) as (running, (radius, _, page)):
            watchdog = threading.Timer(LOST_S, agent.process.kill)
            watchdog.start()
            try:
                hall = Hall(folder, running, radius)
                anyio.run(_agree, hall, page)
                till.heard(NAMED)
                for number, code in enumerate(bought):
                    hall.stop(f"S-{number}")
                    till.heard(GONE)
                    before_ms = time.time_ns() // 1_000_000
                    _sell(till, code)
                    echoes += [echo() for _ in range(ECHOES)]
                    began = time.perf_counter()
                    hall.start(f"S-{number + 1}")
                    guest = _greeted(till, before_ms)
                    taken.append((time.perf_counter() - began) * 1000)
                    if not (guest["name"] and guest["offers"] and guest["how"] == "wifi"):
                        raise RuntimeError(f"greeted without a name or an offer: {guest}")
            finally:
                watchdog.cancel()
    return taken, echoes


def _sell(till: Till, code: str) -> None:
    """To the guest, who gives their number for the receipt."""
    till.look()
    till.do("scan", code=code)
    till.do("contact", value=PHONE)
    finish_in_cash(till)


def _greeted(till: Till, since_ms: int) -> dict[str, Any]:
    """The guest, once the page has the last sale beside the name."""
    while True:
        guest: dict[str, Any] = till.heard(PURCHASES)["guests"][0]
        if guest["purchases"][0]["at_ms"] >= since_ms:
            return guest


async def _agree(hall: Hall, page: tuple[str, int]) -> None:
    """The device joins, and its owner agrees to everything on the guests' page."""
    hall.start("S-0")
    async with guests_page(page) as client:
        if "Согласие записано" not in await hall.agree(client, *PURPOSES):
            raise RuntimeError("the guests' page recorded no consent")


def _with_visitors(shop: LiveShop, folder: Path) -> None:
    """The agent that is started next has doors for the sensors."""
    offers = shop.place / "offers.toml"
    offers.write_text('[[offers]]\nru = "Всем — пакет"\nen = "A bag for everybody"\n', encoding="utf-8")
    told = {"controller": CONTROLLER, "country": "RU", "sockets": str(folder), "offers": str(offers)}
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in told.items()]
    with shop.config.open("a", encoding="utf-8") as config:
        config.write("\n".join(["[visitors]", *lines, ""]))


@contextmanager
def _echo(folder: Path) -> Iterator[Callable[[], float]]:
    """Milliseconds of one word to the bare socket's process and back, each time it is called."""
    path = folder / "echo.sock"
    with (
        started("ready", "tests.bench.bare_echo", str(path), log=folder / "echo.log"),
        closing(socket.socket(socket.AF_UNIX)) as wire,
    ):
        wire.settimeout(LOST_S)
        wire.connect(str(path))

        def once() -> float:
            began, heard = time.perf_counter(), 0
            wire.sendall(bytes(WORD_BYTES))
            while heard < WORD_BYTES:
                heard += len(wire.recv(WORD_BYTES)) or WORD_BYTES
            return (time.perf_counter() - began) * 1000

        yield once
