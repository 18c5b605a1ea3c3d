"""Keys of other systems (a web shop, accounting, a courier's program): shown once, kept as a hash, bounded in what they
may, where, until when and how often.

    tk_9f...   32 random bytes; HQ keeps their SHA-256, for who reads HQ's storage must not be able to ask in their name
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from cloud_api.access.asker import Asker, AskerKind, Refused
from cloud_api.access.scopes import ALL_SCOPES
from cloud_api.pace import Pace
from cloud_api.storage.storage import Reading, Storage
from cloud_api.store.devices import key_hash

PREFIX = "tk_"
SECRET_BYTES, ID_BYTES = 32, 6
ASKS_AT_ONCE, ASKS_PER_S = 200, 20.0
"""A web shop's pages ask some times a second; a nightly walk through all sales takes minutes and may."""
NOTED_EVERY_MS = 60_000  # "last used" is for people: a write a request would cost more than the request
LONGEST_NAME = 60
_OF_KEYS = "/* global: keys of other systems */"
_COLUMNS = "key_id, key_sha256, name, scopes, stores, made_ms, until_ms, used_ms, revoked_ms"


class NameTaken(Exception):
    """A key of this name is in force. `ru` and `en` are for a person."""

    def __init__(self, name: str) -> None:
        self.ru = f"Ключ с именем {name!r} уже действует. Ничего не изменено. Назовите иначе или отзовите тот."
        self.en = f"A key named {name!r} is in force. Nothing was changed. Take another name, or revoke that one."
        super().__init__(self.en)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as HQ knows it; `stores` None: all of them."""

    key_id: str
    name: str
    scopes: frozenset[str]
    stores: frozenset[str] | None
    made_ms: int
    until_ms: int | None
    used_ms: int | None
    revoked_ms: int | None

    @property
    def asker(self) -> Asker:
        return Asker(self.name, AskerKind.KEY, self.scopes & ALL_SCOPES, self.stores)


@dataclass(frozen=True, slots=True)
class MadeKey:
    """`secret` is shown once and kept nowhere."""

    secret: str
    key: ApiKey


async def add_key(
    storage: Storage,
    name: str,
    scopes: Iterable[str],
    stores: Iterable[str] | None,
    until_ms: int | None,
    *,
    now_ms: int,
    draw: Callable[[int], bytes],
) -> MadeKey:
    """A new key. Raises NameTaken while another of this name is in force."""
    secret = PREFIX + base64.urlsafe_b64encode(draw(SECRET_BYTES)).decode("ascii").rstrip("=")
    limited = None if stores is None else frozenset(stores)
    key = ApiKey(draw(ID_BYTES).hex(), name, frozenset(scopes), limited, now_ms, until_ms, None, None)
    told = msgspec.json.encode(sorted(limited)).decode() if limited is not None else ""
    async with storage.transaction(None) as transaction:
        in_force = f"{_OF_KEYS} SELECT 1 FROM api_key WHERE name=? AND revoked_ms IS NULL AND coalesce(until_ms, ?) > ?"
        if await transaction.row(in_force, (name, now_ms + 1, now_ms)) is not None:
            raise NameTaken(name)
        await transaction.write(
            f"{_OF_KEYS} INSERT INTO api_key({_COLUMNS}) VALUES(?,?,?,?,?,?,?,NULL,NULL)",
            (key.key_id, key_hash(secret), name, " ".join(sorted(key.scopes)), told, now_ms, until_ms),
        )
    return MadeKey(secret, key)


async def list_keys(storage: Reading) -> list[ApiKey]:
    rows = await storage.rows(f"{_OF_KEYS} SELECT {_COLUMNS} FROM api_key ORDER BY name, made_ms")
    return [_key(row) for row in rows]


async def revoke_key(storage: Storage, name: str, *, now_ms: int) -> bool:
    """True if there was a key of this name or id in force; from now on it is refused."""
    async with storage.transaction(None) as transaction:
        asked = (name, name)
        which = "(name=? OR key_id=?) AND revoked_ms IS NULL"
        known = await transaction.row(f"{_OF_KEYS} SELECT 1 FROM api_key WHERE {which}", asked) is not None
        await transaction.write(f"{_OF_KEYS} UPDATE api_key SET revoked_ms=? WHERE {which}", (now_ms, *asked))
    return known


class KeyRing:
    """Says whose a key is; each is held to its own pace."""

    def __init__(self, storage: Storage, now_ms: Callable[[], int]) -> None:
        self._storage = storage
        self._now_ms = now_ms
        self._pace = Pace(ASKS_AT_ONCE, ASKS_PER_S, now_ms)

    async def asker(self, secret: str) -> Asker | Refused:
        asked, now_ms = key_hash(secret), self._now_ms()
        found = await self._storage.row(f"{_OF_KEYS} SELECT {_COLUMNS} FROM api_key WHERE key_sha256=?", (asked,))
        if found is None or not hmac.compare_digest(str(found[1]), asked):
            return Refused(401, "unknown_key", "HQ knows no such key.")
        key = _key(found)
        if key.revoked_ms is not None:
            return Refused(401, "key_revoked", f"The key {key.name} was revoked. Ask for a new one.")
        if key.until_ms is not None and now_ms >= key.until_ms:
            return Refused(401, "key_expired", f"The key {key.name} has expired. Ask for a new one.")
        wait_s = self._pace.wait_s(key.key_id)
        if wait_s:
            return Refused(429, "too_many", f"The key {key.name} asks too often. Wait {wait_s} s.", wait_s)
        self._pace.spend(key.key_id)
        if key.used_ms is None or now_ms - key.used_ms >= NOTED_EVERY_MS:
            await self._note(key, now_ms)
        return key.asker

    async def _note(self, key: ApiKey, now_ms: int) -> None:
        async with self._storage.transaction(None) as transaction:
            await transaction.write(f"{_OF_KEYS} UPDATE api_key SET used_ms=? WHERE key_id=?", (now_ms, key.key_id))


def _key(row: tuple[object, ...]) -> ApiKey:
    key_id, _, name, scopes, stores, made_ms, until_ms, used_ms, revoked_ms = row
    limited = frozenset(msgspec.json.decode(str(stores), type=list[str])) if stores else None
    return ApiKey(
        str(key_id), str(name), frozenset(str(scopes).split()), limited, _moment(made_ms) or 0, _moment(until_ms),
        _moment(used_ms), _moment(revoked_ms),
    )  # fmt: skip


def _moment(value: object) -> int | None:
    return value if isinstance(value, int) else None
