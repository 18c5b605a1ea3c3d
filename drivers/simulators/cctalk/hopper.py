"""The hopper: 10-rouble coins, dispensed in serial-number mode, one coin every half second.

    enabled ── 167 serial, count ──> motor on ── coin ──> coin ── ... ──> none remaining
                                        └── no coin for 3 s, jam, 172, power or reset ──> the rest is unpaid

    166 -> event counter | remaining | paid | unpaid      paid and unpaid are those of the last accepted dispense

The event counter goes up with each dispense accepted and is 0 after power-up and reset. Paid, unpaid and the life count
(168) outlive the power. A dispense that had arrived when the power went, but was not yet accepted, leaves no trace: 166
still tells the payout before.
"""

from __future__ import annotations

from typing import Any

from drivers.simulators.cctalk.coins import coin_id
from drivers.simulators.cctalk.event_buffer import after
from drivers.simulators.cctalk.frames import ACKNOWLEDGED, BUSY_NOW, REFUSED, Answer
from drivers.simulators.cctalk.peripheral import CURRENCY, MINOR, Command, Identity, Peripheral, readers, three
from drivers.simulators.cctalk.rig import Rig

ROUBLES = 10
SERIAL = 0x0AD7DF  # DF D7 0A on the wire, as in the hopper manual's own example
ENABLE = 0xA5
COIN_S = 0.5
NO_COIN_S = 3.0  # the motor runs so long without a coin before it gives up
LOW_BELOW, HIGH_FROM = 10, 200
HAS_SENSORS = 0x30
LOW, HIGH = 0x01, 0x02
OVERLOAD, TIMED_OUT, POWERED_UP, DISABLED = 0x01, 0x02, 0x40, 0x80  # the first byte of 163
TIMEOUT_FAULT, JAM_FAULT = 24, 25  # of self-check

IDENTITY = Identity("hopper", 3, "Payout", "SIM-H1", "HP-1.0", bytes([2, 20]), 0)


class Hopper(Peripheral):
    """Coins come from `fill` and go out one by one."""

    counter_headers = (166,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig, IDENTITY, SERIAL)
        self.level: int = self.kept.get("level", 0)
        self.paid: int = self.kept.get("paid", 0)
        self._owed: int = self.kept.get("owed", 0)  # asked and not paid: what is unpaid once the motor stands
        self.life: int = self.kept.get("life", 0)
        self.jammed: bool = self.kept.get("jammed", False)
        self.ids_minor: bool = self.kept.get("ids_minor", False)
        self.counter, self.remaining, self.enabled = 0, 0, False
        self._stopping = False
        self._flags = POWERED_UP
        self.commands |= {
            164: Command(self._enable, (1,)),
            167: Command(self._dispense, (4,)),
            172: Command(self._stop),
        }
        # 160 and 161 belong to encrypted hoppers: this one answers NAK, as to all it does not know
        self.commands |= readers(
            {
                163: lambda: bytes([self._flags | (0 if self.enabled else DISABLED), 0]),
                166: lambda: bytes([self.counter, self.remaining, self.paid, self.unpaid]),
                168: lambda: three(self.life),
                171: lambda: coin_id(ROUBLES, minor=self.ids_minor),
                217: lambda: bytes([self._levels()]),
            }
        )

    @property
    def unpaid(self) -> int:
        return 0 if self.remaining else self._owed

    def state(self) -> dict[str, Any]:
        books = {"level": self.level, "paid": self.paid, "owed": self._owed, "life": self.life}
        return {**super().state(), **books, "jammed": self.jammed, "ids_minor": self.ids_minor}

    def forget(self) -> None:
        self.counter, self.remaining, self.enabled, self._stopping = 0, 0, False, False

    def power_up(self) -> None:
        super().power_up()
        self._flags = POWERED_UP

    def self_check(self) -> bytes:
        if self.jammed:
            return bytes([JAM_FAULT, 1])
        return bytes([TIMEOUT_FAULT, 1]) if self._flags & TIMED_OUT else b"\0"

    def stand_at(self, counter: int) -> None:
        self.counter = counter

    def reset(self) -> None:
        super().reset()
        self._flags = 0  # only the power leaves its mark

    # The host

    def _enable(self, data: bytes) -> Answer:
        self.enabled = data[0] == ENABLE
        return ACKNOWLEDGED

    def _dispense(self, data: bytes) -> Answer:
        count = data[3]
        if not self.enabled or data[:3] != three(self.serial) or not count:
            return REFUSED
        if self.remaining:
            return BUSY_NOW
        if self.rig.arrow("pay_asked"):
            return REFUSED  # never leaves: there is no power
        self.counter = after(self.counter)
        self.remaining, self.paid, self._owed = count, 0, count
        self._flags = 0
        self._stopping = False
        self.rig.save()
        self.later(COIN_S, self._turn)
        return Answer(bytes([self.counter]))

    def _stop(self, _: bytes) -> Answer:
        """The coin in progress still falls; it is among the remaining ones told here."""
        self._stopping = self.remaining > 0
        return Answer(bytes([self.remaining]))

    def _levels(self) -> int:
        return HAS_SENSORS | (LOW if self.level < LOW_BELOW else 0) | (HIGH if self.level >= HIGH_FROM else 0)

    # The motor

    def _turn(self) -> None:
        if self.rig.traps.strikes_only("jam", "hopper"):
            self.jammed = True
        if self.jammed or not self.level:
            self.later(NO_COIN_S, self._give_up)
            return
        self.level -= 1
        self.life += 1
        self.paid, self._owed, self.remaining = self.paid + 1, self._owed - 1, self.remaining - 1
        self.box.pay_out(ROUBLES * MINOR, CURRENCY)
        self.rig.save()
        if (self.paid == 1 and self.rig.arrow("paying")) or (not self.remaining and self.rig.arrow("paid")):
            return
        if self._stopping:
            self._stand()
        elif self.remaining:
            self.later(COIN_S, self._turn)

    def _give_up(self) -> None:
        self._flags |= TIMED_OUT | (OVERLOAD if self.jammed else 0)
        self._stand()

    def _stand(self) -> None:
        self.remaining, self._stopping = 0, False

    # People

    def fill(self, count: int) -> None:
        self._moved("filled", count, self.level + count)

    def empty(self) -> None:
        self._moved("emptied", self.level, 0)

    def _moved(self, event: str, pieces: int, level: int) -> None:
        self.rig.ledger.write(event, unit="hopper", pieces=pieces, sum_minor=pieces * ROUBLES * MINOR)
        self.level = level
        self.rig.save()

    def jam(self) -> None:
        self.jammed = True
        self.rig.save()

    def clear(self) -> None:
        self.jammed = False
        self._flags &= ~(TIMED_OUT | OVERLOAD)
        self.rig.save()
