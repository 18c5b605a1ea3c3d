"""When no device answers for a quarter of an hour a supervisor decides: by name, with evidence, and it is kept."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from agent.course.schedule import FIRST_S, PERSON_AFTER_S, due_s
from agent.view import TillView
from fiscal.payment import AttemptPhase
from fiscal.sale import Phase
from fiscal.sale_events import SealedBy
from tests.agent.small_shop import BEAR, CASHIER, SUPERVISOR, SmallShop, make_world, small_shop

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

BOSS = {"person": SUPERVISOR[0], "pin": SUPERVISOR[1]}


async def lost_payment(shop: SmallShop) -> TillView:
    """The terminal takes the money, its answer is lost and the terminal stays away until a person is asked."""
    await shop.open_shift(person=CASHIER)
    await shop.scan(BEAR)
    shop.device("card1").unplug_when("charged")
    await shop.done("pay", means="card")
    return await shop.until(
        lambda view: view.case is not None and view.case.kind == "card_person", within_s=PERSON_AFTER_S + 120
    )


async def lost_document(shop: SmallShop) -> TillView:
    """The register's power goes at the commit and it stays away until a person is asked."""
    await shop.open_shift(person=CASHIER)
    await shop.scan(BEAR)
    shop.device("kkt1").unplug_when("fiscalised")
    await shop.pay_cash()
    return await shop.until(
        lambda view: view.case is not None and view.case.kind == "register_person", within_s=PERSON_AFTER_S + 120
    )


async def test_the_schedule_is_the_one_on_the_screen(tmp_path: Path) -> None:
    """0, 2, 5, 10, 20, 30 s, then each minute; a person after fifteen minutes."""
    assert [due_s(asked) for asked in range(9)] == [0, 2, 5, 10, 20, 30, 90, 150, 210]
    async with small_shop(tmp_path) as shop:
        view = await lost_payment(shop)
        assert view.case is not None
        assert view.case.schedule_s == list(FIRST_S)
        assert view.tenders == []
        assert view.case.asked >= 15


@pytest.mark.parametrize(
    ("choice", "phase", "payments"),
    [("slip_approved", AttemptPhase.PERSON_PAID, "approved"), ("slip_none", AttemptPhase.PERSON_UNPAID, "declined")],
)
async def test_a_persons_word_about_a_payment_carries_the_name(
    tmp_path: Path, choice: str, phase: AttemptPhase, payments: str
) -> None:
    """Law 2: either answer is journaled with who said it and what they read."""
    async with small_shop(tmp_path) as shop:
        view = await lost_payment(shop)
        assert view.case is not None
        assert {way.choice for way in view.case.ways} == {"slip_approved", "slip_none", "cannot_tell"}
        assert all(way.supervisor for way in view.case.ways)
        assert not any(way.first for way in view.case.ways), "the design does not vote"
        await shop.done("choose", choice=choice, slip="slip 0001", **BOSS)
        sale = shop.sales()[0]
        assert sale.attempts[0].phase is phase
        assert sale.attempts[0].person == "sue"
        said = [row for row in shop.store.journal(sale.id) if row.kind.startswith("sale.card_person_said")]
        assert [b'"sue"' in row.body and b"slip 0001" in row.body for row in said] == [True]


@pytest.mark.parametrize("choice", ["slip_approved", "slip_none", "cannot_tell"])
async def test_a_cashier_alone_cannot_decide(tmp_path: Path, choice: str) -> None:
    """A decision about money needs the privilege and the PIN; without them nothing changes."""
    async with small_shop(tmp_path) as shop:
        await lost_payment(shop)
        before = shop.sales()[0]
        for told in ({"person": "ann", "pin": "1111"}, {"person": "sue", "pin": "1111"}, {"person": "", "pin": ""}, {}):
            note = await shop.do("choose", choice=choice, **told)
            assert note is not None
            assert note.code in ("no_privilege", "wrong_pin", "malformed")
        assert shop.sales()[0].attempts[0].phase is AttemptPhase.NEEDS_PERSON
        assert shop.sales()[0].attempts == before.attempts


async def test_nobody_can_tell_and_the_case_goes_to_the_back_office(tmp_path: Path) -> None:
    """CANNOT_TELL frees the till: the sale is left open for HQ, and the terminal's late answer is still taken."""
    async with small_shop(tmp_path) as shop:
        await lost_payment(shop)
        await shop.done("choose", choice="cannot_tell", **BOSS)
        sale = shop.sales()[0]
        assert sale.phase is Phase.LEFT_OPEN
        items = shop.store.outbox_read("sales", 0, 100)
        assert any(b'"state":"left_open"' in item.body and b'"unresolved":true' in item.body for item in items)
        shop.plug("card1")
        await shop.wait(lambda: shop.sales()[0].attempts[0].phase is AttemptPhase.APPROVED, within_s=600)


async def test_the_device_may_contradict_the_person(tmp_path: Path) -> None:
    """A person said "no slip"; the terminal, back again, proves the charge: an incident, never a second payment."""
    async with small_shop(tmp_path) as shop:
        await lost_payment(shop)
        await shop.done("choose", choice="slip_none", **BOSS)
        shop.plug("card1")
        await shop.wait(lambda: shop.sales()[0].attempts[0].phase is AttemptPhase.DISPUTED, within_s=600)
        assert shop.device("card1").events("charged")
        assert not shop.sales()[0].money_here


async def test_the_record_of_the_next_sale_says_nothing_about_this_one(tmp_path: Path) -> None:
    """A terminal that repeats only its last operation was used again, for an equal sum: that slip is the other sale's,
    and the person's word stands."""
    async with small_shop(tmp_path) as shop:
        await lost_payment(shop)
        await shop.done("choose", choice="slip_approved", slip="1", **BOSS)
        await shop.until(lambda view: view.screen == "receipt")
        await shop.done("new_sale")
        shop.plug("card1")
        await shop.sold(BEAR)
        await anyio.sleep(600)
        first, second = (sale.attempts[0] for sale in shop.sales())
        assert [event["slip"] for event in shop.device("card1").events("charged")] == [1, 2]
        assert (first.phase, second.phase) == (AttemptPhase.PERSON_PAID, AttemptPhase.APPROVED)
        assert second.slip == 2


async def test_a_persons_word_about_a_document_carries_the_name(tmp_path: Path) -> None:
    """The register stays away: a supervisor reads number and sign from the paper; the sale closes as testified."""
    async with small_shop(tmp_path) as shop:
        view = await lost_document(shop)
        assert view.case is not None
        assert {way.choice for way in view.case.ways} == {"document_exists", "document_absent", "cannot_tell"}
        assert view.tenders == []
        made = shop.device("kkt1").events("fiscalised")[0]
        told = {"number": made["document"], "sign": made["fiscal_sign"]}
        note = await shop.do("choose", choice="document_exists", person="ann", pin="1111", **told)
        assert note is not None
        assert note.code == "no_privilege"
        await shop.done("choose", choice="document_exists", **told, **BOSS)
        sale = shop.sales()[0]
        assert (sale.sealed[0].by, sale.sealed[0].person) == (SealedBy.PERSON, "sue")
        assert sale.sealed[0].number == made["document"]


async def test_a_document_that_nobody_finds_is_left_open(tmp_path: Path) -> None:
    """Nobody can tell: the register is free for the next shopper and HQ has the case."""
    async with small_shop(tmp_path) as shop:
        await lost_document(shop)
        await shop.done("choose", choice="cannot_tell", **BOSS)
        assert shop.sales()[0].phase is Phase.LEFT_OPEN
        assert shop.store.lock_holder("kkt1") is None


async def test_a_restart_does_not_forget_that_a_person_was_asked(tmp_path: Path) -> None:
    """The case is in the journal: after a power cut the screen is the same and asking begins anew."""
    world = make_world()
    async with small_shop(tmp_path, world=world) as shop:
        await lost_payment(shop)
    async with small_shop(tmp_path, world=world) as shop:
        view = await shop.until(lambda view: view.case is not None)
        assert view.case is not None
        assert view.case.kind == "card_person"
        assert view.tenders == []
        shop.plug("card1")
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=300)
        assert len(shop.device("card1").events("charged")) == 1
