"""The device's side of an SSP conversation, by hand: packets, checksum and seal of its own, nothing of the driver."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Counted,
    Denomination,
    Found,
    GiveBack,
    Leave,
    Pay,
    PayoutMeant,
    Remembered,
    Stack,
    Unit,
)
from drivers.cash_devices.ssp.driver import Ssp
from drivers.errors import DeviceError, Unanswered
from drivers.wire.dialogue import Hear, Rest, Send, Tell, Wish

RUB50, RUB100, RUB500 = (Denomination(at, value, "RUB") for at, value in ((1, 5000), (2, 10000), (3, 50000)))
TABLE = (RUB50, RUB100, RUB500)
VALUES = "52 55 42 52 55 42 52 55 42 32 00 00 00 64 00 00 00 F4 01 00 00"
VALIDATOR = f"F0 00 30 34 30 30 52 55 42 00 00 0A 03 05 0A 32 02 02 02 00 00 64 08 {VALUES}"
RECYCLER = VALIDATOR.replace("F0 00", "F0 06", 1)
HOPPER = "F0 03 30 36 31 35 52 55 42 08 02 64 00 E8 03 52 55 42 52 55 42"
SERIAL = "F0 00 12 D6 87"  # 1234567
DEVICE_EXPONENT = 987_654


def checksum(data: bytes) -> bytes:
    crc = 0xFFFF
    for byte in data:
        for bit in range(8):
            top = crc >> 15 ^ byte >> (7 - bit) & 1
            crc = crc << 1 & 0xFFFF ^ (0x8005 if top else 0)
    return bytes([crc & 0xFF, crc >> 8])


def packet(head: int, data: bytes) -> bytes:
    body = bytes([head, len(data)]) + data
    body += checksum(body)
    return b"\x7f" + b"".join(b"\x7f\x7f" if byte == 0x7F else bytes([byte]) for byte in body)


def unpacked(raw: bytes) -> tuple[int, bytes]:
    assert raw[0] == 0x7F
    body = raw[1:].replace(b"\x7f\x7f", b"\x7f")
    assert body[1] == len(body) - 4
    assert checksum(body[:-2]) == body[-2:]
    return body[0], body[2:-2]


def counters(stacked: int, stored: int = 0, dispensed: int = 0) -> str:
    numbers = (stacked, stored, dispensed, 0, 0)
    return "F0 05 " + b"".join(number.to_bytes(4, "little") for number in numbers).hex(" ")


def levels(*rows: tuple[int, int], currency: str = "RUB") -> str:
    """(count, value in minor units) each."""
    data = b"".join(n.to_bytes(2, "little") + value.to_bytes(4, "little") + currency.encode() for n, value in rows)
    return f"F0 {len(rows):02X} {data.hex(' ')}"


def amounts(code: str, *values: int) -> str:
    data = b"".join(value.to_bytes(4, "little") + b"RUB" for value in values)
    return f"{code} {len(values):02X} {data.hex(' ')}"


def driver(**settings: int | str | bool) -> Ssp:
    """Its randomness is the number 5, over and over."""
    return Ssp(settings, randbits=lambda bits: 5 % (1 << bits))


class Peer:
    """What one unit on the bus keeps: the expected bit, and the key with its counter."""

    def __init__(self) -> None:
        self.head = 0x80
        self.cipher: Cipher[modes.ECB] | None = None
        self.count = 0
        self.numbers: list[int] = []

    def opened(self, field: bytes) -> bytes:
        assert self.cipher is not None, "sealed, and there is no key"
        assert field[0] == 0x7E
        decryptor = self.cipher.decryptor()
        clear = decryptor.update(field[1:]) + decryptor.finalize()
        assert checksum(clear[:-2]) == clear[-2:]
        assert int.from_bytes(clear[1:5], "little") == self.count, "the counter"
        return clear[5 : 5 + clear[0]]

    def sealed(self, data: bytes) -> bytes:
        assert self.cipher is not None
        self.count += 1
        clear = bytes([len(data)]) + self.count.to_bytes(4, "little") + data
        clear += b"\xaa" * (-(len(clear) + 2) % 16)
        clear += checksum(clear)
        encryptor = self.cipher.encryptor()
        return b"\x7e" + encryptor.update(clear) + encryptor.finalize()


class Play:
    """A running dialogue. `lines` is what happened, as a transcript shows it."""

    def __init__(self, dialogue: Any) -> None:
        self.dialogue = dialogue
        self.step: Any = None
        self.answer: Any = None
        self.error: BaseException | None = None
        self.ended = False
        self.told: list[Any] = []
        self.lines: list[str] = []
        self.peers: dict[int, Peer] = {}
        self._go(lambda: dialogue.send(None))

    def _go(self, resume: Callable[[], Any]) -> None:
        try:
            self.step = resume()
        except StopIteration as end:
            self.answer, self.ended, self.step = end.value, True, None
        except DeviceError as error:
            self.error, self.ended, self.step = error, True, None
        if self.ended:
            self.lines.append(f"= {shown(self.error or self.answer)}")

    def resume(self, value: object = None) -> None:
        self._go(lambda: self.dialogue.send(value))

    def peer(self, address: int = 0) -> Peer:
        return self.peers.setdefault(address, Peer())

    # What the driver does

    def sent(self) -> bytes:
        """The bytes it sends now."""
        assert isinstance(self.step, Send), (self.step, self.error)
        raw = self.step.data
        self.lines.append(f"> {raw.hex(' ').upper()}")
        self.resume()
        return raw

    def asked(self, question: str, at: int = 0, sealed: bool = False) -> Play:
        """It sends this question, with the right bit and address; the answer is still open."""
        head, data = unpacked(self.sent())
        peer = self.peer(at)
        if question == "11":
            peer.head = 0x80
        assert head == peer.head | at, f"{head:02X} instead of {peer.head | at:02X}"
        if sealed:
            data = peer.opened(data)
        assert data == bytes.fromhex(question), f"{data.hex(' ')} instead of {question}"
        return self

    def answered(self, answer: str, at: int = 0, sealed: bool = False) -> Play:
        peer = self.peer(at)
        data = bytes.fromhex(answer)
        raw = packet(peer.head | at, peer.sealed(data) if sealed else data)
        peer.head ^= 0x80
        return self.heard(raw)

    def heard(self, raw: bytes) -> Play:
        assert isinstance(self.step, Hear), self.step
        self.lines.append(f"< {raw.hex(' ').upper()}")
        cut = self.step.grammar.cut(raw)
        assert cut is not None
        assert cut[1] == b""
        self.resume(cut[0])
        return self

    def x(self, question: str, answer: str = "F0", at: int = 0) -> Play:
        """A question and its answer in plain text."""
        return self.asked(question, at).answered(answer, at)

    def s(self, question: str, answer: str = "F0", at: int = 0) -> Play:
        """A sealed question and its sealed answer."""
        return self.asked(question, at, sealed=True).answered(answer, at, sealed=True)

    def silence(self) -> Play:
        assert isinstance(self.step, Hear), self.step
        self.lines.append("# silence")
        self._go(lambda: self.dialogue.throw(Unanswered("silence")))
        return self

    def tells(self, *events: object) -> Play:
        """It tells exactly these, now."""
        for event in events:
            assert isinstance(self.step, Tell), (self.step, event)
            assert self.step.event == event
            self.told.append(self.step.event)
            self.lines.append(f"! {shown(self.step.event)}")
            self.resume()
        return self

    def tells_a(self, kind: type) -> Any:
        assert isinstance(self.step, Tell), self.step
        event = self.step.event
        assert isinstance(event, kind)
        self.tells(event)
        return event

    def rests(self, *wishes: Wish) -> Play:
        """It rests until the next beat; these wishes come meanwhile."""
        assert isinstance(self.step, Rest), (self.step, self.error)
        for wish in wishes:
            self.lines.append(f"# wish: {in_words(wish)}")
            self.resume(wish)
            assert isinstance(self.step, Rest)
        self.resume()
        return self

    # What always comes

    def key(self, at: int = 0, fixed: int = 0x0123456701234567) -> Play:
        peer = self.peer(at)
        numbers = []
        for command in (0x4A, 0x4B, 0x4C):
            head, data = unpacked(self.sent())
            assert head == peer.head | at
            assert data[0] == command
            assert len(data) == 9
            numbers.append(int.from_bytes(data[1:], "little"))
            generator, modulus = numbers[0], numbers[min(1, len(numbers) - 1)]
            half = b"" if command != 0x4C else pow(generator, DEVICE_EXPONENT, modulus).to_bytes(8, "little")
            self.heard(packet(peer.head | at, b"\xf0" + half))
            peer.head ^= 0x80
        shared = pow(numbers[2], DEVICE_EXPONENT, numbers[1])
        key = fixed.to_bytes(8, "little") + shared.to_bytes(8, "little")
        peer.cipher, peer.count, peer.numbers = Cipher(algorithms.AES(key), modes.ECB()), 0, numbers
        return self

    def greets(self, at: int = 0, sealed: bool = False, restarts: bool = False) -> Play:
        """SYNC, protocol 8, and the key or none; `restarts`: the unit is told to start itself anew before."""
        self.x("11", at=at)
        if restarts:
            self.x("01", at=at).x("11", at=at)
        self.x("06 08", at=at)
        return self.key(at) if sealed else self.x("4A C5 05 8F 3A 00 00 00 00", "F2", at)

    def poll(self, answer: str = "F0", at: int = 0, sealed: bool = False) -> Play:
        return self.s("56", answer, at) if sealed else self.x("07", answer, at)

    def begins(
        self,
        *,
        first: str = "F0 E8",
        stacked: int = 100,
        sealed: bool = False,
        setup: str = VALIDATOR,
        store: str = "",
        ends: bool = True,
        restarts: bool = False,
    ) -> Play:
        """A validator's whole beginning without anything special, up to `Found`."""
        self.greets(sealed=sealed, restarts=restarts).x("08", "F5").poll(first, sealed=sealed).x("05", setup)
        self.x("02 00 00").x("09").rests().poll("F0 E8", sealed=sealed)
        return self.introduces(stacked=stacked, store=store) if ends else self

    def introduces(self, *, stacked: int = 100, stored: int = 0, store: str = "") -> Play:
        self.x("0C", SERIAL).x("58", counters(stacked, stored))
        if store:
            self.x("22", store)
        self.tells_a(Found)
        return self

    def opens(self, mask: str = "07 00", stacked: int = 100, sealed: bool = False, pays: bool = False) -> Play:
        """After the wish: the report of a closed unit, and the door opens."""
        self.poll("F0 E8", sealed=sealed).x("58", counters(stacked))
        self.tells(Counted("validator", stacked)).x(f"02 {mask}")
        if pays:
            self.x("5C 00")
        return self.x("0A").tells(Accepting("validator"))


def validator(stacked: int | None = 100, **more: Any) -> Unit:
    return Unit("validator", "1234567", "Validator 0400", TABLE, escrow=True, stacked=stacked, **more)


def in_words(wish: Wish) -> str:
    """A wish as a transcript shows it."""
    match wish:
        case Accept(types=types):
            return f"accept {','.join(map(str, sorted(types['validator'])))}"
        case Pay():
            return f"pay {wish.unit} {wish.key} {wish.amount_minor}"
    return wish.name


def from_words(words: str) -> Wish:
    match words.split():
        case ["accept", types]:
            return Accept({"validator": frozenset(map(int, types.split(",")))})
        case ["pay", unit, key, amount]:
            return Pay(unit, key, int(amount))
        case ["stack"]:
            return Stack("validator")
        case ["give_back"]:
            return GiveBack("validator")
        case ["leave"]:
            return Leave()
    raise ValueError(words)


def play_transcript(path: Path) -> Play:
    """`>` must be sent, `<` is heard, `!` is told, `# wish:` comes while it rests, `=` is the end."""
    settings: dict[str, int | str | bool] = {}
    play: Play | None = None
    wishes: list[Wish] = []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("# settings: "):
            settings = dict(pair.split("=") for pair in line.removeprefix("# settings: ").split())
        elif line.startswith("# do: "):
            play = Play(_started(line.removeprefix("# do: ").split(), settings))
        elif line.startswith("# wish: "):
            wishes.append(from_words(line.removeprefix("# wish: ")))
        elif play is not None:
            while isinstance(play.step, Rest):
                play.resume(wishes.pop(0) if wishes else None)
            if line == "# silence":
                play.silence()
            elif line.startswith("> "):
                assert play.sent().hex(" ").upper() == line.removeprefix("> ")
            elif line.startswith("< "):
                play.heard(bytes.fromhex(line.removeprefix("< ")))
            elif line.startswith("! "):
                assert isinstance(play.step, Tell), (play.step, line)
                assert shown(play.step.event) == line.removeprefix("! ")
                play.resume()
            elif line.startswith("= "):
                assert play.ended, play.step
                assert shown(play.error or play.answer) == line.removeprefix("= ")
    assert play is not None
    return play


def _started(do: list[str], settings: dict[str, int | str | bool]) -> Any:
    if do[0] == "identify":
        return driver(**settings).identify()
    remembered = {}
    for payout in do[1:]:  # payout=key:amount:baseline
        key, amount, baseline = payout.removeprefix("payout=").split(":")
        meant = PayoutMeant("validator", key, int(amount), tuple(map(int, baseline.split(","))))
        remembered["validator"] = Remembered(Unit("validator", "", ""), meant)
    return driver(**settings).attend(remembered)


def shown(value: object) -> str:
    """A value as a transcript shows it: fields that differ from their defaults."""
    if isinstance(value, DeviceError):
        return f"{type(value).__name__}({value})"
    if dataclasses.is_dataclass(value):
        parts = [
            f"{field.name}={shown(getattr(value, field.name))}"
            for field in dataclasses.fields(value)
            if field.init and getattr(value, field.name) != field.default
        ]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, frozenset):
        return "{" + ", ".join(map(str, sorted(value))) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(shown, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) + "}"
    return repr(value)
