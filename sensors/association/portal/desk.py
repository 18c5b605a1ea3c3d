"""Where codes are asked for and typed: sends few of them, counts the tries, and says no more than it must.

Each limit stands against somebody: one who fills a stranger's phone with messages, one who guesses, one who spends the
shop's money on messages. Names of numbers and addresses in the limits are hashes of this run.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from enum import Enum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address

from sensors.association.counts import Counts
from sensors.association.portal.codes import DIGITS, Codes, Typed
from sensors.association.portal.limits import Limit, Limiter
from sensors.association.portal.sms import NotSent, SmsGateway
from sensors.association.portal.visitors import Visitor
from sensors.association.portal.words import say

MINUTE_MS = 60_000
CODES_OF_A_NUMBER = (Limit(3, 15 * MINUTE_MS), Limit(6, 1440 * MINUTE_MS))
"""Five tries each: thirty a day, against a million."""
CODES_OF_AN_ADDRESS = (Limit(6, 10 * MINUTE_MS),)
CODES_OF_ALL = (Limit(120, 10 * MINUTE_MS),)
"""A full shop on its best day. More is somebody's program, and each message costs money."""
TRIES_OF_AN_ADDRESS = (Limit(30, 60 * MINUTE_MS),)
PAGES_OF_AN_ADDRESS = (Limit(60, 10 * MINUTE_MS),)
"""Opening the page makes a visitor in memory: one device may not push all the others out."""


class Asked(Enum):
    SENT = "sent"
    TOO_MANY = "too_many"
    GATEWAY_AWAY = "gateway_away"


class CodeDesk:
    """`draw_code` gives six random digits, `draw_id` a random name, `pepper` has 32 random bytes."""

    def __init__(
        self,
        sms: SmsGateway,
        shop: str,
        counts: Counts,
        now_ms: Callable[[], int],
        draw_code: Callable[[], str],
        draw_id: Callable[[], str],
        pepper: bytes,
    ) -> None:
        self._sms = sms
        self._shop = shop
        self._counts = counts
        self._now_ms = now_ms
        self._draw_code = draw_code
        self._draw_id = draw_id
        self._pepper = pepper
        self._codes = Codes(pepper)
        self._of_number = Limiter(*CODES_OF_A_NUMBER)
        self._of_address = Limiter(*CODES_OF_AN_ADDRESS)
        self._of_all = Limiter(*CODES_OF_ALL)
        self._tries = Limiter(*TRIES_OF_AN_ADDRESS)
        self._pages = Limiter(*PAGES_OF_AN_ADDRESS)

    def may_open(self, host: str) -> bool:
        """May this address have one more visitor? Counts it."""
        return self._within(((self._pages, self._name(_wire(host))),))

    async def send(self, visitor: Visitor, phone: str) -> Asked:
        """A code on its way to `phone`. The visitor has that number from then on, unproven."""
        names = (
            (self._of_number, self._name(phone)),
            (self._of_address, self._name(_wire(visitor.host))),
            (self._of_all, "all"),
        )
        if not self._within(names):
            self._counts.add("portal.codes_refused")
            return Asked.TOO_MANY
        code = self._draw_code()
        visitor.disprove()
        visitor.phone = phone
        self._codes.sent(visitor.token, phone, code, self._now_ms())
        try:
            await self._sms.send(self._draw_id(), phone, say("sms", visitor.locale, code=code, shop=self._shop))
        except NotSent:
            self._counts.add("portal.codes_not_sent")
            return Asked.GATEWAY_AWAY
        self._counts.add("portal.codes_sent")
        return Asked.SENT

    def typed(self, visitor: Visitor, code: str) -> Typed:
        """A right code proves the visitor's number."""
        if not self._within(((self._tries, self._name(_wire(visitor.host))),)):
            self._counts.add("portal.tries_refused")
            return Typed.DEAD
        plain = "".join(code.split())[: DIGITS + 1]
        found = self._codes.typed(visitor.token, visitor.phone, plain, self._now_ms())
        self._counts.add(f"portal.code_{found.value}")
        if found is Typed.RIGHT:
            visitor.proven_ms, visitor.proof_id = self._now_ms(), f"code-{self._draw_id()}"
        return found

    def _within(self, names: tuple[tuple[Limiter, str], ...]) -> bool:
        """Counted by all or by none."""
        now_ms = self._now_ms()
        if not all(limiter.may(name, now_ms) for limiter, name in names):
            return False
        for limiter, name in names:
            limiter.count(name, now_ms)
        return True

    def _name(self, text: str) -> str:
        return hmac.new(self._pepper, text.encode("utf-8", "replace"), sha256).hexdigest()[:24]


def _wire(host: str) -> str:
    """An IPv6 device has 2^64 addresses of its own: they are one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(int(address) >> 64)
    return host
