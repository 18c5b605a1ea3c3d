"""What travels to HQ in stream `telemetry`: how a device is, once a minute. The last one counts, none is kept for long.

Kind "heartbeat" (Heartbeat). No sum, no name, no address. Additive only; durations and sizes as their names say.
"""

from __future__ import annotations

import msgspec

STREAM = "telemetry"
HEARTBEAT = "heartbeat"
EACH_S = 60.0


class LaneFact(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of a stream waits, and for how long its oldest item has. `trouble`: why it does not move."""

    stream: str
    waiting: int
    oldest_s: int = 0
    trouble: str = ""


class Heartbeat(msgspec.Struct, frozen=True, omit_defaults=True):
    """`commit_p99_us`: of the last thousand commits, None before the first; `skew_ms`: HQ's clock minus this one's as
    it is estimated, None before HQ has answered; `devices_up` of `devices` answer; `dropped`: visits given up, ever;
    `new_epochs`: begun since the start."""

    program: str
    uptime_s: int
    lanes: list[LaneFact]
    commit_p99_us: int | None = None
    disk_used_percent: int | None = None
    disk_free_mb: int | None = None
    wal_mb: int | None = None
    skew_ms: int | None = None
    devices_up: int = 0
    devices: int = 0
    dropped: int = 0
    new_epochs: int = 0
