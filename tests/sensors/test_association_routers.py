"""Routers in other words: hostapd's lines and lists, ubus, leases, UniFi; the fakes speak the real protocols."""

from __future__ import annotations

import json
import logging
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sensors.association.__main__ import quiet_logs
from sensors.association.gates import NeighbourGate, NotAdmitted, neighbour
from sensors.association.hostapd import station_line, stations_of
from sensors.association.lease_hook import LeaseSource, lease_hook
from sensors.association.pseudonyms import day_key
from sensors.association.syslog_door import SyslogDoor, SyslogSource
from sensors.association.ubus import NoStations, Router, Ubus, watch
from sensors.association.unifi import Controller, UnifiGate, redirect_of
from tests.sensors.association_samples import ADDRESS, NETWORK, SALT, Shop, traces

MAC = ADDRESS.hex(":")
DAY = day_key(SALT, NETWORK, ADDRESS)


@pytest.mark.parametrize(
    ("line", "joined", "interface"),
    [
        (f"<3>AP-STA-CONNECTED {MAC}", True, ""),
        (f"<3>AP-STA-CONNECTED {MAC} auth_alg=open keyid=guest", True, ""),
        (f"AP-STA-DISCONNECTED {MAC}", False, ""),
        (f"<30>Nov 22 14:00:01 ap hostapd: wlan0: AP-STA-CONNECTED {MAC} auth_alg=sae", True, "wlan0"),
        (
            f"<30>1 2026-11-22T14:00:01Z ap hostapd 812 - - phy1-ap0: AP-STA-DISCONNECTED {MAC.upper()}",
            False,
            "phy1-ap0",
        ),
    ],
)
def test_lines_of_hostapd(line: str, joined: bool, interface: str) -> None:
    told = station_line(line)
    assert told is not None
    assert (told.joined, told.address, told.interface) == (joined, ADDRESS, interface)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "AP-STA-CONNECTED",
        "AP-STA-CONNECTED nobody",
        f"AP-STA-POLL-OK {MAC}",
        f"AP-ENABLED {MAC}",
        "AP-STA-CONNECTED ff:ff:ff:ff:ff:ff",
        f"wlan0: STA {MAC} IEEE 802.11: authenticated",
    ],
)
def test_other_lines_say_nothing(line: str) -> None:
    assert station_line(line) is None


@given(st.text())
def test_any_line_is_survived(line: str) -> None:
    station_line(line)
    station_line(f"AP-STA-CONNECTED {line}")


CLIENTS = {
    MAC: {"auth": True, "assoc": True, "authorized": True, "signal": -61, "aid": 1},
    "02:00:00:00:00:02": {"auth": True, "assoc": True, "authorized": False},
    "02:00:00:00:00:03": {"auth": True, "assoc": True},
    "02:00:00:00:00:04": "?",
    "nobody": {"authorized": True},
}


def test_a_list_of_stations_holds_those_that_have_joined() -> None:
    assert stations_of({"freq": 2437, "clients": CLIENTS}) == (ADDRESS, bytes.fromhex("020000000003"))
    for other in (None, [], {}, {"clients": []}, "x", 1):
        assert stations_of(other) is None


class OpenWrt:
    """uhttpd with ubus: sessions that run out, rights, and the two ways it says no."""

    def __init__(self) -> None:
        self.sessions: set[str] = set()
        self.logins = 0
        self.clients: dict[str, Any] = dict(CLIENTS)
        self.says: Response | None = None
        self.app = Starlette(routes=[Route("/ubus", self.ubus, methods=["POST"])])

    async def ubus(self, request: Request) -> Response:
        if self.says is not None:
            return self.says
        asked = await request.json()
        assert (asked["jsonrpc"], asked["method"]) == ("2.0", "call")
        session, place, method, told = asked["params"]

        def result(*values: Any) -> Response:
            return JSONResponse({"jsonrpc": "2.0", "id": asked["id"], "result": list(values)})

        if (place, method) == ("session", "login"):
            assert session == "0" * 32
            if told != {"username": "tillkeeper", "password": "p4ss"}:
                return result(6)
            self.logins += 1
            self.sessions.add(f"{self.logins:032x}")
            return result(0, {"ubus_rpc_session": f"{self.logins:032x}", "timeout": 300, "acls": {}})
        if session not in self.sessions:
            error = {"code": -32002, "message": "Access denied"}
            return JSONResponse({"jsonrpc": "2.0", "id": asked["id"], "error": error})
        if not place.startswith("hostapd."):
            return result(4)
        return result(0, {"freq": 2437, "clients": self.clients})


def router(password: str = "p4ss") -> Router:
    return Router("hall", "http://router", "tillkeeper", password, 60.0, "hall", {"hostapd.wlan0": NETWORK})


def asking(app: Starlette) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app))


@pytest.mark.anyio
async def test_a_router_is_asked_and_a_session_that_ran_out_is_opened_anew() -> None:
    fake = OpenWrt()
    async with asking(fake.app) as client:
        ubus = Ubus(router(), client)
        assert ADDRESS in await ubus.stations("hostapd.wlan0")
        assert ADDRESS in await ubus.stations("hostapd.wlan0")
        assert fake.logins == 1
        fake.sessions.clear()
        assert ADDRESS in await ubus.stations("hostapd.wlan0")
        assert fake.logins == 2


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("says", "password", "interface", "why"),
    [
        (None, "wrong", "hostapd.wlan0", "login_refused"),
        (None, "p4ss", "network", "status_4"),
        (Response(status_code=502), "p4ss", "hostapd.wlan0", "no_answer"),
        (Response("<html>"), "p4ss", "hostapd.wlan0", "NotJson"),
        (JSONResponse({"id": 99}), "p4ss", "hostapd.wlan0", "no_answer"),
        (Response(b"[" * (1 << 21)), "p4ss", "hostapd.wlan0", "TooLong"),
    ],
)
async def test_a_router_that_does_not_tell(says: Response | None, password: str, interface: str, why: str) -> None:
    fake = OpenWrt()
    fake.says = says
    async with asking(fake.app) as client:
        with pytest.raises(NoStations, match=why):
            await Ubus(router(password), client).stations(interface)


@pytest.mark.anyio
async def test_rounds_tell_who_came_and_who_is_not_in_the_list_any_more(caplog: pytest.LogCaptureFixture) -> None:
    fake, shop = OpenWrt(), Shop()
    caplog.set_level(logging.INFO, "tillkeeper")
    quick = Router("hall", "http://router", "tillkeeper", "p4ss", 0.01, "hall", {"hostapd.wlan0": NETWORK})
    async with asking(fake.app) as client, anyio.create_task_group() as tasks:
        tasks.start_soon(watch, quick, shop.floor, shop.counts, client, shop.clock)
        with anyio.fail_after(10):
            while len(shop.floor.stations) < 2:  # noqa: ASYNC110 (rounds have no bell)
                await anyio.sleep(0.01)
            assert ("came", False, DAY) in shop.moves()
            fake.says = Response(status_code=500)
            while shop.counts["ubus.failed"] < 2:  # noqa: ASYNC110
                await anyio.sleep(0.01)
            assert len(shop.floor.stations) == 2, "a silent router lets nobody go"
            fake.says, fake.clients = None, {}
            while len(shop.floor.stations):  # noqa: ASYNC110
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert ("left", False, DAY) in shop.moves()
    assert traces([MAC, NETWORK], caplog.text.encode()) == []
    assert caplog.text.count("does not tell its stations") == 1, "said once, not each round"


def test_syslog_is_taken_from_the_routers_alone() -> None:
    shop = Shop()
    source = SyslogSource((ip_network("192.168.10.0/24"),), "", "hall", {"wlan0": NETWORK})
    door = SyslogDoor(source, shop.floor, shop.counts, shop.clock)
    line = f"<30>Nov 22 14:00:01 ap hostapd: wlan0: AP-STA-CONNECTED {MAC}".encode()
    door.take(line, "10.0.0.9", 514)
    assert shop.moves() == []
    door.take(line, "192.168.10.2", 514)
    door.take(line.replace(b"wlan0", b"wlan1"), "192.168.10.2", 514)
    door.take(b"\xff\xfe nonsense\n" + line.replace(b"CONN", b"DISCONN"), "192.168.10.2", 514)
    assert shop.moves() == [("came", False, DAY), ("left", False, DAY)]
    assert shop.counts.told() == {
        "arrived": 1,
        "departed": 1,
        "other_network": 1,
        "syslog.other_line": 1,
        "syslog.taken": 3,
        "syslog.unknown_sender": 1,
    }


TOKEN = "a-token-of-the-shop"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("form", "status", "moves"),
    [
        ({"what": "add", "mac": MAC, "ip": "192.168.10.31", "hostname": "annas-phone"}, 204, ["came"]),
        ({"what": "del", "mac": MAC, "hostname": "annas-phone"}, 204, ["left"]),
        ({"what": "old", "mac": MAC, "hostname": "annas-phone"}, 204, []),
        ({"bound": "1", "mac": "A4:5E:60:11:22:33"}, 204, ["came"]),
        ({"bound": "0", "mac": MAC}, 204, ["left"]),
        ({"what": "add", "mac": "annas-phone"}, 400, []),
        ({"what": "tftp", "mac": MAC}, 400, []),
        ({"mac": MAC, "what": "add", "hostname": "x" * 4_000}, 413, []),
        ({}, 400, []),
    ],
)
async def test_leases(form: dict[str, str], status: int, moves: list[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tillkeeper")
    shop = Shop()
    app = lease_hook(LeaseSource(TOKEN, NETWORK, ""), shop.floor, shop.counts, shop.clock)
    async with asking(app) as client:
        said = await client.post("http://hook/lease", data=form, headers={"Authorization": f"Bearer {TOKEN}"})
        assert (said.status_code, said.content) == (status, b"")
        wrong = await client.post("http://hook/lease", data=form, headers={"Authorization": "Bearer x"})
        assert wrong.status_code == 401
    written = shop.outbox.next() + json.dumps(shop.counts.told()).encode()
    assert traces([MAC, "annas-phone", NETWORK, "192.168.10.31"], written + caplog.text.encode()) == []
    shop.outbox.rewind()
    assert [what for what, _, _ in shop.moves()] == moves


def test_the_redirect_of_unifi() -> None:
    told = {"ap": "94:2a:6f:d0:30:57", "id": MAC, "t": "1742398732", "url": "http://evil/", "ssid": NETWORK}
    redirect = redirect_of(told)
    assert redirect is not None
    assert (redirect.address, redirect.network) == (ADDRESS, NETWORK)
    assert redirect_of({"id": "nobody"}) is None
    assert redirect_of({"id": MAC, "ssid": "x" * 33}) is None
    assert redirect_of({}) is None


class Unifi:
    """The integration API of one site: clients by a filter, actions on a client."""

    def __init__(self) -> None:
        self.rows = [{"id": "c-1", "macAddress": MAC, "ipAddress": "192.168.10.31", "access": {"type": "GUEST"}}]
        self.admitted: list[tuple[str, Any]] = []
        self.status = 200
        site = "/proxy/network/integration/v1/sites/site-1/clients"
        self.app = Starlette(
            routes=[
                Route(site, self.clients),
                Route(site + "/{id}/actions", self.act, methods=["POST"]),
            ]
        )

    async def clients(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != "key" or self.status != 200:
            return JSONResponse({"code": "no"}, 401 if self.status == 200 else self.status)
        asked = request.query_params["filter"]
        rows = [row for row in self.rows if asked == f"macAddress.eq('{row['macAddress']}')"]
        return JSONResponse({"offset": 0, "limit": 25, "count": len(rows), "totalCount": len(rows), "data": rows})

    async def act(self, request: Request) -> Response:
        self.admitted.append((request.path_params["id"], await request.json()))
        return JSONResponse({"action": "AUTHORIZE_GUEST_ACCESS"})


def gate(fake: Unifi, client: httpx.AsyncClient, key: str = "key") -> UnifiGate:
    return UnifiGate(Controller("http://unifi", "site-1", key, minutes=60), client)


@pytest.mark.anyio
async def test_unifi_proves_who_asks_and_lets_a_guest_on() -> None:
    fake = Unifi()
    async with asking(fake.app) as client:
        one = gate(fake, client)
        guest = await one.guest("192.168.10.31", {"id": MAC, "ssid": NETWORK})
        assert guest is not None
        assert (guest.proven, guest.network) == (True, NETWORK)
        await one.admit(guest, "192.168.10.31")
        assert fake.admitted == [("c-1", {"action": "AUTHORIZE_GUEST_ACCESS", "timeLimitMinutes": 60})]
        forged = await one.guest("192.168.10.66", {"id": MAC, "ssid": NETWORK})
        assert forged is not None
        assert not forged.proven, "somebody else's device in the parameters"
        assert await one.guest("192.168.10.31", {"id": "x"}) is None


@pytest.mark.anyio
async def test_unifi_away_or_refusing() -> None:
    fake = Unifi()
    async with asking(fake.app) as client:
        fake.status = 503
        guest = await gate(fake, client).guest("192.168.10.31", {"id": MAC, "ssid": NETWORK})
        assert guest is not None
        assert not guest.proven
        with pytest.raises(NotAdmitted, match="controller_refused"):
            await gate(fake, client).admit(guest, "192.168.10.31")
        fake.status = 200
        await gate(fake, client).admit(guest, "192.168.10.31")
        with pytest.raises(NotAdmitted, match="controller_refused"):
            await gate(fake, client, key="old").admit(guest, "192.168.10.31")
        fake.rows = []
        for nobody in (guest, None):
            with pytest.raises(NotAdmitted, match="device_unknown"):
                await gate(fake, client).admit(nobody, "192.168.10.31")
    nowhere = httpx.AsyncClient(transport=httpx.MockTransport(_unreachable))
    with pytest.raises(NotAdmitted, match="controller_away") as away:
        await gate(fake, nowhere).admit(guest, "192.168.10.31")
    assert traces([MAC], repr(away.value).encode()) == []


@pytest.mark.anyio
async def test_the_program_keeps_its_http_client_from_writing_addresses(caplog: pytest.LogCaptureFixture) -> None:
    """httpx logs each question at INFO, and the question to a controller has the guest's address in it."""
    fake = Unifi()
    levels = {name: logging.getLogger(name).level for name in ("httpx", "httpcore")}
    try:
        for quiet in (False, True):
            caplog.clear()
            if quiet:
                quiet_logs()
            with caplog.at_level(logging.DEBUG):
                async with asking(fake.app) as client:
                    await gate(fake, client).guest("192.168.10.31", {"id": MAC, "ssid": NETWORK})
            assert (traces([MAC, MAC.replace(":", "%3A")], caplog.text.encode()) == []) is quiet
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _unreachable(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError(str(request.url))


TABLE = f"""IP address       HW type     Flags       HW address            Mask     Device
192.168.10.31    0x1         0x2         {MAC}     *        br-guest
192.168.10.32    0x1         0x0         00:00:00:00:00:00     *        br-guest
192.168.10.33    0x1         odd         {MAC}     *        br-guest
short
"""


def test_the_kernel_says_which_device_has_an_address() -> None:
    assert neighbour(TABLE, "192.168.10.31") == ADDRESS
    for other in ("192.168.10.3", "192.168.10.32", "192.168.10.33", "short", ""):
        assert neighbour(TABLE, other) is None
    assert neighbour("", "192.168.10.31") is None


@pytest.mark.anyio
async def test_a_portal_on_the_guests_wire_asks_the_kernel(tmp_path: Path) -> None:
    (tmp_path / "arp").write_text(TABLE)
    here = NeighbourGate(NETWORK, tmp_path / "arp")
    guest = await here.guest("192.168.10.31", {"id": "02:00:00:00:00:66"})
    assert guest is not None
    assert (guest.address, guest.network, guest.proven) == (ADDRESS, NETWORK, True), "the parameters are not believed"
    assert await here.guest("192.168.10.99", {}) is None
    assert await NeighbourGate(NETWORK, tmp_path / "none").guest("192.168.10.31", {}) is None
    await here.admit(None, "192.168.10.31")


def test_secrets_are_in_no_repr() -> None:
    told = [router(), LeaseSource(TOKEN, "", ""), Controller("u", "s", "the-api-key"), Shop().radius._clients[0]]
    assert traces(["p4ss", TOKEN, "the-api-key", "xyzzy5461-shop-1"], repr(told).encode()) == []
