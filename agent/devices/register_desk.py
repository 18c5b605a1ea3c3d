"""A till's fiscal register between sales: its last known state, whose register it should be, and the pre-flight."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import msgspec

from agent.clock import Clock
from agent.devices.device_port import DevicePort
from drivers.errors import DeviceError
from drivers.fiscal_registers.contract import FiscalRegister, Printing, RecordKind, RegisterState
from fiscal.preflight import JournalFacts, MarkFact, Problem, RegisterFacts, preflight
from fiscal.regimes.profile import Profile
from fiscal.seal_verdict import Present, Printer, Record
from fiscal.seal_verdict import RecordKind as VerdictKind
from sync.store.batch import Setting
from sync.store.store import Store


class Identity(msgspec.Struct, frozen=True):
    """The register this till's journal belongs to."""

    serial: str
    fn: str


class ShiftKept(msgspec.Struct, frozen=True):
    """The shift as the journal knows it. `opened_at`: its opening document's time by the register's clock. `day` and
    `document` (its opening's number) stay when it is closed: what is settled later may still be of it."""

    open: bool
    number: int
    opened_ms: int
    opened_at: str = ""
    document: int = 0
    cashier: str = ""
    day: str = ""  # the business day: when it was opened on the shop's clock, 2026-11-21

    def opened_local(self) -> dt.datetime | None:
        return dt.datetime.fromisoformat(self.opened_at) if self.opened_at else None

    def closed(self, number: int, now_ms: int) -> ShiftKept:
        """Shift `number` once it is closed; what is known of another one is not its."""
        same = number == self.number
        return ShiftKept(False, number, now_ms, document=self.document if same else 0, day=self.day if same else "")


NO_SHIFT = ShiftKept(False, 0, 0)


@dataclass(frozen=True, slots=True)
class Fitness:
    """What the pre-flight found, and when it looked (AnyIO time is the caller's to take)."""

    state: RegisterState
    problems: list[Problem]

    @property
    def blocking(self) -> Problem | None:
        return next((problem for problem in self.problems if problem.blocks), None)


class RegisterDesk:
    """`port` is None where a till has no register (then nothing can be sold for money)."""

    def __init__(self, till: str, port: DevicePort[FiscalRegister], store: Store, clock: Clock) -> None:
        self.port = port
        self.last: RegisterState | None = None
        self.read_ms = 0
        self.drawer_minor: int | None = None  # as the register counted it last
        self._till = till
        self._store = store
        self._clock = clock
        kept = store.setting(f"register/{till}")
        self.identity = msgspec.json.decode(kept, type=Identity) if kept else None
        shift = store.setting(f"shift/{till}")
        self.shift = msgspec.json.decode(shift, type=ShiftKept) if shift else NO_SHIFT

    async def read(self, about: str = "") -> RegisterState:
        """The register's state now. Raises drivers.errors."""
        state = await self.port.run(self.port.driver.state(), about=about)
        self.last, self.read_ms = state, self._clock.now_ms()
        self._judge(state)
        return state

    async def count_drawer(self) -> int:
        """What the register counts in the drawer. Raises drivers.errors."""
        self.drawer_minor = await self.port.run(self.port.driver.cash_in_drawer())
        return self.drawer_minor

    async def look(self) -> None:
        """Like `read`, for the watch: a silent register is a fact, not an error."""
        try:
            await self.read()
        except DeviceError:
            self.last = None

    def clock_ahead(self) -> dt.timedelta | None:
        """How far the register's clock was ahead of the shop's when it was read last; None while it is silent."""
        if self.last is None:
            return None
        read_at = self._clock.local() - dt.timedelta(milliseconds=self._clock.now_ms() - self.read_ms)
        return self.last.clock - read_at

    async def fitness(self, profile: Profile, marks: tuple[MarkFact, ...], about: str) -> Fitness:
        """Read and judge: may money be asked for? Raises drivers.errors when the register does not answer."""
        state = await self.read(about)
        journal = JournalFacts(
            serial=self.identity.serial if self.identity else "",
            fn=self.identity.fn if self.identity else "",
            now=self._clock.local(),
            shift_opened_at=self.shift.opened_local(),
            marks=marks,
        )
        return Fitness(state, preflight(facts(state), journal, profile))

    def identity_setting(self, state: RegisterState) -> Setting:
        """To be committed when a till first opens a shift on a register."""
        self.identity = Identity(state.serial, state.fn)
        return Setting(f"register/{self._till}", msgspec.json.encode(self.identity))

    def shift_setting(self, shift: ShiftKept) -> Setting:
        return Setting(f"shift/{self._till}", msgspec.json.encode(shift))

    def _judge(self, state: RegisterState) -> None:
        """What a person should see on the device's chip."""
        if self.identity and (self.identity.serial, self.identity.fn) != (state.serial, state.fn):
            self.port.say("down", "other_register")
        elif not state.paper or state.printing in (Printing.PAPER_OUT, Printing.WAITS_CONTINUE):
            self.port.say("attention", "paper_out")
        elif state.cover_open:
            self.port.say("attention", "cover_open")
        elif not state.fn_ready:
            self.port.say("down", "fn_not_ready")
        else:
            self.port.say("ok")


def facts(state: RegisterState) -> RegisterFacts:
    """The driver's words in the law's."""
    return RegisterFacts(
        serial=state.serial,
        fn=state.fn,
        paper=state.paper,
        cover_open=state.cover_open,
        shift_open=state.shift_open,
        shift_over_24h=state.shift_over_24h,
        document_open=state.document_open,
        printer=Printer(state.printing.value),
        clock=state.clock,
        fn_ready=state.fn_ready,
        fn_warnings=frozenset(warning.value for warning in state.fn_warnings),
        ofd_unsent=state.ofd_unsent,
        ofd_oldest=state.ofd_oldest,
    )


def present(state: RegisterState) -> Present:
    return Present(state.serial, state.fn, state.last_document, state.document_open, Printer(state.printing.value))


async def records(port: DevicePort[FiscalRegister], numbers: range, about: str) -> list[Record]:
    """These documents of the fiscal memory, those that exist. Raises drivers.errors."""
    found = []
    for number in numbers:
        record = await port.run(port.driver.record(number), about=about)
        if record is not None:
            kind = VerdictKind.RECEIPT if record.kind is RecordKind.RECEIPT else VerdictKind.OTHER
            found.append(Record(number, kind, record.fiscal_sign, record.operation, record.total_minor, record.at))
    return found
