"""The way of a note: in, into escrow, and on to the cassette or back; each stretch takes its time and can go wrong.

11 ── insert ──> 12 ──> 13 ── STACK ──> 14 ── lever ──> (15 after STACK-1) ── cassette ──> 15 after STACK-2
                  │      │ 10 s: 17 79                                     15 ── 50 ──> 16 ──> 11
                  └ 17   └ RETURN, no poll for 3 s: 18        the lever is the point of no return
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.simulators.id003 import codes
from drivers.simulators.id003.codes import Reject, Status
from drivers.simulators.id003.unit import READY_S, Credit, Jam, Unit

ACCEPTS_S = 1.2  # from the mouth to escrow, past the sensors
LEVER_S = 0.6  # from escrow past the lever
FALLS_S = 0.4  # from the lever into the cassette: stacking takes about a second
RETURNS_S = 0.8  # back to the mouth
DECIDE_WITHIN_S = 10.0  # how long escrow waits for a decision, from 13 or from HOLD or WAIT on
POLL_SILENCE_S = 3.0  # a host that asks nothing for so long is gone: its note goes back
LAPSES_S = 0.3  # the armed fault: time for one status request
NEXT_NOTE_S = 0.5  # a shopper's hand
SECOND_NOTE_S = 2.0  # until the shopper takes the second note away
CHEATED_S = 3.0  # how long 48 is told


@dataclass(frozen=True, slots=True)
class Note:
    """`unfit`: what the sensors will find wrong with it."""

    value_minor: int
    unfit: Reject | None = None


class Mishap(Enum):
    """What can become of a note that is being stacked; the names are those of the faults."""

    CHEAT = "cheat"
    STUCK = "stuck"
    JAM_INSIDE = "jam_inside"
    CASSETTE_PULLED = "cassette_pulled"


class NoteWay:
    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._note: Note | None = None
        self._first_stacking = False  # STACK-1: the credit is told at the lever
        self._mishap: Mishap | None = None
        self._again_later = False
        self.in_hand: list[Note] = []
        unit.idle = self._next_from_hand
        unit.unplugged = self._forget

    @property
    def code(self) -> int:
        """The escrow code of the note on its way, 0 when there is none."""
        moving = self._unit.box.moving
        return codes.code_of(moving.value_minor) if moving else 0

    def _forget(self) -> None:
        self.in_hand.clear()
        self._note, self._mishap, self._again_later = None, None, False

    # In

    def insert(self, note: Note) -> None:
        """Called while the unit is idle: nothing is on its way."""
        unit = self._unit
        self._note, self._again_later = note, False
        unit.told.clear()
        unit.box.enter(note.value_minor, codes.CURRENCY)
        unit.save()
        if unit.cuts.at("entering"):
            unit.go(Status.ACCEPTING, moves_s=ACCEPTS_S / 2, then=unit.cut_power)
        elif unit.faults.strikes("jam"):
            unit.go(Status.ACCEPTING, moves_s=ACCEPTS_S / 2, then=self._jams)
        else:
            unit.go(Status.ACCEPTING, moves_s=ACCEPTS_S, then=self._recognised)

    def _next_from_hand(self) -> None:
        if self.in_hand:
            self._unit.go(Status.IDLE, moves_s=NEXT_NOTE_S, then=self._feed)

    def _feed(self) -> None:
        self.insert(self.in_hand.pop(0))

    def _jams(self) -> None:
        self._unit.jam = Jam.MOUTH
        self._unit.troubled()

    def _recognised(self) -> None:
        unit = self._unit
        if self._note is not None and self._note.unfit is not None:
            self._reject(self._note.unfit)
        elif unit.settings.inhibited:
            self._reject(Reject.INHIBIT)
        elif unit.settings.disables(self.code):
            self._reject(Reject.DENOMINATION)
        else:
            unit.box.escrow()
            unit.save()
            self._wait(Status.ESCROW, LAPSES_S if unit.faults.strikes("escrow_expiry") else DECIDE_WITHIN_S)

    def _reject(self, why: Reject) -> None:
        self._unit.go(Status.REJECTING, bytes([why]), moves_s=RETURNS_S, then=lambda: self._out(why))

    def _out(self, why: Reject) -> None:
        self._unit.hand_out(why)
        self._unit.settle()

    # Escrow

    def _wait(self, status: Status, within_s: float) -> None:
        data = bytes([self.code]) if status is Status.ESCROW else b""
        self._unit.go(status, data, waits_s=within_s, then=lambda: self._reject(Reject.INHIBIT))
        self.polled()

    def undecided(self) -> bool:
        return self._unit.status in (Status.ESCROW, Status.HOLDING)

    def polled(self) -> None:
        """The host is there."""
        if self.undecided():
            self._unit.watch(POLL_SILENCE_S, self.give_back)

    def hold(self) -> None:
        self._wait(Status.HOLDING, DECIDE_WITHIN_S)

    def wait(self) -> None:
        self._wait(self._unit.status, DECIDE_WITHIN_S)

    def give_back(self) -> None:
        self._unit.go(Status.RETURNING, moves_s=RETURNS_S, then=lambda: self._out(Reject.INHIBIT))

    def pulled(self) -> None:
        """The shopper drew the note out of the transport."""
        self._unit.hand_out(Reject.CONVEYING)
        if self._unit.status is Status.ACCEPTING:
            self._unit.go(Status.REJECTING, bytes([Reject.CONVEYING]), moves_s=RETURNS_S, then=self._unit.settle)

    def cheated(self) -> None:
        """Fished out on a string, or only tried."""
        if self._unit.box.moving is not None:
            self._unit.hand_out(Reject.CONVEYING)
        self._unit.go(Status.CHEATED, moves_s=CHEATED_S, then=self._unit.settle)

    # To the cassette

    def stack(self, *, first: bool) -> None:
        """STACK-1 (`first`) or STACK-2."""
        self._first_stacking = first
        stuck = self._unit.faults.value("stuck")
        met = [each for each in Mishap if each is not Mishap.STUCK and self._unit.faults.strikes(each.value)]
        self._mishap = met[0] if met else Mishap.STUCK if stuck is not None else None
        if self._unit.faults.strikes("second_note"):
            self._unit.go(Status.PAUSE, moves_s=SECOND_NOTE_S, then=self._to_the_lever)
        elif stuck == "before":
            self._unit.go(Status.STACKING)
        else:
            self._to_the_lever()

    def _to_the_lever(self) -> None:
        if self._mishap is Mishap.CHEAT:
            self._unit.go(Status.STACKING, moves_s=LEVER_S / 2, then=self.cheated)
        else:
            self._unit.go(Status.STACKING, moves_s=LEVER_S, then=self._past_the_lever)

    def _past_the_lever(self) -> None:
        unit = self._unit
        other = unit.faults.strikes("other_type")
        unit.box.pass_return()
        unit.credit = Credit(_other_than(self.code) if other else self.code, always_named=other)
        unit.save()
        if unit.cuts.at("stacking"):
            unit.cut_power()
        elif self._mishap is Mishap.STUCK:
            unit.go(Status.STACKING)
        elif self._mishap is Mishap.JAM_INSIDE:
            unit.jam = Jam.INSIDE
            unit.troubled()
        elif self._mishap is Mishap.CASSETTE_PULLED:
            unit.box.take_cassette()
            unit.troubled()
        else:
            unit.go(Status.VEND_VALID if self._first_stacking else Status.STACKING, moves_s=FALLS_S, then=self._falls)

    def _falls(self) -> None:
        unit = self._unit
        if not unit.box.cassette_in_place or unit.jam is Jam.INSIDE:
            unit.go(unit.status)  # it hangs there until the credit is acknowledged, then the trouble shows
            unit.troubled()
            return
        unit.box.stack()
        unit.save()
        if unit.cuts.at("stacked"):
            unit.cut_power()
        elif unit.status is Status.STACKED:
            unit.go(Status.STACKED, moves_s=READY_S, then=unit.finish)
        else:
            unit.go(Status.VEND_VALID)

    def acknowledged(self) -> None:
        """The host's 50 to 15."""
        unit = self._unit
        again = unit.faults.value("repeat_credit")
        if unit.credit is None or again == "":
            return  # it tells its credit once more
        if again is not None:
            unit.told.discard(Status.STACKED)
            self._again_later = True
        else:
            unit.credit.acknowledged = True
            if unit.box.moving is None:
                unit.credit = None
            unit.save()
            if unit.cuts.at("acknowledged"):
                unit.cut_power()
                return
        if unit.moving_on:
            unit.become(Status.STACKED)
        else:
            unit.go(Status.STACKED, moves_s=READY_S, then=unit.finish)

    def stacked_told(self) -> None:
        """16 was told: the armed fault tells the credit again."""
        if self._again_later:
            self._again_later = False
            if self._unit.moving_on and self._unit.box.moving is not None:
                self._unit.become(Status.VEND_VALID)
            else:
                self._unit.go(Status.VEND_VALID)


def _other_than(code: int) -> int:
    known = list(codes.NOTES)
    return known[(known.index(code) + 1) % len(known)]
