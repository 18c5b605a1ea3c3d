"""Taking money: from a chosen means to the intent, and every way out of a case, each with its guard.

A guard refuses before anything is durable; what is durable is carried on by the sale's course.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agent.clock import Clock
from agent.course.card_course import CardCourse
from agent.course.closing import debt_fact
from agent.course.course import Course
from agent.course.money_here import DISPUTED, give_back_trouble
from agent.course.plan_documents import parts_of
from agent.course.seal_course import SealCourse
from agent.ids import new_id
from agent.till.arguments import Arguments
from agent.till.trade import TradeRefused, problem_note
from agent.view import Note
from drivers.errors import DeviceError
from drivers.fiscal_registers.contract import RegisterState
from drivers.payment_terminals.contract import Progress, TerminalState
from drivers.wire.dialogue import Wish
from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.document import Operation
from fiscal.payment import AttemptPhase, CardAct
from fiscal.plan import CARD, PlannedDocument, due, plan
from fiscal.preflight import Problem
from fiscal.regimes.profile import Profile
from fiscal.sale import Phase, Sale, SaleEvent
from sync.store.batch import Lock, Setting
from sync.store.failures import LockHeld
from sync.store.store import Store

PREFLIGHT = Note("card_preflight")
PREFLIGHT_AGE_S = 2
"""A pre-flight older than this says nothing about now: it is made again before an amount goes to a terminal."""


class PayDesk:
    """One till's. `trouble` is what the last try to pay ran into before anything was charged."""

    def __init__(
        self,
        till: str,
        store: Store,
        seals: SealCourse,
        cards: dict[str, CardCourse],
        clock: Clock,
        rng: random.Random,
        profile: Callable[[], Profile],
        name_of: Callable[[str], str],
        changed: Callable[[], None],
    ) -> None:
        self.trouble: Note | None = None
        self.progress: Note | None = None
        self.card_since_ms = 0
        self.stop_asked = False
        self._till = till
        self._store = store
        self._seals = seals
        self._cards = cards
        self._clock = clock
        self._rng = rng
        self._profile = profile
        self._name_of = name_of
        self._changed = changed
        self._wishes: MemoryObjectSendStream[Wish] | None = None

    # Planning

    def may_pay(self, sale: Sale) -> None:
        """What the trade forbids before any device is asked. Raises TradeRefused or LawRefused."""
        if sale.phase not in (Phase.BASKET, Phase.PAYING):
            raise TradeRefused("busy")
        if sale.unsettled or is_paid(sale):
            raise TradeRefused("busy")
        if not sale.basket.lines:
            raise TradeRefused("empty_basket")
        if not self._store.room():
            raise TradeRefused("room_low")
        self._plan(sale)

    def planned(self, sale: Sale) -> tuple[tuple[SaleEvent, ...], tuple[Setting, ...]]:
        """The events that lock the basket and decide its documents; nothing when that has happened."""
        if sale.phase is not Phase.BASKET:
            return (), ()
        number, settings = self._number(sale)
        documents = self._plan(sale)
        return (e.Planned(number, parts_of(documents), sale.basket.total_minor),), settings

    def refund_planned(
        self, sale: Sale, documents: tuple[PlannedDocument, ...]
    ) -> tuple[e.Planned, tuple[Setting, ...]]:
        """A refund's documents are complete before the first byte."""
        number, settings = self._number(sale)
        due_minor = sum(planned.document.total_minor for planned in documents)
        return e.Planned(number, parts_of(documents), due_minor, documents), settings

    def no_trouble(self, seen: RegisterState | Problem) -> None:
        if isinstance(seen, Problem):
            self.trouble = problem_note(seen)
            raise TradeRefused(seen.code, **seen.params)

    def _plan(self, sale: Sale) -> tuple[PlannedDocument, ...]:
        """The documents as if all were paid by card: what they are does not hang on the means."""
        return plan(
            sale.basket,
            Operation.SALE,
            ((CARD, sale.basket.total_minor),) if sale.basket.total_minor else (),
            None,
            self._name_of(sale.opened.cashier),
            "",
            sale.id,
            self._profile(),
        )

    def _number(self, sale: Sale) -> tuple[str, tuple[Setting, ...]]:
        """The till's next sale number: allocated in the journal, never twice; a sale keeps the one it has."""
        if sale.number:
            return sale.number, ()
        kept = self._store.setting(f"number/{self._till}")
        following = int(kept) + 1 if kept else 1
        return f"{following:04d}", (Setting(f"number/{self._till}", str(following).encode()),)

    # Card

    async def pay_card(self, course: Course, card: CardCourse, sum_minor: int, *, cash_minor: int = 0) -> None:
        """Pre-flight, the terminal's baseline, the intent, the conversation: one request of the sale's course.

        `cash_minor` is here already (a kiosk's boxes) and counts from the same moment on: the card pays the rest.
        """
        record = course.record
        self.trouble, self.stop_asked = None, False
        self._progress(PREFLIGHT)
        try:
            looked = anyio.current_time()
            seen = await self._seals.look(record.sale)
            if isinstance(seen, Problem):
                self.trouble = problem_note(seen)
                return
            state = await self._ready_terminal(card, record.sale)
            if state is None:
                return
            if anyio.current_time() - looked > PREFLIGHT_AGE_S:
                seen = await self._seals.look(record.sale)
                if isinstance(seen, Problem):
                    self.trouble = problem_note(seen)
                    return
            if self.stop_asked:
                self.trouble = Note("declined")
                return
            before, settings = self.planned(record.sale)
            left = record.sale.left_minor if not before else record.sale.basket.total_minor
            if cash_minor:
                left -= cash_minor - record.sale.cash_kept_minor
                before = (*before, e.CashTaken(cash_minor, cash_minor))
            attempt = new_id(self._clock.now_ms(), self._rng)
            sent = card.sent(attempt, CardAct.PURCHASE, min(sum_minor or left, left), state)
            self._wishes, hears = anyio.create_memory_object_stream[Wish](1)
            self.card_since_ms = self._clock.now_ms()
            self._progress(Note("card_running"))
            try:
                await card.perform(record, sent, *before, settings=settings, progress=self._told, wishes=hears)
            except LockHeld:
                self.trouble = Note("terminal_held")
            finally:
                self._wishes.close()
                hears.close()
                self._wishes = None
        finally:
            self._progress(None)

    async def _ready_terminal(self, card: CardCourse, sale: Sale) -> TerminalState | None:
        """Its state with the baseline; None, and the trouble said, where no amount may go to it."""
        try:
            state = await card.state(sale.id)
        except DeviceError:
            self.trouble = Note("terminal_away")
            return None
        if not state.ready:
            self.trouble = Note("terminal_not_ready", {"reason": state.reason})
            return None
        return state

    def stop_card(self) -> None:
        """A request: approval beats it. Asked before the terminal was, it comes in time for certain."""
        if self.stop_asked or (self._wishes is None and self.progress != PREFLIGHT):
            return
        self.stop_asked = True
        if self._wishes is not None:
            self._wishes.send_nowait(Wish("stop"))
        self._changed()

    async def refund_cards(self, course: Course, shares: Callable[[], list[tuple[p.Attempt, int]]]) -> None:
        """The card shares of a refund, one after the other; the first that is not given stops the row."""
        record = course.record
        self.trouble = None
        for charge, amount in shares():
            card = self._cards[charge.sent.terminal]
            state = await self._ready_terminal(card, record.sale)
            if state is None:
                return
            attempt = new_id(self._clock.now_ms(), self._rng)
            self.card_since_ms = self._clock.now_ms()
            self._progress(Note("refund_running"))
            try:
                await card.perform(
                    record, card.sent(attempt, CardAct.REFUND, amount, state, charge), progress=self._told
                )
            except LockHeld:
                self.trouble = Note("terminal_held")
                return
            finally:
                self._progress(None)
            done = record.sale.attempt(attempt)
            if done is None or not done.money_moved:
                return

    # Cash

    async def take_cash(self, course: Course, received_minor: int) -> None:
        """Pre-flight, then cash and the document's intent in one commit, then the document."""
        record = course.record
        self.trouble = None
        seen = await self._seals.look(record.sale)
        if isinstance(seen, Problem):
            self.trouble = problem_note(seen)
            return
        sale = record.sale
        asked = due(sale.basket, sale.card_minor, self._profile().cash_rounding, sale.credit_minor)
        before, settings = self.planned(sale)
        taken = e.CashTaken(received_minor, asked.cash_minor, asked.rounding_minor)
        if asked.cash_minor == 0 and not before:
            return
        try:
            await self._seals.seal(record, *before, taken, state=seen, settings=settings)
        except LockHeld:
            self.trouble = Note("register_held")

    def check_cash(self, sale: Sale, received_minor: int) -> None:
        """Raises TradeRefused: less than what is due, or nothing due in cash."""
        self.may_pay(sale)
        asked = due(sale.basket, sale.card_minor, self._profile().cash_rounding, sale.credit_minor)
        if received_minor < asked.cash_minor:
            raise TradeRefused("not_enough_cash", missing_minor=asked.cash_minor - received_minor)
        if asked.cash_minor == 0 and received_minor:
            raise TradeRefused("change_only_from_cash")

    # Ways out of a case

    async def choose(self, course: Course, choice: str, args: Arguments, person: str) -> None:
        """A person's way out, already signed where that is needed. Raises TradeRefused when the case has moved on."""
        record = course.record
        sale = record.sale
        now = self._clock.now_ms()
        if give_back_trouble(sale) == DISPUTED and choice in ("slip_none", "cannot_tell", "retry_give_back"):
            await self._settle_dispute(course, choice, person)
        elif choice in ("slip_approved", "slip_none", "cannot_tell") and sale.phase is not Phase.IN_DOUBT:
            await self._testify_card(course, choice, args, person)
        elif sale.phase is Phase.IN_DOUBT and sale.seal_asked:
            await self._testify_document(course, choice, args, person)
        elif choice == "retry_seal" and sale.phase is Phase.PAID_UNSEALED:
            course.request(lambda: self.retry(course))
        elif choice == "retry_give_back" and sale.phase is Phase.GIVING_BACK:
            course.request(lambda: self._give_back_again(course))
        elif choice == "drop_line" and may_drop_line(sale):
            await self._drop_line(course, person)
        elif choice == "cancel_payment" and sale.phase is Phase.PAID_UNSEALED and not sale.sealed:
            await record.append(e.PaymentCancelled(person, sale.trouble))
        elif choice == "owe_correction" and sale.phase in (Phase.PAID_UNSEALED, Phase.GIVING_BACK):
            facts = self._seals.closing(sale, now, "correction_due")
            debt = debt_fact(sale, now, sale.trouble, person)
            await record.append(
                e.CorrectionDue(person, sale.trouble), outgoing=(*facts.outgoing, debt), moves=facts.moves
            )
        else:
            raise TradeRefused("case_moved")

    async def retry(self, course: Course) -> None:
        """Once more, if it still waits for that: meanwhile the sale may have mended itself."""
        if course.record.sale.phase not in (Phase.PAYING, Phase.PAID_UNSEALED):
            return
        seen = await self._seals.seal(course.record)
        self.trouble = problem_note(seen) if seen else None

    async def _give_back_again(self, course: Course) -> None:
        """A person asked for it: where nothing went back they are told why."""
        self.trouble = None
        self.trouble = await course.give_back_now()

    async def _settle_dispute(self, course: Course, choice: str, person: str) -> None:
        """Nothing is here to go back: a person agrees with the terminal that nothing was paid, or HQ decides."""
        record = course.record
        now = self._clock.now_ms()
        if choice == "retry_give_back":
            raise TradeRefused(DISPUTED, sum_minor=record.sale.giving_back_minor)
        if choice == "slip_none":
            facts = self._seals.closing(record.sale, now, "voided_after_payment")
            await record.append(e.Voided("not_paid", person), outgoing=facts.outgoing)
            return
        facts = self._seals.closing(record.sale, now, "left_open")
        await record.append(e.LeftOpen(person, "card"), outgoing=facts.outgoing, moves=facts.moves)

    async def _testify_card(self, course: Course, choice: str, args: Arguments, person: str) -> None:
        record = course.record
        attempt = next((a for a in record.sale.attempts if a.phase is AttemptPhase.NEEDS_PERSON), None)
        if attempt is None:
            raise TradeRefused("case_moved")
        evidence = args.text("slip", "")[:40]
        free = (Lock(attempt.sent.terminal, None),)  # decided: the terminal may serve the next shopper
        if choice == "slip_approved":
            await record.append(p.CardPersonSaidPaid(attempt.id, person, evidence), locks=free)
        elif choice == "slip_none":
            await record.append(p.CardPersonSaidUnpaid(attempt.id, person, evidence), locks=free)
        else:
            facts = self._seals.closing(record.sale, self._clock.now_ms(), "left_open")
            await record.append(
                p.CardPersonCannotTell(attempt.id, person),
                e.LeftOpen(person, "card"),
                outgoing=facts.outgoing,
                moves=facts.moves,
                locks=free,
            )

    async def _testify_document(self, course: Course, choice: str, args: Arguments, person: str) -> None:
        record = course.record
        sale = record.sale
        free = course.free_register()
        if choice == "document_exists":
            number, sign = args.whole("number", 0), args.whole("sign", 0)
            at = self._clock.local().isoformat()
            await record.append(e.Sealed(len(sale.sealed), number, sign, at, e.SealedBy.PERSON, person), locks=free)
        elif choice == "document_absent":
            event: SaleEvent = e.SealRefusedPaid(len(sale.sealed), "said_absent")
            if not sale.money_here:
                event = e.SealRefusedUnpaid(len(sale.sealed), "said_absent")
            await record.append(event, locks=free)
        elif choice == "cannot_tell":
            facts = self._seals.closing(sale, self._clock.now_ms(), "left_open")
            await record.append(e.LeftOpen(person, "document"), outgoing=facts.outgoing, moves=facts.moves, locks=free)
        else:
            raise TradeRefused("case_moved")

    async def _drop_line(self, course: Course, person: str) -> None:
        record = course.record
        sale = record.sale
        line = sale.basket.line(sale.trouble_line)
        rest = sale.basket.lines
        if len(rest) == 1:
            await record.append(e.PaymentCancelled(person, sale.trouble))
            return
        parts = tuple(_parts_without(sale, line.id))
        await record.append(e.LineDropped(line.id, line.sum_minor, parts, person))

    def _told(self, progress: Progress) -> None:
        self._progress(Note("card_shows", {"code": progress.code, "text": progress.text}))

    def _progress(self, note: Note | None) -> None:
        self.progress = note
        self._changed()


def is_paid(sale: Sale) -> bool:
    """Paid to the kopeck: its document is next, by itself."""
    return sale.phase is Phase.PAYING and sale.money_here and sale.left_minor == 0


def may_drop_line(sale: Sale) -> bool:
    """A reservation cannot be given back in part: with one, only the whole payment can be cancelled."""
    reserved = any(a.sent.confirm and a.money_moved for a in sale.attempts)
    return sale.phase is Phase.PAID_UNSEALED and bool(sale.trouble_line) and not sale.sealed and not reserved


def _parts_without(sale: Sale, line_id: str) -> list[e.Part]:
    """The planned documents after a line has left: its document gets smaller, or disappears with its last line."""
    sums: dict[tuple[str, Any], int] = {}
    for line in sale.basket.lines:
        if line.id != line_id:
            key = (line.product.seller, line.product.tax_system)
            sums[key] = sums.get(key, 0) + line.sum_minor
    return [e.Part(seller, tax_system, total) for (seller, tax_system), total in sums.items()]
