"""A three-line cash sale from the first scan to the closed sale, over loopback TCP, beside its bare frames.

    scan, scan, scan, pay cash, take cash        five commands over the agent's HTTP API, as the page sends them
    -> pre-flight, intent, document, sealed, closed with its outbox item, the view that says so

Then the frames of one such sale are sent to the same simulator by a blocking socket loop that does nothing else: what
the wire and the simulated register cost by themselves.
"""

from __future__ import annotations

import socket
import statistics
import time
from dataclasses import dataclass, field

from tests.bench.figure import Figure, of_runs, quantile
from tests.bench.live_shop import LiveShop, Till, live_shop
from tests.bench.machine import fsync_p50_ms
from tests.bench.million import Opened, imported
from tests.bench.million import codes as some_codes
from tests.bench.relay import Frames, relay_to

LINES = 3
ENDS = (b'"screen":"receipt"', b'"screen":"case"', b'"screen":"stopped"', b'"trouble":{')
ANSWER_WITHIN_S = 5  # an instant simulator answers in a millisecond; this ends a bench that went wrong


@dataclass(slots=True)
class Timed:
    """Milliseconds of each sale, whole and from the moment the cash was taken."""

    whole: list[float] = field(default_factory=list)
    paying: list[float] = field(default_factory=list)


def bench_sale(runs: int = 5, sales: int = 30, products: int = 1_000_000) -> list[Figure]:
    """Median of a sale over `runs` agents, and what it is made of."""
    catalogue = imported(products).directory
    with Opened(products) as opened:
        codes = some_codes(opened, 200)
    whole, paying, replayed, frames = [], [], [], 0
    slowest: list[float] = []
    synced: list[float] = []
    for _ in range(runs):
        with live_shop(catalogue) as shop:
            recorded = _recorded(shop, codes)
            with shop.till() as (_, till):
                timed = sell(till, codes, sales)
                synced.append(fsync_p50_ms(15))
            bare = _replay(shop.register, recorded, sales)
        whole.append(statistics.median(timed.whole))
        paying.append(statistics.median(timed.paying))
        slowest.append(quantile(timed.whole, 0.95))
        replayed.append(statistics.median(bare))
        frames = len(recorded)
    ratio = [ours / bare for ours, bare in zip(whole, replayed, strict=True)]
    return [
        of_runs(
            "three-line cash sale, first scan to closed",
            whole,
            "ms median",
            digits=1,
            at_most=30,
            against=f"its {frames} frames by a bare socket loop: {statistics.median(replayed):.1f} ms; "
            f"an fsync meanwhile: {statistics.median(synced):.2f} ms, six a sale",
            more={
                "ratio_to_frames": round(statistics.median(ratio), 1),
                "p95_ms": round(statistics.median(slowest), 1),
            },
        ),
        of_runs("of it, cash taken to closed", paying, "ms median", digits=1, against="the same sales"),
        of_runs(
            "the same frames by a bare blocking socket", replayed, "ms median", digits=1, against="the same simulator"
        ),
    ]


def sell(till: Till, codes: list[str], sales: int, *, warm_up: int = 2) -> Timed:
    """So many three-line cash sales on an open till, each timed."""
    till.listen()
    timed = Timed()
    for number in range(sales + warm_up):
        began = time.perf_counter()
        for place in range(LINES):
            till.do("scan", code=codes[(number * LINES + place) % len(codes)])
        taking = take_cash(till)
        ended = time.perf_counter()
        if number >= warm_up:
            timed.whole.append((ended - began) * 1e3)
            timed.paying.append((ended - taking) * 1e3)
        till.look()
        till.do("new_sale")
    return timed


def take_cash(till: Till) -> float:
    """Pays what is on the counter in cash, to the closed sale; the moment when the cash was taken."""
    total = till.view["sale"]["total_minor"]
    till.do("pay", means="cash")
    before = till.view["last"]
    taking = time.perf_counter()
    till.do("take_cash", received_minor=total)
    while till.view["last"] == before or till.view["screen"] != "receipt":
        if till.view["trouble"] or till.view["case"]:
            raise RuntimeError(f"the sale stands: {till.view['trouble'] or till.view['case']}")
        till.heard(*ENDS)
    return taking


def finish_in_cash(till: Till) -> None:
    """Ends the sale on the counter, so that the next scan begins a new one."""
    till.look()
    take_cash(till)
    till.look()
    till.do("new_sale")


def _recorded(shop: LiveShop, codes: list[str]) -> Frames:
    """What goes over the wire for one sale: a sale through a relay, before anything is timed."""
    with relay_to(shop.register) as relay:
        shop.plug(relay.address)
        with shop.till() as (_, till):
            sell(till, codes, 1)
            relay.frames.clear()
            sell(till, codes, 1, warm_up=0)
            frames = list(relay.frames)
    shop.plug(shop.register)
    return frames


def _replay(address: str, frames: Frames, times: int) -> list[float]:
    """Milliseconds of each replay: send what the host sent, wait for as many bytes as the device answered."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    taken = []
    with socket.create_connection((host, int(port)), timeout=ANSWER_WITHIN_S) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(times):
            began = time.perf_counter()
            for way, data in frames:
                if way == ">":
                    wire.sendall(data)
                    continue
                left = len(data)
                while left:
                    heard = len(wire.recv(left))
                    if not heard:
                        raise RuntimeError("the simulator hung up")
                    left -= heard
            taken.append((time.perf_counter() - began) * 1e3)
    return taken
