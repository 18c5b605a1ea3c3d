"""Money that is owed back and is not here: nobody retries for nothing, nothing empty is journaled, a person decides."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agent.course.schedule import PERSON_AFTER_S
from agent.view import TillView
from fiscal.payment import AttemptPhase, CardFoundNotCharged
from fiscal.sale import Phase
from tests.agent.small_shop import BEAR, CASHIER, DOLL, SUPERVISOR, SmallShop, mark_of, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

BOSS = {"person": SUPERVISOR[0], "pin": SUPERVISOR[1]}


async def disputed(shop: SmallShop) -> TillView:
    """The terminal never charged, a person said it had; the register refuses a mark, the payment is cancelled and its
    way back declined. Then a proof comes that nothing was charged: what is owed back is not here."""
    await shop.open_shift(person=CASHIER)
    await shop.scan(BEAR, mark_of(DOLL, "ABCDEF1234567"))
    await shop.until(lambda view: view.sale.lines[1].mark.state == "ok")  # type: ignore[union-attr]
    shop.device("card1").unplug_when("requested")
    await shop.done("pay", means="card")
    await shop.until(lambda view: view.case and view.case.kind == "card_person", within_s=PERSON_AFTER_S + 120)
    shop.fault("kkt1", "mark_refused_at_seal")
    await shop.done("choose", choice="slip_approved", slip="slip 0001", **BOSS)
    await shop.until(lambda view: view.case and view.case.kind == "unsealed" and view.case.line)
    await shop.done("choose", choice="cancel_payment", **BOSS)
    shop.plug("card1")
    await shop.wait(lambda: shop.sales()[0].trouble == "give_back_declined")
    record = shop.till().at_counter().record
    await record.append(CardFoundNotCharged(record.sale.attempts[0].id, "not_found"))
    return await shop.until(lambda view: view.case and view.case.note.code == "give_back_disputed")


async def vouched(shop: SmallShop, moment: str) -> None:
    """The cable goes at this moment of a charge; a person says "paid", the register refuses the receipt."""
    await shop.open_shift(person=CASHIER)
    await shop.scan(BEAR)
    shop.device("card1").unplug_when(moment)
    await shop.done("pay", means="card")
    await shop.until(lambda view: view.case and view.case.kind == "card_person", within_s=PERSON_AFTER_S + 120)
    shop.fault("kkt1", "refuses=FF45:33")
    await shop.done("choose", choice="slip_approved", slip="slip 0001", **BOSS)
    await shop.until(lambda view: view.case and view.case.kind == "unsealed")


async def test_a_terminal_that_forgot_contradicts_nobody(tmp_path: Path) -> None:
    """A person has read the approval on the slip; the terminal, asked later, shows nothing of it. That is no proof."""
    async with small_shop(tmp_path) as shop:
        await vouched(shop, "requested")
        shop.plug("card1")
        asked = shop.shop.ports["card1"].frames
        asked.clear()
        await anyio.sleep(1200)
        assert sum(frame.data.startswith(b"\x06\x20") for frame in asked) > 2, "asked again, and again"
        assert shop.sales()[0].attempts[0].phase is AttemptPhase.PERSON_PAID


async def test_no_receipt_is_made_for_a_charge_that_never_was(tmp_path: Path) -> None:
    """A person said "charged", the register refuses; then the terminal shows that it was reversed. The basket is free
    again, the cashier is told why, and the sale is paid and sealed once."""
    async with small_shop(tmp_path) as shop:
        await vouched(shop, "approved")
        shop.fault("card1", "repeat_shows_reversed")
        shop.plug("card1")
        await shop.wait(lambda: shop.sales()[0].attempts[0].phase is AttemptPhase.DISPUTED, within_s=1200)
        view = await shop.until(lambda view: view.screen == "selling")
        assert "charge_disputed" in repr(view)
        assert not shop.device("kkt1").events("fiscalised")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt")
        assert len(shop.device("kkt1").events("fiscalised")) == 1
        assert not shop.device("card1").events("charged")


async def test_the_choices_fit_and_a_retry_says_why(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        view = await disputed(shop)
        assert view.case is not None
        assert not shop.device("card1").events("charged"), "nothing was ever charged"
        assert view.case.note.code == "give_back_disputed"
        assert view.case.note.params == {"sum_minor": 479_800}
        assert [way.choice for way in view.case.ways] == ["slip_none", "cannot_tell"]
        assert all(way.supervisor for way in view.case.ways)
        sale = shop.sales()[0]
        before = shop.kinds(sale.id)
        note = await shop.do("choose", choice="retry_give_back")
        assert note is not None
        assert (note.code, note.params) == ("give_back_disputed", {"sum_minor": 479_800})
        assert shop.kinds(sale.id) == before
        assert "cash_returned" not in before, "no event of nothing"


@pytest.mark.parametrize(("choice", "phase"), [("slip_none", Phase.VOIDED), ("cannot_tell", Phase.LEFT_OPEN)])
async def test_a_person_leads_out_by_name(tmp_path: Path, choice: str, phase: Phase) -> None:
    """Nothing was paid and the sale is void, or the office decides by the bank's list; the till is free."""
    async with small_shop(tmp_path) as shop:
        await disputed(shop)
        refused = await shop.do("choose", choice=choice, person="ann", pin="1111")
        assert refused is not None
        assert refused.code == "no_privilege"
        await shop.done("choose", choice=choice, **BOSS)
        await shop.wait(lambda: shop.sales()[0].phase is phase)
        sale = shop.sales()[0]
        last = shop.store.journal(sale.id)[-1]
        assert b'"sue"' in last.body
        assert "cash_returned" not in shop.kinds(sale.id)
        await shop.until(lambda view: shop.till().counter is None or view.screen != "case")


async def test_a_retry_at_a_terminal_that_is_away_says_so(tmp_path: Path) -> None:
    """The charge is real, its reversal was refused once, and now the terminal does not answer."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift(person=CASHIER)
        await shop.scan(BEAR)
        shop.fault("kkt1", "refuses=FF45:33")
        await shop.done("pay", means="card")
        await shop.until(lambda view: view.case and view.case.kind == "unsealed")
        shop.unplug("card1")
        await shop.done("choose", choice="cancel_payment", **BOSS)
        before = shop.kinds(shop.sales()[0].id)
        note = await shop.till().counter.give_back_now()  # type: ignore[union-attr]
        assert note is not None
        assert note.code == "terminal_away"
        assert "cash_returned" not in shop.kinds(shop.sales()[0].id)
        assert len(shop.kinds(shop.sales()[0].id)) - len(before) <= 1
