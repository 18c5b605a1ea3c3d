"""Store credit at the kiosk: change that a known shopper leaves with the shop, and what is bought with it later."""

from __future__ import annotations

from pathlib import Path

import pytest

from fiscal.sale import Phase
from fiscal.sale_events import SaleAct
from tests.agent.kiosk_shop import KioskShop, kiosk_shop, make_kiosk_world
from tests.agent.small_shop import BEAR
from tests.agent.test_kiosk_sells import books_balance, put

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
PHONE, CARD = {"phone": "89161234567"}, {"card": "tk-0042"}
WAYS = {"change": ("pay_out", "credit")}


async def pay_too_much(shop: KioskShop, who: dict[str, str]) -> int:
    """A bear for a 5000 note by somebody known; what is left over."""
    await shop.done("start")
    await shop.done("scan", code=BEAR)
    await shop.done("checkout")
    await shop.done("identify", **who)
    await shop.done("receipt", way="paper")
    view = await shop.done("pay", means="cash")
    assert view.cash is not None
    assert view.cash.change.code == "change_short_credit"
    await shop.cash_open()
    await put(shop, "cash1", "note 5000")
    return 500_000 - view.cash.due_minor


def balance(shop: KioskShop) -> int:
    accounts = {row.sale for row in shop.store.journal_since(0, 10**6) if row.kind.startswith("credit.")}
    return sum(shop.shop.credits.balance_minor(one.removeprefix("credit/")) for one in accounts)


async def test_change_without_coins_is_put_on_the_account(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        over = await pay_too_much(shop, PHONE)
        view = await shop.until(lambda view: view.screen == "done")
        assert (view.claims, view.change.credited_minor if view.change else 0) == ([], over)
        advance = shop.sales()[-1]
        assert (advance.act, advance.phase, advance.opened.of_number) == (SaleAct.ADVANCE, Phase.CLOSED, "0001")
        document = shop.device("kkt1").events("fiscalised")[-1]
        assert (document["total_minor"], document["cash_minor"], document["machine"]) == (over, over, "K-1")
        line = document["lines"][0]
        assert (line["method"], line["subject"], line["vat"]) == (3, 10, 12), "an advance with the calculated 22/122"
        assert balance(shop) == over
        assert shop.store.stock(BEAR, "store") == -1000
        books_balance(shop)
        journal = b"".join(row.body for row in shop.store.journal_since(0, 10**6))
        assert b"9161234567" not in journal, "the journal is hashed for ever: no number may stand in it"


async def test_a_card_of_the_shop_pays_with_it_and_a_phone_does_not(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        await pay_too_much(shop, PHONE)
        await shop.until(lambda view: view.screen == "done")
        await shop.done("finish")
        over = await pay_too_much(shop, CARD)
        await shop.until(lambda view: view.screen == "done")
        await shop.done("finish")
        await shop.done("start")
        await shop.done("scan", code=BEAR)
        await shop.done("checkout")
        await shop.done("identify", **PHONE)
        assert shop.view().credit is None
        await shop.done("receipt", way="paper")
        refused = await shop.do("pay", means="credit")
        assert refused is not None, "a phone number is known to many"
        await shop.done("back")
        await shop.done("identify", card="TK-0042")
        await shop.done("receipt", way="paper")
        credit = shop.view().credit
        assert credit is not None
        assert (credit.tail, credit.balance_minor) == ("0042", over)
        await shop.done("pay", means="credit")
        view = await shop.until(lambda view: view.sale and view.sale.paid_minor)
        total = view.sale.total_minor if view.sale else 0
        taken = min(over, total)
        if total > over:
            assert (view.screen, view.sale.left_minor if view.sale else 0) == ("pay", total - over)
            await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "done")
        document = shop.device("kkt1").events("fiscalised")[-1]
        assert document["prepaid_minor"] == taken
        assert balance(shop) == 2 * over - taken
        books_balance(shop)


async def test_a_purchase_given_up_puts_it_back(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        over = await pay_too_much(shop, CARD)
        await shop.until(lambda view: view.screen == "done")
        await shop.done("finish")
        await shop.done("start")
        for code in (BEAR, BEAR, BEAR, BEAR, BEAR):
            await shop.done("scan", code=code)
        await shop.done("checkout")
        await shop.done("identify", **CARD)
        await shop.done("receipt", way="paper")
        await shop.done("pay", means="credit")
        await shop.until(lambda view: view.screen == "pay" and view.sale and view.sale.paid_minor == over)
        assert balance(shop) == 0
        await shop.done("leave")
        await shop.until(lambda view: view.screen == "attract")
        assert balance(shop) == over
        assert shop.sales()[-1].phase is Phase.VOIDED


async def test_the_power_goes_while_the_advance_is_made(tmp_path: Path) -> None:
    """The next start finds it unfinished and makes it once."""
    world = make_kiosk_world()
    async with kiosk_shop(tmp_path, world=world, **WAYS) as shop:
        over = await pay_too_much(shop, PHONE)
        await shop.until(lambda view: any(sale.act is SaleAct.ADVANCE for sale in shop.sales()))
    async with kiosk_shop(tmp_path, world=world, **WAYS) as shop:
        await shop.until(lambda view: balance(shop) == over)
        assert len([sale for sale in shop.sales() if sale.act is SaleAct.ADVANCE]) == 1
        books_balance(shop)


async def test_nobody_known_gets_a_slip(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        await shop.choose(BEAR)
        await shop.done("pay", means="cash")
        await shop.cash_open()
        await put(shop, "cash1", "note 5000")
        assert (await shop.until(lambda view: view.screen == "claim")).claims
        assert balance(shop) == 0


async def test_a_register_without_paper_does_not_keep_the_shopper(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        over = await pay_too_much(shop, PHONE)
        await shop.until(lambda view: shop.device("kkt1").events("fiscalised"))
        await shop.order("kkt1", "paper out")
        await shop.until(lambda view: view.screen == "done")
        assert balance(shop) == 0
        await shop.order("kkt1", "paper in")
        await shop.until(lambda view: balance(shop) == over)
        books_balance(shop)


async def test_an_advance_that_staff_cancels_is_a_claim(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        over = await pay_too_much(shop, PHONE)
        await shop.until(lambda view: shop.device("kkt1").events("fiscalised"))
        await shop.order("kkt1", "paper out")
        await shop.until(lambda view: shop.kiosk.stuck_aside() is not None and view.screen == "done")
        await shop.done("finish")
        await shop.done("staff", person="sue", pin="2222")
        view = shop.view()
        assert view.sale is not None
        assert (view.sale.act, view.sale.phase, view.sale.paid_minor) == ("advance", "paid_unsealed", over)
        await shop.done("resolve", choice="cancel_payment")
        await shop.until(lambda view: view.staff and view.staff.claims)
        assert [claim.amount_minor for claim in shop.view().staff.claims] == [over]  # type: ignore[union-attr]
        assert balance(shop) == 0
        await shop.order("kkt1", "paper in")
        await shop.done("staff_leave")
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)


async def test_a_card_nobody_knows_of_leaves_the_credit_where_it_was(tmp_path: Path) -> None:
    """The rest was to be paid by a card that fell silent: people decide about the card, the account is whole again."""
    async with kiosk_shop(tmp_path, **WAYS) as shop:
        over = await pay_too_much(shop, CARD)
        await shop.until(lambda view: view.screen == "done")
        await shop.done("finish")
        await shop.done("start")
        await shop.done("scan", code=BEAR)
        await shop.done("checkout")
        await shop.done("identify", **CARD)
        await shop.done("receipt", way="paper")
        await shop.done("pay", means="credit")
        await shop.until(lambda view: view.sale and view.sale.paid_minor == over)
        shop.device("card1").unplug_when("requested")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "claim", within_s=400)
        assert shop.sales()[-1].phase is Phase.LEFT_OPEN
        assert balance(shop) == over
        books_balance(shop)
