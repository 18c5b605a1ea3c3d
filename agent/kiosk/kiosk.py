"""One kiosk: a shopper's session over a till without a cashier, and over the boxes that take and give money.

    shopper ── KioskActs ──> session, sale (the till's own course carries it on)
    boxes   ── changed ────> the loop here: paid enough? owed? idle? to be booked?
                               └──> sale sealed / change / claim slip / внесение at the register

Every step reads the journals and does one thing; after a power cut the same loop goes on from what they say. While the
register or a device is being talked to, people's acts are still answered: the loop decides under the lock and works
outside it.
"""

from __future__ import annotations

import logging
from contextlib import suppress

import anyio

from agent.cash.cash_slot import CashSlot
from agent.cash.encashment import EncashmentDesk
from agent.claims.claim_desk import ClaimDesk
from agent.course.course import Course
from agent.course.sale_record import SaleMoved
from agent.kiosk.acceptance import refusal, unit_facts
from agent.kiosk.boxes import Boxes
from agent.kiosk.kiosk_settings import KioskSettings
from agent.kiosk.money_back import MoneyBack, Work
from agent.kiosk.session import ENDING, Session, Stage
from agent.kiosk.slips import case_view, claim_view
from agent.kiosk.upkeep import RETRY_S, Upkeep
from agent.till.arguments import Arguments
from agent.till.till import Till
from agent.till.trade import TradeRefused, problem_note
from agent.view import Note
from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.claim import Claim
from fiscal.preflight import Problem
from fiscal.refused import LawRefused
from fiscal.sale import ENDED, Phase, Sale, is_finished
from sync.store.failures import DiskFull, JournalRefused

log = logging.getLogger("tillkeeper.kiosk")

LOOK_S = 1.0
"""Deadlines are looked at so often; changes wake the loop at once."""
MAKE_WITHIN_S = 90.0
"""Money is inserted and the register will not make the receipt: after this the money is claimed back."""
STORE_PAUSE_S = 2.0
SHIFT_WITHIN_S = 10.0
"""A shift opens in two or three seconds, its report is printed."""


class Kiosk:
    def __init__(self, settings: KioskSettings, till: Till, claims: ClaimDesk | None) -> None:
        self.settings = settings
        self.till = till
        self.back = MoneyBack(settings, till, claims)
        self.upkeep = Upkeep(till, self.back)
        self.session = Session()
        self.turn = anyio.Lock()
        self.resumed = anyio.Event()
        """What stood open is read: nobody's act may come before that."""
        self.speech = False
        self.encashments: EncashmentDesk | None = None
        self._stir = anyio.Event()
        till.watchers.append(self.stir)

    def give_slots(self, slots: tuple[CashSlot, ...]) -> None:
        """The slots are made after the kiosk, because they ask it what to keep."""
        self.back.boxes = Boxes(slots)

    @property
    def boxes(self) -> Boxes:
        return self.back.boxes

    def stir(self) -> None:
        self._stir.set()

    def changed(self) -> None:
        """Something on the screen is different; no revision: what a note does must not refuse a finger."""
        self.till.changed_if_shown()

    # What money is about

    def wants(self, value_minor: int) -> bool:
        """Is a piece of this worth to be kept now? Asked while it lies in escrow, answered without any device."""
        return 0 < value_minor <= self.greatest_piece_minor()

    def greatest_piece_minor(self) -> int:
        """The worth of the greatest piece that is to be kept now, 0 when none is: every smaller one is kept, too."""
        session = self.session
        sale = session.record.sale if session.record else None
        if session.stage is not Stage.CASH or session.giving_up or sale is None or self.till.stopped is not None:
            return 0  # at a till that is stopped: what could not be written down is not taken
        left = self.cash_due_minor(sale) - self.boxes.inserted_minor(sale.id)
        return left + self.settings.greatest_over_minor if left > 0 else 0

    def cash_due_minor(self, sale: Sale) -> int:
        """What is to be paid in cash: all that no card has paid."""
        return self.till.cash_due_minor(sale)

    def cash_refusal(self, due_minor: int) -> Note | None:
        """Why no money is taken now."""
        ahead = self.till.devices.register.clock_ahead()
        sane = ahead is None or abs(ahead.total_seconds()) < 300
        return refusal(
            unit_facts(self.boxes, self.settings.box_pieces),
            due_minor=due_minor,
            greatest_minor=self.settings.greatest_cash_minor,
            room=self.till.store.room() and self.till.stopped is None,
            claims=self.back.claims is not None,
            clock_sane=sane,
        )

    # Life

    async def run(self) -> None:
        """Tends the session until cancelled. The till's own task has read what stands open."""
        while self.till.tasks is None:  # noqa: ASYNC110 - the till's first reading takes milliseconds
            await anyio.sleep(0.01)
        self._resume()
        self.resumed.set()
        while True:
            stir = self._stir = anyio.Event()
            try:
                if await self._step():
                    continue
            except (LawRefused, TradeRefused) as refused:
                log.warning("refused: %s", refused, extra={"kiosk": self.settings.id})
            except (DiskFull, JournalRefused):
                self.till.settle(True)
                self.boxes.close()
                await anyio.sleep(STORE_PAUSE_S)
                self.till.look_for_room()
            with anyio.move_on_after(LOOK_S):
                await stir.wait()

    def _resume(self) -> None:
        """A purchase that stood open when the power went: its shopper may still be there."""
        self.session = Session(touched_ms=self.till.clock.now_ms())
        course = self.till.counter
        if course is None:
            return
        self.session.record = course.record
        sale = course.record.sale
        if sale.phase is Phase.BASKET:
            # A piece that was on its way may still turn out to be in the box.
            self.session.stage = Stage.CASH if self.boxes.pieces(sale.id) else Stage.BASKET
        else:
            self.session.stage = Stage.CARD if sale.unsettled else Stage.MAKING
        if self.session.stage is Stage.CASH:
            self.take_money(course)

    async def _step(self) -> bool:
        """One decision, carried out. True: look again at once."""
        async with self.turn:
            work = await self._decide()
        if work is None:
            return False
        await work()
        self.changed()
        return True

    async def _decide(self) -> Work | None:
        self.boxes.keep_open()
        session = self.session
        if session.stage is Stage.CASH and self.boxes.is_moving(session.order):
            session.touched_ms = self.till.clock.now_ms()  # who feeds notes is there, without touching the glass
        if session.record is not None:
            work = await self._purchase(session.record.sale)
            if work is not None:
                return work
        work = self._owed()
        if work is not None:
            return work
        if await self._idle():
            return _nothing
        return self.upkeep.next_step(there=session.stage is not Stage.ATTRACT)

    # The purchase at hand

    async def _purchase(self, sale: Sale) -> Work | None:
        session = self.session
        course = self.till.counter
        if sale.phase in ENDED or is_finished(sale):
            if session.stage not in ENDING:
                self._ended(sale)
                return _nothing
            return None
        if course is None or course.record is not session.record or course.live:
            return None
        needs_person = next((a for a in sale.attempts if a.phase is p.AttemptPhase.NEEDS_PERSON), None)
        if needs_person is not None:
            return lambda: self._cannot_tell(course)
        if sale.phase in (Phase.BASKET, Phase.PAYING) and not sale.unsettled:
            if session.giving_up:
                return await self._give_up(course)
            if session.stage is Stage.CASH:
                return self._paid_enough(course)
            if session.stage is Stage.MAKING:
                return self._make_again(course)
            if session.stage is Stage.CARD and self.till.pay.progress is None:
                session.stage = Stage.PAY  # declined, or the terminal was not ready: the till says why
                session.touched_ms = self.till.clock.now_ms()
                return _nothing
        if sale.phase not in (Phase.BASKET, Phase.PAYING) and session.stage is not Stage.MAKING:
            session.stage, session.making_since_ms = Stage.MAKING, self.till.clock.now_ms()
            return _nothing
        if sale.phase is Phase.PAID_UNSEALED and not session.help:
            session.help = self.till.called = True  # the shopper's money is here and no receipt: somebody has to come
            return _nothing
        return None

    def _paid_enough(self, course: Course) -> Work | None:
        sale = course.record.sale
        due = self.cash_due_minor(sale)
        if self.session.by_card:
            return self._rest_by_card(course, due) if self.boxes.is_shut else None
        if self.boxes.inserted_minor(sale.id) < due or not due:
            if not self.boxes.is_open:
                self.take_money(course)
            return None
        if self.boxes.is_open:
            self.boxes.close()
            return _nothing
        if not self.boxes.is_shut:
            return None
        return self._seal(course)

    def _rest_by_card(self, course: Course, due: int) -> Work:
        session, inserted = self.session, self.boxes.inserted_minor(course.record.sale.id)
        session.by_card = False
        card = next(iter(self.till.devices.cards.values()), None)
        if inserted >= due:
            return self._seal(course)
        if card is not None:
            session.stage = Stage.CARD
            course.request(lambda: self.till.pay.pay_card(course, card, 0, cash_minor=inserted))
        return _nothing

    def _seal(self, course: Course) -> Work:
        session, now = self.session, self.till.clock.now_ms()
        if session.stage is not Stage.MAKING:
            session.stage, session.making_since_ms = Stage.MAKING, now
        session.tried_ms = now
        order = course.record.sale.id
        course.request(lambda: self.till.pay.take_cash(course, self.boxes.inserted_minor(order)))
        return _nothing

    def _make_again(self, course: Course) -> Work | None:
        """The money is inserted, the register was not fit: again and again, then the money is claimed back."""
        session, sale, now = self.session, course.record.sale, self.till.clock.now_ms()
        inserted = self.boxes.inserted_minor(sale.id)
        if not inserted or inserted < self.cash_due_minor(sale):
            session.stage = Stage.PAY if not inserted else Stage.CASH
            return _nothing
        if now - session.making_since_ms >= MAKE_WITHIN_S * 1000:
            session.giving_up = "not_made"
            return _nothing
        if now - session.tried_ms < RETRY_S * 1000 or not self.boxes.is_shut:
            return None
        return self._seal(course)

    async def _give_up(self, course: Course) -> Work | None:
        """No goods: what was charged goes back by its terminal, what was inserted is owed from then on."""
        if self.boxes.is_open:
            self.boxes.close()
            return _nothing
        if not self.boxes.is_shut and self.boxes.is_moving(course.record.sale.id):
            return None
        sale, why = course.record.sale, self.session.giving_up
        with suppress(SaleMoved):  # the sale's own course was at it too: what it is now is looked at anew
            free = sale.phase is Phase.BASKET
            paid = e.PaymentCancelled("", why) if sale.money_here else e.Unlocked()
            await course.record.append(e.Voided(why) if free else paid, of=sale)
        return _nothing

    async def _cannot_tell(self, course: Course) -> None:
        """Nobody here could read a slip: the purchase is left to people, what is beside the card goes back."""
        sale = course.record.sale
        if sale.credit_minor and sale.phase is Phase.PAYING:
            await course.record.append(e.CreditReturned(sale.credit_minor))
        if sale.cash_kept_minor and sale.phase is Phase.PAYING:
            await course.record.append(e.CashReturned(sale.cash_kept_minor, ""))
        await self.till.pay.choose(course, "cannot_tell", Arguments({}), "")

    def stuck_aside(self) -> Course | None:
        """An advance whose receipt the register does not make, while no purchase waits for the same."""
        stuck = [one for one in self.till.courses() if one.record.sale.phase is Phase.PAID_UNSEALED]
        return stuck[0] if stuck and stuck[0] is not self.till.counter else None

    def _ended(self, sale: Sale) -> None:
        session = self.session
        session.ended_ms = self.till.clock.now_ms()
        self.boxes.close()
        if sale.phase is Phase.VOIDED and not self.boxes.pieces(sale.id):
            self.end_session()
            return
        if sale.phase is Phase.LEFT_OPEN:
            session.slips.append(case_view(sale.number, "card_unknown", sale.due_minor, session.ended_ms))
        session.slips += [
            case_view(f"{self.settings.id}-{piece.number}", "in_doubt", piece.value_minor, session.ended_ms)
            for piece in self.boxes.doubts(sale.id)
        ]
        self.back.look_again(sale.id)
        owed = self.back.money(sale.id).owed_minor
        session.stage = Stage.CHANGE if owed else Stage.CLAIM if session.slips else Stage.DONE

    def end_session(self) -> None:
        """The next shopper may begin."""
        self.boxes.close()
        staff = self.session.staff
        self.till.release_finished()
        self.till.receipt = None
        self.till.said = None
        self.till.pay.trouble = None
        self.till.called = False
        self.till.language = self.till.settings.language
        self.session = Session(staff=staff, touched_ms=self.till.clock.now_ms())
        self.till.changed()

    def take_money(self, course: Course) -> None:
        """The slots open for this purchase."""
        self.session.stage = Stage.CASH
        self.session.touched_ms = self.till.clock.now_ms()
        self.boxes.open(course.record.sale.id, self.greatest_piece_minor)

    def rest_by_card(self) -> None:
        """What is inserted counts, the card pays the rest: as soon as no piece is on its way."""
        self.session.by_card = True
        self.boxes.close()

    # What is owed

    def _owed(self) -> Work | None:
        session = self.session
        work = self.back.next_step(session.order, session.giving_up, self._promised)
        done = self.back.is_settled(session.order) or self.back.advances.waits(session.order)
        if session.stage is Stage.CHANGE and work is None and done:
            session.stage = Stage.CLAIM if session.slips else Stage.DONE
            session.ended_ms = self.till.clock.now_ms()
            return _nothing
        return work

    def _promised(self, claim: Claim) -> None:
        session = self.session
        assert self.back.claims is not None, "the desk that issued it"
        session.slips.append(claim_view(self.back.claims, claim))
        session.stage, session.ended_ms = Stage.CLAIM, self.till.clock.now_ms()

    async def print_again(self) -> bool:
        """The newest slip of this session, once more on paper."""
        claims, slips = self.back.claims, [slip for slip in self.session.slips if slip.code]
        claim = claims.claim(slips[-1].number) if claims and slips else None
        return claim is not None and await self.back.print(claim)

    async def _idle(self) -> bool:
        session, now = self.session, self.till.clock.now_ms()
        if session.staff is not None or (session.giving_up and session.stage not in ENDING):
            return False  # somebody of the shop stands there, or it is being ended
        money = bool(session.order and self.boxes.inserted_minor(session.order))
        times = session.idle_ms(money, self.settings, self.speech)
        if times is None or now < times[1] or (self.till.counter is not None and self.till.counter.live):
            return False
        await self.leave("timeout")
        return True

    async def leave(self, why: str) -> None:
        """The shopper goes, or has gone: an empty basket is forgotten, money inside is claimed."""
        session = self.session
        sale = session.record.sale if session.record else None
        if session.stage in ENDING or sale is None or sale.phase in ENDED or is_finished(sale):
            self.end_session()
        elif sale.phase is Phase.BASKET and not self.boxes.pieces(sale.id) and not self.boxes.is_moving(sale.id):
            assert session.record is not None
            await session.record.append(e.Voided(why))
            self.end_session()
        else:
            session.giving_up = session.giving_up or why

    def receipt_ways(self) -> tuple[str, ...]:
        """How the receipt may be had. The register prints each one; a machine may show the QR instead of paper."""
        return ("paper", "screen", "email", "phone")

    async def look_at_register(self, sale: Sale) -> Note | None:
        """The pre-flight before the first note or card. The shift is opened by whoever needs it first."""
        till = self.till
        with anyio.move_on_after(SHIFT_WITHIN_S):
            while not till.devices.register.shift.open:
                if till.shifts.standing is None:
                    with suppress(TradeRefused):
                        await till.shifts.open("", 0)
                await anyio.sleep(0.1)
        seen = await self.till.seals.look(sale)
        return problem_note(seen) if isinstance(seen, Problem) else None


async def _nothing() -> None:
    """The decision was the work."""
