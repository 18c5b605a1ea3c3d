"""Where codes are asked for and typed: sends few of them, counts the tries, and says no more than it must.

The rules are those of every place where a phone is proven (sensors/consent/proving.py); here stand the guests' page's
own: a device's address, and how many pages it may open.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from ipaddress import IPv6Address, ip_address

from sensors.association.counts import Counts
from sensors.association.portal.sms import NotSent, SmsGateway
from sensors.association.portal.visitors import Visitor
from sensors.association.portal.words import say
from sensors.consent.codes import Typed
from sensors.consent.limits import Limit, Limiter
from sensors.consent.proving import MINUTE_MS, Proving

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
        self._draw_id = draw_id
        self._proving = Proving(now_ms, draw_code, pepper)
        self._pages = Limiter(*PAGES_OF_AN_ADDRESS)

    def may_open(self, host: str) -> bool:
        """May this address have one more visitor? Counts it."""
        return self._proving.within((self._pages, _wire(host)))

    async def send(self, visitor: Visitor, phone: str) -> Asked:
        """A code on its way to `phone`. The visitor has that number from then on, unproven."""
        code = self._proving.ask(visitor.token, _wire(visitor.host), phone)
        if not code:
            self._counts.add("portal.codes_refused")
            return Asked.TOO_MANY
        visitor.disprove()
        visitor.phone = phone
        try:
            await self._sms.send(self._draw_id(), phone, say("sms", visitor.locale, code=code, shop=self._shop))
        except NotSent:
            self._counts.add("portal.codes_not_sent")
            return Asked.GATEWAY_AWAY
        self._counts.add("portal.codes_sent")
        return Asked.SENT

    def typed(self, visitor: Visitor, code: str) -> Typed:
        """A right code proves the visitor's number."""
        found = self._proving.typed(visitor.token, _wire(visitor.host), visitor.phone, code)
        if found is None:
            self._counts.add("portal.tries_refused")
            return Typed.DEAD
        self._counts.add(f"portal.code_{found.value}")
        if found is Typed.RIGHT:
            visitor.proven_ms, visitor.proof_id = self._now_ms(), f"code-{self._draw_id()}"
        return found


def _wire(host: str) -> str:
    """An IPv6 device has 2^64 addresses of its own: they are one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
        return str(int(address) >> 64)
    return host
