"""A claim slip at the till: shown by its code, paid once out of the drawer, by whom it may be paid."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from agent.view import Note
from fiscal.claim import ClaimPhase
from tests.agent.claim_shop import (
    claim_of,
    claim_rows,
    claims_wired,
    desk_of,
    facts_of,
    issued,
    payouts,
    screen_of,
)
from tests.agent.small_shop import BEAR, CASHIER, SUPERVISOR, SmallShop, make_world, small_shop

__all__ = ["claims_wired"]
pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("claims_wired")]
ANN, SUE = ({"person": name, "pin": pin} for name, pin in (CASHIER, SUPERVISOR))


async def pay(shop: SmallShop, number: str, who: dict[str, str] = ANN, till: str = "1") -> Note | None:
    return await shop.do("claim_pay", till, number=number, **who)


async def test_a_scanned_slip_is_shown_and_paid_by_the_cashier(tmp_path: Path) -> None:
    """Law 5 at the end: the register's выплата, the claim and both facts for HQ."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        number = claim.issued.number
        view = await shop.done("scan", code=desk_of(shop).code(claim))
        shown = screen_of(view)
        assert shown.slip is not None
        assert (shown.slip.number, shown.slip.amount_minor, shown.slip.state) == (number, 45_200, "issued")
        assert (shown.slip.kiosk, shown.slip.reason, shown.slip.age_days) == ("kiosk-1", "change_short", 0)
        assert shown.supervisor is None
        assert await pay(shop, number) is None
        paid = screen_of(shop.view())
        assert paid.slip is not None
        assert (paid.slip.state, paid.asking) == ("paid", False)
        assert payouts(shop) == [45_200]
        assert claim_of(shop, claim).phase is ClaimPhase.PAID
        assert claim_rows(shop, claim) == ["issued", "pay_meant", "paid"]
        assert [(fact["state"], fact.get("by", "")) for fact in facts_of(shop, "claim")] == [
            ("issued", ""),
            ("paid", "ann"),
        ]
        move = facts_of(shop, "cash")[-1]
        assert (move["event"], move["sum"], move["cashier"], move["reason"]) == (
            "out",
            45_200,
            "ann",
            f"claim {number}",
        )
        assert (await shop.done("claim_leave")).screen == "selling"


async def test_the_intents_of_the_payout_are_one_commit_before_the_register_hears(tmp_path: Path) -> None:
    """Law 1: when the выплата leaves, the register's intent and the claim's lie in the journal, side by side."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        await shop.done("scan", code=desk_of(shop).code(claim))
        seen: list[list[str]] = []

        def tap(data: bytes) -> None:
            if b"\x51" in data[:6] and not seen:
                seen.append([row.kind for row in shop.store.journal_since(0, 10_000)][-2:])

        shop.device("kkt1").taps.append(tap)
        assert await pay(shop, claim.issued.number) is None
        assert seen == [["shift.meant", "claim.claim_pay_meant"]]


async def test_a_paid_slip_is_refused_at_every_till(tmp_path: Path) -> None:
    async with small_shop(tmp_path, terminals=("zvt", "zvt")) as shop:
        await shop.open_shift("1")
        await shop.open_shift("2")
        claim = await issued(shop)
        code, number = desk_of(shop).code(claim), claim.issued.number
        for till in ("1", "2"):
            await shop.done("scan", till, code=code)
        assert await pay(shop, number) is None
        for till in ("1", "2"):
            assert await pay(shop, number, SUE, till) == Note("claim_paid", {"number": number})
        assert payouts(shop) == [45_200]
        assert shop.device("kkt2").events("cash_out") == []
        state = screen_of(shop.view("2")).slip
        assert state is not None
        assert state.state == "paid"


REFUSED = {
    "forged": ("claim_forged", lambda code: code.replace(".45200.", ".945200.")),
    "unreadable": ("claim_unreadable", lambda code: "TK1.torn"),
    "unknown": ("claim_unknown", lambda code: "K-1121-99"),
    "of another issuer": ("claim_other_issuer", lambda code: code.replace("TK1.shop.", "TK1.shop-2.")),
    "no number": ("claim_unreadable", lambda code: "teddy"),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_a_wrong_slip_is_refused_by_name(tmp_path: Path, what: str) -> None:
    code, change = REFUSED[what]
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        note = await shop.do("claim", code=change(desk_of(shop).code(claim)))
        assert note is not None
        assert note.code == code
        assert shop.view().screen == "selling"
        assert await pay(shop, claim.issued.number) == Note("case_moved"), "nobody looked at it"
        assert payouts(shop) == []


async def test_who_pays_what(tmp_path: Path) -> None:
    """A cashier: a slip read whole, within its day, up to the limit. A supervisor the rest."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.done("cash_in", sum_minor=2_000_000)
        small, large = await issued(shop, 500_000), await issued(shop, 500_001)
        desk = desk_of(shop)
        cases: list[tuple[str, str, str | None]] = [
            (desk.code(small), small.issued.number, None),
            (small.issued.number, small.issued.number, "claim_without_slip"),
            (desk.code(large), large.issued.number, "claim_large"),
        ]
        for text, number, reason in cases:
            await shop.done("claim", code=text)
            shown = screen_of(shop.view()).supervisor
            assert (shown.code if shown else None) == reason
            if reason is not None:
                assert await pay(shop, number) == Note("no_privilege")
        assert await pay(shop, large.issued.number, {"person": "sue", "pin": "0000"}) == Note("wrong_pin")
        assert await pay(shop, large.issued.number, SUE) is None
        await shop.done("claim", code=desk.code(small))
        assert await pay(shop, small.issued.number) is None
        assert payouts(shop) == [500_001, 500_000]


async def test_an_expired_slip_is_paid_by_a_supervisor(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        shop.world.clock.ahead += dt.timedelta(days=90)
        await shop.done("scan", code=desk_of(shop).code(claim))
        shown = screen_of(shop.view())
        assert shown.slip is not None
        assert (shown.slip.state, shown.slip.age_days) == ("expired", 90)
        assert shown.supervisor == Note("claim_expired", {"number": claim.issued.number})
        assert await pay(shop, claim.issued.number) == Note("no_privilege")
        assert claim_of(shop, claim).phase is ClaimPhase.ISSUED


async def test_a_cancelled_slip_is_not_paid(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        number = claim.issued.number
        await shop.done("scan", code=desk_of(shop).code(claim))
        for who, why, code in ((ANN, "found", "no_privilege"), (SUE, " ", "claim_why")):
            note = await shop.do("claim_cancel", number=number, why=why, **who)
            assert note == Note(code)
        await shop.done("claim_cancel", number=number, why="the note came back", **SUE)
        assert claim_rows(shop, claim) == ["issued", "cancelled"]
        assert await pay(shop, number, SUE) == Note("claim_cancelled", {"number": number})
        assert facts_of(shop, "claim")[-1]["why"] == "the note came back"
        assert payouts(shop) == []


async def test_what_is_owed_is_listed_by_age(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        assert screen_of(await shop.done("claim")).owed == []
        for amount in (100, 200):
            await issued(shop, amount)
            shop.world.clock.ahead += dt.timedelta(hours=1)
        shown = screen_of(await shop.done("claim"))
        assert [slip.amount_minor for slip in shown.owed] == [100, 200]
        assert (shown.owed_count, shown.owed_minor) == (2, 300)
        await shop.done("claim", code=shown.owed[0].number)
        assert await pay(shop, shown.owed[0].number, SUE) is None
        assert [slip.amount_minor for slip in screen_of(await shop.done("claim")).owed] == [200]


async def test_a_basket_waits_while_a_slip_is_paid(tmp_path: Path) -> None:
    """And goods scanned while a slip is shown belong to the next line, not to the slip."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        claim = await issued(shop)
        await shop.done("scan", code=desk_of(shop).code(claim))
        assert screen_of(shop.view()).slip is not None
        assert await pay(shop, claim.issued.number) is None
        await shop.scan(BEAR)
        view = shop.view()
        assert view.screen == "selling"
        assert view.sale is not None
        assert view.sale.pieces == 2000
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt")
        assert payouts(shop) == [45_200]


async def test_a_drawer_without_the_money_pays_nothing(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.done("cash_out", sum_minor=490_000, reason="bank")
        claim = await issued(shop)
        await shop.done("scan", code=desk_of(shop).code(claim))
        note = await pay(shop, claim.issued.number)
        assert note == Note("no_cash_in_drawer", {"drawer_minor": 10_000})
        assert claim_rows(shop, claim) == ["issued"]


async def test_a_register_that_refuses_leaves_the_claim_owed(tmp_path: Path) -> None:
    """Proved: nothing was booked. The claim may be paid again at once."""
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        claim = await issued(shop)
        await shop.done("scan", code=desk_of(shop).code(claim))

        def paper_goes(data: bytes) -> None:
            if b"\x51" in data[:6]:
                shop.device("kkt1").taps.clear()
                shop.device(
                    "kkt1"
                ).simulator.machine.image.cash -= 480_000  # somebody took it before the register acted

        shop.device("kkt1").taps.append(paper_goes)
        note = await pay(shop, claim.issued.number)
        assert note is not None
        assert claim_rows(shop, claim) == ["issued", "pay_meant", "pay_failed"]
        assert claim_of(shop, claim).owed_minor == 45_200
        shop.device("kkt1").simulator.machine.image.cash += 480_000
        assert await pay(shop, claim.issued.number) is None
        assert payouts(shop) == [45_200]


async def test_a_shop_without_slips_says_so(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        shop.till().claims = None
        await shop.open_shift()
        assert await shop.do("claim") == Note("claims_not_kept")
        note = await shop.do("scan", code="TK1.shop-1.K-1121-01.45200.RUB.20809.AAAA")
        assert note is not None
        assert not shop.view().claims


async def test_a_slip_is_not_looked_at_in_the_middle_of_a_payment(tmp_path: Path) -> None:
    async with small_shop(tmp_path) as shop:
        await shop.open_shift()
        await shop.scan(BEAR)
        await shop.done("pay", means="cash")
        claim = await issued(shop)
        assert await shop.do("scan", code=desk_of(shop).code(claim)) == Note("paying_no_scan")
        assert shop.view().screen == "cash"


async def test_the_status_page_lists_what_is_owed(tmp_path: Path) -> None:
    from agent.local_api.status import StatusReader

    async with small_shop(tmp_path, world=make_world()) as shop:
        await shop.open_shift()
        reader: Any = StatusReader(shop.shop)
        assert (reader.view().claims, reader.view().claims_count) == ([], 0)
        first, second = await issued(shop, 100), await issued(shop, 200)
        view = reader.view()
        assert [slip.number for slip in view.claims] == [first.issued.number, second.issued.number]
        assert (view.claims_count, view.claims_minor) == (2, 300)
