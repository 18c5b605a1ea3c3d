"""A ccTalk unit that takes pieces: found, opened, shut and looked after; the coin acceptor in full.

    absent ── answers ──> shut, what it knows is told, `Found` ── Accept ──> open ── Refuse, trouble ──> shut
       └───────────── silent for 5 s, or it began anew ─────────────────────────┘

Source: ashaduri/qt-cctalk, mordae/cctalk (inhibits); Money Controls SR5 manual (what is shut after power-up).
"""

from __future__ import annotations

from contextlib import suppress

from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.event_reader import CHECK_EVERY_S, EventReader
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import Header
from drivers.cash_devices.cctalk.identity import name_of, serial_of
from drivers.cash_devices.cctalk.tables import Table, read_steadily
from drivers.cash_devices.contract import (
    Accepting,
    Closed,
    Counted,
    CreditsLost,
    Found,
    Remembered,
    Unit,
)
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue, Tell

# A coin that passed the sensors is counted within half a second; twice that, and none is on its way any more.
COIN_SETTLES_S = 1.0
BOOTS_S = 1.0  # ready within 250 ms after power-up, with a margin


class Taker(EventReader):
    """A coin acceptor; `bills.BillTaker` adds the escrow."""

    settles_s = COIN_SETTLES_S

    def __init__(self, name: str, bus: Bus, station: Station, table: Table, remembered: Remembered | None) -> None:
        super().__init__(name, bus, station, remembered.unit.credits if remembered else None)
        self.table = table
        self.wanted: frozenset[int] = frozenset()
        self.open: frozenset[int] = frozenset()
        self.closing = False
        self.serial = remembered.unit.serial if remembered else ""
        self._witnessed = remembered is not None and remembered.unit.stacked is not None
        self._met = False
        self._could_take = True
        self._unsure = False  # whether it is open: an answer is missing
        self._suspect = False
        self._shows_mask = self._checks_itself = True

    # What the host wishes

    def accept(self, types: frozenset[int]) -> None:
        self.wanted = types & frozenset(self.takes) if self.ready else types
        self.closing = not self.wanted and (self.closing or bool(self.open) or self._unsure)

    def refuse(self) -> None:
        self.wanted, self.closing = frozenset(), True

    def reset(self) -> Dialogue[None]:
        """A person says that the cause is gone."""
        if not self.ready:
            return
        try:
            yield from self._shut()
            yield from self.bus.quiet()
            yield from self._events()
            if self.ready:
                yield from self.bus.ask(self.station, Header.RESET)
                self._could_take = False  # shut and read right before: nothing can be forgotten
        except (Unanswered, Garbled, Refused):
            pass  # whatever it did: it is prepared anew
        yield from self.bus.wait(BOOTS_S)
        self.ready = False

    @property
    def at_rest(self) -> bool:
        return not (self.closing or self.open or self._unsure) if self.ready else self.silent

    # One beat

    def work(self) -> Dialogue[None]:
        yield from self._events(tries=1)
        if self.missed:
            self._check_at = self.bus.now_s  # it may have been without power
        self.heard()
        if self.ready:
            yield from self._check()
        if self.ready:
            yield from self._adjust()
        if self.ready and self.closing and not self.open and not self._unsure and self._settled():
            yield Tell(Closed(self.name))
            self.closing = self._could_take = False

    def _settled(self) -> bool:
        return self.bus.now_s - self._quiet_since >= self.settles_s

    def _adjust(self) -> Dialogue[None]:
        target = frozenset() if self.trouble or self._cassette_out else self.wanted & frozenset(self.takes)
        if target == self.open and not self._unsure:
            return
        if target:
            yield from self._open(target)
        else:
            yield from self._shut()

    def _open(self, target: frozenset[int]) -> Dialogue[None]:
        begins = not self.open or self._unsure
        if begins:
            if self._unsure:
                yield from self._shut()
            stacked = yield from self._count()
            if not self.ready:
                return
            yield Tell(Counted(self.name, stacked))
        self._could_take = self._unsure = True
        try:
            yield from self._before_opening()
            yield from self.bus.ask(self.station, Header.MODIFY_INHIBIT, _mask(target))
            yield from self.bus.ask(self.station, Header.MASTER_INHIBIT, b"\x01")
        except Refused:
            yield from self._in_trouble("cctalk.refuses")
            return
        self._unsure, self.open = False, target
        self._check_at = self.bus.now_s + CHECK_EVERY_S
        if begins:
            yield Tell(Accepting(self.name))

    def _shut(self) -> Dialogue[None]:
        self._unsure = True
        for header, data in ((Header.MASTER_INHIBIT, b"\x00"), (Header.MODIFY_INHIBIT, _mask(frozenset()))):
            with suppress(Refused):  # not every unit knows both: either shuts it
                yield from self.bus.ask(self.station, header, data)
        self._unsure, self.open = False, frozenset()
        self._quiet_since = self.bus.now_s

    def _before_opening(self) -> Dialogue[None]:
        yield from ()

    def _check(self) -> Dialogue[None]:
        """Is it still as it was left, and is its trouble over?"""
        if self.bus.now_s < self._check_at:
            return
        self._check_at = self.bus.now_s + CHECK_EVERY_S
        if self.trouble and self._checks_itself and self._self_check_ends(self.trouble):
            state = yield from self._self_check()
            if state == 0:
                yield from self._well()
        elif self.open and self._shows_mask:
            mask = yield from self.bus.optional(self.station, Header.READ_INHIBIT, lengths={2})
            self._shows_mask = bool(mask)
            if mask and mask != _mask(self.open):
                self.ready, self._suspect = False, True

    def _self_check_ends(self, words: str) -> bool:
        return True

    def _self_check(self) -> Dialogue[int | None]:
        data = yield from self.bus.optional(self.station, Header.SELF_CHECK)
        self._checks_itself = bool(data)
        return data[0] if data else None

    # Its beginning

    def prepare(self) -> Dialogue[None]:
        """It takes nothing, tells what it knows, and is found."""
        self.open, self._counts, self._shows_mask, self._checks_itself = frozenset(), True, True, True
        yield from self._shut()
        serial = yield from serial_of(self.bus, self.station, self.serial)
        title = yield from name_of(self.bus, self.station)
        self.takes = yield from read_steadily(self.table, self.bus, self.station)
        yield from self._probe_count()
        yield from self._recover(serial)
        yield from self._empty_path()
        stacked = yield from self._count(recovered=True)
        unit = Unit(
            self.name,
            serial,
            title,
            tuple(self.takes.values()),
            escrow=self.names.escrow,
            stacked=stacked,
            credits=self.credits,
        )
        yield Tell(Found(unit))
        self._witnessed, self._met, self._suspect, self._could_take = stacked is not None, True, False, False
        self.ready, self._quiet_since = True, self.bus.now_s
        self.heard()
        self._check_at = self.bus.now_s + CHECK_EVERY_S
        yield from self._health()

    def _probe_count(self) -> Dialogue[None]:
        self._counts = bool((yield from self.bus.optional(self.station, Header.ACCEPT_COUNTER, lengths={3}, tries=3)))

    def _health(self) -> Dialogue[None]:
        found, inside = self._found_trouble
        self._found_trouble = ("", False)
        state = yield from self._self_check()
        if state or (found and (state is None or not self._self_check_ends(found))):
            yield from self._in_trouble(found or "cctalk.self_check", inside)
        elif self.trouble:
            yield from self._well()

    def _empty_path(self) -> Dialogue[None]:
        yield from ()

    def _recover(self, serial: str) -> Dialogue[None]:
        same = serial == self.serial and (bool(serial) or self._met)
        if self.credits is not None and same:
            buffer, found = yield from self._read(self.credits)
            if found.reset or self._suspect:
                yield from self._forgotten(0 if found.reset else self.credits)
            yield from self._tell_news(buffer, found, recovered=True)
        else:
            buffer, found = yield from self._read(self.credits or 0, confirm=False)
            if self.credits is not None and not serial and not self.serial and buffer.counter != self.credits:
                # Perhaps the same device: it cannot prove it, and its counter moved.
                missed = found.lost + len(found.happenings)
                yield Tell(CreditsLost(self.name, max(missed, 1), buffer.counter))
            self.credits = buffer.counter
        self.serial = serial

    def _forgotten(self, credits: int) -> Dialogue[None]:
        """It began to count anew. What it took in the moment before it forgot; its own count, if it has one, tells the
        journal exactly, and where every piece waits in escrow for us, the journal knows it already."""
        if self._could_take and not self.names.escrow and not (self._witnessed and self._counts):
            yield Tell(CreditsLost(self.name, 1, credits))
        self._could_take = False


def _mask(types: frozenset[int]) -> bytes:
    """1 accepts; type 1 is the lowest bit of the first byte."""
    return sum(1 << (type_ - 1) for type_ in types if 1 <= type_ <= 16).to_bytes(2, "little")
