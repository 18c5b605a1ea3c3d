"""A ccTalk hopper: pays coins out once, and finds out afterwards what it really paid.

    163 test, 164 A5 enable, 242 serial number, 166 and 168 counters ── PayoutMeant ──> 167 serial, coins
    167 is never repeated; 166 until nothing remains ──> PaidOut

Only the serial-number mode of 167: hoppers that want a cipher key are answered by a secret of their maker.
Source: Suzohapp Flow / 18-ccTalk hopper manual.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress

from drivers.cash_devices.cctalk.bus import PERIOD_S, Bus
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import HOPPER_KEY, Header
from drivers.cash_devices.cctalk.identity import name_of, serial_of
from drivers.cash_devices.cctalk.payout import NO_LIFE, Baseline, Status, Verdict, judge
from drivers.cash_devices.cctalk.presence import Presence
from drivers.cash_devices.contract import (
    Denomination,
    Found,
    PaidOut,
    Pay,
    Paying,
    PayoutMeant,
    Remembered,
    Trouble,
    Unit,
    Well,
)
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue, Tell

MOST_COINS = 255  # the count of 167 is one byte
# A counter that has not moved is believed after it was read so often, a beat apart: an answer may be a late one.
UNMOVED_READINGS = 5
# A coin takes a second at most, and a hopper gives up by itself within tens of seconds.
STUCK_S = 60.0
LOOK_EVERY_S = 1.0
DISABLED = 0x80
BEGINNINGS = 3  # nothing was asked to be paid yet: the questions before it may be asked anew
BOOTS_S = 1.0


class Hopper(Presence):
    def __init__(
        self, name: str, bus: Bus, station: Station, coin: Denomination, remembered: Remembered | None
    ) -> None:
        super().__init__(name, bus, station)
        self._coin = coin
        self._serial = remembered.unit.serial if remembered else ""
        self._meant = remembered.payout if remembered else None
        self._accepted = False
        self._recovered = True  # the open payout is not from the normal course of this conversation
        self._queue: deque[Pay] = deque()
        self._beginnings = 0
        self._unmoved = 0
        self._paid = 0
        self._paid_at = 0.0
        self._look_next = 0.0
        self._trouble = ""

    @property
    def at_rest(self) -> bool:
        return (self._meant is None and not self._queue) if self.ready else self.silent

    def pay(self, wish: Pay) -> None:
        self._queue.append(wish)

    def reset(self) -> Dialogue[None]:
        """Begin anew; never while it pays, its counter is the evidence."""
        if self.ready and self._meant is None:
            with suppress(Unanswered, Garbled, Refused):  # whatever it did: it is prepared anew
                yield from self.bus.ask(self.station, Header.RESET)
            yield from self.bus.wait(BOOTS_S)
            self.ready = False

    def beat(self) -> Dialogue[None]:
        yield from super().beat()
        if not self.ready and self.silent:
            while self._queue:
                yield from self._nothing_paid(self._queue.popleft(), "cctalk.silent")

    def work(self) -> Dialogue[None]:
        if self._meant is not None:
            yield from self._follow(self._meant)
            self.heard()
        elif self._queue:
            yield from self._begin(self._queue.popleft())
            self.heard()
        elif self.bus.now_s >= self._look_next or self.missed:
            yield from self.bus.ask(self.station, Header.SIMPLE_POLL, tries=1)
            self._look_next = self.bus.now_s + LOOK_EVERY_S
            self.heard()

    def gone(self) -> Dialogue[None]:
        yield from self._in_trouble("cctalk.silent")

    # Its beginning

    def prepare(self) -> Dialogue[None]:
        """Settles what was left open, then is found."""
        serial = yield from serial_of(self.bus, self.station, self._serial)
        title = yield from name_of(self.bus, self.station)
        if self._meant is not None:
            if serial != self._serial:
                yield from self._end(self._meant, Verdict(0, False), "cctalk.hopper.other")
            else:
                self._paid_at, self._unmoved = 0.0, 0
                waited_s = 0.0
                while self._meant is not None:
                    yield from self._follow(self._meant, waited_s)
                    yield from self.bus.wait(PERIOD_S)
                    waited_s += PERIOD_S
        self._serial = serial
        yield Tell(Found(Unit(self.name, serial, title, gives=(self._coin,))))
        self.ready = True
        self._look_next = self.bus.now_s + LOOK_EVERY_S
        self.heard()
        if self._trouble:
            self._trouble = ""
            yield Tell(Well(self.name))

    # A payout

    def _begin(self, wish: Pay) -> Dialogue[None]:
        coins, rest = divmod(wish.amount_minor, self._coin.value_minor)
        if rest or coins < 1:
            yield from self._nothing_paid(wish, "cctalk.hopper.not_exact")
            return
        if coins > MOST_COINS:
            yield from self._nothing_paid(wish, "cctalk.hopper.too_many")
            return
        try:
            refusal = yield from self._enable()
            status = yield from self._status()
            life = yield from self._life()
        except Refused:
            yield from self._nothing_paid(wish, "cctalk.hopper.refused")
            return
        except (Unanswered, Garbled):
            self._beginnings += 1
            if self._beginnings < BEGINNINGS:
                self._queue.appendleft(wish)
                raise
            self._beginnings = 0
            yield from self._nothing_paid(wish, "cctalk.silent")
            return
        self._beginnings = 0
        if refusal or status.remaining:
            yield from self._nothing_paid(wish, refusal or "cctalk.hopper.busy")
            return
        base = Baseline(coins, self._coin.value_minor, status, life)
        meant = PayoutMeant(self.name, wish.key, wish.amount_minor, base.kept())
        yield Tell(meant)
        self._meant, self._recovered, self._accepted, self._unmoved, self._paid = meant, False, False, 0, 0
        self._paid_at = self.bus.now_s
        data = int(self._serial or "0").to_bytes(3, "little") + bytes([coins])
        # Once, and never again: whether it was heard is asked of the counter.
        reply = yield from self.bus.once(self.station, Header.DISPENSE, data, {0, 1})
        self._accepted = reply is True

    def _enable(self) -> Dialogue[str]:
        """Why it cannot pay, or ""."""
        yield from self.bus.ask(self.station, Header.TEST_HOPPER, lengths=range(1, 9))
        yield from self.bus.ask(self.station, Header.ENABLE_HOPPER, bytes([HOPPER_KEY]))
        flags = yield from self.bus.ask(self.station, Header.TEST_HOPPER, lengths=range(1, 9))
        if flags[0] & DISABLED:
            return "cctalk.hopper.disabled"
        serial = yield from serial_of(self.bus, self.station, self._serial)
        return "" if serial and serial == self._serial else "cctalk.hopper.other"

    def _status(self, tries: int = 3) -> Dialogue[Status]:
        return Status.read((yield from self.bus.ask(self.station, Header.HOPPER_STATUS, lengths={4}, tries=tries)))

    def _life(self) -> Dialogue[int]:
        data = yield from self.bus.optional(self.station, Header.DISPENSE_COUNT, lengths={3})
        return int.from_bytes(data, "little") if data else NO_LIFE

    def _follow(self, meant: PayoutMeant, waited_s: float | None = None) -> Dialogue[None]:
        """One look at a payout; the last one tells its end. `waited_s`: how long it was awaited at the beginning."""
        base = Baseline.from_kept(meant.baseline)
        if base is None:
            yield from self._end(meant, Verdict(0, False), "cctalk.hopper.unproved")
            return
        status = yield from self._status(tries=1 if waited_s is None else 3)
        began_anew = status.counter == 0 and base.before.counter != 0
        if status.remaining:
            yield from self._still_paying(meant, base, status, waited_s)
            return
        if status.counter == base.before.counter or began_anew or status.counter != base.expected:
            self._unmoved += 1
            if self._unmoved < UNMOVED_READINGS:
                return
        life = yield from self._life()
        verdict = judge(base, status, life, accepted=self._accepted)
        self._recovered = self._recovered or began_anew
        ran = status.counter == base.expected or verdict.coins > 0
        yield from self._end(meant, verdict, "cctalk.hopper.short" if ran else "cctalk.hopper.refused")
        if began_anew and self.ready:
            self.ready = False  # it had no power: it is prepared anew, and found

    def _still_paying(
        self, meant: PayoutMeant, base: Baseline, status: Status, waited_s: float | None
    ) -> Dialogue[None]:
        now = self.bus.now_s if waited_s is None else waited_s
        self._unmoved = 0
        if status.paid != self._paid and status.counter == base.expected:
            self._paid, self._paid_at = status.paid, now
            yield Tell(Paying(self.name, meant.key, status.paid * base.coin_minor))
        elif now - self._paid_at >= STUCK_S:
            verdict = Verdict(min(self._paid, base.coins), False)
            yield from self._end(meant, verdict, "cctalk.hopper.stuck")
            yield from self._in_trouble("cctalk.hopper.stuck")

    def _end(self, meant: PayoutMeant, verdict: Verdict, reason: str) -> Dialogue[None]:
        base = Baseline.from_kept(meant.baseline)
        paid_minor = verdict.coins * base.coin_minor if base else 0
        if paid_minor >= meant.amount_minor:
            reason = ""
        elif not verdict.certain and reason in ("cctalk.hopper.short", "cctalk.hopper.refused"):
            reason = "cctalk.hopper.unproved"
        yield Tell(
            PaidOut(self.name, meant.key, meant.amount_minor, paid_minor, verdict.certain, self._recovered, reason)
        )
        self._meant = None

    def _nothing_paid(self, wish: Pay, reason: str) -> Dialogue[None]:
        yield Tell(PaidOut(self.name, wish.key, wish.amount_minor, 0, reason=reason))

    def _in_trouble(self, words: str) -> Dialogue[None]:
        if self._trouble != words:
            self._trouble = words
            yield Tell(Trouble(self.name, words))
