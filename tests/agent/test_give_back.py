"""Money that is owed back and is not here: nobody retries for nothing, nothing empty is journaled, a person decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.course.schedule import PERSON_AFTER_S
from agent.view import TillView
from fiscal.payment import AttemptPhase
from fiscal.sale import Phase
from tests.agent.small_shop import BEAR, CASHIER, DOLL, SUPERVISOR, SmallShop, mark_of, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

BOSS = {"person": SUPERVISOR[0], "pin": SUPERVISOR[1]}


async def disputed(shop: SmallShop) -> TillView:
    """The terminal never charged, a person said it had; the register refuses a mark, meanwhile the terminal proves that
    nothing was charged, and then the line is dropped: its price is owed back and is not here."""
    await shop.open_shift(person=CASHIER)
    await shop.scan(BEAR, mark_of(DOLL, "ABCDEF1234567"))
    await shop.until(lambda view: view.sale.lines[1].mark.state == "ok")  # type: ignore[union-attr]
    shop.device("card1").unplug_when("requested")
    await shop.done("pay", means="card")
    await shop.until(lambda view: view.case and view.case.kind == "card_person", within_s=PERSON_AFTER_S + 120)
    shop.fault("kkt1", "mark_refused_at_seal")
    await shop.done("choose", choice="slip_approved", slip="slip 0001", **BOSS)
    await shop.until(lambda view: view.case and view.case.kind == "unsealed" and view.case.line)
    shop.plug("card1")
    await shop.wait(lambda: shop.sales()[0].attempts[0].phase is AttemptPhase.DISPUTED, within_s=1200)
    await shop.done("choose", choice="drop_line")
    return await shop.until(lambda view: view.case and view.case.note.code.startswith("give_back"))


async def test_the_choices_fit_and_a_retry_says_why(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        view = await disputed(shop)
        assert view.case is not None
        assert not shop.device("card1").events("charged"), "nothing was ever charged"
        assert view.case.note.code == "give_back_disputed"
        assert view.case.note.params == {"sum_minor": 129_900}
        assert [way.choice for way in view.case.ways] == ["slip_none", "cannot_tell"]
        assert all(way.supervisor for way in view.case.ways)
        sale = shop.sales()[0]
        before = shop.kinds(sale.id)
        note = await shop.do("choose", choice="retry_give_back")
        assert note is not None
        assert (note.code, note.params) == ("give_back_disputed", {"sum_minor": 129_900})
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
