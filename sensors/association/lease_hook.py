"""Leases told by a DHCP server's script over HTTP: dnsmasq (--dhcp-script) and MikroTik (lease-script).

    dnsmasq    curl -s -H "Authorization: Bearer $TOKEN" -d "what=$1&mac=$2" http://till:8089/lease
               what = add | del | old
    MikroTik   /tool fetch http-method=post http-header-field="Authorization: Bearer ..." \\
                   http-data="bound=$leaseBound&mac=$leaseActMAC" url="http://till:8089/lease"
               bound = 1 | 0

The scripts are also given the device's name ("Anna's phone") and its address on the network: both are personal, neither
is read, whoever sends them. dnsmasq says "old" of every lease when it starts and when only a name changed: that is no
sign of anybody's presence.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import anyio
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from sensors.association.address import station_address
from sensors.association.counts import Counts
from sensors.association.floor import Floor, Point

MOST_BYTES = 2_048
"""A script sends a hundred."""
WITHIN_S = 10.0
"""A form has some hundred bytes: whoever needs longer holds a connection, and means to."""
CAME = frozenset({"add", "1", "true"})
GONE = frozenset({"del", "0", "false"})
READ = frozenset({"what", "bound", "mac"})


@dataclass(frozen=True, slots=True)
class LeaseSource:
    token: str = field(repr=False)
    network: str
    zone: str


def lease_hook(source: LeaseSource, floor: Floor, counts: Counts, now_ms: Callable[[], int]) -> Starlette:
    """204 taken, 400 not understood, 401 another token, 413 too long."""
    point = Point("lease", source.zone)
    proof = f"Bearer {source.token}".encode()

    async def lease(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), proof):
            counts.add("lease.other_token")
            return Response(status_code=401)
        body = await body_within(request, MOST_BYTES)
        if body is None:
            counts.add("lease.too_long")
            return Response(status_code=413)
        told = {name: value for name, value in fields_of(body) if name in READ}
        del body
        address, word = station_address(told.get("mac", "")), told.get("what", told.get("bound", "")).lower()
        if address is None or word not in CAME | GONE | {"old"}:
            counts.add("lease.not_understood")
            return Response(status_code=400)
        counts.add("lease.old" if word == "old" else "lease.taken")
        if word in CAME:
            floor.joined(point, "", source.network, address, now_ms())
        elif word in GONE:
            floor.left(point, "", source.network, address, now_ms())
        return Response(status_code=204)

    return Starlette(routes=[Route("/lease", lease, methods=["POST"])])


async def body_within(request: Request, most_bytes: int) -> bytes | None:
    """The body, or None where it is longer, comes too slowly, or the other side left."""
    body = bytearray()
    try:
        with anyio.fail_after(WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    return None
    except (ClientDisconnect, TimeoutError):
        return None
    return bytes(body)


def fields_of(body: bytes) -> list[tuple[str, str]]:
    """The fields of a form, application/x-www-form-urlencoded; what is none of it gives none."""
    try:
        return parse_qsl(body.decode("utf-8", "replace"), max_num_fields=64)
    except ValueError:
        return []
