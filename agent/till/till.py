"""One till: who is signed in, the sale on the counter, those left aside, and the desks where its work is done.

What a person does arrives through `commands`; what follows from it is carried on by each sale's course.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup

from agent.cash.shop_encashments import ShopEncashments
from agent.claims.asked_money import AskedDesk
from agent.claims.claim_desk import ClaimDesk
from agent.claims.claim_exchange import ClaimExchange
from agent.clock import Clock
from agent.course.card_course import CardCourse
from agent.course.course import Course
from agent.course.give_back import GiveBack
from agent.course.next_step import next_step
from agent.course.outcome import ended
from agent.course.sale_record import SaleRecord
from agent.course.schedule import PERSON_AFTER_S
from agent.course.seal_course import SealCourse
from agent.credit.credit_desk import CreditDesk
from agent.devices.device_port import DevicePort
from agent.devices.register_desk import RegisterDesk
from agent.ids import new_id
from agent.restore.restore_desk import RestoreDesk
from agent.stock.pickup_desk import PickupDesk
from agent.till.basket_desk import BasketDesk
from agent.till.goods_desk import GoodsDesk
from agent.till.pay_desk import PayDesk
from agent.till.people import Cashier, People
from agent.till.refund_desk import Original, RefundDesk
from agent.till.shift_desk import ShiftDesk
from agent.till.shown_encashment import ShownEncashment
from agent.till.stock_guard import StockGuard
from agent.till.terminal_days import TerminalDays
from agent.till.trade import TradeRefused
from agent.view import Command, Note
from agent.visitors.guests import Guests
from agent.visitors.in_person import InPerson
from agent.visitors.till_numbers import TillNumbers
from drivers.errors import DeviceError
from fiscal import sale_events as e
from fiscal.claim import Slip
from fiscal.plan import due
from fiscal.regimes.profile import Profile
from fiscal.sale import Phase, Sale, is_finished
from fiscal.sale_events import SaleAct
from sync.store.batch import Batch, Setting
from sync.store.batch import Command as KeptCommand
from sync.store.catalogue import Catalogue
from sync.store.failures import DiskFull, JournalRefused
from sync.store.sale_journal import is_sale_row, read_sale
from sync.store.store import Store

LATE_AMONG = 50
"""So many sales back a terminal's late answer is looked for after a start: some hours of a busy till."""


@dataclass(slots=True)
class TillDevices:
    register: RegisterDesk
    cards: dict[str, CardCourse]  # by terminal id, the first is the till's own
    goods_check: DevicePort[Any] | None = None
    scanner: DevicePort[Any] | None = None


@dataclass(slots=True)
class TillSettings:
    id: str
    name: str
    default_means: str = "card"
    language: str = "ru"
    wedge: dict[str, int] = field(default_factory=dict)
    print_slips: bool = False
    person_after_s: int = PERSON_AFTER_S
    machine: str = ""  # tag 1036 where nobody sells but a machine
    where: str = ""  # how a shopper at a kiosk finds it
    claim_cashier_minor: int = 500_000  # a claim slip up to this sum (5,000.00) is paid without a supervisor


@dataclass(frozen=True, slots=True)
class ShownCredit:
    """The screen of an account; `account` is "" while its number is asked for."""

    account: str = ""
    how: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """The claim screen: a slip by its number ("": the list). `proved`: its code was read, not only its number; `seen`
    is the hash of that code, and `foreign` what it says where another shop has issued it. `asked`: a kiosk's question
    about money of before its restore, instead of a slip."""

    number: str = ""
    proved: bool = False
    seen: str = ""
    foreign: Slip | None = None
    asked: str = ""


class Till:
    """`changed` is called after everything a page could show changed."""

    def __init__(
        self,
        settings: TillSettings,
        devices: TillDevices,
        store: Store,
        catalogue: Callable[[], Catalogue | None],
        people: People,
        clock: Clock,
        rng: random.Random,
        profile: Callable[[], Profile],
        claims: ClaimDesk | None = None,
        credits: CreditDesk | None = None,
    ) -> None:
        self.settings = settings
        self.devices = devices
        self.store = store
        self.people = people
        self.clock = clock
        self.profile = profile
        self.revision = clock.now_ms()  # above every revision an earlier process gave out
        self.language = settings.language
        self.counter: Course | None = None
        self.aside: list[Course] = []
        self.last: Sale | None = None
        self.receipt: SaleRecord | None = None
        self.original: Original | None = None
        self.cash_screen = False
        self.selected = ""
        self.said: Note | None = None
        self.stopped: Note | None = None
        self.called = False
        self.working = False
        self.watchers: list[Callable[[], None]] = []
        self._rng = rng
        self.tasks: TaskGroup | None = None
        self.basket = BasketDesk(catalogue, profile, clock, rng)
        self.seals = SealCourse(
            devices.register,
            clock,
            profile,
            people.name_of,
            self.contact_of,
            slips=settings.print_slips,
            machine=settings.machine,
        )
        self.pay = PayDesk(
            settings.id, store, self.seals, devices.cards, clock, rng, profile, people.name_of, self.changed
        )
        self.give_back = GiveBack(devices.cards, clock, rng)
        self.refunds = RefundDesk(settings.id, store)
        days = TerminalDays(settings.id, devices.cards.values(), store, clock)
        self.shifts = ShiftDesk(settings.id, devices.register, days, store, clock, people.name_of, self.new_id, claims)
        self.credits = credits or CreditDesk(store, clock)
        self.credit: ShownCredit | None = None
        self.restore: RestoreDesk | None = None  # of a box put in a dead one's place: wiring gives it
        self.claims = claims
        self.asked = AskedDesk()  # of the kiosks beside it: wiring gives the shop's
        self.exchange: ClaimExchange | None = None  # with other shops, where there is an HQ: wiring says so
        if claims is not None:
            claims.watchers.append(self.changed_if_shown)
        # A payout that a power cut left in the air is shown until it is known what became of it.
        standing = self.shifts.standing.meant.claim if self.shifts.standing else ""
        self.claim = ShownClaim(standing) if standing else None
        self.stock = StockGuard(settings.id)  # of the shop's one stock: wiring gives it
        self.pickups: PickupDesk | None = None
        self.promise: Command | None = None  # refused, because the goods are promised: it may be said once more
        self.agreed: Command | None = None  # that was said: this command breaks the promise
        self.encashments = ShopEncashments()  # of the kiosks beside it: wiring says which
        self.encashment: ShownEncashment | None = None
        self.guests: Guests | None = None  # who is here of those that agreed to be known: wiring says so
        self.in_person: InPerson | None = None  # whoever agrees to that, before this till
        self.numbers: TillNumbers | None = None  # is told whom a person was looked up by: wiring says so
        self.goods = GoodsDesk(devices.goods_check, profile, self.changed)
        session = store.setting(f"session/{settings.id}")
        self.cashier = people.named(session.decode()) if session else None

    # Life

    async def run(self) -> None:
        """Take up what an earlier process left unfinished, then tend every sale until cancelled."""
        async with anyio.create_task_group() as tasks:
            self.tasks = tasks
            self.counter, self.aside = None, []  # after a crash of this task everything is read anew
            for row in self.store.open_sales(self.settings.id):
                if self.restore is not None and self.restore.leaves_alone(row):
                    continue
                rows = [r for r in self.store.journal(row.id) if is_sale_row(r)]
                record = SaleRecord.read(rows, self.store, self.changed_by)
                course = self._course(record)
                if record.sale.parked:
                    self.aside.append(course)
                elif self.counter is None:
                    self.counter = course
                elif is_finished(self.counter.record.sale):
                    # Only its terminal still has to hear: the next sale had begun, and the shopper stands there.
                    self.aside.append(self.counter)
                    self.counter = course
                else:
                    self.aside.append(course)
                with_power = record.sale.phase is not Phase.BASKET
                if with_power:
                    await self._returned(record)
                tasks.start_soon(self._tend, course)
            if self.counter is not None and self.counter.record.sale.act is SaleAct.REFUND:
                opened = self.counter.record.sale.opened
                self.original = self.refunds.original(opened.of, opened.sale)  # what may come back is shown again
            self.last = self._last_closed()
            self.changed()
            for course in self._still_held():
                tasks.start_soon(course.learn_late)
            await anyio.sleep_forever()

    def _still_held(self) -> list[Course]:
        """Ended sales of late about which a terminal has still to be told or asked."""
        ended = [row for row in self.store.recent_sales(self.settings.id, LATE_AMONG) if not row.open]
        records = (SaleRecord.read(self.store.journal(row.id), self.store, self.changed_by) for row in ended)
        return [self._course(record) for record in records if next_step(record.sale) is not None]

    async def _returned(self, record: SaleRecord) -> None:
        """Written before anything is asked: this sale was found unfinished."""
        while True:
            try:
                await record.append(e.PowerReturned(self.clock.now_ms()))
                return
            except (DiskFull, JournalRefused):
                self.settle(True)
                await anyio.sleep(2)

    async def _tend(self, course: Course) -> None:
        await course.run()
        record = course.record
        if course in self.aside:
            self.aside.remove(course)
        if self.counter is course:
            self.counter = None
            self.original = None
            self.pay.trouble = None
            self.cash_screen = False
            self.credit = None
            self.said = ended(record.sale) or self.said
            if record.sale.phase is Phase.CLOSED:
                self.last = record.sale
                self.receipt = record
            self.changed()
        else:
            self.changed_if_shown()  # somebody else's sale is at the counter: what is pressed there is pressed for it
        await course.learn_late()

    def _course(self, record: SaleRecord) -> Course:
        return Course(
            record,
            self.seals,
            self.devices.cards,
            self.give_back,
            self.clock,
            settle=self.settle,
            changed=lambda: self.changed_by(record.sale.id),
            told=self._unpaid,
            person_after_s=self.settings.person_after_s,
        )

    def _unpaid(self, note: Note) -> None:
        """Why the register made nothing, said where the money is asked for: nothing was paid."""
        self.pay.trouble = note
        self.changed()

    def changed(self) -> None:
        self.revision += 1
        for watcher in self.watchers:
            watcher()

    def changed_by(self, sale: str) -> None:
        """A sale moved: a new revision only where it stands at the counter, or nothing does. What is pressed there is
        pressed for that sale, whatever goes on with those set aside."""
        if self.counter is None or self.counter.record.sale.id == sale:
            self.changed()
        else:
            self.changed_if_shown()

    def changed_if_shown(self) -> None:
        """Something beside the sale may look different (queues, chips): told without a new revision."""
        for watcher in self.watchers:
            watcher()

    def settle(self, refused: bool) -> None:
        note = Note("disk_full") if refused else None
        if note != self.stopped:
            self.stopped = note
            self.changed()

    def look_for_room(self) -> None:
        """The disk was full and somebody made room: the till is free again, without anybody restarting anything."""
        if self.stopped is not None and self.store.room():
            self.settle(False)

    # What the acts of a cashier stand on

    def at_counter(self) -> Course:
        if self.counter is None:
            raise TradeRefused("empty_basket")
        return self.counter

    def case_of(self, sale: str) -> Course:
        """The case that a choice is about: on the counter, or left aside and decided from the status page."""
        if sale:
            found = next((c for c in self.courses() if c.record.sale.id == sale), None)
            if found is None:
                raise TradeRefused("case_moved")
            return found
        return self.at_counter()

    def courses(self) -> list[Course]:
        return [*([self.counter] if self.counter else []), *self.aside]

    def not_live(self, course: Course) -> None:
        if course.live:
            raise TradeRefused("busy")

    def idle_counter(self) -> None:
        if self.counter is not None and self.counter.record.sale.phase not in (Phase.BASKET, Phase.PAID_UNSEALED):
            raise TradeRefused("busy")

    def set_counter(self, record: SaleRecord) -> None:
        self.counter = self._course(record)
        if self.tasks is not None:
            self.tasks.start_soon(self._tend, self.counter)

    def go_on_aside(self, record: SaleRecord) -> None:
        """A sale that nobody stands at the counter for goes on by itself."""
        course = self._course(record)
        self.aside.append(course)
        if self.tasks is not None:
            self.tasks.start_soon(self._tend, course)

    def release_finished(self) -> None:
        """A sale with all its documents leaves the counter; what its terminal still has to confirm goes on aside."""
        if self.counter is not None and is_finished(self.counter.record.sale):
            finished = self.counter
            self.set_aside(finished)
            self.last = finished.record.sale
            self.receipt = finished.record

    def set_aside(self, course: Course) -> None:
        self.aside.append(course)
        self.counter = None
        self.original = None
        self.cash_screen = False
        self.pay.trouble = None

    def signed(self) -> Cashier:
        if self.cashier is None:
            raise TradeRefused("locked")
        return self.cashier

    async def set_session(self, cashier: Cashier | None) -> None:
        if self.in_person is not None and cashier is None:
            self.in_person.leave()  # whoever signs in next finds nobody's consents open
        key = f"session/{self.settings.id}"
        await self.store.commit(Batch(settings=(Setting(key, cashier.id.encode() if cashier else b""),)))
        self.cashier = cashier

    async def ask_register(self, dialogue: Any) -> Any:
        try:
            return await self.devices.register.port.run(dialogue)
        except DeviceError as error:
            code = getattr(error, "code", "register_away")
            raise TradeRefused(code) from error

    def kept(self, command: Command) -> KeptCommand:
        return KeptCommand(command.id, self.settings.id, command.revision, b'{"done":true}')

    def contact_of(self, sale: Sale) -> str:
        """The buyer's address from the erasable table; empty when it was not given or was erased."""
        if not sale.contact:
            return ""
        return next((p.value for p in self.store.personal(sale.id) if p.id == sale.contact), "")

    def _last_closed(self) -> Sale | None:
        rows = [row for row in self.store.recent_sales(self.settings.id, 20) if row.phase == Phase.CLOSED.value]
        return read_sale(self.store.journal(rows[0].id)) if rows else None

    def cash_due_minor(self, sale: Sale) -> int:
        """What the cash screen asks for, rounded where the shop rounds cash."""
        if not sale.basket.lines:
            return 0
        return due(sale.basket, sale.card_minor, self.profile().cash_rounding, sale.credit_minor).cash_minor

    def new_id(self) -> str:
        return new_id(self.clock.now_ms(), self._rng)
