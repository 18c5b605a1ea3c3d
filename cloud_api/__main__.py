"""`python -m cloud_api`: serves HQ, or changes who may push.

python -m cloud_api --database sqlite:///PATH [--host H] [--port N] [--devices FILE] [--zone Europe/Moscow]
                    [--public-host NAME ...] [--office-key-file FILE]
python -m cloud_api add-device --database sqlite:///PATH --device ID --store NAME --till NAME [--key-file FILE]
python -m cloud_api enrol-code --database sqlite:///PATH --store NAME --till NAME [--device ID]
python -m cloud_api enrol-code --database sqlite:///PATH --replaces ID
python -m cloud_api revoke-device --database sqlite:///PATH --device ID
python -m cloud_api migrate --database sqlite:///PATH

Wherever sqlite:///PATH stands, postgresql://SERVER[,SERVER]/NAME may stand too.
"""

from __future__ import annotations

import argparse
import functools
import secrets
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio

from cloud_api.app import start_hq
from cloud_api.collecting import settle
from cloud_api.hq_key import KeyUnusable
from cloud_api.listening import listen, serve
from cloud_api.settings import (
    PICKUP_HOURS,
    BadSettings,
    DeviceEntry,
    Mistake,
    Settings,
    checked_zone,
    database_path,
    read_devices,
    unreadable,
)
from cloud_api.storage.opening import DriverMissing, opened
from cloud_api.storage.revisions import REVISIONS
from cloud_api.storage.storage import NewerStorage, StorageBusy
from cloud_api.store.codes import make_code, make_replacement
from cloud_api.store.devices import KeyTaken, key_hash, put_device, revoke_device


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


def complain(*said: str) -> None:
    print("\n".join(said), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m cloud_api", description="HQ of Tillkeeper")
    parser.add_argument("command", nargs="?", choices=("serve", *COMMANDS), default="serve")
    parser.add_argument(
        "--database", required=True, help="sqlite:///PATH, four slashes if absolute; or postgresql://SERVER/NAME"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (this machine only by default)")
    parser.add_argument("--port", type=int, default=8090, help="0 takes any free port")
    parser.add_argument("--devices", type=Path, help="TOML file of devices, read at start")
    parser.add_argument("--zone", default="Europe/Moscow", help="time zone of the business day")
    parser.add_argument("--currency", default="RUB", help="ISO code shown with sums")
    parser.add_argument("--public-host", action="append", default=[], help="name the office page is asked for by")
    parser.add_argument("--office-key-file", type=Path, help="file with the key that opens the office from elsewhere")
    parser.add_argument("--keys", type=Path, help="directory of HQ's own key; beside a SQLite file unless told")
    parser.add_argument(
        "--pickup-hours",
        type=int,
        default=PICKUP_HOURS,
        choices=range(24, 73),
        metavar="24..72",
        help="how long goods wait for who ordered them",
    )
    parser.add_argument("--device", help="id of a device")
    parser.add_argument("--store", help="name of its shop")
    parser.add_argument("--till", help="name of the till")
    parser.add_argument("--replaces", help="id of the device whose place a new machine takes")
    parser.add_argument("--key-file", type=Path, help="file with the device's key; without it a new key is printed")
    return parser


def _key_in(path: Path) -> str:
    try:
        key = path.read_text("utf-8").strip()
    except OSError as error:
        raise BadSettings(unreadable(path, error)) from None
    except UnicodeDecodeError:
        raise BadSettings(Mistake(f"{path}: это не текст", f"{path}: this is not a text")) from None
    if len(key) < 16:
        short = Mistake(f"{path}: в ключе не меньше 16 знаков", f"{path}: a key has at least 16 characters")
        raise BadSettings(short)
    return key


def _settings(asked: argparse.Namespace) -> Settings:
    return Settings(
        database=database_path(asked.database),
        host=asked.host,
        port=asked.port,
        devices=read_devices(asked.devices) if asked.devices else (),
        hosts=frozenset(name.lower() for name in asked.public_host),
        office_key_sha256=key_hash(_key_in(asked.office_key_file)) if asked.office_key_file else "",
        zone=checked_zone(asked.zone),
        currency=asked.currency,
        keys=asked.keys,
        pickup_hours=asked.pickup_hours,
    )


def _demand(asked: argparse.Namespace, *wanted: str) -> None:
    missing = [Mistake(f"нужно --{name}", f"--{name} is needed") for name in wanted if not getattr(asked, name)]
    if missing:
        raise BadSettings(*missing)


async def _add_device(asked: argparse.Namespace) -> str:
    _demand(asked, "device", "store", "till")
    key = _key_in(asked.key_file) if asked.key_file else secrets.token_urlsafe(32)
    entry = DeviceEntry(asked.device, asked.store, asked.till, key_hash(key))
    async with opened(database_path(asked.database)) as storage:
        await put_device(storage, entry, now_ms=wall_ms())
    said = f"{asked.device}: приём открыт · may push"
    return said if asked.key_file else f"{said}\nключ · key {key}"


async def _enrol_code(asked: argparse.Namespace) -> str:
    """The code is shown here and kept nowhere."""
    if asked.replaces:
        return await _replacement(asked)
    _demand(asked, "store", "till")
    async with opened(database_path(asked.database)) as storage:
        made = await make_code(
            storage, asked.store, asked.till, asked.device or "", now_ms=wall_ms(), draw=secrets.token_bytes
        )
    return (
        f"код · code {made.code}\n"
        f"{made.device}: {asked.till}, {asked.store}; 15 минут, один раз · 15 minutes, once\n"
        "В магазине · in the shop: tillkeeper enroll URL CODE --config FILE"
    )


async def _replacement(asked: argparse.Namespace) -> str:
    async with opened(database_path(asked.database)) as storage:
        made = await make_replacement(storage, asked.replaces, now_ms=wall_ms(), draw=secrets.token_bytes)
    if made is None:
        ru, en = f"--replaces: нет устройства {asked.replaces!r}", f"--replaces: no device {asked.replaces!r}"
        raise BadSettings(Mistake(ru, en))
    return (
        f"код · code {made.code}\n"
        f"{made.device}: прежняя машина закроется · the machine before ends; 15 минут, один раз · 15 minutes, once\n"
        "На новой машине · on the new machine: tillkeeper restore URL CODE --backup FILE --config FILE"
    )


async def _revoke_device(asked: argparse.Namespace) -> str:
    async with opened(database_path(asked.database)) as storage:
        if not asked.device or not await revoke_device(storage, asked.device, now_ms=wall_ms()):
            raise BadSettings(
                Mistake(f"--device: нет устройства {asked.device!r}", f"--device: no device {asked.device!r}")
            )
    return f"{asked.device}: приём закрыт · may push no more"


async def _migrate(asked: argparse.Namespace) -> str:
    """Every start does the same; by itself it is for whoever wants the schema there before the programs are changed."""
    async with opened(database_path(asked.database), checked_zone(asked.zone)):
        return f"{REVISIONS[-1].revision}: схема готова · the schema is there"


COMMANDS = {
    "add-device": _add_device,
    "enrol-code": _enrol_code,
    "revoke-device": _revoke_device,
    "migrate": _migrate,
}


async def _serve(settings: Settings, listener: socket.socket, say: Callable[[str], None]) -> None:
    hq = await start_hq(settings, now_ms=wall_ms)
    settle()
    await serve(hq, listener, say)


def main(arguments: list[str] | None = None) -> int:
    """0 after a clean stop, 2 when HQ cannot start; every mistake is named on standard error."""
    asked = _parser().parse_args(arguments)
    say = functools.partial(print, flush=True)
    try:
        if asked.command != "serve":
            say(anyio.run(COMMANDS[asked.command], asked))
            return 0
        settings = _settings(asked)
        listener = listen(settings.host, settings.port)
        with listener:
            anyio.run(_serve, settings, listener, say)
    except BadSettings as error:
        complain(
            *(f"{mistake.ru}\n    {mistake.en}" for mistake in error.mistakes),
            "Ничего не сделано, данные не тронуты. Исправьте это и запустите снова.",
            "Nothing was done, the data are not touched. Mend this and start again.",
        )
        return 2
    except (NewerStorage, DriverMissing, KeyTaken, KeyUnusable) as error:
        complain(error.ru, error.en)
        return 2
    except (OSError, OverflowError, StorageBusy) as error:
        complain(
            f"Офис не запущен: {error}. Данные целы. Проверьте адрес, порт и файл базы и запустите снова.",
            f"HQ cannot start: {error}. The data are safe. Check address, port and database file, then start again.",
        )
        return 2
    except KeyboardInterrupt:
        return 0  # uvicorn gives the signal back after it has stopped cleanly
    return 0


if __name__ == "__main__":
    sys.exit(main())
