"""What a cashier does to take money, and the ways out of a case: each guarded before anything is durable."""

from __future__ import annotations

from agent.course.course import Course
from agent.course.schedule import NEXT_SHOPPER_AFTER_S
from agent.course.seal_course import mark_facts
from agent.till.arguments import Arguments
from agent.till.people import Cashier
from agent.till.till import Till
from agent.till.trade import TradeRefused
from fiscal import sale_events as e
from fiscal.sale import Phase
from fiscal.sale_events import SaleAct

NEEDS_SUPERVISOR = frozenset(
    {
        "cancel_payment",
        "owe_correction",
        "slip_approved",
        "slip_none",
        "cannot_tell",
        "document_exists",
        "document_absent",
    }
)


class PayingActs:
    def __init__(self, till: Till) -> None:
        self._till = till

    def to_pay(self) -> Course:
        """The sale on the counter, if money may be asked for it now. Raises TradeRefused or LawRefused."""
        course = self._till.at_counter()
        sale = course.record.sale
        self._till.not_live(course)
        if sale.act is SaleAct.REFUND:
            raise TradeRefused("busy")
        if self._till.shifts.standing is not None:
            raise TradeRefused("shift_unknown")
        if any(aside.record.sale.phase is Phase.IN_DOUBT for aside in self._till.aside):
            raise TradeRefused("register_held")
        self._till.pay.may_pay(sale)
        unjudged = next((m for m in mark_facts(sale) if not m.accepted), None)
        if unjudged is not None:
            raise TradeRefused("mark_not_accepted", line=unjudged.line_id, product=unjudged.product)
        return course

    def pay(self, means: str, sum_minor: int) -> None:
        course = self.to_pay()
        sale = course.record.sale
        if means == "cash":
            self._till.cash_screen = True
            self._till.pay.trouble = None
            return
        card = next(iter(self._till.devices.cards.values()), None)
        if means != "card" or card is None:
            raise TradeRefused("terminal_away")
        left = sale.left_minor if sale.phase is Phase.PAYING else sale.basket.total_minor
        if sum_minor > left or left == 0:
            raise TradeRefused("card_exceeds_total")
        self._till.cash_screen = False
        course.request(lambda: self._till.pay.pay_card(course, card, sum_minor))

    async def back(self) -> None:
        if self._till.pay.trouble is not None:
            self._till.pay.trouble = None  # read; whether the payment ends is another key press
            return
        course = self._till.at_counter()
        sale = course.record.sale
        self._till.not_live(course)
        self._till.pay.trouble = None
        if self._till.cash_screen:
            self._till.cash_screen = False
            return
        if sale.act is SaleAct.REFUND and sale.phase is Phase.BASKET:
            await course.record.append(e.Voided("left"))
        elif sale.phase is Phase.PAYING and not sale.money_here and not sale.unsettled:
            await course.record.append(e.Unlocked())
        elif sale.phase is Phase.PAYING and sale.act is SaleAct.SALE and not sale.unsettled:
            # Part was paid by card and the rest is not coming: what was paid goes back.
            await course.record.append(e.PaymentCancelled(sale.opened.cashier, "left"))

    async def choose(self, args: Arguments, cashier: Cashier) -> None:
        course = self._till.case_of(args.text("sale", ""))
        choice = args.text("choice")
        self._till.not_live(course)
        if choice == "rescan_mark":
            await self.rescan(course, args.text("line", "") or course.record.sale.trouble_line, args.code("code"))
            return
        person = cashier
        if choice in NEEDS_SUPERVISOR:
            person = await self._till.people.sign(args.text("person"), args.text("pin"), supervisor=True)
        await self._till.pay.choose(course, choice, args, person.id)
        self._till.called = False

    async def rescan(self, course: Course, line: str, data: bytes) -> None:
        sale = course.record.sale
        if sale.phase is not Phase.PAID_UNSEALED:
            raise TradeRefused("case_moved")
        self._till.not_live(course)
        events = self._till.basket.mark_again(sale, line, data)
        await course.record.append(*events)
        put = next(event for event in events if isinstance(event, e.LinePut))

        async def check_and_seal() -> None:
            await self._till.goods.check(course.record, put.line)
            judged = course.record.sale.mark_state(line)
            if judged is not None and judged.state == "ok" and course.record.sale.phase is Phase.PAID_UNSEALED:
                await self._till.seals.seal(course.record)

        course.request(check_and_seal)

    async def next_shopper(self) -> None:
        course = self._till.at_counter()
        sale = course.record.sale
        waited = [a.since_ms for a in course.asking.values()]
        long_enough = bool(waited) and self._till.clock.now_ms() - min(waited) >= NEXT_SHOPPER_AFTER_S * 1000
        doubtful = sale.phase is Phase.PAYING and bool(sale.unsettled) and long_enough
        if course.live or not (doubtful or sale.phase in (Phase.PAID_UNSEALED, Phase.GIVING_BACK)):
            raise TradeRefused("busy")
        await course.record.append(e.Parked(self._till.clock.now_ms()))
        self._till.set_aside(course)
