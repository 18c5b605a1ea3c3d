"""Paying out on an SSP unit: what it is told, what it reports meanwhile, and how an open end is settled.

    22 levels, 58 counters -> PayoutMeant (durable) -> 33 test (19) -> 33 do it (58)
    -> DA dispensing ... -> D2 dispensed | D5 jammed | D6 halted | D9 time-out -> PaidOut (durable) -> 57

"Do it" is made once. Its packet may be sent again byte for byte, which a device answers without paying again; when that
too is silent, the device's reports settle what was paid, and without one what is missing from its store.
Source: SSP manual GA138 (PAYOUT AMOUNT, INCOMPLETE PAYOUT, GET ALL LEVELS) as `kybarg/ssp` gives it.
"""

from __future__ import annotations

from collections import deque

from drivers.cash_devices.contract import Denomination, Levels, PaidOut, Pay, Paying, PayoutMeant
from drivers.cash_devices.ssp import commands
from drivers.cash_devices.ssp.commands import Answer, Command, Reply
from drivers.cash_devices.ssp.events import Code, Event, Report
from drivers.cash_devices.ssp.exchange import Line
from drivers.cash_devices.ssp.identity import Counters, Level, Setup, parse_counters, parse_levels
from drivers.wire.dialogue import Dialogue, Tell

ENDS = {Code.DISPENSED: "", Code.JAMMED: "pay_jam", Code.HALTED: "pay_halted", Code.TIME_OUT: "pay_time_out"}
SIGNS_OF_LIFE = (Code.DISPENSING, Code.HELD_IN_BEZEL, Code.JAM_RECOVERY, Code.PAYOUT_FAULT, Code.INITIALISING)
SILENT_BEATS = 25
"""Five seconds without a word of a payout: its end was lost, the store is asked. A single note takes about two."""
WHY_NOT = {0: "pay_not_enough", 1: "pay_not_exact", 3: "pay_busy", 4: "pay_disabled"}
"""The byte behind F5."""
DISABLED = 4
UNKNOWN = -1


class Payer:
    """What one unit can give. `open` is the payout whose end has not been told."""

    def __init__(self, name: str, line: Line, unsettled: PayoutMeant | None) -> None:
        self.name = name
        self.open = unsettled
        self.gives: tuple[Denomination, ...] = ()
        self.levels_due = False
        self._line = line
        self._queue: deque[Pay] = deque()
        self._paid_minor = 0
        self._silent_beats = 0
        self._at_power_up = False  # pieces came out while the device started: its report of the payout lacks them

    @property
    def busy(self) -> bool:
        return self.open is not None or bool(self._queue)

    def wish(self, wish: Pay) -> None:
        self._queue.append(wish)

    # What lies in the store

    def read_levels(self) -> Dialogue[tuple[Level, ...] | None]:
        reply: Reply = yield from self._line.ask(bytes([Command.LEVELS]))
        return parse_levels(reply.data) if reply.ok else None

    def read_counters(self) -> Dialogue[Counters | None]:
        reply: Reply = yield from self._line.ask(bytes([Command.COUNTERS]))
        return parse_counters(reply.data) if reply.ok else None

    def look(self, setup: Setup) -> Dialogue[tuple[Level, ...] | None]:
        """Which pieces it gives: those of its table that its store has a level for."""
        levels: tuple[Level, ...] | None = yield from self.read_levels()
        worths = None if levels is None else {(level.value_minor, level.currency) for level in levels}
        self.gives = tuple(
            piece for piece in setup.table if worths is None or (piece.value_minor, piece.currency) in worths
        )
        return levels

    def tell_levels(self, levels: tuple[Level, ...] | None = None) -> Dialogue[None]:
        self.levels_due = False
        levels = levels if levels is not None else (yield from self.read_levels())
        if levels is not None:
            counts = {(level.value_minor, level.currency): level.count for level in levels}
            told = tuple((piece.type, counts.get((piece.value_minor, piece.currency), 0)) for piece in self.gives)
            yield Tell(Levels(self.name, told))

    # Paying

    def step(self, report: Report, may_begin: bool) -> Dialogue[None]:
        """After each report: begin what is wished, notice an end that never came, tell levels that changed."""
        if self.open is not None:
            self._silent_beats = 0 if report.has(*SIGNS_OF_LIFE) else self._silent_beats + 1
            if self._silent_beats >= SILENT_BEATS:
                yield from self.settle(recovered=False)
        elif self._queue and may_begin:
            yield from self._pay(self._queue[0])
        elif self.levels_due:
            yield from self.tell_levels()

    def _pay(self, wish: Pay) -> Dialogue[None]:
        levels: tuple[Level, ...] | None = yield from self.read_levels()
        counters: Counters | None = yield from self.read_counters()
        baseline = [counters.dispensed if counters else UNKNOWN]
        for level in levels or ():
            baseline += [level.value_minor, level.count]
        meant = PayoutMeant(self.name, wish.key, wish.amount_minor, tuple(baseline))
        yield Tell(meant)
        self._queue.popleft()
        self.open, self._paid_minor, self._silent_beats, self._at_power_up = meant, 0, 0, False
        if self._line.seal is None:
            yield from self._end(0, "pay_no_key")
        elif not self.gives or not 0 < wish.amount_minor < 1 << 32:
            yield from self._end(0, "pay_unable")
        else:
            yield from self._ask_for(wish.amount_minor)

    def _ask_for(self, amount_minor: int) -> Dialogue[None]:
        currency = self.gives[0].currency
        test = commands.payout(amount_minor, currency, commands.PAY_TEST)
        reply: Reply = yield from self._line.ask(test)
        if reply.detail == DISABLED:
            yield from self._enable()
            reply = yield from self._line.ask(test)
        if reply.ok:
            reply = yield from self._line.ask(commands.payout(amount_minor, currency, commands.PAY_NOW))
        if reply.code != Answer.OK and reply.code != Answer.KEY_NOT_SET:
            yield from self._end(0, WHY_NOT.get(reply.detail if reply.detail is not None else UNKNOWN, "pay_refused"))
        elif reply.code == Answer.KEY_NOT_SET:
            # It lost its power between two packets and did nothing; what it says at its start is read all the same.
            raise Forgotten

    def _enable(self) -> Dialogue[None]:
        """Nothing is taken in meanwhile: the channels are inhibited."""
        yield from self._line.ask(bytes([Command.ENABLE_PAYOUT, 0]))
        yield from self._line.ask(bytes([Command.ENABLE]))

    # What it reports

    def hear(self, event: Event, recovered: bool) -> Dialogue[None]:
        match event.code:
            case Code.DISPENSING if self.open is not None and event.value_minor != self._paid_minor:
                self._paid_minor = event.value_minor
                yield Tell(Paying(self.name, self.open.key, event.value_minor))
            case Code.DISPENSED | Code.JAMMED | Code.HALTED | Code.TIME_OUT if self.open is not None:
                yield from self._end(event.value_minor, ENDS[event.code], recovered=recovered)
            case Code.DISPENSED_AT_POWER_UP:
                self._at_power_up = self.levels_due = True
            case Code.INCOMPLETE_PAYOUT if self.open is not None:
                if event.asked_minor == self.open.amount_minor and not self._at_power_up:
                    yield from self._end(event.value_minor, "pay_interrupted", recovered=True)
            case Code.MOVED_TO_STACKER | Code.STORED | Code.STORED_AT_POWER_UP | Code.EMPTIED | Code.SMART_EMPTIED:
                self.levels_due = True

    def settle(self, recovered: bool = True) -> Dialogue[None]:
        """No report of the end came: what is gone from the store since the baseline was paid."""
        if self.open is None:
            return
        levels: tuple[Level, ...] | None = yield from self.read_levels()
        counters: Counters | None = yield from self.read_counters()
        paid, certain = proved(self.open, levels, counters)
        yield from self._end(paid, "pay_interrupted", certain=certain, recovered=recovered)

    def _end(self, paid_minor: int, reason: str, *, certain: bool = True, recovered: bool = False) -> Dialogue[None]:
        meant = self.open
        assert meant is not None
        if paid_minor >= meant.amount_minor:
            reason = ""
        elif not reason:
            reason = "pay_short"
        code = f"ssp.{reason}" if reason else ""
        yield Tell(PaidOut(self.name, meant.key, meant.amount_minor, paid_minor, certain, recovered, code))
        self.open = None
        self.levels_due = True


class Forgotten(Exception):
    """The device has lost the key, and so its power: the conversation with it begins anew."""


def proved(meant: PayoutMeant, levels: tuple[Level, ...] | None, counters: Counters | None) -> tuple[int, bool]:
    """(what was paid, whether that is certain), from the store and the counter of dispensed pieces now and before."""
    before = meant.baseline
    if before and before[0] != UNKNOWN and counters is not None:
        pieces: int | None = (counters.dispensed - before[0]) & 0xFFFFFFFF
    else:
        pieces = None
    if pieces == 0:
        return 0, True
    if levels is None or len(before) < 3:
        return 0, False
    then = dict(zip(before[1::2], before[2::2], strict=False))
    now = {level.value_minor: level.count for level in levels}
    gone = {value: count - now.get(value, 0) for value, count in then.items()}
    paid = sum(value * count for value, count in gone.items())
    fits = all(count >= 0 for count in gone.values()) and set(now) <= set(then) and paid <= meant.amount_minor
    if not fits or (pieces is not None and pieces != sum(gone.values())):
        return 0, False
    return paid, True
