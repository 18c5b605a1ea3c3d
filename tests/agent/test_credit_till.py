"""Store credit at the till: found by a number, taken once and with the sale's own commit, put back with its refund."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agent.credit.credit_desk import number
from fiscal.sale import Phase
from fiscal.store_credit import CreditGiven
from sync.store import credit_journal
from sync.store.batch import Batch
from tests.agent.small_shop import BEAR, CLAY, SmallShop, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]
PHONE = "+7 916 123-45-67"
BEAR_MINOR = 349_900


async def filled(shop: SmallShop, sum_minor: int) -> str:
    """An account of the phone with so much on it, as an advance leaves it."""
    desk, till = shop.shop.credits, shop.till("1")
    account, beside = desk.opening(number("phone", "8 916 123 45 67"), "k1", till.new_id)
    given = credit_journal.to_entry(CreditGiven("advance", sum_minor), account, "k1")
    await shop.store.commit(Batch(entries=(*beside.entries, given), personal=beside.personal))
    return account


def balance(shop: SmallShop, account: str) -> int:
    return shop.shop.credits.balance_minor(account)


async def test_a_purchase_paid_whole_is_one_document_of_prepayment(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, BEAR_MINOR + 100)
        await shop.scan(BEAR)
        view = await shop.done("credit", number=PHONE)
        assert view.account is not None
        assert (view.account.how, view.account.tail, view.account.takes_minor) == ("phone", "4567", BEAR_MINOR)
        await shop.done("credit_pay")
        view = await shop.until(lambda view: view.screen == "receipt")
        assert view.account is None
        assert [(one.means, one.sum_minor) for one in view.receipt.payments] == [("credit", BEAR_MINOR)]  # type: ignore[union-attr]
        document = shop.device("kkt1").events("fiscalised")[-1]
        assert (document["prepaid_minor"], document["cash_minor"], document["electronic_minor"]) == (BEAR_MINOR, 0, 0)
        assert balance(shop, account) == 100


@pytest.mark.parametrize("means", ["card", "cash"])
async def test_the_rest_is_paid_another_way(tmp_path: Path, means: str) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, 45_200)
        await shop.scan(BEAR)
        await shop.done("credit", number=PHONE)
        await shop.done("credit_pay")
        view = await shop.until(lambda view: view.sale and view.sale.paid_minor == 45_200)
        assert view.sale is not None
        assert view.sale.left_minor == BEAR_MINOR - 45_200
        refused = await shop.do("credit", number=PHONE) or await shop.do("credit_pay")
        assert refused is not None
        assert refused.code == "credit_used"
        if means == "card":
            await shop.done("pay", means="card")
        else:
            await shop.pay_cash(BEAR_MINOR)
        view = await shop.until(lambda view: view.screen == "receipt")
        document = shop.device("kkt1").events("fiscalised")[-1]
        rest = document["electronic_minor"] + document["cash_minor"]
        assert (document["prepaid_minor"], rest) == (45_200, BEAR_MINOR - 45_200)
        assert view.receipt is not None
        assert view.receipt.change_minor == (45_200 if means == "cash" else 0)
        assert balance(shop, account) == 0


async def test_leaving_the_payment_puts_it_back(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, 45_200)
        await shop.scan(BEAR)
        await shop.done("credit", number=PHONE)
        await shop.done("credit_pay")
        await shop.until(lambda view: view.sale and view.sale.paid_minor == 45_200)
        assert balance(shop, account) == 0
        await shop.done("back")
        await shop.until(lambda view: shop.till("1").counter is None)
        assert balance(shop, account) == 45_200
        assert not shop.device("kkt1").events("fiscalised")


async def test_goods_that_come_back_put_it_back_with_their_document(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, 300_000)
        await shop.scan(BEAR, CLAY)
        await shop.done("credit", number=PHONE)
        await shop.done("credit_pay")
        await shop.until(lambda view: view.sale and view.sale.paid_minor == 300_000)
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till("1").counter is None)
        await shop.done("new_sale")
        last = shop.view().last
        assert last is not None
        assert last.means == ["credit", "card"]
        await shop.done("refund", number=last.number)
        for line in shop.view().sale.lines:  # type: ignore[union-attr]
            await shop.done("refund_line", line=line.id, thousandths=1000)
        await shop.done("refund_pay")
        await shop.until(lambda view: view.screen == "receipt" and shop.till("1").counter is None, within_s=120)
        document = shop.device("kkt1").events("fiscalised")[-1]
        by_card = shop.device("card1").events("refunded", "reversed")[-1]["amount_minor"]
        assert (document["operation"], document["prepaid_minor"], document["cash_minor"]) == (2, 300_000, 0)
        assert document["electronic_minor"] == by_card == document["total_minor"] - 300_000
        assert balance(shop, account) == 300_000


async def test_two_tills_do_not_spend_it_twice(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, 45_200)
        desk = shop.shop.credits
        with desk.holding(account, 30_000) as first:
            assert first
            assert desk.balance_minor(account) == 15_200
            with desk.holding(account, 30_000) as second:
                assert not second
        assert desk.balance_minor(account) == 45_200
        await anyio.lowlevel.checkpoint()


async def test_an_unknown_number_and_an_empty_account(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        note = await shop.do("credit", number="+7 900 000-00-00")
        assert note is not None
        assert note.code == "credit_none"
        note = await shop.do("credit", number="12")
        assert note is not None
        assert note.code == "contact_malformed"
        await filled(shop, 45_200)
        await shop.done("credit", number=PHONE)
        assert (await shop.do("credit_pay")) is not None, "there is no sale"
        assert await shop.store.erase_person("+79161234567") == 1, "kept without its plus, erased all the same"
        note = await shop.do("credit", number=PHONE)
        assert note is not None, "who was erased is not found again"


async def test_the_register_away_takes_nothing(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        account = await filled(shop, BEAR_MINOR)
        await shop.scan(BEAR)
        await shop.done("credit", number=PHONE)
        shop.device("kkt1").unplug()
        await shop.done("credit_pay")
        await shop.until(lambda view: view.trouble is not None)
        assert balance(shop, account) == BEAR_MINOR
        assert shop.sales()[-1].phase is Phase.BASKET
