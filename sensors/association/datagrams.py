"""A UDP socket that is listened on until cancelled; what comes wrong is counted and never ends the listening."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import anyio
import anyio.lowlevel

from sensors.association.counts import Counts

LONGEST = 4_096 + 1
"""RFC 2866, 3: a packet has 4096 bytes at the most."""
A_HANDFUL = 64
"""Datagrams taken before others get their turn: some milliseconds."""
KERNEL_BYTES = 1 << 20
"""Room for a minute of a shop's accounting while a disk is slow."""

Take = Callable[[bytes, str, int], bytes | None]
Network = IPv4Network | IPv6Network


class PortTaken(Exception):
    """Somebody else listens there, or the address is not ours; `ru` and `en` are for a person."""

    def __init__(self, host: str, port: int, error: OSError) -> None:
        self.ru = f"Адрес {host}:{port} занять нельзя: {error.strerror}. Смените listen в настройках."
        self.en = f"The address {host}:{port} cannot be used: {error.strerror}. Change listen in the configuration."
        super().__init__(self.en)


def bind_udp(host: str, port: int) -> socket.socket:
    """Raises PortTaken. Port 0: any free one."""
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        bound.setblocking(False)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise PortTaken(host, port, error) from error
    return bound


async def serve_datagrams(bound: socket.socket, take: Take, counts: Counts, name: str) -> None:
    """`take` gets a datagram, the sender's host and port, and gives the answer, if any. Until cancelled."""
    while True:
        await anyio.wait_readable(bound)
        for _ in range(A_HANDFUL):
            try:
                datagram, sender = bound.recvfrom(LONGEST)
            except BlockingIOError:
                break
            except OSError:
                counts.add(f"{name}.not_received")  # an unreachable port of somebody we answered, told late
                continue
            answer = take(datagram, sender[0], sender[1])
            if answer is not None:
                try:
                    bound.sendto(answer, sender)
                except OSError:
                    counts.add(f"{name}.not_answered")  # the router asks again
        await anyio.lowlevel.checkpoint()


def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Raises ValueError."""
    return tuple(ip_network(text, strict=False) for text in texts)


def is_from(host: str, allowed: tuple[Network, ...]) -> bool:
    """A sender's address among those allowed; an IPv4 address inside an IPv6 socket is the IPv4 address."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in allowed)
