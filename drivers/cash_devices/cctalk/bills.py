"""A ccTalk bill validator: a taker whose pieces wait in escrow for the host's decision.

    (t, 1) in escrow ── 154 01 ──> past return ──> (t, 0) in the box: the credit
         │   ▲ 154 FF, every 4 s while undecided
         └── 154 00, or its own timer ──> status 1: the shopper has it back

    reply to 154: ACK, or one byte: 254 the escrow is empty, 255 it did not work

A routing is repeated only after the buffer showed that nothing happened since: then the same bill is still meant.
Source: headers 159 and 154 and the bill status codes as in ashaduri/qt-cctalk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.cash_devices.cctalk.bus import PERIOD_S, Bus
from drivers.cash_devices.cctalk.credit_buffer import Happening
from drivers.cash_devices.cctalk.event_reader import Names
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import (
    ESCROW_EMPTY,
    ROUTE_EXTEND,
    ROUTE_RETURN,
    ROUTE_STACK,
    STACKER_AND_ESCROW,
    Header,
)
from drivers.cash_devices.cctalk.statuses import Meaning, bill_status
from drivers.cash_devices.cctalk.tables import Table
from drivers.cash_devices.cctalk.taker import Taker
from drivers.cash_devices.contract import (
    Denomination,
    Escrowed,
    Noticed,
    Remembered,
    Returned,
    Stacked,
    Stacking,
)
from drivers.errors import Refused, Unanswered
from drivers.wire.dialogue import Dialogue, Tell

# The device's own timer must be renewed before 5 s are over.
EXTEND_EVERY_S = 4.0
# From the throat to the escrow a note takes two to three seconds, and nothing tells that it is there.
NOTE_SETTLES_S = 5.0
# "The escrow is empty" and no credit for so long: it went back. A stacking takes a second or two.
EMPTY_MEANS_RETURNED_S = 5.0
STUCK_S = 30.0  # longer than any stacking: somebody must look
RETURNS_WITHIN_S = 10.0
FAILURES = 3
IN_ESCROW = 1
STACKER_TROUBLES = frozenset({"cctalk.bill.13", "cctalk.bill.14", "cctalk.bill.15"})
PIECE_TROUBLES: Mapping[str, bool] = {
    "cctalk.stacking_long": True,
    "cctalk.return_long": False,
    "cctalk.route_failed": False,
}
"""Troubles that the fate of the piece ends, and whether it may be stuck on our side."""

BILLS = Names(Header.BILL_EVENTS, escrow=True)


@dataclass(slots=True)
class _Waiting:
    """A bill in escrow, and what was decided about it."""

    type: int
    denomination: Denomination | None
    since_s: float
    extended_s: float
    decided: int | None = None
    done_s: float | None = None  # when the device acknowledged, or said that its escrow is empty
    empty: bool = False
    failures: int = 0


class BillTaker(Taker):
    names = BILLS
    settles_s = NOTE_SETTLES_S

    def __init__(
        self,
        name: str,
        bus: Bus,
        station: Station,
        table: Table,
        remembered: Remembered | None,
        decide_within_s: int,
    ) -> None:
        super().__init__(name, bus, station, table, remembered)
        self._decide_within_s = decide_within_s
        self._waiting: _Waiting | None = None
        self._last_type = 0

    # What the host wishes

    def route(self, where: int) -> Dialogue[None]:
        """Stack or give back what is in escrow now."""
        meant = self._waiting
        if not self.ready or meant is None or meant.decided is not None or meant.empty:
            return
        if where == ROUTE_STACK and meant.denomination is None:
            return  # of no known value: it can only go back
        meant.decided = where
        yield from self._carry_out()

    @property
    def at_rest(self) -> bool:
        return super().at_rest and (self._waiting is None or not self.ready)

    # One beat

    def work(self) -> Dialogue[None]:
        yield from super().work()
        if self.ready:
            yield from self._carry_out()

    def _settled(self) -> bool:
        return self._waiting is None and super()._settled()

    def _carry_out(self) -> Dialogue[None]:
        waiting = self._waiting
        if waiting is None:
            return
        now = self.bus.now_s
        if waiting.decided is None and now - waiting.since_s >= self._decide_within_s:
            waiting.decided = ROUTE_RETURN
        if waiting.done_s is not None:
            yield from self._await_end(waiting, waiting.done_s)
        elif waiting.decided is not None:
            if waiting.failures < FAILURES:
                yield from self._carry_out_now(waiting, waiting.decided)
        elif now - waiting.extended_s >= EXTEND_EVERY_S:
            yield from self._carry_out_now(waiting, ROUTE_EXTEND)

    def _carry_out_now(self, waiting: _Waiting, where: int) -> Dialogue[None]:
        yield from self._events()
        if not self.ready or self._waiting is not waiting:
            return
        answer = yield from self._route(where, tries=1)
        now = self.bus.now_s
        if answer == b"" and where == ROUTE_EXTEND:
            waiting.extended_s = now
        elif answer == b"":
            waiting.done_s = now
            if where == ROUTE_STACK:
                yield Tell(Stacking(self.name))
        elif answer[0] == ESCROW_EMPTY:
            waiting.done_s, waiting.empty = now, True
        elif where == ROUTE_EXTEND:
            waiting.extended_s = now  # it does not know how to wait: its own timer gives the bill back
        else:
            waiting.failures += 1
            if waiting.failures == FAILURES:
                yield from self._in_trouble("cctalk.route_failed", PIECE_TROUBLES["cctalk.route_failed"])

    def _await_end(self, waiting: _Waiting, done_s: float) -> Dialogue[None]:
        passed = self.bus.now_s - done_s
        if waiting.empty and waiting.decided != ROUTE_STACK and passed >= EMPTY_MEANS_RETURNED_S:
            yield from self._returned()
        elif passed >= STUCK_S:
            words = "cctalk.stacking_long" if waiting.decided == ROUTE_STACK else "cctalk.return_long"
            yield from self._in_trouble(words, PIECE_TROUBLES[words])

    def _route(self, where: int, tries: int) -> Dialogue[bytes]:
        """b"" is its ACK; a NAK counts as "it did not work"."""
        try:
            return (yield from self.bus.ask(self.station, Header.ROUTE_BILL, bytes([where]), {0, 1}, tries))
        except Refused:
            return b"\xff"

    def _before_opening(self) -> Dialogue[None]:
        try:
            yield from self.bus.ask(self.station, Header.OPERATING_MODE, bytes([STACKER_AND_ESCROW]))
        except Refused:
            return  # a validator without choice

    # Its beginning

    def _empty_path(self) -> Dialogue[None]:
        """What lies in escrow goes back; what is past return is awaited."""
        self._waiting = None
        held = self.newest[1] == IN_ESCROW and self.newest[0] != 0
        try:
            answer = yield from self._route(ROUTE_RETURN, tries=2)
        except Unanswered:
            answer = b"\xff"  # it knows no routing
        if answer == b"":
            patience_s = RETURNS_WITHIN_S
        elif held:
            patience_s = STUCK_S
        else:
            return
        before = self.credits
        for _ in range(int(patience_s / PERIOD_S)):
            yield from self._events(recovered=True)
            if self.credits != before and not (self.newest[0] and self.newest[1] == IN_ESCROW):
                return
            yield from self.bus.wait(PERIOD_S)
        if held:
            self._found_trouble = ("cctalk.stacking_long", PIECE_TROUBLES["cctalk.stacking_long"])

    # Its events

    def meaning(self, code: int) -> tuple[Meaning, str]:
        return bill_status(code)

    def _credit(self, event: Happening, recovered: bool) -> Dialogue[None]:
        if event.b == 0:
            self._waiting = None
            yield from super()._credit(event, recovered)
        elif event.b == IN_ESCROW:
            self._last_type = event.a
            if not recovered:
                yield from self._escrowed(event.a)
        else:
            yield Tell(Noticed(self.name, "cctalk.bill.unknown"))

    def _escrowed(self, type_: int) -> Dialogue[None]:
        denomination = self.takes.get(type_)
        yield Tell(Escrowed(self.name, type_, denomination))
        now = self.bus.now_s
        decided = None if denomination else ROUTE_RETURN
        self._waiting = _Waiting(type_, denomination, now, now, decided)

    def _tell_old(self, event: Happening, later: tuple[Happening, ...]) -> Dialogue[None]:
        meaning = self.meaning(event.b)[0]
        if event.a == 0 and meaning is Meaning.STACKED_UNKNOWN:
            yield Tell(Stacked(self.name, 0, None, recovered=True, credits=event.credits))
        elif event.a == 0 and meaning is Meaning.RETURNED:
            # Only of the last bill: an earlier return was told when it happened, and is not that of the later bill.
            if not any(other.a and other.b == IN_ESCROW for other in later):
                yield from self._returned()
        else:
            yield from super()._tell_old(event, later)

    def _status(self, event: Happening) -> Dialogue[None]:
        meaning, _ = self.meaning(event.b)
        if meaning is Meaning.RETURNED:
            yield from self._returned()
            return
        if meaning is Meaning.STACKED_UNKNOWN:
            self._waiting = None
        yield from super()._status(event)

    def _returned(self) -> Dialogue[None]:
        type_ = self._waiting.type if self._waiting else self._last_type
        yield Tell(Returned(self.name, type_))
        self._waiting, self._last_type = None, 0
        if self.trouble in PIECE_TROUBLES:
            yield from self._well()

    def _self_check_ends(self, words: str) -> bool:
        """The self-check says nothing of the stacker or of a piece on its way: they have events of their own."""
        return words not in STACKER_TROUBLES and words not in PIECE_TROUBLES
