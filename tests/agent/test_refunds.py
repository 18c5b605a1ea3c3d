"""Goods that come back: whole or in parts, by the means they were paid, never more than was sold or paid."""

from __future__ import annotations

from pathlib import Path

import pytest

from fiscal.payment import AttemptPhase
from fiscal.sale import Phase
from tests.agent.small_shop import BEAR, CLAY, PUZZLE, SmallShop, make_world, small_shop

pytestmark = pytest.mark.anyio
virtual = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


async def begin(shop: SmallShop, **chosen: int) -> None:
    """Take these quantities (thousandths by barcode) of the last sale back; the screen is ready to pay."""
    last = shop.view().last
    assert last is not None
    await shop.done("refund", number=last.number if last.act == "sale" else _sold(shop))
    for line in shop.view().sale.lines:  # type: ignore[union-attr]
        names = {"Мишка": "bear", "Пазл": "puzzle", "Пластилин": "clay"}
        wanted = chosen.get(names[line.name], 0)
        if wanted:
            await shop.done("refund_line", line=line.id, thousandths=wanted)


def _sold(shop: SmallShop) -> str:
    return next(row.number for row in shop.store.recent_sales("1", 100) if row.act == "sale")


async def give(shop: SmallShop) -> None:
    await shop.done("refund_pay")
    await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=120)


def back(shop: SmallShop) -> tuple[int, int]:
    """What went back in the last refund: (card, cash)."""
    last = shop.sales()[-1]
    assert last.phase is Phase.CLOSED
    return last.card_minor, last.cash_kept_minor


@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_a_card_sale_goes_back_to_the_card_in_parts(tmp_path: Path, terminal: str) -> None:
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        await shop.sold(BEAR, CLAY, CLAY)
        await begin(shop, clay=1000)
        await give(shop)
        assert back(shop) == (21_990, 0)
        await shop.done("new_sale")
        await begin(shop, bear=1000, clay=1000)
        await give(shop)
        assert back(shop) == (371_890, 0)
        refunded = shop.device("card1").events("refunded", "reversed")
        assert [record["amount_minor"] for record in refunded] == [21_990, 371_890]
        made = shop.device("kkt1").events("fiscalised")
        assert [record["total_minor"] for record in made] == [393_880, 21_990, 371_890]
        note = await shop.do("refund", number=_sold(shop))
        assert note is not None
        assert note.code == "refund_nothing_left"


async def test_a_cash_sale_goes_back_in_cash(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(PUZZLE, CLAY, means="cash")
        await begin(shop, puzzle=1000)
        await give(shop)
        assert back(shop) == (0, 44_900)
        assert shop.view().receipt.cash_back_minor == 44_900  # type: ignore[union-attr]
        assert shop.device("card1").events() == []


async def test_a_split_sale_goes_back_to_the_card_first(tmp_path: Path) -> None:
    """400.00 by card, the rest in cash: the card gets its part back first, never more than each paid."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(PUZZLE, PUZZLE, CLAY)
        await shop.done("pay", means="card", sum_minor=40_000)
        await shop.until(lambda view: view.screen == "selling")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        await shop.done("new_sale")
        await begin(shop, clay=1000)
        await give(shop)
        assert back(shop) == (21_990, 0)
        await shop.done("new_sale")
        await begin(shop, puzzle=2000)
        await give(shop)
        assert back(shop) == (18_010, 71_790)
        money = shop.device("card1").events("charged", "refunded", "reversed")
        assert [record["amount_minor"] for record in money] == [40_000, 21_990, 18_010]


async def test_what_cannot_come_back_is_refused_by_name(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(PUZZLE)
        for told in ({"number": "9999"}, {"number": ""}, {"qr": "t=20261121T0900&s=1.00"}, {"qr": "nonsense"}, {}):
            note = await shop.do("refund", **told)
            assert note is not None
            assert note.code == "refund_not_found"
        await begin(shop)
        line = shop.view().sale.lines[0].id  # type: ignore[union-attr]
        for thousandths, code in ((2000, "refund_more_than_sold"), (500, "refund_more_than_sold")):
            note = await shop.do("refund_line", line=line, thousandths=thousandths)
            assert note is not None
            assert note.code == code
        note = await shop.do("refund_pay")
        assert note is not None
        assert note.code == "empty_basket"
        note = await shop.do("refund_line", line="nowhere", thousandths=1000)
        assert note is not None
        assert note.code == "unknown_line"
        await shop.done("back")
        await shop.until(lambda view: view.sale is None)


async def test_found_by_the_receipts_qr(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(CLAY)
        await shop.pay_cash()
        view = await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        qr = view.receipt.documents[0]["qr"]  # type: ignore[union-attr]
        await shop.done("new_sale")
        await shop.done("refund", qr=qr)
        assert shop.view().sale.of_number == view.receipt.number  # type: ignore[union-attr]


async def test_no_more_cash_than_the_drawer_has(tmp_path: Path) -> None:
    """The register's own count decides; nothing is planned and nothing given."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(PUZZLE, means="cash")
        await shop.done("cash_out", sum_minor=544_900, reason="bank")
        await begin(shop, puzzle=1000)
        note = await shop.do("refund_pay")
        assert note is not None
        assert note.code == "no_cash_in_drawer"
        assert len(shop.device("kkt1").events("fiscalised")) == 1


@virtual
@pytest.mark.parametrize("terminal", ["zvt", "confirm"])
async def test_a_refund_has_its_own_unknown(tmp_path: Path, terminal: str) -> None:
    """The refund's answer is lost; the terminal is asked, the money goes back once, one refund document is made."""
    fault = {"zvt": "close_before_completion", "confirm": "lost_answer_refund"}[terminal]
    async with small_shop(tmp_path, terminal) as shop:
        await shop.open_shift()
        await shop.sold(BEAR, CLAY)
        shop.fault("card1", fault)
        await begin(shop, clay=1000)
        await shop.done("refund_pay")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=600)
        sale = shop.sales()[-1]
        assert AttemptPhase.UNKNOWN in sale.attempts[0].trail
        assert [record["amount_minor"] for record in shop.device("card1").events("refunded")] == [21_990]
        assert len(shop.device("kkt1").events("fiscalised")) == 2


@virtual
async def test_a_refund_in_doubt_counts_as_taken(tmp_path: Path) -> None:
    """While nobody knows whether a refund went through, the same goods cannot come back a second time."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.sold(PUZZLE)
        number = _sold(shop)
        shop.device("card1").unplug_when("refunded")
        await begin(shop, puzzle=1000)
        await shop.done("refund_pay")
        view = await shop.until(
            lambda view: view.case is not None and view.case.next_shopper_ms < view.now_ms, within_s=99
        )
        assert view.case is not None
        assert view.case.kind == "refund_unknown"
        await shop.done("next_shopper")
        note = await shop.do("refund", number=number)
        assert note is not None
        assert note.code == "refund_nothing_left"
        shop.plug("card1")
        await shop.until(lambda view: not view.parked, within_s=300)
        assert len(shop.device("card1").events("refunded")) == 1


@virtual
async def test_a_refund_survives_a_restart(tmp_path: Path) -> None:
    """The power goes after the money went back and before its document: the document is made once, no money moves."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await shop.sold(PUZZLE)
        await begin(shop, puzzle=1000)
        shop.device("card1").taps.append(lambda data: shop.unplug("kkt1") if b"\x06\x31" in data else None)
        await shop.done("refund_pay")
        await shop.until(lambda view: view.case is not None and view.case.kind == "unsealed")
        world.devices["card1"].taps.clear()
    shop.plug("kkt1")
    async with small_shop(tmp_path, world=world) as shop:
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=120)
        assert len(shop.device("card1").events("refunded", "reversed")) == 1
        assert [made["total_minor"] for made in shop.device("kkt1").events("fiscalised")] == [44_900, 44_900]
