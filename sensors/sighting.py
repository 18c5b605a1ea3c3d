"""One thing that one sensor saw: the smallest fact of the shop floor, the same however often it is told.

    id = sha256(sensor "\\n" boot "\\n" seq), the first 16 bytes as hex

`boot` is drawn by the sensor when it starts and `seq` counts from there, so a sighting sent again after a broken link
has the id that it had before, and a restarted sensor does not use an id twice.
"""

from __future__ import annotations

from enum import Enum
from hashlib import sha256

import msgspec


class Seen(Enum):
    """What the sensor claims, from proof to rumour."""

    CARD = "card"  # scanned at a till
    ASSOCIATED = "associated"  # RADIUS Start or Interim, a station in the access point's list
    LINE_IN = "line_in"  # the camera's door line, inwards
    RADIO = "radio"  # heard; only its signal says how near
    LINE_OUT = "line_out"
    DISASSOCIATED = "disassociated"  # RADIUS Stop


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """`key`: a keyed hash or a track's number, never an address; empty where the sensor only counts.

    `at_ms` is the sensor's clock, UTC. `signal_dbm` is None for everything but RADIO. `zone` is the sensor's place.
    """

    sensor: str
    boot: str
    seq: int
    seen: Seen
    at_ms: int
    key: str = ""
    zone: str = ""
    signal_dbm: int | None = None

    @property
    def id(self) -> str:
        return sha256(f"{self.sensor}\n{self.boot}\n{self.seq}".encode()).hexdigest()[:32]
