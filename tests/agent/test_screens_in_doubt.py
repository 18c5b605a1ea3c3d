"""While nobody knows about the money there is no pay key: on no screen of any case, before and after a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.course.schedule import PERSON_AFTER_S
from agent.view import TillView
from tests.agent.small_shop import BEAR, CLAY, DOLL, SmallShop, make_world, mark_of, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

PAYING = ("pay", "take_cash")


async def no_money_can_be_asked_for(shop: SmallShop, view: TillView) -> None:
    """The view offers no means, and a page that asks all the same is refused."""
    assert view.case is not None
    assert view.screen == "case"
    assert view.tenders == []
    charged = len(shop.device("card1").events("requested", "authorised", "charged"))
    documents = len(shop.device("kkt1").events("fiscalised"))
    for do, args in (
        ("pay", {"means": "card"}),
        ("pay", {"means": "cash"}),
        ("take_cash", {"received_minor": 900_000}),
        ("refund_pay", {}),
        ("scan", {"code": CLAY}),
    ):
        note = await shop.do(do, **args)
        assert note is not None, f"{do} was taken in the case {view.case.kind}"
    assert len(shop.device("card1").events("requested", "authorised", "charged")) == charged
    assert len(shop.device("kkt1").events("fiscalised")) == documents


async def to_card_unknown(shop: SmallShop) -> TillView:
    await shop.scan(BEAR)
    shop.device("card1").unplug_when("charged")
    await shop.done("pay", means="card")
    return await shop.until(lambda view: view.case is not None)


async def to_register_unknown(shop: SmallShop) -> TillView:
    await shop.scan(BEAR)
    shop.device("kkt1").unplug_when("fiscalised")
    await shop.pay_cash()
    return await shop.until(lambda view: view.case is not None)


async def to_both_unknown(shop: SmallShop) -> TillView:
    await shop.scan(BEAR)
    shop.device("kkt1").unplug_when("fiscalised")
    await shop.done("pay", means="card")
    view = await shop.until(lambda view: view.case is not None)
    shop.unplug("card1")
    return view


async def to_refund_unknown(shop: SmallShop) -> TillView:
    sold = await shop.sold(CLAY)
    shop.device("card1").unplug_when("refunded")
    await shop.done("refund", number=sold.number)
    await shop.done("refund_line", line=shop.view().sale.lines[0].id, thousandths=1000)  # type: ignore[union-attr]
    await shop.done("refund_pay")
    return await shop.until(lambda view: view.case is not None)


async def to_unsealed(shop: SmallShop) -> TillView:
    await shop.scan(BEAR)
    shop.fault("kkt1", "fn_exhausted")
    await shop.done("pay", means="card")
    return await shop.until(lambda view: view.case is not None)


UNKNOWN = {
    "card_unknown": to_card_unknown,
    "register_unknown": to_register_unknown,
    "register_unknown, paid by card": to_both_unknown,
    "refund_unknown": to_refund_unknown,
}


@pytest.mark.parametrize("case", list(UNKNOWN))
async def test_no_pay_key_in_doubt(tmp_path: Path, case: str) -> None:
    """Asking, asked a person, after a restart: the same answer each time."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        view = await UNKNOWN[case](shop)
        assert view.case is not None
        assert view.case.kind == case.partition(",")[0]
        await no_money_can_be_asked_for(shop, view)
        assert view.case.next_ms > 0
        assert view.case.until_ms > view.case.next_ms
        view = await shop.until(
            lambda view: view.case is not None and bool(view.case.ways), within_s=PERSON_AFTER_S + 120
        )
        await no_money_can_be_asked_for(shop, view)
        assert view.case is not None
        assert all(way.supervisor for way in view.case.ways)
    async with small_shop(tmp_path, world=world) as shop:
        view = await shop.until(lambda view: view.case is not None)
        await no_money_can_be_asked_for(shop, view)


async def test_the_power_cut_has_its_own_headline(tmp_path: Path) -> None:
    """The agent came back in the middle of a payment: the screen says so, and offers nothing to pay."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await shop.open_shift()
        await to_card_unknown(shop)
    async with small_shop(tmp_path, world=world) as shop:
        view = await shop.until(lambda view: view.case is not None)
        assert view.case is not None
        assert view.case.kind == "power_cut"
        await no_money_can_be_asked_for(shop, view)


async def test_unsealed_has_ways_out_and_no_pay_key(tmp_path: Path) -> None:
    """Paid, and the register refuses: mend and seal, give back, owe a correction. Exactly one way is the first."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        view = await to_unsealed(shop)
        await no_money_can_be_asked_for(shop, view)
        assert view.case is not None
        assert view.case.kind == "unsealed"
        assert {way.choice for way in view.case.ways} == {"retry_seal", "cancel_payment", "owe_correction"}
        assert [way.first for way in view.case.ways].count(True) == 1


async def test_cancelling_a_paid_sale_gives_the_money_back(tmp_path: Path) -> None:
    """PAID_UNSEALED, reversed by a supervisor: the charge goes back whole, nothing is sealed, nobody owes anything."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await to_unsealed(shop)
        note = await shop.do("choose", choice="cancel_payment", person="ann", pin="1111")
        assert note is not None
        assert note.code == "no_privilege"
        await shop.done("choose", choice="cancel_payment", person="sue", pin="2222")
        await shop.until(lambda view: view.case is None and view.sale is None, within_s=120)
        assert [record["event"] for record in shop.device("card1").events("charged", "reversed")] == [
            "charged", "reversed",
        ]  # fmt: skip
        assert shop.device("kkt1").events("fiscalised") == []
        assert shop.sales()[-1].phase.value == "voided"


async def test_owing_a_correction_frees_the_register(tmp_path: Path) -> None:
    """The moment has passed: the debt is one fact for HQ with a name, and the next shopper can pay."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await to_unsealed(shop)
        await shop.done("choose", choice="owe_correction", person="sue", pin="2222")
        items = [item for item in shop.store.outbox_read("sales", 0, 100) if item.kind == "debt"]
        assert len(items) == 1
        assert b'"sue"' in items[0].body
        await shop.until(lambda view: view.case is None and view.sale is None, within_s=60)
        assert shop.store.lock_holder("kkt1") is None
        assert shop.store.stock(BEAR, "store") == -1000


async def test_a_refused_mark_can_leave_a_paid_sale(tmp_path: Path) -> None:
    """The register refuses one mark at the seal: the line is dropped, its money goes back, the rest is sealed."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR, mark_of(DOLL, "ABCDEF1234567"))
        await shop.until(lambda view: view.sale.lines[1].mark.state == "ok")  # type: ignore[union-attr]
        shop.fault("kkt1", "mark_refused_at_seal")
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.case is not None)
        await no_money_can_be_asked_for(shop, view)
        assert view.case is not None
        assert {"rescan_mark", "drop_line"} <= {way.choice for way in view.case.ways}
        await shop.done("choose", choice="drop_line")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=300)
        card = shop.device("card1").events("charged", "refunded", "reversed")
        assert [(record["event"], record["amount_minor"]) for record in card] == [
            ("charged", 479_800), ("refunded", 129_900),
        ]  # fmt: skip
        assert [made["total_minor"] for made in shop.device("kkt1").events("fiscalised")] == [349_900]


async def test_the_next_shopper_may_come_after_half_a_minute(tmp_path: Path) -> None:
    """A doubtful card payment may be left aside; its terminal stays locked, cash goes on, and it is settled beside."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await to_card_unknown(shop)
        note = await shop.do("next_shopper")
        assert note is not None
        assert note.code == "busy"
        await shop.until(lambda view: view.case is not None and view.now_ms > view.case.next_shopper_ms, within_s=99)
        await shop.done("next_shopper")
        assert [parked.unresolved for parked in shop.view().parked] == [True]
        await shop.scan(CLAY)
        shop.plug("card1")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and not view.parked, within_s=300)
        assert len(shop.device("card1").events("charged")) == 1
        assert len(shop.device("kkt1").events("fiscalised")) == 2


async def test_a_register_in_doubt_holds_the_till(tmp_path: Path) -> None:
    """A document in doubt cannot be left aside: the next one would be made on top of it."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await to_register_unknown(shop)
        await shop.until(lambda view: view.now_ms > view.case.sent_ms + 60_000, within_s=120)  # type: ignore[union-attr]
        view = shop.view()
        assert view.case is not None
        assert view.case.next_shopper_ms == 0
        note = await shop.do("next_shopper")
        assert note is not None
