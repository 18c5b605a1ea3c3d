"""The table of a unit: which number means which coin or note, as the device tells it or as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import Header
from drivers.cash_devices.cctalk.values import (
    BILL_ID_CHARACTERS,
    COIN_ID_CHARACTERS,
    Scaling,
    Worth,
    bill_worth,
    coin_worth,
    country_of,
)
from drivers.cash_devices.contract import Denomination
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue

TYPES = range(1, 17)
READINGS = 3
# Where a validator knows no scaling its number is read as whole units: 0050 is 50.00.
WHOLE_UNITS = Scaling(100, 2)


class Table(Protocol):
    def read(self, bus: Bus, station: Station) -> Dialogue[dict[int, Denomination]]: ...


@dataclass(frozen=True, slots=True)
class SettingsTable:
    """As written in the settings: nothing is asked."""

    rows: Mapping[int, Worth]

    def read(self, bus: Bus, station: Station) -> Dialogue[dict[int, Denomination]]:
        yield from ()
        return {type_: Denomination(type_, worth.value_minor, worth.currency) for type_, worth in self.rows.items()}


@dataclass(frozen=True, slots=True)
class CoinTable:
    """As the acceptor names its sixteen positions."""

    countries: Mapping[str, str]
    unit_minor: int

    def read(self, bus: Bus, station: Station) -> Dialogue[dict[int, Denomination]]:
        takes = {}
        for type_ in TYPES:
            name = yield from _name(bus, station, Header.COIN_ID, type_, COIN_ID_CHARACTERS)
            if name is None:
                break  # it does not know the question: sixteen silences would only take time
            worth = coin_worth(name, self.countries, self.unit_minor)
            if worth:
                takes[type_] = Denomination(type_, worth.value_minor, worth.currency)
        return takes


@dataclass(frozen=True, slots=True)
class BillTable:
    """As the validator names its sixteen types, with the scale of each country."""

    countries: Mapping[str, str]

    def read(self, bus: Bus, station: Station) -> Dialogue[dict[int, Denomination]]:
        takes = {}
        scales: dict[str, Scaling] = {}
        for type_ in TYPES:
            name = yield from _name(bus, station, Header.BILL_ID, type_, BILL_ID_CHARACTERS)
            if name is None:
                break
            country = country_of(name)
            if country in self.countries and country not in scales:
                scales[country] = yield from _scaling(bus, station, country)
            worth = bill_worth(name, self.countries, scales.get(country, WHOLE_UNITS))
            if worth:
                takes[type_] = Denomination(type_, worth.value_minor, worth.currency)
        return takes


def read_steadily(table: Table, bus: Bus, station: Station) -> Dialogue[dict[int, Denomination]]:
    """The table. Where an answer was missing it is read until it is twice the same: a coin's value hangs on it."""
    misses = bus.misses
    takes = yield from table.read(bus, station)
    if bus.misses == misses:
        return takes
    for _ in range(READINGS):
        again = yield from table.read(bus, station)
        if again == takes:
            return takes
        takes = again
    raise Unanswered("the table reads differently each time")


def _name(bus: Bus, station: Station, header: Header, type_: int, characters: int) -> Dialogue[bytes | None]:
    """None where the first one goes unanswered thrice: no unit answers for an empty position only."""
    if type_ != TYPES[0]:
        return (yield from bus.optional(station, header, bytes([type_]), {characters}))
    try:
        return (yield from bus.ask(station, header, bytes([type_]), {characters}))
    except Refused:
        return b""
    except (Unanswered, Garbled):
        return None


def _scaling(bus: Bus, station: Station, country: str) -> Dialogue[Scaling]:
    data = yield from bus.optional(station, Header.COUNTRY_SCALING, country.encode("ascii"), {3})
    scale = int.from_bytes(data[:2], "little")
    return Scaling(scale, data[2]) if scale else WHOLE_UNITS
