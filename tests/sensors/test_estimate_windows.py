"""A sensor's gaps and its clock's jumps are told; a closed window is never changed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sensors.estimate.tally import WINDOW_MS, Reach, Trust, WindowReading, WindowTally
from sensors.estimate.windows import BACK_MS, MOST_MISSED, REMEMBERED, Windows

START = 1_700_000_400_000
DAY_MS = 86_400_000


def hear(windows: Windows, at_ms: int, source: str = "one", signature: str = "a") -> None:
    windows.add(at_ms, source, True, signature, -50)


def trusts(readings: list[WindowReading]) -> list[tuple[int, str]]:
    """(number of the window since START, trust)."""
    return [((one.start_ms - START) // WINDOW_MS, one.trust.value) for one in readings]


def test_windows_close_in_order_and_stragglers_have_five_seconds() -> None:
    windows = Windows()
    hear(windows, START)
    ends = START + WINDOW_MS
    assert windows.closed(ends) == []
    hear(windows, ends - 1, "two", "b")
    (reading,) = windows.closed(ends + BACK_MS)
    assert (reading.near, reading.trust) == (2, Trust.WHOLE)
    assert windows.closed(ends + BACK_MS) == []


def test_a_straggler_of_a_closed_window_is_left_out_and_counted() -> None:
    windows = Windows()
    hear(windows, START)
    hear(windows, START + WINDOW_MS)  # closes the first
    hear(windows, START + WINDOW_MS - 1, "two", "b")
    assert windows.left_out == 1
    assert [one.near for one in windows.closed(START + 3 * WINDOW_MS)] == [1, 1]


def test_a_sensor_that_was_away_leaves_silent_windows() -> None:
    windows = Windows()
    hear(windows, START)
    hear(windows, START + 3 * WINDOW_MS)
    assert trusts(windows.closed(START + 3 * WINDOW_MS)) == [(0, "whole"), (1, "silent"), (2, "silent")]
    assert trusts(windows.closed(START + 6 * WINDOW_MS)) == [(3, "whole"), (4, "silent")]


def test_a_live_sensor_that_hears_nothing_is_not_silent() -> None:
    windows = Windows()
    for second in range(0, 1200, 5):
        windows.live(START + second * 1000)
    found = windows.closed(START + 2 * WINDOW_MS + BACK_MS)
    assert trusts(found) == [(0, "whole"), (1, "whole")]
    assert [one.coverage for one in found] == [1.0, 1.0]


def test_a_clock_set_back_within_the_window_spoils_it() -> None:
    windows = Windows()
    hear(windows, START + 120_000)
    hear(windows, START + 120_000 - BACK_MS)  # two radios in the wrong order
    assert windows.open is not None
    assert not windows.open.clock_jumped
    hear(windows, START + 60_000)
    assert trusts(windows.closed(START + 2 * WINDOW_MS))[0] == (0, "clock")


def test_a_clock_set_back_over_windows_spoils_both_and_never_changes_a_closed_one() -> None:
    windows = Windows()
    for number in range(3):
        hear(windows, START + number * WINDOW_MS)
    hear(windows, START)  # twenty minutes back, into a closed window
    assert windows.left_out == 1
    assert trusts(windows.closed(START)) == [(0, "whole"), (1, "whole"), (2, "clock")]
    hear(windows, START - WINDOW_MS)  # further back: a window not told of yet
    hear(windows, START + 4 * WINDOW_MS)
    assert trusts(windows.closed(START + 4 * WINDOW_MS)) == [(-1, "clock"), (3, "silent")]


def test_a_clock_years_ahead_makes_no_rows_and_does_not_silence_the_sensor_for_years() -> None:
    windows = Windows()
    hear(windows, START)
    hear(windows, START + 3 * 365 * DAY_MS)
    hear(windows, START + WINDOW_MS)
    hear(windows, START + 2 * WINDOW_MS)
    found = windows.closed(START + 3 * WINDOW_MS + BACK_MS)
    assert [one.trust for one in found] == [Trust.CLOCK, Trust.CLOCK, Trust.CLOCK, Trust.WHOLE]


def test_a_sensor_away_for_a_day_tells_of_each_window() -> None:
    windows = Windows()
    hear(windows, START)
    hear(windows, START + MOST_MISSED * WINDOW_MS)
    assert len(windows.closed(START + MOST_MISSED * WINDOW_MS)) == MOST_MISSED


def test_a_restart_goes_on_in_its_window() -> None:
    before = Windows()
    hear(before, START, "one", "a")
    after = Windows(kept=before.open)
    hear(after, START + 1000, "one", "a")
    hear(after, START + 2000, "two", "b")
    (reading,) = after.closed(START + WINDOW_MS + BACK_MS)
    assert (reading.near, reading.trust) == (2, Trust.WHOLE)


def test_a_restart_hours_later_closes_what_was_open() -> None:
    windows = Windows(Reach(), WindowTally(START))
    hear(windows, START + 2 * WINDOW_MS)
    assert trusts(windows.closed(START + 2 * WINDOW_MS)) == [(0, "silent"), (1, "silent")]


@given(st.lists(st.integers(-30 * WINDOW_MS, 30 * WINDOW_MS), max_size=60))
def test_whatever_the_clock_does_a_window_is_told_once_and_the_memory_is_bounded(moments: list[int]) -> None:
    windows = Windows()
    told: list[int] = []
    for moment in moments:
        hear(windows, START + moment)
        told += [one.start_ms for one in windows.closed(START + moment)]
    assert len(told) == len(set(told))
    assert len(windows._done) <= REMEMBERED


@given(st.lists(st.integers(0, 6 * WINDOW_MS), max_size=60))
def test_a_clock_that_only_goes_on_loses_no_frame(moments: list[int]) -> None:
    windows = Windows()
    for moment in sorted(moments):
        hear(windows, START + moment)
    found = windows.closed(START + 8 * WINDOW_MS)
    assert windows.left_out == 0
    assert Trust.CLOCK not in {one.trust for one in found}
    heard = {moment // WINDOW_MS for moment in moments}
    assert {number for number, trust in trusts(found) if trust == "whole"} == heard
