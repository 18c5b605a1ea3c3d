"""The place where addresses end: what routers tell comes in with an address, what goes on to the agent has a key.

    router's word ─> told_as(): a key ─> stations: new, moved, gone? ─> Came / Left ─> outbox

Keys whose owners agreed come from the agent. Until it has told them, everybody is a number of the day.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from sensors.association.counts import Counts
from sensors.association.outbox import Outbox
from sensors.association.pseudonyms import Told, day_key, is_returning, returning_key, told_as
from sensors.association.stations import Stations
from sensors.association_messages import Came, Forget, Known, Left
from sensors.sighting import Seen, Sighting


@dataclass(frozen=True, slots=True)
class Point:
    """Whoever tells of stations: a router, an access point, a lease server. `zone`: the part of the shop it covers."""

    name: str
    zone: str


class Floor:
    """`networks`: the shop's networks for guests; whoever joined another one (the staff's) is not looked at.

    `salt` gives the day's salt at a time; `now_ms`: the clock.
    """

    def __init__(
        self,
        sensor: str,
        boot: str,
        networks: Collection[str],
        tenant_key: bytes,
        salt: Callable[[int], bytes],
        outbox: Outbox,
        counts: Counts,
        now_ms: Callable[[], int],
    ) -> None:
        self.known: frozenset[str] = frozenset()
        self.stations = Stations()
        self._sensor = sensor
        self._boot = boot
        self._networks = frozenset(networks)
        self._tenant_key = tenant_key
        self._salt = salt
        self._outbox = outbox
        self._counts = counts
        self._now_ms = now_ms
        self._seq = 0
        self._zones: dict[str, str] = {}
        self._coming: set[str] | None = None

    def guests(self, network: str) -> bool:
        """Is this one of the shop's networks for guests?"""
        return network in self._networks

    def joined(self, point: Point, session: str, network: str, address: bytes, at_ms: int) -> bool:
        """A station joined, or is still there. False where its network is none of the guests'.

        `session` is empty where the router names none: then the key names it.
        """
        if not self.guests(network):
            self._counts.add("other_network")
            return False
        self._arrived(point, session, self._told(network, address), at_ms)
        return True

    def left(self, point: Point, session: str, network: str, address: bytes, at_ms: int) -> bool:
        if not self.guests(network):
            self._counts.add("other_network")
            return False
        told = self._told(network, address)
        self._gone(point, self.stations.depart(point.name, session or told.key, told.key), at_ms)
        return True

    def booted(self, point: Point, at_ms: int) -> None:
        """The access point started anew: nobody is joined to it."""
        self._gone(point, self.stations.boot(point.name), at_ms)

    def listed(self, point: Point, network: str, addresses: Iterable[bytes], at_ms: int) -> None:
        """Every station of an access point's network now; who was in the list before and is not now has left."""
        if not self.guests(network):
            self._counts.add("other_network")
            return
        told = [self._told(network, address) for address in addresses]
        for one in told:
            self._arrived(point, "", one, at_ms)
        self._gone(point, self.stations.seen(point.name, frozenset(one.key for one in told)), at_ms)

    def keys_of(self, network: str, address: bytes) -> tuple[str, str]:
        """(returning key, key of the day): for a guest who agrees to be known by this device, and for nobody else."""
        salt = self._salt(self._now_ms())
        return returning_key(self._tenant_key, network, address), day_key(salt, network, address)

    def agreed(self, key: str, was: str, zone: str) -> None:
        """The agent recorded the consent to this key: the device is told under it from now on.

        `zone`: where it was agreed; the access points that hold the device know better.
        """
        self.known |= {key}
        self.stations.rename(was, key)
        zones = [self._zones.get(point, "") for point, held, _ in self.stations.present() if held == key]
        for one in zones or [zone]:
            self._come(one, Told(key, True), self._now_ms(), was)

    def take_known(self, told: Known) -> None:
        """The agent begins anew with `first`: then whoever is present is told again, it may have forgotten them."""
        if told.first:
            self._coming = set()
        keys = {key for key in told.keys if is_returning(key)}
        if self._coming is None:
            self.known |= keys
            return
        self._coming |= keys
        if told.last:
            ended, self.known, self._coming = self.known - self._coming, frozenset(self._coming), None
            self._forget(ended)
            self._tell_again()

    def take_forget(self, told: Forget) -> None:
        self.known -= set(told.keys)
        if self._coming is not None:
            self._coming -= set(told.keys)
        self._forget(told.keys)

    def lapse(self) -> None:
        self.stations.lapse(self._now_ms())

    def _told(self, network: str, address: bytes) -> Told:
        return told_as(self._tenant_key, self._salt(self._now_ms()), network, address, self.known)

    def _arrived(self, point: Point, session: str, told: Told, at_ms: int) -> None:
        self._zones[point.name] = point.zone
        arrival = self.stations.arrive(point.name, session or told.key, told.key, self._now_ms())
        self._counts.add("arrived", int(arrival.new))
        # Across a midnight both keys are of a day, and nobody may learn that they are one device.
        self._come(point.zone, told, at_ms, arrival.was if told.agreed else "")

    def _come(self, zone: str, told: Told, at_ms: int, was: str = "") -> None:
        self._outbox.put(Came(self._sighting(Seen.ASSOCIATED, zone, told.key, at_ms), told.agreed, was))

    def _gone(self, point: Point, keys: Iterable[str], at_ms: int) -> None:
        for key in keys:
            self._counts.add("departed")
            sighting = self._sighting(Seen.DISASSOCIATED, point.zone, key, at_ms)
            self._outbox.put(Left(sighting, key in self.known))

    def _sighting(self, seen: Seen, zone: str, key: str, at_ms: int) -> Sighting:
        self._seq += 1
        return Sighting(sensor=self._sensor, boot=self._boot, seq=self._seq, seen=seen, at_ms=at_ms, key=key, zone=zone)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.stations.forget(key)

    def _tell_again(self) -> None:
        for point, key, heard_ms in self.stations.present():
            self._come(self._zones.get(point, ""), Told(key, key in self.known), heard_ms)
