"""The terminal without its wire: what it is set up for, shows and remembers, and how long its states take."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.simulators.world import Faults, Ledger, Memory, Now
from drivers.simulators.zvt import display
from drivers.simulators.zvt.books import Books
from drivers.simulators.zvt.cards import Reader
from drivers.simulators.zvt.steps import Turn

EURO, ROUBLE = 978, 643
FACTORY_CONFIG = 0x86
TERMINAL_ID = 52500038
AUTO_CARD_S = 2.0  # how soon a card presents itself when it does so
PIN_S = 1.5
HOST_S = 1.2
REVERSAL_S = 1.0


@dataclass(slots=True)
class Registration:
    """What the till said with 06 00. Forgotten with the power, and at log-off."""

    config: int = FACTORY_CONFIG
    currency: int = EURO
    currency_sent: bool = False
    tlv: bool = False  # the till sent a TLV container, so the terminal may
    charset: int = 0xFF  # FF = CP437, FE = UTF-8
    width: int = 40
    accepts_blocks: bool = False  # 06 D3 is in the till's list of commands

    @property
    def till_prints(self) -> bool:
        return bool(self.config & 0x02)

    @property
    def till_prints_admin(self) -> bool:
        return bool(self.config & 0x04)

    @property
    def shows_progress(self) -> bool:
        return bool(self.config & 0x08)

    @property
    def by_print_commands(self) -> bool:
        return bool(self.config & 0x80)


@dataclass(slots=True)
class Terminal:
    """The state all procedures share. `elapsed` is anyio's clock, in seconds; `now` is the wall's."""

    ledger: Ledger
    memory: Memory
    rng: random.Random
    now: Now
    faults: Faults
    instant: bool
    elapsed: Callable[[], float]
    reader: Reader = field(init=False)
    books: Books = field(init=False)
    registration: Registration | None = None
    running: Turn | None = None  # the one operation that keeps the terminal busy
    currencies: tuple[int, ...] = (EURO, ROUBLE)
    language: str = "ru"
    shown: dict[str, str] = field(default_factory=lambda: dict(display.READY))
    paper: list[str] = field(default_factory=list)  # what its own printer printed, newest last
    silent_until: float = 0.0

    def __post_init__(self) -> None:
        self.reader = Reader(self.rng, 0.0 if self.instant else None)
        self.books = Books(self.memory)

    def start(self) -> None:
        """Power is back: only what was saved is known; an approval nobody acknowledged is taken back."""
        self.books = Books(self.memory)
        self.registration = None
        self.running = None
        self.silent_until = 0.0
        self.shown = dict(display.READY)
        pending = self.books.pending
        if pending is not None:
            self.books.take_back(pending)
            self.ledger.write("auto_reversed", kind=pending.kind, **pending.facts())

    @property
    def setup(self) -> Registration:
        return self.registration or Registration()

    def clock(self) -> dt.datetime:
        """The terminal's wall clock, which can be wrong."""
        return self.now() + dt.timedelta(seconds=self.books.clock_ahead_s)

    def set_clock(self, to: dt.datetime) -> None:
        self.books.clock_ahead_s = round((to - self.now().replace(tzinfo=None)).total_seconds())
        self.books.save()

    def condition(self) -> int:
        """The status byte: what keeps it from taking a payment (0 = nothing). Armed preconditions strike here."""
        for name, code in (("diagnosis_needed", 0xC2), ("end_of_day_open", 0xF0), ("initialisation_needed", 0x51)):
            if self.faults.strikes(name):
                self.books.needs.add(code)
                self.books.save()
        if self.running is not None:
            return 0x9C
        if self.books.needs:
            return min(self.books.needs)
        return 0xDC if self.reader.inserted else 0x00

    def show(self, words: dict[str, str]) -> None:
        self.shown = dict(words)

    def keep_quiet(self) -> bool:
        """Fault `resolver_silent`: is this question left without an answer?"""
        value = self.faults.value("resolver_silent")
        if value:
            self.silent_until = self.elapsed() + float(value)
        return value is not None or self.elapsed() < self.silent_until
