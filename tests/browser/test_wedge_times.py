"""The wedge's own times, those that a page has before any configuration: where a scan ends and typing begins.

Keys carry the time at which they were pressed, and the page's clock is moved by hand: nothing here hangs on the speed
of the machine, and two milliseconds more or less in any of the four times turn a test red.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from scanner_keys import ENTER, burst, strokes
from stage import WAIT_MS, Stage, Till

pytestmark = pytest.mark.browser

CODE = "4601234004127"
BURST_MS, SILENCE_MS, HOLD_MS, GUARD_MS = 35, 60, 40, 150
LATE_MS = 500


@pytest.fixture(autouse=True)
def as_the_page_begins(till: Till) -> Iterator[None]:
    patient, till.stage.wedge = till.stage.wedge, {}
    till.show("selling")
    yield
    till.stage.wedge = patient


def spaced(count: int, gap_ms: float) -> list[float]:
    return [at * gap_ms for at in range(count)]


def test_the_slowest_scanner_is_a_scanner(till: Till) -> None:
    """A second key within 35 ms begins a burst; then up to 60 ms lie between two keys."""
    times = [0.0, BURST_MS - 1.0]
    while len(times) < len(CODE) + 1:
        times.append(times[-1] + SILENCE_MS - 1)
    burst(till.page, strokes(CODE) + ENTER, times)
    assert till.last() == ("scan", {"code": CODE})
    till.settle()
    assert till.stage.done() == ["scan"]
    assert till.value("search") == ""


def test_the_fastest_person_is_a_person(till: Till) -> None:
    """Keys more than 35 ms apart are typing, also when they arrive all at once because the machine was busy."""
    burst(till.page, strokes("46012"), spaced(5, BURST_MS + 1))
    till.page.wait_for_function("document.getElementById('search').value === '46012'")
    assert till.stage.done() == []


def test_a_silence_ends_a_code(till: Till) -> None:
    """Two labels read one after the other by a scanner without a suffix are two codes."""
    second = 4 * 5 + SILENCE_MS + 1
    burst(till.page, strokes("46012340"), [0, 5, 10, 15, *(15 + second + at for at in (0, 5, 10, 15))])
    till.sent(2)
    till.settle()
    assert [command["args"]["code"] for command in till.stage.commands] == ["4601", "2340"]


@pytest.mark.parametrize(("after_ms", "sent"), [(GUARD_MS - 1, []), (GUARD_MS + 1, ["take_cash"])])
def test_enter_counts_again_after_the_guard(till: Till, after_ms: float, sent: list[str]) -> None:
    """A second suffix takes no cash; a person's Enter does, a sixth of a second after the scan."""
    till.show("cash")
    till.press("7", "0", "0", "0")
    ended = len(CODE) * 5
    burst(till.page, [*strokes(CODE), *ENTER, *ENTER], [*spaced(len(CODE) + 1, 5), ended + after_ms])
    till.sent(len(sent))
    till.settle()
    assert till.stage.done() == sent


@pytest.fixture
def still(context: Any, stage: Stage) -> Iterator[Any]:
    """A till page whose clock stands still until it is moved."""
    revision = stage.show("selling")
    page = context.new_page()
    page.clock.install(time=0)
    page.goto(f"{stage.base}/till")
    page.wait_for_selector(f".page[data-revision='{revision}']", timeout=WAIT_MS)
    page.clock.pause_at(60_000)
    yield page
    page.close()


def search_text(page: Any) -> str:
    return str(page.locator("#search").input_value())


def test_a_key_is_held_before_it_is_shown(still: Any) -> None:
    """Forty milliseconds: it might be a scanner's first one."""
    burst(still, strokes("4"))
    still.clock.run_for(HOLD_MS - 1)
    assert search_text(still) == ""
    still.clock.run_for(2)
    assert search_text(still) == "4"


def test_a_code_without_a_suffix_ends_in_silence(still: Any, stage: Stage) -> None:
    """Sixty milliseconds after its last key, no sooner."""
    stage.post("/fixture/forget", {})
    burst(still, strokes(CODE))
    still.clock.run_for(SILENCE_MS - 1)
    still.evaluate("() => fetch('/api/tills')")
    assert stage.done() == []
    with still.expect_request("**/commands"):
        still.clock.run_for(2)
    assert search_text(still) == ""


# A busy machine brings a key after the timer that awaited it


@pytest.fixture
def late(still: Any, stage: Stage) -> Any:
    """A page whose keys were all pressed at the moment that `window.pressed` says."""
    stage.post("/fixture/forget", {})
    still.evaluate(
        """() => {
          window.pressed = 1000;
          Object.defineProperty(Event.prototype, "timeStamp", { configurable: true, get: () => window.pressed });
        }"""
    )
    return still


def codes(page: Any, stage: Stage, count: int = 1) -> list[str]:
    deadline = time.monotonic() + WAIT_MS / 1000
    while len(stage.commands) < count and time.monotonic() < deadline:
        page.evaluate("() => fetch('/api/tills')")
    return [command["args"]["code"] for command in stage.commands]


@pytest.mark.parametrize("first", [1, 2, 3])
def test_a_code_is_whole_whose_first_keys_were_shown_before_the_others_came(
    late: Any, stage: Stage, first: int
) -> None:
    keys = [*strokes(CODE), *ENTER]
    burst(late, keys[:first])
    late.clock.run_for(SILENCE_MS + 1)
    assert search_text(late) == CODE[:first]
    burst(late, keys[first:])
    assert codes(late, stage) == [CODE]
    assert search_text(late) == ""


@pytest.mark.parametrize(("after_ms", "first"), [(BURST_MS + 1, 1), (SILENCE_MS + 1, 2)])
def test_what_was_typed_before_a_code_is_no_part_of_it(late: Any, stage: Stage, after_ms: int, first: int) -> None:
    burst(late, strokes("9" * first))
    late.clock.run_for(SILENCE_MS + 1)
    late.evaluate(f"window.pressed += {after_ms}")
    burst(late, [*strokes(CODE), *ENTER])
    assert codes(late, stage) == [CODE]


def test_letters_that_were_shown_too_soon_are_not_shown_twice(late: Any, stage: Stage) -> None:
    """Two keys of a fast person, of which the second came late."""
    burst(late, strokes("4"))
    late.clock.run_for(HOLD_MS + 1)
    burst(late, strokes("6"))
    late.clock.run_for(SILENCE_MS + 1)
    assert search_text(late) == "46"
    assert stage.done() == []


def test_the_end_of_a_code_is_awaited_of_a_scanner_that_sends_one(late: Any, stage: Stage) -> None:
    """And of no other: of a scanner without Enter the first code is read after half a second, the next after 60 ms."""
    keys = [*strokes(CODE), *ENTER]
    burst(late, keys)
    assert codes(late, stage) == [CODE]
    burst(late, keys[:6])
    late.clock.run_for(LATE_MS - 1)
    burst(late, keys[6:])
    assert codes(late, stage, 2) == [CODE] * 2
    for count, waits_ms in ((3, LATE_MS), (4, SILENCE_MS)):
        burst(late, strokes(CODE))
        late.clock.run_for(waits_ms - 1)
        late.evaluate("() => fetch('/api/tills')")
        assert len(stage.done()) == count - 1
        late.clock.run_for(2)
        assert codes(late, stage, count) == [CODE] * count
