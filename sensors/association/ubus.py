"""An OpenWrt router asked over HTTP for its stations: JSON-RPC 2.0 on /ubus (uhttpd-mod-ubus), with a session's login.

    POST /ubus  {"jsonrpc":"2.0","id":1,"method":"call","params":["000...0","session","login",{username,password}]}
                {"jsonrpc":"2.0","id":1,"result":[0,{"ubus_rpc_session":"c1ed...","timeout":300,...}]}
    POST /ubus  {... "params":["c1ed...","hostapd.wlan0","get_clients",{}]}
                {... "result":[0,{"freq":2437,"clients":{...}}]}

result[0] is a status of ubus: 0 done, 4 no such object, 6 permission denied. A session that has run out, or has no
right, is answered with the error -32002: it is logged in once more. Source: OpenWrt, techref/ubus. An own user with
read access to hostapd.* in /usr/share/rpcd/acl.d is enough.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx

from sensors.association.capped import NotJson, TooLong, json_of
from sensors.association.counts import Counts
from sensors.association.floor import Floor, Point
from sensors.association.hostapd import stations_of

log = logging.getLogger("tillkeeper.association")

NOBODY = "0" * 32
"""The session of whoever has not logged in."""
DENIED = 6
ACCESS_DENIED = -32002
WITHIN_S = 5.0
"""A router answers in some milliseconds; a hung one must not hold up the next round."""


class NoStations(Exception):
    """The router did not tell its stations; the code says why, and nothing of what it said."""


@dataclass(frozen=True, slots=True)
class Router:
    """`interfaces`: "hostapd.wlan0" and the network it carries. `url`: "http://192.168.1.1"."""

    name: str
    url: str
    user: str
    password: str = field(repr=False)
    every_s: float
    zone: str
    interfaces: Mapping[str, str]


class Ubus:
    """One router's session. `client` is the caller's to close."""

    def __init__(self, router: Router, client: httpx.AsyncClient) -> None:
        self._router = router
        self._client = client
        self._session = ""
        self._number = 0

    async def stations(self, interface: str) -> tuple[bytes, ...]:
        """The addresses joined to `interface` now. Raises NoStations."""
        for again in (False, True):
            if not self._session:
                self._session = await self._login()
            status, told = await self._call(self._session, interface, "get_clients", {})
            if status in (DENIED, ACCESS_DENIED) and not again:
                self._session = ""
                continue
            if status:
                raise NoStations(f"status_{status}")
            found = stations_of(told)
            if found is None:
                raise NoStations("no_clients")
            return found
        raise NoStations("denied")

    async def _login(self) -> str:
        asked = {"username": self._router.user, "password": self._router.password}
        status, told = await self._call(NOBODY, "session", "login", asked)
        session = told.get("ubus_rpc_session") if isinstance(told, Mapping) else None
        if status or not isinstance(session, str) or not session:
            raise NoStations("login_refused")
        return session

    async def _call(self, session: str, place: str, method: str, asked: Mapping[str, str]) -> tuple[int, Any]:
        """The status of ubus, or the code of a JSON-RPC error, and what was told."""
        self._number += 1
        question = {
            "jsonrpc": "2.0",
            "id": self._number,
            "method": "call",
            "params": [session, place, method, asked],
        }
        request = self._client.build_request("POST", f"{self._router.url}/ubus", json=question, timeout=WITHIN_S)
        try:
            with anyio.fail_after(2 * WITHIN_S):
                status, told = await json_of(self._client, request)
        except (httpx.HTTPError, TimeoutError):
            raise NoStations("away") from None
        except (TooLong, NotJson) as error:
            raise NoStations(type(error).__name__) from None
        if status != 200 or not isinstance(told, Mapping) or told.get("id") != self._number:
            raise NoStations("no_answer")
        refused, result = told.get("error"), told.get("result")
        if isinstance(refused, Mapping) and isinstance(refused.get("code"), int):
            return refused["code"], None
        if not isinstance(result, list) or not result or not isinstance(result[0], int):
            raise NoStations("no_answer")
        return result[0], result[1] if len(result) > 1 else None


async def watch(
    router: Router, floor: Floor, counts: Counts, client: httpx.AsyncClient, now_ms: Callable[[], int]
) -> None:
    """Asks again and again, until cancelled. A router that does not answer tells nothing: nobody has left by that."""
    ubus, silent = Ubus(router, client), False
    while True:
        for interface, network in router.interfaces.items():
            try:
                addresses = await ubus.stations(interface)
            except NoStations as why:
                counts.add("ubus.failed")
                if not silent:
                    log.warning("router %s does not tell its stations: %s", router.name, why)
                silent = True
            else:
                counts.add("ubus.listed")
                silent = False
                point = Point(f"ubus {router.name} {interface}", router.zone)
                floor.listed(point, network, addresses, now_ms())
        await anyio.sleep(router.every_s)
