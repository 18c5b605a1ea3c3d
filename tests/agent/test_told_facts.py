"""What HQ gives back makes the same shop again: its sales, its stock, what it owes; nothing of it goes to HQ twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from stock_room import line, new_command, written

from agent.claims.claim_desk import ClaimDesk
from agent.view import Note
from fiscal.pickup import OrderStep
from fiscal.sale import Sale
from fiscal.stock_document import StockKind
from sync.store.batch import OutboxRow
from sync.wire.copies import Copy
from tests.agent.claim_shop import claims_wired, desk_of, issued
from tests.agent.small_shop import BEAR, CHEESE, CLAY, PUZZLE, SUPERVISOR, SmallShop, small_shop

__all__ = ["claims_wired"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("claims_wired")]


@pytest.fixture
def anyio_backend() -> str:
    return "trio"


async def a_day(shop: SmallShop) -> list[OutboxRow]:
    """Something of each kind that a shop tells HQ."""
    await written(shop, StockKind.STOCKTAKE, (PUZZLE, 9))
    await shop.open_shift(person=SUPERVISOR)
    await shop.sold(BEAR, PUZZLE, means="cash")
    await shop.sold(CLAY)
    await shop.scan(PUZZLE, CLAY)
    sale = shop.view().sale
    assert sale is not None
    await shop.done("discount", line=sale.lines[0].id, percent_thousandths=10_000)
    await shop.done("pay", means="card", sum_minor=10_000)
    await shop.until(lambda view: view.screen == "selling")
    await shop.pay_cash()
    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
    await shop.done("new_sale")
    await shop.done("refund", number="0001")
    of = shop.view().sale
    assert of is not None
    await shop.done("refund_line", line=of.lines[1].id, thousandths=1000)
    await shop.done("refund_pay")
    await shop.until(lambda view: shop.till().counter is None)
    await shop.done("cash_out", sum_minor=5_000, reason="bank")
    paid, owed = await issued(shop), await issued(shop, 3_300)
    await shop.till().shifts.pay_claim(paid.issued.number, "sue", supervisor=True)
    assert owed.issued.number != paid.issued.number
    pickups = shop.shop.stock.pickups
    await pickups.reserve("order-7", [line(PUZZLE, 2)], 48, "sue", command=new_command())
    await pickups.reserve("order-8", [line(PUZZLE, 1)], 48, "sue", command=new_command())
    await pickups.release("order-8", "sue", "called off", command=new_command())
    await written(shop, StockKind.WRITE_OFF, (PUZZLE, 1), reason="broken")
    return shop.store.outbox_read("sales", 0, 10_000)


def copies(rows: list[OutboxRow]) -> list[Copy]:
    return [
        Copy(1, row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, "taken", msgspec.Raw(row.body)) for row in rows
    ]


async def told(shop: SmallShop, given: list[Copy]) -> int:
    """How many of them were new."""
    facts = shop.shop.restore._facts
    new = 0
    for copy in given:
        batch = facts.batch(copy)
        if batch is not None:
            await shop.store.commit(batch)
            new += bool(batch.sales or batch.moves or batch.holds)
    return new


def face(sale: Sale) -> tuple[Any, ...]:
    """What of a sale is to be the same on any box."""
    lines = [(x.product.barcode, x.quantity_thousandths, x.price_minor, x.sum_minor) for x in sale.basket.lines]
    documents = [
        (s.number, s.sign, m.planned.document.total_minor) for s, m in zip(sale.sealed, sale.sealed_meant, strict=True)
    ]
    paid = (sale.card_minor, sale.cash_kept_minor, sale.credit_minor, sale.rounding_minor)
    return (sale.id, sale.act, sale.phase, sale.number, sale.due_minor, lines, documents, paid)


def owed_by(desk: ClaimDesk) -> list[tuple[str, int, str]]:
    return [(one.issued.number, one.issued.amount_minor, one.phase.value) for one in desk.owed()]


async def test_the_same_shop_is_made_again_and_nothing_of_it_is_told_again(tmp_path: Path) -> None:
    async with small_shop(tmp_path / "dead", "zvt") as shop:
        given = copies(await a_day(shop))
        faces = [face(sale) for sale in shop.sales()]
        stock = {sku: shop.store.stock(sku, "store") for sku in (BEAR, PUZZLE, CLAY, CHEESE)}
        owed = owed_by(desk_of(shop))
        holds = [(one.order, one.line, one.sku, one.thousandths, one.state) for one in shop.store.holds()]
        number = shop.store.setting("number/1")
        figures = shop.store.closed_since(0)
    assert len(faces) == 4
    assert owed
    assert holds
    async with small_shop(tmp_path / "new", "zvt") as again:
        assert await told(again, given) > 4
        assert [face(sale) for sale in again.sales()] == faces
        assert {sku: again.store.stock(sku, "store") for sku in stock} == stock
        assert owed_by(desk_of(again)) == owed
        assert [(one.order, one.line, one.sku, one.thousandths, one.state) for one in again.store.holds()] == holds
        assert again.store.setting("number/1") == number
        assert again.store.closed_since(0) == figures
        assert again.store.outbox_read("sales", 0, 100) == [], "HQ has all of it"
        assert await told(again, given) == 0, "told once more nothing moves"
        assert {sku: again.store.stock(sku, "store") for sku in stock} == stock


async def test_goods_of_a_sale_that_was_given_back_come_back_once(tmp_path: Path) -> None:
    """What the dead box had taken back already is not taken back again; the rest of the sale can be."""
    async with small_shop(tmp_path / "dead", "zvt") as shop:
        given = copies(await a_day(shop))
    async with small_shop(tmp_path / "new", "zvt") as again:
        await told(again, given)
        await again.open_shift(person=SUPERVISOR)
        await again.done("refund", number="0001")
        sale = again.view().sale
        assert sale is not None
        (bear,) = [one for one in sale.lines if one.returnable]
        assert (bear.name, bear.returnable) == ("Мишка", 1000), "the puzzle is back already"
        assert await again.do("refund_line", line="told-1", thousandths=1000) is not None
        await again.done("refund_line", line=bear.id, thousandths=1000)
        await again.done("refund_pay")
        await again.until(lambda view: again.till().counter is None)
        assert await again.do("refund", number="0001") == Note("refund_nothing_left", {"number": "0001"})


async def test_what_was_said_of_an_order_is_known_again(tmp_path: Path) -> None:
    """The page shows it, and what is said next has an id of its own: under a used one HQ would not hear it."""

    async def kept(shop: SmallShop) -> list[str]:
        orders = shop.shop.stock.orders
        await orders._say("web-1", OrderStep.KEPT, "hq", "at_till")
        await orders._say("web-1", OrderStep.READY, "ann")
        return [row.id for row in shop.store.outbox_read("sales", 0, 100) if row.kind == "order_step"]

    async with small_shop(tmp_path / "dead", "zvt") as shop:
        assert await kept(shop) == ["order/web-1/kept", "order/web-1/ready"]
        given = copies(shop.store.outbox_read("sales", 0, 100))
    async with small_shop(tmp_path / "new", "zvt") as again:
        await told(again, given)
        assert again.shop.stock.orders.step("web-1") == "ready"
        assert await kept(again) == ["order/web-1/kept/2", "order/web-1/ready/2"]
        before = len(again.store.journal("pickup/web-1"))
        await told(again, given)
        assert len(again.store.journal("pickup/web-1")) == before, "told once more it says nothing more"


async def test_documents_of_the_stock_go_on_where_hq_knows_them(tmp_path: Path) -> None:
    """A number on paper is of one document; a transfer's comes with the shop and three letters around it."""
    async with small_shop(tmp_path / "dead", "zvt") as shop:
        await written(shop, StockKind.STOCKTAKE, (PUZZLE, 9))
        await written(shop, StockKind.TRANSFER_OUT, (PUZZLE, 1), other="kazan")
        given = copies(shop.store.outbox_read("sales", 0, 100))
    async with small_shop(tmp_path / "new", "zvt") as again:
        await told(again, given)
        document = await written(again, StockKind.WRITE_OFF, (PUZZLE, 1), reason="broken")
        assert document.begun.number == "0003"
