"""The agent's configuration as facts, and the error that names every mistake of its file (read by settings_file.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.course.schedule import PERSON_AFTER_S
from agent.kiosk.kiosk_settings import IDLE_MONEY_S, IDLE_S, PAY_OUT
from drivers.driver import Driver

CURRENCIES = {"RUB": 643, "EUR": 978, "KZT": 398, "BYN": 933}


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
    where: str = ""  # how a shopper at a kiosk finds it


@dataclass(frozen=True, slots=True)
class KioskConfig:
    """A self-service place. `cash` are cash devices; `greatest_cash_minor` may be inserted for one purchase."""

    id: str
    name: str
    register: str
    terminals: tuple[str, ...] = ()
    cash: tuple[str, ...] = ()
    scanner: str = ""
    goods_check: str = ""
    phone: str = ""
    refund_terms: str = ""
    age_goods: str = "refuse"  # or "staff": somebody comes and looks
    greatest_cash_minor: int = 1_500_000
    box_pieces: int = 500
    machine: str = ""  # tag 1036, the id unless told
    idle_s: int = IDLE_S
    idle_money_s: int = IDLE_MONEY_S
    change: tuple[str, ...] = (PAY_OUT,)


@dataclass(frozen=True, slots=True)
class HqSettings:
    """HQ, and who we are there. `keys`: the directory of an enrolled device's key; None for a key of the settings."""

    url: str
    device: str
    key: str
    epoch: int = 1
    keys: Path | None = None


@dataclass(frozen=True, slots=True)
class MessagesConfig:
    """By which gateway words go to phones and mailboxes. `directory` is the file gateway's."""

    gateway: str
    directory: Path


@dataclass(frozen=True, slots=True)
class VisitorsConfig:
    """The sensors beside the agent (read by agent/visitors_told.py). `controller` answers for the visitors' data.

    `country`: ISO 3166's two letters, "" where none was told. `sockets`: the directory where the programs knock.
    `offers`: the file of offers, None for none. `door`: the zone whose camera line is the entrance, "" for all.
    """

    controller: str
    country: str
    accreditation: str
    zone_is_trigger: bool
    sockets: Path
    offers: Path | None
    door: str
    staff_keys: tuple[str, ...]
    staff_zones: tuple[str, ...]
    enter_dbm: int
    gap_s: int
    stay_least_s: int


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
    kiosks: tuple[KioskConfig, ...] = ()
    claim_days: int = 90
    messages: MessagesConfig | None = None
    visitors: VisitorsConfig | None = None
    not_enrolled_at: str = ""
    """The address of an HQ that knows no key of this device: `tillkeeper enroll` was not given, or the key is lost."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of the file: where it is and what to write there."""

    ru: str
    en: str


class SettingsWrong(Exception):
    """The file cannot be used. `ru` and `en` say what happened, every mistake, what is safe and what to do."""

    def __init__(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        self.file = file
        self.mistakes = tuple(mistakes)
        self.ru = _said(
            f"{file}: ошибок в настройках: {len(mistakes)}.",
            [mistake.ru for mistake in mistakes],
            "Цело: ничего не запущено, данные не тронуты.",
            "Сделайте: исправьте файл и запустите снова; tillkeeper doctor --config ФАЙЛ проверит его.",
        )
        self.en = _said(
            f"{file}: mistakes in the configuration: {len(mistakes)}.",
            [mistake.en for mistake in mistakes],
            "Safe: nothing was started, the data are not touched.",
            "Do: mend the file and start again; tillkeeper doctor --config FILE checks it.",
        )
        super().__init__(self.en)


def _said(what: str, mistakes: Sequence[str], safe: str, do: str) -> str:
    return "\n".join([what, *(f"  - {mistake}" for mistake in mistakes), safe, do])
