"""The power is cut at each write and sync of a day at the stock page: what is sent again after it happens once.

The page keeps the id of an act until it is answered. So after the cut the whole day is sent again, act by act, with the
ids it had: whatever the cut left, the shelves and HQ's queue end as on a day without one.
"""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import anyio
import pytest
import trio
import trio.testing

from agent.stock.orders_heard import OrdersHeard
from agent.stock.pickup_desk import PickupDesk
from agent.stock.reservations import Reservations
from agent.stock.stock_desk import StockDesk
from agent.stock.view import StockCommand
from agent.till.people import Cashier, People
from agent.till.stock_commands import StockCommands
from fiscal.stock_document import SHELVES, on_the_way
from sync.store.store import Store, open_store
from tests.agent.small_shop import BEAR, CLAY, Goods, LoopClock
from tests.simulation.recording_vfs import RecordingVfs, power

SHOP = Path("/shop")
SIGNED = {"person": "sue", "pin": "2222"}
Balances = tuple[int, ...]
EACH = 1 if os.environ.get("TILLKEEPER_CAMPAIGN") else 4
"""Of some hundred cuts each takes as long as the day itself; a campaign makes them all."""


@dataclass
class Cut:
    """The disk at one moment, and how many acts had been answered by then."""

    answered: int
    disk: dict[str, bytes]


@dataclass
class Day:
    answered: int = 0
    cuts: list[Cut] = field(default_factory=list)


async def plain(pin_hash: str, pin: str) -> bool:
    return pin_hash == pin


async def pause() -> None:
    await anyio.sleep(0.003)


@asynccontextmanager
async def stock_of(disk: RecordingVfs) -> AsyncIterator[tuple[Store, StockCommands, Reservations]]:
    clock, made = LoopClock(), count(1)
    async with open_store(SHOP, device="d1", now_ms=clock.now_ms, vfs=disk.name, inline=pause) as store:
        reservations = Reservations(store, clock, list)
        # An id of the process before is never given again: as in life, where chance and the time are in it.
        begun = store.last_seq()
        desk = StockDesk(store, clock, reservations, list, "d1", lambda: f"doc-{begun}-{next(made)}", lambda: "bcd")
        pickups = PickupDesk(store, clock, reservations)
        people = People((Cashier("sue", "Sue", "2222", True),), plain)
        orders = OrdersHeard(pickups, store, clock, reservations)
        yield store, StockCommands(desk, pickups, orders, store, people, Goods), reservations  # type: ignore[arg-type]


async def a_day(commands: StockCommands, day: Day, again: int = 0) -> None:
    """Every kind of act. The first `again` were answered already, and are sent all the same."""
    sent = 0

    async def act(do: str, **args: object) -> str:
        nonlocal sent
        sent += 1
        answer = await commands.carry_out(StockCommand(f"act-number-{sent:04d}", do, args))
        assert answer.done, (do, answer.note)
        day.answered = max(day.answered, sent)
        return answer.document

    counting = await act("begin", kind="stocktake")
    await act("put", document=counting, sku=CLAY, thousandths=9000)
    await act("put", document=counting, sku=BEAR, thousandths=2000)
    await act("finish", document=counting, **SIGNED)
    got = await act("begin", kind="receiving")
    await act("scan", document=got, code=CLAY)
    await act("finish", document=got, **SIGNED)
    await act("keep", order="web-1", lines=[[CLAY, 4000], [BEAR, 1000]], hours=24, **SIGNED)
    await act("keep", order="web-2", lines=[[CLAY, 1000]], hours=24, **SIGNED)
    away = await act("begin", kind="transfer_out")
    await act("put", document=away, sku=CLAY, thousandths=3000)
    await act("finish", document=away, other="d2", **SIGNED)
    await act("release", order="web-2", **SIGNED)
    assert sent >= again


def ends(store: Store, reservations: Reservations) -> Balances:
    """What the day comes to: shelves, the way, what is free, documents and facts; and the journal is whole."""
    assert store.verify_chain() is None
    told = [row.id for row in store.outbox_read("sales", 0, 1000)]
    assert len(told) == len(set(told))
    number = next((row.number for row in store.stock_documents(50) if row.kind == "transfer_out"), "")
    free = [reservations.left_thousandths(sku) or 0 for sku in (CLAY, BEAR)]
    assert min(free) >= 0, "something is promised twice"
    on_hand = [store.stock(sku, place) for sku in (CLAY, BEAR) for place in (SHELVES, on_the_way(number))]
    return (*on_hand, *free, len(store.stock_documents(50)), len(told))


WHOLE: Balances = (7000, 3000, 2000, 0, 3000, 1000, 3, 6)


def recorded(torn: random.Random | None) -> Day:
    day = Day()

    async def main() -> None:
        disk: RecordingVfs

        def watch(operation: str, file: str) -> None:
            day.cuts.append(Cut(day.answered, disk.image(torn)))

        with power(f"stock-day-{torn is not None}", seed=5) as disk:
            disk.watch = watch
            async with stock_of(disk) as (store, commands, reservations):
                await a_day(commands, day)
                assert ends(store, reservations) == WHOLE

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return day


def lived_again(cut: Cut, number: int) -> tuple[int, Balances]:
    """The machine starts on what the cut left: how many answered acts are gone, and what the day comes to."""
    found: list[tuple[int, Balances]] = []

    async def main() -> None:
        with power(f"stock-after-{number}", image=cut.disk) as disk:
            async with stock_of(disk) as (store, commands, reservations):
                known = [store.command(f"act-number-{at:04d}") for at in range(1, cut.answered + 1)]
                ends(store, reservations)
                await a_day(commands, Day(), cut.answered)
                found.append((known.count(None), ends(store, reservations)))

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return found[0]


@pytest.mark.parametrize("torn", [False, True], ids=["synced-only", "torn-writes"])
def test_a_day_at_the_stock_page_happens_once(torn: bool) -> None:
    day = recorded(random.Random(5) if torn else None)
    assert len(day.cuts) > 40, "a day of so many acts writes oftener"
    for number, cut in list(enumerate(day.cuts))[::EACH]:
        assert lived_again(cut, number) == (0, WHOLE), f"cut {number}, {cut.answered} answered"
