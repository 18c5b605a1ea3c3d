"""The people of the office: login, name, role, the stores they see. Nobody is deleted: the log names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from cloud_api.access.asker import Asker, AskerKind
from cloud_api.access.passwords import hash_of
from cloud_api.access.roles import SCOPES, Role
from cloud_api.storage.storage import Reading, Storage, Transaction

LOGIN = r"^[a-z0-9][a-z0-9._@-]{0,63}$"
LONGEST_NAME = 100
_OF_PEOPLE = "/* global: people of the office */"
_COLUMNS = "login, name, role, stores, made_ms, disabled_ms"


class UserWrong(Exception):
    """Nothing was changed: `code` for programs (login_taken, no_user, last_owner), `ru` and `en` for a person."""

    def __init__(self, code: str, ru: str, en: str) -> None:
        self.code, self.ru, self.en = code, ru, en
        super().__init__(en)


@dataclass(frozen=True, slots=True)
class User:
    """`stores` None: all of them."""

    login: str
    name: str
    role: Role
    stores: frozenset[str] | None
    made_ms: int
    disabled_ms: int | None

    @property
    def asker(self) -> Asker:
        return Asker(self.login, AskerKind.USER, SCOPES[self.role], self.stores)


async def anybody(storage: Reading) -> bool:
    """From the first person on, whoever comes to the page signs in."""
    return await storage.row(f"{_OF_PEOPLE} SELECT 1 FROM office_user LIMIT 1") is not None


async def users(storage: Reading) -> list[User]:
    return [_user(row) for row in await storage.rows(f"{_OF_PEOPLE} SELECT {_COLUMNS} FROM office_user ORDER BY login")]


async def user_of(storage: Reading, login: str) -> tuple[User, str] | None:
    """The person and the hash of the password, unless access was ended."""
    found = await storage.row(
        f"{_OF_PEOPLE} SELECT {_COLUMNS}, password_hash FROM office_user WHERE login=? AND disabled_ms IS NULL",
        (login,),
    )
    return None if found is None else (_user(found[:-1]), str(found[-1]))


async def add_user(
    storage: Storage,
    login: str,
    name: str,
    role: Role,
    stores: Iterable[str] | None,
    password: str,
    *,
    now_ms: int,
) -> User:
    """Raises UserWrong where the login is somebody's, in force or not. The first one is an owner of all stores."""
    password_hash = await hash_of(password)
    told = _told(stores)
    async with storage.transaction(None) as transaction:
        if await transaction.row(f"{_OF_PEOPLE} SELECT 1 FROM office_user WHERE login=?", (login,)) is not None:
            raise UserWrong(
                "login_taken",
                f"Логин {login!r} уже занят. Ничего не изменено.",
                f"{login!r} is taken. Nothing was changed.",
            )
        first = await transaction.row(f"{_OF_PEOPLE} SELECT 1 FROM office_user LIMIT 1") is None
        if first and (role is not Role.OWNER or told):
            raise UserWrong(
                "first_is_owner",
                "Первый пользователь — владелец всех магазинов: иначе офис закроется для всех. Ничего не изменено.",
                "The first user owns all stores, or the office would close for everybody. Nothing was changed.",
            )
        await transaction.write(
            f"{_OF_PEOPLE} INSERT INTO office_user({_COLUMNS}, changed_ms, password_hash) VALUES(?,?,?,?,?,NULL,?,?)",
            (login, name, role.value, told, now_ms, now_ms, password_hash),
        )
    return User(login, name, role, None if stores is None else frozenset(stores), now_ms, None)


async def change_user(
    storage: Storage, login: str, *, role: Role, stores: Iterable[str] | None, disabled: bool, now_ms: int
) -> None:
    """Takes effect at the person's next request. Raises UserWrong: no such login, or the last owner would be gone."""
    told = _told(stores)
    async with storage.transaction(None) as transaction:
        await _known(transaction, login)
        await transaction.write(
            f"{_OF_PEOPLE} UPDATE office_user SET role=?, stores=?, changed_ms=?, "
            "disabled_ms=CASE WHEN ?=0 THEN NULL ELSE coalesce(disabled_ms, ?) END WHERE login=?",
            (role.value, told, now_ms, int(disabled), now_ms, login),
        )
        owner = "SELECT 1 FROM office_user WHERE role='owner' AND stores='' AND disabled_ms IS NULL LIMIT 1"
        if await transaction.row(f"{_OF_PEOPLE} {owner}") is None:
            raise UserWrong(
                "last_owner",
                "Это последний владелец всех магазинов. Сначала назначьте другого. Ничего не изменено.",
                "This is the last owner of all stores. Make another one first. Nothing was changed.",
            )
        if disabled:
            await _end_sessions(transaction, login)


async def set_password(storage: Storage, login: str, password: str, *, now_ms: int) -> None:
    """Every session of the person ends with it: whoever knew the old one is out."""
    password_hash = await hash_of(password)
    async with storage.transaction(None) as transaction:
        await _known(transaction, login)
        await transaction.write(
            f"{_OF_PEOPLE} UPDATE office_user SET password_hash=?, changed_ms=? WHERE login=?",
            (password_hash, now_ms, login),
        )
        await _end_sessions(transaction, login)


async def _known(transaction: Transaction, login: str) -> None:
    held = f"{_OF_PEOPLE} SELECT login FROM office_user ORDER BY login" + transaction.dialect.locked
    if (login,) not in await transaction.rows(held):
        raise UserWrong(
            "no_user",
            f"Нет пользователя {login!r}. Ничего не изменено.",
            f"There is no user {login!r}. Nothing was changed.",
        )


async def _end_sessions(transaction: Transaction, login: str) -> None:
    await transaction.write(f"{_OF_PEOPLE} DELETE FROM office_session WHERE login=?", (login,))


def _told(stores: Iterable[str] | None) -> str:
    return "" if stores is None else msgspec.json.encode(sorted(stores)).decode()


def _user(row: tuple[object, ...]) -> User:
    login, name, role, stores, made_ms, disabled_ms = row
    limited = frozenset(msgspec.json.decode(str(stores), type=list[str])) if stores else None
    ended = disabled_ms if isinstance(disabled_ms, int) else None
    return User(str(login), str(name), Role(str(role)), limited, int(str(made_ms)), ended)
