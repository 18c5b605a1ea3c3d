"""A person's session in a browser: 32 random bytes in a cookie that no script reads; HQ keeps their hash.

It ends 16 hours after signing in, after 4 hours without a request, by signing out, and with a new password.
Guesses are held back for each login from one address, for each address and for each login: waiting, never a lock that
one stranger could put on somebody's door.
"""

from __future__ import annotations

import base64
from collections.abc import Callable

from starlette.requests import Request

from cloud_api.access.asker import Asker, AskerKind, Refused
from cloud_api.access.audit import Audit
from cloud_api.access.passwords import NOBODYS, fits
from cloud_api.access.users import User, anybody, user_of
from cloud_api.access.whence import cookie_key, is_office_key
from cloud_api.pace import Pace
from cloud_api.settings import Settings
from cloud_api.storage.storage import Storage
from cloud_api.store.devices import key_hash

COOKIE = "tillkeeper_session"
TOKEN_BYTES = 32
LASTS_MS = 16 * 3_600_000
"""A long working day: nobody signs in twice in one."""
IDLE_MS = 4 * 3_600_000
NOTED_EVERY_MS = 60_000
GUESSES_AT_ONCE, GUESSES_PER_S = 5, 1 / 30
"""Five slips of the finger, then two a minute: a password of ten characters is not found so."""
FROM_EVERYWHERE_AT_ONCE, FROM_EVERYWHERE_PER_S = 50, 1 / 6
"""The same login from many addresses: ten a minute find no such password either, and one address alone cannot use them
up so that the person has to wait."""
FROM_ONE_ADDRESS_AT_ONCE = 30  # an office behind one address
_OF_SESSIONS = "/* global: sessions of the office */"
SIGN_IN = Refused(401, "sign_in", "Sign in with your login and password.")


class Sessions:
    """`draw(n)` gives random bytes."""

    def __init__(
        self,
        settings: Settings,
        storage: Storage,
        audit: Audit,
        now_ms: Callable[[], int],
        draw: Callable[[int], bytes],
    ) -> None:
        self._settings = settings
        self._storage, self._audit, self._now_ms, self._draw = storage, audit, now_ms, draw
        self._of_both = Pace(GUESSES_AT_ONCE, GUESSES_PER_S, now_ms)
        self._of_login = Pace(FROM_EVERYWHERE_AT_ONCE, FROM_EVERYWHERE_PER_S, now_ms)
        self._of_address = Pace(FROM_ONE_ADDRESS_AT_ONCE, GUESSES_PER_S * 5, now_ms)

    async def sign_in(self, login: str, password: str, address: str) -> str | Refused:
        """The token for the cookie. A wrong login and a wrong password sound and last alike."""
        paces = ((self._of_both, f"{address} {login}"), (self._of_login, login), (self._of_address, address))
        wait_s = max(pace.wait_s(whose) for pace, whose in paces)
        if wait_s:
            return Refused(429, "too_many", f"Too many wrong passwords. Wait {wait_s} s.", wait_s)
        for pace, whose in paces:
            pace.spend(whose)
        found = await user_of(self._storage, login)
        right = await fits(NOBODYS if found is None else found[1], password)
        if found is None or not right:
            await self._audit.note(login[:64], AskerKind.USER, "session", address, "refused: wrong_password")
            return Refused(401, "wrong_password", "Login or password are wrong.")
        for pace, whose in paces:
            pace.give_back(whose)
        now_ms = self._now_ms()
        token = base64.urlsafe_b64encode(self._draw(TOKEN_BYTES)).decode("ascii").rstrip("=")
        async with self._storage.transaction(None) as transaction:
            await transaction.write(f"{_OF_SESSIONS} DELETE FROM office_session WHERE until_ms<?", (now_ms,))
            await transaction.write(
                f"{_OF_SESSIONS} INSERT INTO office_session(token_sha256, login, made_ms, seen_ms, until_ms) "
                "VALUES(?,?,?,?,?)",
                (key_hash(token), login, now_ms, now_ms, now_ms + LASTS_MS),
            )
        await self._audit.note(login, AskerKind.USER, "session", address, "done")
        return token

    async def knows_password(self, user: User, password: str) -> bool | Refused:
        """Whoever finds a browser open guesses no faster than at the door, and keeps nobody from signing in."""
        whose = f"signed in {user.login}"
        wait_s = self._of_both.wait_s(whose)
        if wait_s:
            return Refused(429, "too_many", f"Too many wrong passwords. Wait {wait_s} s.", wait_s)
        self._of_both.spend(whose)
        found = await user_of(self._storage, user.login)
        right = found is not None and await fits(found[1], password)
        if right:
            self._of_both.give_back(whose)
        return right

    async def sign_out(self, request: Request) -> None:
        token = request.cookies.get(COOKIE, "")
        if token:
            async with self._storage.transaction(None) as transaction:
                await transaction.write(
                    f"{_OF_SESSIONS} DELETE FROM office_session WHERE token_sha256=?", (key_hash(token),)
                )

    async def person(self, request: Request) -> User | None:
        token = request.cookies.get(COOKIE, "")
        if not 20 <= len(token) <= 100:
            return None
        now_ms, hashed = self._now_ms(), key_hash(token)
        found = await self._storage.row(
            f"{_OF_SESSIONS} SELECT login, seen_ms FROM office_session "
            "WHERE token_sha256=? AND until_ms>? AND seen_ms>?",
            (hashed, now_ms, now_ms - IDLE_MS),
        )
        user = None if found is None else await user_of(self._storage, str(found[0]))
        if found is None or user is None:
            return None
        # A feed that goes on is no request: nobody may be there.
        if now_ms - int(found[1]) >= NOTED_EVERY_MS and not getattr(request.state, "goes_on", False):
            async with self._storage.transaction(None) as transaction:
                await transaction.write(
                    f"{_OF_SESSIONS} UPDATE office_session SET seen_ms=? WHERE token_sha256=?", (now_ms, hashed)
                )
        return user[0]

    async def find(self, request: Request) -> Asker | Refused | None:
        """For the gate: whose session this is; None where nobody has to sign in yet."""
        user = await self.person(request)
        if user is not None:
            return user.asker
        if is_office_key(cookie_key(request), self._settings):
            return None  # the key of whoever runs HQ goes on opening it
        return SIGN_IN if await anybody(self._storage) else None
