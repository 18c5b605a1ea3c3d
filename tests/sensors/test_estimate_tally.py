"""A window's tally is a set of facts: the order of frames, a repetition and a restart change no number."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.estimate import tally as estimate_tally
from sensors.estimate.tally import SLOTS, WINDOW_MS, Reach, Trust, WindowTally, window_of

START = 1_700_000_400_000
Frame = tuple[int, str, bool, str, int | None]

frames: st.SearchStrategy[Frame] = st.tuples(
    st.integers(0, WINDOW_MS - 1).map(lambda at: START + at),
    st.sampled_from([f"address{number}" for number in range(9)]),
    st.booleans(),
    st.sampled_from(["a", "b", "c", "d"]),
    st.one_of(st.none(), st.integers(-100, -40)),
)
many = st.lists(frames, max_size=60)


def tally_of(heard: list[Frame]) -> WindowTally:
    tally = WindowTally(START)
    for frame in heard:
        tally.add(*frame)
    return tally


def near(at_s: float, source: str = "one", signature: str = "a", signal_dbm: int = -55) -> Frame:
    return (START + int(at_s * 1000), source, True, signature, signal_dbm)


def test_windows_stand_on_the_clock() -> None:
    assert START % WINDOW_MS == 0
    assert window_of(START) == window_of(START + WINDOW_MS - 1) == START
    assert window_of(START - 1) == START - WINDOW_MS


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_frames_does_not_matter(heard: list[Frame], random: object) -> None:
    mixed = list(heard)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert tally_of(mixed).reading() == tally_of(heard).reading()


@given(many, st.integers(0, 60), st.integers(0, 60))
def test_a_restart_in_the_window_counts_nothing_twice(heard: list[Frame], cut: int, again: int) -> None:
    """What was kept before the restart is taken up; some frames may be told a second time."""
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(tally_of(heard[:cut])), type=WindowTally)
    after = tally_of(heard[max(0, cut - again) :])
    after.join(kept)
    after.join(kept)
    assert after.reading() == tally_of(heard).reading()


@given(many, frames)
def test_one_more_probe_lowers_no_count_of_what_is_here(heard: list[Frame], more: Frame) -> None:
    before, after = tally_of(heard).reading(), tally_of([*heard, more]).reading()
    assert before.close <= after.close <= after.near
    assert before.near <= after.near
    assert before.minutes <= after.minutes
    assert before.addresses <= after.addresses + 1e-9
    assert before.coverage <= after.coverage


def test_signal_decides_what_a_probe_says() -> None:
    heard = [near(0, "p", "close", -60), near(1, "q", "near", -70), near(2, "r", "wide", -80), near(3, "s", "far", -81)]
    reading = tally_of(heard).reading()
    assert (reading.close, reading.near) == (1, 2)
    assert reading.minutes == pytest.approx(0.3)  # three signatures within hearing in one of ten minutes
    assert reading.addresses == pytest.approx(3 * 0.6931, abs=1e-3)
    assert reading.far == pytest.approx(0.6931, abs=1e-3)


def test_another_antenna_moves_all_three_signals() -> None:
    assert Reach().shifted(-5) == Reach(-65, -75, -85)
    tally = WindowTally(START, Reach().shifted(-5))
    tally.add(*near(0, signal_dbm=-75))
    assert (tally.reading().close, tally.reading().near) == (0, 1)


def test_an_address_that_came_near_did_not_pass_by() -> None:
    passing = near(1, "one", "a", -90)
    assert tally_of([passing]).reading().far > 0
    assert tally_of([passing, near(2, "one", "a", -75)]).reading().far == 0


def test_equipment_and_frames_without_a_signal_say_nothing_of_people() -> None:
    heard: list[Frame] = [(START, "maker", False, "a", -40), (START, "one", True, "a", None)]
    reading = tally_of(heard).reading()
    assert (reading.near, reading.minutes, reading.addresses, reading.far) == (0, 0, 0, 0)
    assert reading.coverage == 1 / SLOTS  # though they prove that the sensor hears


@pytest.mark.parametrize(("moments", "bursts"), [((0, 0.5, 1.9), 1), ((0, 2.0), 1), ((0, 2.1), 2), ((9, 0, 4.5), 3)])
def test_a_pause_longer_than_two_seconds_begins_a_burst(moments: tuple[float, ...], bursts: int) -> None:
    reading = tally_of([near(at) for at in moments]).reading()
    assert reading.bursts == bursts
    assert reading.bursts_each == bursts


def test_bursts_are_counted_for_each_signature() -> None:
    reading = tally_of([near(0, "p", "a"), near(1, "q", "b"), near(60, "p", "a")]).reading()
    assert (reading.bursts, reading.bursts_each) == (3, 1.5)
    assert WindowTally(START).reading().bursts_each == 0


def test_a_silent_window_says_so() -> None:
    reading = WindowTally(START).reading()
    assert (reading.trust, reading.coverage) == (Trust.SILENT, 0.0)
    alive = WindowTally(START)
    for second in range(0, 300, 5):
        alive.live(START + second * 1000)
    assert (alive.reading().trust, alive.reading().coverage) == (Trust.WHOLE, 0.5)


def test_a_jump_of_the_clock_leaves_no_numbers() -> None:
    tally = tally_of([near(0)])
    tally.clock_jumped = True
    reading = tally.reading()
    assert reading.trust is Trust.CLOCK
    assert (reading.near, reading.addresses) == (0, 0)


@pytest.mark.parametrize("limit", ["MOST_SIGNATURES", "MOST_FACTS"])
def test_made_up_multitudes_cost_bounded_memory_and_give_no_figure(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(estimate_tally, limit, 50)
    tally = tally_of([near(0, f"source{number}", f"signature{number}", -75) for number in range(50)])
    assert tally.reading().trust is Trust.WHOLE
    for number in range(50, 500):
        tally.add(*near(number, f"source{number}", f"signature{number}"))
        tally.add(*near(number, "source0", "signature0"))
    assert tally.reading().trust is Trust.OVERFLOW
    assert len(tally.heard) <= 500
    assert sum(len(one.wide) + len(one.near_tenths) for one in tally.heard.values()) == tally.facts
    assert tally.facts <= 500
    assert limit != "MOST_FACTS" or tally.facts == 50
    joined = WindowTally(START)
    joined.join(tally)
    assert joined.reading().trust is Trust.OVERFLOW


def test_what_leaves_the_process_holds_no_key() -> None:
    leaves = msgspec.json.encode(tally_of([near(0, "secret address", "secret signature")]).reading())
    assert b"secret" not in leaves
    assert b'"near":1' in leaves


def test_other_windows_and_other_reaches_are_not_mixed() -> None:
    tally = WindowTally(START)
    with pytest.raises(ValueError, match="another window"):
        tally.add(START + WINDOW_MS, "one", True, "a", -50)
    for other in (WindowTally(START + WINDOW_MS), WindowTally(START, Reach(near_dbm=-65))):
        with pytest.raises(ValueError, match="different windows"):
            tally.join(other)
