"""The agent's configuration: one TOML file, read whole, every mistake reported at once.

[shop]      name, zone, currency, directory (data), regime = "russia" | "unregulated", cash_rounding, training
[agent]     host, port, log, watch_ms, person_after_s (900: a lost answer is a person's to decide after so many seconds)
[hq]        url, device, key_file
[[cashiers]] id, name, pin_hash (made by `tillkeeper pin`), supervisor
[[sellers]] id, name, inn, address
[[tills]]   id, name, register, terminals, scanner, goods_check, default_means, print_slips (true)
[[devices]] id, name, driver, address, settings = {...}
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.course.schedule import PERSON_AFTER_S
from drivers.catalogue import driver
from drivers.driver import Driver, Kind
from drivers.links.address import parse_address

CURRENCIES = {"RUB": 643, "EUR": 978, "KZT": 398, "BYN": 933}
REGIMES = ("russia", "unregulated")
_KINDS: dict[type, str] = {int: "a whole number", str: "a text in quotes", bool: "true or false"}


@dataclass(frozen=True, slots=True)
class CashierSettings:
    id: str
    name: str
    pin_hash: str
    supervisor: bool = False


@dataclass(frozen=True, slots=True)
class SellerSettings:
    id: str
    name: str
    inn: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    id: str
    name: str
    driver: Driver
    address: str
    settings: dict[str, int | str | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TillConfig:
    id: str
    name: str
    register: str
    terminals: tuple[str, ...] = ()
    scanner: str = ""
    goods_check: str = ""
    default_means: str = "card"
    print_slips: bool = False


@dataclass(frozen=True, slots=True)
class HqSettings:
    url: str
    device: str
    key: str


@dataclass(frozen=True, slots=True)
class Settings:
    file: Path
    directory: Path
    shop: str
    address: str
    zone: str
    currency: str
    regime: str
    cash_rounding: bool
    training: bool
    language: str
    host: str
    port: int
    watch_s: float
    cashiers: tuple[CashierSettings, ...]
    sellers: tuple[SellerSettings, ...]
    tills: tuple[TillConfig, ...]
    devices: dict[str, DeviceSettings]
    hq: HqSettings | None
    wedge: dict[str, int]
    person_after_s: int = PERSON_AFTER_S


class SettingsWrong(Exception):
    """Every mistake of the file, each a sentence that says where and what to write."""

    def __init__(self, file: Path, mistakes: list[str]) -> None:
        listed = "\n".join(f"  - {mistake}" for mistake in mistakes)
        super().__init__(f"{file}: {len(mistakes)} mistakes in the configuration, nothing was started:\n{listed}")
        self.mistakes = mistakes


def read_settings(file: Path) -> Settings:
    """Raises SettingsWrong with all mistakes."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsWrong(file, [f"the file cannot be read: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsWrong(file, [f"this is not TOML: {error}"]) from error
    return _Reader(file, told).settings()


class _Reader:
    def __init__(self, file: Path, told: dict[str, Any]) -> None:
        self._file = file
        self._told = told
        self._mistakes: list[str] = []

    def settings(self) -> Settings:
        known = {"shop", "agent", "hq", "cashiers", "sellers", "tills", "devices", "wedge"}
        for name in sorted(set(self._told) - known):
            self._say(f"[{name}]: unknown section; known are {', '.join(sorted(known))}")
        shop = self._section("shop")
        agent = self._section("agent")
        devices = self._devices()
        settings = Settings(
            file=self._file,
            directory=self._path(shop, "directory", "var"),
            shop=self._text(shop, "shop", "name", required=True),
            address=self._text(shop, "shop", "address"),
            zone=self._zone(shop),
            currency=self._one_of(shop, "shop", "currency", tuple(CURRENCIES), "RUB"),
            regime=self._one_of(shop, "shop", "regime", REGIMES, "russia"),
            cash_rounding=self._flag(shop, "shop", "cash_rounding"),
            training=self._flag(shop, "shop", "training"),
            language=self._one_of(shop, "shop", "language", ("ru", "en"), "ru"),
            host=self._text(agent, "agent", "host") or "127.0.0.1",
            port=self._whole(agent, "agent", "port", 8080, 0, 65535),
            watch_s=self._whole(agent, "agent", "watch_ms", 1500, 100, 600_000) / 1000,
            cashiers=self._cashiers(),
            sellers=self._sellers(),
            tills=self._tills(devices),
            devices=devices,
            hq=self._hq(),
            wedge={k: v for k, v in self._section("wedge").items() if isinstance(v, int)},
            person_after_s=self._whole(agent, "agent", "person_after_s", PERSON_AFTER_S, 1, 86_400),
        )
        if self._mistakes:
            raise SettingsWrong(self._file, self._mistakes)
        return settings

    def _cashiers(self) -> tuple[CashierSettings, ...]:
        found: dict[str, CashierSettings] = {}
        for where, told in self._rows("cashiers"):
            id = self._text(told, where, "id", required=True)
            pin_hash = self._text(told, where, "pin_hash", required=True)
            if pin_hash and not pin_hash.startswith("$argon2id$"):
                self._say(f"{where}: pin_hash is not an argon2id hash; make one with `tillkeeper pin`")
            if id in found:
                self._say(f"{where}: the id {id!r} is used twice")
            name = self._text(told, where, "name", required=True)
            found[id] = CashierSettings(id, name, pin_hash, self._flag(told, where, "supervisor"))
        if not found:
            self._say("[[cashiers]]: at least one cashier is needed")
        elif not any(cashier.supervisor for cashier in found.values()):
            self._say("[[cashiers]]: nobody has supervisor = true; unclear payments could not be decided")
        return tuple(found.values())

    def _sellers(self) -> tuple[SellerSettings, ...]:
        return tuple(
            SellerSettings(
                self._text(told, where, "id", required=True),
                self._text(told, where, "name", required=True),
                self._text(told, where, "inn"),
                self._text(told, where, "address"),
            )
            for where, told in self._rows("sellers")
        )

    def _devices(self) -> dict[str, DeviceSettings]:
        found: dict[str, DeviceSettings] = {}
        for where, told in self._rows("devices"):
            id = self._text(told, where, "id", required=True)
            if id in found:
                self._say(f"{where}: the id {id!r} is used twice")
            about = self._driver(where, self._text(told, where, "driver", required=True))
            address = self._text(told, where, "address", required=True)
            if address:
                try:
                    parse_address(address)
                except ValueError as error:
                    self._say(f"{where}: address: {error}")
            settings = told.get("settings", {})
            if about is not None:
                if not isinstance(settings, dict):
                    self._say(f"{where}: settings is a table, such as settings = {{ name = 1 }}")
                    settings = {}
                self._driver_settings(where, about, settings)
                found[id] = DeviceSettings(id, self._text(told, where, "name") or id, about, address, dict(settings))
        return found

    def _driver_settings(self, where: str, about: Driver, settings: dict[str, Any]) -> None:
        """Names, kinds, and what only the driver itself can judge."""
        before = len(self._mistakes)
        for name in sorted(set(settings) - set(about.settings)):
            known = ", ".join(sorted(about.settings)) or "none"
            self._say(f"{where}: the driver {about.name} has no setting {name!r}; it has {known}")
        for name in sorted(set(settings) & set(about.settings)):
            wanted = type(about.settings[name].default)
            if type(settings[name]) is not wanted:
                self._say(f"{where}: {name} is {_KINDS[wanted]}: {about.settings[name].meaning}")
        if len(self._mistakes) == before:
            try:
                about.make(settings)
            except ValueError as error:
                self._say(f"{where}: settings: {error}")

    def _driver(self, where: str, name: str) -> Driver | None:
        if not name:
            return None
        try:
            return driver(name)
        except KeyError:
            from drivers.catalogue import drivers

            self._say(f"{where}: unknown driver {name!r}; known are {', '.join(d.name for d in drivers())}")
            return None

    def _tills(self, devices: dict[str, DeviceSettings]) -> tuple[TillConfig, ...]:
        found = []
        for where, told in self._rows("tills"):
            terminals = told.get("terminals", [])
            if not isinstance(terminals, list):
                self._say(f"{where}: terminals is a list of device ids")
                terminals = []
            till = TillConfig(
                self._text(told, where, "id", required=True),
                self._text(told, where, "name", required=True),
                self._text(told, where, "register", required=True),
                tuple(str(t) for t in terminals),
                self._text(told, where, "scanner"),
                self._text(told, where, "goods_check"),
                self._one_of(told, where, "default_means", ("card", "cash"), "card"),
                self._flag(told, where, "print_slips", default=True),
            )
            wanted = [
                (till.register, Kind.FISCAL_REGISTER),
                (till.scanner, Kind.SCANNER),
                (till.goods_check, Kind.GOODS_CHECK),
            ]
            wanted += [(terminal, Kind.PAYMENT_TERMINAL) for terminal in till.terminals]
            for id, kind in wanted:
                if id and id not in devices:
                    self._say(f"{where}: no device {id!r} in [[devices]]")
                elif id and devices[id].driver.kind is not kind:
                    self._say(f"{where}: the device {id!r} is no {kind.value} but a {devices[id].driver.kind.value}")
            found.append(till)
        if not found:
            self._say("[[tills]]: at least one till is needed")
        for shared in {till.register for till in found}:
            if sum(till.register == shared for till in found) > 1:
                self._say(f"[[tills]]: the register {shared!r} belongs to two tills; each till has its own")
        return tuple(found)

    def _hq(self) -> HqSettings | None:
        told = self._section("hq")
        if not told:
            return None
        url = self._text(told, "hq", "url", required=True)
        device = self._text(told, "hq", "device", required=True)
        key = os.environ.get("TILLKEEPER_HQ_KEY", "")
        if not key:
            key_file = self._path(told, "key_file", "")
            try:
                key = key_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                self._say(f"[hq]: key_file {key_file} cannot be read: {error.strerror}")
        return HqSettings(url, device, key)

    def _section(self, name: str) -> dict[str, Any]:
        told = self._told.get(name, {})
        if not isinstance(told, dict):
            self._say(f"[{name}]: this must be a section")
            return {}
        return told

    def _rows(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        told = self._told.get(name, [])
        if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
            self._say(f"[[{name}]]: this must be a list of sections")
            return []
        return [(f"[[{name}]] no. {number}", row) for number, row in enumerate(told, 1)]

    def _text(self, told: dict[str, Any], where: str, name: str, *, required: bool = False) -> str:
        value = told.get(name, "")
        if not isinstance(value, str):
            self._say(f"{where}: {name} must be a text in quotes")
            return ""
        if required and not value.strip():
            self._say(f"{where}: {name} is missing")
        return value.strip()

    def _flag(self, told: dict[str, Any], where: str, name: str, *, default: bool = False) -> bool:
        value = told.get(name, default)
        if not isinstance(value, bool):
            self._say(f"{where}: {name} is true or false")
            return False
        return value

    def _whole(self, told: dict[str, Any], where: str, name: str, default: int, least: int, most: int) -> int:
        value = told.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._say(f"{where}: {name} is a whole number from {least} to {most}")
            return default
        return value

    def _one_of(self, told: dict[str, Any], where: str, name: str, known: tuple[str, ...], default: str) -> str:
        value = told.get(name, default)
        if value not in known:
            self._say(f"{where}: {name} is one of {', '.join(known)}")
            return default
        return str(value)

    def _zone(self, shop: dict[str, Any]) -> str:
        zone = self._text(shop, "shop", "zone") or "Europe/Moscow"
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self._say(f"[shop]: zone {zone!r} is no time zone; write for example Europe/Moscow")
            return "Europe/Moscow"
        return zone

    def _path(self, told: dict[str, Any], name: str, default: str) -> Path:
        value = told.get(name, default)
        if not isinstance(value, str):
            self._say(f"{name} must be a path in quotes")
            value = default
        path = Path(value).expanduser()
        return path if path.is_absolute() else self._file.parent / path

    def _say(self, mistake: str) -> None:
        self._mistakes.append(mistake)
