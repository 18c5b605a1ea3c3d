"""What a cashier does with the basket: scanning, changing, leaving aside and taking up again."""

from __future__ import annotations

from collections.abc import Callable

from agent.course.sale_record import SaleRecord
from agent.till.arguments import Arguments
from agent.till.basket_desk import may_change
from agent.till.paying_acts import PayingActs
from agent.till.people import Cashier
from agent.till.stock_guard import BrokenPromise
from agent.till.till import Till
from agent.till.trade import TradeRefused
from agent.view import Command, Note
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.sale import Phase, SaleEvent
from fiscal.sale_events import SaleAct
from sync.store.batch import Batch, Personal

Pickup = Callable[[str], Batch]
"""What binds an order to a sale, by the sale's id."""


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
        await self.take(command, self._till.basket.scan(basket, data), cashier)

    async def take(self, command: Command, events: tuple[SaleEvent, ...], cashier: Cashier) -> None:
        """What a cashier has in the hand. Raises PromisedToOthers: then nothing has happened, and the person is
        asked."""
        async with self._till.stock.turn():
            sale = self._till.counter.record.sale if self._till.counter else None
            broken = self._till.stock.broken(sale, events, agreed=command is self._till.agreed)
            await self.put(command, events, cashier, broken)

    async def change(self, command: Command, cashier: Cashier) -> None:
        """quantity, remove, discount, undo: of a basket that is there."""
        course = self._till.at_counter()
        may_change(course.record.sale)
        async with self._till.stock.turn():
            events = self._till.basket.change(course.record.sale, command.do, Arguments(command.args), cashier.id)
            broken = self._till.stock.broken(course.record.sale, events, agreed=command is self._till.agreed)
            entries = self._till.stock.entries(broken, course.record.sale.id, cashier.id)
            await course.record.append(*events, command=self._till.kept(command), entries=entries)

    async def put(
        self,
        command: Command,
        events: tuple[SaleEvent, ...],
        cashier: Cashier,
        broken: tuple[BrokenPromise, ...] = (),
        pickup: Pickup | None = None,
    ) -> None:
        """`broken`: promises that the cashier was asked about; `pickup`: the order that this sale fetches."""
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
            beside = self._beside(broken, pickup, opened.sale, cashier)
            record = await SaleRecord.open(
                opened, self._till.store, self._till.changed_by, then=events, command=kept, beside=beside
            )
            self._till.set_counter(record)
        else:
            record = self._till.counter.record
            beside = self._beside(broken, pickup, record.sale.id, cashier)
            await record.append(*events, command=kept, entries=beside.entries, holds=beside.holds)
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

    def _beside(self, broken: tuple[BrokenPromise, ...], pickup: Pickup | None, sale: str, cashier: Cashier) -> Batch:
        entries = self._till.stock.entries(broken, sale, cashier.id)
        bound = pickup(sale) if pickup is not None else Batch()
        return Batch(entries=(*entries, *bound.entries), holds=bound.holds)

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
        if self._till.numbers is not None and kind == "phone":
            self._till.numbers.typed(value)

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
