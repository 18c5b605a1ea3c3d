"""The whole state of one till as its page is told it: one TillView from the till's fold, its devices and its queues."""

from __future__ import annotations

from dataclasses import dataclass

from agent.course.course import Course
from agent.course.outcome import not_paid
from agent.devices.device_port import DevicePort
from agent.guest_view import GuestView
from agent.screens.account_view import account_view
from agent.screens.agree_view import agree_screen
from agent.screens.case_view import case_view
from agent.screens.claim_view import claim_screen
from agent.screens.encashment_view import encashment_screen
from agent.screens.restore_view import is_restoring, restore_screen
from agent.screens.sale_view import Paper, receipt_view, sale_view
from agent.screens.shop_health import ShopHealth
from agent.till.claim_acts import is_asking
from agent.till.people import Cashier
from agent.till.till import Till
from agent.view import (
    CaseView,
    DeviceView,
    LastView,
    Note,
    ParkedView,
    Person,
    QueueView,
    ReceiptView,
    SaleView,
    ShiftView,
    TenderView,
    TillView,
)
from fiscal.sale import Phase, Sale, is_finished
from fiscal.sale_events import SaleAct

SHIFT_LONGEST_MS = (23 * 60 + 30) * 60_000


@dataclass(frozen=True, slots=True)
class ShopFacts:
    """What every till of the shop says alike."""

    name: str
    currency: str
    zone: str
    training: bool
    paper: Paper


class ViewBuilder:
    def __init__(self, till: Till, shop: ShopFacts, health: ShopHealth) -> None:
        self._till = till
        self._shop = shop
        self._health = health

    def view(self) -> TillView:
        till, shop = self._till, self._shop
        course = till.counter
        sale = course.record.sale if course else None
        case = case_view(course, till.devices.register, till.called) if course else None
        screen = self._screen(course, case)
        stop = till.stopped or (None if is_restoring(till) else self._stop())
        shown = sale if sale is not None and not is_finished(sale) else None
        receipt = sale if sale is not None and is_finished(sale) else (till.receipt.sale if till.receipt else None)
        return TillView(
            till=till.settings.id,
            till_name=till.settings.name,
            shop=shop.name,
            currency=shop.currency,
            zone=shop.zone,
            training=shop.training,
            language=self._language(screen),
            revision=till.revision,
            now_ms=till.clock.now_ms(),
            screen="stopped" if stop else screen,
            cashiers=[_person(cashier) for cashier in till.people.cashiers],
            cashier=_person(till.cashier) if till.cashier else None,
            shift=self._shift(),
            sale=self._sale(shown),
            tenders=[] if case else self._tenders(shown),
            devices=self._devices(case),
            banner=None if case else self._banner(),  # a case says itself what to do: "cash works" would contradict it
            trouble=till.pay.trouble or self._unpaid(course),
            said=till.said,
            card_progress=till.pay.progress,
            card_since_ms=till.pay.card_since_ms,
            stop_asked=till.pay.stop_asked,
            case=case,
            stop=stop,
            last=_last(till.last),
            receipt=self._receipt(receipt) if receipt else None,
            ofd=self._ofd(),
            office=self._health.office(),
            parked=[self._parked(aside) for aside in till.aside],
            wedge=till.settings.wedge,
            claim=claim_screen(till, till.clock.now_ms()) if screen == "claim" else None,
            claims=till.claims is not None,
            encashment=encashment_screen(till) if screen == "encashment" else None,
            encashments=till.encashments.kept,
            account=account_view(till),
            guests=self._guests(screen, stop),
            agree=agree_screen(till.in_person) if screen == "agree" else None,
            agrees=till.in_person is not None,
            restore=restore_screen(till) if screen == "restore" else None,
        )

    def _screen(self, course: Course | None, case: CaseView | None) -> str:
        till = self._till
        if till.cashier is None:
            return "locked"
        if case is not None:
            return "case"
        if is_restoring(till):
            return "restore"
        sale = course.record.sale if course else None
        if self._claim_shown(course):
            return "claim"
        if self._encashment_shown(course):
            return "encashment"
        if self._agree_shown(course):
            return "agree"
        if sale is not None and course is not None:
            if is_finished(sale):
                return "receipt"
            if till.pay.progress is not None:
                return "card"
            # All is paid, or nothing and the basket is about to be free: either way the next step is the till's own.
            settled = sale.phase is Phase.PAYING and not sale.unsettled
            between = settled and (sale.left_minor == 0 or not sale.money_here)
            if course.live or between or sale.phase in (Phase.SEALING, Phase.SEALED, Phase.PAID_UNSEALED):
                return "working"
            if sale.act is SaleAct.REFUND:
                return "refund"
            if till.cash_screen:
                return "cash"
            if sale.phase is Phase.BASKET and not till.devices.register.shift.open:
                return "shift_closed"  # closed under a sale, because it grew too old: the sale waits for the next one
            return "selling"
        if not till.devices.register.shift.open:
            return "shift_closed"
        return "receipt" if till.receipt is not None else "selling"

    def _claim_shown(self, course: Course | None) -> bool:
        """A slip is looked at beside an empty counter or a basket, never in the middle of a payment."""
        till = self._till
        if till.claim is None or till.claims is None or self._paying(course):
            return False
        return till.devices.register.shift.open or is_asking(till)

    def _encashment_shown(self, course: Course | None) -> bool:
        """An emptied box, too."""
        till = self._till
        return till.encashment is not None and till.devices.register.shift.open and not self._paying(course)

    def _agree_shown(self, course: Course | None) -> bool:
        """Whoever agrees to be known, too."""
        desk = self._till.in_person
        asked = desk is not None and desk.now is not None
        return asked and self._till.devices.register.shift.open and not self._paying(course)

    def _language(self, screen: str) -> str:
        """The shopper's, while a shopper reads."""
        desk = self._till.in_person
        asked = desk.now if screen == "agree" and desk is not None else None
        return asked.locale if asked is not None else self._till.language

    def _guests(self, screen: str, stop: Note | None) -> list[GuestView]:
        """Named beside the basket only: not at a locked till, nor while somebody pays or a case stands."""
        guests = self._till.guests
        return guests.here() if guests is not None and screen == "selling" and stop is None else []

    def _paying(self, course: Course | None) -> bool:
        if course is None:
            return self._till.cash_screen
        return self._till.cash_screen or course.live or course.record.sale.phase is not Phase.BASKET

    def _unpaid(self, course: Course | None) -> Note | None:
        """A part was paid and the rest was declined: what to say stands in the journal."""
        if course is None or course.live or course.record.sale.phase is not Phase.PAYING:
            return None
        return not_paid(course.record.sale)

    def _receipt(self, sale: Sale) -> ReceiptView:
        till = self._till
        return receipt_view(sale, till.devices.register, self._shop.paper, till.contact_of(sale))

    def _sale(self, sale: Sale | None) -> SaleView | None:
        if sale is None:
            return None
        till = self._till
        due = till.cash_due_minor(sale) if till.cash_screen else sale.basket.total_minor
        return sale_view(sale, till.selected, till.original, due)

    def _stop(self) -> Note | None:
        register = self._till.devices.register
        if register.port.health.code == "other_register" and register.identity and register.last:
            return Note("other_register", {"expected": register.identity.fn, "found": register.last.fn})
        return None

    def _shift(self) -> ShiftView:
        till = self._till
        shift = till.devices.register.shift
        age = till.clock.now_ms() - shift.opened_ms
        waiting = [
            Note("unfinished_sale", {"number": c.record.sale.number, "sum_minor": c.record.sale.due_minor})
            for c in till.aside
            if c.record.sale.phase is not Phase.BASKET
        ]
        standing = [Note("shift_unknown")] if till.shifts.standing else []
        days = [
            Note(f"terminal_day_{day.state}", {"difference_minor": day.difference, "sales": ", ".join(day.sales)})
            for day in till.shifts.days.exceptions
        ]
        return ShiftView(
            open=shift.open,
            number=shift.number,
            opened_ms=shift.opened_ms,
            too_old=shift.open and age >= SHIFT_LONGEST_MS,
            exceptions=[*standing, *days, *waiting],
        )

    def _tenders(self, sale: Sale | None) -> list[TenderView]:
        """The keys stay; what cannot be used says why."""
        till = self._till
        register = self._away(till.devices.register.port, "register_away")
        card_port = next((card.port for card in till.devices.cards.values()), None)
        card = Note("terminal_away") if card_port is None else self._away(card_port, "terminal_away")
        empty = Note("empty_basket") if sale is None or not sale.basket.lines else None
        first = till.settings.default_means
        reasons = {"card": register or card or empty, "cash": register or empty}
        return [TenderView(means, why is None, why, means == first) for means, why in reasons.items()]

    def _away(self, port: DevicePort, code: str) -> Note | None:  # type: ignore[type-arg]
        return Note(code) if port.health.state == "down" else None

    def _devices(self, case: CaseView | None) -> list[DeviceView]:
        asked = {step.device for step in case.steps if step.state == "asking"} if case else set()
        return self._health.devices(self._till, asked)

    def _banner(self) -> Note | None:
        """At most one line: what is away, what we sell, what to do."""
        till = self._till
        register = till.devices.register.port
        if register.health.state == "down" and register.health.code not in ("never_asked", "other_register"):
            return Note("register_away")
        card = next((card.port for card in till.devices.cards.values()), None)
        if card is not None and card.health.state == "down" and card.health.code != "never_asked":
            return Note("terminal_away")
        goods = till.devices.goods_check
        if goods is not None and goods.health.state == "down" and goods.health.code != "never_asked":
            return Note("marks_away")
        return self._health.office_banner()

    def _ofd(self) -> QueueView:
        register = self._till.devices.register
        state = register.last
        if state is None or not state.ofd_unsent:
            return QueueView(0, 0)
        oldest_ms = 0
        if state.ofd_oldest is not None:
            age = state.clock - state.ofd_oldest
            oldest_ms = self._till.clock.now_ms() - int(age.total_seconds() * 1000)
        return QueueView(state.ofd_unsent, oldest_ms)

    def _parked(self, course: Course) -> ParkedView:
        sale = course.record.sale
        unresolved = sale.phase is not Phase.BASKET
        return ParkedView(
            sale=sale.id,
            phase=sale.phase.value,
            total_minor=sale.due_minor or sale.basket.total_minor,
            since_ms=sale.opened.at_ms,
            unresolved=unresolved,
            note=Note("parked_unresolved" if unresolved else "parked"),
        )


def _person(cashier: Cashier) -> Person:
    return Person(cashier.id, cashier.name, cashier.supervisor)


def _means(sale: Sale) -> tuple[tuple[str, int], ...]:
    return ("credit", sale.credit_minor), ("card", sale.card_minor), ("cash", sale.cash_kept_minor)


def _last(sale: Sale | None) -> LastView | None:
    if sale is None:
        return None
    means = [means for means, there in _means(sale) if there]
    return LastView(sale.number, sale.act.value, sale.due_minor, means, sale.change_minor)
