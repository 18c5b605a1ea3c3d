"""Several tills, a kiosk's shopper, orders, deliveries, expiry and crashes in any order, against a model of ten lines.

The law: what is promised (open baskets, orders) and what is there never part, whoever asks in whatever order. A
promise is refused exactly when the model has nothing left; only a cashier who was asked may go below, and the model
counts how far.
"""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from agent.stock import pickup_desk
from agent.stock.basket_growth import lacking
from agent.stock.stock_refused import StockRefused
from agent.till.paying_acts import PayingActs
from agent.till.people import Cashier
from agent.till.selling_acts import SellingActs
from agent.view import Command
from fiscal.basket import Basket
from fiscal.stock_document import StockKind
from tests.agent.small_shop import CLAY, SmallShop, World, make_world, small_shop
from tests.agent.stock_room import line, on_the_shelf, written

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
TILLS = ("1", "2", "3")  # the third stands for a kiosk: what is not there it refuses, and asks nobody
KIOSK = "3"
SEEDS = 400 if os.environ.get("TILLKEEPER_CAMPAIGN") else 4
STEPS = 60


@dataclass(slots=True)
class Model:
    """One product. `orders`: (pieces, its hour); `overdrawn`: how far cashiers that were asked have gone below."""

    there: int
    baskets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TILLS, 0))
    orders: dict[str, tuple[int, int]] = field(default_factory=dict)
    fetching: dict[str, str] = field(default_factory=dict)  # till -> order

    def left(self, now_ms: int, but: str = "") -> int:
        """What is free for till `but`: its own basket and its own order are its own."""
        held = sum(pieces for till, pieces in self.baskets.items() if till != but)
        return self.there - held - self.kept(now_ms, but)

    def kept(self, now_ms: int, but: str = "") -> int:
        kept = 0
        for order, (pieces, until_ms) in self.orders.items():
            till = next((till for till, one in self.fetching.items() if one == order), "")
            if till:
                kept += max(0, pieces - self.baskets[till]) if till != but else 0
            elif now_ms < until_ms:
                kept += pieces
        return kept


class Play:
    """One seed: steps of chance on the real shop and on the model."""

    def __init__(self, directory: Path, world: World, rng: random.Random) -> None:
        self.directory, self.world, self.rng = directory, world, rng
        self.model = Model(rng.randrange(4, 9))
        self.made = 0
        self.refused = self.granted = self.asked = self.crashes = 0

    async def run(self) -> None:
        shelf = self.model.there
        steps = STEPS
        first = True
        while steps:
            async with AsyncExitStack() as stack:
                shop = await stack.enter_async_context(
                    small_shop(self.directory, terminals=("zvt",) * len(TILLS), world=self.world)
                )
                if first:
                    await on_the_shelf(shop.store, CLAY, shelf)
                    first = False
                for till in TILLS:
                    await shop.open_shift(till)
                self.compare(shop)
                while steps:
                    steps -= 1
                    if self.rng.random() < 0.04:
                        self.crashes += 1
                        break  # the agent is gone; what was durable comes back
                    await self.step(shop)
                    self.compare(shop)
                if not steps:
                    await self.one_too_many(shop)
                    self.compare(shop)

    async def step(self, shop: SmallShop) -> None:
        acts: list[Callable[[SmallShop], Awaitable[None]]] = [
            self.take, self.take, self.take, self.put_back, self.give_up, self.sell, self.order, self.order,
            self.call_off, self.collect, self.wait, self.receive, self.send_away, self.count, self.at_once, self.tidy,
        ]  # fmt: skip
        await self.rng.choice(acts)(shop)

    async def one_too_many(self, shop: SmallShop) -> None:
        """How a play ends, whatever came before: an order for a piece more than is left is refused."""
        pieces = max(0, self.model.left(shop.world.clock.now_ms())) + 1
        with pytest.raises(StockRefused) as refused:
            await shop.shop.stock.pickups.reserve("web-last", [line(CLAY, pieces)], 1, "ann")
        assert refused.value.code == "stock_short"
        self.refused += 1

    def compare(self, shop: SmallShop) -> None:
        stock, now_ms = shop.shop.reservations, shop.world.clock.now_ms()
        assert stock.on_hand_thousandths(CLAY) == self.model.there * 1000
        assert stock.held_thousandths(CLAY) == sum(self.model.baskets.values()) * 1000
        assert stock.promised_thousandths(CLAY) == self.model.kept(now_ms) * 1000
        assert stock.left_thousandths(CLAY) == self.model.left(now_ms) * 1000

    # What people do

    async def take(self, shop: SmallShop) -> None:
        till = self.rng.choice(TILLS)
        if till == KIOSK:
            await self.choose(shop)
            return
        free = self.model.left(shop.world.clock.now_ms(), till)
        others = sum(pieces for other, pieces in self.model.baskets.items() if other != till)
        others += self.model.kept(shop.world.clock.now_ms(), till)
        note = await shop.do("scan", till, code=CLAY)
        if self.model.baskets[till] + 1 <= free or others == 0:
            assert note is None, note
            self.granted += 1
        else:
            assert note is not None
            assert note.code in ("stock_promised", "stock_in_baskets")
            self.asked += 1
            if self.rng.random() < 0.7:
                return
            await shop.done("sell_promised", till)
        self.model.baskets[till] += 1

    async def choose(self, shop: SmallShop) -> None:
        """As `agent/kiosk/acts.py` does it: the look and the line within one turn, and no is no."""
        granted = await _choose(shop)
        free = self.model.left(shop.world.clock.now_ms(), KIOSK)
        assert granted == (self.model.baskets[KIOSK] + 1 <= free)
        self.model.baskets[KIOSK] += granted
        self.granted += granted
        self.refused += not granted

    async def put_back(self, shop: SmallShop) -> None:
        till = self._holding(lambda pieces: pieces > 0)
        if till:
            lines = shop.view(till).sale.lines  # type: ignore[union-attr]
            await shop.done("remove", till, line=lines[0].id)
            self.model.baskets[till] -= lines[0].quantity // 1000

    async def give_up(self, shop: SmallShop) -> None:
        till = self._holding(lambda pieces: pieces > 0)
        if till:
            for one in list(shop.view(till).sale.lines):  # type: ignore[union-attr]
                await shop.done("remove", till, line=one.id)
            await shop.done("park", till)
            await shop.wait(lambda: shop.till(till).counter is None)
            self.model.baskets[till] = 0
            self.model.fetching.pop(till, None)

    async def sell(self, shop: SmallShop) -> None:
        till = self._holding(lambda pieces: pieces > 0)
        if till:
            await shop.done("pay", till, means="cash")
            await shop.done("take_cash", till, received_minor=9_000_000)
            await shop.until(lambda view: view.screen == "receipt" and shop.till(till).counter is None, till)
            await shop.done("new_sale", till)
            self.model.there -= self.model.baskets[till]
            self.model.baskets[till] = 0
            self.model.orders.pop(self.model.fetching.pop(till, ""), None)

    async def order(self, shop: SmallShop) -> None:
        self.made += 1
        one, two = self.rng.randrange(1, 3), self.rng.randrange(0, 2)
        lines = [line(CLAY, one, "a")] + ([line(CLAY, two, "b")] if two else [])
        free = self.model.left(shop.world.clock.now_ms())
        hours = self.rng.choice([1, 24, 72])
        try:
            kept = await shop.shop.stock.pickups.reserve(f"web-{self.made}", lines, hours, "ann")
        except StockRefused as refused:
            code = refused.code
            self.refused += 1
        else:
            code = ""
            self.granted += 1
            self.model.orders[kept.order] = (one + two, kept.until_ms)
        assert code == ("stock_short" if one + two > free else "")

    async def call_off(self, shop: SmallShop) -> None:
        standing = self._waiting(shop)
        if standing:
            order = self.rng.choice(standing)
            await shop.shop.stock.pickups.release(order, "ann", "")
            del self.model.orders[order]

    async def collect(self, shop: SmallShop) -> None:
        till = self._holding(lambda pieces: pieces == 0)
        standing = self._waiting(shop)
        if till and till != KIOSK and standing and till not in self.model.fetching:
            order = self.rng.choice(standing)
            await shop.done("collect", till, order=order)
            self.model.baskets[till] = self.model.orders[order][0]
            self.model.fetching[till] = order

    async def wait(self, shop: SmallShop) -> None:
        """An hour of somebody's order passes; at most so long that the shift stays young."""
        if shop.world.clock.ahead < dt.timedelta(hours=20):
            shop.world.clock.ahead += dt.timedelta(minutes=self.rng.choice([5, 61]))

    async def receive(self, shop: SmallShop) -> None:
        pieces = self.rng.randrange(1, 4)
        await written(shop, StockKind.RECEIVING, (CLAY, pieces))
        self.model.there += pieces

    async def send_away(self, shop: SmallShop) -> None:
        pieces = self.rng.randrange(1, 5)
        free = self.model.left(shop.world.clock.now_ms())
        try:
            await written(shop, StockKind.TRANSFER_OUT, (CLAY, pieces), other="shop-2")
        except StockRefused as refused:
            code = refused.code
        else:
            code = ""
            self.model.there -= pieces
        assert code == ("stock_not_free" if pieces > free else "")

    async def count(self, shop: SmallShop) -> None:
        """The shelf as it is: what the books have, less what lies in baskets; one piece may have gone."""
        shelf = self.model.there - sum(self.model.baskets.values())
        if shelf > 0:
            lost = self.rng.randrange(0, 2)
            await written(shop, StockKind.STOCKTAKE, (CLAY, shelf - lost))
            self.model.there -= lost

    async def at_once(self, shop: SmallShop) -> None:
        """A kiosk's shopper and an order reach for the same pieces in one moment: together they get what is there."""
        before, free = self.model.left(shop.world.clock.now_ms()), self.model.left(shop.world.clock.now_ms(), KIOSK)
        self.made += 1
        order, got = f"web-{self.made}", dict[str, int]()

        async def shopper() -> None:
            got["kiosk"] = await _choose(shop)

        async def web() -> None:
            try:
                kept = await shop.shop.stock.pickups.reserve(order, [line(CLAY, 1)], 72, "ann")
            except StockRefused:
                got["web"] = 0
            else:
                got["web"] = 1
                self.model.orders[order] = (1, kept.until_ms)

        async with anyio.create_task_group() as tasks:
            for reach in self.rng.sample([shopper, web], 2):
                tasks.start_soon(reach)
        self.model.baskets[KIOSK] += got["kiosk"]
        room = before if KIOSK not in self.model.fetching else min(before, free)
        assert got["kiosk"] + got["web"] == max(0, min(2, room))

    async def tidy(self, shop: SmallShop) -> None:
        await shop.shop.stock.pickups.tidy()

    def _holding(self, wanted: Callable[[int], bool]) -> str:
        found = [till for till in TILLS if wanted(self.model.baskets[till])]
        return self.rng.choice(found) if found else ""

    def _waiting(self, shop: SmallShop) -> list[str]:
        now_ms = shop.world.clock.now_ms()
        fetched = set(self.model.fetching.values())
        return [one for one, (_, until) in self.model.orders.items() if now_ms < until and one not in fetched]


async def _choose(shop: SmallShop) -> bool:
    """What a kiosk does with a tile."""
    till, stock = shop.till(KIOSK), shop.shop.reservations
    selling = SellingActs(till, PayingActs(till))
    async with stock.turn:
        sale = till.counter.record.sale if till.counter else None
        events = till.basket.add(sale.basket if sale else Basket(), CLAY)
        if lacking(stock, sale, events) is not None:
            return False
        await selling.put(Command(till.new_id(), 0, "add"), events, Cashier("ann", "Ann", ""))
    return True


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_nothing_is_promised_twice(tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay one: pytest tests/agent/test_stock_model.py -k "[trio-<seed>]"."""
    monkeypatch.setattr(pickup_desk, "OVER_FOR_S", 0.0)  # hours pass by the clock here, and `tidy` is to write
    play = Play(tmp_path, make_world(("zvt",) * len(TILLS), seed=seed), random.Random(seed))
    await play.run()
    assert play.granted, "a play in which nobody got anything proves nothing"
    assert play.refused, "a play in which nothing was short proves little"
