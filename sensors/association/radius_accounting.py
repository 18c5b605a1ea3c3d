"""What an accounting packet says of the floor: a session began, goes on or ended, or an access point started anew.

    User-Name (1)             used only where it is an address and no other names the station; else left unread
    Called-Station-Id (30)    the access point and the network's name
    Calling-Station-Id (31)   the station
    Acct-Status-Type (40)     1 Start  2 Stop  3 Interim-Update  7 Accounting-On  8 Accounting-Off
    Acct-Delay-Time (41)      seconds since the event; 44 Acct-Session-Id; 55 Event-Timestamp (RFC 2869, Unix seconds)

When it happened: our own clock less the delay, because routers' clocks are wrong more often than their stopwatches. The
timestamp is believed only where no delay is told and it lies within the last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sensors.association.address import network_of, station_address
from sensors.association.radius_packet import Dropped, Request

USER_NAME, CALLED, CALLING, STATUS, DELAY, SESSION, TIMESTAMP = 1, 30, 31, 40, 41, 44, 55
LATEST_S = 86_400
"""Visits take nothing that is older than a day (sensors/visits/settings.py)."""


class Status(Enum):
    START = 1
    STOP = 2
    INTERIM = 3
    ON = 7
    OFF = 8


BOOTS = frozenset({Status.ON, Status.OFF})
"""All sessions of the access point are over."""


@dataclass(frozen=True, slots=True, repr=False)
class Accounting:
    """`address`: six octets, or None where no station is named; `network`: empty where it is not told.

    `status` is None for one that says nothing of the floor (a tunnel, a failure); such a packet is answered and left.
    """

    status: Status | None
    address: bytes | None
    network: str
    session: str
    at_ms: int


def accounting_of(request: Request, now_ms: int) -> Accounting | Dropped:
    """Never raises. `now_ms`: when the packet came."""
    number = _number(request.first(STATUS))
    if number is None:
        return Dropped.NO_STATUS
    status = Status(number) if number in _STATUSES else None
    address = station_address(_text(request.first(CALLING)))
    if address is None and request.first(CALLING) is None:
        address = station_address(_text(request.first(USER_NAME)))
    session = (request.first(SESSION) or b"").hex()
    return Accounting(status, address, network_of(_text(request.first(CALLED))), session, _when(request, now_ms))


_STATUSES = frozenset(status.value for status in Status)


def _when(request: Request, now_ms: int) -> int:
    delay_s, stamp_s = _number(request.first(DELAY)), _number(request.first(TIMESTAMP))
    if delay_s is not None:
        return now_ms - min(delay_s, LATEST_S) * 1000
    if stamp_s is not None and 0 <= now_ms - stamp_s * 1000 <= LATEST_S * 1000:
        return stamp_s * 1000
    return now_ms


def _number(value: bytes | None) -> int | None:
    """An integer has four octets (RFC 2865, 5)."""
    return int.from_bytes(value, "big") if value is not None and len(value) == 4 else None


def _text(value: bytes | None) -> str:
    return (value or b"").rstrip(b"\0").decode("utf-8", "replace")
