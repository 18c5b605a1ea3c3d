"""UniFi's external hotspot: the parameters of its redirect, and its API that says who asks and lets a guest on.

    http://PORTAL/guest/s/SITE/?ap=94:2a:6f:d0:30:57&id=1c:71:25:63:e4:24&t=1742398732&url=http://...&ssid=Guests

    GET  URL/proxy/network/integration/v1/sites/SITE_ID/clients?filter=macAddress.eq('1c:71:25:63:e4:24')
         X-API-KEY: ...       {"data":[{"id":"...","macAddress":"...","ipAddress":"192.168.10.31","access":{...}}]}
    POST .../clients/CLIENT_ID/actions      {"action":"AUTHORIZE_GUEST_ACCESS","timeLimitMinutes":480}

help.ui.com 31228198640023, Network application 9.1.105 and newer. The redirect is not signed: the controller's own word
on the device's IP address proves that the request comes from it. `url` is never followed: a page that sends guests to
an address from its own parameters sends them anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import anyio
import httpx

from sensors.association.address import LONGEST_NETWORK_BYTES, station_address
from sensors.association.capped import NotJson, TooLong, json_of
from sensors.association.gates import Guest, NotAdmitted

WITHIN_S = 5.0
"""A controller on the shop's own wire; a guest looks at an empty page meanwhile."""
PATH = "/proxy/network/integration/v1/sites"


@dataclass(frozen=True, slots=True)
class Controller:
    """`url` without a path; `site`: its id, a UUID. `minutes`: how long a guest stays on, a day's visit."""

    url: str
    site: str
    api_key: str = field(repr=False)
    minutes: int = 480


@dataclass(frozen=True, slots=True, repr=False)
class Redirect:
    """Of the five parameters, the two that are used."""

    address: bytes
    network: str


def redirect_of(told: Mapping[str, str]) -> Redirect | None:
    """None where `id` names no device. Never raises."""
    address = station_address(told.get("id", ""))
    network = told.get("ssid", "")
    if address is None or len(network.encode("utf-8", "replace")) > LONGEST_NETWORK_BYTES:
        return None
    return Redirect(address, network)


class UnifiGate:
    """A Gate. `client` is the caller's to close. Nothing of a guest is logged or put into an error's words."""

    def __init__(self, controller: Controller, client: httpx.AsyncClient) -> None:
        self._controller = controller
        self._client = client
        self._clients = f"{controller.url}{PATH}/{quote(controller.site, safe='')}/clients"

    async def guest(self, host: str, told: Mapping[str, str]) -> Guest | None:
        redirect = redirect_of(told)
        if redirect is None:
            return None
        try:
            handle, at = await self._find(redirect.address)
        except NotAdmitted:
            return Guest(redirect.address, redirect.network, proven=False)
        return Guest(redirect.address, redirect.network, proven=bool(handle) and at == host, handle=handle)

    async def admit(self, guest: Guest | None, host: str) -> None:
        if guest is None:
            raise NotAdmitted("device_unknown")
        handle = guest.handle or (await self._find(guest.address))[0]
        if not handle:
            raise NotAdmitted("device_unknown")
        asked = {"action": "AUTHORIZE_GUEST_ACCESS", "timeLimitMinutes": self._controller.minutes}
        await self._ask("POST", f"{self._clients}/{quote(handle, safe='')}/actions", json=asked)

    async def _find(self, address: bytes) -> tuple[str, str]:
        """The controller's name for the device and its IP address; empty where it does not know it."""
        question = {"filter": f"macAddress.eq('{address.hex(':')}')"}
        told = await self._ask("GET", self._clients, params=question)
        rows = told.get("data") if isinstance(told, Mapping) else None
        for row in rows if isinstance(rows, list) else ():
            if isinstance(row, Mapping) and station_address(str(row.get("macAddress", ""))) == address:
                return str(row.get("id", "")), str(row.get("ipAddress", ""))
        return "", ""

    async def _ask(self, method: str, url: str, **asked: Any) -> Any:
        headers = {"X-API-KEY": self._controller.api_key, "Accept": "application/json"}
        request = self._client.build_request(method, url, headers=headers, timeout=WITHIN_S, **asked)
        try:
            with anyio.fail_after(2 * WITHIN_S):
                status, told = await json_of(self._client, request)
        except (httpx.HTTPError, TimeoutError, TooLong, NotJson):
            raise NotAdmitted("controller_away") from None
        if not 200 <= status < 300:
            raise NotAdmitted("controller_refused")
        return told
