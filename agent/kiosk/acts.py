"""What a shopper or a member of staff does at a kiosk: each act guarded, each by the client id that makes it once."""

from __future__ import annotations

import re

from agent.course.course import Course
from agent.course.seal_course import mark_facts
from agent.credit import credit_desk
from agent.kiosk.kiosk import Kiosk
from agent.kiosk.session import CHOOSING, ENDING, Session, Stage
from agent.kiosk.slip_sending import SlipSending
from agent.kiosk.view import KioskCommand
from agent.stock.basket_growth import lacking
from agent.stock.reservations import Reservations
from agent.till.arguments import Arguments
from agent.till.basket_desk import may_change
from agent.till.credit_acts import may_take, take_credit
from agent.till.paying_acts import PayingActs
from agent.till.people import Cashier
from agent.till.selling_acts import SellingActs
from agent.till.trade import TradeRefused
from agent.view import Command
from fiscal import sale_events as e
from fiscal.basket import Basket
from fiscal.product import Product
from fiscal.refused import LawRefused
from fiscal.sale import Phase, Sale, SaleEvent
from sync.store.batch import Batch, Entry, Personal

NOBODY = Cashier("", "", "")
"""A machine sells: its documents name no cashier."""
MOST_LINES = 60
_PHONE = re.compile(r"\+?[0-9]{10,15}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{3,64}")
_CARD = re.compile(r"[0-9A-Za-z-]{4,32}")
_BACK = {Stage.PAY: Stage.RECEIPT_WAY, Stage.RECEIPT_WAY: Stage.BASKET, Stage.BASKET: Stage.BROWSE}


class KioskActs:
    def __init__(self, kiosk: Kiosk, reservations: Reservations, slips: SlipSending) -> None:
        self._kiosk = kiosk
        self._slips = slips
        self._reservations = reservations
        self._till = kiosk.till
        self._paying = PayingActs(kiosk.till)
        self._selling = SellingActs(kiosk.till, self._paying)

    @property
    def _session(self) -> Session:
        return self._kiosk.session

    async def do(self, command: KioskCommand) -> None:
        """Raises TradeRefused, LawRefused and what the store raises; then nothing has changed."""
        args, session, kiosk = Arguments(command.args), self._session, self._kiosk
        session.touched_ms = self._till.clock.now_ms()
        match command.do:
            case "touch":
                return
            case "start":
                if session.stage is Stage.ATTRACT:
                    session.stage = Stage.BROWSE
            case "language":
                self._till.language = "en" if args.text("language") == "en" else "ru"
            case "speech":
                kiosk.speech = args.whole("on") == 1
            case "help":
                session.help = self._till.called = True
            case "leave":
                self._not_live()
                await kiosk.leave("given_up")
            case "print_slip":
                if session.stage is not Stage.CLAIM or not await kiosk.print_again():
                    raise TradeRefused("register_away")
            case "send_slip":
                await self._slips.send(args.text("phone", "").strip())
            case "finish" | "take_slip":
                if session.stage not in ENDING or session.stage is Stage.CHANGE:
                    raise TradeRefused("kiosk_busy")
                kiosk.end_session()
            case "scan" | "add" | "quantity" | "remove":
                await self._basket(command, args)
            case "show_basket" | "show_goods":
                self._choosing()
                session.stage = Stage.BASKET if command.do == "show_basket" else Stage.BROWSE
            case "checkout":
                self._checkout()
            case "back" if session.stage is Stage.CASH:
                self._nothing_inserted()
            case "back":
                self._choosing()
                session.stage = _BACK.get(session.stage, Stage.BROWSE)
                self._till.pay.trouble = None
            case "identify":
                await self._identify(args)
            case "receipt":
                await self._receipt(args)
            case "pay":
                await self._pay(args.text("means"), agreed=args.whole("agreed", 0) == 1)
            case "stop_card":
                self._till.pay.stop_card()
            case "give_back":
                self._give_back()
            case _:
                raise TradeRefused("malformed")

    # The basket

    async def _basket(self, command: KioskCommand, args: Arguments) -> None:
        session, till = self._session, self._till
        if session.stage is Stage.ATTRACT or session.stage in (Stage.DONE, Stage.CLAIM):
            self._kiosk.end_session()
            session = self._kiosk.session
            session.stage, session.touched_ms = Stage.BROWSE, till.clock.now_ms()
        if session.stage not in CHOOSING or session.giving_up:
            raise TradeRefused("paying_no_scan")
        till.release_finished()
        course = till.counter
        basket = course.record.sale.basket if course else Basket()
        if course is not None:
            self._not_live()
            may_change(course.record.sale)
        if command.do in ("quantity", "remove"):
            at = till.at_counter()
            async with self._reservations.turn:
                events = till.basket.change(at.record.sale, command.do, args)
                self._on_the_shelf(events, at.record.sale)
                await at.record.append(*events, command=till.kept(_as_till(command)))
            return
        if len(basket.lines) >= MOST_LINES:
            raise TradeRefused("kiosk_too_many")
        try:
            events = (
                till.basket.scan(basket, args.code("code"))
                if command.do == "scan"
                else till.basket.add(basket, args.text("barcode"))
            )
        except LawRefused as refused:
            if refused.code != "mark_needed":
                raise
            raise TradeRefused("kiosk_marked_scan", name=refused.params["product"]) from refused
        for event in events:
            if isinstance(event, e.LinePut):
                self._may_sell(event.line.product)
        async with self._reservations.turn:
            self._on_the_shelf(events, course.record.sale if course else None)
            await self._put(command, events)

    async def _put(self, command: KioskCommand, events: tuple[SaleEvent, ...]) -> None:
        await self._selling.put(_as_till(command), events, NOBODY)
        assert self._till.counter is not None
        self._till.said = None  # words of a cashier's screen
        self._session.record = self._till.counter.record
        if self._session.stage is Stage.PAY:
            self._session.stage = Stage.BASKET

    def _may_sell(self, product: Product) -> None:
        age = self._till.basket.age_of(product)
        if age and self._kiosk.settings.age_goods == "refuse":
            raise TradeRefused("kiosk_age", age=age, name=product.name)

    def _on_the_shelf(self, events: tuple[SaleEvent, ...], sale: Sale | None) -> None:
        """A shopper who chooses from the screen has nothing in the hand: what is not there, or is kept for an order,
        cannot be promised."""
        lacks = lacking(self._reservations, sale, events)
        if lacks is not None:
            raise TradeRefused("kiosk_stock", name=lacks.name)

    # Who, and where the receipt goes

    def _checkout(self) -> None:
        self._choosing()
        course = self._till.at_counter()
        sale = course.record.sale
        if not sale.basket.lines:
            raise TradeRefused("empty_basket")
        refused = next((m for m in mark_facts(sale) if not m.accepted), None)
        if refused is not None:
            raise TradeRefused("kiosk_code_refused", name=refused.product)
        if not self._session.age_allowed and any(self._till.basket.age_of(x.product) for x in sale.basket.lines):
            line = next(x for x in sale.basket.lines if self._till.basket.age_of(x.product))
            self._session.help = self._till.called = True
            raise TradeRefused("kiosk_age", age=self._till.basket.age_of(line.product), name=line.product.name)
        self._session.stage = Stage.RECEIPT_WAY

    async def _identify(self, args: Arguments) -> None:
        """A phone or card number; consents are separate acts and none follows from the number."""
        course = self._till.at_counter()
        may_change(course.record.sale)
        phone, card = args.text("phone", "").strip(), args.text("card", "").strip()
        if not phone and not card:
            self._session.customer = ""
            return
        kind, value, shape = ("phone", phone, _PHONE) if phone else ("card", card, _CARD)
        if shape.fullmatch(value) is None:
            raise TradeRefused("contact_malformed")
        consents = args.texts("consents")
        personal = Personal(self._till.new_id(), course.record.sale.id, f"customer_{kind}", value)
        named = e.CustomerNamed(personal.id, kind, consents)
        await course.record.append(named, personal=(personal,))
        self._session.customer = kind
        if self._till.numbers is not None:
            self._till.numbers.told(kind, credit_desk.number(kind, value).value)

    async def _receipt(self, args: Arguments) -> None:
        way, value = args.text("way"), args.text("value", "").strip()
        course = self._till.at_counter()
        may_change(course.record.sale)
        if way not in self._kiosk.receipt_ways():
            raise TradeRefused("malformed", argument="way")
        if way in ("email", "phone"):
            if (_EMAIL if way == "email" else _PHONE).fullmatch(value) is None:
                raise TradeRefused("contact_malformed")
            told = value if way == "email" or value.startswith("+") else f"+{value}"
            personal = Personal(self._till.new_id(), course.record.sale.id, way, told)
            await course.record.append(e.ContactGiven(personal.id), personal=(personal,))
        self._session.way = way
        self._session.stage = Stage.PAY

    # Money

    async def _pay(self, means: str, *, agreed: bool) -> None:
        session, till, kiosk = self._session, self._till, self._kiosk
        if session.stage not in (Stage.PAY, Stage.CASH) or session.giving_up:
            raise TradeRefused("kiosk_busy")
        course = till.at_counter()
        self._not_live()
        sale = course.record.sale
        if till.shifts.standing is not None:
            raise TradeRefused("kiosk_busy")
        till.pay.may_pay(sale)
        refused = kiosk.cash_refusal(kiosk.cash_due_minor(sale)) if means == "cash" else None
        refused = refused or await kiosk.look_at_register(sale)
        if refused is not None:
            raise TradeRefused(refused.code, **refused.params)
        if means == "credit":
            self._pay_credit(course)
            return
        if means == "cash":
            if not kiosk.cash_due_minor(sale):
                raise TradeRefused("change_only_from_cash")
            if kiosk.settings.exact_only and not agreed:
                raise TradeRefused("kiosk_exact")
            kiosk.take_money(course)
            return
        card = next(iter(till.devices.cards.values()), None)
        if means != "card" or card is None:
            raise TradeRefused("terminal_away")
        inserted = kiosk.boxes.inserted_minor(sale.id)
        if not inserted:
            session.stage = Stage.CARD
            course.request(lambda: till.pay.pay_card(course, card, 0))
            return
        kiosk.rest_by_card()

    def _pay_credit(self, course: Course) -> None:
        """Of a shop card only: a phone number is known to many, and nobody looks at the person here."""
        till, sale = self._till, course.record.sale
        number = self._kiosk.back.advances.number_of(sale)
        found = till.credits.find(number) if number is not None and number.how == "card" else None
        if found is None:
            raise TradeRefused("credit_empty")
        account = found.opened.account
        sum_minor = may_take(till, sale, account)
        course.request(lambda: take_credit(till, course, account, sum_minor))

    def _give_back(self) -> None:
        session = self._session
        course = self._till.at_counter()
        if session.stage not in (Stage.CASH, Stage.PAY) or course.live:
            raise TradeRefused("kiosk_busy")
        session.giving_up = session.giving_up or "given_up"

    def _nothing_inserted(self) -> None:
        """Another means is chosen before the first note. One that enters now comes back by itself: nobody wants it."""
        session, boxes = self._session, self._kiosk.boxes
        if session.giving_up or boxes.pieces(session.order) or boxes.is_moving(session.order):
            raise TradeRefused("kiosk_busy")
        boxes.close()
        session.stage = Stage.PAY

    # Guards

    def _choosing(self) -> None:
        session = self._session
        if session.stage not in CHOOSING or session.giving_up:
            raise TradeRefused("kiosk_busy")
        course = self._till.counter
        if course is not None and session.record is course.record:
            if course.live or course.record.sale.phase is not Phase.BASKET:
                raise TradeRefused("kiosk_busy")
            if self._kiosk.boxes.inserted_minor(course.record.sale.id):
                raise TradeRefused("kiosk_busy")  # what is inserted was inserted for this basket

    def _not_live(self) -> None:
        course = self._till.counter
        if course is not None and course.live:
            raise TradeRefused("kiosk_busy")


async def note_age_allowed(kiosk: Kiosk, course: Course, person: str) -> None:
    """Somebody looked at the buyer: who it was is kept."""
    entry = Entry("kiosk.age_allowed", kiosk.settings.id, person.encode(), course.record.sale.id)
    await kiosk.till.store.commit(Batch(entries=(entry,)))
    kiosk.session.age_allowed = True


def _as_till(command: KioskCommand) -> Command:
    return Command(command.id, command.revision, command.do, command.args)
