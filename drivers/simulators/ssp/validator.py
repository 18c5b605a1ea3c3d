"""The banknote validator at address 0: an NV9, an NV200, or an NV200 with a SMART Payout on its back.

All channels are inhibited and the unit is disabled at power-up. An NV9 does not know POLL WITH ACK (56, 57: F2); the
payout's commands are known only where there is one, and refused (F5 04) until ENABLE PAYOUT DEVICE (5C).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drivers.simulators.cash_box import CashBox
from drivers.simulators.ssp.housing import Housing
from drivers.simulators.ssp.note_path import REJECT_BY_HOST, STORE_HOLDS, NotePath, Stretch
from drivers.simulators.ssp.payer import RECYCLE, SWITCHED_OFF, TO_CASHBOX, Payer
from drivers.simulators.ssp.reports import CURRENCY, Event, Report
from drivers.simulators.ssp.unit import CANNOT, EVENT_ACK, POLL_WITH_ACK, Handler, Refusal, Unit, of_length

MODELS = ("nv9", "nv200", "payout")
CHANNELS = (5000, 10000, 20000, 50000, 100000, 200000, 500000)  # minor units: 50 to 5000 roubles
MULTIPLIER = 50  # channel byte x this = whole roubles
REAL_MULTIPLIER = 100  # expanded value x this = kopecks
STD_SECURITY = 2
PAYOUT_PIECE_S = 1.5  # a note from the store to the mouth
STORED_AT_FIRST = (5000, 10000, 50000)  # routed to the store until the host says otherwise
COUNTERS = ("stacked", "stored", "dispensed", "store_to_stacker", "rejected")
HAND_S = 0.5  # between two notes of a shopper who has several
UNIT_TYPE = {"nv9": 0x00, "nv200": 0x00, "payout": 0x06}
FIRMWARE = {"nv9": "0333", "nv200": "0415", "payout": "0416"}
NEWEST_VERSION = {"nv9": 7, "nv200": 8, "payout": 8}

DOUBTS = {"forgery": 0x04, "unknown": 0x11}


class Validator(Unit):
    """Takes notes; with a payout it stores and gives them."""

    def __init__(self, housing: Housing, kept: Mapping[str, Any], *, model: str, serial: int) -> None:
        super().__init__(housing, kept, name="validator", address=0, serial=serial)
        self.set_model(model)
        self.box = CashBox(housing.ledger, self.name, kept.get("box"))
        self.full: bool = kept.get("full", False)
        self.waiting: list[tuple[int, int]] = []  # notes still in the shopper's hand: (value, doubt)
        self.path = NotePath(housing, kept.get("path", {}), box=self.box, reports=self.reports, channels=CHANNELS)
        self.path.enabled = lambda channel: bool(self.inhibits >> (channel - 1) & 1)
        self.path.stores = self._stores
        self.path.stored = self._stored
        self.path.idle = self._path_idle
        self.path.tells_values = lambda: self.model == "payout"
        self.payer = Payer(
            housing,
            kept.get("payer", {}),
            box=self.box,
            reports=self.reports,
            values=CHANNELS,
            routes={value: RECYCLE if value in STORED_AT_FIRST else TO_CASHBOX for value in CHANNELS},
            piece_s=PAYOUT_PIECE_S,
            why_not=self._why_no_payout,
            reports_power_up_piece=True,
        )
        self.payer.version = lambda: self.version
        self.payer.begun = self.after_reply.append
        self.payer.dispensed = lambda: self._count("dispensed")
        self.payer.moved_to_cassette = lambda: self._count("store_to_stacker")

    def state(self) -> dict[str, Any]:
        return {
            **super().state(),
            "box": self.box.state(),
            "path": self.path.state(),
            "payer": self.payer.state(),
            "full": self.full,
        }

    def set_model(self, model: str) -> None:
        self.model = model
        self.smart = model == "payout"
        self.firmware = FIRMWARE[model]
        self.newest_version = NEWEST_VERSION[model]

    def _forget(self) -> None:
        super()._forget()
        self.inhibits = 0
        self.payout_on = False
        self._credit_told = False
        self._credits: list[int] = []  # told, for the fault that tells them again

    def power_lost(self) -> None:
        super().power_lost()
        self.path.power_lost()
        self.payer.power_lost()

    # The mouth

    def why_shut(self) -> str:
        """Why the slot takes nothing now; empty when it does."""
        reasons = {
            "it has no power or is starting": not self.answering or not self.ready,
            "it is jammed": bool(self.path.jam),
            "the cassette is out": not self.box.cassette_in_place,
            "the cassette is full": self.full,
            "it is disabled": not self.enabled,
            "all channels are inhibited": not self.inhibits,
            "a note is on its way": self.path.stretch is not Stretch.IDLE,
            "an event waits for its acknowledgement": self.reports.unacknowledged,
            "notes are being paid out": self.payer.movement is not None,
        }
        return next((reason for reason, holds in reasons.items() if holds), "")

    def _next_from_the_hand(self) -> None:
        if self.waiting:
            self.housing.timers.after(self.housing.pace(HAND_S), self.waiting, self._push_next)

    def _push_next(self) -> None:
        if self.waiting and not self.why_shut():
            self.path.enter(*self.waiting.pop(0))

    def _path_idle(self) -> None:
        self._next_from_the_hand()

    # What Unit asks

    @property
    def able(self) -> bool:
        return not self.path.jam and self.box.cassette_in_place and not self.full

    def found_at_power_up(self) -> None:
        self.path.found_at_power_up()
        self.payer.found_at_power_up()

    def polled(self) -> None:
        self.path.polled()
        if self.waiting and not self.why_shut():
            self._next_from_the_hand()

    def standing(self) -> list[Report]:
        told = self.path.standing() + self.payer.standing()
        if self.payer.jammed:
            told.append(Report(Event.SAFE_JAM))
        if not self.box.cassette_in_place:
            told.append(Report(Event.CASHBOX_REMOVED))
        if self.full:
            told.append(Report(Event.STACKER_FULL))
        if self.enabled and not self.inhibits:
            told.append(Report(Event.CHANNELS_DISABLED))
        return told

    def after_poll(self, told: list[Report]) -> None:
        self.path.after_poll(self.after_reply.append)
        credits = [report.channel for report in told if report.code == Event.CREDIT]
        if self._credit_told and not self.reports.acknowledging:
            self._credit_told = False
            self.after_reply.append(lambda: self.housing.arrow("acknowledged"))
        if credits:
            self._credits = credits
            self._credit_told = True
            self.after_reply.append(lambda: self.housing.arrow("reported"))
            if not self.reports.acknowledging:
                self._tell_again()

    def acknowledged(self, done: list[Report]) -> None:
        if any(report.code == Event.CREDIT for report in done):
            self._credit_told = False
            self._tell_again()
            self.after_reply.append(lambda: self.housing.arrow("acknowledged"))

    def _tell_again(self) -> None:
        if self._credits and self.housing.faults.strikes("repeat_credit"):
            for channel in self._credits:
                self.reports.post(Event.CREDIT, channel=channel)
        self._credits = []

    @property
    def credit_unconfirmed(self) -> bool:
        """The host was told of a credit and has not confirmed it: its next word does."""
        return self._credit_told

    # Recycling

    def _stores(self, channel: int) -> bool:
        value = CHANNELS[channel - 1]
        return (
            self.model == "payout"
            and self.payout_on
            and self.payer.routes[value] == RECYCLE
            and sum(self.payer.counts.values()) < STORE_HOLDS
        )

    def _stored(self, value_minor: int) -> None:
        self.payer.counts[value_minor] += 1
        self.payer.levels[value_minor] += 1

    def _count(self, counter: str) -> None:
        self.path.counters[counter] = (self.path.counters[counter] + 1) & 0xFFFFFFFF

    def _why_no_payout(self) -> int | None:
        if not self.payout_on:
            return SWITCHED_OFF
        return 3 if self.path.stretch is not Stretch.IDLE or self.path.jam or not self.ready else None

    # Commands

    def commands(self) -> dict[int, Handler]:
        known = {
            **super().commands(),
            0x02: self._set_inhibits,
            0x03: _nothing,
            0x04: _nothing,
            0x08: self._reject,
            0x0D: lambda params: self._identity() + bytes([self.version]),
            0x0E: lambda params: self._channel_values(),
            0x0F: lambda params: bytes([len(CHANNELS)]) + bytes([STD_SECURITY]) * len(CHANNELS),
            0x17: lambda params: bytes([self.path.last_reject]),
            0x18: self._hold,
            0x4F: lambda params: bytes([UNIT_TYPE[self.model]]) + (1).to_bytes(2, "little"),
            0x54: _nothing,
            0x58: self._counters,
            0x59: self._reset_counters,
        }
        if self.model == "nv9":
            for code in (POLL_WITH_ACK, EVENT_ACK, 0x4F, 0x54):
                del known[code]
        if self.model == "payout":
            known |= self.payer.commands()
            known |= {0x5B: self._payout_off, 0x5C: self._payout_on}
            del known[0x34]  # SET LEVEL is the hopper's
        else:
            for code in (0x60, 0x61):
                del known[code]
        return known

    def setup(self) -> bytes:
        security = bytes([STD_SECURITY]) * len(CHANNELS)
        answer = self._identity() + bytes([len(CHANNELS)]) + _channel_bytes() + security
        answer += REAL_MULTIPLIER.to_bytes(3, "big") + bytes([self.version])
        return answer + (_expanded() if self.version >= 6 else b"")

    def _identity(self) -> bytes:
        kind = bytes([UNIT_TYPE[self.model]])
        return kind + self.firmware.encode() + CURRENCY.encode() + MULTIPLIER.to_bytes(3, "big")

    def _channel_values(self) -> bytes:
        answer = bytes([len(CHANNELS)]) + _channel_bytes()
        return answer + (_expanded() if self.version >= 6 else b"")

    def _set_inhibits(self, params: bytes) -> bytes:
        of_length(params, 1, 2)
        self.inhibits = int.from_bytes(params, "little")
        return b""

    def _hold(self, params: bytes) -> bytes:
        of_length(params, 0)
        if not self.path.hold():
            raise Refusal(CANNOT)
        return b""

    def _reject(self, params: bytes) -> bytes:
        of_length(params, 0)
        if self.path.stretch is not Stretch.ESCROW or self.path.jam:
            raise Refusal(CANNOT)
        self.path.reject(REJECT_BY_HOST)
        return b""

    def _counters(self, params: bytes) -> bytes:
        of_length(params, 0)
        self.path.wrap_counter()
        counts = b"".join(self.path.counters[name].to_bytes(4, "little") for name in COUNTERS)
        return bytes([len(COUNTERS)]) + counts

    def _reset_counters(self, params: bytes) -> bytes:
        of_length(params, 0)
        self.path.counters = dict.fromkeys(COUNTERS, 0)
        self.housing.save()
        return b""

    def _payout_on(self, params: bytes) -> bytes:
        of_length(params, 0, 1)
        if self.payer.jammed:
            raise Refusal(CANNOT, 5)
        self.payout_on = True
        return b""

    def _payout_off(self, params: bytes) -> bytes:
        of_length(params, 0)
        self.payout_on = False
        return b""


def _nothing(params: bytes) -> bytes:
    """Light and colour of the bezel: taken, nobody sees it."""
    return b""


def _channel_bytes() -> bytes:
    return bytes(value // 100 // MULTIPLIER for value in CHANNELS)


def _expanded() -> bytes:
    values = b"".join((value // REAL_MULTIPLIER).to_bytes(4, "little") for value in CHANNELS)
    return CURRENCY.encode() * len(CHANNELS) + values
