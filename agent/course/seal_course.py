"""How a planned document gets into the fiscal memory exactly once.

Intent first, with the number of the register's last document; then the conversation; and when its answer is lost, the
register's own memory decides. Nothing here asks for a document again: only a proof that none was made frees the sale to
be sealed anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from functools import reduce

import anyio

from agent.clock import Clock
from agent.course.closing import Closing, closing_facts
from agent.course.next_step import Do, next_step
from agent.course.plan_documents import planned_documents
from agent.course.sale_record import SaleMoved, SaleRecord
from agent.devices.register_desk import RegisterDesk, present, records
from drivers.errors import DeviceError, NeverSent, Refused
from drivers.fiscal_registers.contract import Committing, Printing, RegisterState, SealedDocument
from fiscal import sale_events as e
from fiscal.preflight import MarkFact, Problem
from fiscal.regimes.profile import Profile
from fiscal.sale import Phase, Sale, SaleEvent, evolve
from fiscal.seal_verdict import (
    Ambiguous,
    Asked,
    Baseline,
    Committed,
    NotCommitted,
    StillBusy,
    WrongRegister,
    seal_verdict,
    to_read,
)
from sync.store.batch import Lock, Setting

PRINTS_WITHIN_S = 15
"""A long receipt takes some ten seconds to print; a printer that is busy for longer is stuck."""
PRINT_PAUSE_S = 0.25


_SEALABLE = frozenset({Phase.PAYING, Phase.PAID_UNSEALED, Phase.SEALED})


class Heard(Enum):
    """What one question to the register brought."""

    SETTLED = "settled"
    BUSY = "busy"
    SILENT = "silent"
    OTHER_REGISTER = "other_register"
    AMBIGUOUS = "ambiguous"


class SealCourse:
    """`profile` gives the regime of the day; `cashier_name` what tag 1021 says; `machine` (tag 1036) is for a register
    in automatic mode, which has no cashier."""

    def __init__(
        self,
        desk: RegisterDesk,
        clock: Clock,
        profile: Callable[[], Profile],
        cashier_name: Callable[[str], str],
        contact: Callable[[Sale], str],
        *,
        slips: bool = False,
        machine: str = "",
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._profile = profile
        self._cashier_name = cashier_name
        self._contact = contact
        self._slips = slips
        self._machine = machine

    async def look(self, sale: Sale) -> RegisterState | Problem:
        """The pre-flight: the register's state if it could seal this sale now, else the first reason why not."""
        deadline = anyio.current_time() + PRINTS_WITHIN_S
        swept = False
        while True:
            try:
                fitness = await self._desk.fitness(self._profile(), mark_facts(sale), sale.id)
                if fitness.state.document_open and not swept:
                    # Nobody talks to the register now, so nobody will end this document: begun before a power cut, and
                    # never committed. It would stop each sale after it; cancelling makes nothing fiscal.
                    swept = True
                    with suppress(Refused):
                        await self._desk.port.run(self._desk.port.driver.cancel(), about=sale.id)
                    continue
            except DeviceError:
                return Problem("register_away")
            # The receipt before is still coming out of the printer: that is no trouble, only a moment.
            printing = fitness.state.printing is Printing.BUSY and _only_printing(fitness.problems)
            if not printing or anyio.current_time() >= deadline:
                return fitness.blocking or fitness.state
            await anyio.sleep(PRINT_PAUSE_S)

    async def seal(
        self,
        record: SaleRecord,
        *before: SaleEvent,
        state: RegisterState | None = None,
        settings: tuple[Setting, ...] = (),
    ) -> Problem | None:
        """Make the sale's next document; `before` are events of the same moment as the intent (cash taken), `state` the
        pre-flight's fresh reading if there was one.

        Ends with the sale SEALED, PAID_UNSEALED, PAYING or IN_DOUBT, with a Problem nothing was asked of the register;
        or a person's act came between, and nothing was written.
        """
        if state is None:
            seen = await self.look(record.sale)
            if isinstance(seen, Problem):
                standing = record.sale
                if standing.phase in (Phase.PAYING, Phase.SEALED) and standing.money_here:
                    with suppress(SaleMoved):
                        await record.append(e.SealRefusedPaid(len(standing.sealed), trouble_of(seen)), of=standing)
                return seen
            state = seen
        standing = record.sale
        sale = reduce(evolve, before, standing)
        if sale.phase not in _SEALABLE:
            return None  # while the register was looked at a person decided otherwise
        planned = planned_documents(sale, self._profile(), self._cashier_name(sale.opened.cashier), self._contact(sale))
        index = len(sale.sealed)
        port = self._desk.port
        document = replace(planned[index].document, machine=self._machine)
        # The journal is hashed for ever, so the buyer's address stays in its erasable table: only the register gets it.
        kept = replace(planned[index], document=replace(document, buyer_contact=""))
        meant = e.SealMeant(index, kept, state.serial, state.fn, state.last_document, self._clock.local().isoformat())
        try:
            await record.append(*before, meant, locks=(Lock(port.id, sale.id),), settings=settings, of=standing)
        except SaleMoved:
            return None

        async def tell(event: object) -> None:
            if isinstance(event, Committing):
                await record.append(e.SealCommitting(index))

        free = Lock(port.id, None)
        try:
            made: SealedDocument = await port.run(port.driver.seal(document), about=sale.id, tell=tell)
        except NeverSent:
            await record.append(self._not_made(record.sale, "register_away"), locks=(free,))
        except Refused as refused:
            await record.append(self._not_made(record.sale, refused.code), locks=(free,))
        except DeviceError as error:
            await record.append(e.SealUnknown(index, str(error)[:200]))
        else:
            at = made.at or self._clock.local()
            await self._sealed(
                record, e.Sealed(index, made.number, made.fiscal_sign, at.isoformat(), e.SealedBy.ANSWER)
            )
        return None

    async def _sealed(self, record: SaleRecord, sealed: e.Sealed) -> None:
        """The last document of a sale ends it in the same commit: nothing can come between, and one sync is saved."""
        free = (Lock(self._desk.port.id, None),)
        then = next_step(evolve(record.sale, sealed))
        if then is None or then.do is not Do.CLOSE:
            await record.append(sealed, locks=free)
            return
        await self.close(record, sealed, locks=free)

    def closing(self, sale: Sale, now_ms: int, state: str) -> Closing:
        """What a sale that ends sends and moves, on the register's business day."""
        return closing_facts(sale, now_ms, state, self._desk.shift)

    async def close(self, record: SaleRecord, *before: SaleEvent, locks: tuple[Lock, ...] = ()) -> None:
        """The sale with all its documents is over: its outbox item and its stock moves belong to the same moment."""
        now = self._clock.now_ms()
        facts = self.closing(reduce(evolve, before, record.sale), now, "closed")
        await record.append(*before, e.Closed(now), outgoing=facts.outgoing, moves=facts.moves, locks=locks)
        if not record.sale.power_cut:
            await self._print_slips(record.sale)

    async def _print_slips(self, sale: Sale) -> None:
        """The card terminal's own lines on the register's paper. Only paper: trouble with it is not told to anybody."""
        lines = tuple(line for attempt in sale.attempts if attempt.facts for line in (*attempt.facts.lines, ""))
        if self._slips and any(lines):
            with suppress(DeviceError):
                await self._desk.port.run(self._desk.port.driver.print_text(lines), about=sale.id)

    def free_register(self) -> tuple[Lock, ...]:
        return (Lock(self._desk.port.id, None),)

    async def ask(self, record: SaleRecord) -> Heard:
        """One question to the register about a document whose answer was lost; settles it if the memory does."""
        sale = record.sale
        meant = sale.meant
        assert meant is not None, "only a meant document can be in doubt"
        baseline = Baseline(meant.serial, meant.fn, meant.last_document)
        document = meant.planned.document
        asked = Asked(document.operation, document.total_minor, dt.datetime.fromisoformat(meant.at))
        port = self._desk.port
        try:
            state = await self._desk.read(sale.id)
            found = await records(port, to_read(baseline, present(state)), sale.id)
            verdict = seal_verdict(baseline, asked, present(state), found)
            if isinstance(verdict, NotCommitted) and verdict.open_document:
                await port.run(port.driver.cancel(), about=sale.id)
                state = await self._desk.read(sale.id)
                found = await records(port, to_read(baseline, present(state)), sale.id)
                verdict = seal_verdict(baseline, asked, present(state), found)
            if isinstance(verdict, StillBusy):
                # Paper is back or a print hangs: B0 prints on and makes no document.
                await port.run(port.driver.continue_print(), about=sale.id)
        except DeviceError:
            return Heard.SILENT
        free = Lock(port.id, None)
        match verdict:
            case Committed(record=found_record):
                at = found_record.at.isoformat() if found_record.at else meant.at
                event = e.Sealed(meant.index, found_record.number, found_record.fiscal_sign, at, e.SealedBy.FOUND)
                await record.append(event, locks=(free,))
                return Heard.SETTLED
            case NotCommitted(open_document=False):
                await record.append(self._not_made(sale, "not_made"), locks=(free,))
                return Heard.SETTLED
            case WrongRegister():
                return Heard.OTHER_REGISTER
            case Ambiguous():
                return Heard.AMBIGUOUS
        return Heard.BUSY

    def _not_made(self, sale: Sale, trouble: str) -> SaleEvent:
        """The register proved that it made nothing: with the shopper's money here that is a state of its own."""
        index = len(sale.sealed)
        if sale.money_here or sale.sealed:
            return e.SealRefusedPaid(index, trouble, _refused_line(sale, trouble))
        return e.SealRefusedUnpaid(index, trouble)


def _only_printing(problems: list[Problem]) -> bool:
    return all(not problem.blocks or problem.code == "printing_unfinished" for problem in problems)


def trouble_of(problem: Problem) -> str:
    """How the journal names a pre-flight's no."""
    return problem.code if problem.code == "register_away" else f"preflight:{problem.code}"


def mark_facts(sale: Sale) -> tuple[MarkFact, ...]:
    """What the goods check said of the basket's marked lines. Refunds are not asked: the goods come back."""
    judged = []
    for line in sale.basket.lines:
        if line.mark is not None:
            mark = sale.mark_state(line.id)
            accepted = mark is not None and mark.state == "ok"
            judged.append(MarkFact(line.id, line.product.name, accepted, mark.code if mark else "checking"))
    return tuple(judged) if not sale.refund else ()


def _refused_line(sale: Sale, trouble: str) -> str:
    """The line a refusal is about: registers refuse marks by codes A0 to A5 and, of one marked line, it is that one."""
    if trouble.startswith("shtrih_m.A") or trouble.endswith((".D3", ".D4")):
        return next((line.id for line in sale.basket.lines if line.mark is not None), "")
    return ""
