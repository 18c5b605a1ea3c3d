"""What the kiosk owes to somebody it knows, put on their store credit: an advance receipt, a purchase of its own.

    order ── owed ──> SaleOpened .. CashTaken, set aside (one commit with the account's first row)
                        └──> the till's course seals it like every other document ──> CreditGiven in that commit

The money lies in the boxes already. An advance that is not made owes it again, and a claim slip follows.
"""

from __future__ import annotations

from agent.course.sale_record import SaleRecord
from agent.credit.credit_desk import Number, number
from agent.till.till import Till
from fiscal import sale_events as e
from fiscal.sale import Phase, Sale
from fiscal.sale_events import SaleAct
from fiscal.store_credit import advance_line
from sync.store.batch import SaleRow

NAME = "Аванс"
"""The only word of the receipt: what it is for is said when goods are bought with it."""
_STANDS_STILL = frozenset({Phase.PAID_UNSEALED, Phase.IN_DOUBT})


class Advances:
    def __init__(self, till: Till) -> None:
        self._till = till

    def of(self, order: str) -> list[SaleRow]:
        """Advances of a purchase's money, oldest first, whatever became of them."""
        return [row for row in self._till.store.refunds_of(order) if row.act == SaleAct.ADVANCE.value]

    def standing_minor(self, order: str) -> int:
        """What is, or is being, put on store credit."""
        return sum(row.total_minor for row in self.of(order) if row.phase != Phase.VOIDED.value)

    def number_of(self, sale: Sale | None) -> Number | None:
        """Who is known to have inserted the money; None: nobody, or nothing says whose goods they were."""
        if sale is None or not sale.customer or not sale.basket.lines or sale.act is not SaleAct.SALE:
            return None
        told = next((one for one in self._till.store.personal(sale.id) if one.id == sale.customer), None)
        return number(told.kind.removeprefix("customer_"), told.value) if told is not None else None

    def waits(self, order: str) -> bool:
        """Is one of them held up by the register? Its shopper need not stay: it goes on by itself."""
        known = {row.id for row in self.of(order)}
        courses = self._till.courses()
        return any(one.record.sale.id in known and one.record.sale.phase in _STANDS_STILL for one in courses)

    async def open(self, order: Sale, amount_minor: int, to: Number) -> None:
        """Durable when this returns; the till's own course carries it on, now and after a power cut."""
        till = self._till
        account, beside = till.credits.opening(to, till.settings.id, till.new_id)
        now = till.clock.now_ms()
        opened = e.SaleOpened(
            till.new_id(),
            till.settings.id,
            SaleAct.ADVANCE,
            "",
            till.devices.register.shift.number,
            now,
            order.id,
            order.number,
            account,
        )
        line = advance_line(NAME, amount_minor, order.basket.lines[0].product, till.profile().base_rate)
        part = e.Part(line.product.seller, line.product.tax_system, amount_minor)
        then = (
            e.LinePut(line, "advance"),
            e.Planned(self._number(order), (part,), amount_minor),
            e.CashTaken(amount_minor, amount_minor),
            e.Parked(now),
        )
        record = await SaleRecord.open(opened, till.store, till.changed_by, then=then, beside=beside)
        till.go_on_aside(record)

    def _number(self, order: Sale) -> str:
        """The purchase's with a letter: numbers of its own would have to be counted while another purchase counts."""
        count = len(self.of(order.id)) + 1
        return f"{order.number or order.id[-6:]}-A{count if count > 1 else ''}"
