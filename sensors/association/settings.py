"""The program's configuration (TOML): who may tell of stations, where the agent listens, what the guests' page offers.

    tenant_key_file = "/var/lib/tillkeeper-association-keys/tenant.key"               made at first use
    socket = "/run/tillkeeper/association.sock"           zone = "Europe/Moscow"          sensor = "wifi"
    networks = ["Guests"]                             the guests' networks; whoever joins another one is not looked at

    [radius]                                          listen = "0.0.0.0:1813"
    [[radius.clients]]                                name, from = ["192.168.10.2"], secret, network = "", zone = ""
    [[routers]]                                       name, url, user, password, every_s, zone, interfaces = {...}
    [syslog]                                          listen, from, network, zone, interfaces = {}
    [leases]                                          listen, token, network, zone
    [portal]                                          listen, shop, controller, country, purposes, gate, network, ...
    [unifi]                                           url, site, api_key, ca_file, minutes

Sections that are not there are off. It holds secrets: readable by the program alone.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from sensors.association.address import LONGEST_NETWORK_BYTES
from sensors.association.datagrams import networks
from sensors.association.lease_hook import LeaseSource
from sensors.association.portal.room import PortalSettings
from sensors.association.radius_door import RadiusClient
from sensors.association.syslog_door import SyslogSource
from sensors.association.ubus import Router
from sensors.association.unifi import Controller
from sensors.consent.countries import profile_of
from sensors.consent.facts import Purpose
from sensors.consent.texts import RETENTION_DAYS

SHORTEST_SECRET = 16
"""RFC 2865, 3: at least 16 octets."""


class WrongSettings(Exception):
    """`ru`, `en`: what is wrong. It never repeats a secret."""

    def __init__(self, ru: str, en: str) -> None:
        super().__init__(en)
        self.ru = ru
        self.en = en


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A section: a name that is not known is a slip of the pen, and is said."""


class _Client(_Strict, frozen=True, kw_only=True, rename={"allowed": "from"}):
    name: str
    allowed: tuple[str, ...]
    secret: str
    network: str = ""
    zone: str = ""


class _Radius(_Strict, frozen=True, kw_only=True):
    listen: str = "0.0.0.0:1813"
    clients: tuple[_Client, ...] = ()


class _Router(_Strict, frozen=True, kw_only=True):
    name: str
    url: str
    user: str
    password: str
    interfaces: dict[str, str]
    every_s: float = 60.0
    zone: str = ""


class _Syslog(_Strict, frozen=True, kw_only=True, rename={"allowed": "from"}):
    listen: str
    allowed: tuple[str, ...]
    network: str = ""
    zone: str = ""
    interfaces: dict[str, str] = {}


class _Leases(_Strict, frozen=True, kw_only=True):
    listen: str
    token: str
    network: str
    zone: str = ""


class _Unifi(_Strict, frozen=True, kw_only=True):
    url: str
    site: str
    api_key: str
    ca_file: str = ""
    minutes: int = 480


class _Portal(_Strict, frozen=True, kw_only=True):
    listen: str
    shop: str
    controller: str
    gate: Literal["unifi", "neighbour", "trusting"]
    sms_directory: str
    country: str = "RU"
    network: str = ""
    purposes: tuple[Purpose, ...] = (Purpose.WIFI_ID, Purpose.MARKETING, Purpose.ANALYTICS)
    days: dict[Purpose, int] = {}
    language: Literal["ru", "en"] = "ru"
    zone: str = ""


class _File(_Strict, frozen=True, kw_only=True):
    socket: str
    tenant_key_file: str
    networks: tuple[str, ...]
    sensor: str = "wifi"
    zone: str = "UTC"
    place: str = ""
    radius: _Radius | None = None
    routers: tuple[_Router, ...] = ()
    syslog: _Syslog | None = None
    leases: _Leases | None = None
    portal: _Portal | None = None
    unifi: _Unifi | None = None


Listen = tuple[str, int]


@dataclass(frozen=True, slots=True)
class PortalPlace:
    listen: Listen
    settings: PortalSettings
    gate: str
    network: str
    sms_directory: Path


@dataclass(frozen=True, slots=True)
class AssociationSettings:
    sensor: str
    socket: Path
    tenant_key_file: Path
    networks: tuple[str, ...]
    zone: ZoneInfo
    place: Path | None
    radius: tuple[Listen, tuple[RadiusClient, ...]] | None
    routers: tuple[Router, ...]
    syslog: tuple[Listen, SyslogSource] | None
    leases: tuple[Listen, LeaseSource] | None
    portal: PortalPlace | None
    controller: tuple[Controller, str] | None
    """And the file with the certificate that signed the controller's, "" for the system's."""


def read_settings(file: Path) -> AssociationSettings:
    """Raises WrongSettings and OSError."""
    try:
        told: dict[str, Any] = tomllib.loads(file.read_text("utf-8"))
        return _settings(msgspec.convert(told, _File))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, ValueError) as error:
        raise WrongSettings(f"Настройки {file} не разобрать: {error}", f"{file} cannot be read: {error}") from None
    except ZoneInfoNotFoundError:
        raise WrongSettings("Такого часового пояса нет (zone).", "There is no such time zone (zone).") from None


def _settings(told: _File) -> AssociationSettings:
    if not told.networks or any(not 0 < len(one.encode()) <= LONGEST_NETWORK_BYTES for one in told.networks):
        raise ValueError("networks: at least one name, of 32 bytes at the most")
    for section, network in (("leases", told.leases and told.leases.network), ("portal", _own_network(told))):
        if network is not None and network not in told.networks:
            raise ValueError(f"{section}.network: none of the guests' networks")
    return AssociationSettings(
        sensor=told.sensor,
        socket=Path(told.socket),
        tenant_key_file=Path(told.tenant_key_file),
        networks=told.networks,
        zone=ZoneInfo(told.zone),
        place=Path(told.place) if told.place else None,
        radius=_radius(told.radius) if told.radius is not None else None,
        routers=tuple(_router(one) for one in told.routers),
        syslog=_syslog(told.syslog) if told.syslog is not None else None,
        leases=_leases(told.leases) if told.leases is not None else None,
        portal=_portal(told.portal, told.unifi) if told.portal is not None else None,
        controller=_controller(told.unifi) if told.unifi is not None else None,
    )


def _own_network(told: _File) -> str | None:
    """The page's network, where it is not the controller that tells it."""
    return told.portal.network if told.portal is not None and told.portal.gate != "unifi" else None


def _radius(told: _Radius) -> tuple[Listen, tuple[RadiusClient, ...]]:
    for one in told.clients:
        if len(one.secret.encode()) < SHORTEST_SECRET:
            raise ValueError(f"radius.clients, {one.name}: a secret of 16 bytes at the least")
    clients = (
        RadiusClient(one.name, networks(one.allowed), one.secret.encode(), one.network, one.zone)
        for one in told.clients
    )
    return listen_at(told.listen), tuple(clients)


def _router(told: _Router) -> Router:
    if told.every_s < 5:
        raise ValueError(f"routers, {told.name}: every_s of 5 at the least")
    return Router(told.name, told.url.rstrip("/"), told.user, told.password, told.every_s, told.zone, told.interfaces)


def _syslog(told: _Syslog) -> tuple[Listen, SyslogSource]:
    return listen_at(told.listen), SyslogSource(networks(told.allowed), told.network, told.zone, told.interfaces)


def _leases(told: _Leases) -> tuple[Listen, LeaseSource]:
    if len(told.token) < SHORTEST_SECRET:
        raise ValueError("leases.token: 16 characters at the least")
    return listen_at(told.listen), LeaseSource(told.token, told.network, told.zone)


def _controller(told: _Unifi) -> tuple[Controller, str]:
    return Controller(told.url.rstrip("/"), told.site, told.api_key, told.minutes), told.ca_file


def _portal(told: _Portal, unifi: _Unifi | None) -> PortalPlace:
    listen = listen_at(told.listen)
    if Purpose.FACE_ID in told.purposes:
        raise ValueError("portal.purposes: a face is enrolled where a face is seen, at the kiosk or the till")
    if told.gate == "unifi" and unifi is None:
        raise ValueError("portal.gate is unifi, and there is no section [unifi]")
    if told.gate == "trusting" and not ip_address(listen[0]).is_loopback:
        raise ValueError("portal.gate trusting believes anybody: it may listen on this machine's loopback only")
    if not told.controller.strip():
        raise ValueError("portal.controller: who answers for the data has to be named")
    days = {one: told.days.get(one, RETENTION_DAYS[one]) for one in told.purposes}
    if any(not 0 < days[one] <= RETENTION_DAYS[one] for one in days):
        raise ValueError("portal.days: no longer than the texts allow")
    settings = PortalSettings(
        shop=told.shop,
        controller=told.controller,
        country=profile_of(told.country),
        days=days,
        language=told.language,
        zone=told.zone,
    )
    return PortalPlace(listen, settings, told.gate, told.network, Path(told.sms_directory))


def listen_at(text: str) -> Listen:
    """ "0.0.0.0:1813", "[::]:1813". Raises ValueError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not port.isascii() or not port.isdecimal() or int(port) > 65_535:
        raise ValueError(f"listen: {text!r} is no address and port")
    ip_address(host)
    return host, int(port)
