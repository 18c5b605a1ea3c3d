"""Opening and closing the shift, X, money into and out of the drawer: the register's acts that are no sale.

They obey the same laws: intent with the register's counters first, and a lost answer is resolved by reading those
counters again, never by asking for the act a second time.

A claim slip is paid out by the same act: each of its batches also holds what the claim became by it, so a claim is
never paid without the register's выплата (cash out), nor twice for one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
import msgspec

from agent.claims.claim_desk import ClaimChange, ClaimDesk
from agent.claims.claim_refused import ClaimRefused
from agent.clock import Clock
from agent.course.closing import SALES
from agent.devices.register_desk import RegisterDesk, ShiftKept
from agent.till.business_day import day_opened
from agent.till.shift_meant import PersonSaid, ShiftMeant, Standing
from agent.till.terminal_days import EQUAL, TerminalDays
from agent.till.trade import TradeRefused
from drivers.errors import DeviceError, NeverSent, Refused
from drivers.fiscal_registers.contract import RegisterState
from fiscal.claim import ClaimEvent, ClaimPaid, ClaimPayFailed, ClaimPayMeant
from sync.store.batch import Batch, Entry, Lock, Outgoing, Setting
from sync.store.failures import DiskFull, JournalRefused, LockHeld
from sync.store.store import Store
from sync.wire import facts


class ShiftDesk:
    def __init__(
        self,
        till: str,
        desk: RegisterDesk,
        days: TerminalDays,
        store: Store,
        clock: Clock,
        name_of: Callable[[str], str],
        new_id: Callable[[], str],
        claims: ClaimDesk | None = None,
    ) -> None:
        self.days = days
        self.closing = False
        self.booked: Callable[[ShiftMeant], tuple[Setting, ...]] = lambda meant: ()
        """What is kept in the commit that says that cash moved."""
        self.named: Callable[[], list[str]] = list
        """What stands open beside sales and terminals, for whoever reads the closed shift."""
        self._till = till
        self._desk = desk
        self._store = store
        self._clock = clock
        self._name_of = name_of
        self._new_id = new_id
        self._claims = claims
        kept = store.setting(f"shift-meant/{till}")
        meant = msgspec.json.decode(kept, type=ShiftMeant) if kept else None
        self.standing: Standing | None = Standing(meant, "power_cut") if meant else None
        self._turn = anyio.Lock()

    async def open(self, cashier: str, float_minor: int) -> None:
        """Open the shift, then put the float into the drawer. Raises TradeRefused."""
        await self._no_cash_stands()
        state = await self._read()
        self._same_register(state)
        if state.shift_open and not self._desk.shift.open:
            await self._keep_open(state, cashier)  # opened by the register itself or before our journal began
        elif not state.shift_open:
            if state.shift_over_24h:
                raise TradeRefused("shift_too_old")
            self._printable(state)
            await self._act(ShiftMeant("open", cashier, **self._counters(state), at_ms=self._clock.now_ms()))
        if float_minor:
            await self.cash(cashier, "cash_in", float_minor, "float")

    async def close(self, cashier: str) -> None:
        """The terminals' end of day, then Z. The journal's shift closes when the register says so."""
        self.closing = True
        try:
            await self._close(cashier)
        finally:
            self.closing = False

    async def _close(self, cashier: str) -> None:
        state = await self._read()
        self._same_register(state)
        is_open = state.shift_open or state.shift_over_24h
        if not is_open and not self._desk.shift.open:
            return  # it had happened already, and was settled by the look at the register just now
        if is_open:
            self._printable(state)
        await self.days.close()
        if not is_open:
            await self._keep_closed(state, cashier)
            return
        state = await self._read()
        drawer = await self._drawer()
        await self._act(ShiftMeant("close", cashier, **self._counters(state, drawer), at_ms=self._clock.now_ms()))

    async def x_report(self, cashier: str) -> None:
        state = await self._read()
        self._printable(state)
        try:
            await self._desk.port.run(self._desk.port.driver.x_report())
        except Refused as refused:
            raise TradeRefused(refused.code) from refused
        except DeviceError as error:
            # Nothing moved: a lost X is printed again when asked for.
            raise TradeRefused("register_away") from error
        await self._say("x", state.shift_number, cashier, await self._drawer())

    async def cash(
        self, cashier: str, act: str, sum_minor: int, reason: str, *, claim: str = "", supervisor: bool = False
    ) -> None:
        """Money into (`cash_in`) or out of (`cash_out`) the drawer, outside sales; with `claim` it pays that slip.

        Raises TradeRefused, or ClaimRefused when the slip may not be paid: nothing has happened then.
        """
        if sum_minor <= 0:
            raise TradeRefused("malformed")
        await self._no_cash_stands()
        state = await self._read()
        self._same_register(state)
        self._printable(state)
        drawer = await self._drawer()
        if act == "cash_out" and sum_minor > drawer:
            raise TradeRefused("no_cash_in_drawer", drawer_minor=drawer)
        await self._act(
            ShiftMeant(
                act,
                cashier,
                **self._counters(state, drawer),
                sum_minor=sum_minor,
                reason=reason,
                at_ms=self._clock.now_ms(),
                claim=claim,
                supervisor=supervisor,
            )
        )

    async def pay_claim(self, number: str, by: str, *, supervisor: bool) -> None:
        """Pay a slip out of the drawer. When this returns the register has booked it; the journal has it then, or as
        soon as the register answers again. Raises as `cash`."""
        if self._claims is None:
            raise ClaimRefused("claims_not_kept")
        claim = self._claims.may_pay(number, supervisor=supervisor)
        reason = f"claim {number}"
        await self.cash(by, "cash_out", claim.issued.amount_minor, reason, claim=number, supervisor=supervisor)

    async def testify(self, number: str, paid: bool, by: str) -> None:
        """A supervisor says what became of a payout that the register cannot tell. It is asked once more before."""
        async with self._turn:
            standing = self.standing if self._claims is not None else None
            if standing is None or not number or standing.meant.claim != number or await self._settle():
                raise TradeRefused("case_moved")
            meant = standing.meant
            said = PersonSaid(number, paid, by, meant.sum_minor)
            entry = Entry("shift.person_said", self._till, msgspec.json.encode(said))
            await self._settled(meant, None, paid, how="person", entries=(entry,))

    async def settle(self) -> bool:
        """Ask the register what became of a standing act. True when nothing stands any more.

        One at a time, and never while an act is carried out: what is settled twice would be told twice.
        """
        async with self._turn:
            return await self._settle()

    async def _settle(self) -> bool:
        if self.standing is None:
            return True
        meant = self.standing.meant
        try:
            state = await self._desk.read("shift")
            drawer = await self._desk.port.run(self._desk.port.driver.cash_in_drawer(), about="shift")
        except DeviceError:
            return False
        if (state.serial, state.fn) != (meant.serial, meant.fn):
            return False
        match meant.act:
            case "open":
                done = state.shift_open and not meant.shift_open
            case "close":
                done = not state.shift_open and not state.shift_over_24h
            case _:
                sign = 1 if meant.act == "cash_in" else -1
                done = drawer == meant.drawer_minor + sign * meant.sum_minor
                if meant.claim and not done and drawer != meant.drawer_minor:
                    return False  # somebody else moved the drawer: a guess could pay the slip twice, a person decides
        if meant.claim and self._claims is None:
            return False  # the claim's part of the outcome could not be written
        try:
            await self._settled(meant, state, done, how="found")
        except (DiskFull, JournalRefused):
            return False  # it stands until it can be written down
        return True

    async def _act(self, meant: ShiftMeant) -> None:
        async with self._turn:
            if not self._is_done(meant):
                await self._act_now(meant)

    def _is_done(self, meant: ShiftMeant) -> bool:
        """Two may ask for one opening or closing at once: the second's reading is older than the first's act."""
        shift = self._desk.shift
        if meant.act == "open":
            return shift.open
        return meant.act == "close" and not shift.open and shift.number >= meant.shift_number

    async def _act_now(self, meant: ShiftMeant) -> None:
        if self.standing is not None:
            raise TradeRefused("busy")
        try:
            order = ClaimPayMeant(meant.cashier, self._till, meant.last_document, meant.supervisor)
            await self._commit("shift.meant", meant, meant_now=meant, claimed=order)
        except LockHeld as held:
            raise TradeRefused("register_held") from held
        self.standing = Standing(meant, "")
        port, driver = self._desk.port, self._desk.port.driver
        try:
            match meant.act:
                case "open":
                    await port.run(driver.open_shift(self._name_of(meant.cashier)), about="shift")
                case "close":
                    await port.run(driver.close_shift(self._name_of(meant.cashier)), about="shift")
                case "cash_in":
                    await port.run(driver.cash_in(meant.sum_minor), about="shift")
                case "cash_out":
                    await port.run(driver.cash_out(meant.sum_minor), about="shift")
        except (NeverSent, Refused) as error:
            code = error.code if isinstance(error, Refused) else "register_away"
            await self._commit("shift.refused", meant, meant_now=None, claimed=ClaimPayFailed(code))
            self.standing = None
            raise TradeRefused(code) from error
        except DeviceError as error:
            self.standing = Standing(meant, str(error)[:200])
            if not await self._settle():
                raise TradeRefused("shift_unknown") from error
            return
        try:
            state = await self._desk.read("shift")
        except DeviceError:
            return  # it is done; the standing act is settled by the watch when the register answers again
        await self._settled(meant, state, done=True)

    async def _settled(
        self,
        meant: ShiftMeant,
        state: RegisterState | None,
        done: bool,
        *,
        how: str = "seen",
        entries: tuple[Entry, ...] = (),
    ) -> None:
        """`state` is needed for what changes the shift."""
        if not done:
            failed = ClaimPayFailed("not_done" if how == "found" else how)
            await self._commit("shift.refused", meant, meant_now=None, claimed=failed, entries=entries)
        elif meant.act == "open" and state is not None:
            await self._keep_open(state, meant.cashier)
        elif meant.act == "close" and state is not None:
            await self._keep_closed(state, meant.cashier, meant)
        else:
            paid = ClaimPaid(self._clock.now_ms(), how)
            told = (self._cash_fact(meant),)
            kept = self.booked(meant)
            await self._commit(
                "shift.moved", meant, meant_now=None, settings=kept, outgoing=told, claimed=paid, entries=entries
            )
        self.standing = None

    async def _keep_open(self, state: RegisterState, cashier: str) -> None:
        now = self._clock.now_ms()
        opened_at = ""
        try:
            record = await self._desk.port.run(self._desk.port.driver.record(state.last_document), about="shift")
            opened_at = record.at.isoformat() if record else ""
        except DeviceError:
            opened_at = state.clock.isoformat()
        day = day_opened(opened_at, self._clock.local())
        shift = ShiftKept(True, state.shift_number, now, opened_at, state.last_document, cashier, day)
        settings = [self._desk.shift_setting(shift), self.days.forgotten()]
        if self._desk.identity is None:
            settings.append(self._desk.identity_setting(state))
        fact = facts.Shift(self._till, shift.number, "opened", now, cashier, day=day)
        await self._commit("shift.opened", shift, meant_now=None, settings=tuple(settings), outgoing=(self._out(fact),))
        self._desk.shift = shift

    async def _keep_closed(self, state: RegisterState, cashier: str, meant: ShiftMeant | None = None) -> None:
        now = self._clock.now_ms()
        before = self._desk.shift
        same = before.open and before.number == state.shift_number
        shift = before.closed(state.shift_number, now)
        counted = self._store.shift_count(self._till, before.opened_ms)
        waiting = [row.number or row.id for row in self._store.open_sales(self._till) if row.phase != "basket"]
        days = self.days.waiting
        fact = facts.Shift(
            self._till, state.shift_number, "closed", now, cashier, meant.drawer_minor if meant else 0,
            sales=counted.sales, refunds=counted.refunds, sum=counted.net_minor, counted=same,
            exceptions=[*waiting, *self.named(), *(_line(one) for one in days if one.state != EQUAL)],
            terminals=days, day=shift.day,
        )  # fmt: skip
        settings = (self._desk.shift_setting(shift), self.days.told())
        await self._commit("shift.closed", shift, meant_now=None, settings=settings, outgoing=(self._out(fact),))
        self._desk.shift = shift

    async def _say(self, event: str, number: int, cashier: str, cash: int) -> None:
        fact = facts.Shift(self._till, number, event, self._clock.now_ms(), cashier, cash, day=self._desk.shift.day)
        await self._commit(f"shift.{event}", fact, meant_now=None, outgoing=(self._out(fact),))

    async def _commit(
        self,
        kind: str,
        body: Any,
        *,
        meant_now: ShiftMeant | None,
        settings: tuple[Setting, ...] = (),
        outgoing: tuple[Outgoing, ...] = (),
        claimed: ClaimEvent | None = None,
        entries: tuple[Entry, ...] = (),
    ) -> None:
        """`claimed` happens to the claim that `body` pays, if it pays one, in the same commit."""
        kept = Setting(f"shift-meant/{self._till}", msgspec.json.encode(meant_now) if meant_now else b"")
        entry = Entry(kind, self._till, msgspec.json.encode(body))
        # Until it is known what became of it no receipt may be made: it would change the counters that tell.
        locks: tuple[Lock, ...] = ()
        if meant_now is not None:
            locks = (Lock(self._desk.port.id, f"shift/{self._till}"),)
        elif self.standing is not None:
            locks = (Lock(self._desk.port.id, None),)

        async def commit(change: ClaimChange) -> None:
            batch = Batch(
                entries=(entry, *entries, *change.entries),
                settings=(kept, *settings, *change.settings),
                outgoing=(*outgoing, *change.outgoing),
                locks=locks,
            )
            await self._store.commit(batch)

        claim = body.claim if isinstance(body, ShiftMeant) else ""
        if claim and claimed is not None and self._claims is not None:
            await self._claims.change(claim, claimed, self._till, commit)
        else:
            await commit(ClaimChange())

    async def _read(self) -> RegisterState:
        if not await self.settle():
            raise TradeRefused("shift_unknown")
        try:
            return await self._desk.read("shift")
        except DeviceError as error:
            raise TradeRefused("register_away") from error

    async def _drawer(self) -> int:
        try:
            return await self._desk.port.run(self._desk.port.driver.cash_in_drawer(), about="shift")
        except DeviceError as error:
            raise TradeRefused("register_away") from error

    async def _no_cash_stands(self) -> None:
        """Raises TradeRefused while nobody could know what became of the last move of cash: whoever asks now may mean
        that one, and it could happen twice. It is settled, if it can be, and shown; then a person may ask."""
        if self.standing is not None and self.standing.meant.act in ("cash_in", "cash_out"):
            await self.settle()
            raise TradeRefused("shift_unknown")

    def _same_register(self, state: RegisterState) -> None:
        identity = self._desk.identity
        if identity and (identity.serial, identity.fn) != (state.serial, state.fn):
            raise TradeRefused("other_register", expected=identity.fn, found=state.fn)

    def _printable(self, state: RegisterState) -> None:
        if not state.paper:
            raise TradeRefused("paper_out")
        if state.cover_open:
            raise TradeRefused("cover_open")

    def _counters(self, state: RegisterState, drawer: int = 0) -> dict[str, Any]:
        return {
            "serial": state.serial, "fn": state.fn, "last_document": state.last_document,
            "shift_number": state.shift_number, "shift_open": state.shift_open, "drawer_minor": drawer,
        }  # fmt: skip

    def _cash_fact(self, meant: ShiftMeant) -> Outgoing:
        event, day = ("in" if meant.act == "cash_in" else "out"), self._desk.shift.day
        told = (meant.shift_number, event, meant.sum_minor, meant.cashier, meant.reason, meant.at_ms, day)
        move = facts.CashMove(self._till, *told)
        return Outgoing(SALES, self._new_id(), "cash", 1, msgspec.json.encode(move))

    def _out(self, fact: facts.Shift) -> Outgoing:
        return Outgoing(SALES, self._new_id(), "shift", 1, msgspec.json.encode(fact))


def _line(day: facts.TerminalDay) -> str:
    """A difference as one line, where a list of texts is kept."""
    return f"{day.terminal} {day.state} {day.difference:+d} {' '.join(day.sales)}".rstrip()
