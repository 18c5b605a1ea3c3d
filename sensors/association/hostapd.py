"""What hostapd says of its stations: lines about one, and the list of all as ubus gives it. Pure, and tolerant.

    <3>AP-STA-CONNECTED a4:5e:60:11:22:33 auth_alg=open                          its control socket
    <30>Nov 22 14:00:01 ap hostapd: wlan0: AP-STA-DISCONNECTED a4:5e:60:11:22:33 syslog, BSD or not

    {"freq": 2437, "clients": {"a4:5e:60:11:22:33": {"auth": true, "assoc": true, "authorized": true, ...}}}

OpenWrt, package/network/services/hostapd (README.md: get_clients). A station that is not authorised yet has no key and
no network: it is not joined. Unknown fields are left unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sensors.association.address import station_address

LONGEST_LINE = 2_048
_LINE = re.compile(r"(?:([A-Za-z0-9_.-]{1,15}):\s+)?(?:<\d>)?\bAP-STA-((?:DIS)?CONNECTED)\s+([0-9A-Fa-f:.-]{12,24})")


@dataclass(frozen=True, slots=True, repr=False)
class StationLine:
    """`interface`: "wlan0" where the line names it."""

    joined: bool
    address: bytes
    interface: str


def station_line(line: str) -> StationLine | None:
    """None for a line about anything else. Never raises."""
    found = _LINE.search(line[:LONGEST_LINE])
    if found is None:
        return None
    address = station_address(found[3])
    if address is None:
        return None
    return StationLine(found[2] == "CONNECTED", address, found[1] or "")


def stations_of(told: object) -> tuple[bytes, ...] | None:
    """The addresses of the joined stations in an answer to get_clients; None where it is no such answer."""
    if not isinstance(told, Mapping) or not isinstance(told.get("clients"), Mapping):
        return None
    found = []
    for text, state in told["clients"].items():
        if not isinstance(text, str) or not isinstance(state, Mapping):
            continue
        # Old versions do not tell `authorized`: there a station that is associated has joined.
        if state.get("authorized", state.get("assoc", True)) is not True:
            continue
        address = station_address(text)
        if address is not None:
            found.append(address)
    return tuple(found)
