"""The validator's registers and its course from power-up to rest: what is kept, what is lost, which event waits.

                 power            RESET                        mask set            note
    OFF ── 1 s ──────> 10 11 12 ────────> 13 ── 3 s ──> 19 <──────────────> 14 ──────────> (path.py)
                                          ^ cassette back ── 42     any trouble: 41 42 43 44 47 instead of 19 and 14

Time is not waited for: each state knows when it ends and what comes then, and `advance` takes the unit to any moment.
A note found inside by a RESET goes its way during 13: back to the shopper from this side of the point of no return
(11), into the cassette and reported as 81 from the other (12).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from drivers.simulators.cash_box import CashBox, Place
from drivers.simulators.ccnet import notes, phases
from drivers.simulators.ccnet.faults import Traps
from drivers.simulators.ccnet.notes import Identity, Paper
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.world import Ledger, Memory

Event = tuple[int, ...]  # (81, type), (82, type), (45,) ...
COUNTER_SIZE = 1 << 16
CAPACITY = 1500  # notes
LATCHES = ("on", "off", "kept")
NO_MASK = bytes(3)


class Unit:
    """All of the validator that is not bytes on a line. Every method takes the moment it happens at, in seconds."""

    def __init__(self, *, ledger: Ledger, memory: Memory, rng: random.Random, traps: Traps, instant: bool) -> None:
        kept = memory.load()
        self._memory = memory
        self.traps = traps
        self.instant = instant
        self.box = CashBox(ledger, "validator", kept.get("box"))
        self.identity = Identity.drawn(rng, kept.get("identity", {}))
        self.counter: int = kept.get("counter", 0)
        self.latch: str = kept.get("latch", "on")
        self.article_6: bool = kept.get("article_6", False)
        self.trouble = Phase(kept["trouble"]) if kept.get("trouble") else None  # its cause, not what POLL shows
        self.failure_code: int = kept.get("failure_code", 0x50)
        self.credit: Event = tuple(kept.get("credit", ()))  # what will be said when the note on its way is stacked
        self.jams_inside: bool = kept.get("jams_inside", False)
        self.events: list[Event] = [tuple(event) for event in kept.get("events", [])]
        self.paper: Paper | None = None
        self.queue: list[Paper] = []
        self._hand_since: float | None = None
        self._open = False
        self.until: float | None = None
        self._then: Callable[[float], None] | None = None
        self.phase = Phase.OFF
        self.hurried = 0  # commands that came less than 10 ms after the host's acknowledgement
        self.crowded = 0  # polls less than 100 ms apart
        self._forget()
        self.boot(0.0)

    # Time

    def go(
        self, phase: Phase, at: float, for_s: float | None = None, then: Callable[[float], None] | None = None
    ) -> None:
        """Into a state: until it is left from outside, or for so long and then on. Timers of the specification pass
        their time here; mechanics go through `work`."""
        self.phase = phase
        self.until = None if for_s is None else at + for_s
        self._then = then

    def work(self, phase: Phase, at: float, for_s: float, then: Callable[[float], None]) -> None:
        """Like `go`, for motors: no time at all in `instant`."""
        self.go(phase, at, 0.0 if self.instant else for_s, then)

    @property
    def next_change_at(self) -> float | None:
        moments = [moment for moment in (self.until, self._hand_at()) if moment is not None]
        return min(moments, default=None)

    def advance(self, now: float) -> None:
        """Let everything happen that was due until `now`, in its order."""
        self._watch_the_mouth(now)
        while True:
            due = self.next_change_at
            if due is None or due > now:
                return
            if self.until is not None and self.until <= due:
                then, self.until, self._then = self._then, None, None
                if then is not None:
                    then(due)
            else:
                self._hand(due)
            self._watch_the_mouth(due)

    # A shopper with several notes

    @property
    def mouth_open(self) -> bool:
        return self.phase is Phase.IDLING and not self.events and self.box.moving is None

    def _watch_the_mouth(self, now: float) -> None:
        if not self.queue:
            self._hand_since = None
        elif self._hand_since is None or self._open != self.mouth_open:
            self._hand_since, self._open = now, self.mouth_open

    def _hand_at(self) -> float | None:
        if self._hand_since is None:
            return None
        pace = 0.0 if self.instant else phases.HAND_S
        return self._hand_since + (pace if self._open else phases.PATIENCE_S)

    def _hand(self, at: float) -> None:
        self._hand_since = None
        if not self.mouth_open:
            self.queue.clear()
            return
        self.enter(self.queue.pop(0), at)

    def enter(self, paper: Paper, at: float) -> None:
        """Set by path.py, which knows what happens to a note: `Unit` only knows that there may be a next one."""
        raise AssertionError("a unit without its path takes no note")

    # Memory and power

    def save(self) -> None:
        self._memory.save(
            {
                "box": self.box.state(),
                "identity": self.identity.state(),
                "counter": self.counter,
                "latch": self.latch,
                "article_6": self.article_6,
                "trouble": self.trouble.value if self.trouble else None,
                "failure_code": self.failure_code,
                "credit": list(self.credit),
                "jams_inside": self.jams_inside,
                "events": [list(event) for event in self.events] if self.latch == "kept" else [],
            }
        )

    def _forget(self) -> None:
        """What is volatile."""
        self.enabled = self.escrowing = self.security = NO_MASK
        self.options = bytes(4)
        self.escrow_ms = phases.ESCROW_MS
        self.busy_until = 0.0
        self.again: Event | None = None
        self.paper = None
        if self.latch != "kept":
            self.events.clear()

    def power_off(self, at: float, dark_s: float) -> None:
        """What is volatile is lost, paper stays where it is."""
        self._forget()
        if math.isinf(dark_s):
            self.go(Phase.OFF, at)
        else:
            self.work(Phase.OFF, at, dark_s, self.boot)

    def boot(self, at: float) -> None:
        self.go(Phase.POWER_UP, at)

    def starts_anew(self, at: float) -> None:
        """A reset of its own, without darkness."""
        self._forget()
        self.boot(at)

    def cut_at(self, arrow: str, at: float) -> bool:
        """A power cut or a reset of its own armed for this arrow happens now: whoever asked stops there."""
        if self.traps.meets("power_cut", arrow) is not None:
            self.power_off(at, phases.BOOT_S)
            return True
        if self.traps.meets("reset_in_session", arrow) is not None:
            self.starts_anew(at)
            return True
        return False

    # RESET, INITIALIZE, rest

    def reset(self, at: float) -> None:
        """What RESET does, and the return of the cassette: everything off, then 13."""
        self.enabled = self.escrowing = self.security = NO_MASK
        self.busy_until = 0.0
        self.work(Phase.INITIALIZE, at, phases.SETTLE_S, self._settle)

    def _settle(self, at: float) -> None:
        """A note inside goes its way, if the way is free."""
        blocked = self.trouble in (Phase.VALIDATOR_JAM, Phase.CASSETTE_JAM)
        if self.box.moving is not None and not blocked:
            if self.box.place is Place.PAST_RETURN:
                if self.box.cassette_in_place and self.into_cassette(at):
                    return
            elif self.box.place is Place.ESCROW:
                self.box.give_back()
            else:
                self.box.reject("reset")
        self.save()
        self.work(Phase.INITIALIZE, at, phases.INITIALIZE_S, self.rest)

    def into_cassette(self, at: float) -> bool:
        """The note on its way falls into the cassette. True: the power went at that moment."""
        self.box.stack()
        credit, self.credit = self.credit, ()
        if credit and credit[0] == phases.STACKED:  # what Article 6 holds back is not counted as a stacked bill
            self.counter = (self.counter + 1) % COUNTER_SIZE
        if len(self.box.cassette) >= CAPACITY and self.trouble is None:
            self.trouble = Phase.CASSETTE_FULL
        if credit:
            self.events.append(credit)
        self.save()
        return self.cut_at("stacked", at)

    def rest(self, at: float) -> None:
        """Nothing is on its way: what the unit does now."""
        self.paper = None
        if not self.box.cassette_in_place:
            self.go(Phase.CASSETTE_OUT, at)
        elif self.trouble is not None:
            self.go(self.trouble, at)
        else:
            self.go(Phase.IDLING if notes.bits(self.enabled) else Phase.DISABLED, at)

    def in_trouble(self, trouble: Phase, at: float) -> None:
        """It stops where it is; the cause outlives power and RESET until somebody removes it."""
        self.trouble = trouble
        self.save()
        self.go(trouble, at)

    def masks_set(self, at: float) -> None:
        """ENABLE BILL TYPES: a note on its way still comes to its end."""
        if self.phase in phases.RESTING:
            self.rest(at)

    # What POLL says

    def shown(self, at: float) -> Event:
        if self.phase is Phase.POWER_UP:
            owed = any(event[0] == phases.STACKED for event in self.events)
            if self.box.place is Place.PAST_RETURN or owed:
                return (phases.NOTE_IN_STACKER,)
            return (phases.NOTE_IN_UNIT if self.box.moving is not None else Phase.POWER_UP.value,)
        if self.phase is Phase.INITIALIZE:
            return (Phase.INITIALIZE.value,)
        if self.busy_until > at:
            return (phases.BUSY, max(1, math.ceil((self.busy_until - at) * 10 - 1e-6)))
        if self.events:
            return self.events[0]
        match self.phase:
            case Phase.ESCROW:
                return (Phase.ESCROW.value, self.credit[1] if self.said_type is None else self.said_type)
            case Phase.REJECTING:
                return (Phase.REJECTING.value, self.rejected_for)
            case Phase.FAILURE:
                return (Phase.FAILURE.value, self.failure_code)
            case phase:
                return (phase.value,)

    said_type: int | None = None  # the type escrow names, where it is not the true one
    rejected_for: int = 0

    def acknowledged(self, event: Event, at: float) -> None:
        """The host has seen the oldest event, or, without a latch, it has been said once."""
        if not self.events or self.events[0] != event:
            return
        repeats = self.traps.value("repeat_credit") if event[0] == phases.STACKED else None
        if repeats is None:
            self.events.pop(0)
        elif repeats == "later":
            self.again = self.events.pop(0)
        self.save()

    def polled(self, said: Event, at: float) -> None:
        """A state was told: an event that is to come back does so after the next state that is none."""
        if self.again is not None and said != self.again:
            self.events.append(self.again)
            self.again = None
