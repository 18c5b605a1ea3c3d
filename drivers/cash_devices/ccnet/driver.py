"""A CCNET bill validator: one unit on its wire, found, opened and closed by wishes, and asked five times a second.

Its "stacked" is acknowledged only after it is durable; what an outage hides is told by its counter of stacked notes.
Source: CCNET common specification 2.6.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from drivers.cash_devices.ccnet.beginning import Beginning
from drivers.cash_devices.ccnet.bill_table import (
    IDENTIFICATION_LENGTH,
    TABLE_LENGTH,
    read_countries,
    read_identity,
    read_table,
)
from drivers.cash_devices.ccnet.line import Line
from drivers.cash_devices.ccnet.serving import Outcome, Serving
from drivers.cash_devices.ccnet.session import COUNTER_LENGTH, UNIT, Chosen, Session
from drivers.cash_devices.ccnet.states import Command
from drivers.cash_devices.contract import Remembered, Unit
from drivers.driver import Driver, Evidence, Kind, Setting
from drivers.errors import Unanswered
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Dialogue
from drivers.wire.first_words import first_words

KNOWN_WITHIN_S = 0.8  # two tries for the identity, one for the table and the counter fit into the 3 s of `identify`


class Ccnet:
    """A validator with its settings."""

    def __init__(self, settings: Mapping[str, int | str | bool]) -> None:
        chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
        address = int(chosen["address"])
        if not 1 <= address <= 0xFF:
            raise SettingWrong(f"address: от 1 до 255, а не {address}", f"address: 1 to 255, not {address}")
        response_ms, decide_within_s = int(chosen["response_ms"]), int(chosen["decide_within_s"])
        if not 10 <= response_ms <= 1000:
            raise SettingWrong(
                f"response_ms: от 10 до 1000, а не {response_ms}", f"response_ms: 10 to 1000, not {response_ms}"
            )
        if decide_within_s < 1:
            raise SettingWrong(
                f"decide_within_s: не меньше 1, а не {decide_within_s}",
                f"decide_within_s: at least 1, not {decide_within_s}",
            )
        minor_digits = int(chosen["minor_digits"])
        if not 0 <= minor_digits <= 4:
            raise SettingWrong(
                f"minor_digits: от 0 до 4, а не {minor_digits}", f"minor_digits: 0 to 4, not {minor_digits}"
            )
        countries = read_countries(str(chosen["countries"]))
        self._chosen = Chosen(address, response_ms / 1000, float(decide_within_s), countries, minor_digits)

    def identify(self) -> Dialogue[tuple[Unit, ...]]:
        """One unit; without a serial while it is at work, when it may not tell. Never polls: what a poll shows and an
        acknowledgement takes away is for who journals it."""
        return first_words("ccnet", self._identify())

    def attend(self, remembered: Mapping[str, Remembered]) -> Dialogue[None]:
        """Until the wish `Leave`."""
        known = remembered[UNIT].unit if UNIT in remembered else None
        session = Session(self._chosen, Line(self._chosen.address, self._chosen.within_s), known)
        state = None
        while (yield from Beginning(session).run(state)):
            serving = Serving(session)
            if (yield from serving.run()) is Outcome.LEFT:
                return
            state = serving.fresh

    def _identify(self) -> Dialogue[tuple[Unit, ...]]:
        chosen = self._chosen
        for last_try in (False, True):
            line = Line(chosen.address, chosen.within_s)  # a late answer to the first try answers the second
            identification = yield from line.get(Command.IDENTIFY, IDENTIFICATION_LENGTH, KNOWN_WITHIN_S, tries=1)
            if identification:
                break
            if line.heard:
                return (Unit(UNIT, "", "CCNET", escrow=True),)
            if last_try:
                raise Unanswered("no identification")
        identity = read_identity(identification)
        unit = Unit(UNIT, identity.serial, identity.part, escrow=True)
        body = yield from line.get(Command.GET_TABLE, TABLE_LENGTH, KNOWN_WITHIN_S, tries=1)
        if not body:
            return (unit,)
        takes = read_table(body, chosen.countries, chosen.minor_digits).denominations
        counter = yield from line.get(Command.GET_COUNTER, COUNTER_LENGTH, tries=1)
        return (replace(unit, takes=takes, stacked=int.from_bytes(counter, "big") if counter else None),)


SETTINGS: Mapping[str, Setting] = {
    "address": Setting(
        3,
        "address on the bus; bill validators have 3",
        "адрес на шине; у купюроприёмников 3",
    ),
    "response_ms": Setting(
        200,
        "milliseconds to wait for an answer; the standard's 10 are too short for USB adapters",
        "сколько миллисекунд ждать ответа; 10 по стандарту мало для переходников USB",
    ),
    "decide_within_s": Setting(
        30,
        "seconds after which a note in escrow that nobody decided about is given back",
        "через сколько секунд купюра, о которой никто не решил, возвращается",
    ),
    "countries": Setting(
        "RUS=RUB,RUB=RUB,RUR=RUB,KAZ=KZT,KZT=KZT,BLR=BYN,BYN=BYN,UKR=UAH,UAH=UAH,EUR=EUR,USA=USD,USD=USD",
        "which currency the device's country letters mean; notes of other countries are not taken",
        "какую валюту означают буквы страны в устройстве; купюры других стран не принимаются",
    ),
    "minor_digits": Setting(
        2,
        "digits after the point in the currency: 2 for kopecks, tiyn and cents",
        "знаков после запятой в валюте: 2 для копеек, тиынов и центов",
    ),
}

DRIVER = Driver(
    name="ccnet",
    kind=Kind.CASH_DEVICE,
    title="CCNET (CashCode)",
    make=Ccnet,
    evidence=Evidence.TRANSCRIPT,
    source="CCNET common specification 2.6.0",
    commit="credit",
    settings=SETTINGS,
)
