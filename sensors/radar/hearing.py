"""From frames to what may be told: probes are counted under the day's keys, and addresses and names end here.

    frame ─> FrameReader ─> Probe ─┬─ key of the signature ───────────────> Tallies ─┐
                                   └─ key of the address, of the signature ─> Windows ─┴─> messages

Everything is reckoned under one salt. When its day is over, what was counted is told, and both begin anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import msgspec

from sensors.estimate.tally import WINDOW_MS, Reach, WindowReading, WindowTally
from sensors.estimate.windows import BACK_MS, Windows
from sensors.radar.frames import FrameReader, Link
from sensors.radar.signature import Keys, key_of
from sensors.radar.tally import NEAR_DBM, WINDOW_S, Row, Tallies
from sensors.radar_messages import Reading, Tally
from sensors.salt import SLACK_MS, Salt

MOST_ADDRESSES = 8_192
"""Remembered with their keys: a phone keeps an address for a burst."""
MOST_NEWS = 500
"""Tallies told in one go, a second apart: some milliseconds of work, in which the radio waits."""
LAST_OVER = 6
"""An hour of windows: what was told into a connection that was breaking is told again."""


class Kept(msgspec.Struct, frozen=True):
    """What a restart within the day goes on from. `mark` tells under which salt it was counted."""

    mark: str
    rows: list[Row]
    window: WindowTally | None


class Hearing:
    """`renew`: the salt of a moment (Unix milliseconds), asked when the present one's day is over."""

    def __init__(
        self,
        salt: Salt,
        renew: Callable[[int], Salt],
        *,
        window_s: int = WINDOW_S,
        near_dbm: int = NEAR_DBM,
    ) -> None:
        self.reader = FrameReader()
        self.kept = 0
        self._renew = renew
        self._window_s = window_s
        self._near_dbm = near_dbm
        self._crowded = 0
        self._over: list[Tally | Reading] = []
        self._last_over: deque[Reading] = deque(maxlen=LAST_OVER)
        self._begin(salt)

    @property
    def crowded(self) -> int:
        """Probes of signatures that found no room."""
        return self._crowded + self._tallies.crowded

    def hear(self, link: Link, at_ns: int, frame: bytes, lost: int = 0) -> None:
        """One frame. Never raises for what is in it."""
        probe = self.reader.read(link, at_ns, frame, lost)
        if probe is None or not probe.shape.whole:
            return
        at_ms = at_ns // 1_000_000
        if not self._from_ms <= at_ms < self._until_ms:
            self._turn(at_ms)
        key = self._keys.of(probe.shape)
        made_up = probe.made_up
        if self._tallies.hear(key, made_up, at_ms, probe.signal_dbm):
            self.kept += 1
        self._windows.add(at_ms, self._address_key(probe.source), made_up, key, probe.signal_dbm)

    def live(self, now_ms: int) -> None:
        """The radio is open and listening, with or without frames."""
        self._windows.live(now_ms)

    def news(self, now_ms: int) -> list[Tally | Reading]:
        """What changed since it was asked for last. Turns the day when it is over."""
        if not self._from_ms <= now_ms < self._until_ms:
            self._turn(now_ms)
        found = self._over
        self._over = []
        found += self._tallies.changed(MOST_NEWS)
        over = [_reading(one, closed=True) for one in self._windows.closed(now_ms)]
        self._last_over.extend(over)
        found += over
        self._tallies.forget(now_ms)
        return found

    def tell_again(self) -> None:
        """The present windows and those just over are news once more, for an agent that has just come."""
        self._tallies.tell_again()
        self._over += self._last_over

    def open_reading(self) -> list[Reading]:
        """The window that is being heard, so far."""
        window = self._windows.open
        return [] if window is None else [_reading(window.reading(), closed=False)]

    def kept_bytes(self) -> bytes:
        """For `take_up`. It holds keys of addresses: it may lie where the salt lies, and nowhere else."""
        return msgspec.msgpack.encode(Kept(self._mark, self._tallies.rows(), self._windows.open))

    def take_up(self, kept: bytes | None) -> bool:
        """Goes on from what an earlier process kept; False when it is of another day or damaged. Before any frame."""
        if kept is None:
            return False
        try:
            found = msgspec.msgpack.decode(kept, type=Kept)
        except msgspec.MsgspecError:
            return False
        if found.mark != self._mark:
            return False
        self._tallies.take_up(found.rows)
        if found.window is not None and found.window.reach == self._reach:
            self._windows = Windows(self._reach, found.window)
        return True

    def _begin(self, salt: Salt) -> None:
        self._from_ms, self._until_ms = salt.begins_ms - SLACK_MS, salt.ends_ms
        self._secret = salt.secret
        self._mark = key_of(b"mark", salt.secret)
        self._keys = Keys(salt.secret)
        self._address_keys: dict[bytes, str] = {}
        self._reach = Reach(near_dbm=self._near_dbm)
        self._tallies = Tallies(salt.begins_ms, window_s=self._window_s, near_dbm=self._near_dbm)
        self._windows = Windows(self._reach)

    def _turn(self, at_ms: int) -> None:
        """The day is over (or the clock jumped out of it)."""
        self._over += self._tallies.changed()
        # A window that reaches over midnight ends with the salt: its second half has other keys.
        window = self._windows.open
        ends_ms = 0 if window is None else window.start_ms + WINDOW_MS + 2 * BACK_MS
        over = [] if window is None else [_reading(one, closed=True) for one in self._windows.closed(ends_ms)]
        self._last_over.extend(over)
        self._over += over
        self._crowded += self._tallies.crowded
        self._begin(self._renew(at_ms))

    def _address_key(self, source: bytes) -> str:
        key = self._address_keys.get(source)
        if key is None:
            if len(self._address_keys) >= MOST_ADDRESSES:
                self._address_keys.clear()
            key = self._address_keys[source] = key_of(source, self._secret)
        return key


def _reading(one: WindowReading, *, closed: bool) -> Reading:
    return Reading(
        one.start_ms,
        closed,
        one.coverage,
        one.trust.value,
        one.close,
        one.near,
        one.bursts,
        one.minutes,
        one.addresses,
        one.far,
    )
