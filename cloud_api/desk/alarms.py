"""What a device's last word about itself gives reason to look at. Pure; the golden alerts of a fleet, as far as a
heartbeat carries them.

    silent       not heard for longer than a flapping line explains
    unsent       a sale waits longer than 15 min although HQ hears the device
    held_up      a stream does not move, and the device says why
    devices      a device of the shop does not answer
    disk         more than 85 % full
    clock        more than 2 min away from HQ's
    wal          SQLite's write-ahead log has grown: something reads for hours
    quarantine   HQ could not read something the device sent
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.wire.telemetry_facts import Heartbeat

UNSENT_S = 15 * 60
"""A batch leaves each few seconds: whatever waits a quarter of an hour while heartbeats come is stuck."""
DISK_PERCENT = 85
SKEW_MS = 120_000
"""Certificates, shifts and offers by the hour go wrong from about there."""
WAL_MB = 256


@dataclass(frozen=True, slots=True)
class Alarm:
    """`level`: bad (something does not work) or att (somebody should look). `value` is in the unit of `code`: seconds,
    pieces, percent, milliseconds, megabytes; `detail` is the device's own word."""

    code: str
    level: str
    value: int = 0
    detail: str = ""


def alarms_of(beat: Heartbeat | None, *, silent_s: int | None, held: int) -> Sequence[Alarm]:
    """The worst first. `silent_s` None: it is heard, and then the heartbeat is of now."""
    found: list[Alarm] = []
    if silent_s is not None:
        found.append(Alarm("silent", "att", silent_s))
    elif beat is not None:
        found += _of_beat(beat)
    if held:
        found.append(Alarm("quarantine", "att", held))
    return sorted(found, key=lambda alarm: alarm.level != "bad")


def _of_beat(beat: Heartbeat) -> list[Alarm]:
    found: list[Alarm] = []
    if beat.devices_up < beat.devices:
        found.append(Alarm("devices", "bad", beat.devices - beat.devices_up))
    for lane in beat.lanes:
        if lane.trouble:
            found.append(Alarm("held_up", "att", lane.waiting, f"{lane.stream}: {lane.trouble}"))
        elif lane.waiting and lane.oldest_s > UNSENT_S:
            found.append(Alarm("unsent", "att", lane.oldest_s, lane.stream))
    if beat.disk_used_percent is not None and beat.disk_used_percent > DISK_PERCENT:
        found.append(Alarm("disk", "bad", beat.disk_used_percent))
    if beat.skew_ms is not None and abs(beat.skew_ms) > SKEW_MS:
        found.append(Alarm("clock", "att", beat.skew_ms))
    if beat.wal_mb is not None and beat.wal_mb > WAL_MB:
        found.append(Alarm("wal", "att", beat.wal_mb))
    return found
