"""Whatever statuses an ID-003 validator says in whatever order: no crash, no credit twice, no stacking unasked."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from id003_playbook import ALL, Play, attend

from drivers.cash_devices.contract import (
    Accept,
    Escrowed,
    GiveBack,
    Leave,
    Refuse,
    Reset,
    Returned,
    Stack,
    Stacked,
)
from drivers.errors import Unanswered
from drivers.wire.dialogue import Rest, Wish

STATUSES = [f"{code:02X}" for code in (*range(0x11, 0x1C), *range(0x40, 0x4C))]
ENDS = ("11", "12", "13", "16", "17", "18", "19", "1A", "40", "41", "42")
"""After these the note of a credit is no longer the one that is spoken of."""
said = st.sampled_from([*STATUSES, "13 61", "13 62", "15 61", "17 79", "49 A2", "11", "1A", "14", "15", "16", None])
wishes: list[Wish] = [
    Accept(types={"validator": ALL}),
    Refuse(),
    Stack(unit="validator"),
    GiveBack(unit="validator"),
    Reset(),
    Leave(),
]
moves = st.one_of(said, said, st.sampled_from(wishes), st.sampled_from([{0x41}, {0x43}, {0xC3}, {0x40}, set()]))


def perform(play: Play, move: object) -> str | None:
    """One move; the status that was said, if one was."""
    if isinstance(move, Wish):
        if isinstance(play.step, Rest):
            play.wish(move)
        return None
    if isinstance(move, set):
        play.mute = move
        return None
    play.beat(move if isinstance(move, str) else None)
    return move if isinstance(move, str) else None


@settings(max_examples=400, deadline=None)
@given(st.lists(moves, max_size=60))
def test_any_statuses(script: list[object]) -> None:
    play = attend()
    stack_wished = stackable = credited = False
    last = ""
    for move in script:
        if play.ended:
            break
        status = perform(play, move)
        stack_wished = stack_wished or isinstance(move, Stack)
        for entry in play.news():
            if isinstance(entry, Escrowed):
                stackable = True
            elif entry in ("41", "42"):
                assert stack_wished
                assert stackable
            elif isinstance(entry, Stacked):
                assert status is not None
                assert status[:2] in ("15", "16")
                assert last != status or not credited, "one episode, one credit"
                credited = True
            elif isinstance(entry, Returned):
                assert status is not None
                assert status[:2] in ("11", "1A", "12", "13", "40", "15", "14", "17", "18", "19")
            elif entry == "50":
                assert status == "40" or credited, "acknowledged before it was told"
        if status is not None:
            credited = credited and status[:2] not in ENDS
            last = status
    assert play.error is None or isinstance(play.error, Unanswered)
