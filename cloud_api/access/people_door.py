"""Signing in and out, who is asking, the office's people, and the log of what was done.

A cookie is HttpOnly, SameSite=Strict and Secure under https; another site's page is refused before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, TypeVar

import msgspec
from fastapi import APIRouter, HTTPException, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from cloud_api.access.asker import Asker, AskerKind, Refused
from cloud_api.access.audit import Audit, AuditRow, audit_rows
from cloud_api.access.gate import WRONG_HOST, WRONG_ORIGIN, needs, refusal
from cloud_api.access.passwords import LONGEST, SHORTEST
from cloud_api.access.roles import WORDS, Role
from cloud_api.access.scopes import Scope
from cloud_api.access.sessions import COOKIE, LASTS_MS, SIGN_IN, Sessions
from cloud_api.access.users import (
    LOGIN,
    LONGEST_NAME,
    User,
    UserWrong,
    add_user,
    anybody,
    change_user,
    set_password,
    users,
)
from cloud_api.access.whence import COOKIE as KEY_COOKIE
from cloud_api.access.whence import address, is_office_key, is_our_host, is_under_https, same_origin
from cloud_api.answers import Refusal
from cloud_api.api.bodies import told_in
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage

LONGEST_BODY = 4_096
MOST_STORES = 1_000
T = TypeVar("T")
Login = Annotated[str, msgspec.Meta(pattern=LOGIN)]
Password = Annotated[str, msgspec.Meta(min_length=SHORTEST, max_length=LONGEST)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME)]
Stores = Annotated[list[str], msgspec.Meta(max_length=MOST_STORES)] | None


class SignIn(msgspec.Struct, frozen=True):
    """A login with its password, or the office key."""

    login: Annotated[str, msgspec.Meta(max_length=200)] = ""
    password: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""
    key: Annotated[str, msgspec.Meta(max_length=512)] = ""


class NewUser(msgspec.Struct, frozen=True):
    login: Login
    name: Name
    role: Role
    password: Password
    stores: Stores = None


class Change(msgspec.Struct, frozen=True):
    role: Role
    stores: Stores = None
    disabled: bool = False


class NewPassword(msgspec.Struct, frozen=True):
    password: Password
    old: Annotated[str, msgspec.Meta(max_length=LONGEST)] = ""


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks. `kind`: machine, user, key; `stores` null: all. `signs_in`: people have logins here."""

    name: str
    login: str
    kind: str
    role: str
    scopes: list[str]
    stores: list[str] | None
    signs_in: bool


@dataclass(frozen=True, slots=True)
class UserAnswer:
    login: str
    name: str
    role: str
    stores: list[str] | None
    made_ms: int
    disabled: bool


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Newest first; `next` is the `before` of the following page."""

    rows: list[AuditRow] = field(default_factory=list)
    next: str | None = None


def people_router(
    settings: Settings, storage: Storage, sessions: Sessions, audit: Audit, now_ms: Callable[[], int]
) -> APIRouter:
    router = APIRouter(tags=["people"])

    @router.post("/v1/session", summary="Sign in: get the page's cookie", status_code=204)
    async def sign_in(request: Request) -> Response:
        if not is_our_host(request, settings):
            raise refusal(WRONG_HOST)
        if not same_origin(request):
            raise refusal(WRONG_ORIGIN)
        given = await _body(request, SignIn)
        secure = is_under_https(request)
        answer = Response(status_code=204)
        if given.key:
            if not is_office_key(given.key, settings):
                raise refusal(Refused(401, "wrong_key", "This is not the office key."))
            answer.set_cookie(KEY_COOKIE, given.key, httponly=True, samesite="strict", secure=secure, path="/")
            return answer
        token = await sessions.sign_in(given.login.strip().lower(), given.password, address(request))
        if isinstance(token, Refused):
            raise refusal(token)
        answer.set_cookie(
            COOKIE, token, max_age=LASTS_MS // 1000, httponly=True, samesite="strict", secure=secure, path="/"
        )
        return answer

    @router.delete("/v1/session", summary="Sign out", status_code=204)
    async def sign_out(request: Request) -> Response:
        if not is_our_host(request, settings) or not same_origin(request):
            raise refusal(WRONG_ORIGIN)
        user = await sessions.person(request)
        await sessions.sign_out(request)
        if user is not None:
            await audit.note(user.login, AskerKind.USER, "session.delete", "", "done")
        answer = Response(status_code=204)
        for name in (COOKIE, KEY_COOKIE):
            answer.delete_cookie(name, httponly=True, samesite="strict", path="/")
        return answer

    @router.get("/v1/me", summary="Who asks, and what that one may", responses={401: {"model": Refusal}})
    async def me(request: Request) -> Me:
        asker = await request.app.gate.asker(request)
        if isinstance(asker, Refused):
            raise refusal(asker)
        user = await sessions.person(request) if asker.kind is AskerKind.USER else None
        return Me(
            asker.name if user is None else user.name,
            "" if user is None else user.login,
            asker.kind.value,
            "" if user is None else user.role.value,
            sorted(asker.scopes),
            None if asker.stores is None else sorted(asker.stores),
            await anybody(storage),
        )

    @router.post("/v1/me/password", summary="A new password of one's own; all sessions end", status_code=204)
    async def own_password(request: Request) -> Response:
        asker = await request.app.gate.asker(request)
        if isinstance(asker, Refused):
            raise refusal(asker)
        user = await sessions.person(request)
        if user is None:
            raise refusal(SIGN_IN)
        request.state.asker = asker
        told = await _body(request, NewPassword)
        knows = await sessions.knows_password(user, told.old)
        if isinstance(knows, Refused):
            raise refusal(knows)
        if not knows:
            raise refusal(Refused(403, "wrong_password", "The old password is another one. Nothing was changed."))
        await set_password(storage, user.login, told.password, now_ms=now_ms())
        return Response(status_code=204)

    @router.get("/v1/users", dependencies=[needs(Scope.USERS_READ)], summary="The office's people")
    async def listed() -> list[UserAnswer]:
        return [_answer(user) for user in await users(storage)]

    @router.post("/v1/users", summary="A new person", status_code=201)
    async def add(request: Request, _: Annotated[Asker, needs(Scope.USERS_WRITE)]) -> UserAnswer:
        told = await _body(request, NewUser)
        request.state.target = f"{told.login}: {told.role}"
        with _said():
            user = await add_user(
                storage, told.login, told.name.strip(), told.role, told.stores, told.password, now_ms=now_ms()
            )
        return _answer(user)

    @router.post("/v1/users/{login}/change", summary="Role, stores, access of a person", status_code=204)
    async def change(
        request: Request, login: Annotated[str, Path(pattern=LOGIN)], _: Annotated[Asker, needs(Scope.USERS_WRITE)]
    ) -> Response:
        told = await _body(request, Change)
        ended = ", ended" if told.disabled else ""
        where = "all stores" if told.stores is None else ", ".join(told.stores)
        request.state.target = f"{login}: {told.role}, {where}{ended}"
        with _said():
            await change_user(
                storage, login, role=told.role, stores=told.stores, disabled=told.disabled, now_ms=now_ms()
            )
        return Response(status_code=204)

    @router.post("/v1/users/{login}/password", summary="A new password of a person", status_code=204)
    async def others_password(
        request: Request, login: Annotated[str, Path(pattern=LOGIN)], _: Annotated[Asker, needs(Scope.USERS_WRITE)]
    ) -> Response:
        told = await _body(request, NewPassword)
        with _said():
            await set_password(storage, login, told.password, now_ms=now_ms())
        return Response(status_code=204)

    @router.get("/v1/roles", dependencies=[needs(Scope.USERS_READ)], summary="Roles and what each is for")
    async def roles() -> dict[str, list[str]]:
        return {role.value: [words.ru, words.en] for role, words in WORDS.items()}

    @router.get("/v1/audit", dependencies=[needs(Scope.AUDIT_READ)], summary="What was done at HQ, newest first")
    async def log(
        who: Annotated[str, Query(max_length=64)] = "",
        what: Annotated[str, Query(max_length=64)] = "",
        before: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> AuditPage:
        return AuditPage(*await audit_rows(storage, who=who, what=what, before=before, limit=limit))

    return router


def _answer(user: User) -> UserAnswer:
    stores = None if user.stores is None else sorted(user.stores)
    return UserAnswer(user.login, user.name, user.role.value, stores, user.made_ms, user.disabled_ms is not None)


class _said:
    """Turns UserWrong into an answer."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, UserWrong):
            raise refusal(Refused(409, error.code, error.en)) from None


async def _body(request: Request, kind: type[T]) -> T:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise HTTPException(413, {"code": "too_large", "what": "That is more than was asked for."})
    try:
        return told_in(bytes(body), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, {"code": "bad_json", "what": str(error)}) from None
