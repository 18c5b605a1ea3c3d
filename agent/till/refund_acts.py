"""What a cashier does to take goods back."""

from __future__ import annotations

from agent.course.course import Course
from agent.course.sale_record import SaleRecord
from agent.till.people import Cashier
from agent.till.refund_desk import Original
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command
from fiscal import sale_events as e
from fiscal.sale import Phase
from fiscal.sale_events import SaleAct


class RefundActs:
    def __init__(self, till: Till) -> None:
        self._till = till

    async def begin(self, number: str, qr: str, cashier: Cashier, command: Command) -> None:
        if self._till.counter is not None:
            if self._till.counter.record.sale.basket.lines or self._till.counter.record.sale.phase is not Phase.BASKET:
                raise TradeRefused("busy")
            await self._till.counter.record.append(e.Voided("empty"))
            self._till.counter = None
        original = self._till.refunds.find(number, qr)
        opened = e.SaleOpened(
            sale=self._till.new_id(),
            till=self._till.settings.id,
            act=SaleAct.REFUND,
            cashier=cashier.id,
            shift=self._till.devices.register.shift.number,
            at_ms=self._till.clock.now_ms(),
            of=original.sale.id,
            of_number=original.sale.number,
        )
        kept = self._till.kept(command)
        record = await SaleRecord.open(opened, self._till.store, self._till.changed_by, command=kept)
        self._till.original = original
        self._till.receipt = None
        self._till.set_counter(record)

    def refunding(self) -> tuple[Course, Original]:
        course = self._till.at_counter()
        sale = course.record.sale
        if sale.act is not SaleAct.REFUND:
            raise TradeRefused("busy")
        if self._till.original is None:
            self._till.original = self._till.refunds.original(sale.opened.of, sale.id)
        return course, self._till.original

    async def pay(self) -> None:
        course, original = self.refunding()
        record = course.record
        sale = record.sale
        self._till.not_live(course)
        if sale.phase not in (Phase.BASKET, Phase.PAYING) or sale.unsettled:
            raise TradeRefused("busy")
        course.hold()
        try:
            if sale.phase is Phase.BASKET:
                original = self._till.original = self._till.refunds.original(sale.opened.of, sale.id)
                await self._plan(course, original)
            if record.sale.left_minor > 0:
                pay, refunds = self._till.pay, self._till.refunds
                course.request(lambda: pay.refund_cards(course, lambda: refunds.card_shares(record.sale, original)))
        finally:
            course.release()

    async def _plan(self, course: Course, original: Original) -> None:
        """Pre-flight, then the refund's documents, the cash to hand over and the credit to put back in one commit."""
        till, record = self._till, course.record
        sale = record.sale
        documents = till.refunds.plan(sale, original, till.people.name_of(sale.opened.cashier), "")
        planned, settings = till.pay.refund_planned(sale, documents)
        till.pay.no_trouble(await till.seals.look(sale))
        cash = sum(p.document.payments.cash_minor for p in documents)
        drawer = await till.ask_register(till.devices.register.port.driver.cash_in_drawer())
        if cash > drawer:
            raise TradeRefused("no_cash_in_drawer", drawer_minor=drawer)
        credit = sum(p.document.payments.prepaid_minor for p in documents)
        put_back = (e.CreditTaken(original.sale.credit_account, credit),) if credit else ()
        await record.append(planned, *put_back, e.CashTaken(0, cash), settings=settings)
