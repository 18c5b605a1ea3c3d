"""The way of a note through the validator, each stretch taking its time, and what can go wrong on it.

    mouth ─ READING ─ ESCROW ─ poll ─ RELEASED ─ STACKING ─ SETTLING ─ gone
               └────────┴── REJECTING ── mouth

A poll that finds the note in escrow tells it; the next poll lets it go on, unless HOLD came in between. HOLD and the
arrival start a timer of 10 s, after which the note is given back with reject code 13h.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from drivers.simulators.cash_box import CashBox, Place
from drivers.simulators.ssp.housing import Housing
from drivers.simulators.ssp.reports import CURRENCY, Event, Report, Reports

READ_S = 1.2  # drawn in and looked at from end to end
RELEASE_S = 0.3  # from the decision until the shopper cannot reach it
STACK_S = 1.0  # from there into the cassette or the store
SETTLE_S = 0.3  # the credit is told first, "stacked" when the stacker has gone back
REJECT_S = 0.8
ESCROW_S = 10.0  # the protocol's own timer
STORE_HOLDS = 80  # notes a SMART Payout stores; what comes then goes to the cassette

REJECT_UNREADABLE, REJECT_SECOND, REJECT_BY_HOST, REJECT_INHIBITED = 0x04, 0x07, 0x08, 0x0C
REJECT_PULLED, REJECT_UNKNOWN, REJECT_TIMEOUT, REJECT_CANNOT_STACK = 0x0E, 0x11, 0x13, 0x1D


class Stretch(Enum):
    IDLE = "idle"
    READING = "reading"
    ESCROW = "escrow"
    RELEASED = "released"
    STACKING = "stacking"
    SETTLING = "settling"
    REJECTING = "rejecting"


_TOLD = {Stretch.RELEASED: Event.STACKING, Stretch.STACKING: Event.STACKING, Stretch.REJECTING: Event.REJECTING}


class NotePath:
    """One note at a time. `enabled(channel)`, `stores(channel)` and `stored(channel)` are asked of the validator."""

    def __init__(
        self, housing: Housing, kept: Mapping[str, Any], *, box: CashBox, reports: Reports, channels: tuple[int, ...]
    ) -> None:
        self._housing = housing
        self._box = box
        self._reports = reports
        self._channels = channels
        self.channel: int = kept.get("channel", 0)
        self.to_store: bool = kept.get("to_store", False)
        self.jam: str = kept.get("jam", "")  # "unsafe", "inside"
        self.counters: dict[str, int] = {
            name: kept.get("counters", {}).get(name, 0)
            for name in ("stacked", "stored", "dispensed", "store_to_stacker", "rejected")
        }
        self.last_reject = 0
        self.enabled: Callable[[int], bool] = lambda channel: False
        self.stores: Callable[[int], bool] = lambda channel: False
        self.stored: Callable[[int], None] = lambda value: None
        self.idle: Callable[[], None] = lambda: None
        self.tells_values: Callable[[], bool] = lambda: False  # a payout at power-up tells CA and CB, others E2
        self._forget()

    def state(self) -> dict[str, Any]:
        return {"channel": self.channel, "to_store": self.to_store, "jam": self.jam, "counters": dict(self.counters)}

    def _forget(self) -> None:
        self.stretch = Stretch.IDLE
        self._untold: Event | None = None
        self._shown = False
        self._held = False
        self._escrow_round = 0

    # In

    def enter(self, value_minor: int, doubt: int = 0) -> None:
        """A note is drawn in; `doubt` is the code it will be rejected with, 0 for a good one."""
        self._box.enter(value_minor, CURRENCY)
        self.channel = self._channels.index(value_minor) + 1 if value_minor in self._channels else 0
        self.to_store = False
        self._go(Stretch.READING)
        self._housing.save()
        half = self._housing.pace(READ_S / 2)

        def halfway() -> None:
            self._housing.arrow("entering")
            self._housing.timers.after(half, self, lambda: self._read(doubt))

        self._housing.timers.after(half, self, halfway)

    def _read(self, doubt: int) -> None:
        if self._housing.faults.strikes("jam"):
            self.jam_here("unsafe")
            return
        if self._housing.faults.strikes("second_note"):
            doubt = REJECT_SECOND
        if not doubt and not self.channel:
            doubt = REJECT_UNKNOWN
        if not doubt and not self.enabled(self.channel):
            doubt = REJECT_INHIBITED
        if doubt:
            self.reject(doubt)
            return
        self._box.escrow()
        self._go(Stretch.ESCROW)
        self._housing.save()
        self._start_escrow_timer()

    # In escrow

    def _start_escrow_timer(self) -> None:
        self._escrow_round += 1
        this_round = self._escrow_round

        def lapse() -> None:
            if self.stretch is Stretch.ESCROW and self._escrow_round == this_round and not self.jam:
                self.reject(REJECT_TIMEOUT)

        self._housing.timers.after(ESCROW_S, self, lapse)

    def hold(self) -> bool:
        """HOLD: the next poll does not let the note go on. False when there is no note in escrow."""
        if self.stretch is not Stretch.ESCROW:
            return False
        self._held = not self._housing.faults.strikes("poll_releases")
        self._start_escrow_timer()
        return True

    def polled(self) -> None:
        """A poll arrived. If the one before told the note and no HOLD came since, the note goes on."""
        if self.stretch is not Stretch.ESCROW or self.jam:
            return
        if self._shown and not self._held:
            self._housing.arrow("stack_asked")
            self.to_store = self.stores(self.channel)
            self._go(Stretch.RELEASED)
            self._housing.timers.after(self._housing.pace(RELEASE_S), self, self._pass_return)
        self._held = False

    def standing(self) -> list[Report]:
        """The state of the note for the answer to a poll."""
        if self.jam:
            return [Report(Event.UNSAFE_JAM if self.jam == "unsafe" else Event.SAFE_JAM)]
        if self.stretch is Stretch.READING:
            return [Report(Event.READ, 0)]
        if self.stretch is Stretch.ESCROW:
            return [Report(Event.READ, self.channel)]
        self._untold = None
        return [Report(_TOLD[self.stretch])] if self.stretch in _TOLD else []

    def after_poll(self, after_reply: Callable[[Callable[[], None]], None]) -> None:
        """The answer leaves: has it told the note in escrow for the first time?"""
        if self.stretch is not Stretch.ESCROW or self.jam or self._shown:
            return
        self._shown = True
        if self._housing.faults.strikes("escrow_expiry"):
            after_reply(self._expire)
        after_reply(lambda: self._housing.arrow("escrowed"))

    def _expire(self) -> None:
        if self.stretch is Stretch.ESCROW:
            self.reject(REJECT_TIMEOUT)

    # Out again

    def reject(self, code: int) -> None:
        self.last_reject = code
        self._go(Stretch.REJECTING)

        def out() -> None:
            self._put_out(f"{code:02X}")
            self._done(Event.REJECTED)

        self._housing.timers.after(self._housing.pace(REJECT_S), self, out)

    def pull(self) -> bool:
        """The shopper pulls. False when the note is held too fast or is not there any more."""
        if self._box.place is not Place.TRANSPORT:
            return False
        self._housing.timers.drop(self)
        self.jam = ""
        self.last_reject = REJECT_PULLED
        self._put_out("pulled")
        self._done(Event.REJECTED)
        return True

    def _put_out(self, reason: str) -> None:
        if self._box.place is Place.ESCROW:
            self._box.give_back()
        else:
            self._box.reject(reason)
        self.counters["rejected"] += 1

    # On into the box

    def _pass_return(self) -> None:
        self._box.pass_return()
        self._go(Stretch.STACKING)
        self._housing.save()
        self._housing.arrow("stacking")
        if self._housing.faults.strikes("stuck"):
            return
        if self._housing.faults.strikes("jam_inside"):
            self.jam_here("inside")
            return
        if self._housing.faults.strikes("cassette_pulled") and self._box.cassette_in_place:
            self._box.take_cassette()
        self._housing.timers.after(self._housing.pace(STACK_S), self, self._fall)

    def cassette_back(self) -> None:
        """A note that waited for the cassette goes on."""
        if self.stretch is Stretch.STACKING and not self.jam:
            self._housing.timers.drop(self)
            self._housing.timers.after(self._housing.pace(STACK_S), self, self._fall)

    def _fall(self) -> None:
        if not self.to_store and not self._box.cassette_in_place:
            return  # until the cassette is back
        self._stack()
        named = self.channel
        if self._housing.faults.strikes("other_type"):
            named = self.channel % len(self._channels) + 1
        self._reports.post(Event.CREDIT, channel=named)
        self._go(Stretch.SETTLING)
        if self._housing.faults.strikes("cheat"):
            self._reports.post(Event.FRAUD, channel=named, value_minor=self._channels[named - 1])
        self._housing.save()
        self._housing.arrow("stacked")
        end = Event.STORED if self.to_store else Event.STACKED
        self._housing.timers.after(self._housing.pace(SETTLE_S), self, lambda: self._done(end))

    def _stack(self) -> None:
        piece = self._box.stack()
        counter = "stored" if self.to_store else "stacked"
        self.wrap_counter()
        self.counters[counter] = (self.counters[counter] + 1) & 0xFFFFFFFF
        if self.to_store:
            self._box.cassette.pop()
            self.stored(piece.value_minor)

    def wrap_counter(self) -> None:
        """The fault that puts the counter of stacked notes somewhere else."""
        stands_at = self._housing.faults.value("counter_wrap")
        if stands_at is not None:
            self.counters["stacked"] = int(stands_at or 0xFFFFFFFF) & 0xFFFFFFFF

    # Jams and power

    def jam_here(self, kind: str) -> None:
        self._housing.timers.drop(self)
        self.jam = kind
        if self._box.moving is None:
            self._go(Stretch.IDLE)  # what had just fallen into the box is in it
        self._housing.save()

    def clear(self, *, moves: bool) -> None:
        """Somebody freed the path: a note that could still go back does, one past return goes on.

        Not `moves`: there is no power, the next power-up finds the note.
        """
        self.jam = ""
        self._housing.timers.drop(self)
        if moves:
            self._go_on()
        self._housing.save()

    def _go_on(self) -> None:
        if self._box.place in (Place.TRANSPORT, Place.ESCROW):
            self.reject(REJECT_CANNOT_STACK)
        elif self._box.place is Place.PAST_RETURN:
            self._go(Stretch.STACKING)
            self._housing.timers.after(self._housing.pace(STACK_S), self, self._fall)
        else:
            self.idle()

    def power_lost(self) -> None:
        self._housing.timers.drop(self)
        self._forget()

    def found_at_power_up(self) -> None:
        """What lay on the way is cleared: to the front, or into the box; nothing moves while the path is jammed."""
        if self._box.moving is None or self.jam:
            return
        if self._box.place is Place.PAST_RETURN:
            if not self.to_store and not self._box.cassette_in_place:
                self.stretch = Stretch.STACKING
                return
            value = self._box.moving.value_minor
            self._stack()
            if not self.tells_values():
                self._reports.post(Event.CLEARED_TO_CASHBOX, channel=self.channel)
            elif self.to_store:
                self._reports.post(Event.PAID_INTO_STORE_AT_POWER_UP, value_minor=value)
            else:
                self._reports.post(Event.PAID_INTO_STACKER_AT_POWER_UP, value_minor=value)
        else:
            known = self.channel if self._box.place is Place.ESCROW else 0
            self._put_out("power_up")
            self._reports.post(Event.CLEARED_FROM_FRONT, channel=known)

    def _go(self, stretch: Stretch) -> None:
        """A state that no poll saw is told with the events that follow it."""
        if self._untold is not None and _TOLD.get(stretch) is not self._untold:
            self._reports.post(self._untold)
            self._untold = None
        if stretch in _TOLD and _TOLD.get(self.stretch) is not _TOLD[stretch]:
            self._untold = _TOLD[stretch]
        self.stretch = stretch
        if stretch is Stretch.ESCROW:
            self._shown = self._held = False

    def _done(self, event: Event) -> None:
        self._go(Stretch.IDLE)
        self._reports.post(event)
        self._housing.save()
        self.idle()
