"""SSP note validators, recyclers and a coin hopper on one bus: settings, and the two conversations of the contract.

Unit "validator" is at address 0: an NV9, NV10, NV200 or BV, and with a SMART Payout or note float the same unit also
pays. Unit "hopper" is a SMART Hopper with an address of its own. Source: Innovative Technology's SSP library and the
SSP manual GA138 as `kybarg/ssp` gives it.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Mapping

from drivers.cash_devices.contract import Remembered, Unit
from drivers.cash_devices.ssp.attendance import attend
from drivers.cash_devices.ssp.commands import Command, Reply
from drivers.cash_devices.ssp.exchange import Line
from drivers.cash_devices.ssp.identity import parse_setup
from drivers.cash_devices.ssp.introduction import agree_on_protocol
from drivers.cash_devices.ssp.note_station import NoteStation
from drivers.cash_devices.ssp.payer import Payer
from drivers.cash_devices.ssp.sealing import RandBits
from drivers.cash_devices.ssp.station import PERIOD_S, Encrypt, Options, Station, serial_text
from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Unanswered
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue, Wish

HIGHEST_ADDRESS = 0x7D  # seven bits, and neither of the bytes that frames and seals begin with


class Ssp:
    """A bus with its settings. `randbits(n)` gives n random bits: for keys and for the filling of encrypted packets."""

    def __init__(self, settings: Mapping[str, int | str | bool], *, randbits: RandBits = secrets.randbits) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        self._address = _whole("address", chosen["address"], 0, HIGHEST_ADDRESS)
        self._hopper = _whole("hopper_address", chosen["hopper_address"], 0, HIGHEST_ADDRESS)
        if self._hopper and self._hopper == self._address:
            raise SettingWrong(
                "hopper_address: адрес хоппера должен отличаться от address",
                "hopper_address: must differ from address",
            )
        key, encrypt = str(chosen["fixed_key"]), str(chosen["encrypt"])
        if len(key) != 16 or not set(key) <= set("0123456789ABCDEFabcdef"):
            raise SettingWrong("fixed_key: шестнадцать шестнадцатеричных цифр", "fixed_key: sixteen hexadecimal digits")
        if encrypt not in [each.value for each in Encrypt]:
            raise SettingWrong("encrypt: auto, always или never", "encrypt: auto, always or never")
        seconds = _whole("decide_within_s", chosen["decide_within_s"], 1, 600)
        self._options = Options(Encrypt(encrypt), int(key, 16), int(seconds / PERIOD_S), randbits)

    def identify(self) -> Dialogue[tuple[Unit, ...]]:
        """Questions only, and no poll, which would make the unit forget an event. Unanswered if it is silent."""
        units = [(yield from _identify("validator", self._address))]
        if self._hopper:
            try:
                units.append((yield from _identify("hopper", self._hopper)))
            except Unanswered:
                units.append(Unit("hopper", "", ""))
        return tuple(units)

    def attend(self, remembered: Mapping[str, Remembered]) -> Dialogue[None]:
        inbox: deque[Wish] = deque()
        stations: list[Station] = [
            NoteStation(
                "validator", self._line(self._address, inbox), inbox, self._options, remembered.get("validator")
            )
        ]
        if self._hopper:
            line = self._line(self._hopper, inbox)
            stations.append(Station("hopper", line, inbox, self._options, remembered.get("hopper")))
        return (yield from attend(stations, inbox))

    def _line(self, address: int, inbox: deque[Wish]) -> Line:
        return Line(address, inbox, seal_all=self._options.encrypt is Encrypt.ALWAYS)


def _identify(name: str, address: int) -> Dialogue[Unit]:
    """One retry in all: with it the answer is there, or is not, within three seconds."""
    line = Line(address, deque(), spare=1)
    yield from line.sync()
    yield from agree_on_protocol(line)
    reply: Reply = yield from line.ask(bytes([Command.SETUP]))
    if not reply.ok:
        return Unit(name, "", "")
    setup = parse_setup(reply.data)
    serial = serial_text((yield from line.ask(bytes([Command.SERIAL]))))
    payer = Payer(name, line, None)
    counters = yield from payer.read_counters()
    if setup.pays:
        yield from payer.look(setup)
    escrow = name == "validator"
    takes = setup.table if escrow else ()
    stacked = counters.taken if counters and escrow else None
    return Unit(name, serial, setup.title, takes, payer.gives, escrow=escrow, stacked=stacked)


def _whole(name: str, value: int | str | bool, least: int, greatest: int) -> int:
    try:
        number = int(value)
    except ValueError:
        number = least - 1
    if not least <= number <= greatest:
        raise SettingWrong(
            f"{name}: целое число от {least} до {greatest}", f"{name}: a whole number {least} to {greatest}"
        )
    return number


SETTINGS: Mapping[str, Setting] = {
    "address": Setting(
        0,
        "bus address of the validator or recycler; 0 from the factory",
        "адрес купюроприёмника или рециклера на шине; с завода 0",
    ),
    "hopper_address": Setting(
        0,
        "bus address of a SMART Hopper on the same wire, 16 from the factory; 0: there is none",
        "адрес хоппера SMART Hopper на том же проводе, с завода 16; 0: хоппера нет",
    ),
    "encrypt": Setting(
        "auto",
        "auto: encrypt what the device takes encrypted only; always: everything; never: no payouts then",
        "auto: шифровать только то, что устройство иначе не примет; always: всё; never: тогда без выплат",
    ),
    "fixed_key": Setting(
        "0123456701234567",
        "sixteen hexadecimal digits, the fixed half of the key; this is the maker's own",
        "шестнадцать шестнадцатеричных цифр, постоянная половина ключа; здесь заводская",
    ),
    "decide_within_s": Setting(
        30,
        "seconds after which a note in escrow that nobody decided on is given back",
        "через сколько секунд вернуть купюру, о которой никто не решил",
    ),
}

DRIVER = Driver(
    name="ssp",
    kind=Kind.CASH_DEVICE,
    title="SSP / eSSP",
    make=Ssp,
    evidence=Evidence.TRANSCRIPT,
    source="Innovative Technology SSP library; SSP manual GA138 by way of kybarg/ssp",
    commit="credit",
    settings=SETTINGS,
)
