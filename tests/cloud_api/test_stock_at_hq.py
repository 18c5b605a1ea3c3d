"""Two real shops and HQ: stock is equal on both sides, and a transfer's two ends find each other in either order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, OTHER_KEY, PushingTill, client_of, open_hq

from agent.stock.transfers_kept import coming, coming_setting
from cloud_api.app import Hq
from cloud_api.ingest import take
from cloud_api.settings import DeviceEntry
from cloud_api.stock_projections import StockRows, project_stock
from cloud_api.stock_taken import write_stock
from cloud_api.store import commands
from cloud_api.store.devices import KnownDevice, put_device
from fiscal.stock_document import StockKind
from sync.downlink import Place, place_of, take_page
from sync.store.batch import Batch
from sync.wire.commands import Commands
from sync.wire.edge_log import Ack, Item, Push
from sync.wire.facts import Pickup, PickupLine, StockDocument, StockLine
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, SmallShop, small_shop
from tests.agent.stock_room import line, written

pytestmark = pytest.mark.anyio
KAZAN, UFA, KAZAN_2 = "Казань, Баумана", "Уфа, Проспект", "Казань, Кремлёвская"


class Ends:
    """HQ and two shops, whose wires carry when a test says so."""

    def __init__(self, hq: Hq, kazan: SmallShop, ufa: SmallShop) -> None:
        self.hq, self.kazan, self.ufa = hq, kazan, ufa
        self._feed = ""
        self._known = {
            id(kazan): KnownDevice(DEVICE, KAZAN, "1", (KAZAN,)),
            id(ufa): KnownDevice(OTHER, UFA, "1", (UFA,)),
        }

    async def up(self, shop: SmallShop, *, again: bool = False) -> None:
        """Pushes what the shop's log has; with `again` all of it, as after a lost answer."""
        known = self._known[id(shop)]
        rows = shop.store.outbox_read("sales", 0, 10_000)
        items = [Item(row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, msgspec.Raw(row.body)) for row in rows]
        push = Push(known.device, 1, 1, items)
        for _ in range(2 if again else 1):
            taken = await take(self.hq.storage, known, "sales", push, now_ms=NOON_MS)
            assert isinstance(taken.answer, Ack)
        assert await self.hq.storage.rows("SELECT why FROM quarantine") == []

    async def page(self, shop: SmallShop, since: int | None = None) -> Commands:
        """What HQ asks for behind the shop's place, or behind `since`, which acknowledges it."""
        place = place_of(shop.store)
        after = place.seq if since is None else since
        feed = place.feed if since is None else self._feed
        page = await commands.read(self.hq.storage, self._known[id(shop)], feed, after, now_ms=NOON_MS)
        self._feed = page.feed
        return page

    async def down(self, shop: SmallShop) -> list[str]:
        """Carries out what HQ asks; the kinds."""
        page, place = await self.page(shop), place_of(shop.store)
        await take_page(shop.store, page, Place(place.feed, place.seq), shop.shop.stock.transfers.takers)
        return [one.kind for one in page.commands]

    async def told_again(self, shop: SmallShop) -> list[str]:
        """As to a shop that came back without any place in its feed; the kinds."""
        key = KEY if shop is self.kazan else OTHER_KEY
        async with client_of(self.hq) as client:
            answer = await client.get("/v1/feed/commands", headers={"authorization": f"Bearer {key}"})
        page = msgspec.json.decode(answer.content, type=Commands)
        await take_page(shop.store, page, Place("", 0), shop.shop.stock.transfers.takers)
        return [one.kind for one in page.commands]

    async def equal(self) -> None:
        """The law: what HQ sums is what the shop sums, product by product, by the running sum and by the moves."""
        for shop, store in ((self.kazan, KAZAN), (self.ufa, UFA)):
            for table in ("stock_sum", "stock_move"):
                found = await self.hq.storage.rows(
                    f"SELECT sku, sum(moved_thousandths) FROM {table} WHERE store=? GROUP BY sku", (store,)
                )
                theirs = {sku: moved for sku, moved in found if moved}
                ours = {sku: shop.store.stock(sku, "store") for sku in (BEAR, CLAY, PUZZLE)}
                assert theirs == {sku: thousandths for sku, thousandths in ours.items() if thousandths}, table


@asynccontextmanager
async def ends(folder: Path) -> AsyncIterator[Ends]:
    async with AsyncExitStack() as stack:
        hq = await open_hq(folder / "hq.sqlite")
        stack.push_async_callback(hq.storage.close)
        kazan = await stack.enter_async_context(small_shop(folder / "kazan"))
        ufa = await stack.enter_async_context(small_shop(folder / "ufa", hq=True))
        yield Ends(hq, kazan, ufa)


async def test_every_kind_of_document_reaches_hq_and_the_sums_agree(tmp_path: Path) -> None:
    async with ends(tmp_path) as both:
        shop = both.kazan
        await shop.open_shift()
        await shop.sold(CLAY, CLAY)
        await written(shop, StockKind.STOCKTAKE, (CLAY, 10), (BEAR, 3))
        await written(shop, StockKind.RECEIVING, (CLAY, 5), (PUZZLE, 2), reason="7")
        await written(shop, StockKind.WRITE_OFF, (BEAR, 1), reason="broken")
        await shop.sold(CLAY)
        await written(shop, StockKind.TRANSFER_OUT, (CLAY, 4), other="nowhere")
        await written(shop, StockKind.TRANSFER_IN, (BEAR, 2), of="elsewhere-0001")
        await both.up(shop, again=True)
        await both.equal()
        rows = await both.hq.storage.rows("SELECT kind, person, reason FROM stock_document ORDER BY seq")
        assert rows[1:3] == [("receiving", "ann", "7"), ("write_off", "ann", "broken")]
        counted = await both.hq.storage.rows(
            "SELECT counted, book, delta FROM stock_document_line WHERE sku=?", (CLAY,)
        )
        assert counted[0] == (10_000, -2000, 12_000)


async def test_a_transfer_over_two_shops(tmp_path: Path) -> None:
    async with ends(tmp_path) as both:
        await written(both.kazan, StockKind.STOCKTAKE, (CLAY, 9), (BEAR, 2))
        sent = await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 6), (BEAR, 1), other=UFA)
        number = sent.begun.number
        await both.up(both.kazan)
        assert await both.down(both.ufa) == ["transfer_coming"]
        (told,) = coming(both.ufa.store)
        assert (told.number, told.sender, told.lines) == (number, KAZAN, ((CLAY, CLAY, 6000), (BEAR, BEAR, 1000)))
        await written(both.ufa, StockKind.TRANSFER_IN, (CLAY, 5), (BEAR, 1), of=number)
        await both.up(both.ufa, again=True)
        assert await both.down(both.kazan) == ["transfer_arrived"]
        assert await both.down(both.kazan) == []
        document = both.kazan.shop.stock.desk.document(sent.begun.id)
        assert document is not None
        assert (document.phase.value, document.differences) == ("done", ((CLAY, -1000),))
        state = await both.hq.storage.row("SELECT sender_store, receiver_store, differences FROM transfer")
        assert state == (KAZAN, UFA, f'[["{CLAY}",-1000]]')
        await both.equal()


async def test_a_restored_box_hears_again_what_is_on_its_way_and_what_has_arrived(tmp_path: Path) -> None:
    """Both boxes had said that they have it, and came back from copies made before."""
    async with ends(tmp_path) as both:
        await written(both.kazan, StockKind.STOCKTAKE, (CLAY, 9))
        first = await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 4), other=UFA)
        second = await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 3), other=UFA)
        await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 1), other="nowhere")
        await both.up(both.kazan)
        assert await both.down(both.ufa) == ["transfer_coming"] * 2
        await written(both.ufa, StockKind.TRANSFER_IN, (CLAY, 4), of=first.begun.number)
        await both.up(both.ufa)
        assert await both.down(both.ufa) == []
        page = await both.page(both.kazan)
        assert [one.kind for one in page.commands] == ["transfer_arrived"]
        await both.page(both.kazan, page.commands[-1].seq)  # HQ forgets it; the box is the one before
        assert await both.down(both.kazan) == []
        told = [one for one in coming(both.ufa.store) if one.number == second.begun.number]
        await both.ufa.store.commit(Batch(settings=(coming_setting([]),)))
        for _ in range(2):
            assert await both.told_again(both.kazan) == ["transfer_arrived"]
            assert await both.told_again(both.ufa) == ["transfer_coming"]
        document = both.kazan.shop.stock.desk.document(first.begun.id)
        assert document is not None
        assert document.phase.value == "done"
        assert coming(both.ufa.store) == told
        assert told[0].lines == ((CLAY, CLAY, 3000),)
        await both.equal()


async def test_the_other_shop_may_be_heard_first(tmp_path: Path) -> None:
    """The sender's wire was cut: the goods came with their paper, and the sender hears when it is back."""
    async with ends(tmp_path) as both:
        await written(both.kazan, StockKind.STOCKTAKE, (CLAY, 9))
        sent = await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 6), other=UFA)
        await written(both.ufa, StockKind.TRANSFER_IN, (CLAY, 7), of=sent.begun.number)
        await both.up(both.ufa)
        assert await both.down(both.kazan) == []
        await both.up(both.kazan)
        assert await both.down(both.ufa) == [], "it has the goods already"
        assert await both.down(both.kazan) == ["transfer_arrived"]
        document = both.kazan.shop.stock.desk.document(sent.begun.id)
        assert document is not None
        assert document.differences == ((CLAY, 1000),)
        await both.equal()


@pytest.mark.parametrize("mistaken_first", [True, False])
async def test_a_third_shop_that_mistypes_the_number_takes_no_transfer(tmp_path: Path, mistaken_first: bool) -> None:
    async with ends(tmp_path) as both:
        await written(both.kazan, StockKind.STOCKTAKE, (CLAY, 9))
        sent = await written(both.kazan, StockKind.TRANSFER_OUT, (CLAY, 6), other=KAZAN_2)
        mistaken = sent.begun.number
        await put_device(both.hq.storage, DeviceEntry("kazan-2", KAZAN_2, "1", "0" * 64), now_ms=NOON_MS)
        await written(both.ufa, StockKind.TRANSFER_IN, (CLAY, 1), of=mistaken)
        for shop in (both.ufa, both.kazan) if mistaken_first else (both.kazan, both.ufa):
            await both.up(shop)
        known = await both.hq.storage.row(
            "SELECT sender_store, other, receiver FROM transfer WHERE number=?", (mistaken,)
        )
        assert known == (KAZAN, KAZAN_2, "")
        assert await both.hq.storage.number("SELECT count(*) FROM command WHERE device='kazan-2'") == 1
        assert await both.down(both.kazan) == [], "nothing has arrived"
        await both.equal()


async def test_of_two_receivers_heard_at_once_the_first_has_the_transfer(where: str) -> None:
    """The paper names no shop of ours, so the number is all there is: the sender heard of one, and so HQ says."""
    hq = await open_hq(where)
    sent = StockDocument("d1", "transfer_out", "T-1", "on_the_way", "Анна", NOON_MS, [StockLine(CLAY, CLAY, -6000)])
    sent = msgspec.structs.replace(sent, other="nowhere")
    got = StockDocument("d2", "transfer_in", "T-2", "done", "Анна", NOON_MS, [StockLine(CLAY, CLAY, 6000)], of="T-1")

    async def told(device: KnownDevice, document: StockDocument, hold_s: float = 0.0) -> None:
        rows = project_stock("stock_document", msgspec.json.encode(document))
        assert isinstance(rows, StockRows)
        async with hq.storage.transaction(device.store) as transaction:
            await write_stock(transaction, device, 1, [(1, rows)], now_ms=NOON_MS)
            await anyio.sleep(hold_s)

    await told(KnownDevice("elsewhere-1", "Казань-3", "1", ("Казань-3",)), sent)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(told, KnownDevice(DEVICE, KAZAN, "1", (KAZAN,)), got, 0.6)
        await anyio.sleep(0.2)
        tasks.start_soon(told, KnownDevice(OTHER, UFA, "1", (UFA,)), got)
    assert await hq.storage.row("SELECT receiver FROM transfer WHERE number='T-1'") == (DEVICE,)
    await hq.storage.close()


@pytest.mark.parametrize("other", [UFA, OTHER])
async def test_the_right_receiver_is_not_lost_behind_one_that_mistyped(where: str, other: str) -> None:
    """Both were heard before the sender: the goods are where they were sent to, and nobody waits for them."""
    hq = await open_hq(where)
    sent = StockDocument("d1", "transfer_out", "T-1", "on_the_way", "Анна", NOON_MS, [StockLine(CLAY, CLAY, -6000)])
    mistaken = StockDocument("d2", "transfer_in", "T-2", "done", "Анна", NOON_MS, [StockLine(BEAR, BEAR, 1000)])
    got = StockDocument("d3", "transfer_in", "T-3", "done", "Анна", NOON_MS + 5, [StockLine(CLAY, CLAY, 5000)])
    sender = KnownDevice("elsewhere-1", "Казань-3", "1", ("Казань-3",))
    said = (
        (KnownDevice(DEVICE, KAZAN, "1", (KAZAN,)), msgspec.structs.replace(mistaken, of="T-1")),
        (KnownDevice(OTHER, UFA, "1", (UFA,)), msgspec.structs.replace(got, of="T-1")),
        (sender, msgspec.structs.replace(sent, other=other)),
    )
    commands = 0
    for device, document in said:
        rows = project_stock("stock_document", msgspec.json.encode(document))
        assert isinstance(rows, StockRows)
        async with hq.storage.transaction(device.store) as transaction:
            commands = await write_stock(transaction, device, 1, [(1, rows)], now_ms=NOON_MS)
    known = await hq.storage.row("SELECT sender, receiver, received_ms, differences FROM transfer WHERE number='T-1'")
    assert known == ("elsewhere-1", OTHER, NOON_MS + 5, f'[["{CLAY}",-1000]]')
    kinds = await hq.storage.rows("/* global: test */ SELECT device, kind FROM command")
    assert (commands, kinds) == (1, [("elsewhere-1", "transfer_arrived")])
    await hq.storage.close()


async def test_what_is_kept_for_orders_is_known_at_hq(tmp_path: Path) -> None:
    async with ends(tmp_path) as both:
        await written(both.kazan, StockKind.STOCKTAKE, (CLAY, 9))
        pickups = both.kazan.shop.stock.pickups
        await pickups.reserve("web-1", [line(CLAY, 2)], 24, "ann")
        await pickups.reserve("web-2", [line(CLAY, 1)], 24, "ann")
        await pickups.release("web-1", "ann", "called off")
        await both.up(both.kazan)
        now = await both.hq.storage.rows("SELECT order_id, state FROM pickup_now ORDER BY order_id")
        assert now == [("web-1", "released"), ("web-2", "held")]


LINE = StockLine(CLAY, "Clay", 1000)
DOCUMENT = StockDocument("d1", "receiving", "0001", "done", "ann", 1, [LINE])
CHANGED: list[tuple[str, Any]] = [
    ("stock_document", msgspec.structs.replace(DOCUMENT, document_kind="gift")),
    ("stock_document", msgspec.structs.replace(DOCUMENT, state="lost")),
    ("stock_document", msgspec.structs.replace(DOCUMENT, id="")),
    ("stock_document", msgspec.structs.replace(DOCUMENT, number="0" * 300)),
    ("stock_document", msgspec.structs.replace(DOCUMENT, lines=[msgspec.structs.replace(LINE, delta=10**15)])),
    ("stock_document", {"id": "d1"}),
    ("pickup", Pickup("web-1", "eaten", 1, 2, [])),
    ("pickup", Pickup("", "held", 1, 2, [])),
    ("pickup", Pickup("web-1", "held", 1, 2, [PickupLine("1", CLAY, 10**15)])),
]


async def test_what_fits_no_schema_is_quarantined_and_the_rest_counts(tmp_path: Path) -> None:
    hq = await open_hq(tmp_path / "hq.sqlite")
    till = PushingTill()
    for at, (kind, fact) in enumerate(CHANGED):
        till.add(f"bad-{at}", fact, kind)
    till.add("good", DOCUMENT, "stock_document")
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
    assert await hq.storage.number("SELECT count(*) FROM quarantine") == len(CHANGED)
    assert await hq.storage.rows("SELECT sku, moved_thousandths FROM stock_sum") == [(CLAY, 1000)]
    await hq.storage.close()


async def test_nobody_takes_another_shops_transfer_over(tmp_path: Path) -> None:
    """A second sender of a number is kept as a document and changes nothing of the first."""
    hq = await open_hq(tmp_path / "hq.sqlite")
    out = StockDocument("d1", "transfer_out", "kazan-1-0001", "on_the_way", "ann", 1, [StockLine(CLAY, "", -1000)])
    for device, key in ((DEVICE, KEY), (OTHER, OTHER_KEY)):
        till = PushingTill(device, key)
        till.add("stock/d1", out, "stock_document")
        async with client_of(hq) as client:
            assert (await till.push(client)).status_code == 200
    assert await hq.storage.rows("SELECT number, sender FROM transfer") == [("kazan-1-0001", DEVICE)]
    assert await hq.storage.number("SELECT count(*) FROM stock_document") == 2
    await hq.storage.close()
