"""Drives a ccTalk conversation by hand against small scripted units: what it asks, hears, tells and waits for.

The units here are registers and nothing more: a test sets them, and reads what was asked. No link, no simulator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from drivers.cash_devices.cctalk.driver import CcTalk
from drivers.cash_devices.contract import Remembered, Unit
from drivers.errors import DeviceError, Unanswered
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

SERIAL = b"\x39\x30\x00"  # 12345, least significant byte first


def reply(source: int, data: bytes = b"", header: int = 0) -> bytes:
    """A reply with the simple checksum, reckoned here by itself."""
    frame = bytes([1, len(data), source, header]) + data
    return frame + bytes([(256 - sum(frame) % 256) % 256])


class FakeTaker:
    """A coin acceptor's registers; `happen` puts an entry into its buffer."""

    events = 229
    ids = 184

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names
        self.counter = 0
        self.buffer: list[tuple[int, int]] = [(0, 0)] * 5
        self.mask = b"\x00\x00"
        self.master = 0
        self.accepted: int | None = 0
        self.serial = SERIAL
        self.fault: int | None = 0
        self.routed: list[int] = []
        self.route_answer: Callable[[int], bytes | None] = lambda where: b""

    def happen(self, a: int, b: int) -> None:
        self.counter = self.counter % 255 + 1
        self.buffer = [(a, b), *self.buffer[:4]]
        if a and (b == 0 or self.ids == 184) and self.accepted is not None:
            self.accepted += 1

    def power_cut(self) -> None:
        self.counter, self.buffer, self.mask, self.master = 0, [(0, 0)] * 5, b"\x00\x00", 0

    @property
    def open(self) -> bool:
        return self.master == 1 and self.mask != b"\x00\x00"

    def answer(self, header: int, data: bytes) -> bytes | None:
        """The data of the reply; None: no answer."""
        if header == self.events:
            return bytes([self.counter]) + b"".join(bytes(entry) for entry in self.buffer)
        if header == self.ids:
            return self.names.get(data[0], "." * (6 if self.ids == 184 else 7)).encode()
        match header:
            case 254 | 153:
                return b""
            case 1:
                self.power_cut()
                return b""
            case 228:
                self.master = data[0]
                return b""
            case 231:
                self.mask = data
                return b""
            case 230:
                return self.mask
            case 242:
                return self.serial
            case 244:
                return b"SR5"
            case 241:
                return b"1.0"
            case 232:
                return None if self.fault is None else bytes([self.fault])
            case 225:
                return None if self.accepted is None else self.accepted.to_bytes(3, "little")
            case 156:
                return b"\x64\x00\x02"
            case 154:
                self.routed.append(data[0])
                return self.route_answer(data[0])
        return None


class FakeBills(FakeTaker):
    events = 159
    ids = 157

    def __init__(self, names: Mapping[int, str]) -> None:
        super().__init__(names)
        self.route_answer = lambda where: b"\xfe"


class FakeHopper:
    """A hopper's registers. `pays`: how many coins fall at once when 167 comes; the rest stays remaining."""

    def __init__(self) -> None:
        self.status = [0, 0, 0, 0]
        self.life: int | None = 100
        self.enabled = False
        self.serial = SERIAL
        self.dispensed: list[bytes] = []
        self.pays: Callable[[int], tuple[int, int, int]] = lambda count: (0, count, 0)

    def answer(self, header: int, data: bytes) -> bytes | None:
        match header:
            case 254:
                return b""
            case 242:
                return self.serial
            case 244:
                return b"Flow"
            case 241:
                return b"1"
            case 163:
                return b"\x00\x80" if self.enabled else b"\x80\x80"
            case 164:
                self.enabled = data == b"\xa5"
                return b""
            case 166:
                return bytes(self.status)
            case 168:
                return None if self.life is None else self.life.to_bytes(3, "little")
            case 167:
                self.dispensed.append(data)
                remaining, paid, unpaid = self.pays(data[3])
                self.status = [self.status[0] % 255 + 1, remaining, paid, unpaid]
                if self.life is not None:
                    self.life += paid
                return bytes(self.status[:1])
        return None


COIN_NAMES = {1: "RU100A", 2: "RU200A", 3: "RU500A"}
BILL_NAMES = {1: "RU0050A", 2: "RU0100A"}
SETTINGS = {"bill_address": 40, "hopper_address": 3, "hopper_coin_minor": 1000}


class Wire:
    """A running conversation with the units by their addresses."""

    def __init__(self, units: Mapping[int, Any], *, echo: bool = True) -> None:
        self.units = dict(units)
        self.echo = echo
        self.asked: list[tuple[int, int, bytes]] = []
        self.told: list[Any] = []
        self.wished: deque[Wish] = deque()
        self.deaf: Callable[[int, int], bool] = lambda address, header: False  # the unit does not hear
        self.dumb: Callable[[int, int], bool] = lambda address, header: False  # it acts, its answer is lost
        self.instead: Callable[[int, int, bytes], bytes] = lambda address, header, answer: answer
        self.on_tell: Callable[[Any], None] = lambda event: None
        self.beats = 0
        self.error: DeviceError | None = None
        self.ended = False
        self.answer: Any = None
        self._heard = b""

    def attend(self, settings: Mapping[str, Any], remembered: Mapping[str, Remembered] | None = None) -> Wire:
        self.dialogue = CcTalk({**settings}).attend(remembered or {})
        self.step: Any = next(self.dialogue)
        return self

    def run(self, beats: int) -> list[Any]:
        """So many beats (rests of the period); returns what was told in them."""
        begin, until = len(self.told), self.beats + beats
        while not self.ended and self.beats < until:
            self.one()
        return self.told[begin:]

    def wish(self, wish: Wish, beats: int = 1) -> list[Any]:
        self.wished.append(wish)
        return self.run(beats)

    def one(self) -> None:
        step, result, trouble = self.step, None, None
        match step:
            case Send(data):
                self._heard = self._exchange(data)
            case Hear(grammar=grammar):
                cut = grammar.cut(self._heard)
                self._heard = b""
                if cut is None:
                    trouble = Unanswered("silence")
                else:
                    result = cut[0]
            case Tell(event):
                self.told.append(event)
                self.on_tell(event)
            case Rest(period_s=period):
                if period and self.wished:
                    result = self.wished.popleft()
                elif period:
                    self.beats += 1
            case _:
                raise AssertionError(step)
        try:
            self.step = self.dialogue.throw(trouble) if trouble else self.dialogue.send(result)
        except StopIteration as end:
            self.ended, self.answer = True, end.value
        except DeviceError as error:
            self.ended, self.error = True, error

    def _exchange(self, frame: bytes) -> bytes:
        assert sum(frame) % 256 == 0, frame.hex(" ")
        assert frame[2] == 1
        address, header, data = frame[0], frame[3], frame[4:-1]
        assert len(data) == frame[1]
        self.asked.append((address, header, data))
        echoed = frame if self.echo else b""
        unit = self.units.get(address)
        if unit is None or self.deaf(address, header):
            return echoed
        answer = unit.answer(header, data)
        if answer is None or self.dumb(address, header):
            return echoed
        return echoed + self.instead(address, header, reply(address, answer))

    def headers(self, address: int) -> list[int]:
        return [header for asked, header, _ in self.asked if asked == address]


def known(
    name: str, credits: int | None, *, serial: str = "12345", stacked: int | None = 0, payout: Any = None
) -> dict[str, Remembered]:
    return {name: Remembered(Unit(name, serial, "", stacked=stacked, credits=credits), payout)}


def kinds(told: list[Any]) -> list[str]:
    return [type(event).__name__ for event in told]
