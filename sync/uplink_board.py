"""What the till knows and shows of the way to HQ: how far each stream is, its trouble, and how wrong the clock is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from sync.clock_offset import ClockOffset
from sync.kept_outbox import KeptOutbox

STREAMS = ("sales",)


class Trouble(Enum):
    """Why a stream does not move; the text for a person is the page's."""

    AWAY = "away"
    BUSY = "busy"
    NOT_ENROLLED = "not_enrolled"
    REVOKED = "revoked"  # HQ knew this device and does not want it any more; the till sells on
    REFUSED = "refused"  # HQ cannot read even one item
    FORK = "fork"  # the data directory is a restored copy and no new epoch is to be had, or two devices share a name
    HQ_BEHIND = "hq_behind"  # stopped: HQ asks for items that are long gone here (it was restored from an old backup)

    @property
    def stopped(self) -> bool:
        return self in (Trouble.FORK, Trouble.HQ_BEHIND)


@dataclass(frozen=True, slots=True)
class UplinkState:
    """How far a stream is: `since_ms` is when its trouble began, `oldest_ms` when its oldest waiting item was made."""

    stream: str
    waiting: int
    oldest_ms: int | None
    trouble: Trouble | None
    since_ms: int | None
    what: str
    last_ack_ms: int | None
    skew_ms: int | None  # HQ's clock minus ours, as it is estimated


@dataclass(slots=True)
class _Line:
    trouble: Trouble | None = None
    since_ms: int | None = None
    what: str = ""
    last_ack_ms: int | None = None


class UplinkBoard:
    """Written by the uplink, read by anyone. `confirmed_ms`: when HQ said last that its history and ours are one; None
    since the start means that the numbers of what is sold now may have to be changed. Sales do not wait for it."""

    def __init__(self, streams: Sequence[str] = STREAMS) -> None:
        self.streams = tuple(streams)
        self.clock = ClockOffset()
        self.confirmed_ms: int | None = None
        self.new_epochs = 0
        self._lines = {stream: _Line() for stream in streams}

    def states(self, store: KeptOutbox) -> list[UplinkState]:
        """One state a stream, the waiting numbers as they are in the store now."""
        waiting = {state.stream: state for state in store.outbox_state()}
        skew_ms = self.clock.kept.offset_ms if self.clock.kept is not None else None
        found = []
        for stream, line in self._lines.items():
            state = waiting.get(stream)
            count, oldest = (state.waiting, state.oldest_ms) if state is not None else (0, None)
            found.append(
                UplinkState(stream, count, oldest, line.trouble, line.since_ms, line.what, line.last_ack_ms, skew_ms)
            )
        return found

    def troubled(self, stream: str, trouble: Trouble, what: str, now_ms: int) -> None:
        line = self._lines[stream]
        if line.trouble is not trouble:
            line.since_ms = now_ms
        line.trouble, line.what = trouble, what

    def all_troubled(self, trouble: Trouble, what: str, now_ms: int) -> None:
        for stream in self.streams:
            self.troubled(stream, trouble, what, now_ms)

    def confirmed(self, now_ms: int) -> None:
        """HQ and this store agree about their past: what was in the way is over, but for what people have to mend."""
        self.confirmed_ms = now_ms
        for line in self._lines.values():
            if line.trouble is not Trouble.HQ_BEHIND:
                line.trouble, line.since_ms, line.what = None, None, ""

    def moved(self, stream: str, sent_ms: int, server_time_ms: int, now_ms: int) -> None:
        line = self._lines[stream]
        line.trouble, line.since_ms, line.what = None, None, ""
        line.last_ack_ms = now_ms
        self.clock.heard(sent_ms, server_time_ms, now_ms)
