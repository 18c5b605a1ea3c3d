"""What must be so at a kiosk when money moves: durable before it is said, in one commit, and only if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from agent.course.closing import LOCATION
from agent.stock.reservations import counted
from fiscal.claim import Claim
from fiscal.sale import Phase
from sync.store.batch import Batch, StockMove
from sync.store.claim_journal import read_claim, subject
from tests.agent.kiosk_shop import KioskShop, kiosk_shop
from tests.agent.small_shop import BEAR, CLAY, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

UNBOOKED = "claims-unbooked/k1"


async def paying(shop: KioskShop, *codes: str) -> None:
    await shop.choose(*codes)
    await shop.done("pay", means="cash")
    await shop.cash_open()


async def at_the_second(shop: KioskShop, event: str) -> None:
    """As soon as it has happened, before the agent hears of it."""
    while True:
        if len(shop.device("cash1").events(event)) == 2:
            return
        await anyio.sleep(0.005)


async def overpaid_without_coins(shop: KioskShop) -> None:
    """219,90 of 500,00, an empty hopper: the rest is a claim."""
    await paying(shop, CLAY)
    await shop.order("cash1", "insert note 500")
    await shop.until(lambda view: view.screen == "claim")


async def test_a_slip_is_printed_when_its_claim_is_durable(tmp_path: Path) -> None:
    """Paper that promises money nobody has written down could be paid by nobody, and would be issued again."""
    printed: list[tuple[str, Claim | None]] = []
    async with kiosk_shop(tmp_path) as shop:
        back = shop.kiosk.back
        prints = back.print

        async def watched(claim: Claim) -> bool:
            number = claim.issued.number
            printed.append((number, read_claim(shop.store.journal(subject(number)))))
            return await prints(claim)

        back.print = watched  # type: ignore[method-assign]
        await overpaid_without_coins(shop)
        await shop.until(lambda view: printed and not back.unbooked())
    assert len(printed) == 1
    number, durable = printed[0]
    assert durable is not None, f"the slip {number} was printed before its claim was kept"
    assert durable.issued.amount_minor == 50_000 - 21_990


async def test_a_claim_and_its_place_in_the_register_are_one_commit(tmp_path: Path) -> None:
    """A claim without its внесение would be cash the register never hears of; one too many it would hear of twice."""
    kept: list[Batch] = []
    async with kiosk_shop(tmp_path) as shop:
        commit = shop.store.commit

        async def watched(batch: Batch) -> Any:
            kept.append(batch)
            return await commit(batch)

        shop.store.commit = watched  # type: ignore[method-assign]
        await overpaid_without_coins(shop)
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
    told = {
        kind: [setting.value for batch in kept for setting in batch.settings if _is_about(batch, kind, setting.key)]
        for kind in ("claim.claim_issued", "shift.moved")
    }
    assert told == {"claim.claim_issued": [b"[28010]"], "shift.moved": [b"[]"]}
    alone = [batch for batch in kept if not batch.entries and any(s.key == UNBOOKED for s in batch.settings)]
    assert alone == [], "what the register is owed changes with what makes it so"


def _is_about(batch: Batch, kind: str, key: str) -> bool:
    return key == UNBOOKED and any(entry.kind == kind for entry in batch.entries)


async def test_a_note_that_comes_after_the_shopper_gave_up_goes_back(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await paying(shop, BEAR)
        await shop.order("cash1", "insert note 1000")
        await shop.until(lambda view: view.cash and view.cash.inserted_minor == 100_000)
        await shop.cash_open()
        await shop.order("cash1", "insert note 500")
        await at_the_second(shop, "escrowed")  # the poll that tells of it has not come yet
        await shop.done("give_back")
        await shop.until(lambda view: view.screen == "claim")
        assert [record["value_minor"] for record in shop.device("cash1").events("returned")] == [50_000]
        assert shop.sales()[0].phase is Phase.VOIDED
        assert [claim.amount_minor for claim in shop.view().claims] == [100_000]


async def test_no_slot_opens_for_more_than_the_kiosk_may_take(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, greatest_cash_minor=21_989) as shop:
        await shop.choose(CLAY)
        refused = await shop.do("pay", means="cash")
        await anyio.sleep(3)
        await shop.order("cash1", "insert note 500")
        await anyio.sleep(3)
        assert refused is not None
        assert refused.code == "cash_too_much"
        assert not shop.device("cash1").events("entered")


async def test_no_slot_opens_before_the_register_is_fit(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await shop.choose(CLAY)
        await shop.order("kkt1", "paper out")
        refused = await shop.do("pay", means="cash")
        await anyio.sleep(3)
        await shop.order("cash1", "insert note 500")
        await anyio.sleep(3)
        assert refused is not None
        assert not shop.device("cash1").events("entered")


async def test_what_is_not_on_the_shelf_cannot_be_promised(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 1)
        await shop.done("start")
        await shop.done("scan", code=CLAY)
        refused = await shop.do("scan", code=CLAY)
        assert refused is not None
        assert refused.code == "kiosk_stock"


async def test_what_lies_in_another_basket_is_not_there(tmp_path: Path) -> None:
    """Also when it is parked; a sale that ended holds nothing, its move has taken the goods."""
    async with small_shop(tmp_path) as shop:
        await on_the_shelf(shop.store, CLAY, 3)
        left = shop.shop.reservations.left_thousandths
        assert (left(CLAY), left(BEAR)) == (3000, None), "what nobody counted is not known"
        await shop.open_shift()
        await shop.scan(CLAY, CLAY)
        sale = shop.sales()[0].id
        assert (left(CLAY), left(CLAY, sale)) == (1000, 3000)
        await shop.done("park")
        assert left(CLAY) == 1000
        await shop.done("bring_back")
        await shop.pay_cash()
        await shop.wait(lambda: shop.sales()[0].phase is Phase.CLOSED)
        assert left(CLAY) == 1000


async def on_the_shelf(store: Any, barcode: str, pieces: int) -> None:
    move = StockMove(barcode, LOCATION, pieces * 1000, "received", "count-1")
    await store.commit(Batch(moves=(move,), settings=(counted(barcode),)))
