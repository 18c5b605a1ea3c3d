"""The program at work: opens its doors, tells the agent, and says every few seconds how it fares.

doors     RADIUS, syslog (UDP) · leases, guests' page (HTTP) · routers are asked (ubus)
floor     addresses in, keys out ─> outbox
link      outbox ─> the agent's socket; questions of the page and their answers; keys to know and to forget
beat      sessions of long ago end, a pulse with the counters goes out, systemd hears that we live
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import ssl
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import anyio
import httpx
from starlette.types import ASGIApp

from sensors import notify
from sensors.association.agent_link import AgentLink
from sensors.association.counts import Counts
from sensors.association.datagrams import Take, bind_udp, serve_datagrams
from sensors.association.day_salt import DaySalt
from sensors.association.floor import Floor
from sensors.association.gates import Gate, NeighbourGate, TrustingGate
from sensors.association.lease_hook import lease_hook
from sensors.association.listening import bind_tcp, serve_app
from sensors.association.outbox import Outbox
from sensors.association.portal.app import portal_app
from sensors.association.portal.desk import CodeDesk
from sensors.association.portal.room import Room
from sensors.association.portal.sms import FileGateway
from sensors.association.portal.visitors import Visitors
from sensors.association.radius_door import RadiusDoor
from sensors.association.settings import AssociationSettings, PortalPlace
from sensors.association.syslog_door import SyslogDoor
from sensors.association.tenant_key import tenant_key
from sensors.association.ubus import watch
from sensors.association.unifi import UnifiGate
from sensors.association_messages import Hello, Known, Pulse
from sensors.consent.codes import DIGITS
from sensors.memory_place import MemoryPlace

log = logging.getLogger("tillkeeper.association")

PLACE = Path("/run/tillkeeper-association")
PULSE_S = 5.0
"""An agent that has heard nothing for three pulses says that this sensor is away."""


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Program:
    """Everything is opened when it is made: a taken port is said before anything runs.

    Raises NoTenantKey, NoMemoryPlace, PortTaken, OSError for a certificate that is not there.
    """

    def __init__(self, settings: AssociationSettings) -> None:
        place = MemoryPlace(settings.place or PLACE)
        boot = secrets.token_hex(8)
        self.counts = Counts()
        self.outbox = Outbox()
        self.floor = Floor(
            settings.sensor,
            boot,
            settings.networks,
            tenant_key(settings.tenant_key_file),
            DaySalt(place, settings.zone, os.urandom),
            self.outbox,
            self.counts,
            now_ms,
        )
        hello = Hello(settings.sensor, boot)
        rng = random.Random(os.urandom(8))
        self.link = AgentLink(settings.socket, hello, self.outbox, self._take_known, self.floor.take_forget, rng)
        self._settings = settings
        self._udp: list[tuple[socket.socket, Take, str]] = []
        self._tcp: list[tuple[socket.socket, Callable[[httpx.AsyncClient], ASGIApp]]] = []
        self._open()

    @property
    def addresses(self) -> list[str]:
        """Where it listens, in the order RADIUS, syslog, leases, page."""
        sockets = [one[0] for one in self._udp] + [one[0] for one in self._tcp]
        return ["{}:{}".format(*one.getsockname()[:2]) for one in sockets]

    async def run(self) -> None:
        """Until cancelled."""
        async with AsyncExitStack() as stack, anyio.create_task_group() as tasks:
            for bound, take, name in self._udp:
                stack.callback(bound.close)
                tasks.start_soon(serve_datagrams, bound, take, self.counts, name)
            routers = await stack.enter_async_context(httpx.AsyncClient(trust_env=False))
            for router in self._settings.routers:
                tasks.start_soon(watch, router, self.floor, self.counts, routers, now_ms)
            if self._tcp:
                controller = await stack.enter_async_context(self._controller_client())
                for bound, make in self._tcp:
                    tasks.start_soon(serve_app, make(controller), bound)
            tasks.start_soon(self.link.run)
            await self._beat()

    async def _beat(self) -> None:
        while True:
            self.floor.lapse()
            self._pulse()
            notify.notify(notify.READY, notify.ALIVE, f"STATUS={len(self.floor.stations)} devices")
            await anyio.sleep(PULSE_S)

    def _pulse(self) -> None:
        counts = {**self.counts.told(), "unsent": self.outbox.dropped}
        self.outbox.put(Pulse(now_ms(), len(self.floor.stations), len(self.floor.known), counts))

    def _take_known(self, told: Known) -> None:
        self.floor.take_known(told)
        if told.last:
            self._pulse()  # the agent sees at once how many of its keys have arrived

    def _open(self) -> None:
        told = self._settings
        if told.radius is not None:
            at, clients = told.radius
            door = RadiusDoor(clients, self.floor, self.counts, now_ms)
            self._udp.append((bind_udp(*at), door.take, "radius"))
        if told.syslog is not None:
            at, source = told.syslog
            self._udp.append((bind_udp(*at), SyslogDoor(source, self.floor, self.counts, now_ms).take, "syslog"))
        if told.leases is not None:
            at, leases = told.leases
            hook = lease_hook(leases, self.floor, self.counts, now_ms)
            self._tcp.append((bind_tcp(*at), lambda _: hook))
        if told.portal is not None:
            self._tcp.append((bind_tcp(*told.portal.listen), partial(self._portal, told.portal)))

    def _portal(self, place: PortalPlace, client: httpx.AsyncClient) -> ASGIApp:
        draw = partial(secrets.token_hex, 16)
        desk = CodeDesk(
            FileGateway(place.sms_directory),
            place.settings.shop,
            self.counts,
            now_ms,
            lambda: f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}",
            draw,
            os.urandom(32),
        )
        room = Room(
            place.settings,
            self._gate(place, client),
            self.link,
            self.floor,
            desk,
            Visitors(draw),
            self.counts,
            now_ms,
            draw,
        )
        return portal_app(room)

    def _gate(self, place: PortalPlace, client: httpx.AsyncClient) -> Gate:
        if place.gate == "unifi" and self._settings.controller is not None:
            return UnifiGate(self._settings.controller[0], client)
        return NeighbourGate(place.network) if place.gate == "neighbour" else TrustingGate(place.network)

    def _controller_client(self) -> httpx.AsyncClient:
        file = self._settings.controller[1] if self._settings.controller is not None else ""
        verify = ssl.create_default_context(cafile=file or None)
        return httpx.AsyncClient(trust_env=False, verify=verify)
