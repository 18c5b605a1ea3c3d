"""What a restored data directory remembers of its restore: settings of the journal's own file, so that no copy of the
file can forget that it is one.

    restore/state          what was put in place, and how far HQ has given back what it had
    restore/till/<till>    how a till's register was matched, by whom; or who opened the till before that

A directory without `restore/state` was never restored by `tillkeeper restore`.
"""

from __future__ import annotations

import msgspec

from sync.store.batch import Setting
from sync.store.reading import Reading

STATE = "restore/state"
_TILL = "restore/till/"
NUMBERS_SKIPPED = 100
"""Numbers of a till's sales, and of the shop's claim slips, that are left out after the newest known one: the box that
died may have printed some. A busy till prints so many in an hour or two; who was without HQ for longer is found in the
register, and each of those counts besides."""
NOBODY_KNOWS = b"restored"
"""Stands for the attempt that a terminal was sent last: by the backup one, and the dead box may have sent others."""
BLIND_NUMBERS_SKIPPED = 1_000
"""The same while HQ has not told what it knows: more than a day of one till."""


class Baseline(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest document of a fiscal memory that the backup knew of a till."""

    fn: str
    number: int


class RestoreState(msgspec.Struct, frozen=True, omit_defaults=True):
    """`epoch` and `acked`: HQ has everything of the backup's stream `sales` up to there. `copied_epoch` and
    `copied_after`: the place in HQ's copies, `told` how many of them were new here; `finished`: told (all that HQ had),
    or nothing (this HQ is older than the question)."""

    id: str
    placed_ms: int
    backup: bool = False
    rows: int = 0  # of the backup's journal
    newest_ms: int = 0  # of its rows
    epoch: int = 0
    acked: int = 0
    baselines: dict[str, Baseline] = {}
    copied_epoch: int = 0
    copied_after: int = 0
    told: int = 0
    finished: str = ""


class TillRestored(msgspec.Struct, frozen=True, omit_defaults=True):
    """`confirmed_ms` 0: somebody opened the till before its register was matched; the question stands."""

    confirmed_ms: int = 0
    by: str = ""
    opened_ms: int = 0
    opened_by: str = ""
    foreign: int = 0
    differs: int = 0


def restore_state(store: Reading) -> RestoreState | None:
    kept = store.setting(STATE)
    return msgspec.json.decode(kept, type=RestoreState) if kept else None


def state_setting(state: RestoreState) -> Setting:
    return Setting(STATE, msgspec.json.encode(state))


def till_restored(store: Reading, till: str) -> TillRestored:
    kept = store.setting(_TILL + till)
    return msgspec.json.decode(kept, type=TillRestored) if kept else TillRestored()


def till_setting(till: str, restored: TillRestored) -> Setting:
    return Setting(_TILL + till, msgspec.json.encode(restored))
