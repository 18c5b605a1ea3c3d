"""The power is cut at each write and sync while a shop carries out what HQ asks about orders.

After the cut the feed is read on from the place that was kept: whatever the cut left, each order is kept once, given
back once and refused once, and HQ's queue holds one word of each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import msgspec
import trio
import trio.testing

from agent.stock.orders_heard import OrdersHeard
from agent.stock.pickup_desk import PickupDesk
from agent.stock.reservations import Reservations, counted
from fiscal.stock_document import SHELVES
from sync.downlink import place_of, take_page
from sync.store.batch import Batch, StockMove
from sync.store.store import Store, open_store
from sync.wire.commands import Command, Commands, OrderCancelled, OrderWanted
from tests.agent.small_shop import CLAY, LoopClock
from tests.simulation.recording_vfs import RecordingVfs, power

SHOP = Path("/shop")


def asked(seq: int, kind: str, body: msgspec.Struct) -> Command:
    return Command(seq, f"c{seq}", kind, 1, 0, msgspec.Raw(msgspec.json.encode(body)))


def wanted(order: str, *pieces: int) -> OrderWanted:
    return OrderWanted(order, [(str(n), CLAY, "clay", much * 1000) for n, much in enumerate(pieces)], 24)


PAGE = Commands(
    "feed",
    [
        asked(1, "order_wanted", wanted("web-1", 2, 1)),
        asked(2, "order_wanted", wanted("web-2", 4)),  # of seven three are kept, so four are there
        asked(3, "order_cancelled", OrderCancelled("web-2", "called off")),
        asked(4, "order_wanted", wanted("web-3", 3, 2)),  # five of four: refused
        asked(5, "order_wanted", wanted("web-1", 2, 1)),  # asked again, as after a restore
        asked(6, "order_wanted", wanted("web-3", 1)),  # refused is refused
        asked(7, "order_cancelled", OrderCancelled("web-9", "")),
    ],
    0,
)
TOLD = [
    "pickup/web-1/held", "pickup/web-2/held", "pickup/web-2/released", "order/web-3/refused", "order/web-9/cancelled",
]  # fmt: skip


async def pause() -> None:
    await anyio.sleep(0.003)


@asynccontextmanager
async def shop_on(disk: RecordingVfs) -> AsyncIterator[tuple[Store, OrdersHeard, Reservations]]:
    clock = LoopClock()
    async with open_store(SHOP, device="d1", now_ms=clock.now_ms, vfs=disk.name, inline=pause) as store:
        reservations = Reservations(store, clock, list)
        yield store, OrdersHeard(PickupDesk(store, clock, reservations), store, clock, reservations), reservations


def judged(store: Store, reservations: Reservations) -> None:
    assert store.verify_chain() is None
    assert [row.id for row in store.outbox_read("sales", 0, 100)] == TOLD
    assert reservations.left_thousandths(CLAY) == 4000
    assert place_of(store).seq == 7


def test_each_word_of_hq_is_carried_out_once_wherever_the_power_is_cut() -> None:
    cuts: list[dict[str, bytes]] = []

    async def whole() -> None:
        with power("orders", seed=5) as disk:
            async with shop_on(disk) as (store, orders, reservations):
                move = StockMove(CLAY, SHELVES, 7000, "received", "count-1")
                await store.commit(Batch(moves=(move,), settings=(counted(CLAY),)))
                disk.watch = lambda operation, file: cuts.append(disk.image(None))
                await take_page(store, PAGE, place_of(store), orders.takers)
                disk.watch = lambda operation, file: None
                judged(store, reservations)

    async def after(image: dict[str, bytes], number: int) -> None:
        with power(f"orders-after-{number}", image=image) as disk:
            async with shop_on(disk) as (store, orders, reservations):
                await take_page(store, PAGE, place_of(store), orders.takers)
                judged(store, reservations)

    trio.run(whole, clock=trio.testing.MockClock(autojump_threshold=0))
    assert len(cuts) > 12, "seven commands write at least twice each"
    for number, image in enumerate(cuts):
        trio.run(after, image, number, clock=trio.testing.MockClock(autojump_threshold=0))
