"""Who is the guest whose browser asks, and how is a guest let onto the internet? A way for each kind of network.

    UniFi       the controller's redirect names the device; its API tells whether that is so, and opens (unifi.py)
    neighbour   the portal stands on the guests' own wire: the kernel's table says which device has an address
                (/proc/self/net/arp, proc(5)); the network is open by itself, the page is only about agreeing
    trusting    the redirect is believed: for a demo on this machine, and refused anywhere else (settings.py)

A redirect's parameters are not signed: without a proof anybody could have a neighbour's phone known as their own. So a
device is offered to be known only where it is proven to be the one that asks; the internet is there either way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sensors.association.address import station_address

NEIGHBOURS = Path("/proc/self/net/arp")


@dataclass(frozen=True, slots=True, repr=False)
class Guest:
    """A device on the guests' network. `proven`: it is the one the request came from. `handle`: the controller's."""

    address: bytes
    network: str
    proven: bool
    handle: str = ""


class NotAdmitted(Exception):
    """The network was not opened; `code` says why. It may be asked again."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Gate(Protocol):
    async def guest(self, host: str, told: Mapping[str, str]) -> Guest | None:
        """Whose browser this is. `host`: where the request came from; `told`: the redirect's parameters."""
        ...

    async def admit(self, guest: Guest | None, host: str) -> None:
        """Opens the internet. Raises NotAdmitted."""
        ...


class NeighbourGate:
    """`network`: the one on whose wire the portal stands."""

    def __init__(self, network: str, table: Path = NEIGHBOURS) -> None:
        self._network = network
        self._table = table

    async def guest(self, host: str, told: Mapping[str, str]) -> Guest | None:
        try:
            # A file of the kernel's: read in microseconds, no disk is asked.
            text = self._table.read_text("ascii", "replace")
        except OSError:
            return None
        address = neighbour(text, host)
        return Guest(address, self._network, proven=True) if address is not None else None

    async def admit(self, guest: Guest | None, host: str) -> None:
        return None


class TrustingGate:
    """Believes `id`. For demos and tests on the loopback."""

    def __init__(self, network: str) -> None:
        self._network = network

    async def guest(self, host: str, told: Mapping[str, str]) -> Guest | None:
        address = station_address(told.get("id", ""))
        return Guest(address, self._network, proven=True) if address is not None else None

    async def admit(self, guest: Guest | None, host: str) -> None:
        return None


def neighbour(table: str, host: str) -> bytes | None:
    """The device that has this address on the wire: a complete entry (flag 0x2) of the kernel's table."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 6 or fields[0] != host:
            continue
        try:
            complete = int(fields[2], 16) & 0x2
        except ValueError:
            continue
        if complete:
            return station_address(fields[3])
    return None
