"""The settings of a ccTalk wire, and what they say about who is on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.cash_devices.cctalk.frames import Echo, Station
from drivers.cash_devices.cctalk.tables import TYPES, BillTable, CoinTable, SettingsTable, Table
from drivers.cash_devices.cctalk.values import Worth
from drivers.cash_devices.contract import Denomination
from drivers.driver import Setting
from drivers.setting_wrong import SettingWrong

HOPPER_COIN = 1  # the only coin of a hopper: its type


@dataclass(frozen=True, slots=True)
class Wiring:
    """Who is on the wire. Address 0: nobody."""

    coins: Station
    bills: Station
    hopper: Station
    hopper_coin_minor: int
    currency: str
    tables: Mapping[str, Table]
    echo: Echo
    decide_within_s: int

    def stations(self) -> dict[str, Station]:
        """By the unit's name, in the order in which they are asked."""
        named = {"coins": self.coins, "validator": self.bills, "hopper": self.hopper}
        return {name: station for name, station in named.items() if station.address}

    def table(self, name: str) -> Table:
        return self.tables[name]

    def hopper_coin(self) -> Denomination:
        return Denomination(HOPPER_COIN, self.hopper_coin_minor, self.currency)


def wiring(settings: Mapping[str, int | str | bool]) -> Wiring:
    """Raises SettingWrong."""
    chosen = {name: settings.get(name, setting.default) for name, setting in SETTINGS.items()}
    currency = str(chosen["currency"])
    if not re.fullmatch("[A-Z]{3}", currency):
        raise SettingWrong("currency: три буквы ISO 4217, например RUB", "currency: three letters of ISO 4217, as RUB")
    addresses = [_address(name, chosen[name]) for name in ("coin_address", "bill_address", "hopper_address")]
    used = [address for address in addresses if address]
    if not used or len(set(used)) != len(used):
        raise SettingWrong(
            "coin_address, bill_address, hopper_address: нужен хотя бы один адрес, и все разные",
            "coin_address, bill_address, hopper_address: at least one address is needed, all different",
        )
    hopper_coin_minor, coin_unit_minor = int(chosen["hopper_coin_minor"]), int(chosen["coin_unit_minor"])
    if addresses[2] and hopper_coin_minor <= 0:
        raise SettingWrong(
            "hopper_coin_minor: достоинство монеты хоппера в копейках, больше 0",
            "hopper_coin_minor: the value of the hopper's coin in minor units, above 0",
        )
    if coin_unit_minor <= 0:
        raise SettingWrong("coin_unit_minor: больше 0", "coin_unit_minor: above 0")
    try:
        echo = Echo(str(chosen["echo"]))
    except ValueError as error:
        raise SettingWrong("echo: on, off или auto", "echo: on, off or auto") from error
    countries = _countries(str(chosen["countries"]))
    tables: dict[str, Table] = {"coins": CoinTable(countries, coin_unit_minor), "validator": BillTable(countries)}
    for name, unit in (("coin_table", "coins"), ("bill_table", "validator")):
        rows = _rows(name, str(chosen[name]), currency)
        if rows:
            tables[unit] = SettingsTable(rows)
    return Wiring(
        Station(addresses[0]),
        Station(addresses[1], bool(chosen["bill_crc"])),
        Station(addresses[2]),
        hopper_coin_minor,
        currency,
        tables,
        echo,
        int(chosen["decide_within_s"]),
    )


def _address(name: str, value: int | str | bool) -> int:
    address = int(value)
    if address != 0 and not 2 <= address <= 255:
        raise SettingWrong(f"{name}: 0 (нет) или от 2 до 255", f"{name}: 0 (none) or from 2 to 255")
    return address


def _countries(text: str) -> dict[str, str]:
    pairs = [re.fullmatch("([A-Z]{2})=([A-Z]{3})", word) for word in text.replace(",", " ").split()]
    if not pairs or None in pairs:
        raise SettingWrong(
            "countries: пары «страна=валюта» через пробел, например RU=RUB EU=EUR",
            "countries: pairs country=currency with spaces between, as RU=RUB EU=EUR",
        )
    return {pair[1]: pair[2] for pair in pairs if pair}


def _rows(name: str, text: str, currency: str) -> dict[int, Worth]:
    rows = {}
    for word in text.replace(",", " ").split():
        pair = re.fullmatch("([0-9]{1,2})=([0-9]{1,9})", word)
        if pair is None or int(pair[1]) not in TYPES or not int(pair[2]):
            raise SettingWrong(
                f"{name}: пары «номер=копейки» через пробел, номера от 1 до 16, например 1=100 2=200",
                f"{name}: pairs number=minor units with spaces between, numbers 1 to 16, as 1=100 2=200",
            )
        rows[int(pair[1])] = Worth(int(pair[2]), currency)
    return rows


SETTINGS: Mapping[str, Setting] = {
    "coin_address": Setting(
        2,
        "bus address of the coin acceptor, usually 2; 0: there is none",
        "адрес монетоприёмника на шине, обычно 2; 0 — его нет",
    ),
    "bill_address": Setting(
        0,
        "bus address of the bill validator, usually 40; 0: there is none",
        "адрес купюроприёмника на шине, обычно 40; 0 — его нет",
    ),
    "bill_crc": Setting(
        False,
        "the bill validator checks its frames by CRC and not by the simple sum",
        "купюроприёмник проверяет кадры по CRC, а не по простой сумме",
    ),
    "hopper_address": Setting(
        0,
        "bus address of the hopper, usually 3; 0: there is none",
        "адрес хоппера на шине, обычно 3; 0 — его нет",
    ),
    "hopper_coin_minor": Setting(
        0,
        "value of the hopper's coin in minor units: 1000 is ten roubles",
        "достоинство монеты в хоппере в копейках: 1000 — десять рублей",
    ),
    "currency": Setting(
        "RUB",
        "ISO 4217 currency of the hopper and of tables written here",
        "валюта хоппера и записанных здесь таблиц по ISO 4217",
    ),
    "countries": Setting(
        "RU=RUB EU=EUR US=USD GB=GBP KZ=KZT BY=BYN AM=AMD KG=KGS UZ=UZS",
        "which currency a country in the device's names of coins and notes means",
        "какую валюту означает страна в названиях монет и купюр устройства",
    ),
    "coin_unit_minor": Setting(
        1,
        "minor units in one unit of the acceptor's values: 1 where RU500 is five roubles, 100 where RU005 is",
        "копеек в единице значений монетоприёмника: 1, если RU500 — пять рублей; 100, если RU005",
    ),
    "coin_table": Setting(
        "",
        "coins by position in minor units, instead of asking: 1=100 2=200 3=500",
        "монеты по позициям в копейках вместо запроса: 1=100 2=200 3=500",
    ),
    "bill_table": Setting(
        "",
        "notes by type in minor units, instead of asking: 1=5000 2=10000",
        "купюры по типам в копейках вместо запроса: 1=5000 2=10000",
    ),
    "echo": Setting(
        "auto",
        "whether the adapter hands our own bytes back: on, off or auto",
        "возвращает ли адаптер наши собственные байты: on, off или auto",
    ),
    "decide_within_s": Setting(
        30,
        "seconds after which a note in escrow that nobody decides about is given back",
        "через сколько секунд вернуть купюру, о которой никто не решил",
    ),
}
