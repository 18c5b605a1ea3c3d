"""hostapd's lines as a router sends them to a log server (UDP, RFC 3164 or 5424): stations that come and go.

Syslog proves nothing of who sent it: anybody on that wire could write such a line. So it is taken from the routers'
own addresses only, and is better than nothing where neither RADIUS nor ubus can be had.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sensors.association.counts import Counts
from sensors.association.datagrams import Network, is_from
from sensors.association.floor import Floor, Point
from sensors.association.hostapd import station_line


@dataclass(frozen=True, slots=True)
class SyslogSource:
    """`interfaces`: which network an interface carries; `network` for the others, "" where they are none of guests'."""

    allowed: tuple[Network, ...]
    network: str
    zone: str
    interfaces: Mapping[str, str] = field(default_factory=dict)


class SyslogDoor:
    def __init__(self, source: SyslogSource, floor: Floor, counts: Counts, now_ms: Callable[[], int]) -> None:
        self._source = source
        self._floor = floor
        self._counts = counts
        self._now_ms = now_ms

    def take(self, datagram: bytes, host: str, port: int) -> None:
        """Never answers, never raises. The router's own time is not believed: lines come at once or not at all."""
        if not is_from(host, self._source.allowed):
            self._counts.add("syslog.unknown_sender")
            return
        for line in datagram.decode("utf-8", "replace").splitlines():
            told = station_line(line)
            if told is None:
                self._counts.add("syslog.other_line")
                continue
            network = self._source.interfaces.get(told.interface, self._source.network)
            point = Point(f"syslog {host} {told.interface}", self._source.zone)
            tell = self._floor.joined if told.joined else self._floor.left
            tell(point, "", network, told.address, self._now_ms())
            self._counts.add("syslog.taken")
