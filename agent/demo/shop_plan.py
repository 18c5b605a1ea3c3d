"""What stands in the demo's shop, where its files lie, and the configuration the agent and HQ are started with.

DIR/shop/          the agent's data directory        DIR/devices/   ledgers and memories of the simulated devices
DIR/keys/          the key to HQ, outside the agent's data and its backups      DIR/hq/    HQ's file      DIR/logs/
DIR/offers.toml    what a cashier may say to a guest who agreed to hear of offers; a person may change it
DIR/messages/      what the shop "sent" to phones and mailboxes: one file a message
DIR/branches/ID/   a further shop of a chain (branch_plan.py), with the same folders
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.till.people import hash_pin

SHOP = "«Мишкин дом», Казань"
SHOP_ADDRESS = "420111, г. Казань, ул. Баумана, д. 1"
SELLER, SELLER_INN = "ООО «Игротека»", "7707083893"
ZONE = "Europe/Moscow"
HQ_DEVICE = "mishkin-dom-kazan"
CASHIER_PIN, SUPERVISOR_PIN = "1111", "2222"
PEOPLE = (("irina", "Ирина Соколова", CASHIER_PIN, False), ("olga", "Ольга Ким", SUPERVISOR_PIN, True))
WATCH_MS = 1500
ROUBLES = "{currency = 643}"
HOPPER = "{coin_unit_minor = 100, hopper_address = 3, hopper_coin_minor = 1000}"
HOPPER_COINS = 100
"""Coins of ten roubles in the kiosk's hopper when the shop opens for the first time."""
HALL = "hall"
"""The bench's place for what hears and sees."""


@dataclass(frozen=True, slots=True)
class PlannedDevice:
    """One simulated device. `kind`, `id` and `place` are the bench page's, `driver` the agent's; `port` is the one
    wanted. `place` "": all tills and kiosks use it. `driver` "": it talks to a sensor and not to the
    agent."""

    id: str
    place: str
    kind: str
    name: str
    model: str
    simulator: str
    driver: str
    port: int
    settings: str = ""


DEVICES = (
    PlannedDevice("register-1", "till-1", "register", "ККТ кассы 1", "Штрих-М", "shtrih_m", "shtrih_m", 7778),
    PlannedDevice("terminal-1", "till-1", "terminal", "Терминал кассы 1", "ZVT", "zvt", "zvt", 20007, ROUBLES),
    PlannedDevice("scanner-1", "till-1", "scanner", "Сканер кассы 1", "USB-COM", "scanner", "serial_line", 7791),
    PlannedDevice("register-2", "till-2", "register", "ККТ кассы 2", "Штрих-М", "shtrih_m", "shtrih_m", 7779),
    PlannedDevice("terminal-2", "till-2", "terminal", "Терминал кассы 2", "confirm", "confirm", "confirm", 20008),
    PlannedDevice("goods-1", "", "goods_check", "Проверка марок", "local line", "goods_check", "local_line", 7790),
    PlannedDevice("validator-1", "kiosk-1", "validator", "Купюроприёмник киоска", "CCNET", "ccnet", "ccnet", 7792),
    PlannedDevice("coins-1", "kiosk-1", "coins", "Монеты и сдача киоска", "ccTalk", "cctalk", "cctalk", 7793, HOPPER),
    PlannedDevice("register-3", "kiosk-1", "register", "ККТ киоска", "Штрих-М", "shtrih_m", "shtrih_m", 7780),
    PlannedDevice("terminal-3", "kiosk-1", "terminal", "Терминал киоска", "ZVT", "zvt", "zvt", 20009, ROUBLES),
    PlannedDevice("wifi-1", HALL, "access_point", "Точка доступа", "RADIUS", "access_point", "", 7795),
)

TILLS = """
[[tills]]
id = "1"
name = "Касса 1"
where = "справа от входа"
register = "register-1"
terminals = ["terminal-1"]
scanner = "scanner-1"
goods_check = "goods-1"

[[tills]]
id = "2"
name = "Касса 2"
register = "register-2"
terminals = ["terminal-2"]
goods_check = "goods-1"
"""

KIOSKS = """
[[kiosks]]
id = "k1"
name = "Киоск 1"
register = "register-3"
terminals = ["terminal-3"]
scanner = ""
goods_check = "goods-1"
cash = ["validator-1", "coins-1"]
change = ["pay_out", "credit"]
phone = "8 800 000-00-00"
refund_terms = "Возврат и обмен 14 дней"
"""
KIOSK_PATH = "/kiosk/k1"


@dataclass(frozen=True, slots=True)
class PlannedShop:
    """One shop of the demo. `hq_device` is its agent's name at HQ, `stands` what HQ calls its tills; `tills` and
    `kiosks` are sections of the agent's configuration."""

    name: str
    address: str
    hq_device: str
    stands: str
    devices: tuple[PlannedDevice, ...]
    tills: str
    kiosks: str = ""


MAIN = PlannedShop(SHOP, SHOP_ADDRESS, HQ_DEVICE, "Кассы 1 и 2, киоск 1", DEVICES, TILLS, KIOSKS)


@dataclass(frozen=True, slots=True)
class Places:
    """A shop's files."""

    root: Path

    @property
    def config(self) -> Path:
        return self.root / "tillkeeper.toml"

    @property
    def offers(self) -> Path:
        return self.root / "offers.toml"

    @property
    def shop(self) -> Path:
        return self.root / "shop"

    @property
    def devices(self) -> Path:
        return self.root / "devices"

    @property
    def messages(self) -> Path:
        return self.root / "messages"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def hq_key(self) -> Path:
        return self.root / "keys" / "hq.key"

    @property
    def hq_devices(self) -> Path:
        return self.root / "hq" / "devices.toml"

    @property
    def hq_database(self) -> str:
        return f"sqlite:///{self.root / 'hq' / 'hq.db'}"

    @property
    def api_key(self) -> Path:
        """What the demo's web shop asks HQ with; a newcomer's curl may, too."""
        return self.hq_key.parent / "web-shop.key"

    def make(self) -> None:
        for folder in (self.devices, self.logs, self.root / "hq"):
            folder.mkdir(parents=True, exist_ok=True)
        self.hq_key.parent.mkdir(mode=0o700, exist_ok=True)


def device_key(places: Places) -> str:
    """The key the shop shows HQ: made once, readable by its owner only."""
    if places.hq_key.exists():
        return places.hq_key.read_text(encoding="utf-8").strip()
    key = secrets.token_urlsafe(32)
    descriptor = os.open(places.hq_key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(key + "\n")
    return key


def write_hq_devices(file: Path, shops: Sequence[tuple[PlannedShop, str]]) -> None:
    """Who may push, each with the key it shows: HQ knows the key's SHA-256 only."""
    rows: list[str] = []
    for shop, key in shops:
        kept = hashlib.sha256(key.encode()).hexdigest()
        rows += ["[[device]]", f"device = {_text(shop.hq_device)}", f"store = {_text(shop.name)}"]
        rows += [f"till = {_text(shop.stands)}", f'key_sha256 = "{kept}"', ""]
    file.write_text("\n".join(rows), encoding="utf-8")


def write_config(
    places: Places,
    port: int,
    hq_port: int,
    device_ports: dict[str, int],
    visitors: str = "",
    shop: PlannedShop = MAIN,
) -> None:
    """The agent's configuration, written anew at each start: ports may have changed. `visitors`: its section of that
    name, "" where nothing is heard or seen."""
    parts = [
        "# Written by `tillkeeper demo` at each start: changes here are lost.\n[shop]",
        f"name = {_text(shop.name)}",
        f"address = {_text(shop.address)}",
        f"zone = {_text(ZONE)}",
        f"directory = {_text(str(places.shop))}",
        "training = true",
        f'\n[agent]\nhost = "127.0.0.1"\nport = {port}\nwatch_ms = {WATCH_MS}',
        f'\n[hq]\nurl = "http://127.0.0.1:{hq_port}"\ndevice = {_text(shop.hq_device)}',
        f"key_file = {_text(str(places.hq_key))}",
        f'\n[messages]\ngateway = "file"\ndirectory = {_text(str(places.messages))}',
    ]
    for id, name, pin, supervisor in PEOPLE:
        hashed = hash_pin(pin)
        parts.append(f'\n[[cashiers]]\nid = "{id}"\nname = {_text(name)}\npin_hash = "{hashed}"')
        parts.append(f"supervisor = {str(supervisor).lower()}")
    parts.append(f'\n[[sellers]]\nid = "main"\nname = {_text(SELLER)}\ninn = "{SELLER_INN}"')
    parts += [shop.tills, shop.kiosks]
    for device in shop.devices:
        if not device.driver:
            continue
        parts.append(f'[[devices]]\nid = "{device.id}"\nname = {_text(device.name)}\ndriver = "{device.driver}"')
        parts.append(f'address = "tcp://127.0.0.1:{device_ports[device.id]}"')
        parts.append(f"settings = {device.settings}\n" if device.settings else "")
    parts.append(visitors)
    places.config.write_text("\n".join(parts), encoding="utf-8")


def _text(value: str) -> str:
    """A TOML basic string: JSON writes the same escapes."""
    return json.dumps(value, ensure_ascii=False)
