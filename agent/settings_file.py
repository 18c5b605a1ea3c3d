"""Reads the agent's configuration: one TOML file, read whole, every mistake reported at once in Russian and English.

[shop]      name, zone, currency, directory (data), regime = "russia" | "unregulated", cash_rounding, training,
            claim_days (90: how long a claim slip is paid without a supervisor)
[agent]     host, port, log, watch_ms, person_after_s (900: a lost answer is a person's to decide after so many seconds)
[hq]        url, and device and key_file where the device is not enrolled by a code (agent/hq_told.py)
[messages]  gateway = "none" | "file" (copies of receipts and claim slips to phones and mailboxes),
            directory (of the files; "messages" in the data directory unless told)
[visitors]  the sensors beside the agent; without this section there are none (agent/visitors_told.py has its keys)
[[cashiers]] id, name, pin_hash (made by `tillkeeper pin`), supervisor
[[sellers]] id, name, inn, address
[[tills]]   id, name, register, terminals, scanner, goods_check, default_means, print_slips (true),
            where ("справа от входа": how a shopper at a kiosk finds it, said behind its name)
[[kiosks]]  id, name, register, terminals, cash, scanner, goods_check, phone, refund_terms,
            age_goods = "refuse" | "staff", greatest_cash_minor, box_pieces (what a note box holds), machine (tag 1036),
            idle_s (60: nobody touches the screen), idle_money_s (120: the same with money inside), change = what
            becomes of it: ["pay_out", "credit" (an advance for who gave a number)] or ["exact"] (none is given)
[[devices]] id, name, driver, address, settings = {...}
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from agent.course.schedule import PERSON_AFTER_S
from agent.hq_told import ToldHq
from agent.key_file import keys_beside
from agent.kiosk.kiosk_settings import CHANGE_WAYS, EXACT, IDLE_MONEY_S, IDLE_S, PAY_OUT
from agent.settings import (
    CURRENCIES,
    CashierSettings,
    DeviceSettings,
    KioskConfig,
    MessagesConfig,
    Mistake,
    SellerSettings,
    Settings,
    SettingsWrong,
    TillConfig,
)
from agent.visitors_told import ToldVisitors
from drivers.catalogue import driver, drivers
from drivers.driver import Driver, Kind
from drivers.links.address import parse_address
from drivers.setting_wrong import SettingWrong
from fiscal.regimes import unregulated
from sync.store.system_words import system_words

SECTIONS = (
    *("shop", "agent", "hq", "messages", "visitors", "wedge"),
    *("cashiers", "sellers", "tills", "kiosks", "devices"),
)
REGIMES = ("russia", "unregulated")
GATEWAYS = ("none", "file")
MACHINE_LENGTH = 20
"""Tag 1036 holds so many characters."""
NO_CHANGE_ALLOWED = frozenset({unregulated.PROFILE.name} if unregulated.PROFILE.no_change_allowed else ())
"""Regimes under which a kiosk may give no change. No day of the Russian one allows it."""
LEAST_IDLE_S, LEAST_IDLE_MONEY_S = 40, 60
"""A shopper has twenty seconds at least to answer the warning (WCAG 2.2, 2.2.1), which is a half of these."""
LEAST_IDLE_TRAINING_S = 4
"""Who shows or tests a kiosk need not wait; real shoppers never meet a training shop."""
LONGEST_IDLE_S = 900
_VALUES: dict[type, Mistake] = {
    int: Mistake("целое число", "a whole number"),
    str: Mistake("текст в кавычках", "a text in quotes"),
    bool: Mistake("true или false", "true or false"),
}
_KINDS = {
    Kind.FISCAL_REGISTER: "ККТ (fiscal_register)",
    Kind.PAYMENT_TERMINAL: "платёжный терминал (payment_terminal)",
    Kind.GOODS_CHECK: "проверка товара (goods_check)",
    Kind.SCANNER: "сканер (scanner)",
    Kind.CASH_DEVICE: "приём наличных (cash_device)",
}


def read_settings(file: Path) -> Settings:
    """Raises SettingsWrong with all mistakes."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        ru, en = system_words(error)
        raise SettingsWrong(file, [Mistake(f"файл не читается: {ru}", f"the file cannot be read: {en}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsWrong(file, [Mistake(f"это не TOML: {error}", f"this is not TOML: {error}")]) from error
    return _Reader(file, told).settings()


class _Reader(ToldVisitors, ToldHq):
    def settings(self) -> Settings:
        for name in sorted(set(self._told) - set(SECTIONS)):
            sections = ", ".join(sorted(SECTIONS))
            self._say(f"[{name}]", f"такого раздела нет; есть {sections}", f"unknown section; known are {sections}")
        shop = self._section("shop")
        agent = self._section("agent")
        devices = self._devices()
        tills = self._tills(devices)
        directory = self._path(shop, "[shop]", "directory", "var")
        hq = self._hq(keys_beside(directory))
        settings = Settings(
            file=self._file,
            directory=directory,
            shop=self._text(shop, "[shop]", "name", required=True),
            address=self._text(shop, "[shop]", "address"),
            zone=self._zone(shop),
            currency=self._one_of(shop, "[shop]", "currency", tuple(CURRENCIES), "RUB"),
            regime=self._one_of(shop, "[shop]", "regime", REGIMES, "russia"),
            cash_rounding=self._flag(shop, "[shop]", "cash_rounding"),
            training=self._flag(shop, "[shop]", "training"),
            language=self._one_of(shop, "[shop]", "language", ("ru", "en"), "ru"),
            host=self._text(agent, "[agent]", "host") or "127.0.0.1",
            port=self._whole(agent, "[agent]", "port", 8080, 0, 65535),
            watch_s=self._whole(agent, "[agent]", "watch_ms", 1500, 100, 600_000) / 1000,
            cashiers=self._cashiers(),
            sellers=self._sellers(),
            tills=tills,
            devices=devices,
            hq=hq,
            wedge={k: v for k, v in self._section("wedge").items() if isinstance(v, int)},
            person_after_s=self._whole(agent, "[agent]", "person_after_s", PERSON_AFTER_S, 1, 86_400),
            kiosks=self._kiosks(devices, tills),
            claim_days=self._whole(shop, "[shop]", "claim_days", 90, 1, 3650),
            messages=self._messages(directory),
            visitors=self._visitors(),
            not_enrolled_at=self._not_enrolled_at() if hq is None else "",
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
                self._say(
                    where,
                    "pin_hash — не хеш argon2id; его делает `tillkeeper pin`",
                    "pin_hash is not an argon2id hash; make one with `tillkeeper pin`",
                )
            self._once(where, id, found)
            name = self._text(told, where, "name", required=True)
            found[id] = CashierSettings(id, name, pin_hash, self._flag(told, where, "supervisor"))
        if not found:
            self._say("[[cashiers]]", "нужен хотя бы один кассир", "at least one cashier is needed")
        elif not any(cashier.supervisor for cashier in found.values()):
            self._say(
                "[[cashiers]]",
                "ни у кого нет supervisor = true; неясную оплату некому будет решить",
                "nobody has supervisor = true; unclear payments could not be decided",
            )
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
            self._once(where, id, found)
            about = self._driver(where, self._text(told, where, "driver", required=True))
            address = self._text(told, where, "address", required=True)
            if address:
                try:
                    parse_address(address)
                except SettingWrong as wrong:
                    self._say(where, f"address: {wrong.ru}", f"address: {wrong.en}")
            settings = told.get("settings", {})
            if about is not None:
                if not isinstance(settings, dict):
                    self._say(
                        where,
                        "settings — таблица, например settings = { name = 1 }",
                        "settings is a table, such as settings = { name = 1 }",
                    )
                    settings = {}
                self._driver_settings(where, about, settings)
                found[id] = DeviceSettings(id, self._text(told, where, "name") or id, about, address, dict(settings))
        return found

    def _driver_settings(self, where: str, about: Driver, settings: dict[str, Any]) -> None:
        """Names, kinds, and what only the driver itself can judge."""
        before = len(self._mistakes)
        for name in sorted(set(settings) - set(about.settings)):
            known = ", ".join(sorted(about.settings)) or "—"
            self._say(
                where,
                f"у драйвера {about.name} нет настройки {name!r}; есть {known}",
                f"the driver {about.name} has no setting {name!r}; it has {known}",
            )
        for name in sorted(set(settings) & set(about.settings)):
            setting = about.settings[name]
            value = _VALUES[type(setting.default)]
            if type(settings[name]) is not type(setting.default):
                self._say(
                    where, f"{name} — {value.ru}: {setting.meaning_ru}", f"{name} is {value.en}: {setting.meaning}"
                )
        if len(self._mistakes) == before:
            try:
                about.make(settings)
            except SettingWrong as wrong:
                self._say(where, f"settings: {wrong.ru}", f"settings: {wrong.en}")

    def _driver(self, where: str, name: str) -> Driver | None:
        if not name:
            return None
        try:
            return driver(name)
        except KeyError:
            known = ", ".join(each.name for each in drivers())
            self._say(where, f"драйвера {name!r} нет; есть {known}", f"unknown driver {name!r}; known are {known}")
            return None

    def _tills(self, devices: dict[str, DeviceSettings]) -> tuple[TillConfig, ...]:
        found = []
        for where, told in self._rows("tills"):
            till = TillConfig(
                self._text(told, where, "id", required=True),
                self._text(told, where, "name", required=True),
                self._text(told, where, "register", required=True),
                self._ids(told, where, "terminals"),
                self._text(told, where, "scanner"),
                self._text(told, where, "goods_check"),
                self._one_of(told, where, "default_means", ("card", "cash"), "card"),
                self._flag(told, where, "print_slips", default=True),
                self._text(told, where, "where").rstrip("."),
            )
            wanted = [
                (till.register, Kind.FISCAL_REGISTER),
                (till.scanner, Kind.SCANNER),
                (till.goods_check, Kind.GOODS_CHECK),
            ]
            wanted += [(terminal, Kind.PAYMENT_TERMINAL) for terminal in till.terminals]
            self._devices_there(where, wanted, devices)
            found.append(till)
        if not found:
            self._say("[[tills]]", "нужна хотя бы одна касса", "at least one till is needed")
        for shared in {till.register for till in found}:
            if sum(till.register == shared for till in found) > 1:
                self._say(
                    "[[tills]]",
                    f"ККТ {shared!r} указана у двух касс; у каждой кассы своя",
                    f"the register {shared!r} belongs to two tills; each till has its own",
                )
        return tuple(found)

    def _kiosks(self, devices: dict[str, DeviceSettings], tills: tuple[TillConfig, ...]) -> tuple[KioskConfig, ...]:
        found: dict[str, KioskConfig] = {}
        taken = {till.register for till in tills}
        training = self._section("shop").get("training") is True
        idle = (LEAST_IDLE_TRAINING_S,) * 2 if training else (LEAST_IDLE_S, LEAST_IDLE_MONEY_S)
        for where, told in self._rows("kiosks"):
            id = self._text(told, where, "id", required=True)
            kiosk = KioskConfig(
                id,
                self._text(told, where, "name", required=True),
                self._text(told, where, "register", required=True),
                self._ids(told, where, "terminals"),
                self._ids(told, where, "cash"),
                self._text(told, where, "scanner"),
                self._text(told, where, "goods_check"),
                self._text(told, where, "phone"),
                self._text(told, where, "refund_terms"),
                self._one_of(told, where, "age_goods", ("refuse", "staff"), "refuse"),
                self._whole(told, where, "greatest_cash_minor", 1_500_000, 1, 10_000_000),
                self._whole(told, where, "box_pieces", 500, 60, 10_000),
                self._text(told, where, "machine") or id,
                self._whole(told, where, "idle_s", IDLE_S, idle[0], LONGEST_IDLE_S),
                self._whole(told, where, "idle_money_s", IDLE_MONEY_S, idle[1], LONGEST_IDLE_S),
                self._change(told, where),
            )
            self._once(where, id, found)
            if any(till.id == id for till in tills):
                self._say(where, f"id {id!r} уже у кассы", f"the id {id!r} belongs to a till")
            if len(kiosk.machine) > MACHINE_LENGTH:
                self._say(
                    where,
                    f"machine — не длиннее {MACHINE_LENGTH} знаков",
                    f"machine has at most {MACHINE_LENGTH} characters",
                )
            if kiosk.register in taken:
                self._say(
                    where,
                    f"ККТ {kiosk.register!r} уже занята; у киоска своя, в автоматическом режиме",
                    f"the register {kiosk.register!r} is taken; a kiosk has its own, in automatic mode",
                )
            taken.add(kiosk.register)
            if not kiosk.terminals and not kiosk.cash:
                self._say(where, "платить нечем: нужны terminals или cash", "nothing to pay with: terminals or cash")
            wanted = [
                (kiosk.register, Kind.FISCAL_REGISTER),
                (kiosk.scanner, Kind.SCANNER),
                (kiosk.goods_check, Kind.GOODS_CHECK),
            ]
            wanted += [(terminal, Kind.PAYMENT_TERMINAL) for terminal in kiosk.terminals]
            wanted += [(device, Kind.CASH_DEVICE) for device in kiosk.cash]
            self._devices_there(where, wanted, devices)
            found[id] = kiosk
        return tuple(found.values())

    def _change(self, told: dict[str, Any], where: str) -> tuple[str, ...]:
        ways = self._ids(told, where, "change") or (PAY_OUT,)
        unknown = [way for way in ways if way not in CHANGE_WAYS]
        if unknown or (EXACT in ways and len(ways) > 1):
            known = ", ".join(CHANGE_WAYS)
            self._say(
                where,
                f"change — список из {known}; {EXACT} стоит один",
                f"change is a list of {known}; {EXACT} stands alone",
            )
            return (PAY_OUT,)
        if EXACT in ways and self._section("shop").get("regime", "russia") not in NO_CHANGE_ALLOWED:
            self._say(
                where,
                "сдачу здесь давать обязательно: regime этого магазина не допускает продажи без неё",
                "change has to be given here: this regime does not allow to sell without it",
            )
        return ways

    def _ids(self, told: dict[str, Any], where: str, name: str) -> tuple[str, ...]:
        ids = told.get(name, [])
        if not isinstance(ids, list):
            self._say(where, f"{name} — список id устройств", f"{name} is a list of device ids")
            return ()
        return tuple(str(id) for id in ids)

    def _devices_there(self, where: str, wanted: list[tuple[str, Kind]], devices: dict[str, DeviceSettings]) -> None:
        for id, kind in wanted:
            if id and id not in devices:
                self._say(where, f"в [[devices]] нет устройства {id!r}", f"no device {id!r} in [[devices]]")
            elif id and devices[id].driver.kind is not kind:
                found = devices[id].driver.kind
                self._say(
                    where,
                    f"устройство {id!r} — не {_KINDS[kind]}, а {_KINDS[found]}",
                    f"the device {id!r} is no {kind.value} but a {found.value}",
                )

    def _messages(self, data: Path) -> MessagesConfig | None:
        told = self._section("messages")
        gateway = self._one_of(told, "[messages]", "gateway", GATEWAYS, "none")
        # Beside the journal unless told: a hardened service may write nowhere else.
        directory = self._path(told, "[messages]", "directory", "") if "directory" in told else data / "messages"
        return MessagesConfig(gateway, directory) if gateway != "none" else None
