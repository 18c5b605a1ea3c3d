"""The driver of JCM bill validators that speak ID-003 (UBA, WBA, iVIZION, Vega and others in this mode).

One unit, "validator": notes in, none out. The protocol has no serial number and no count of stacked notes: the version
text stands in for a serial number (two validators of one model are not told apart), `stacked` and `credits` are None,
and what a power cut left open is settled by the journal and by people. The status "vend valid" stays until it is
acknowledged, and it is acknowledged after the journal has it: that is how a note is credited once.

The port is set by its address: 9600 baud, 8 bits, **even parity**, 1 stop bit: `serial:/dev/...?baud=9600&parity=even`
(UNVERIFIED, even is usual; a validator that answers garbage wants another parity). Country numbers: see notes.py.
Source: public ID-003 drivers and an ID003-CCNET proxy's observed flows; the maker's document is not public.
"""

from __future__ import annotations

from collections.abc import Mapping

from drivers.cash_devices.contract import Remembered, Unit
from drivers.cash_devices.id003.attendance import Attendance, Choices, describe
from drivers.cash_devices.id003.exchange import ANSWER_S, TRIES, Exchange
from drivers.cash_devices.id003.frames import Answers, Frame
from drivers.cash_devices.id003.notes import read_countries, read_table
from drivers.cash_devices.id003.sightings import UNIT
from drivers.cash_devices.id003.words import STATUSES, Say
from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Garbled, Unanswered, WrongDevice
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue, Hear, Send

SHOWN_BYTES = 32  # enough to recognise another protocol, or a line at another speed or parity


class Id003:
    """A validator's settings."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        stack, decide_within_s = int(chosen["stack"]), int(chosen["decide_within_s"])
        if stack not in (1, 2):
            raise SettingWrong("stack: 1 или 2", "stack: 1 or 2")
        if decide_within_s < 1:
            raise SettingWrong("decide_within_s: секунды, от 1", "decide_within_s: seconds, 1 or more")
        self._choices = Choices(
            stack=Say.STACK_1 if stack == 1 else Say.STACK_2,
            decide_within_s=decide_within_s,
            countries=read_countries(str(chosen["countries"])),
            security=_two_bytes("security", str(chosen["security"])),
            options=_two_bytes("options", str(chosen["options"])),
        )

    def identify(self) -> Dialogue[tuple[Unit, ...]]:
        """Status, version, currency table: 2.7 s at most. WrongDevice if what answers speaks something else."""
        yield from _first_status()
        wire = Exchange()
        version = yield from wire.get(Say.VERSION, TRIES - 1)
        table = yield from wire.get(Say.CURRENCY_TABLE, TRIES - 1)
        return (describe(version, read_table(table or b"", self._choices.countries)),)

    def attend(self, remembered: Mapping[str, Remembered]) -> Dialogue[None]:
        return Attendance(self._choices, remembered.get(UNIT)).run()


def _first_status() -> Dialogue[None]:
    """Any status will do; noise and no frame each time is another device."""
    wire = Exchange()
    listening = Answers(lambda frame: frame.code in STATUSES)
    noise = b""
    for turn in range(TRIES):
        if turn:
            yield from wire.rest()
        yield Send(Frame(Say.STATUS).encode())
        try:
            yield Hear(listening, ANSWER_S)
            return
        except (Unanswered, Garbled) as silence:
            noise = listening.noise or noise
            if turn == TRIES - 1:
                if noise:
                    raise WrongDevice("id003", noise[:SHOWN_BYTES].hex(" ")) from silence
                raise


def _two_bytes(name: str, text: str) -> bytes:
    try:
        data = bytes.fromhex(text)
    except ValueError:
        data = b""
    if len(data) != 2:
        raise SettingWrong(f"{name}: четыре шестнадцатеричные цифры", f"{name}: four hexadecimal digits")
    return data


SETTINGS: Mapping[str, Setting] = {
    "stack": Setting(
        1,
        "when a note counts as taken: 1 past the lever, 2 when it lies in the stacker (the port wants parity=even)",
        "когда купюра считается принятой: 1 за рычагом, 2 когда она лежит в стекере (порту нужна parity=even)",
    ),
    "decide_within_s": Setting(
        30,
        "seconds after which a note in escrow that nobody decided on is given back",
        "через сколько секунд купюра, о которой никто не решил, возвращается",
    ),
    "countries": Setting(
        "48=RUB",
        "the maker's country numbers and their currencies, 48=RUB,1=USD; notes of other countries are not taken",
        "номера стран изготовителя и их валюты, 48=RUB,1=USD; купюры других стран не принимаются",
    ),
    "security": Setting(
        "0000",
        "C1, four hexadecimal digits: a bit that is 1 checks that note more strictly",
        "C1, четыре шестнадцатеричные цифры: бит 1 проверяет эту купюру строже",
    ),
    "options": Setting(
        "0000",
        "C5, four hexadecimal digits: functions of the model by its manual, power recovery among them",
        "C5, четыре шестнадцатеричные цифры: функции модели по её описанию, среди них восстановление после питания",
    ),
}

DRIVER = Driver(
    name="id003",
    kind=Kind.CASH_DEVICE,
    title="JCM ID-003",
    make=Id003,
    evidence=Evidence.MANUAL,
    source="public ID-003 drivers, observed flows of a proxy; port 9600-8-E-1 (parity=even in the address, UNVERIFIED)",
    commit="credit",
    settings=SETTINGS,
)
