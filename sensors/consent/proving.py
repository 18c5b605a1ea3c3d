"""The rules of proving a phone by a code, for the guests' page and the till alike: who may have one, who may guess.

    ask(who, host, phone) ─> six digits to send, or "" : too many were asked for
    typed(who, host, phone, code) ─> RIGHT, WRONG or DEAD

`who` is one conversation (a page's visitor, a till's screen), `host` where it is held (a device's address, a till).
Each limit stands against somebody: one who fills a stranger's phone with messages, one who guesses, one who spends the
shop's money on messages. Names of numbers and places in the limits are hashes of this run.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

from sensors.consent.codes import DIGITS, Codes, Typed
from sensors.consent.limits import Limit, Limiter

MINUTE_MS = 60_000
CODES_OF_A_NUMBER = (Limit(3, 15 * MINUTE_MS), Limit(6, 1440 * MINUTE_MS))
"""Five tries each: thirty a day, against a million."""
CODES_OF_A_HOST = (Limit(6, 10 * MINUTE_MS),)
"""A device that opened the guests' page: it is one person's."""
CODES_OF_A_TILL = (Limit(40, 10 * MINUTE_MS),)
"""One shopper after another stands there, four a minute at most; nobody answers for those before."""
CODES_OF_ALL = (Limit(120, 10 * MINUTE_MS),)
"""A full shop on its best day. More is somebody's program, and each message costs money."""
TRIES_OF_A_HOST = (Limit(30, 60 * MINUTE_MS),)
TRIES_OF_A_TILL = (Limit(200, 60 * MINUTE_MS),)
"""Three a minute for an hour. Against guessing stand a code's five tries and a number's six codes a day."""
PROVEN_MS = 600_000
"""A phone that was confirmed opens its consents for ten minutes; then anybody might hold the device."""


class Proving:
    """`draw_code` gives six random digits, `pepper` has 32 random bytes. A restart forgets everything.

    `shared`: a host is a till, where many prove theirs.
    """

    def __init__(
        self, now_ms: Callable[[], int], draw_code: Callable[[], str], pepper: bytes, *, shared: bool = False
    ) -> None:
        self._now_ms = now_ms
        self._draw_code = draw_code
        self._pepper = pepper
        self._codes = Codes(pepper)
        self._of_number = Limiter(*CODES_OF_A_NUMBER)
        self._of_host = Limiter(*(CODES_OF_A_TILL if shared else CODES_OF_A_HOST))
        self._of_all = Limiter(*CODES_OF_ALL)
        self._tries = Limiter(*(TRIES_OF_A_TILL if shared else TRIES_OF_A_HOST))

    def ask(self, who: str, host: str, phone: str) -> str:
        """The code to send, in place of the one before; "" where a limit is reached."""
        names = ((self._of_number, phone), (self._of_host, host), (self._of_all, "all"))
        if not self.within(*names):
            return ""
        code = self._draw_code()
        self._codes.sent(who, phone, code, self._now_ms())
        return code

    def typed(self, who: str, host: str, phone: str, code: str) -> Typed | None:
        """A right code is good once. None: this place has tried too often."""
        if not self.within((self._tries, host)):
            return None
        plain = "".join(code.split())[: DIGITS + 1]
        return self._codes.typed(who, phone, plain, self._now_ms())

    def within(self, *names: tuple[Limiter, str]) -> bool:
        """Is one more within every limit? It is counted by all or by none."""
        now_ms = self._now_ms()
        hashed = [(limiter, self._name(name)) for limiter, name in names]
        if not all(limiter.may(name, now_ms) for limiter, name in hashed):
            return False
        for limiter, name in hashed:
            limiter.count(name, now_ms)
        return True

    def _name(self, text: str) -> str:
        return hmac.new(self._pepper, text.encode("utf-8", "replace"), sha256).hexdigest()[:24]
