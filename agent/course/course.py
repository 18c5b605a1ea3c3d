"""Carries one sale on by itself, from each state to the next, until a person is needed or it has ended.

One loop a sale: it reads the next step off the fold (next_step.py), carries it out, and looks again. The same
loop runs after a power cut: nothing but the journal decides where it goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

import anyio

from agent.clock import Clock
from agent.course.card_course import CardCourse, Learnt
from agent.course.give_back import GiveBack
from agent.course.money_here import disputed_charge
from agent.course.next_step import Do, NextStep, next_step
from agent.course.outcome import not_paid
from agent.course.sale_record import SaleRecord
from agent.course.schedule import PERSON_AFTER_S, Asking
from agent.course.seal_course import Heard, SealCourse
from agent.view import Note
from fiscal import payment as p
from fiscal import sale_events as e
from fiscal.payment import Attempt
from fiscal.refused import LawRefused
from fiscal.sale import ENDED, Phase
from sync.store.batch import Lock
from sync.store.failures import DiskFull, JournalRefused, LockHeld

log = logging.getLogger("tillkeeper.course")

MEND_PAUSE_S = (1, 2, 5, 10)
"""A register that was away or out of paper is looked at again this often; the last pause repeats."""
STORE_PAUSE_S = 2
"""A full disk is tried again this often: somebody is making room."""
HELD_PAUSE_S = 5
"""A device that belongs to another unsettled operation is looked at again this often."""
AT_ONCE = 2
LATE_TRUTH_S = 60
"""After a person has spoken the terminal is asked once a minute: nobody waits for it any more."""
CONFIRM_PAUSE_S = (1, 2, 5, 10, 30)


class Course:
    """`settle` is told when the store refuses (True) and accepts again (False): the till then takes no money."""

    def __init__(
        self,
        record: SaleRecord,
        seals: SealCourse,
        cards: dict[str, CardCourse],
        give_back: GiveBack,
        clock: Clock,
        *,
        settle: Callable[[bool], None],
        changed: Callable[[], None],
        told: Callable[[Note], None] = lambda _: None,
        person_after_s: int = PERSON_AFTER_S,
    ) -> None:
        self.record = record
        self.asking: dict[str, Asking] = {}
        self.live = False
        self._seals = seals
        self._cards = cards
        self._give_back = give_back
        self._clock = clock
        self._settle = settle
        self._changed = changed
        self._told = told
        self._person_after_s = person_after_s
        self._requests: list[Callable[[], Awaitable[None]]] = []
        self._mends = 0
        self._tries = 0

    def hold(self) -> None:
        """A person's act begins: the loop takes no step of its own until `request` or `release`."""
        self.live = True

    def release(self) -> None:
        self.live = bool(self._requests)
        self.record.wake()

    def request(self, work: Callable[[], Awaitable[None]]) -> None:
        """Let the loop carry out a person's act (a card payment, cash) in its turn, one at a time."""
        self.live = True
        self._requests.append(work)
        self.record.wake()

    async def run(self) -> None:
        """Until the sale has ended for the shopper."""
        while self.record.sale.phase not in ENDED:
            await self._go_on()

    async def learn_late(self) -> None:
        """After its end: ask on until nothing can still be learnt about it. Nobody waits for that."""
        while next_step(self.record.sale) is not None:
            await self._go_on()

    async def _go_on(self) -> None:
        """One request of a person, one step of its own, or the wait for either."""
        news = self.record.news()
        try:
            if self._requests:
                work = self._requests.pop(0)
                try:
                    await work()
                finally:
                    self.live = bool(self._requests)
                    self._changed()
                return
            step = next_step(self.record.sale)
            if step is None:
                await news.wait()
                return
            await self._take(step)
            self._settle(False)
        except LawRefused as refused:
            # The law says no to what was asked; the sale stands as it stood.
            log.warning("refused: %s", refused, extra={"sale": self.record.sale.id})
        except LockHeld:
            await anyio.sleep(HELD_PAUSE_S)
        except (DiskFull, JournalRefused):
            self._settle(True)
            await anyio.sleep(STORE_PAUSE_S)

    async def give_back_now(self) -> Note | None:
        """A person asks for the refused way back once more; the note says why nothing went."""
        if self.record.sale.phase is not Phase.GIVING_BACK:
            return None
        return await self._give_back.step(self.record)

    def free_register(self) -> tuple[Lock, ...]:
        return self._seals.free_register()

    async def _take(self, step: NextStep) -> None:
        record = self.record
        match step.do:
            case Do.LOSE_CARD:
                await record.append(p.CardLost(step.attempt, "power_cut"))
            case Do.LOSE_SEAL:
                await record.append(e.SealUnknown(len(record.sale.sealed), "power_cut"))
            case Do.ASK_REGISTER:
                await self._ask_register()
            case Do.ASK_TERMINAL:
                await self._ask_terminal(self._attempt(step))
            case Do.MEAN_ROLL_BACK:
                await record.append(p.CardRollBackMeant(step.attempt, "no_receipt"))
            case Do.ROLL_BACK:
                attempt = self._attempt(step)
                await self._until_told(self._cards[attempt.sent.terminal].roll_back(record, attempt))
            case Do.MEAN_CONFIRM:
                await record.append(p.CardConfirmMeant(step.attempt))
            case Do.CONFIRM:
                attempt = self._attempt(step)
                await self._until_told(self._cards[attempt.sent.terminal].confirm(record, attempt))
            case Do.SEAL:
                problem = await self._seals.seal(record)
                if problem is not None and record.sale.phase is Phase.PAYING:
                    await record.append(e.Unlocked())  # nothing was paid: the basket is free again
                elif problem is not None and record.sale.phase is Phase.SEALED:
                    await anyio.sleep(HELD_PAUSE_S)
            case Do.MEND:
                await self._mend()
            case Do.REOPEN:
                await record.append(e.Reopened("charge_disputed" if disputed_charge(record.sale) else "power_cut"))
            case Do.UNLOCK:
                trouble = record.sale.trouble
                why = Note(trouble.removeprefix("preflight:")) if trouble else not_paid(record.sale)
                if why is not None:
                    self._told(why)  # before the basket is free: what is pressed then is pressed for its last state
                await record.append(e.Unlocked())
            case Do.GIVE_BACK:
                await self._give_back.step(record)
            case Do.GIVEN_BACK:
                await record.append(e.GivenBack())
            case Do.VOID:
                sale = record.sale
                facts = self._seals.closing(sale, self._clock.now_ms(), "voided_after_payment")
                await record.append(e.Voided("cancelled"), outgoing=facts.outgoing)
            case Do.CLOSE:
                await self._seals.close(record)

    def _attempt(self, step: NextStep) -> Attempt:
        attempt = self.record.sale.attempt(step.attempt)
        assert attempt is not None, "the step was read off this sale"
        return attempt

    async def _ask_register(self) -> None:
        record = self.record
        asking = self._asking("register")
        if not await self._wait_until(asking.next_ms):
            return
        heard = await self._seals.ask(record)
        asking.asked += 1
        asking.silent = heard is Heard.SILENT
        asking.other_register = heard is Heard.OTHER_REGISTER
        asking.ambiguous = heard is Heard.AMBIGUOUS
        if heard is Heard.SETTLED:
            self.asking.pop("register", None)
        elif not record.sale.seal_asked and (asking.ambiguous or self._clock.now_ms() >= asking.person_ms):
            await record.append(e.SealPersonAsked(len(record.sale.sealed), asking.asked))
        self._changed()

    async def _ask_terminal(self, attempt: Attempt) -> None:
        record = self.record
        asking = self._asking(attempt.id)
        late = attempt.phase in (p.AttemptPhase.PERSON_PAID, p.AttemptPhase.PERSON_UNPAID, p.AttemptPhase.CANNOT_TELL)
        # After a start it is asked at once, and once more if it says "not charged": the next card covers its record.
        late = late and asking.asked >= AT_ONCE
        if not await self._wait_until(self._clock.now_ms() + LATE_TRUTH_S * 1000 if late else asking.next_ms):
            return
        learnt = await self._cards[attempt.sent.terminal].ask(record, attempt, bool(asking.not_charged_ms))
        asking.asked += 1
        asking.silent = learnt is Learnt.SILENT
        asking.not_charged_ms = self._clock.now_ms() if learnt is Learnt.ALMOST else 0
        if learnt is Learnt.SETTLED:
            self.asking.pop(attempt.id, None)
        elif attempt.phase is p.AttemptPhase.UNKNOWN and self._clock.now_ms() >= asking.person_ms:
            await record.append(p.CardPersonAsked(attempt.id, asking.asked))
        self._changed()

    async def _mend(self) -> None:
        """The register made nothing and the money is here: look at it until it is fit, then make the document."""
        pause = MEND_PAUSE_S[min(self._mends, len(MEND_PAUSE_S) - 1)]
        # After a person's act or a proof that nothing was made the first try is at once.
        if self._mends and not await self._wait_until(self._clock.now_ms() + pause * 1000):
            return
        self._mends += 1
        if await self._seals.seal(self.record) is None and not self.record.sale.trouble:
            self._mends = 0

    async def _until_told(self, telling: Awaitable[bool]) -> None:
        if await telling:
            self._tries = 0
            return
        pause = CONFIRM_PAUSE_S[min(self._tries, len(CONFIRM_PAUSE_S) - 1)]
        self._tries += 1
        await anyio.sleep(pause)

    def _asking(self, key: str) -> Asking:
        if key not in self.asking:
            self.asking[key] = Asking(self._clock.now_ms(), person_after_s=self._person_after_s)
            self._changed()
        return self.asking[key]

    async def _wait_until(self, at_ms: int) -> bool:
        """True when the moment has come; False when the sale changed before that and is to be read again."""
        left_s = (at_ms - self._clock.now_ms()) / 1000
        if left_s <= 0:
            return True
        news = self.record.news()
        with anyio.move_on_after(left_s):
            await news.wait()
            return False
        return True
