"""A note validator or recycler on SSP: the way of a note, the escrow decision, and the door.

    EF 00 read -> EF c escrow -> CC stacking -> EE c credit -> EB stacked | DB in the payout store
                     └ 08 or 10 s without HOLD -> ED rejecting -> EC rejected

In escrow the next poll keeps the note. Until the host has decided HOLD (18) goes out in place of each poll: whether a
poll behind a HOLD would keep the note as well, the manuals do not agree. REJECT (08) gives it back.
Source: SSP manual GA138 as `kybarg/ssp` gives it.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Closed,
    Counted,
    Entered,
    Escrowed,
    GiveBack,
    Leave,
    Noticed,
    Refuse,
    Rejected,
    Remembered,
    Returned,
    Stack,
    Stacked,
    Stacking,
)
from drivers.cash_devices.ssp.commands import Command, Reply, inhibits
from drivers.cash_devices.ssp.events import Code, Event, Report
from drivers.cash_devices.ssp.exchange import Line
from drivers.cash_devices.ssp.identity import Counters
from drivers.cash_devices.ssp.station import STUCK_BEATS, Options, Station
from drivers.cash_devices.ssp.texts import REJECTS
from drivers.wire.dialogue import Dialogue, Tell, Wish

BEATS_TO_CLOSE = 10
"""Two seconds: a device says "disabled" in its next poll; one that never says it takes nothing all the same."""
BEATS_TO_REOPEN = 10
"""A unit that closed by itself or would not open is asked again after two seconds, not in every poll."""
BEATS_WITHOUT_END = 10
"""Two seconds of polls without a word of a note that was on its way: its end was lost, the counters are asked."""
SLOW_BEATS = 25
"""Five seconds in escrow after the decision to keep the note."""


class Way(Enum):
    """Where the piece is."""

    NONE = "none"
    READING = "reading"
    ESCROW = "escrow"
    STACKING = "stacking"
    CREDITED = "credited"  # ours and told; it may still move
    REJECTING = "rejecting"


class Door(Enum):
    SHUT = "shut"
    OPEN = "open"
    CLOSING = "closing"  # nothing is enabled, a piece may still be on its way
    DISABLED = "disabled"  # told to disable, not confirmed


class NoteStation(Station):
    escrow = True

    def __init__(
        self, name: str, line: Line, inbox: deque[Wish], options: Options, remembered: Remembered | None
    ) -> None:
        super().__init__(name, line, inbox, options, remembered)
        self._wanted: frozenset[int] = frozenset()
        self._leaving = False
        self._says_closed = False  # a host that refuses waits for the word, also where the door is shut
        self._handed_back = False  # at the beginning a note lay in escrow and was given back
        self._lost_end = False  # a note was on its way when another came
        self._recovered = False  # at the beginning a note was told as found
        self.forget()

    def forget(self) -> None:
        self._way = Way.NONE
        self._channel = 0
        self._undecided = False  # Escrowed was told, its end was not
        self._decision: type[Stack] | type[GiveBack] | None = None
        self._beats = 0  # in this place of the way
        self._quiet = 0  # reports without a word of the piece
        self._credited: frozenset[int] = frozenset()  # channels credited by the report before
        self._door = Door.SHUT
        self._mask: frozenset[int] = frozenset()
        self._reopen_in = 0
        self._beats_disabled = 0

    # Wishes

    def wish(self, wish: Wish) -> None:
        super().wish(wish)
        match wish:
            case Accept(types=types):
                self._wanted = frozenset(types.get(self.name, frozenset()))
                self._says_closed = not self._wanted
                self._reopen_in = 0
            case Refuse():
                self._wanted, self._says_closed = frozenset(), True
            case Leave():
                self._wanted, self._leaving = frozenset(), True
            case Stack(unit=self.name) | GiveBack(unit=self.name) if self._way is Way.ESCROW and not self._decision:
                self._decision = type(wish)

    @property
    def at_rest(self) -> bool:
        done = self._door is Door.SHUT and self._way is Way.NONE
        return not self.payer.busy and (done or bool(self._troubles) or self._cassette_out)

    # The beginning

    def give_back_first(self) -> Dialogue[None]:
        reply: Reply = yield from self.line.ask(bytes([Command.REJECT]))
        self._handed_back = reply.ok

    def take_nothing(self) -> Dialogue[None]:
        yield from self._inhibit(frozenset())
        yield from self.line.ask(bytes([Command.DISABLE]))

    def found(self, counters: Counters | None) -> Dialogue[None]:
        """With counters it is they that prove where a note is: the one given back need not be the host's."""
        if self._handed_back and counters is None and not (self._recovered or self._lost_end):
            yield Tell(Returned(self.name))
        self._handed_back = self._recovered = self._lost_end = False
        self._way, self._undecided = Way.NONE, False

    # The way of a note

    def before_poll(self) -> Dialogue[bool]:
        """In escrow: hold instead of polling, give back, or let the poll keep it."""
        if self._way is not Way.ESCROW:
            return True
        gives_back = self._decision is GiveBack or self._beats >= self._options.decide_beats or self._beginning
        self._beats += 1
        if self._decision is Stack:
            if self._beats == SLOW_BEATS:
                yield Tell(Noticed(self.name, "ssp.slow"))
            return True
        if gives_back and (yield from self.line.ask(bytes([Command.REJECT]))).ok:
            self._handed_back = self._handed_back or self._beginning
            self._move(Way.REJECTING)
            return True
        reply: Reply = yield from self.line.ask(bytes([Command.HOLD]))
        return not reply.ok  # it holds nothing any more: the poll says why

    def on(self, event: Event) -> Dialogue[None]:
        channel = event.channel
        match event.code:
            case Code.READ if channel == 0:
                if self._way is not Way.READING:
                    self._move(Way.READING)
                    if not self._beginning:
                        yield Tell(Entered(self.name))
            case Code.READ:
                yield from self._in_escrow(channel)
            case Code.STACKING if self._way not in (Way.STACKING, Way.CREDITED):
                self._move(Way.STACKING)
                if not self._beginning:
                    yield Tell(Stacking(self.name))
            case Code.CREDIT if channel not in self._credited:
                yield from self._credit(channel)
            case Code.CLEARED_TO_CASHBOX:
                yield from self._credit(channel, at_power_up=True)
            case Code.STACKED_AT_POWER_UP | Code.STORED_AT_POWER_UP:
                yield from self._credit(self._channel_worth(event), at_power_up=True)
            case Code.CLEARED_FROM_FRONT:
                self._ended()
                yield Tell(Returned(self.name, channel))
            case Code.STACKED | Code.STORED if self._way is Way.CREDITED:
                self._ended()
            case Code.REJECTING if self._way is not Way.REJECTING:
                self._move(Way.REJECTING)
            case Code.REJECTED:
                yield from self._rejected()
            case Code.BARCODE:
                yield from self.line.ask(bytes([Command.REJECT]))  # a slip of paper is not money here

    def _in_escrow(self, channel: int) -> Dialogue[None]:
        """The same note is reported in each report without a gap; behind one without it, it may be the next note, and
        what was decided was said of the one before."""
        returning = self._way is Way.REJECTING
        if self._way is Way.ESCROW and channel != self._channel:
            # It cannot be two notes at once: whatever this is, it goes back.
            self._decision = GiveBack
            yield Tell(Noticed(self.name, "ssp.other_note"))
            self._channel = channel
        if self._way is Way.ESCROW and not self._quiet:
            return
        if self._undecided and not self._beginning:
            self._way, self._decision = Way.ESCROW, GiveBack
            if not returning:
                # The end of the note before was lost: the counter says what became of it, and this one goes back.
                self.anew = self._lost_end = True
            return
        self._move(Way.ESCROW)
        self._channel, self._decision = channel, None
        if not self._beginning:
            self._undecided = True
            self.drop(Stack, GiveBack)  # whatever they were meant for, this note the host does not know yet
            yield Tell(Escrowed(self.name, channel, self.denomination(channel)))

    def _credit(self, channel: int, *, at_power_up: bool = False) -> Dialogue[None]:
        found = self._beginning or at_power_up
        self._recovered = self._recovered or found
        self._move(Way.CREDITED)
        self._undecided = False
        yield Tell(Stacked(self.name, channel, self.denomination(channel), recovered=found))
        if at_power_up and not self._beginning:
            self.anew = True  # whether it is news is judged with the counter, which comes with the identity

    def _channel_worth(self, event: Event) -> int:
        """The channel of a note that is told by its value; 0: not known."""
        table = self._setup.table if self._setup else ()
        worths = [(amount.value_minor, amount.currency) for amount in event.amounts]
        return next((piece.type for piece in table if (piece.value_minor, piece.currency) in worths), 0)

    def _rejected(self) -> Dialogue[None]:
        if self._undecided:
            channel = self._channel
            self._ended()
            yield Tell(Returned(self.name, channel))
        elif not self._beginning:
            self._ended()
            reply: Reply = yield from self.line.ask(bytes([Command.LAST_REJECT]))
            code = reply.data[0] if reply.ok and reply.data else -1
            yield Tell(Rejected(self.name, f"ssp.{REJECTS.get(code, 'reject_other')}"))

    def _move(self, way: Way) -> None:
        self._way, self._beats, self._quiet = way, 0, 0

    def _ended(self) -> None:
        self._move(Way.NONE)
        self._undecided = False

    def after(self, report: Report) -> Dialogue[None]:
        """A note whose reports stop or never stop."""
        self._credited = frozenset(event.channel for event in report.events if event.code is Code.CREDIT)
        if self._beginning or self._way is Way.NONE:
            return
        if report.has(Code.READ, Code.STACKING, Code.REJECTING):
            self._quiet = 0
            self._beats += self._way is not Way.ESCROW
            if self._beats >= STUCK_BEATS and self._way is not Way.ESCROW:
                yield from self._stuck()
            return
        self._quiet += 1
        if self._way is Way.CREDITED and self._quiet > 1:
            self._ended()
        elif self._quiet >= BEATS_WITHOUT_END and not self._troubles.lasting and not self._cassette_out:
            self.anew = self.anew or self._undecided or self._troubles.stuck
            self._troubles.stuck = False
            self._ended()

    # The door

    def act(self, report: Report) -> Dialogue[None]:
        wanted = self._wanted if not (self.payer.busy or self._troubles or self._cassette_out) else frozenset[int]()
        mask = frozenset(channel for channel in wanted if self.denomination(channel) is not None)
        self._reopen_in = max(0, self._reopen_in - 1)
        match self._door:
            case Door.OPEN if not mask:
                yield from self._inhibit(mask)
                self._door, self._beats_disabled = Door.CLOSING, 0
            case Door.OPEN if mask != self._mask:
                yield from self._inhibit(mask)
                yield Tell(Accepting(self.name))
            case Door.OPEN if report.has(Code.DISABLED) and self._way is Way.NONE:
                self._door, self._reopen_in = Door.SHUT, BEATS_TO_REOPEN
                if not self._troubles:
                    yield Tell(Closed(self.name))
            case Door.CLOSING if self._way is Way.NONE and not self._troubles:
                # In a trouble it stays enabled with no channel open: that it works again then shows by itself.
                yield from self.line.ask(bytes([Command.DISABLE]))
                self._door, self._beats_disabled = Door.DISABLED, 0
            case Door.DISABLED:
                yield from self._confirm_closed(report)
            case Door.SHUT if mask and self._may_open(report):
                yield from self._open(mask)
            case Door.SHUT if self._says_closed and not self._wanted:
                self._says_closed = False
                yield Tell(Closed(self.name))
        free = self._door is Door.SHUT and self._way is Way.NONE and not self._troubles.jammed
        yield from self.payer.step(report, free)

    def _may_open(self, report: Report) -> bool:
        return self._way is Way.NONE and not self._reopen_in and not report.has(Code.INITIALISING)

    def _confirm_closed(self, report: Report) -> Dialogue[None]:
        self._beats_disabled += 1
        said = report.has(Code.DISABLED, Code.CHANNELS_DISABLED)
        if self._way is Way.NONE and (said or self._beats_disabled >= BEATS_TO_CLOSE):
            self._door, self._says_closed = Door.SHUT, False
            if not self._troubles:
                yield Tell(Closed(self.name))

    def _open(self, mask: frozenset[int]) -> Dialogue[None]:
        counters: Counters | None = yield from self.payer.read_counters()
        yield Tell(Counted(self.name, counters.taken if counters else None))
        yield from self._inhibit(mask)
        assert self._setup is not None
        if self._setup.pays and self.line.seal is not None:
            yield from self.line.ask(bytes([Command.ENABLE_PAYOUT, 0]))
        reply: Reply = yield from self.line.ask(bytes([Command.ENABLE]))
        if not reply.ok:
            self._reopen_in = BEATS_TO_REOPEN
            return
        self._door = Door.OPEN
        yield Tell(Accepting(self.name))

    def _inhibit(self, mask: frozenset[int]) -> Dialogue[None]:
        assert self._setup is not None
        yield from self.line.ask(inhibits(mask, self._setup.channels))
        self._mask = mask
