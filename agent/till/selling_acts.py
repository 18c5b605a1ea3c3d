"""What a cashier does with the basket: scanning, changing, leaving aside and taking up again."""

from __future__ import annotations

from agent.course.sale_record import SaleRecord
from agent.till.basket_desk import may_change
from agent.till.paying_acts import PayingActs
from agent.till.people import Cashier
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command, Note
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.sale import Phase, SaleEvent
from fiscal.sale_events import SaleAct
from sync.store.batch import Personal


class SellingActs:
    def __init__(self, till: Till, paying: PayingActs) -> None:
        self._till = till
        self._paying = paying

    async def scan(self, command: Command, data: bytes, cashier: Cashier) -> None:
        if self._till.counter is not None and self._till.counter.record.sale.phase is Phase.PAID_UNSEALED:
            sale = self._till.counter.record.sale
            if sale.trouble_line:
                await self._paying.rescan(self._till.counter, sale.trouble_line, data)
                return
        self.free_to_sell()
        basket = self._till.counter.record.sale.basket if self._till.counter else Basket()
        await self.put(command, self._till.basket.scan(basket, data), cashier)

    async def put(self, command: Command, events: tuple[SaleEvent, ...], cashier: Cashier) -> None:
        kept = self._till.kept(command)
        if self._till.counter is None:
            if not self._till.store.room():
                raise TradeRefused("room_low")
            now = self._till.clock.now_ms()
            opened = e.SaleOpened(
                self._till.new_id(),
                self._till.settings.id,
                SaleAct.SALE,
                cashier.id,
                self._till.devices.register.shift.number,
                now,
            )
            record = await SaleRecord.open(opened, self._till.store, self._till.changed_by, then=events, command=kept)
            self._till.set_counter(record)
        else:
            await self._till.counter.record.append(*events, command=kept)
        self._till.receipt = None
        self._till.pay.trouble = None
        course = self._till.counter
        for event in events:
            if isinstance(event, e.LinePut) and course is not None:
                self._till.selected = event.line.id
                age = self._till.basket.age_of(event.line.product)
                if age:
                    self._till.said = Note("age_check", {"age": age, "name": event.line.product.name})
                if event.line.mark is not None and self._till.tasks is not None:
                    self._till.tasks.start_soon(self._till.goods.check, course.record, event.line)

    def free_to_sell(self) -> None:
        if self._till.stopped is not None:
            raise TradeRefused("disk_full")
        if self._till.counter is not None:
            may_change(self._till.counter.record.sale)
            if (
                self._till.counter.live
                or self._till.cash_screen
                or self._till.counter.record.sale.act is SaleAct.REFUND
            ):
                raise TradeRefused("paying_no_scan")

    async def contact(self, command: Command, value: str) -> None:
        course = self._till.at_counter()
        may_change(course.record.sale)
        value = value.strip()
        if not value or len(value) > 64 or not ((value.startswith("+") and value[1:].isdigit()) or "@" in value[1:-1]):
            raise TradeRefused("contact_malformed")
        kind = "email" if "@" in value else "phone"
        personal = Personal(self._till.new_id(), course.record.sale.id, kind, value)
        await course.record.append(e.ContactGiven(personal.id), personal=(personal,), command=self._till.kept(command))

    async def park(self, command: Command) -> None:
        course = self._till.at_counter()
        sale = course.record.sale
        if sale.phase is not Phase.BASKET or sale.act is SaleAct.REFUND:
            raise TradeRefused("busy")
        if not sale.basket.lines:
            await course.record.append(e.Voided("empty"))
            return
        await course.record.append(e.Parked(self._till.clock.now_ms()), command=self._till.kept(command))
        self._till.set_aside(course)

    async def bring_back(self, sale: str, cashier: Cashier) -> None:
        if self._till.counter is not None:
            if self._till.counter.record.sale.phase is not Phase.BASKET or self._till.counter.record.sale.basket.lines:
                raise TradeRefused("busy")
            await self._till.counter.record.append(e.Voided("empty"))
        course = next((c for c in self._till.aside if c.record.sale.id == sale or not sale), None)
        if course is None:
            raise TradeRefused("nothing_parked")
        await course.record.append(e.Recalled(cashier.id))
        self._till.aside.remove(course)
        self._till.counter = course
        self._till.receipt = None
