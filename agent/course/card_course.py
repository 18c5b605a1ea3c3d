"""How a card operation is carried out exactly once, and what is done when its answer is lost.

The intent with the terminal's baseline is durable before the first byte; an approval is durable before it is
acknowledged. Silence is UNKNOWN: then the terminal is asked what it last did, and nothing else.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from enum import Enum

from anyio.streams.memory import MemoryObjectReceiveStream

from agent.clock import Clock
from agent.course.sale_record import SaleRecord
from agent.devices.device_port import DevicePort
from drivers.errors import DeviceError, NeverSent, Refused
from drivers.payment_terminals.contract import (
    ApprovalHeard,
    Baseline,
    CardOperation,
    CardRequest,
    CardResult,
    Charged,
    Commit,
    DayTotals,
    NotCharged,
    PaymentTerminal,
    Progress,
    TerminalState,
    Verdict,
)
from drivers.wire.dialogue import Wish
from fiscal import payment as p
from fiscal.payment import Attempt, CardAct, CardFacts
from fiscal.sale import SaleEvent
from sync.store.batch import Lock, Setting
from sync.store.restored import NOBODY_KNOWS

SURELY_WITHIN_MIN = 5
"""The longest conversation about one card, and clocks that differ a little."""


class Learnt(Enum):
    SETTLED = "settled"
    ALMOST = "almost"  # it says "not charged", which counts when it says so again
    CANNOT_TELL = "cannot_tell"
    SILENT = "silent"


class CardCourse:
    """One terminal's conversations. `now_local` is the store's wall clock when an attempt was sent."""

    def __init__(self, port: DevicePort[PaymentTerminal], currency: int, clock: Clock) -> None:
        self.port = port
        self.confirms = port.driver.commit is Commit.CONFIRM
        self._currency = currency
        self._clock = clock

    async def state(self, about: str) -> TerminalState:
        """Ready or not, with the baseline. Raises drivers.errors."""
        state = await self.port.run(self.port.driver.state(), about=about)
        if not state.ready:
            self.port.say("attention", state.reason)
        return state

    def sent(
        self, attempt: str, act: CardAct, amount_minor: int, state: TerminalState, of: Attempt | None = None
    ) -> p.CardSent:
        """The intent, ready to be committed."""
        return p.CardSent(
            attempt=attempt,
            act=act,
            terminal=self.port.id,
            amount_minor=amount_minor,
            baseline_terminal_id=state.baseline.terminal_id,
            baseline_slip=state.baseline.slip,
            baseline_trace=state.baseline.trace,
            sent_ms=self._clock.now_ms(),
            confirm=self.confirms and act is CardAct.PURCHASE,
            of=of.id if of else "",
            of_slip=of.slip if of else 0,
        )

    async def perform(
        self,
        record: SaleRecord,
        sent: p.CardSent,
        *before: SaleEvent,
        settings: tuple[Setting, ...] = (),
        progress: Callable[[Progress], None] = lambda _: None,
        wishes: MemoryObjectReceiveStream[Wish] | None = None,
    ) -> None:
        """Intent, conversation, outcome. Ends with the attempt APPROVED, DECLINED or UNKNOWN.

        Raises LockHeld (nothing happened) when the terminal belongs to another unsettled operation.
        """
        settings = (*settings, Setting(self._last_sent, sent.attempt.encode()))
        await record.append(*before, sent, locks=(Lock(self.port.id, sent.attempt),), settings=settings)

        async def tell(event: object) -> None:
            if isinstance(event, ApprovalHeard):
                await record.append(p.CardHeard(sent.attempt, facts(event.result)))
            elif isinstance(event, Progress):
                progress(event)

        free = (Lock(self.port.id, None),)
        dialogue = self.port.driver.perform(self._request(sent))
        try:
            result = await self.port.run(dialogue, about=record.sale.id, tell=tell, wishes=wishes)
        except NeverSent:
            await record.append(p.CardDeclined(sent.attempt, "never_sent"), locks=free)
        except Refused as refused:
            await record.append(p.CardDeclined(sent.attempt, refused.code), locks=free)
        except DeviceError as error:
            await record.append(p.CardLost(sent.attempt, str(error)[:200]))
        else:
            await record.append(p.CardApproved(sent.attempt, facts(result)), locks=free)

    async def ask(self, record: SaleRecord, attempt: Attempt, said_not_charged_before: bool) -> Learnt:
        """One question to the terminal about a lost answer; settles it if the terminal proves it either way."""
        last = None if self.confirms else record.kept(self._last_sent)
        if last not in (None, attempt.id.encode(), NOBODY_KNOWS):
            return Learnt.CANNOT_TELL  # it has served others since: its last record is theirs, however alike the sums
        try:
            verdict = await self.port.run(self.port.driver.ask(self._request(attempt.sent)), about=record.sale.id)
        except DeviceError:
            return Learnt.SILENT
        if last == NOBODY_KNOWS and not self._is_surely_of(attempt, verdict):
            return Learnt.CANNOT_TELL
        free = (Lock(self.port.id, None),) if attempt.phase in _HOLDING else ()
        match verdict:
            case Charged(result=result):
                await record.append(p.CardFoundCharged(attempt.id, facts(result)), locks=free)
                return Learnt.SETTLED
            case NotCharged(absent=True) if attempt.phase is p.AttemptPhase.PERSON_PAID:
                return Learnt.CANNOT_TELL  # a person has read the slip: what the terminal forgot is not undone
            case NotCharged(reason=reason, final=final):
                if not final and not said_not_charged_before:
                    return Learnt.ALMOST
                await record.append(p.CardFoundNotCharged(attempt.id, reason), locks=free)
                return Learnt.SETTLED
        return Learnt.CANNOT_TELL

    def _is_surely_of(self, attempt: Attempt, verdict: Verdict) -> bool:
        """After a restore: the box that died may have asked this terminal for others since, of the same sum, too. Proof
        is a record that follows the baseline at once and in its minutes, or none since."""
        match verdict:
            case Charged(result=result):
                sent_at = self._request(attempt.sent).sent_at
                soon = result.at is not None and abs(result.at - sent_at) <= dt.timedelta(minutes=SURELY_WITHIN_MIN)
                return soon and result.slip == attempt.sent.baseline_slip + 1
            case NotCharged(absent=absent):
                return absent
        return False

    async def confirm(self, record: SaleRecord, attempt: Attempt) -> bool:
        """Tell the terminal that the receipt exists. Harmless to repeat; False: not answered yet."""
        try:
            await self.port.run(self.port.driver.confirm(attempt.id), about=record.sale.id)
        except DeviceError:
            return False
        await record.append(p.CardConfirmed(attempt.id))
        return True

    async def roll_back(self, record: SaleRecord, attempt: Attempt) -> bool:
        """Tell the terminal that no receipt will exist. Harmless to repeat; False: not answered yet."""
        try:
            await self.port.run(self.port.driver.roll_back(attempt.id), about=record.sale.id)
        except DeviceError:
            return False
        await record.append(p.CardRolledBack(attempt.id))
        return True

    async def end_of_day(self) -> DayTotals:
        """Close the terminal's day. Raises drivers.errors."""
        return await self.port.run(self.port.driver.end_of_day(), about="shift")

    @property
    def _last_sent(self) -> str:
        """Where it is kept which attempt this terminal was sent last."""
        return f"terminal-last/{self.port.id}"

    def _request(self, sent: p.CardSent) -> CardRequest:
        # The store's wall clock of the moment it was sent, from today's: both are the same clock.
        sent_at = self._clock.local() - dt.timedelta(milliseconds=self._clock.now_ms() - sent.sent_ms)
        return CardRequest(
            key=sent.attempt,
            operation=CardOperation(sent.act.value),
            amount_minor=sent.amount_minor,
            currency=self._currency,
            sent_at=sent_at,
            baseline=Baseline(sent.baseline_terminal_id, sent.baseline_slip, sent.baseline_trace),
            of_slip=sent.of_slip,
        )


_HOLDING = frozenset({p.AttemptPhase.UNKNOWN, p.AttemptPhase.NEEDS_PERSON})
"""Phases that hold the terminal: once a person has spoken it serves others, its late answer frees nothing."""


def facts(result: CardResult) -> CardFacts:
    """The driver's result in the law's words."""
    return CardFacts(
        amount_minor=result.amount_minor,
        terminal_id=result.terminal_id,
        slip=result.slip,
        trace=result.trace,
        at=result.at.isoformat() if result.at else "",
        card=result.card,
        scheme=result.scheme,
        auth_code=result.auth_code,
        lines=result.lines,
    )
