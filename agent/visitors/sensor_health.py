"""What each program beside the agent said last, and what that means for a person who looks at the status page.

a pulse, "listening" or "watching" ──> ok          another state ──> attention or down, by NOTES
the connection ended ──> attention, it comes back  no word for SILENT_MS ──> down
counts were missed, the clock is wrong, the disk is full ──> attention, beside a good pulse
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.visitors.view import SensorView

RADAR, CAMERA, ASSOCIATION = "radar", "camera", "association"
OK, ATTENTION, DOWN = "ok", "attention", "down"
SILENT_MS = 30_000
"""Six pulses: a camera that opens its source again takes ten seconds."""
MOST = 64
"""Twice the connections of a door; names come from the programs, and a wrong one must not fill the page."""

WORKS = "sensor_works"
NOTES: dict[str, str] = {
    WORKS: OK,
    "sensor_starting": ATTENTION,
    "sensor_away": ATTENTION,
    "sensor_silent": DOWN,
    "sensor_never": DOWN,
    "sensor_clock": ATTENTION,
    "sensor_disk_full": ATTENTION,
    "sensor_lost": ATTENTION,
    "sensor_over": ATTENTION,
    "radar_no_interface": DOWN,
    "radar_interface_down": DOWN,
    "radar_not_monitor": DOWN,
    "radar_not_allowed": DOWN,
    "radar_no_library": DOWN,
    "camera_no_camera": DOWN,
    "camera_frozen": DOWN,
    "camera_silent": DOWN,
    "camera_garbage": DOWN,
    "camera_wrong_size": DOWN,
    "camera_no_library": DOWN,
    "camera_missed": ATTENTION,
}
"""Codes of the status page's texts, and the state that each one is."""


@dataclass(slots=True)
class _Sensor:
    kind: str
    id: str
    code: str
    since_ms: int
    heard_ms: int = 0
    lines: int = 0
    params: dict[str, int | str] = field(default_factory=dict)
    doubts: dict[str, tuple[int, dict[str, int | str]]] = field(default_factory=dict)
    last: tuple[str, int] = ("", 0)  # the code shown, and since when


class SensorHealth:
    """`expected`: (kind, id) of the programs that the shop's settings name. Watchers are called at each change."""

    def __init__(self, clock: Clock, expected: Iterable[tuple[str, str]] = ()) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._clock = clock
        self._sensors: dict[tuple[str, str], _Sensor] = {}
        for kind, id in expected:
            self._sensor(kind, id)

    def came(self, kind: str, id: str) -> None:
        """A connection began: its Hello."""
        one = self._sensor(kind, id)
        if one is not None:
            one.lines += 1
            self._set(one, "sensor_starting")

    def pulse(self, kind: str, id: str, code: str = WORKS, **params: int | str) -> None:
        """It lives, and how it fares: a code of NOTES."""
        one = self._sensor(kind, id)
        if one is not None:
            self._set(one, code, params)

    def heard(self, kind: str, id: str) -> None:
        """Any other word of it."""
        one = self._sensor(kind, id)
        if one is not None:
            one.heard_ms = self._clock.now_ms()

    def gone(self, kind: str, id: str) -> None:
        """A connection ended. One that began before it ended does not count as gone."""
        one = self._sensor(kind, id)
        if one is not None:
            one.lines = max(0, one.lines - 1)
            if one.lines == 0:
                self._set(one, "sensor_away", heard=False)

    def doubt(self, kind: str, id: str, code: str, for_ms: int, **params: int | str) -> None:
        """Something is wrong although it lives; shown for so long after it was said last."""
        one = self._sensor(kind, id)
        if one is not None:
            one.doubts[code] = (self._clock.now_ms() + for_ms, params)
            self._changed()

    def views(self) -> list[SensorView]:
        """By kind and name."""
        return [self._view(self._sensors[name]) for name in sorted(self._sensors)]

    def state(self, kind: str, id: str) -> str:
        """ok, attention or down; down for one that nobody has heard of."""
        one = self._sensors.get((kind, id))
        return DOWN if one is None else self._view(one).state

    def _sensor(self, kind: str, id: str) -> _Sensor | None:
        one = self._sensors.get((kind, id))
        if one is None and len(self._sensors) < MOST:
            one = self._sensors[kind, id] = _Sensor(kind, id, "sensor_never", self._clock.now_ms())
        return one

    def _set(self, one: _Sensor, code: str, params: dict[str, int | str] | None = None, *, heard: bool = True) -> None:
        now_ms = self._clock.now_ms()
        if heard:
            one.heard_ms = now_ms
        changed = (one.code, one.params) != (code, params or {})
        if one.code != code:
            one.since_ms = now_ms
        one.code, one.params = code, params or {}
        if changed:
            self._changed()

    def _view(self, one: _Sensor) -> SensorView:
        now_ms = self._clock.now_ms()
        code, since_ms, params = one.code, one.since_ms, one.params
        if one.heard_ms and now_ms - one.heard_ms > SILENT_MS:
            code, since_ms, params = "sensor_silent", one.heard_ms, {}
        elif NOTES[code] == OK:
            doubts = {doubt: told for doubt, told in one.doubts.items() if told[0] > now_ms}
            if doubts:
                code, params = next((doubt, told[1]) for doubt, told in sorted(doubts.items()))
                since_ms = one.last[1] if one.last[0] == code else now_ms
        one.last = (code, since_ms)
        return SensorView(one.id, one.kind, NOTES[code], code, since_ms, one.heard_ms, dict(params))

    def _changed(self) -> None:
        for watcher in self.watchers:
            watcher()
