"""Every device with its newest heartbeat and what there is to look at."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from cloud_api.answers import DeviceAnswer
from cloud_api.desk.alarms import Alarm, alarms_of
from cloud_api.storage.storage import Reading
from cloud_api.store import readings
from cloud_api.store.readings import ALL_SHOPS
from sync.wire.telemetry_facts import Heartbeat, LaneFact


@dataclass(frozen=True, slots=True)
class LaneAnswer:
    """What of a stream the shop had not handed in at the heartbeat."""

    stream: str
    waiting: int
    oldest_s: int
    trouble: str


@dataclass(frozen=True, slots=True)
class HealthAnswer:
    """The newest heartbeat, as it was told. `heard_ms`: when HQ got it."""

    heard_ms: int
    program: str
    uptime_s: int
    waiting: int
    oldest_s: int
    lanes: list[LaneAnswer]
    disk_used_percent: int | None
    disk_free_mb: int | None
    wal_mb: int | None
    skew_ms: int | None
    commit_p99_us: int | None
    devices_up: int
    devices: int


@dataclass(frozen=True, slots=True)
class FleetAnswer:
    """A device, how it is, and what there is to look at, the worst first. `health` null: it never sent a heartbeat."""

    device: DeviceAnswer
    health: HealthAnswer | None
    alarms: list[Alarm] = field(default_factory=list)


async def fleet(
    storage: Reading, *, now_ms: int, silent_after_s: int, stores: frozenset[str] | None = None
) -> list[FleetAnswer]:
    """`stores`: only these; None: all."""
    beats = {
        (store, device): (received_ms, _read(body))
        for store, device, received_ms, body in await storage.rows(
            f"{ALL_SHOPS} SELECT store, device, received_ms, body FROM heartbeat"
        )
    }
    held = {
        (store, device): count
        for store, device, count in await storage.rows(
            f"{ALL_SHOPS} SELECT store, device, count(*) FROM quarantine GROUP BY store, device"
        )
    }
    answers = []
    for device in await readings.devices(storage, now_ms=now_ms, silent_after_s=silent_after_s):
        if stores is not None and device.store not in stores:
            continue
        heard_ms, beat = beats.get((device.store, device.device), (0, None))
        silent_s = (now_ms - (device.seen_ms or 0)) // 1000 if device.silent and not device.revoked else None
        alarms = (
            []
            if device.revoked
            else alarms_of(beat, silent_s=silent_s, held=held.get((device.store, device.device), 0))
        )
        answers.append(FleetAnswer(device, None if beat is None else _health(beat, heard_ms), list(alarms)))
    return answers


def _read(body: object) -> Heartbeat | None:
    """None: an HQ of before took something this one cannot read."""
    try:
        return msgspec.json.decode(bytes(body), type=Heartbeat) if isinstance(body, bytes | memoryview) else None
    except msgspec.DecodeError:
        return None


def _health(beat: Heartbeat, heard_ms: int) -> HealthAnswer:
    lanes = [LaneAnswer(lane.stream, lane.waiting, lane.oldest_s, lane.trouble) for lane in beat.lanes]
    sold = _sales(beat.lanes)
    return HealthAnswer(
        heard_ms, beat.program, beat.uptime_s, sum(lane.waiting for lane in sold),
        max((lane.oldest_s for lane in sold if lane.waiting), default=0), lanes, beat.disk_used_percent,
        beat.disk_free_mb, beat.wal_mb, beat.skew_ms, beat.commit_p99_us, beat.devices_up, beat.devices,
    )  # fmt: skip


def _sales(lanes: list[LaneFact]) -> list[LaneFact]:
    """What a shop owes HQ is its journal; visits may wait and telemetry always has one on its way."""
    return [lane for lane in lanes if lane.stream == "sales"]
