"""The day's salt: drawn anew at each midnight of the shop, kept in memory only, and known to nobody afterwards.

Keys under one salt can be compared, keys under two cannot: what was counted yesterday says nothing about today.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

SECRET_BYTES = 32
SLACK_MS = 3_600_000
"""A clock set back by less keeps the day's salt: a new one would count everybody in the shop a second time. One set
back by more was wrong by a day or a year, and a salt drawn in that year would outlive its own."""


class Salt(msgspec.Struct, frozen=True):
    """`begins_ms` and `ends_ms`: the shop's midnights around it, Unix milliseconds."""

    begins_ms: int
    ends_ms: int
    secret: bytes

    def __repr__(self) -> str:
        return f"Salt({self.begins_ms}, {self.ends_ms})"  # a log line must not tell the secret

    def holds(self, at_ms: int) -> bool:
        return self.begins_ms - SLACK_MS <= at_ms < self.ends_ms


def day_of(at_ms: int, zone: ZoneInfo) -> tuple[int, int]:
    """The midnights before and after, Unix milliseconds; a day in which clocks change has 23 or 25 hours."""
    date = datetime.fromtimestamp(at_ms / 1000, zone).date()
    begins, ends = (datetime.combine(day, time(), zone) for day in (date, date + timedelta(days=1)))
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)


def salt_for(at_ms: int, zone: ZoneInfo, kept: bytes | None, fresh: bytes) -> tuple[Salt, bool]:
    """The salt of this moment, and whether it is a new one.

    `kept`: what `as_kept` gave, if anything is left of it. `fresh`: SECRET_BYTES of randomness, used for a new one.
    """
    if kept is not None:
        try:
            salt = msgspec.msgpack.decode(kept, type=Salt)
        except msgspec.MsgspecError:
            salt = None
        if salt is not None and len(salt.secret) == SECRET_BYTES and salt.holds(at_ms):
            return salt, False
    if len(fresh) != SECRET_BYTES:
        raise ValueError(f"a salt has {SECRET_BYTES} bytes")
    return Salt(*day_of(at_ms, zone), fresh), True


def as_kept(salt: Salt) -> bytes:
    return msgspec.msgpack.encode(salt)
