"""`python -m cloud_api.access`: who may ask HQ, changed beside a running HQ; `tillkeeper hq key ...`.

key add --name N --scope S [--scope S ...] [--store NAME ...] [--days N]     prints the key, once
key list                                                                     names, scopes, stores, when last used
key revoke --name N                                                          by its name or id
key scopes                                                                   what can be allowed
user add --login L --name N [--role owner] [--store NAME ...] [--password-file FILE]   a person of the office
user list                                                                    people, roles, stores
user password --login L [--password-file FILE]                               a new password; all sessions end
user end --login L                                                           access ends, the log keeps the name
each with --database sqlite:///PATH or postgresql://SERVER/NAME
"""

from __future__ import annotations

import argparse
import functools
import re
import secrets
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio

from cloud_api.access.api_keys import LONGEST_NAME, ApiKey, NameTaken, add_key, list_keys, revoke_key
from cloud_api.access.asker import AskerKind
from cloud_api.access.audit import Audit
from cloud_api.access.passwords import SHORTEST, long_enough
from cloud_api.access.roles import WORDS as WORDS_OF_ROLES
from cloud_api.access.roles import Role
from cloud_api.access.scopes import ALL_SCOPES, WORDS, Scope
from cloud_api.access.users import LOGIN, UserWrong, add_user, change_user, set_password, users
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


async def _user_add(storage: Storage, asked: argparse.Namespace) -> Said:
    login, name, role = asked.login.strip().lower(), asked.name.strip() or asked.login.strip(), asked.role
    mistakes = []
    if not re.fullmatch(LOGIN, login):
        mistakes.append(
            Mistake(
                "нужно --login ЛОГИН: строчные латинские буквы, цифры, точка, дефис",
                "--login LOGIN is needed: small Latin letters, digits, dot, hyphen",
            )
        )
    if role not in set(Role):
        mistakes.append(Mistake(f"нет роли {role!r}: {', '.join(Role)}", f"no role {role!r}: {', '.join(Role)}"))
    if mistakes:
        raise BadSettings(*mistakes)
    password, made = _password(asked)
    await add_user(storage, login, name, Role(role), asked.store or None, password, now_ms=wall_ms())
    await _noted(storage, "users", f"{login}: {role}")
    said = [(f"{login}: {WORDS_OF_ROLES[Role(role)].ru}", f"{login}: {WORDS_OF_ROLES[Role(role)].en}")]
    return [*said, (f"пароль (показан один раз): {made}", f"password (shown once): {made}")] if made else said


async def _user_list(storage: Storage, _: argparse.Namespace) -> Said:
    return [
        (
            f"{user.login}: {user.name}; {user.role}; {', '.join(sorted(user.stores or ())) or 'все магазины'}"
            + ("; доступ закрыт" if user.disabled_ms is not None else ""),
            f"{user.login}: {user.name}; {user.role}; {', '.join(sorted(user.stores or ())) or 'all stores'}"
            + ("; access ended" if user.disabled_ms is not None else ""),
        )
        for user in await users(storage)
    ] or [("Пользователей нет.", "There are no users.")]


async def _user_password(storage: Storage, asked: argparse.Namespace) -> Said:
    password, made = _password(asked)
    await set_password(storage, asked.login, password, now_ms=wall_ms())
    await _noted(storage, "users.password", asked.login)
    said = [(f"{asked.login}: новый пароль, все входы закрыты", f"{asked.login}: new password, all sessions ended")]
    return [*said, (f"пароль (показан один раз): {made}", f"password (shown once): {made}")] if made else said


async def _user_end(storage: Storage, asked: argparse.Namespace) -> Said:
    known = {user.login: user for user in await users(storage)}
    role = known[asked.login].role if asked.login in known else Role.VIEWER
    stores = known[asked.login].stores if asked.login in known else None
    await change_user(storage, asked.login, role=role, stores=stores, disabled=True, now_ms=wall_ms())
    await _noted(storage, "users.change", f"{asked.login}: ended")
    return [(f"{asked.login}: доступ закрыт", f"{asked.login}: access ended")]


def _password(asked: argparse.Namespace) -> tuple[str, str]:
    """The password, and again where it was made here and has to be shown."""
    if asked.password_file is not None:
        try:
            password = asked.password_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise BadSettings(
                Mistake(f"{asked.password_file} не читается", f"{asked.password_file} cannot be read")
            ) from None
        if not long_enough(password):
            raise BadSettings(
                Mistake(f"в пароле не меньше {SHORTEST} знаков", f"a password has at least {SHORTEST} characters")
            )
        return password, ""
    made = secrets.token_urlsafe(12)
    return made, made


async def _noted(storage: Storage, what: str, target: str) -> None:
    """In the log of actions as this machine's."""
    await Audit(storage, wall_ms, secrets.token_bytes).note("command line", AskerKind.MACHINE, what, target, "done")


USER_ACTIONS: dict[str, Callable[[Storage, argparse.Namespace], Awaitable[Said]]] = {
    "add": _user_add,
    "list": _user_list,
    "password": _user_password,
    "end": _user_end,
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
    user = matters.add_parser("user", help="people who sign in to the office page")
    user.add_argument("action", choices=sorted(USER_ACTIONS))
    user.add_argument("--database", required=True, help="sqlite:///PATH or postgresql://SERVER/NAME")
    user.add_argument("--login", default="", help="what the person types to sign in")
    user.add_argument("--name", default="", help="as the page shows it")
    user.add_argument("--role", default=Role.OWNER.value, help=", ".join(Role))
    user.add_argument("--store", action="append", default=[], help="a store the person sees; none named: all of them")
    user.add_argument("--password-file", type=Path, help="the password; without it one is made and shown once")
    return parser


async def _run(asked: argparse.Namespace) -> Said:
    actions = USER_ACTIONS if asked.matter == "user" else ACTIONS
    async with opened(database_path(asked.database)) as storage:
        said = await actions[asked.action](storage, asked)
        if asked.matter == "key" and asked.action in ("add", "revoke"):
            await _noted(storage, f"keys.{asked.action}", asked.name)
        return said


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
    except (NameTaken, UserWrong, NewerStorage, DriverMissing) as error:
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
