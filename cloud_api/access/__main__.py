"""`python -m cloud_api.access`: who may ask HQ, changed beside a running HQ; `tillkeeper hq key ...`.

key add --name N --scope S [--scope S ...] [--store NAME ...] [--days N]     prints the key, once
key list                                                                     names, scopes, stores, when last used
key revoke --name N                                                          by its name or id
key scopes                                                                   what can be allowed
each with --database sqlite:///PATH or postgresql://SERVER/NAME
"""

from __future__ import annotations

import argparse
import functools
import secrets
import sys
import time
from collections.abc import Awaitable, Callable

import anyio

from cloud_api.access.api_keys import LONGEST_NAME, ApiKey, NameTaken, add_key, list_keys, revoke_key
from cloud_api.access.scopes import ALL_SCOPES, WORDS, Scope
from cloud_api.settings import BadSettings, Mistake, database_path
from cloud_api.storage.opening import DriverMissing, opened
from cloud_api.storage.storage import NewerStorage, Storage, StorageBusy

DAY_MS = 86_400_000
Said = list[tuple[str, str]]
"""Lines in Russian and English."""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def _add(storage: Storage, asked: argparse.Namespace) -> Said:
    unknown = sorted(set(asked.scope) - ALL_SCOPES)
    mistakes = [
        Mistake(f"нет права {name!r}: см. key scopes", f"no scope {name!r}: see key scopes") for name in unknown
    ]
    name = asked.name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        mistakes.append(Mistake("нужно --name ИМЯ, до 60 знаков", "--name NAME is needed, at most 60 characters"))
    if not asked.scope:
        mistakes.append(Mistake("нужно хотя бы одно --scope", "at least one --scope is needed"))
    if mistakes:
        raise BadSettings(*mistakes)
    until_ms = wall_ms() + asked.days * DAY_MS if asked.days else None
    made = await add_key(
        storage, name, asked.scope, asked.store or None, until_ms, now_ms=wall_ms(), draw=secrets.token_bytes
    )
    return [
        ("ключ (показан один раз): " + made.secret, "key (shown once): " + made.secret),
        ("Передавать так: Authorization: Bearer КЛЮЧ", "Send it as: Authorization: Bearer KEY"),
    ]


async def _list(storage: Storage, _: argparse.Namespace) -> Said:
    keys = await list_keys(storage)
    return [_line(key, wall_ms()) for key in keys] or [("Ключей нет.", "There are no keys.")]


def _line(key: ApiKey, now_ms: int) -> tuple[str, str]:
    stores = ", ".join(sorted(key.stores)) if key.stores is not None else ""
    scopes, used = " ".join(sorted(key.scopes)), _day(key.used_ms)
    over = key.until_ms is not None and now_ms >= key.until_ms
    ended_ru = "отозван" if key.revoked_ms is not None else "истёк" if over else "действует"
    ended_en = "revoked" if key.revoked_ms is not None else "expired" if over else "in force"
    return (
        f"{key.name} ({key.key_id}): {ended_ru}; {scopes}; {stores or 'все магазины'}; был в деле: {used or 'никогда'}",
        f"{key.name} ({key.key_id}): {ended_en}; {scopes}; {stores or 'all stores'}; last used: {used or 'never'}",
    )


def _day(at_ms: int | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at_ms // 1000)) if at_ms else ""


async def _revoke(storage: Storage, asked: argparse.Namespace) -> Said:
    if not asked.name or not await revoke_key(storage, asked.name, now_ms=wall_ms()):
        raise BadSettings(
            Mistake(f"нет действующего ключа {asked.name!r}", f"no key {asked.name!r} is in force: see key list")
        )
    return [(f"{asked.name}: ключ отозван", f"{asked.name}: revoked, refused from now on")]


async def _scopes(_: Storage, __: argparse.Namespace) -> Said:
    return [(f"{scope}: {WORDS[scope].ru}", f"{scope}: {WORDS[scope].en}") for scope in Scope]


ACTIONS: dict[str, Callable[[Storage, argparse.Namespace], Awaitable[Said]]] = {
    "add": _add,
    "list": _list,
    "revoke": _revoke,
    "scopes": _scopes,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillkeeper hq", description="who may ask HQ")
    matters = parser.add_subparsers(dest="matter", required=True)
    key = matters.add_parser("key", help="keys of other systems")
    key.add_argument("action", choices=sorted(ACTIONS))
    key.add_argument("--database", required=True, help="sqlite:///PATH or postgresql://SERVER/NAME")
    key.add_argument("--name", default="", help="what the key is called, such as `web shop`")
    key.add_argument("--scope", action="append", default=[], help="what it may; several times (see key scopes)")
    key.add_argument("--store", action="append", default=[], help="a store it may see; none named: all of them")
    key.add_argument("--days", type=int, default=0, help="it expires after so many days; 0: never")
    return parser


async def _run(asked: argparse.Namespace) -> Said:
    async with opened(database_path(asked.database)) as storage:
        return await ACTIONS[asked.action](storage, asked)


def main(arguments: list[str] | None = None) -> int:
    """0 when it was done, 2 when nothing was."""
    asked = _parser().parse_args(arguments)
    try:
        said = anyio.run(functools.partial(_run, asked))
    except BadSettings as error:
        for mistake in error.mistakes:
            print(f"{mistake.ru}\n    {mistake.en}", file=sys.stderr)
        print("Ничего не изменено.\nNothing was changed.", file=sys.stderr)
        return 2
    except (NameTaken, NewerStorage, DriverMissing) as error:
        print(f"{error.ru}\n{error.en}", file=sys.stderr)
        return 2
    except StorageBusy as error:
        print(f"База сейчас занята: {error}. Ничего не изменено, повторите.", file=sys.stderr)
        print("The storage is busy now. Nothing was changed, try again.", file=sys.stderr)
        return 2
    for ru, en in said:
        print(f"{ru}\n{en}" if ru != en else ru)
    return 0


if __name__ == "__main__":
    sys.exit(main())
