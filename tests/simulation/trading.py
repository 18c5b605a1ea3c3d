"""How a cashier sells and takes back, from whatever the screen shows: scanning, paying, refunding."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from agent.view import Note, SaleView, TillView
from tests.simulation.goals import Goal
from tests.simulation.hands import OutOfOrder

if TYPE_CHECKING:
    from tests.simulation.cashier import Cashier

FLOAT_MINOR = 500_000
TENDER_TRIES = 3
TAKES_MINOR = (0, 5_000, 50_000)  # what a shopper hands over above the sum


@dataclass(slots=True)
class Serving:
    """How far one goal has come."""

    goal: Goal
    since_s: float
    begun: bool = False
    scanned: int = 0
    declined: int = 0
    troubles: int = 0
    parked: bool = False
    discounted: bool = False
    contact: bool = False
    stopped: bool = False
    means: str = ""
    codes: list[str] | None = None


class Trading:
    """One cashier's. Each step looks at one screen; True when the goal has come to its end."""

    def __init__(self, cashier: Cashier, rng: random.Random) -> None:
        self._at = cashier
        self._rng = rng

    async def sell(self, view: TillView, serving: Serving) -> bool:
        sale = view.sale
        if sale is None and serving.begun and not serving.parked:
            return True  # it has ended, one way or another
        if sale is not None and sale.act == "refund":
            await self._at.leave(view)
            return False
        if view.screen == "receipt":
            await self._at.do("new_sale")
            return False
        if serving.parked and sale is None:
            note = await self._at.do("bring_back")
            serving.parked = False
            return note is not None  # it was not kept aside: then it has ended
        if view.screen == "cash":
            assert sale is not None
            await self._take_cash(sale, serving)
            return False
        if sale is not None and sale.phase == "paying":
            await self._pay_rest(view, sale, serving)
            return False
        if sale is not None and await self._judge_marks(sale, serving):
            return False
        assert serving.codes is not None
        if serving.scanned < len(serving.codes) and (sale is None or sale.pieces // 1000 <= serving.scanned):
            await self._scan(serving)
            return False
        if sale is None or not sale.lines:
            return True  # nothing of it could be sold
        serving.begun = True
        if await self._before_paying(sale, serving):
            return False
        await self._pay(view, sale, serving)
        return False

    async def _scan(self, serving: Serving) -> None:
        assert serving.codes is not None
        note = await self._at.do("scan", code=serving.codes[serving.scanned])
        serving.scanned += 1
        if note is None:
            serving.begun = True
        elif note.code in ("paying_no_scan", "disk_full", "shift_closed", "busy"):
            serving.scanned -= 1
            await self._at.moment(5)
        await trio.sleep(self._rng.uniform(0.3, 2))

    async def _judge_marks(self, sale: SaleView, serving: Serving) -> bool:
        """A refused item is put away; one still being checked is waited for."""
        for line in sale.lines:
            if line.mark is None:
                continue
            if line.mark.state == "checking":
                await self._at.moment(3)
                if trio.current_time() - serving.since_s < 60:
                    return True
            if line.mark.state in ("refused", "unanswered", "checking"):
                await self._at.do("remove", line=line.id)
                return True
        return False

    async def _before_paying(self, sale: SaleView, serving: Serving) -> bool:
        goal = serving.goal
        if goal.park and not serving.parked and sale.phase == "basket":
            goal.park = False
            if await self._at.do("park") is None:
                serving.parked = True
                await trio.sleep(self._rng.uniform(5, 60))
            return True
        if goal.discount and not serving.discounted and self._at.person == "sue":
            serving.discounted = True
            await self._at.do("discount", percent_thousandths=5_000)
            return True
        if goal.contact and not serving.contact:
            serving.contact = True
            await self._at.do("contact", value="+79161234567")
            return True
        return False

    async def _pay(self, view: TillView, sale: SaleView, serving: Serving) -> None:
        means = "card" if serving.means in ("card", "split") else "cash"
        tender = next((t for t in view.tenders if t.means == means), None)
        if tender is None or not tender.available:
            serving.troubles += 1
            if means == "card" and serving.troubles >= TENDER_TRIES:
                serving.means = "cash"
            await self._at.hands.mend_register(view)
            await self._at.moment(20)
            return
        part = sale.total_minor // 2 if serving.means == "split" and sale.total_minor > 2 else 0
        args = {"sum_minor": part} if part and means == "card" else {}
        note = await self._at.do("pay", means=means, **args)
        await self._after_pay(note, serving)

    async def _pay_rest(self, view: TillView, sale: SaleView, serving: Serving) -> None:
        """Part is paid, or the card was declined: by card again once, else in cash."""
        if any(p.means == "card" and p.state == "declined" for p in sale.payments):
            serving.declined = sum(p.state == "declined" for p in sale.payments)
        if serving.declined > 1 or (serving.means == "split" and sale.paid_minor):
            serving.means = "cash"
        if sale.left_minor <= 0:
            await self._at.moment(5)
            return
        await self._pay(view, sale, serving)

    async def _take_cash(self, sale: SaleView, serving: Serving) -> None:
        received = sale.left_minor + self._rng.choice(TAKES_MINOR) if sale.left_minor else 0
        note = await self._at.do("take_cash", received_minor=received)
        await self._after_pay(note, serving)

    async def _after_pay(self, note: Note | None, serving: Serving) -> None:
        if note is None:
            return
        serving.troubles += 1
        if note.code in ("terminal_away",):
            serving.means = "cash"
        await self._at.hands.mend(note)
        if serving.troubles > 40:
            raise OutOfOrder(note.code)

    async def refund(self, view: TillView, serving: Serving) -> bool:
        sale = view.sale
        if sale is None:
            if serving.begun or not self._at.sold:
                return True
            if view.screen == "receipt":
                await self._at.do("new_sale")
                return False
            number = self._at.sold[-1] if serving.goal.latest else self._rng.choice(self._at.sold[-8:])
            note = await self._at.do("refund", number=number)
            serving.begun = note is None
            if note is not None and note.code in ("refund_nothing_left", "refund_not_found"):
                self._at.sold.remove(number)
            return note is not None and note.code not in ("busy", "disk_full", "shift_closed")
        if sale.act != "refund":
            await self._at.leave(view)
            return False
        serving.begun = True
        if sale.phase == "basket" and not sale.lines:
            raise AssertionError(f"the refund of {sale.id} shows nothing that could come back")
        if sale.phase == "basket" and not any(line.chosen for line in sale.lines):
            for line in sale.lines if serving.goal.whole else sale.lines[:1]:
                amount = line.returnable if serving.goal.whole else min(1000, line.returnable)
                await self._at.do("refund_line", line=line.id, thousandths=amount)
            return False
        note = await self._at.do("refund_pay")
        if note is None:
            await self._at.moment(5)
            return False
        serving.troubles += 1
        if note.code == "no_cash_in_drawer":
            await self._at.do("back")
            await self._at.do("back")
            await self._at.do("cash_in", sum_minor=FLOAT_MINOR, reason="change")
            return False
        await self._at.hands.mend(note)
        if serving.troubles > 12:
            raise OutOfOrder(note.code)
        return False
