"""Counting by window and key: bursts, near ones, the order of frames, floods, and going on after a restart."""

from __future__ import annotations

import msgspec

from sensors.radar.tally import PAUSE_MS, Row, Tallies
from sensors.radar_messages import Tally

T = 1_700_000_400_000  # a window's beginning, reckoned from T0
T0 = T - 36 * 600_000
A, B = "a" * 16, "b" * 16


def tallies(**options: int) -> Tallies:
    return Tallies(T0, **options)


def test_frames_bursts_and_the_strongest_signal() -> None:
    counts = tallies()
    for at, signal in ((0, -80), (100, -60), (PAUSE_MS + 99, None), (2 * PAUSE_MS + 99, -75), (9_000, -90)):
        assert counts.hear(A, True, T + at, signal)
    assert counts.changed() == [Tally(T, A, True, T, T + 9_000, -60, 5, 3, 1, 1)]


def test_near_bursts_are_of_near_frames_only() -> None:
    counts = tallies(near_dbm=-70)
    for at, signal in ((0, -70), (1_500, -90), (3_000, -70), (3_100, -40), (20_000, -71)):
        counts.hear(A, True, T + at, signal)
    (told,) = counts.changed()
    assert (told.bursts, told.near_frames, told.near_bursts) == (2, 3, 2)


def test_windows_keys_and_made_up_addresses_are_counted_apart() -> None:
    counts = tallies()
    for key, made_up, at in (
        (A, True, 0),
        (A, False, 1),
        (B, True, 2),
        (A, True, 599_999),
        (A, True, 600_000),
        (A, True, -1),
    ):
        counts.hear(key, made_up, T + at, -50)
    told = {(one.window_ms - T, one.key, one.made_up): one.frames for one in counts.changed()}
    assert told == {(0, A, True): 2, (0, A, False): 1, (0, B, True): 1, (600_000, A, True): 1, (-600_000, A, True): 1}


def test_only_what_changed_is_told_and_everything_again_when_asked() -> None:
    counts = tallies()
    counts.hear(A, True, T, -50)
    counts.hear(B, True, T, -50)
    assert len(counts.changed()) == 2
    assert counts.changed() == []
    counts.hear(B, True, T + 1, -50)
    assert [(one.key, one.frames) for one in counts.changed()] == [(B, 2)]
    counts.tell_again()
    assert [one.key for one in counts.changed(1)] == [A]
    assert [one.key for one in counts.changed(1)] == [B]
    assert counts.changed(1) == []


def test_late_frames_make_no_burst() -> None:
    counts = tallies()
    for at in (10_000, 9_000, 5_000, 11_000):
        counts.hear(A, True, T + at, None)
    (told,) = counts.changed()
    assert (told.frames, told.bursts, told.last_ms, told.signal_dbm) == (4, 1, T + 11_000, None)


def test_a_flood_finds_no_room_and_is_counted() -> None:
    counts = tallies(most=3)
    heard = [counts.hear(f"{number:016x}", True, T, -50) for number in range(10)]
    assert heard == [True] * 3 + [False] * 7
    assert counts.crowded == 7
    assert counts.hear(f"{0:016x}", True, T + 1, -50), "who has a row is counted on"


def test_old_windows_are_let_go_once_they_were_told() -> None:
    counts = tallies()
    counts.hear(A, True, T, -50)
    counts.forget(T + 3 * 600_000)
    assert len(counts.changed()) == 1, "not told yet: not forgotten"
    counts.forget(T + 600_000)
    assert len(counts.rows()) == 1
    counts.forget(T + 2 * 600_000)
    assert counts.rows() == []


def test_a_clock_set_back_does_not_keep_rows_for_ever() -> None:
    counts = tallies()
    counts.hear(A, True, T + 50 * 600_000, -50)
    counts.changed()
    counts.hear(B, True, T, -50)
    counts.forget(T)
    assert [row.key for row in counts.rows()] == [B]


def test_another_process_goes_on_as_if_it_were_the_first() -> None:
    """At any frame: what is told in the end is the same."""
    frames = [(A if number % 3 else B, T + number * 700, -50 - number % 40) for number in range(60)]
    whole = tallies()
    for key, at, signal in frames:
        whole.hear(key, True, at, signal)
    expected = whole.changed()
    for cut in range(len(frames)):
        first, second = tallies(), tallies()
        for key, at, signal in frames[:cut]:
            first.hear(key, True, at, signal)
        kept = msgspec.msgpack.decode(msgspec.msgpack.encode(first.rows()), type=list[Row])
        second.take_up(kept)
        for key, at, signal in frames[cut:]:
            second.hear(key, True, at, signal)
        second.tell_again()
        assert sorted(second.changed(), key=lambda one: one.key) == sorted(expected, key=lambda one: one.key)


def test_rows_of_other_windows_are_not_taken_up() -> None:
    counts = tallies(window_s=600)
    counts.take_up([Row(T + 1, A, True, T, T, None), Row(T, B, True, T, T, None)])
    assert [row.key for row in counts.rows()] == [B]
