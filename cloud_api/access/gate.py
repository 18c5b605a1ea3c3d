"""The one gate of HQ's API: who asks (this machine, a person, a key), and whether that one may do this.

    bearer key         -> the office key, or a key of the API (api_keys.py); any other is refused, even from here
    finders            -> such as a person's session; the first that knows the request decides
    loopback           -> the machine itself: everything
    page's cookie      -> the office key
    otherwise          -> 401

    @router.get("/v1/sales", ...)
    async def sales(asker: Annotated[Asker, needs(Scope.SALES_READ)]): ...

A route that does not look at `asker.stores` is closed to whoever may see some stores only.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import HTTPException, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from cloud_api.access.api_keys import KeyRing
from cloud_api.access.asker import Asker, AskerKind, Refused
from cloud_api.access.scopes import ALL_SCOPES, Scope
from cloud_api.access.whence import bearer, cookie_key, is_of_this_machine, is_office_key, is_our_host, same_origin
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage

Finder = Callable[[Request], Awaitable[Asker | Refused | None]]
"""Knows one way to say who asks; None: this request says nothing of that kind."""

MACHINE = Asker("this machine", AskerKind.MACHINE, ALL_SCOPES)
OFFICE_KEY = Asker("the office key", AskerKind.KEY, ALL_SCOPES)
NEEDS_KEY = Refused(
    401,
    "needs_key",
    "HQ opens without a key on its own machine only. Sign in, or send a key: Authorization: Bearer KEY.",
)
WRONG_HOST = Refused(403, "wrong_host", "HQ does not answer under this host name. Start it with --public-host NAME.")
WRONG_ORIGIN = Refused(403, "wrong_origin", "Another site's page asked for this.")


class Gate:
    """`finders` is there for whoever adds a way to sign in."""

    def __init__(self, settings: Settings, storage: Storage, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self.keys = KeyRing(storage, now_ms)
        self.finders: list[Finder] = []

    async def asker(self, request: Request) -> Asker | Refused:
        if not is_our_host(request, self._settings):
            return WRONG_HOST
        if not same_origin(request):
            return WRONG_ORIGIN
        key = bearer(request)
        if key:
            return OFFICE_KEY if is_office_key(key, self._settings) else await self.keys.asker(key)
        for find in self.finders:
            found = await find(request)
            if found is not None:
                return found
        if is_of_this_machine(request):
            return MACHINE
        return OFFICE_KEY if is_office_key(cookie_key(request), self._settings) else NEEDS_KEY

    async def asker_for(self, request: Request, scope: Scope, *, by_store: bool) -> Asker | Refused:
        """Whoever asks, if this scope is among what it may. Whoever asked for more is known to the log of actions."""
        asker = await self.asker(request)
        if isinstance(asker, Refused):
            return asker
        request.state.asker = asker
        if not asker.may(scope):
            return Refused(403, "no_scope", f"This needs the scope {scope}, which {asker.name} does not have.")
        if asker.stores is not None and not by_store:
            return Refused(403, "all_stores", f"This is about all stores; {asker.name} may see some of them only.")
        return asker


def refusal(refused: Refused) -> HTTPException:
    headers = {"WWW-Authenticate": "Bearer"} if refused.status == 401 else {}
    if refused.retry_after_s:
        headers["Retry-After"] = str(refused.retry_after_s)
    return HTTPException(refused.status, {"code": refused.code, "what": refused.what}, headers)


class _Needs(SecurityBase):
    """Named in the API's document as well."""

    def __init__(self, scope: Scope, by_store: bool) -> None:
        self.model = HTTPBearer(description="A key of `tillkeeper hq key add`; none on HQ's own machine")
        self.scheme_name = "apiKey"
        self._scope = scope
        self._by_store = by_store

    async def __call__(self, request: Request) -> Asker:
        gate: Gate = request.app.gate
        asker = await gate.asker_for(request, self._scope, by_store=self._by_store)
        if isinstance(asker, Refused):
            raise refusal(asker)
        return asker


def needs(scope: str, *, by_store: bool = False) -> Any:
    """A route's dependency: the Asker, or a typed refusal. `by_store`: the route itself keeps to `asker.stores`."""
    known = Scope(scope)
    return Security(_Needs(known, by_store), scopes=[known.value])


def refuse_store(asker: Asker, store: str) -> None:
    """Raises where this store is not among those the asker may look at. For a store the asker has named: what is asked
    for by an id and lies in another store is answered as if it were not there, or ids could be guessed."""
    if not asker.sees(store):
        raise refusal(Refused(403, "other_store", f"{asker.name} may not look at this store."))
