"""What HQ is told when it starts: where its file is, where it listens, whose clock the business day follows.

The devices file is TOML; keys are written as their SHA-256, never in the clear:

    [[device]]
    device = "kazan-till-1"
    store = "Казань, Баумана"
    till = "Касса 1"
    key_sha256 = "64 hex digits"        # of the key's UTF-8 bytes
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

POSTGRESQL = "postgresql://"
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
PICKUP_HOURS = 48
SILENT_AFTER_S = 600  # a till reports at least once a minute; ten missed reports are no flapping line


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake of the settings: where it is and what to write there."""

    ru: str
    en: str


class BadSettings(Exception):
    """The settings cannot be used; every mistake is in `mistakes`. `str()` is English."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("; ".join(mistake.en for mistake in mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True, slots=True)
class DeviceEntry:
    """One device as the devices file names it."""

    device: str
    store: str
    till: str
    key_sha256: str


@dataclass(frozen=True, slots=True)
class Settings:
    """`database` is a file path, or the URL of a PostgreSQL database; `hosts` are the public names the office page may
    be asked for by."""

    database: str
    host: str = "127.0.0.1"
    port: int = 8090
    devices: tuple[DeviceEntry, ...] = ()
    hosts: frozenset[str] = frozenset()
    office_key_sha256: str = ""  # empty: the office page is for this machine only
    zone: str = "Europe/Moscow"
    currency: str = "RUB"
    silent_after_s: int = SILENT_AFTER_S
    pickup_hours: int = PICKUP_HOURS  # how long goods wait for who ordered them
    keys: Path | None = None  # the directory of HQ's own key; None: beside a SQLite file

    @property
    def database_url(self) -> str:
        """As another program of HQ's is told it."""
        return self.database if self.database.startswith(POSTGRESQL) else f"sqlite:///{self.database}"


def database_path(url: str) -> str:
    """The file behind `sqlite:///relative` or `sqlite:////absolute`, a `postgresql://` URL as it is; BadSettings for
    anything else."""
    prefix = "sqlite:///"
    if url.startswith(POSTGRESQL) and len(url) > len(POSTGRESQL):
        return url
    path = url.removeprefix(prefix)
    if not url.startswith(prefix) or not path:
        raise BadSettings(
            Mistake(
                f"database: {url!r} — не sqlite:///ПУТЬ (у полного пути четыре косых черты) и не postgresql://СЕРВЕР/ИМЯ",
                f"database: {url!r} is neither sqlite:///PATH (an absolute path has four slashes) nor "
                "postgresql://SERVER/NAME",
            )
        )
    return path


def checked_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadSettings(
            Mistake(
                f"zone: {name!r} — не часовой пояс, нужно, например, Europe/Moscow",
                f"zone: {name!r} is not a time zone such as Europe/Moscow",
            )
        ) from None
    return name


def is_sha256(text: str) -> bool:
    return len(text) == 64 and all(c in "0123456789abcdef" for c in text)


def read_devices(path: Path) -> tuple[DeviceEntry, ...]:
    """The devices file; BadSettings names every mistake at once."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadSettings(unreadable(path, error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(Mistake(f"{path}: это не TOML: {error}", f"{path}: this is not TOML: {error}")) from None
    mistakes = [_in(path, _unknown(name)) for name in table if name != "device"]
    rows = table.get("device", [])
    if not isinstance(rows, list):
        under = Mistake("каждое устройство пишется под [[device]]", "write each device under [[device]]")
        raise BadSettings(*mistakes, _in(path, under))
    entries: list[DeviceEntry] = []
    for place, row in enumerate(rows, start=1):
        wrong = _mistakes_of(row)
        mistakes += [_in(path, Mistake(f"device {place}: {w.ru}", f"device {place}: {w.en}")) for w in wrong]
        if not wrong:
            entries.append(DeviceEntry(**row))
    for field in ("device", "key_sha256"):
        values = [getattr(entry, field) for entry in entries]
        for value in sorted({v for v in values if values.count(v) > 1}):
            mistakes.append(_in(path, Mistake(f"{field} {value!r} повторяется", f"{field} {value!r} twice")))
    if mistakes:
        raise BadSettings(*mistakes)
    return tuple(entries)


def unreadable(path: Path, error: OSError) -> Mistake:
    return Mistake(f"{path} не читается: {error.strerror}", f"{path} cannot be read: {error.strerror}")


def _in(path: Path, mistake: Mistake) -> Mistake:
    return Mistake(f"{path}: {mistake.ru}", f"{path}: {mistake.en}")


def _unknown(name: str) -> Mistake:
    return Mistake(f"лишнее {name!r}", f"unknown {name!r}")


def _mistakes_of(row: object) -> list[Mistake]:
    if not isinstance(row, dict):
        return [Mistake("это не таблица", "not a table")]
    names = ("device", "store", "till", "key_sha256")
    wrong = [Mistake(f"не указано {name}", f"{name} is missing") for name in names if name not in row]
    wrong += [_unknown(name) for name in row if name not in names]
    for name in names:
        if name in row and not (isinstance(row[name], str) and row[name].strip()):
            wrong.append(Mistake(f"{name} — текст в кавычках", f"{name} is not a text"))
    key = row.get("key_sha256")
    if isinstance(key, str) and key.strip() and not is_sha256(key):
        wrong.append(
            Mistake("key_sha256 — 64 шестнадцатеричные цифры строчными", "key_sha256 is not 64 small hex digits")
        )
    return wrong
