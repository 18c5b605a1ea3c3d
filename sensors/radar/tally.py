"""Counts probes by window and key, so that telling them twice, or beginning again in the middle, counts nobody twice.

    window      | 10:00 ................................ | 10:10 ........
    frames        ||| |        ||      near: ||
    bursts        1            2             3                a pause of two seconds begins another

A row is what one key has shown in one window so far. Rows are told when they changed; after a restart they are taken
up from where they were kept. A burst that reaches over the end of a window is one in each.
"""

from __future__ import annotations

from itertools import islice

import msgspec

from sensors.radar_messages import Tally

WINDOW_S = 600
NEAR_DBM = -70
"""Measured in the Brno room: nearer phones follow the people present (r 0.92), all phones less (0.80)."""
PAUSE_MS = 2_000
"""A phone sweeps all channels within a second or so; measured gaps inside a sweep stay below two."""
MOST_ROWS = 20_000
"""A full concourse shows some hundreds of makes in ten minutes. Frames made up at random cost this much and no more."""
WINDOWS_KEPT = 2
"""The present one and the one before: a frame read late, or an agent that comes back, may still need it."""


class Row(msgspec.Struct):
    """A tally in the making; `near_ms`: the last frame that was near, 0 for none."""

    window_ms: int
    key: str
    made_up: bool
    first_ms: int
    last_ms: int
    signal_dbm: int | None
    frames: int = 0
    bursts: int = 0
    near_frames: int = 0
    near_bursts: int = 0
    near_ms: int = 0

    def tally(self) -> Tally:
        return Tally(
            self.window_ms,
            self.key,
            self.made_up,
            self.first_ms,
            self.last_ms,
            self.signal_dbm,
            self.frames,
            self.bursts,
            self.near_frames,
            self.near_bursts,
        )


class Tallies:
    """`origin_ms`: windows are reckoned from there (the shop's midnight), Unix milliseconds."""

    def __init__(
        self, origin_ms: int, *, window_s: int = WINDOW_S, near_dbm: int = NEAR_DBM, most: int = MOST_ROWS
    ) -> None:
        self.crowded = 0
        self._origin_ms = origin_ms
        self._window_ms = window_s * 1000
        self._near_dbm = near_dbm
        self._most = most
        self._rows: dict[tuple[int, str, bool], Row] = {}
        self._changed: dict[tuple[int, str, bool], None] = {}  # in the order of change

    def hear(self, key: str, made_up: bool, at_ms: int, signal_dbm: int | None) -> bool:
        """False: the windows are full, and the key is in none of their rows."""
        number = (at_ms - self._origin_ms) // self._window_ms
        name = (number, key, made_up)
        row = self._rows.get(name)
        if row is None:
            if len(self._rows) >= self._most:
                self.crowded += 1
                return False
            begins = self._origin_ms + number * self._window_ms
            row = self._rows[name] = Row(begins, key, made_up, at_ms, at_ms, signal_dbm)
            row.bursts = 1
        elif at_ms - row.last_ms >= PAUSE_MS:
            row.bursts += 1
        self._changed[name] = None
        row.frames += 1
        row.last_ms = max(row.last_ms, at_ms)
        if signal_dbm is None:
            return True
        if row.signal_dbm is None or signal_dbm > row.signal_dbm:
            row.signal_dbm = signal_dbm
        if signal_dbm >= self._near_dbm:
            row.near_frames += 1
            if row.near_bursts == 0 or at_ms - row.near_ms >= PAUSE_MS:
                row.near_bursts += 1
            row.near_ms = max(row.near_ms, at_ms)
        return True

    def changed(self, most: int | None = None) -> list[Tally]:
        """What has changed since it was asked for last; `most`: the rest is for the next time."""
        names = list(islice(self._changed, most))
        for name in names:
            del self._changed[name]
        return [self._rows[name].tally() for name in names]

    def tell_again(self) -> None:
        """Everything there is counts as changed: for an agent that may have forgotten."""
        self._changed = dict.fromkeys(self._rows)

    def forget(self, now_ms: int) -> None:
        """Lets go of windows far from now, before it or (a clock was set back) after it. What changed is kept."""
        now = (now_ms - self._origin_ms) // self._window_ms
        gone = [name for name in self._rows if abs(now - name[0]) >= WINDOWS_KEPT and name not in self._changed]
        for name in gone:
            del self._rows[name]

    def rows(self) -> list[Row]:
        """To be kept for `take_up`."""
        return list(self._rows.values())

    def take_up(self, rows: list[Row]) -> None:
        """Goes on where an earlier process stopped: its rows, of the same salt and the same windows."""
        for row in rows[: self._most]:
            number, rest = divmod(row.window_ms - self._origin_ms, self._window_ms)
            if rest == 0:
                self._rows[(number, row.key, row.made_up)] = row
