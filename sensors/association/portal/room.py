"""What the guests' pages stand on, and what every request goes through: whose page is it, and how is it answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sensors.association.counts import Counts
from sensors.association.floor import Floor
from sensors.association.gates import Gate
from sensors.association.lease_hook import body_within, fields_of
from sensors.association.portal.desk import CodeDesk
from sensors.association.portal.pages import Frame, heading, trouble
from sensors.association.portal.visitors import Visitor, Visitors
from sensors.association.portal.words import say
from sensors.association_messages import Answer, Ask
from sensors.consent.countries import CountryProfile
from sensors.consent.facts import Purpose
from sensors.consent.texts import ShownText, latest, shown

MOST_BYTES = 8_192
"""A form with every box ticked has under 1 KB."""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
LOCALES = ("ru", "en")


class PortalSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`controller`: who answers for the data, as the texts name it. `days`: how long each purpose is kept."""

    shop: str
    controller: str
    country: CountryProfile
    days: Mapping[Purpose, int]
    language: str = "ru"
    zone: str = ""

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        return tuple(self.days)

    def text(self, purpose: Purpose, locale: str) -> ShownText:
        """The text to show now."""
        return shown(purpose, latest(purpose), locale, self.controller, self.days[purpose])


class Asking(Protocol):
    """agent_link.AgentLink: `ask` raises AgentAway."""

    @property
    def there(self) -> bool: ...

    async def ask(self, question: Ask) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Room:
    """Everything the routes use. `draw`: a random name of 128 bits."""

    settings: PortalSettings
    gate: Gate
    agent: Asking
    floor: Floor
    desk: CodeDesk
    visitors: Visitors
    counts: Counts
    now_ms: Callable[[], int]
    draw: Callable[[], str]

    @property
    def frame(self) -> Frame:
        return Frame(self.settings.shop)

    def html(self, text: str, status: int = 200) -> HTMLResponse:
        return HTMLResponse(text, status, headers=HEADERS)

    def offered(self, visitor: Visitor) -> tuple[ShownText, ...]:
        """The texts for this visitor. A device that is not proven theirs, or on another network, is not offered.

        None while the agent is away: nothing could be recorded, and nobody is sent a code for that.
        """
        if not self.agent.there:
            return ()
        guest = visitor.guest
        known = guest is not None and guest.proven and self.floor.guests(guest.network)
        asked = (one for one in self.settings.purposes if one is not Purpose.WIFI_ID or known)
        return tuple(self.settings.text(one, visitor.locale) for one in asked)

    def locale(self, request: Request) -> str:
        """What was asked for, else what the browser prefers, else the shop's."""
        asked = request.query_params.get("lang", "")
        if asked in LOCALES:
            return asked
        for part in request.headers.get("accept-language", "").lower()[:200].split(","):
            name = part.strip()[:2]
            if name in LOCALES:
                return name
        return self.settings.language

    async def posted(self, request: Request) -> tuple[Visitor | None, list[tuple[str, str]]]:
        """The visitor whose form this is, and its fields."""
        body = await body_within(request, MOST_BYTES)
        told = fields_of(body) if body is not None else []
        token = next((value for name, value in told if name == "visitor"), "")
        return self.visitors.find(token, host_of(request), self.now_ms()), told

    def expired(self, request: Request) -> HTMLResponse:
        locale = self.locale(request)
        begin = f'<p><a class="key" href="/?lang={locale}">{say("back", locale)}</a></p>'
        body = [heading("welcome", locale), trouble(say("expired", locale)), begin]
        return self.html(self.frame.page(locale, body), 410)

    def crowded(self, request: Request) -> HTMLResponse:
        locale = self.locale(request)
        self.counts.add("portal.pages_refused")
        body = [heading("welcome", locale), trouble(say("too_many", locale))]
        return self.html(self.frame.page(locale, body), 429)


def host_of(request: Request) -> str:
    """Who connects: the guest itself, no proxy stands between."""
    return request.client.host if request.client is not None else ""


def field(told: Iterable[tuple[str, str]], name: str) -> str:
    return next((value for key, value in told if key == name), "")


def every(told: Iterable[tuple[str, str]], name: str) -> tuple[str, ...]:
    return tuple(value for key, value in told if key == name)
