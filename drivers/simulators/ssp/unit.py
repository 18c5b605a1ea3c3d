"""One unit on an SSP wire: the sequence bit, plain and sealed packets, and the commands that all units know.

A packet with the sequence bit of the last one carried out is not carried out again; its answer is repeated. SYNC sets
the bit so that 0 is the next. A command that must be sealed and comes in plain is answered FA while no key is agreed
and F5 afterwards; a sealed packet without a key FA; one that does not open, or has the wrong count, is not answered.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

from drivers.simulators.ssp import frames
from drivers.simulators.ssp.housing import Housing, SelfReset
from drivers.simulators.ssp.reports import Event, Report, Reports
from drivers.simulators.ssp.secrecy import DEFAULT_FIXED_KEY, STEX, Secrecy, is_prime

OK, UNKNOWN, WRONG_COUNT, OUT_OF_RANGE, CANNOT, FAIL, NO_KEY = 0xF0, 0xF2, 0xF3, 0xF4, 0xF5, 0xF8, 0xFA
SYNC, HOST_VERSION, POLL, POLL_WITH_ACK, EVENT_ACK = 0x11, 0x06, 0x07, 0x56, 0x57
# Payout, halt, routes, float, empty, payout by denomination, smart empty, poll with acknowledge, its ack, fixed key.
SEALED_ONLY = frozenset({0x33, 0x38, 0x3B, 0x3C, 0x3D, 0x3F, 0x44, 0x46, 0x52, 0x56, 0x57, 0x60})
OLDEST_VERSION = 4  # what a unit speaks until it is told better
BOOT_S = 1.0  # from power to the first answer
INIT_S = 2.0  # from the first answer to the first note: sensors and mechanics find their places
QUIET_S = 8.0  # not spoken to for so long it disables itself (known from the field as 5 to 10 s)

Handler = Callable[[bytes], bytes]


class Refusal(Exception):
    """The command is answered with this instead of OK."""

    def __init__(self, *answer: int) -> None:
        self.answer = bytes(answer)


def of_length(params: bytes, *lengths: int) -> None:
    if len(params) not in lengths:
        raise Refusal(WRONG_COUNT)


class Unit(ABC):
    """What a validator and a hopper have in common. `serial`: 4 bytes."""

    def __init__(self, housing: Housing, kept: Mapping[str, Any], *, name: str, address: int, serial: int) -> None:
        self.housing = housing
        self.name = name
        self.address = address
        self.serial = serial
        self.secrecy = Secrecy(housing.rng, kept.get("fixed_key", DEFAULT_FIXED_KEY))
        self.reports = Reports(kept.get("reports", []))
        self.after_reply: list[Callable[[], None]] = []
        self._forget()

    def state(self) -> dict[str, Any]:
        """JSON for the device's memory."""
        return {"fixed_key": self.secrecy.fixed_key, "reports": self.reports.state()}

    def _forget(self) -> None:
        self.answering = False
        self.ready = False  # initialised
        self.enabled = False
        self.version = OLDEST_VERSION
        self._last_bit: int | None = None
        self._last_reply = b""
        self._heard_at = 0.0
        self.after_reply.clear()

    # Power

    def power_lost(self) -> None:
        """All that is volatile is gone, and every movement stands still."""
        self.housing.timers.drop(self)
        self.secrecy.forget()
        self.reports.power_lost()
        self._forget()

    def power_on(self) -> None:
        self.housing.timers.after(self.housing.pace(BOOT_S), self, self._boot)

    def _boot(self) -> None:
        self.answering = True
        self.reports.post_first(Event.RESET)
        self.found_at_power_up()
        self.housing.save()
        self.housing.timers.after(self.housing.pace(INIT_S), self, self._initialised)

    def _initialised(self) -> None:
        self.ready = True

    def reset(self) -> None:
        self.power_lost()
        self.power_on()

    # Packets

    def receive(self, frame: frames.Frame) -> bytes | None:
        """The frame to answer with, None for silence. Raises PowerCut or SelfReset."""
        bit, data = frame.seq_addr & frames.SEQUENCE, frame.data
        self._heard_at = self.housing.timers.now
        if data[0] == SYNC:
            self._last_bit = frames.SEQUENCE
            self._last_reply = frames.build(frame.seq_addr, bytes([OK]))
            return self._last_reply
        if bit == self._last_bit:
            return self._last_reply
        sealed = data[0] == STEX
        if sealed and self.secrecy.agreed:
            opened = self.secrecy.open(data[1:])
            if opened is None:
                return None
            answer = self.secrecy.seal(self._carry_out(opened, sealed=True))
        else:
            answer = bytes([NO_KEY]) if sealed else self._carry_out(data, sealed=False)
        self._last_bit = bit
        self._last_reply = frames.build(frame.seq_addr, answer)
        return self._last_reply

    def _carry_out(self, data: bytes, *, sealed: bool) -> bytes:
        code, params = data[0], data[1:]
        handler = self.commands().get(code)
        if handler is None:
            return bytes([UNKNOWN])
        if code in SEALED_ONLY and not sealed:
            return bytes([CANNOT if self.secrecy.agreed else NO_KEY])
        try:
            return bytes([OK]) + handler(params)
        except Refusal as refused:
            return refused.answer

    # Commands

    def commands(self) -> dict[int, Handler]:
        """What the unit knows, by command byte. A handler gives what follows OK, or raises Refusal."""
        return {
            SYNC: lambda params: b"",
            0x01: self._reset,
            0x05: lambda params: self.setup(),
            HOST_VERSION: self._host_version,
            POLL: lambda params: self._poll(params, acknowledging=False),
            0x09: self._disable,
            0x0A: self._enable,
            0x0C: lambda params: self.serial.to_bytes(4, "big"),
            0x20: lambda params: self.firmware.encode(),
            0x21: lambda params: f"RUB{self.firmware[-4:]}1".encode(),
            0x4A: self._set_generator,
            0x4B: self._set_modulus,
            0x4C: self._exchange_keys,
            0x4D: self._baud,
            POLL_WITH_ACK: lambda params: self._poll(params, acknowledging=True),
            EVENT_ACK: self._acknowledge,
            0x60: self._set_fixed_key,
            0x61: self._reset_fixed_key,
        }

    def _reset(self, params: bytes) -> bytes:
        self.after_reply.append(self.reset)
        return b""

    def _host_version(self, params: bytes) -> bytes:
        of_length(params, 1)
        if not OLDEST_VERSION <= params[0] <= self.newest_version:
            raise Refusal(FAIL)
        self.version = params[0]
        return b""

    def _poll(self, params: bytes, *, acknowledging: bool) -> bytes:
        of_length(params, 0)
        if self.housing.faults.strikes("reset_in_session"):
            raise SelfReset
        self.polled()
        kept = self.reports.state()
        told = self.reports.told(acknowledging)
        answer = b"".join(report.spelled(self.version, self.smart) for report in told)
        for event in self.standing():
            answer += event.spelled(self.version, self.smart)
        if acknowledging and not self.ready:
            answer += bytes([Event.INITIALISING])
        if not self.enabled or not self.able:
            answer += bytes([Event.DISABLED])
        self.after_poll(told)
        if self.reports.state() != kept:  # most polls change nothing that is worth a write
            self.housing.save()
        return answer

    def _acknowledge(self, params: bytes) -> bytes:
        of_length(params, 0)
        done = self.reports.acknowledge()
        if not done:
            raise Refusal(CANNOT)
        self.acknowledged(done)
        self.housing.save()
        return b""

    def _disable(self, params: bytes) -> bytes:
        of_length(params, 0)
        self.enabled = False
        return b""

    def _enable(self, params: bytes) -> bytes:
        of_length(params, 0)
        if not self.enabled:
            self.enabled = True
            self.housing.timers.after(QUIET_S, self, self._listen_for_the_host)
        return b""

    def _listen_for_the_host(self) -> None:
        """A host that died must not leave a slot open."""
        if not self.enabled:
            return
        left_s = self._heard_at + QUIET_S - self.housing.timers.now
        if left_s > 0:
            self.housing.timers.after(left_s, self, self._listen_for_the_host)
        else:
            self.enabled = False

    def _set_generator(self, params: bytes) -> bytes:
        self.secrecy.generator = _prime(params)
        return b""

    def _set_modulus(self, params: bytes) -> bytes:
        self.secrecy.modulus = _prime(params)
        return b""

    def _exchange_keys(self, params: bytes) -> bytes:
        of_length(params, 8)
        inter = self.secrecy.exchange(int.from_bytes(params, "little"))
        if inter is None:
            raise Refusal(FAIL)
        return inter.to_bytes(8, "little")

    def _baud(self, params: bytes) -> bytes:
        """Taken and without effect: the simulated wire has no speed."""
        of_length(params, 2)
        if params[0] > 2:
            raise Refusal(OUT_OF_RANGE)
        return b""

    def _set_fixed_key(self, params: bytes) -> bytes:
        """Holds from the next key exchange on."""
        of_length(params, 8)
        self.secrecy.fixed_key = int.from_bytes(params, "little")
        self.housing.save()
        return b""

    def _reset_fixed_key(self, params: bytes) -> bytes:
        self.secrecy.fixed_key = DEFAULT_FIXED_KEY
        self.housing.save()
        self.after_reply.append(self.reset)
        return b""

    # What a unit of a kind adds

    newest_version: int
    firmware: str
    smart: bool

    @abstractmethod
    def setup(self) -> bytes:
        """The answer to SETUP REQUEST after OK."""

    @property
    @abstractmethod
    def able(self) -> bool:
        """Could it work if it were enabled?"""

    @abstractmethod
    def found_at_power_up(self) -> None:
        """Clear what the power cut left in the mechanism, and post what was found."""

    @abstractmethod
    def polled(self) -> None:
        """A poll arrived, before it is answered."""

    @abstractmethod
    def standing(self) -> list[Report]:
        """What is so, and is told at every poll while it lasts."""

    @abstractmethod
    def after_poll(self, told: list[Report]) -> None:
        """The answer to a poll is about to leave."""

    @abstractmethod
    def acknowledged(self, done: list[Report]) -> None:
        """The host acknowledged these."""


def _prime(params: bytes) -> int:
    of_length(params, 8)
    number = int.from_bytes(params, "little")
    if not is_prime(number):
        raise Refusal(OUT_OF_RANGE)
    return number
