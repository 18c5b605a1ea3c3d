"""What the statuses of a validator mean: the way of a note, troubles, the cassette; told once, when they change.

    11 -> 12 -> 13 dd -> 14 -> 15 (until acknowledged) -> 16 -> 11        dd: escrow code; 15 may repeat it
           `-> 17 rr      `-> 18 or 17 79 (its 10 s are over) -> 11       14 -> 17 happens too: the note came back
    power: 40 | 41 note in the acceptor | 42 note in the stacker, RESET -> 1B -> 11 or 1A; after 42 some say 15, 16

A note that leaves escrow without 15 was not taken, for 15 stays until we acknowledge it. One that we asked to be
stacked and that is gone without any word is in doubt: a trouble with `inside`, told and over at once.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.cash_devices.contract import (
    CassetteBack,
    CassetteOut,
    Denomination,
    Entered,
    Escrowed,
    Noticed,
    Rejected,
    Returned,
    Stacked,
    Stacking,
    Trouble,
    Well,
)
from drivers.cash_devices.id003.frames import Frame
from drivers.cash_devices.id003.note import Note
from drivers.cash_devices.id003.words import POWER_UPS, REFUSALS, RUNNING, Is, Say, failure_code, reject_code
from drivers.wire.dialogue import Dialogue, Send, Tell

UNIT = "validator"

TROUBLES = {
    Is.FULL: "id003.full",
    Is.JAM_ACCEPTOR: "id003.jam_acceptor",
    Is.JAM_STACKER: "id003.jam_stacker",
    Is.PAUSE: "id003.pause",
}
MAY_BE_INSIDE = frozenset({Is.JAM_ACCEPTOR, Is.FAILURE, Is.STACKING})
"""Where a note past the point of no return may stay."""
PATIENCE_S = {
    Is.ACCEPTING: (40.0, "id003.slow_accepting"),  # the field's watchdogs: a CCNET validator gets as long
    Is.STACKING: (30.0, "id003.slow_stacking"),
    Is.VEND_VALID: (5.0, "id003.slow_credit"),  # acknowledged two dozen times by then
    Is.STACKED: (30.0, "id003.slow_rest"),
    Is.REJECTING: (30.0, "id003.slow_returning"),
    Is.RETURNING: (30.0, "id003.slow_returning"),
    Is.INITIALISING: (60.0, "id003.slow_start"),  # half as long again as the slowest known boot, 40 s
    Is.POWER_UP: (60.0, "id003.slow_start"),
    Is.POWER_UP_IN_ACCEPTOR: (60.0, "id003.slow_start"),
    Is.POWER_UP_IN_STACKER: (60.0, "id003.slow_start"),
    Is.HEARD_NOISE: (5.0, "id003.wire"),
    Is.NOT_NOW: (5.0, "id003.wire"),
}
"""How long a status may last before it is a trouble."""
DECISION_S = 5.0  # a validator that acknowledged a decision moves at once

Lookup = Callable[[int], Dialogue[Denomination | None]]


class Sightings:
    """Reads one status after another. `ready` turns False when the device forgot its settings."""

    def __init__(self, counted_s: Callable[[], float], lookup: Lookup) -> None:
        self._counted_s = counted_s
        self._lookup = lookup
        self.note: Note | None = None
        self.status: Is | None = None
        self.since_s = 0.0
        self.entered = False  # the status is not the one before
        self.ready = False
        self.trouble = ""
        self.cassette_out = False

    @property
    def unwell(self) -> bool:
        return bool(self.trouble) or self.cassette_out

    def see(self, frame: Frame) -> Dialogue[None]:
        """One answer to a status request."""
        status = Is(frame.code)
        entering = self.entered = status != self.status
        if entering:
            self.status, self.since_s = status, self._counted_s()
        yield from self._cassette(status)
        if status in POWER_UPS or status == Is.INITIALISING:
            self.ready = False
            if entering:
                yield from self._powered_up(status)
        yield from self._piece(status, frame.data)
        yield from self._health(status, frame.data, entering)

    def _piece(self, status: Is, data: bytes) -> Dialogue[None]:
        code = data[0] if data else 0
        match status:
            case Is.IDLE | Is.DISABLED:
                yield from self._over()
            case Is.ACCEPTING:
                if self.note is None or self.note.ended or self.note.escrowed or self.note.past_return:
                    yield from self._over()
                    self.note = Note()
                    yield Tell(Entered(UNIT))
            case Is.ESCROW:
                yield from self._in_escrow(code)
            case Is.HOLDING:
                if self.note is None or self.note.ended or not self.note.escrowed:
                    yield from self._in_escrow(0)
            case Is.STACKING:
                note = self._here()
                if not (note.past_return or note.credited):
                    note.past_return = True
                    yield Tell(Stacking(UNIT))
            case Is.VEND_VALID:
                yield from self._credit(code)
            case Is.STACKED:
                yield from self._stacked()
            case Is.REJECTING:
                yield from self._rejecting(data)
            case Is.RETURNING:
                yield from self._afresh()
                self._here().going_back = True

    def _in_escrow(self, code: int) -> Dialogue[None]:
        note = self.note
        if note is not None and (note.ended or note.past_return or (note.escrowed and code and note.type != code)):
            yield from self._over()
        note = self._here()
        if note.escrowed:
            return
        note.type, note.escrowed, note.found = code, True, not self.ready
        note.escrowed_s = note.held_s = self._counted_s()
        if self.ready:
            # One that lay there when we came is not offered for a decision: it goes back.
            yield Tell(Escrowed(UNIT, code, (yield from self._lookup(code))))

    def _credit(self, code: int) -> Dialogue[None]:
        """15: told once an episode, and acknowledged only after it was told; again for each time it is repeated."""
        note = self._here()
        if not note.credited:
            note.type = code or note.type
            denomination = yield from self._lookup(note.type)
            yield Tell(Stacked(UNIT, note.type, denomination, recovered=note.found or not note.stack_asked))
            note.credited = True
        yield Send(Frame(Say.ACK).encode())

    def _stacked(self) -> Dialogue[None]:
        """16 ends a note. Without 15 before it the device says no less, but not in the usual course."""
        note, self.note = self.note, None
        if note is not None and not note.credited and (note.past_return or note.stack_asked):
            yield Tell(Stacked(UNIT, note.type, (yield from self._lookup(note.type)), recovered=True))

    def _rejecting(self, data: bytes) -> Dialogue[None]:
        if self.note is not None and self.note.credited:
            yield from self._over()
        note = self._here()
        if note.escrowed or note.past_return:
            note.going_back = True
        elif not note.ended:
            note.rejected = True
            yield Tell(Rejected(UNIT, reject_code(data)))

    def _powered_up(self, status: Is) -> Dialogue[None]:
        note = self.note
        if status == Is.POWER_UP:
            yield from self._over()  # nothing is inside: whatever was on its way has ended
        elif status == Is.POWER_UP_IN_ACCEPTOR:
            self.note = Note(note.type if note else 0, found=True, escrowed=True, going_back=True)
            yield Tell(Noticed(UNIT, "id003.power_up_in_acceptor"))
        elif status == Is.POWER_UP_IN_STACKER:
            ours = note is not None and note.stack_asked and not note.credited
            self.note = Note(note.type if note else 0, found=True, past_return=True, may_stay_silent=not ours)
            yield Tell(Noticed(UNIT, "id003.power_up_in_stacker"))
        elif note is not None:
            note.found = True  # a reset came between: what is told of it now is no usual course

    def _over(self) -> Dialogue[None]:
        """The device is at rest: what is not told yet of the note is what its silence means."""
        note, self.note = self.note, None
        if note is None or note.credited or note.rejected:
            return
        if note.going_back or (note.escrowed and not note.stack_asked and not note.past_return):
            yield Tell(Returned(UNIT, note.type))
        elif note.stack_asked or (note.past_return and not note.may_stay_silent):
            yield Tell(Trouble(UNIT, "id003.vanished", inside=True))
            if not self.trouble:
                yield Tell(Well(UNIT))
        elif not note.past_return:
            yield Tell(Rejected(UNIT, "id003.not_kept"))

    def _here(self) -> Note:
        if self.note is None:
            self.note = Note(found=not self.ready)
        return self.note

    def _afresh(self) -> Dialogue[None]:
        if self.note is not None and self.note.credited:
            yield from self._over()

    def _cassette(self, status: Is) -> Dialogue[None]:
        if status == Is.OPEN and not self.cassette_out:
            self.cassette_out = True
            yield Tell(CassetteOut(UNIT))
        elif self.cassette_out and status != Is.OPEN and status not in REFUSALS:
            # Whether its settings outlive this is not said: they are made anew.
            self.cassette_out, self.ready = False, False
            yield Tell(CassetteBack(UNIT))

    def _health(self, status: Is, data: bytes, entering: bool) -> Dialogue[None]:
        if status == Is.CHEATED and entering:
            yield Tell(Noticed(UNIT, "id003.cheated"))
        trouble = failure_code(data) if status == Is.FAILURE else TROUBLES.get(status, "")
        trouble = trouble or self._too_long(status)
        if trouble and trouble != self.trouble:
            self.trouble = trouble
            past = self.note is not None and self.note.past_return and not self.note.credited
            stuck = status == Is.JAM_STACKER or (past and status in MAY_BE_INSIDE)
            yield Tell(Trouble(UNIT, trouble, inside=stuck))
        elif self.trouble and not trouble and status in RUNNING:
            self.trouble = ""
            yield Tell(Well(UNIT))

    def _too_long(self, status: Is) -> str:
        now_s, note = self._counted_s(), self.note
        if status in (Is.ESCROW, Is.HOLDING) and note is not None and note.decided:
            return "id003.slow_decision" if now_s - note.wished_s >= DECISION_S else ""
        limit_s, code = PATIENCE_S.get(status, (0.0, ""))
        if code and now_s - self.since_s >= limit_s and (status != Is.VEND_VALID or (note and note.credited)):
            return code
        return ""
