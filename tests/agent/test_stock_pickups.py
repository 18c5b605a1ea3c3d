"""Goods kept for orders: nobody else is promised them, and the till says so before it sells the last piece."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from agent.stock.pickup_desk import OVER_FOR_S
from agent.stock.reservations import Reservations
from agent.stock.stock_refused import StockRefused
from fiscal.pickup import HoldState
from fiscal.sale import Phase, is_finished
from sync.store.batch import Batch, Entry, SaleRow, StockMove
from sync.store.store import Store, open_store
from sync.wire import facts
from tests.agent.kiosk_shop import kiosk_shop
from tests.agent.small_shop import BEAR, CLAY, LoopClock, SmallShop, small_shop
from tests.agent.stock_room import line, on_the_shelf, told

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]


def states(shop: SmallShop) -> list[tuple[str, str]]:
    return [(one.order, one.state) for one in told(shop, "pickup", facts.Pickup)]


async def test_an_order_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 3)
        await on_the_shelf(shop.store, BEAR, 1)
        with pytest.raises(StockRefused) as refused:
            await desk.reserve("web-1", [line(BEAR, 1), line(CLAY, 2, "2"), line(CLAY, 2, "3")], 24, "ann")
        assert refused.value.code == "stock_short", "two lines of one product ask for four"
        assert (left(BEAR), left(CLAY)) == (1000, 3000)
        for _ in range(2):  # asked for twice, kept once
            await desk.reserve("web-1", [line(BEAR, 1), line(CLAY, 2, "2")], 24, "ann")
        assert (left(BEAR), left(CLAY)) == (0, 1000)
        assert states(shop) == [("web-1", "held")]
        with pytest.raises(StockRefused) as other:
            await desk.reserve("web-1", [line(BEAR, 1)], 24, "ann")
        assert other.value.code == "pickup_other_lines"


async def test_its_hour_passes_without_anybody_sweeping(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 1)
        await desk.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        shop.world.clock.ahead = dt.timedelta(hours=23, minutes=59)
        assert left(CLAY) == 0
        shop.world.clock.ahead = dt.timedelta(hours=24, seconds=1)
        assert left(CLAY) == 1000
        assert await desk.tidy() == 0
        await anyio.sleep(OVER_FOR_S + 1)
        await desk.tidy()
        assert await desk.tidy() == 0
        assert left(CLAY) == 1000
        assert states(shop) == [("web-1", "held"), ("web-1", "expired")]


async def test_a_clock_that_woke_up_wrong_ends_no_order(tmp_path: Path) -> None:
    """Until it is set nobody is promised less than before it was; what was written down would stay."""
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 1)
        await desk.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        shop.world.clock.ahead = dt.timedelta(days=400)
        assert await desk.tidy() == 0
        await anyio.sleep(OVER_FOR_S / 2)
        assert await desk.tidy() == 0
        shop.world.clock.ahead = dt.timedelta(0)
        assert await desk.tidy() == 0
        await anyio.sleep(OVER_FOR_S)
        await desk.tidy()
        assert (left(CLAY), states(shop)) == (0, [("web-1", "held")])


async def test_a_called_off_order_gives_the_goods_back_once(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 1)
        await desk.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await desk.release("web-1", "ann", "customer_called_off")
        assert left(CLAY) == 1000
        with pytest.raises(StockRefused) as again:
            await desk.release("web-1", "ann", "")
        assert again.value.code == "pickup_released"


async def test_an_order_whose_goods_were_all_put_back_is_not_taken_with_the_sale(tmp_path: Path) -> None:
    """Rung up by mistake, taken out line by line, and the next customer's goods went into the same sale."""
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 2)
        await desk.reserve("web-1", [line(CLAY, 2)], 1, "ann")
        await shop.open_shift()
        await shop.done("collect", order="web-1")
        sale = shop.view().sale
        assert sale is not None
        await shop.done("remove", line=sale.lines[0].id)
        await shop.scan(BEAR)
        await shop.pay_cash()
        await shop.wait(lambda: shop.sales()[0].phase is Phase.CLOSED)
        assert states(shop) == [("web-1", "held")]
        assert left(CLAY) == 0
        assert desk.free("web-1").sale == "", "whoever comes for it gets it"


async def test_the_order_itself_may_have_its_goods_and_is_taken_with_the_sale(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 2)
        await desk.reserve("web-1", [line(CLAY, 2)], 1, "ann")
        await shop.open_shift()
        await shop.done("collect", order="web-1")
        assert [(one.barcode, one.quantity) for one in shop.view().sale.lines] == [(CLAY, 2000)]  # type: ignore[union-attr]
        assert left(CLAY) == 0, "the hold became the basket's line: counted once"
        shop.world.clock.ahead = dt.timedelta(hours=2)
        assert left(CLAY) == 0, "it does not expire on the counter"
        await shop.pay_cash()
        await shop.wait(lambda: shop.sales()[0].phase is Phase.CLOSED)
        assert (shop.store.stock(CLAY, "store"), left(CLAY)) == (0, 0)
        found = desk.order("web-1")
        assert found is not None
        assert found.state is HoldState.TAKEN
        await desk.tidy()
        assert states(shop) == [("web-1", "held"), ("web-1", "taken")]
        refused = await shop.do("collect", order="web-1")
        assert refused is not None
        assert refused.code == "pickup_taken"


async def test_a_sale_given_up_leaves_the_order_as_it_was(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk, left = shop.shop.stock.pickups, shop.shop.reservations.left_thousandths
        await on_the_shelf(shop.store, CLAY, 2)
        await desk.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await shop.open_shift()
        await shop.done("collect", order="web-1")
        await shop.done("remove", line=shop.view().sale.lines[0].id)  # type: ignore[union-attr]
        assert left(CLAY) == 1000, "what the basket lacks is still the order's"
        await shop.done("park")  # an empty basket is given up
        found = desk.order("web-1")
        assert found is not None
        assert (found.state, left(CLAY)) == (HoldState.HELD, 1000)


async def test_the_last_piece_is_not_sold_silently(tmp_path: Path) -> None:
    """The cashier has it in the hand: asked, with whose it is; what is said stands in the journal."""
    async with small_shop(tmp_path, terminals=("zvt", "zvt")) as shop:
        await on_the_shelf(shop.store, CLAY, 1)
        await shop.shop.stock.pickups.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await shop.open_shift()
        asked = await shop.do("scan", code=CLAY)
        assert asked is not None
        assert (asked.code, asked.params) == ("stock_promised", {"name": "Пластилин", "order": "web-1"})
        assert shop.view().sale is None, "nothing has happened"
        await shop.done("sell_promised")
        assert [one.barcode for one in shop.view().sale.lines] == [CLAY]  # type: ignore[union-attr]
        (row,) = [row for row in shop.store.journal_since(0, 10_000) if row.kind == "stock.promise_broken"]
        said = msgspec.json.decode(row.body)
        assert (said["by"], said["sku"], said["orders"], said["short_thousandths"]) == ("sue", CLAY, ["web-1"], 1000)
        (order,) = shop.shop.stock.pickups.standing()
        assert order.uncovered, "the stock page says which order is short"


async def test_what_was_asked_is_forgotten_with_the_next_thing_a_cashier_does(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 1)
        await shop.shop.stock.pickups.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await shop.open_shift()
        assert await shop.do("scan", code=CLAY) is not None
        await shop.done("scan", code=BEAR)
        refused = await shop.do("sell_promised")
        assert refused is not None
        assert [one.barcode for one in shop.view().sale.lines] == [BEAR]  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Asleep:
    """A till that has not begun yet."""

    id: str

    @property
    def settings(self) -> Asleep:
        return self

    def courses(self) -> list[Any]:
        return []


async def test_a_basket_of_the_process_before_is_seen_at_once(tmp_path: Path) -> None:
    """Before its till has taken it up: a kiosk that wakes first would promise what lies on the counter."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 3)
        await shop.open_shift()
        await shop.scan(CLAY, CLAY)
    async with open_store(tmp_path, device="shop-1", now_ms=lambda: 1, inline=anyio.lowlevel.checkpoint) as store:
        asleep = Reservations(store, LoopClock(), lambda: [Asleep("1")])
        assert asleep.left_thousandths(CLAY) == 1000
        gone = Reservations(store, LoopClock(), lambda: [Asleep("2")])
        assert gone.left_thousandths(CLAY) == 3000, "a till that the shop no longer has holds nothing"


async def test_a_sale_that_cannot_be_read_stops_no_till(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 3)
        await shop.open_shift()
        await shop.scan(CLAY)
        for id, body in (("torn", b"{"), ("newer", b'{"line":5}')):
            row = SaleRow(id, "1", "", "sale", "basket", 1, None, 0, 1, "", True)
            await shop.store.commit(Batch(entries=(Entry("sale.sale_opened", "1", body, id),), sales=(row,)))
        await shop.store.commit(Batch(sales=(SaleRow("none", "1", "", "sale", "basket", 1, None, 0, 1, "", True),)))
        for _ in range(3):
            assert shop.shop.reservations.left_thousandths(CLAY) == 2000
        await shop.scan(BEAR)
        said = [log.getMessage().split()[3] for log in caplog.records if "cannot be read" in log.getMessage()]
        assert said == ["torn", "newer"]


async def test_many_orders_are_looked_at_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two hundred orders of three products were 600 looks at every open sale: a tenth of a second for each page."""
    async with small_shop(tmp_path) as shop:
        desk = shop.shop.stock.pickups
        for sku in (CLAY, BEAR):
            await on_the_shelf(shop.store, sku, 9)
        for number in range(9):
            lines = [line(CLAY, 1, "1"), line(BEAR, 1, "2")]
            await desk.reserve(f"web-{number}", lines, 24, "ann")
        await shop.store.commit(Batch(moves=(StockMove(BEAR, "store", -1000, "write_off", "w"),)))
        looks: list[str] = []
        kept, balances = Store.open_sales, Store.stock

        def open_sales(self: Store, till: str | None = None) -> list[SaleRow]:
            looks.append("open")
            return kept(self, till)

        def stock(self: Store, sku: str, location: str) -> int:
            looks.append(sku)
            return balances(self, sku, location)

        monkeypatch.setattr(Store, "open_sales", open_sales)
        monkeypatch.setattr(Store, "stock", stock)
        assert [one.uncovered for one in desk.standing()] == [True] * 9
        assert sorted(looks) == sorted(["open", CLAY, BEAR])


async def test_goods_are_held_until_they_move(tmp_path: Path) -> None:
    """The receipt is out and the terminal has still to hear of it: the moves come with its end, not with the paper."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 3)
        await shop.open_shift()
        await shop.scan(CLAY)
        counter = shop.till().counter
        assert counter is not None
        counter.record.sale = replace(counter.record.sale, phase=Phase.SEALED)
        assert is_finished(counter.record.sale)
        assert shop.store.stock(CLAY, "store") == 3000
        assert shop.shop.reservations.left_thousandths(CLAY) == 2000
        (balance,) = shop.shop.reservations.balances([CLAY]).values()
        assert (balance.on_hand, balance.left, balance.in_baskets, balance.kept) == (3000, 2000, 1000, 0)


async def test_a_quantity_is_asked_about_like_a_scan(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 3)
        await shop.shop.stock.pickups.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await shop.open_shift()
        await shop.scan(CLAY)
        asked = await shop.do("quantity", line=shop.view().sale.lines[0].id, thousandths=3000)  # type: ignore[union-attr]
        assert asked is not None
        assert asked.code == "stock_promised"
        await shop.done("quantity", line=shop.view().sale.lines[0].id, thousandths=2000)  # type: ignore[union-attr]


async def test_the_till_sells_what_the_books_do_not_know(tmp_path: Path) -> None:
    """Nobody waits for it: the books are wrong, and a queue does not stand still for them."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 1)
        await shop.open_shift()
        await shop.scan(CLAY, CLAY)
        assert shop.view().sale.lines[0].quantity == 2000  # type: ignore[union-attr]


async def test_a_kiosk_refuses_what_is_kept_for_an_order(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 2)
        await shop.shop.stock.pickups.reserve("web-1", [line(CLAY, 1)], 24, "ann")
        await shop.done("start")
        await shop.done("scan", code=CLAY)
        refused = await shop.do("scan", code=CLAY)
        assert refused is not None
        assert refused.code == "kiosk_stock"
