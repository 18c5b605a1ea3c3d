"""The way of a bill through the validator, each movement with its time.

    mouth ── 1.2 s ──> validated ──> escrow ── 154 01 ──> 0.6 s, past return ── 1.0 s ──> stacker, event (t, 0)
      ^                    │            │
      └──── rejected ──────┘            └── 154 00, or nobody decided for 10 s ──> mouth, event (0, 1)

After a power cut or reset the mechanics first clear the path: what was before the point of no return comes out with
event (0, 1), what was past it goes on into the stacker with event (t, 0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from drivers.simulators.cash_box import CashBox, Place
from drivers.simulators.cctalk.agenda import Appointment, Deed
from drivers.simulators.cctalk.peripheral import CURRENCY, MINOR

if TYPE_CHECKING:
    from drivers.simulators.cctalk.validator import BillValidator

VALIDATE_S = 1.2  # transport and measuring; makers give 1 to 2 s
REJECT_S = 0.8
RETURN_S = 0.8
PASS_S = 0.6  # from the decision to the point of no return
STACK_S = 1.0  # from there into the stacker
CLEAR_PATH_S = 1.5  # the motor's turn at power-up
ESCROW_S = 10.0  # the device's patience; the specification leaves it to the maker
SECOND_NOTE_S = 0.3

MASTER_INHIBIT, RETURNED, NOT_VALID, TRANSPORT, TYPE_INHIBITED = 0, 1, 2, 3, 4
JAM_UNSAFE, JAM_IN_STACKER, PULLED_BACK, STACKER_OK, REMOVED, INSERTED = 6, 7, 8, 10, 11, 12
FULL, STACKER_JAMMED, JAM_SAFE, STRING = 14, 15, 16, 18  # status codes, event (0, code)
NAMES = {MASTER_INHIBIT: "master inhibit", NOT_VALID: "not valid", TYPE_INHIBITED: "inhibited"}
NAMES |= {TRANSPORT: "no way in", STRING: "string"}

BILLS = {50: 1, 100: 2, 200: 3, 500: 4, 1000: 5, 2000: 6, 5000: 7}  # roubles -> bill type
UNNAMED_TYPE = 16  # a bill it knows and has no id for


class BillPath:
    """`word` is its state for people: dark, initialising, idle, validating, escrow, stacking, returning, jammed."""

    def __init__(self, unit: BillValidator, kept: dict[str, Any]) -> None:
        self._unit = unit
        self._rig = unit.rig
        self._box: CashBox = unit.box
        self.type: int = kept.get("type", 0)
        self.full: bool = kept.get("full", False)
        self.jammed: str = kept.get("jammed", "")  # "", "mouth" or "inside"
        self.word = "dark"
        self._kind = ""
        self._patience: Appointment | None = None
        self._movement: Appointment | None = None

    def kept(self) -> dict[str, Any]:
        return {"type": self.type, "full": self.full, "jammed": self.jammed}

    # Power

    def interrupted(self) -> None:
        """Power or program gone: everything stands where it is."""
        self.word, self._patience, self._movement = "dark", None, None

    def _next(self, seconds: float, deed: Deed) -> None:
        """One movement at a time: a new one takes the place of the one before."""
        self._halt()
        self._movement = self._unit.later(seconds, deed)

    def _halt(self) -> None:
        for appointment in (self._movement, self._patience):
            if appointment is not None:
                appointment.cancel()
        self._movement = self._patience = None

    def boot(self) -> None:
        self.word = "initialising"
        self._next(CLEAR_PATH_S, self._clear_path)

    def _clear_path(self) -> None:
        if not self._box.cassette_in_place:
            self._unit.events.add(0, REMOVED)
        elif self.full:
            self._unit.events.add(0, FULL)
        if self.jammed:
            self._tell_jam()
        elif self._box.place is Place.PAST_RETURN:
            self._go_on_inwards()
        elif self._box.moving is not None:
            self._out_of_the_mouth()
        else:
            self.word = "idle"

    def _out_of_the_mouth(self) -> None:
        if self._box.place is Place.ESCROW:
            self._box.give_back()
        else:
            self._box.reject("power-up")
            self._unit.rejected += 1
        self._at_rest(RETURNED)

    # The shopper

    def refusal_at_mouth(self) -> str:
        """Why the slot is shut; "" when it is open."""
        if not self._unit.ready:
            return "it has no power" if not self._rig.powered else "it is starting"
        if self.jammed:
            return "a bill is jammed"
        if self.full or not self._box.cassette_in_place:
            return "the cassette is full" if self.full else "there is no cassette"
        if self.word != "idle":
            return "another bill is inside" if self._box.moving is not None else "it is starting"
        if not self._unit.master or not self._unit.mask:
            return "it does not accept"
        return ""

    def insert(self, kind: str) -> None:
        """`kind`: a value in roubles, "forgery" or "unknown" (a bill it knows and has no id for)."""
        self._box.enter(int(kind) * MINOR if kind.isdecimal() else 0, CURRENCY)
        self._kind = kind
        self.type = UNNAMED_TYPE if kind == "unknown" else BILLS.get(int(kind), 0) if kind.isdecimal() else 0
        self._unit.inserted += 1
        self.word = "validating"
        self._rig.save()
        self._next(VALIDATE_S / 2, self._half_in)

    def pull(self) -> bool:
        """Only a bill that is still in the transport can be pulled out again."""
        if self._box.place is not Place.TRANSPORT or self.jammed:
            return False
        self._halt()
        self._box.reject("pulled back")
        self._unit.rejected += 1
        if self._unit.ready:
            self._at_rest(PULLED_BACK)
        self._rig.save()
        return True

    def _half_in(self) -> None:
        if self._rig.arrow("entering"):
            return
        if self._rig.traps.strikes("jam", "validator"):
            self.jam()
            return
        self._next(VALIDATE_S / 2, self._validated)

    def _validated(self) -> None:
        unit = self._unit
        if self._rig.traps.strikes("cheat"):
            unit.frauds += 1
            self._turn_away(STRING)
        elif not self.type:
            self._turn_away(NOT_VALID)
        elif not unit.master:
            self._turn_away(MASTER_INHIBIT)
        elif not unit.accepts(self.type):
            self._turn_away(TYPE_INHIBITED)
        elif unit.mode & 0x02:
            self._into_escrow()
        elif self.full or not self._box.cassette_in_place:
            self._turn_away(TRANSPORT)
        else:
            self.stack()

    def _turn_away(self, code: int) -> None:
        self.word = "rejecting"

        def out() -> None:
            self._box.reject(NAMES[code])
            self._unit.rejected += 1
            self._at_rest(code)

        self._next(REJECT_S, out)

    # Escrow

    def _into_escrow(self) -> None:
        self.word = "escrow"
        self._box.escrow()
        self._rig.save()
        self._unit.events.add(self._named(), 1)
        if self._rig.arrow("escrowed"):
            return
        if self._rig.traps.strikes("second_note"):
            self._unit.later(SECOND_NOTE_S, self._second_note)
        at_once = self._rig.traps.strikes("escrow_expiry")
        self._patience = self._unit.later(0 if at_once else ESCROW_S, self.give_back, timer=True)

    def _named(self) -> int:
        """The type that escrow is told to be of."""
        other = self._rig.traps.due("other_type", lambda value: True)
        if other is None:
            return self.type
        return int(other) if other.isdecimal() and 0 < int(other) < 256 else self.type % len(BILLS) + 1

    def _second_note(self) -> None:
        if self.word == "escrow":
            self._unit.events.add(0, TRANSPORT)
            self.give_back()

    def hold(self) -> None:
        """The patience begins anew."""
        if self._patience is not None:
            self._patience.cancel()
        self._patience = self._unit.later(ESCROW_S, self.give_back, timer=True)

    def give_back(self) -> None:
        if self.word != "escrow":
            return
        self.word = "returning"

        def out() -> None:
            self._box.give_back()
            self._at_rest(RETURNED)

        self._next(RETURN_S, out)

    def stack(self) -> None:
        self.word = "stacking"
        self._next(PASS_S, self._past_return)

    # Inwards

    def _past_return(self) -> None:
        traps = self._rig.traps
        self._box.pass_return()
        self._rig.save()
        if self._rig.arrow("stacking"):
            return
        if traps.strikes("stuck"):
            self.word = "stuck"
        elif traps.strikes("jam_inside"):
            self.jam()
        elif self._box.cassette_in_place and traps.strikes("cassette_pulled"):
            self.cassette_out()
        else:
            self._go_on_inwards()

    def _go_on_inwards(self) -> None:
        if self._box.cassette_in_place and not self.full:
            self.word = "stacking"
            self._next(STACK_S, self._stacked)
        else:
            self.word = "waiting"

    def _stacked(self) -> None:
        told = self.type
        self._box.stack()
        self._unit.accepted += 1
        self.word, self.type = "idle", 0
        self._rig.save()
        if self._rig.arrow("stacked"):
            return
        self._unit.credit(told)

    def _at_rest(self, code: int) -> None:
        self.word, self.type = "idle", 0
        self._unit.events.add(0, code)
        self._rig.save()

    # Troubles

    def jam(self) -> None:
        """Whatever moves stands still; with nothing moving it is the stacker that jams."""
        self._halt()
        past = self._box.moving is None or self._box.place is Place.PAST_RETURN
        self.jammed = "inside" if past else "mouth"
        if self._unit.ready:
            self._tell_jam()
        self._rig.save()

    def _tell_jam(self) -> None:
        self.word = "jammed"
        codes = {Place.TRANSPORT: JAM_UNSAFE, Place.ESCROW: JAM_SAFE, Place.PAST_RETURN: JAM_IN_STACKER}
        self._unit.events.add(0, codes[self._box.place] if self._box.place else STACKER_JAMMED)

    def clear(self) -> None:
        """A person opens the unit: a bill before the point of no return is handed back, one past it goes on in."""
        was, self.jammed = self.jammed, ""
        if was and self._unit.ready and self.word == "jammed":
            if was == "inside":
                self._unit.events.add(0, STACKER_OK)
            if self._box.place is Place.PAST_RETURN:
                self._go_on_inwards()
            elif self._box.moving is not None:
                self._out_of_the_mouth()
            else:
                self.word = "idle"
        self._rig.save()

    def cassette_out(self) -> None:
        self._box.take_cassette()
        self.full = False
        if self.word == "stacking" and self._box.place is Place.PAST_RETURN:
            self._halt()
            self.word = "waiting"
        if self._unit.ready:
            self._unit.events.add(0, REMOVED)
        self._rig.save()

    def cassette_in(self) -> None:
        self._box.put_cassette()
        if self._unit.ready:
            self._unit.events.add(0, INSERTED)
        if self.word == "waiting":
            self._go_on_inwards()
        self._rig.save()

    def fill_up(self) -> None:
        self.full = True
        if self._unit.ready:
            self._unit.events.add(0, FULL)
        self._rig.save()
