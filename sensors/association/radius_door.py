"""The accounting server: each datagram is judged, told on to the floor, and only then answered.

    router ── Accounting-Request ──> known client? secret? repeated? ── Came / Left is queued ── Accounting-Response ──>

Routers ask again until they are answered, so an answer says: it is ours now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sensors.association.counts import Counts
from sensors.association.datagrams import Network, is_from
from sensors.association.floor import Floor, Point
from sensors.association.radius_accounting import BOOTS, Accounting, Status, accounting_of
from sensors.association.radius_memory import AnswersGiven
from sensors.association.radius_packet import Dropped, answer_to, read_request


@dataclass(frozen=True, slots=True)
class RadiusClient:
    """Routers that share a secret. `network`: the guests' network, where the router does not tell it."""

    name: str
    allowed: tuple[Network, ...]
    secret: bytes
    network: str
    zone: str

    def __repr__(self) -> str:
        return f"RadiusClient({self.name})"


class RadiusDoor:
    """`take` never raises for anything that comes from the network."""

    def __init__(
        self, clients: tuple[RadiusClient, ...], floor: Floor, counts: Counts, now_ms: Callable[[], int]
    ) -> None:
        self._clients = clients
        self._floor = floor
        self._counts = counts
        self._now_ms = now_ms
        self._given = AnswersGiven()

    def take(self, datagram: bytes, host: str, port: int) -> bytes | None:
        """The answer, or None where the packet is dropped; which of the two and why is counted."""
        now_ms = self._now_ms()
        client = next((one for one in self._clients if is_from(host, one.allowed)), None)
        if client is None:
            return self._drop(Dropped.UNKNOWN_CLIENT)
        request = read_request(datagram, client.secret)
        if isinstance(request, Dropped):
            return self._drop(request)
        name = (host, port, request.identifier, request.authenticator)
        answer = self._given.recall(name, now_ms)
        if answer is not None:
            self._counts.add("radius.repeated")
            return answer
        told = accounting_of(request, now_ms)
        if isinstance(told, Dropped):
            return self._drop(told)
        self._tell(told, client, host)
        answer = answer_to(request, client.secret)
        self._given.keep(name, answer, now_ms)
        return answer

    def _tell(self, told: Accounting, client: RadiusClient, host: str) -> None:
        self._counts.add(f"radius.{told.status.name.lower()}" if told.status else "radius.other_status")
        point = Point(f"radius {host}", client.zone)
        if told.status in BOOTS:
            self._floor.booted(point, told.at_ms)
        elif told.status is not None and told.address is None:
            self._counts.add("radius.no_station")
        elif told.status is not None and told.address is not None:
            network = told.network or client.network
            tell = self._floor.left if told.status is Status.STOP else self._floor.joined
            tell(point, told.session, network, told.address, told.at_ms)

    def _drop(self, why: Dropped) -> bytes | None:
        self._counts.add(f"radius.{why.value}")
        return None
