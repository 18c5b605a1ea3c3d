"""The guests' page with an agent in memory, a pocket for its messages, and a reader of its HTML."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser

import httpx
from test_portal_codes import Pocket

from sensors.association.agent_link import AgentAway
from sensors.association.gates import Guest, NotAdmitted, TrustingGate
from sensors.association.portal.app import portal_app
from sensors.association.portal.desk import CodeDesk
from sensors.association.portal.room import PortalSettings, Room
from sensors.association.portal.visitors import Visitors
from sensors.association_messages import Answer, Ask
from sensors.consent.countries import RU
from sensors.consent.facts import Purpose
from tests.sensors.association_agent import Books
from tests.sensors.association_samples import NETWORK, Shop

DAYS = {Purpose.WIFI_ID: 90, Purpose.MARKETING: 365, Purpose.ANALYTICS: 180}
HOST = "192.168.10.31"


class Agent:
    """The agent's answers without a socket; `away`: it does not answer, not `there`: it is off."""

    def __init__(self) -> None:
        self.there = True
        self.books = Books()
        self.asked: list[Ask] = []
        self.away = False

    async def ask(self, question: Ask) -> Answer:
        self.asked.append(question)
        if self.away:
            raise AgentAway("off")
        (answer,) = self.books.answers(question)
        assert not hasattr(answer, "keys")
        return answer  # type: ignore[return-value]


class Gate(TrustingGate):
    """Says who was let on; a device is proven where its request comes from HOST."""

    def __init__(self) -> None:
        super().__init__(NETWORK)
        self.admitted: list[str] = []
        self.away = False
        self.proves = True

    async def guest(self, host: str, told: Mapping[str, str]) -> Guest | None:
        found = await super().guest(host, told)
        if found is None or self.proves:
            return found
        return Guest(found.address, found.network, proven=False)

    async def admit(self, guest: Guest | None, host: str) -> None:
        if self.away:
            raise NotAdmitted("controller_away")
        self.admitted.append(host)


class Stage:
    def __init__(self) -> None:
        self.shop, self.agent, self.sms, self.gate = Shop(), Agent(), Pocket(), Gate()
        self.clock, rng = self.shop.clock, random.Random(3)
        self._ids: Iterator[int] = iter(range(1_000_000))
        self.settings = PortalSettings(shop="Игрушки", controller="ООО «Игрушки»", country=RU, days=DAYS, zone="hall")
        desk = CodeDesk(
            self.sms,
            "Игрушки",
            self.shop.counts,
            self.clock,
            lambda: f"{rng.randrange(10**6):06d}",
            self.draw,
            bytes(32),
        )
        self.visitors = Visitors(self.draw)
        self.room = Room(
            self.settings,
            self.gate,
            self.agent,
            self.shop.floor,
            desk,
            self.visitors,
            self.shop.counts,
            self.clock,
            self.draw,
        )
        self.app = portal_app(self.room)

    def draw(self) -> str:
        return f"{next(self._ids):032x}"

    def client(self, host: str = HOST) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(host, 40_000))
        return httpx.AsyncClient(transport=transport, base_url="http://portal")

    def code(self) -> str:
        """Of the newest message."""
        return self.sms.sent[-1][1].split()[1].rstrip(".")


class Page(HTMLParser):
    """What of a page a test wants to know."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.inputs: list[dict[str, str]] = []
        self.labels_for: set[str] = set()
        self.by_id: dict[str, str] = {}
        self.links: list[str] = []
        self.language = ""
        self.tags: list[str] = []
        self.actions: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._labels = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        if tag == "input":
            self.inputs.append({**told, "labelled": str(self._labels > 0)})
        elif tag == "label":
            self._labels += 1
            self.labels_for.add(told.get("for", ""))
        elif tag == "html":
            self.language = told.get("lang", "")
        elif tag == "form":
            self.actions.append(told.get("action", ""))
        if "href" in told or "src" in told:
            self.links.append(told.get("href", "") or told.get("src", ""))
        if tag not in ("input", "meta", "link", "br"):
            self._open.append((tag, told.get("id", "")))
            if told.get("id"):
                self.by_id[told["id"]] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._labels -= 1
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for _, id in self._open:
            if id:
                self.by_id[id] += data

    def value(self, name: str) -> str:
        return next(one["value"] for one in self.inputs if one.get("name") == name)

    def boxes(self) -> list[dict[str, str]]:
        return [one for one in self.inputs if one.get("type") == "checkbox"]
