"""Scanning and changing the basket: each act is an event or a refusal by name, and a refusal changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from agent.view import SaleView
from sync.wire import facts
from tests.agent.small_shop import BEAR, CASHIER, CHEESE, CLAY, DOLL, PUZZLE, SUPERVISOR, SmallShop, mark_of, small_shop

pytestmark = pytest.mark.anyio


def lines(shop: SmallShop) -> list[tuple[str, int, int]]:
    sale = shop.view().sale
    return [(line.barcode, line.quantity, line.sum_minor) for line in sale.lines] if sale else []


def sale_of(shop: SmallShop) -> SaleView:
    sale = shop.view().sale
    assert sale is not None
    return sale


async def test_the_same_plain_goods_join_and_others_do_not(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, CLAY, BEAR)
        assert lines(shop) == [(BEAR, 2000, 699_800), (CLAY, 1000, 21_990)]
        assert sale_of(shop).total_minor == 721_790
        assert (sale_of(shop).positions, sale_of(shop).pieces) == (2, 3000)


async def test_quantity_discount_removal_and_undo(tmp_path: Path) -> None:
    """Undo brings back what the last act changed, step by step, and a line id never comes back to another item."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(PUZZLE, CLAY)
        first, second = (line.id for line in sale_of(shop).lines)
        await shop.done("quantity", line=first, thousandths=3000)
        await shop.done("discount", line=first, percent_thousandths=10_000)
        assert lines(shop)[0] == (PUZZLE, 3000, 121_230)
        await shop.done("remove", line=second)
        assert sale_of(shop).undo is not None
        await shop.done("undo")
        assert lines(shop) == [(PUZZLE, 3000, 121_230), (CLAY, 1000, 21_990)]
        await shop.done("undo")
        await shop.done("undo")
        assert lines(shop) == [(PUZZLE, 1000, 44_900), (CLAY, 1000, 21_990)]
        await shop.done("discount", sum_minor=890)
        assert sale_of(shop).total_minor == 66_000
        assert sum(line.discount_minor for line in sale_of(shop).lines) == 890
        await shop.scan(BEAR)
        assert len({line.id for line in sale_of(shop).lines} | {first, second}) == 3


REFUSED: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown barcode": ("scan", {"code": "4600000000015"}, "unknown_barcode"),
    "wrong check digit": ("scan", {"code": "4601234004122"}, "check_digit"),
    "the EAN of marked goods": ("scan", {"code": DOLL}, "mark_needed"),
    "the mark of goods nobody knows": ("scan", {"code": mark_of("4600000000015", "ABCDEF1234567")}, "unknown_barcode"),
    "nothing": ("scan", {"code": ""}, ""),
    "a code through a Russian layout": ("scan", {"code": "ьфкл01"}, ""),
    "a product that the search does not have": ("add", {"barcode": "1"}, "unknown_barcode"),
    "a line that is not there": ("quantity", {"line": "nowhere", "thousandths": 1000}, "unknown_line"),
    "no quantity": ("quantity", {"line": "LINE", "thousandths": 0}, "limit_quantity"),
    "half a puzzle": ("quantity", {"line": "LINE", "thousandths": 1500}, "fraction_of_piece"),
    "more than a register can hold": ("quantity", {"line": "LINE", "thousandths": 9_999_999_999}, "limit_quantity"),
    "half a number": ("quantity", {"line": "LINE", "thousandths": 1000.5}, "malformed"),
    "a discount above the price": ("discount", {"line": "LINE", "sum_minor": 44_901}, "discount_too_large"),
    "more than all": ("discount", {"percent_thousandths": 100_001}, "discount_too_large"),
    "removal of a line that is not there": ("remove", {"line": "nowhere"}, "unknown_line"),
    "a command nobody knows": ("dance", {}, "malformed"),
    "an argument that is missing": ("quantity", {}, "malformed"),
}


@pytest.mark.parametrize("case", list(REFUSED))
async def test_a_refusal_is_named_and_changes_nothing(tmp_path: Path, case: str) -> None:
    do, args, code = REFUSED[case]
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(PUZZLE)
        line = sale_of(shop).lines[0].id
        before, rows = lines(shop), len(shop.store.journal_since(0, 10_000))
        note = await shop.do(do, **{name: line if value == "LINE" else value for name, value in args.items()})
        assert note is not None
        assert not code or note.code == code
        assert (lines(shop), len(shop.store.journal_since(0, 10_000))) == (before, rows)
        await shop.scan(CLAY)  # and the till goes on


async def test_weighed_goods_have_fractions(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(CHEESE)
        await shop.done("quantity", line=sale_of(shop).lines[0].id, thousandths=347)
        assert lines(shop) == [(CHEESE, 347, 27_757)]
        assert sale_of(shop).pieces == 1000


async def test_a_discount_needs_the_privilege(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift(person=CASHIER)
        await shop.scan(PUZZLE)
        note = await shop.do("discount", percent_thousandths=5000)
        assert note is not None
        assert note.code == "no_privilege"
        assert sale_of(shop).total_minor == 44_900


async def test_marked_goods_carry_their_verdict(tmp_path: Path) -> None:
    """Each marked item is a line of its own with the goods check's word; the same item twice is refused."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(mark_of(DOLL, "ABCDEF1234567"))
        view = await shop.until(lambda view: view.sale.lines[0].mark.state == "ok")  # type: ignore[union-attr]
        line = view.sale.lines[0]  # type: ignore[union-attr]
        assert line.mark is not None
        assert (line.marked, line.mark.gtin, line.mark.serial) == (True, DOLL.zfill(14), "ABCDEF1234567")
        for code, refusal in (
            (mark_of(DOLL, "ABCDEF1234567"), "mark_twice"),
            (mark_of(DOLL, "ABCDEF1234567").replace("\x1d", "\xe8"), ""),
        ):
            note = await shop.do("scan", code=code)
            assert note is not None
            assert not refusal or note.code == refusal
        note = await shop.do("quantity", line=line.id, thousandths=2000)
        assert note is not None
        assert note.code == "quantity_of_marked"
        await shop.scan(mark_of(DOLL, "ZYXWVU7654321"))
        assert len(sale_of(shop).lines) == 2


@pytest.mark.parametrize("verdict", ["blocked", "expired"])
async def test_a_refused_mark_is_not_sold(tmp_path: Path, verdict: str) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        shop.fault("goods", f"verdict={verdict}")
        await shop.scan(mark_of(DOLL, "ABCDEF1234567"))
        await shop.until(lambda view: view.sale.lines[0].mark.state == "refused")  # type: ignore[union-attr]
        for means in ("card", "cash"):
            note = await shop.do("pay", means=means)
            assert note is not None
            assert note.code == "mark_not_accepted"
        assert shop.device("card1").events("charged") == []


async def test_parked_and_brought_back(tmp_path: Path) -> None:
    """A basket left aside survives a restart and comes back whole."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, CLAY)
        await shop.done("park")
        assert [parked.unresolved for parked in shop.view().parked] == [False]
        await shop.sold(PUZZLE, means="cash")
    async with small_shop(tmp_path) as shop:
        view = shop.view()
        assert (view.sale, len(view.parked)) == (None, 1)
        await shop.done("bring_back", sale=view.parked[0].sale)
        assert lines(shop) == [(BEAR, 1000, 349_900), (CLAY, 1000, 21_990)]


async def test_while_paying_the_basket_is_shut(tmp_path: Path) -> None:
    """Money is being asked for exactly these lines: no scan, no removal, no discount until it is decided."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.order("card1", "card manual")
        await shop.scan(BEAR)
        line = sale_of(shop).lines[0].id
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.sale is not None and view.sale.phase == "paying")
        for do, args in (
            ("scan", {"code": CLAY}),
            ("remove", {"line": line}),
            ("quantity", {"line": line, "thousandths": 2000}),
            ("discount", {"percent_thousandths": 1000}),
            ("undo", {}),
            ("pay", {"means": "cash"}),
            ("pay", {"means": "card"}),
            ("take_cash", {"received_minor": 900_000}),
            ("park", {}),
        ):
            note = await shop.do(do, **args)
            assert note is not None, do
        await shop.order("card1", "present card visa")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        assert len(shop.device("card1").events("charged")) == 1
        assert [made["total_minor"] for made in shop.device("kkt1").events("fiscalised")] == [349_900]


async def test_the_office_hears_who_gave_a_discount_and_where_it_was_sold(tmp_path: Path) -> None:
    """The reasons of a line add up to what separates its price from its sum."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(PUZZLE, CLAY)
        await shop.done("discount", sum_minor=890)
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt")
        body = next(row.body for row in shop.store.outbox_read("sales", 0, 100) if row.kind == "sale")
        told = msgspec.json.decode(body, type=facts.Sale)
    assert told.channel == "till"
    assert sum(reason.sum for line in told.lines for reason in line.reasons) == -890
    assert {(reason.kind, reason.by) for line in told.lines for reason in line.reasons} == {("discount", SUPERVISOR[0])}
    for line in told.lines:
        assert line.price * line.qty // 1000 + sum(reason.sum for reason in line.reasons) == line.sum
