"""A shopper at the kiosk, from the first scan to the goods: by notes with change, by card, by both, and half-way back.

The devices' ledgers are the truth: what lies in the boxes is what the books say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agent.course.schedule import PERSON_AFTER_S
from agent.kiosk.change import PIECES_AT_ONCE
from agent.kiosk.kiosk_settings import IDLE_MONEY_S, IDLE_S
from agent.kiosk.session import WARNS_MONEY_S, WARNS_S
from fiscal.sale import Phase
from fiscal.sale_events import Voided
from tests.agent.kiosk_shop import KioskShop, kiosk_shop, make_kiosk_world
from tests.agent.small_shop import BEAR, DOLL, World, mark_of

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]


async def filled(coins: int = 200) -> World:
    world = make_kiosk_world()
    await world.devices["coins1"].simulator.command(f"fill 10 {coins}")
    return world


async def put(shop: KioskShop, device: str, *pieces: str) -> None:
    """Piece by piece, each seen on the screen's counter or past it."""
    for piece in pieces:
        before = shop.view().cash
        counted = before.inserted_minor if before else 0
        await shop.order(device, f"insert {piece}")
        await shop.until(
            lambda view, counted=counted: view.screen != "cash" or (view.cash and view.cash.inserted_minor > counted)
        )


def books_balance(shop: KioskShop) -> None:
    """Boxes less payouts = cash in the register + open orders + owed + doubt, to the kopeck."""
    register = sum(record.get("cash_minor", 0) for record in shop.device("kkt1").events("fiscalised")) + sum(
        record["sum_minor"] for record in shop.device("kkt1").events("cash_in")
    )
    waiting = sum(shop.kiosk.back.unbooked())
    open_minor = owed_minor = 0
    for order in shop.kiosk.back.orders():
        money = shop.kiosk.back.money(order)
        open_minor, owed_minor = open_minor + money.in_order_minor, owed_minor + money.owed_minor
    doubt = sum(piece.value_minor for _, _, r in shop.kiosk.boxes.units() for piece in r.unit.doubts)
    assert shop.stacked_minor() == register + waiting + open_minor + owed_minor + doubt


async def test_a_purchase_that_ends_by_itself_while_it_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Its own course writes the last word first: the kiosk looks again, and nothing dies of it."""
    async with kiosk_shop(tmp_path, world=await filled()) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        counter = shop.kiosk.till.counter
        assert counter is not None
        append, given_up = counter.record.append, []

        async def late(*events: Any, **rest: Any) -> Any:
            given_up.append(events)
            if len(given_up) == 1:
                await append(Voided("left"))
            return await append(*events, **rest)

        monkeypatch.setattr(counter.record, "append", late)
        await shop.do("give_back")
        await shop.until(lambda view: view.screen == "attract")
        assert given_up, "nobody gave up: nothing was proved"
        assert [record.getMessage() for record in caplog.records if "died" in record.getMessage()] == []


async def test_notes_with_overpayment_and_change(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, world=await filled()) as shop:
        await shop.choose(BEAR)
        view = await shop.done("pay", means="cash")
        assert view.cash is not None
        due = view.cash.due_minor
        assert view.cash.change.code in ("change_given", "change_short")
        await shop.cash_open()
        notes = -(-due // 100_000)
        await put(shop, "cash1", *["note 1000"] * (notes - 1))
        view = await shop.until(lambda view: view.cash)
        assert view.cash is not None
        assert view.cash.left_minor == due - (notes - 1) * 100_000
        await put(shop, "cash1", "note 1000")
        view = await shop.until(lambda view: view.screen in ("done", "claim"))
        owed = notes * 100_000 - due
        paid = sum(record["value_minor"] for record in shop.device("coins1").events("paid_out"))
        assert paid == owed // 1000 * 1000
        assert [claim.amount_minor for claim in view.claims] == ([owed - paid] if owed > paid else [])
        sale = shop.sales()[0]
        assert (sale.phase, sale.cash_kept_minor) == (Phase.CLOSED, due)
        document = shop.device("kkt1").events("fiscalised")[-1]
        assert (document["cash_minor"], document["machine"]) == (due, "K-1")
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)
        assert (await shop.done("finish")).screen == "attract"


async def test_nobody_gets_a_bag_of_coins(tmp_path: Path) -> None:
    """So many coins once; the rest is owed, however full the hopper is."""
    async with kiosk_shop(tmp_path, world=await filled()) as shop:
        await shop.choose(BEAR)
        view = await shop.done("pay", means="cash")
        owed = 500_000 - (view.cash.due_minor if view.cash else 0)
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        view = await shop.until(lambda view: view.screen == "claim")
        assert len(shop.device("coins1").events("paid_out")) == PIECES_AT_ONCE
        assert [claim.amount_minor for claim in view.claims] == [owed - PIECES_AT_ONCE * 1000]
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)


async def test_without_coins_the_change_is_a_claim_that_the_register_books(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        view = await shop.done("pay", means="cash")
        due = view.cash.due_minor if view.cash else 0
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        view = await shop.until(lambda view: view.screen == "claim")
        claim = view.claims[0]
        assert (claim.amount_minor, claim.reason.code) == (500_000 - due, "claim_change_short")
        assert claim.code.startswith("TK1.")
        await shop.done("print_slip")
        shop.device("kkt1").unplug()
        refused = await shop.do("print_slip")
        assert refused is not None
        assert refused.code == "register_away"
        shop.device("kkt1").plugged = True
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        assert [r["sum_minor"] for r in shop.device("kkt1").events("cash_in")] == [500_000 - due]
        books_balance(shop)


async def test_by_card(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.screen == "done")
        assert view.receipt is not None
        assert shop.sales()[0].card_minor == view.receipt.total_minor
        assert len(shop.device("kkt1").events("fiscalised")) == 1


async def test_notes_and_the_rest_by_card(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 500")
        view = shop.view()
        assert view.cash is not None
        assert view.cash.may_card
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "done")
        sale = shop.sales()[0]
        assert (sale.phase, sale.cash_kept_minor, sale.left_minor) == (Phase.CLOSED, 50_000, 0)
        books_balance(shop)


async def test_a_declined_rest_may_be_paid_in_cash(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        view = await shop.done("pay", means="cash")
        due = view.cash.due_minor if view.cash else 0
        await shop.cash_open()
        await put(shop, "cash1", "note 500")
        shop.device("card1").faults.arm("decline")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "pay")
        view = await shop.done("pay", means="cash")
        assert view.cash is not None
        assert (view.cash.inserted_minor, view.cash.left_minor) == (50_000, due - 50_000)
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        await shop.until(lambda view: view.screen == "claim")
        assert shop.sales()[0].phase is Phase.CLOSED
        books_balance(shop)


async def test_money_back_half_way(tmp_path: Path) -> None:
    """What lies in the box cannot come back by itself: coins as far as they go, a claim for the rest."""
    async with kiosk_shop(tmp_path, world=await filled(5)) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 500")
        await shop.done("give_back")
        view = await shop.until(lambda view: view.screen == "claim")
        assert [claim.amount_minor for claim in view.claims] == [50_000 - 5_000]
        assert shop.sales()[0].phase is Phase.VOIDED
        assert not shop.device("kkt1").events("fiscalised")
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)


async def test_nobody_is_there(tmp_path: Path) -> None:
    """An empty hand: the basket is forgotten. Money inside: a claim on paper, no coins into an empty room."""
    async with kiosk_shop(tmp_path, world=await filled()) as shop:
        await shop.choose(BEAR)
        view = shop.view()
        assert view.idle is not None
        assert view.idle.warn_ms - view.now_ms <= IDLE_S * 1000
        await anyio.sleep(IDLE_S + WARNS_S + 2)
        assert shop.view().screen == "attract"
        assert shop.sales()[0].phase is Phase.VOIDED
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 100")
        await anyio.sleep(IDLE_MONEY_S + WARNS_MONEY_S + 5)
        view = await shop.until(lambda view: view.screen in ("claim", "attract"))
        assert not shop.device("coins1").events("paid_out")
        owed = shop.shop.claims.owed() if shop.shop.claims else ()
        assert [(claim.issued.amount_minor, claim.issued.reason) for claim in owed] == [(10_000, "timeout")]
        await shop.until(lambda view: view.screen == "attract")
        books_balance(shop)


async def test_a_register_that_will_not_make_the_receipt(tmp_path: Path) -> None:
    """The paper runs out between the first note and the last: asked again, then the money is claimed."""
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await shop.order("kkt1", "paper out")
        await put(shop, "cash1", "note 5000")
        await shop.until(lambda view: view.screen == "making")
        view = await shop.until(lambda view: view.screen == "claim", within_s=300)
        assert [(claim.amount_minor, claim.reason.code) for claim in view.claims] == [(500_000, "claim_not_made")]
        assert not shop.device("kkt1").events("fiscalised")
        await shop.order("kkt1", "paper in")
        await shop.until(lambda view: not shop.kiosk.back.unbooked(), within_s=300)
        books_balance(shop)


async def test_nothing_is_accepted_that_could_not_be_sold(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, greatest_cash_minor=100_000) as shop:
        await shop.choose(BEAR)
        note = await shop.do("pay", means="cash")
        assert note is not None
        assert note.code == "cash_too_much"
    async with kiosk_shop(tmp_path, world=make_kiosk_world(seed=8)) as shop:
        await shop.order("kkt1", "paper out")
        await shop.until(lambda view: view.screen == "pay" or view.screen == "basket")
        note = await shop.do("pay", means="cash")
        assert note is not None
        assert not shop.device("cash1").events("entered")


async def test_a_card_nobody_knows_of(tmp_path: Path) -> None:
    """Three minutes, then a case for people: no goods, no second charge, and the next shopper may come."""
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(BEAR)
        shop.device("card1").unplug_when("requested")
        await shop.done("pay", means="card")
        view = await shop.until(lambda view: view.screen == "checking")
        assert view.until_ms - view.now_ms <= 180_000 < PERSON_AFTER_S * 1000
        assert await shop.do("pay", means="cash") is not None
        view = await shop.until(lambda view: view.screen == "claim", within_s=400)
        assert view.claims[0].reason.code == "claim_card_unknown"
        assert shop.sales()[0].phase is Phase.LEFT_OPEN
        assert not shop.device("kkt1").events("fiscalised")


async def test_a_marked_toy(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.done("start")
        note = await shop.do("add", barcode=DOLL)
        assert note is not None, "a marked toy is scanned, not chosen"
        await shop.choose(mark_of(DOLL, "ABCDEF1234567"))
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "done")
        assert shop.device("kkt1").events("fiscalised")[-1]["lines"][0]["mark"]


async def test_the_power_goes_with_money_inside(tmp_path: Path) -> None:
    """The agent dies after the first note: started again it shows the same counter and the sale is finished."""
    world = await filled()
    async with kiosk_shop(tmp_path, world=world) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 1000")
    async with kiosk_shop(tmp_path, world=world) as shop:
        view = await shop.until(
            lambda view: view.screen == "cash" and view.cash and view.cash.inserted_minor == 100_000
        )
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        await shop.until(lambda view: view.screen in ("done", "claim"), within_s=300)
        assert shop.sales()[0].phase is Phase.CLOSED
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)
        assert view.language == "ru"


async def test_the_power_goes_with_the_first_note_on_its_way(tmp_path: Path) -> None:
    """Nothing counts yet when the agent dies; started again it waits for what the validator says of the note."""
    world = await filled()
    async with kiosk_shop(tmp_path, world=world) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        shop.device("cash1").faults.arm("power_cut=stacked")
        await shop.order("cash1", "insert note 5000")
        await shop.until(lambda view: shop.device("cash1").events("stacked"))
    async with kiosk_shop(tmp_path, world=world) as shop:
        view = await shop.until(lambda view: view.screen in ("done", "claim"), within_s=60)
        assert shop.sales()[0].phase is Phase.CLOSED
        assert view.receipt is not None
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)


async def test_the_boxes_are_emptied_by_name(tmp_path: Path) -> None:
    """Only a supervisor; the document says what the journal says; the next period begins empty."""
    async with kiosk_shop(tmp_path, world=await filled()) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 2000", "note 2000")
        await shop.until(lambda view: view.screen in ("done", "claim"))
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        await shop.done("finish")
        await shop.done("staff", pin="1111")
        refused = await shop.do("encash_open", device="cash1", unit="validator")
        assert refused is not None
        assert refused.code == "encash_not_allowed"
        await shop.done("staff_leave")
        await shop.done("staff", pin="2222")
        view = await shop.done("encash_open", device="cash1", unit="validator")
        assert view.staff is not None
        assert next(one for one in view.staff.units if one.unit == "validator").cassette == "open"
        await shop.order("cash1", "cassette out")
        await shop.until(lambda view: view.staff and any(one.cassette == "out" for one in view.staff.units))
        await shop.order("cash1", "cassette in")
        await shop.until(lambda view: view.staff and all(one.cassette != "out" for one in view.staff.units))
        await anyio.sleep(5)
        view = await shop.done("encash_close", device="cash1", unit="validator", new_cassette="B-2")
        assert view.staff is not None
        assert view.staff.last_encashment is not None
        assert view.staff.last_encashment.params["sum_minor"] == 400_000
        assert next(one for one in view.staff.units if one.unit == "validator").counts == []
        await shop.done("staff_leave")
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        await shop.until(lambda view: view.screen in ("done", "claim"))
        assert [sale.phase for sale in shop.sales()] == [Phase.CLOSED, Phase.CLOSED]
