"""A web order from its request to the sale that fetches it: HQ and a real shop, on a wire that tests move."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from pushing_till import DEVICE, NOON_MS, Clock, client_of, open_hq

from agent.stock.orders_heard import OrderStep
from cloud_api.app import Hq
from cloud_api.ingest import take
from cloud_api.orders.heard import ask_again
from cloud_api.orders.states import OPEN, OrderState, Word, after
from cloud_api.store import commands
from cloud_api.store.devices import KnownDevice
from fiscal.sale import Phase
from fiscal.stock_document import StockKind
from sync.downlink import Place, place_of, take_page
from sync.wire.edge_log import Ack, Item, Push
from tests.agent.small_shop import BEAR, CLAY, SmallShop, small_shop
from tests.agent.stock_room import line, new_command, written

pytestmark = pytest.mark.anyio
KAZAN, UFA = "Казань, Баумана", "Уфа, Проспект"
_keys = (f"order-key-{n}" for n in itertools.count())


class Wire:
    """HQ, its API and one shop."""

    def __init__(self, hq: Hq, shop: SmallShop, client: httpx.AsyncClient, clock: Clock) -> None:
        self.hq, self.shop, self.client, self.clock = hq, shop, client, clock
        self.known = KnownDevice(DEVICE, KAZAN, "1", (KAZAN,))

    async def up(self) -> None:
        rows = self.shop.store.outbox_read("sales", 0, 10_000)
        items = [Item(row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, msgspec.Raw(row.body)) for row in rows]
        for _ in range(2):  # as after a lost answer
            taken = await take(self.hq.storage, self.known, "sales", Push(DEVICE, 1, 1, items), now_ms=self.clock.ms)
            assert isinstance(taken.answer, Ack)
        assert await self.hq.storage.rows("SELECT why FROM quarantine") == []

    async def down(self, *, lost: bool = False) -> list[str]:
        """Carries out what HQ asks; `lost`: the place is forgotten, so that all of it comes once more."""
        place = Place() if lost else place_of(self.shop.store)
        page = await commands.read(self.hq.storage, self.known, place.feed, place.seq, now_ms=self.clock.ms)
        await take_page(self.shop.store, page, place, self.shop.shop.stock.takers)
        return [one.kind for one in page.commands]

    async def place(self, *lines: tuple[str, int], key: str = "", status: int = 201, **told: Any) -> Any:
        wanted = [{"sku": sku, "thousandths": pieces * 1000} for sku, pieces in lines]
        body = {"store": KAZAN, "lines": wanted, **told}
        answer = await self.client.post("/v1/orders", json=body, headers={"idempotency-key": key or next(_keys)})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def placed(self, *lines: tuple[str, int], **told: Any) -> str:
        return str((await self.place(*lines, **told))["summary"]["order"])

    async def order(self, number: str) -> Any:
        return (await self.client.get(f"/v1/orders/{number}")).json()

    async def state(self, number: str) -> str:
        return str((await self.order(number))["summary"]["state"])

    async def cancel(self, number: str) -> str:
        answer = await self.client.post(f"/v1/orders/{number}/cancel", json={"why": "changed my mind"})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["summary"]["state"])

    def left(self, sku: str) -> int | None:
        return self.shop.shop.reservations.left_thousandths(sku)


@asynccontextmanager
async def wired(where: str, folder: Path, **shelf: int) -> AsyncIterator[Wire]:
    """With so many pieces of clay and bears on the shelf, and HQ knows it."""
    async with AsyncExitStack() as stack:
        clock = Clock()
        hq = await open_hq(where, clock)
        stack.push_async_callback(hq.storage.close)
        shop = await stack.enter_async_context(small_shop(folder / "kazan"))
        client = await stack.enter_async_context(client_of(hq))
        wire = Wire(hq, shop, client, clock)
        await written(shop, StockKind.STOCKTAKE, (CLAY, shelf.get("clay", 5)), (BEAR, shelf.get("bear", 2)))
        await wire.up()
        yield wire


async def test_an_order_is_kept_picked_and_sold_and_hq_hears_each_step(where: str, tmp_path: Path) -> None:
    async with wired(where, tmp_path) as wire:
        number = await wire.placed((CLAY, 2), (BEAR, 1), reference="W-17", hours=24)
        assert await wire.state(number) == "new"
        assert await wire.down() == ["order_wanted"]
        assert (wire.left(CLAY), wire.left(BEAR)) == (3000, 1000)
        await wire.up()
        summary = (await wire.order(number))["summary"]
        assert (summary["state"], summary["reference"]) == ("accepted", "W-17")
        assert summary["promised_ms"] == summary["held_ms"] + 15 * 60_000
        assert summary["until_ms"] == summary["held_ms"] + 24 * 3_600_000
        for step in (OrderStep.PICKING, OrderStep.READY, OrderStep.PICKING):
            await wire.shop.shop.stock.orders.said(number, step, "ann", new_command())
            await wire.up()
        assert await wire.state(number) == "ready"
        await wire.shop.open_shift()
        await wire.shop.done("collect", order=number)
        await wire.shop.pay_cash()
        await wire.shop.wait(lambda: wire.shop.sales()[0].phase is Phase.CLOSED)
        await wire.up()  # nobody has swept: the word left with the sale
        found = await wire.order(number)
        assert (found["summary"]["state"], found["summary"]["sale"]) == ("collected", wire.shop.sales()[0].id)
        assert [one["word"] for one in found["words"]] == ["placed", "held", "picking", "ready", "taken"]
        sums = await wire.hq.storage.rows("SELECT sku, moved_thousandths FROM stock_sum WHERE store=?", (KAZAN,))
        assert dict(sums) == {CLAY: 3000, BEAR: 1000}


async def test_one_request_is_one_order_for_ever(where: str, tmp_path: Path) -> None:
    async with wired(where, tmp_path) as wire:
        first = await wire.place((CLAY, 1), key="the-same-key")
        wire.clock.ms += 400 * 86_400_000
        again = await wire.place((CLAY, 1), key="the-same-key", status=200)
        assert again["summary"]["order"] == first["summary"]["order"]
        other = await wire.place((CLAY, 2), key="the-same-key", status=409)
        assert other["code"] == "request_used"
        assert len((await wire.client.get("/v1/orders")).json()["orders"]) == 1
        assert await wire.down() == ["order_wanted"]


async def test_a_command_that_comes_again_keeps_the_goods_once(where: str, tmp_path: Path) -> None:
    """A lost acknowledgement, a place forgotten with a restored copy: one reservation, one word to HQ."""
    async with wired(where, tmp_path) as wire:
        number = await wire.placed((CLAY, 2))
        assert await wire.down() == ["order_wanted"]
        assert await wire.down(lost=True) == ["order_wanted"]
        assert wire.left(CLAY) == 3000
        await wire.up()
        assert await wire.cancel(number) == "cancelling"
        assert await wire.cancel(number) == "cancelling"
        assert await wire.down(lost=True) == ["order_wanted", "order_cancelled"]
        assert await wire.down(lost=True) == ["order_wanted", "order_cancelled"]
        assert wire.left(CLAY) == 5000
        await wire.up()
        words = [one["word"] for one in (await wire.order(number))["words"]]
        assert words == ["placed", "held", "cancel_asked", "released"]
        assert await wire.state(number) == "cancelled"


async def test_a_shop_that_lost_its_order_with_a_restore_is_asked_again(where: str, tmp_path: Path) -> None:
    async with wired(where, tmp_path) as wire:
        number = await wire.placed((CLAY, 2))
        await wire.down()
        await wire.up()
        assert await wire.down() == []  # acknowledged: HQ has forgotten the command
        feed = place_of(wire.shop.store).feed
        assert await commands.stands_before(wire.hq.storage, wire.known, feed, 0)
        for _ in range(2):
            await ask_again(wire.hq.storage, wire.known, 0, now_ms=wire.clock.ms)
        assert await wire.down() == ["order_wanted"]
        assert wire.left(CLAY) == 3000, "it still had the goods: kept once"
        await wire.up()
        assert await wire.state(number) == "accepted"


async def test_orders_that_are_over_take_no_room_of_those_to_ask_for_again(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shop has thousands of them behind it: the open one is older, and its goods are kept all the same."""
    monkeypatch.setattr("cloud_api.orders.heard.MOST_OPEN", 1)
    async with wired(where, tmp_path) as wire:
        await wire.placed((CLAY, 1))
        wire.clock.ms += 1_000
        over = await wire.placed((CLAY, 1))
        await wire.down()
        await wire.up()
        await wire.cancel(over)
        await wire.down()
        await wire.up()
        assert await wire.state(over) == "cancelled"
        await wire.down()
        await ask_again(wire.hq.storage, wire.known, 0, now_ms=wire.clock.ms)
        assert await wire.down() == ["order_wanted"]


async def test_the_shop_has_the_last_word(where: str, tmp_path: Path) -> None:
    """HQ's stock was older than the counter: the order is refused whole, and HQ says what is left."""
    async with wired(where, tmp_path, bear=2) as wire:
        number = await wire.placed((CLAY, 1), (BEAR, 2))
        await wire.shop.open_shift()
        await wire.shop.sold(BEAR)
        await wire.down()
        assert wire.left(CLAY) == 5000
        await wire.down(lost=True)
        await wire.up()
        found = await wire.order(number)
        assert (found["summary"]["state"], found["summary"]["why"]) == ("refused", "short")
        assert {one["sku"]: one["left"] for one in found["lines"]} == {CLAY: None, BEAR: 1000}


async def test_hq_promises_no_piece_twice(where: str, tmp_path: Path) -> None:
    """Duplicates of a product count together, open orders count, and so does what staff keep by hand."""
    async with wired(where, tmp_path, clay=5) as wire:
        short = await wire.place((CLAY, 3), (CLAY, 3), status=409)
        assert short["code"] == "not_enough"
        await wire.placed((CLAY, 2))
        await wire.shop.shop.stock.pickups.reserve("by hand", [line(CLAY, 2)], 24, "ann")
        await wire.up()
        assert (await wire.place((CLAY, 2), status=409))["code"] == "not_enough"
        page = (await wire.client.get("/v1/stock", params={"store": KAZAN})).json()
        (clay,) = [row for row in page["stock"] if row["sku"] == CLAY]
        assert (clay["on_hand"], clay["kept"], clay["available"], clay["promise"]) == (5000, 4000, 1000, "yes")
        await wire.placed((CLAY, 1))
        assert (await wire.place(("nothing", 1), status=409))["code"] == "unknown_product"
        assert (await wire.place((CLAY, 1), store="Nowhere", status=404))["code"] == "no_store"


async def test_a_silent_shop_is_called_first_and_said_to_be_unconfirmed(where: str, tmp_path: Path) -> None:
    async with wired(where, tmp_path) as wire:
        wire.clock.ms = NOON_MS + 601_000
        page = (await wire.client.get("/v1/stock", params={"store": KAZAN})).json()
        assert (page["silent"], page["as_of_ms"]) == (True, NOON_MS)
        assert {row["promise"] for row in page["stock"]} == {"call"}
        assert (await wire.place((CLAY, 1), status=409))["code"] == "store_silent"
        number = await wire.placed((CLAY, 1), called=True)
        assert (await wire.order(number))["summary"]["unconfirmed"] is False
        wire.clock.ms += 180_001
        assert (await wire.order(number))["summary"]["unconfirmed"] is True


async def test_what_is_rung_up_cannot_be_called_off(where: str, tmp_path: Path) -> None:
    async with wired(where, tmp_path) as wire:
        number = await wire.placed((CLAY, 1))
        await wire.down()
        await wire.up()
        await wire.shop.open_shift()
        await wire.shop.done("collect", order=number)
        assert await wire.cancel(number) == "cancelling"
        await wire.down()
        await wire.up()
        assert await wire.state(number) == "accepted"
        await wire.shop.pay_cash()
        await wire.shop.wait(lambda: wire.shop.sales()[0].phase is Phase.CLOSED)
        await wire.up()
        assert await wire.state(number) == "collected"


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("word", Word)
def test_what_was_sold_is_sold_and_what_is_over_stays_over(state: OrderState, word: Word) -> None:
    """Every cell of state and word."""
    now = after(state, word, {"held"})
    if word is Word.TAKEN:
        assert now is OrderState.COLLECTED
    elif state not in OPEN:
        assert now is state
    elif word in (Word.RELEASED, Word.CANCELLED, Word.EXPIRED):
        assert now not in OPEN
    elif state is OrderState.CANCELLING and word in (Word.HELD, Word.PICKING, Word.READY):
        assert now is state, "whoever asked to cancel waits for the shop's word on that"
