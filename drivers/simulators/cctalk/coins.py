"""The coin acceptor: coins 1, 2, 5 and 10 roubles on positions 1 to 4, an open slot, no escrow.

    slot ── 0.3 s, validated ──> gate ──> past the credit sensor: in the box, event (position, path 1)
                    └── not wanted ──> return tray, event (0, error code)

Everything is inhibited after power-up and reset until a mask is sent; without a credit poll (229) for a second it
inhibits itself until the next one. Coin ids are country, value, issue: `RU001A`. How this unit writes the value can be
chosen: in roubles (1 rouble `RU001A`, 10 roubles `RU010A`), or in kopecks as the specification's own list does
(`RU100A`, `RU1K0A`). It answers 156 as well: `RU` counts in the unit that its ids count in.
"""

from __future__ import annotations

from typing import Any

from drivers.simulators.cctalk.agenda import Appointment
from drivers.simulators.cctalk.event_buffer import EventBuffer
from drivers.simulators.cctalk.frames import ACKNOWLEDGED, REFUSED, Answer
from drivers.simulators.cctalk.peripheral import CURRENCY, MINOR, Command, Identity, Peripheral, readers, three
from drivers.simulators.cctalk.rig import Rig

VALUES = {1: 1, 2: 2, 5: 3, 10: 4}  # roubles -> position
EMPTY = b"......"
PASS_S = 0.3  # a coin's fall through the acceptor
AUTO_INHIBIT_S = 1.0  # the specification's advice; many acceptors shut when nobody asks for credits
SORTER_PATH = 1
REJECTED, INHIBITED, CREDIT_BLOCKED, ON_STRING, SLUG = 1, 2, 14, 20, 25  # error codes
INHIBITED_TYPE = 128  # for position 1
CREDIT_SENSOR_FAULT = 3  # of self-check

IDENTITY = Identity("coins", 2, "Coin Acceptor", "SIM-C1", "CA-1.0", bytes([2, 20]), 0)


class CoinAcceptor(Peripheral):
    """Insertions come from `insert`; the rest is the clock's and the host's doing."""

    counter_headers = (229,)

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig, IDENTITY, rig.rng.getrandbits(24))
        self.accepted: int = self.kept.get("accepted", 0)
        self.inserted: int = self.kept.get("inserted", 0)
        self.rejected: int = self.kept.get("rejected", 0)
        self.frauds: int = self.kept.get("frauds", 0)
        self.ids_minor: bool = self.kept.get("ids_minor", False)
        self.jammed: bool = self.kept.get("jammed", False)
        self._kind = ""
        self._fall: Appointment | None = None
        self._fresh_credit = self.tells_new_credit = self.credit_was_told = False
        self.events = EventBuffer()
        self.mask, self.master, self._polled_at = 0, True, float("-inf")
        self.commands |= {
            229: Command(self._read),
            231: Command(self._set_mask, (2,)),
            228: Command(self._set_master, (1,)),
            184: Command(self._coin_id, (1,)),
            156: Command(self._scaling, (2,)),
        }
        self.commands |= readers(
            {
                230: lambda: self.mask.to_bytes(2, "little"),
                227: lambda: bytes([self.master]),
                226: lambda: three(self.inserted),
                225: lambda: three(self.accepted),
                194: lambda: three(self.rejected),
                193: lambda: three(self.frauds),
            }
        )

    def state(self) -> dict[str, Any]:
        counts = {"accepted": self.accepted, "inserted": self.inserted, "rejected": self.rejected}
        return {**super().state(), **counts, "frauds": self.frauds, "ids_minor": self.ids_minor, "jammed": self.jammed}

    def forget(self) -> None:
        self.events.forget()
        self.mask, self.master, self._polled_at = 0, True, float("-inf")
        self._fresh_credit = self.tells_new_credit = self.credit_was_told = False
        if self.box.moving is not None and not self.jammed:
            self._drop_out("power lost")  # the gate falls shut: a coin in flight lands in the tray

    def started(self) -> None:
        if self.jammed:
            self.events.add(0, CREDIT_BLOCKED)

    def self_check(self) -> bytes:
        return bytes([CREDIT_SENSOR_FAULT]) if self.jammed else b"\0"

    def stand_at(self, counter: int) -> None:
        self.events.counter = counter

    def answered(self, header: int) -> None:
        if header == 229 and self.tells_new_credit:
            self.tells_new_credit = False
            self.credit_was_told = not self.rig.arrow("coin_reported")

    # The host

    def _read(self, _: bytes) -> Answer:
        self._polled_at = self.rig.agenda.now
        self.credit_was_told = False
        self.tells_new_credit, self._fresh_credit = self.tells_new_credit or self._fresh_credit, False
        return Answer(self.events.read())

    def _set_mask(self, data: bytes) -> Answer:
        self.mask = int.from_bytes(data, "little")
        return ACKNOWLEDGED

    def _set_master(self, data: bytes) -> Answer:
        self.master = bool(data[0] & 1)
        return ACKNOWLEDGED

    def _coin_id(self, data: bytes) -> Answer:
        if not 1 <= data[0] <= 16:
            return REFUSED
        for roubles, position in VALUES.items():
            if position == data[0]:
                return Answer(coin_id(roubles, minor=self.ids_minor))
        return Answer(EMPTY)

    def _scaling(self, data: bytes) -> Answer:
        scale = (1 if self.ids_minor else MINOR) if data == b"RU" else 0
        return Answer(bytes([scale, 0, 2 if scale else 0]))

    # The shopper

    @property
    def self_inhibited(self) -> bool:
        return self.rig.agenda.now - self._polled_at > AUTO_INHIBIT_S

    def refusal_at_slot(self) -> str:
        """Why nothing can be put in; the slot is open, so this is rare."""
        if self.jammed:
            return "the slot is blocked"
        return "the coin before is still falling" if self.box.moving is not None else ""

    def insert(self, kind: str) -> None:
        """`kind`: a value in roubles, "slug" or "forgery"."""
        value = int(kind) * MINOR if kind.isdecimal() else 0
        self.box.enter(value, CURRENCY)
        self._kind = kind
        if not self.ready:
            self._drop_out("no power")
            return
        self.inserted += 1
        self.rig.save()
        self._fall = self.later(PASS_S / 2, self._falling)

    def _falling(self) -> None:
        if not self.rig.arrow("coin_entering"):
            self._fall = self.later(PASS_S / 2, self._at_the_gate)

    def _at_the_gate(self) -> None:
        if self.rig.traps.strikes_only("jam", "coins"):
            self.jam()
            return
        position = VALUES.get(int(self._kind), 0) if self._kind.isdecimal() else 0
        if self._kind == "slug":
            self._turn_away(SLUG)
        elif not position:
            self._turn_away(REJECTED)
        elif not self.master or self.self_inhibited:
            self._turn_away(INHIBITED)
        elif not self.mask >> (position - 1) & 1:
            self._turn_away(INHIBITED_TYPE + position - 1)
        else:
            self._take(position)

    def _turn_away(self, code: int) -> None:
        self.rejected += 1
        self.events.add(0, code)
        self._drop_out(f"code {code}")

    def _take(self, position: int) -> None:
        self.box.stack()
        self.accepted += 1
        self.rig.save()
        if self.rig.arrow("coin_stacked"):
            return
        self.events.add(position, SORTER_PATH)
        self._fresh_credit = True

    def _drop_out(self, reason: str) -> None:
        self.box.reject(reason)
        self.rig.save()

    # Troubles

    def jam(self) -> None:
        self.jammed = True
        if self._fall is not None:
            self._fall.cancel()
        if self.ready:
            self.events.add(0, CREDIT_BLOCKED)
        self.rig.save()

    def clear(self) -> None:
        """A coin that was stuck is handed back."""
        if self.jammed and self.box.moving is not None:
            self._drop_out("cleared by hand")
        self.jammed = False
        self.rig.save()

    def cheat(self) -> None:
        self.frauds += 1
        self.events.add(0, ON_STRING)
        self.rig.save()


def coin_id(roubles: int, *, minor: bool) -> bytes:
    """Six ASCII characters: country, value, issue; K is the thousands' point."""
    value = roubles * (MINOR if minor else 1)
    text = f"{value:03d}" if value < 1000 else f"{value // 1000}K{value % 1000 // 100}"
    return f"RU{text}A".encode()
