"""Receiving, write-off, transfers and stocktakes: one commit of moves, fact and person, and nothing before it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from agent.stock.coming import TransfersHeard
from agent.stock.stock_refused import StockRefused
from agent.stock.transfers_kept import coming
from fiscal.stock_document import StockKind, StockPhase, on_the_way
from sync.store.batch import Batch, Setting
from sync.wire.commands import Command
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, small_shop
from tests.agent.stock_room import documents_told, line, new_command, on_the_shelf, written

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
SHELF = "store"


def heard(kind: str, body: bytes) -> Command:
    return Command(1, "c1", kind, 1, 0, msgspec.Raw(body))


PLACE = Setting("downlink/commands", b'{"feed":"f","seq":1}')


async def test_receiving_is_one_commit_with_who_did_it(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        desk = shop.shop.stock.desk
        id = await desk.begin(StockKind.RECEIVING, new_command())
        await desk.put(id, CLAY, "Clay", 3000, new_command())
        await desk.put(id, CLAY, "Clay", 1000, new_command(), more=True)
        await desk.put(id, BEAR, "Bear", 2000, new_command())
        await desk.remove(id, BEAR, new_command())
        assert shop.store.stock(CLAY, SHELF) == 0, "a draft moves nothing"
        done = await desk.finish(id, "ann", new_command(), reason="invoice 7")
        assert (shop.store.stock(CLAY, SHELF), shop.store.stock(BEAR, SHELF)) == (4000, 0)
        (fact,) = documents_told(shop)
        assert (fact.document_kind, fact.person, fact.number, fact.reason) == ("receiving", "ann", "0001", "invoice 7")
        assert [(one.sku, one.delta) for one in fact.lines] == [(CLAY, 4000)]
        assert done.phase is StockPhase.DONE
        kinds = [row.kind for row in shop.store.journal(f"stock/{id}")]
        assert (kinds[0], kinds[-1]) == ("stock.stock_begun", "stock.stock_done")
        assert shop.store.verify_chain() is None
        with pytest.raises(StockRefused) as over:
            await desk.put(id, CLAY, "Clay", 1000, new_command())
        assert over.value.code == "stock_document_over"


async def test_a_draft_is_there_after_a_restart(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        id = await shop.shop.stock.desk.begin(StockKind.RECEIVING, new_command())
        await shop.shop.stock.desk.put(id, CLAY, "Clay", 3000, new_command())
        world = shop.world
    async with small_shop(tmp_path, world=world) as shop:
        found = shop.shop.stock.desk.document(id)
        assert found is not None
        assert [(one.sku, one.thousandths) for one in found.lines.values()] == [(CLAY, 3000)]
        assert [row.id for row in shop.shop.stock.desk.listed()] == [id]


async def test_a_stocktake_is_true_while_the_till_sells(tmp_path: Path) -> None:
    """Ten by the books. Two lie in a parked basket when the shelf is counted, one is sold before the count ends."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 10)
        await shop.open_shift()
        await shop.scan(CLAY, CLAY)
        await shop.done("park")
        desk = shop.shop.stock.desk
        id, head = await desk.begin(StockKind.STOCKTAKE, new_command()), shop.store.outbox_head("sales")
        await desk.put(id, CLAY, "Clay", 7000, new_command())  # one of the eight is missing
        await shop.sold(CLAY)
        await desk.finish(id, "sue", new_command())
        assert shop.store.stock(CLAY, SHELF) == 10_000 - 1000 - 1000
        assert shop.shop.reservations.left_thousandths(CLAY) == 6000
        (fact,) = documents_told(shop)
        (counted,) = fact.lines
        assert (counted.counted, counted.book, counted.in_baskets, counted.delta) == (7000, 10_000, 2000, -1000)
        assert counted.as_of == head, "what came later is not in the sum it was compared with"


async def test_what_two_stocktakes_find_missing_is_missing_once(tmp_path: Path) -> None:
    """Both are open at once, on one shelf; the later one's books are from before the earlier one ended, or from after
    it. What is counted anew since then is compared with the books as they are."""
    async with small_shop(tmp_path) as shop:
        for sku in (CLAY, BEAR, PUZZLE):
            await on_the_shelf(shop.store, sku, 10)
        desk = shop.shop.stock.desk
        one, two = [await desk.begin(StockKind.STOCKTAKE, new_command()) for _ in range(2)]
        for id in (one, two):
            await desk.put(id, CLAY, "Clay", 8000, new_command())
        await desk.put(one, BEAR, "Bear", 9000, new_command())
        await desk.put(two, PUZZLE, "Puzzle", 7000, new_command())
        await desk.finish(one, "ann", new_command())
        await desk.put(two, BEAR, "Bear", 8000, new_command())
        world = shop.world
    async with small_shop(tmp_path, world=world) as shop:
        done = await shop.shop.stock.desk.finish(two, "sue", new_command())
        assert [shop.store.stock(sku, SHELF) for sku in (CLAY, BEAR, PUZZLE)] == [8000, 8000, 7000]
        assert shop.shop.stock.desk.document(two) == done
        told = {line.sku: (line.book, line.delta) for line in documents_told(shop)[1].lines}
        assert told == {CLAY: (8000, 0), BEAR: (9000, -1000), PUZZLE: (10_000, -3000)}


async def test_the_first_count_begins_a_products_stock(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(BEAR)
        left = shop.shop.reservations.left_thousandths
        assert left(BEAR) is None
        await written(shop, StockKind.STOCKTAKE, (BEAR, 4))
        assert left(BEAR) == 4000
        (fact,) = documents_told(shop)
        assert (fact.lines[0].delta, fact.lines[0].book) == (5000, -1000)
        assert fact.lines[0].as_of == shop.store.outbox_head("sales") - 1


async def test_a_write_off_needs_a_reason_and_the_goods(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 2)
        for pieces, told, code in ((1, "", "stock_reason_needed"), (3, "broken", "stock_not_there")):
            with pytest.raises(StockRefused) as refused:
                await written(shop, StockKind.WRITE_OFF, (CLAY, pieces), reason=told)
            assert refused.value.code == code
        await written(shop, StockKind.WRITE_OFF, (CLAY, 2), reason="broken")
        assert shop.store.stock(CLAY, SHELF) == 0


async def test_a_transfer_takes_only_what_is_free(tmp_path: Path) -> None:
    """What lies in a basket or is kept for an order does not leave the shop."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 5)
        await shop.open_shift()
        await shop.scan(CLAY)
        await shop.shop.stock.pickups.reserve("web-1", [line(CLAY, 2)], 24, "ann")
        with pytest.raises(StockRefused) as refused:
            await written(shop, StockKind.TRANSFER_OUT, (CLAY, 3), other="shop-2")
        assert (refused.value.code, refused.value.params["left"]) == ("stock_not_free", 2000)
        await written(shop, StockKind.TRANSFER_OUT, (CLAY, 2), other="shop-2")
        assert shop.shop.reservations.left_thousandths(CLAY) == 0


async def test_a_number_that_a_restored_counter_gives_again_is_another(tmp_path: Path) -> None:
    """Else the other shop has "received" the second one already."""
    async with small_shop(tmp_path) as shop:
        numbers = []
        for _ in range(2):
            id = await shop.shop.stock.desk.begin(StockKind.TRANSFER_OUT, new_command())
            numbers.append(shop.shop.stock.desk.draft(id).begun.number)
            await shop.store.commit(Batch(settings=(Setting("stock/counter", b"0"),)))
    assert numbers[0] != numbers[1]
    assert {number[:9] for number in numbers} == {"shop-0001"}


async def test_a_transfer_is_on_the_way_until_the_other_shop_has_it(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "a") as shop:
        await on_the_shelf(shop.store, CLAY, 5)
        sent = await written(shop, StockKind.TRANSFER_OUT, (CLAY, 4), other="shop-2")
        number = sent.begun.number
        assert re.fullmatch(r"shop-0001-[b-xz]{3}", number)
        assert (shop.store.stock(CLAY, SHELF), shop.store.stock(CLAY, on_the_way(number))) == (1000, 4000)
        assert [row.phase for row in shop.shop.stock.desk.listed()] == ["on_the_way"]
        hears = TransfersHeard(shop.shop.stock.desk, shop.store)
        body = b'{"number":"%s","at_ms":9,"differences":[["%s",-1000]]}' % (number.encode(), CLAY.encode())
        for _ in range(2):  # a feed may say it twice
            await hears.arrived(heard("transfer_arrived", body), PLACE)
        assert (shop.store.stock(CLAY, SHELF), shop.store.stock(CLAY, on_the_way(number))) == (1000, 0)
        found = shop.shop.stock.desk.document(sent.begun.id)
        assert found is not None
        assert (found.phase, found.differences) == (StockPhase.DONE, ((CLAY, -1000),))


async def test_a_transfer_is_received_once_with_its_differences(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        hears = TransfersHeard(shop.shop.stock.desk, shop.store)
        body = (
            b'{"number":"shop-9-0007","sender":"shop-9","at_ms":5,"lines":[["%s","Clay",4000],["%s","Puzzle",1000]]}'
            % (CLAY.encode(), PUZZLE.encode())
        )
        await hears.comes(heard("transfer_coming", body), PLACE)
        await written(shop, StockKind.TRANSFER_IN, (CLAY, 3), of="shop-9-0007")
        assert shop.store.stock(CLAY, SHELF) == 3000
        (fact,) = documents_told(shop)
        assert fact.of == "shop-9-0007"
        assert [(one.sku, one.delta, one.expected) for one in fact.lines] == [(CLAY, 3000, 4000), (PUZZLE, 0, 1000)]
        (row,) = shop.shop.stock.desk.listed()
        found = shop.shop.stock.desk.document(row.id)
        assert found is not None
        assert found.differences == ((CLAY, -1000), (PUZZLE, -1000))
        with pytest.raises(StockRefused) as again:
            await shop.shop.stock.desk.begin(StockKind.TRANSFER_IN, new_command(), "shop-9-0007")
        assert again.value.code == "stock_received_before"
        await hears.comes(heard("transfer_coming", body), PLACE)  # told again, late
        assert coming(shop.store) == []
