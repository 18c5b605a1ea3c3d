"""What goes wrong with an SSP unit: jams and on which side of no return, a full box, the cassette, fraud, riddles."""

from __future__ import annotations

import pytest
from ssp_playbook import RUB500, Play, driver

from drivers.cash_devices import contract as c
from drivers.cash_devices.ssp.events import SHAPES, Report, parse_report
from drivers.cash_devices.ssp.exchange import Line
from drivers.cash_devices.ssp.texts import REFUSALS, REJECTS

TAKE = c.Accept({"validator": frozenset({1, 2, 3})})
ESCROWED, STACKING = c.Escrowed("validator", 3, RUB500), c.Stacking("validator")
STACKED = c.Stacked("validator", 3, RUB500)
INSIDE = c.Trouble("validator", "ssp.jam_inside", inside=True)
WELL = c.Well("validator")


def opened(sealed: bool = False) -> Play:
    return Play(driver().attend({})).begins(sealed=sealed).rests(TAKE).opens(sealed=sealed)


def stacking(sealed: bool = False) -> Play:
    play = opened(sealed).rests().poll("F0 EF 03", sealed=sealed).tells(ESCROWED)
    return play.rests(c.Stack("validator")).poll("F0 CC", sealed=sealed).tells(STACKING)


def test_a_safe_jam_is_inside_and_ends_with_its_note() -> None:
    play = stacking().rests().poll("F0 EA").tells(INSIDE).x("02 00 00")
    play.rests().poll("F0 EA E8").rests().poll("F0 CC EE 03").tells(STACKED)
    play.rests().begins(stacked=101).tells(WELL).rests().opens(stacked=101)


def test_an_unsafe_jam_can_still_be_reached_by_the_shopper() -> None:
    play = stacking().rests().poll("F0 E9 E8").tells(c.Trouble("validator", "ssp.jam_reachable")).x("02 00 00")
    play.rests().poll("F0 E8").rests().poll("F0 EC").tells(c.Returned("validator", 3))
    play.rests().begins().tells(WELL)


def test_a_jam_told_once_waits_for_a_person() -> None:
    play = stacking(sealed=True).rests().s("56", "F0 EA E8").tells(INSIDE).s("57").x("02 00 00")
    for _ in range(20):
        play.rests().s("56", "F0 E8")
    play.rests(c.Reset()).begins(sealed=True, stacked=101, restarts=True).tells(WELL).rests()


def test_a_jam_told_once_is_over_when_the_unit_works_again() -> None:
    play = stacking(sealed=True).rests().s("56", "F0 EA E8").tells(INSIDE).s("57").x("02 00 00")
    for _ in range(5):
        play.rests().s("56")
    play.rests().begins(sealed=True).tells(WELL)


def test_a_full_box_is_over_when_the_box_is_back() -> None:
    play = opened().rests().poll("F0 E7 E8").tells(c.Trouble("validator", "ssp.full")).x("02 00 00")
    play.rests().poll("F0 E7 E8").rests(c.Refuse()).poll("F0 E3 E8").tells(c.CassetteOut("validator"))
    play.rests().poll("F0 E3 E8").rests().poll("F0 E4 E8").tells(c.CassetteBack("validator"))
    play.rests().begins().tells(WELL)


def test_the_cassette_is_taken_and_put_back() -> None:
    play = opened().rests().poll("F0 E3 E8").tells(c.CassetteOut("validator")).x("02 00 00")
    play.rests().poll("F0 E3 E8").x("09").rests().poll("F0 E3 E8").tells(c.Closed("validator"))
    play.rests().poll("F0 E3 E8").rests().poll("F0 E4 E8").tells(c.CassetteBack("validator"))
    play.rests().begins().rests().opens()


def test_the_cassette_is_pulled_while_a_note_falls() -> None:
    play = stacking().rests().poll("F0 E3").tells(c.CassetteOut("validator")).x("02 00 00")
    for _ in range(20):
        play.rests().poll("F0 E3")
    play.rests().poll("F0 E4 EE 03").tells(c.CassetteBack("validator"), STACKED).rests().begins(stacked=101)


def test_leaving_while_the_cassette_is_out() -> None:
    play = opened().rests().poll("F0 E3 E8").tells(c.CassetteOut("validator")).x("02 00 00")
    play.rests(c.Leave()).poll("F0 E3 E8").x("09")
    assert play.ended


def test_a_note_stuck_on_its_way_is_a_trouble_after_thirty_seconds() -> None:
    play = stacking()
    for _ in range(149):
        play.rests().poll("F0 CC")
    play.tells(c.Trouble("validator", "ssp.stuck", inside=True)).x("02 00 00")
    play.rests().poll("F0 EE 03 EB").tells(STACKED).rests()


def test_a_stuck_note_that_a_restart_moved_on() -> None:
    play = stacking()
    for _ in range(149):
        play.rests().poll("F0 CC")
    play.tells(c.Trouble("validator", "ssp.stuck", inside=True)).x("02 00 00").rests()
    play.poll("F0 F1 E2 03 E8").tells(c.Stacked("validator", 3, RUB500, recovered=True))
    play.rests().begins(stacked=101).tells(WELL)


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ("E6 02", "fraud"),
        ("B0", "jam_recovery"),
        ("C6", "payout_out_of_service"),
        ("C7", "float_removed"),
        ("C8", "float_attached"),
        ("CF", "store_full"),
        ("B1 00 01", "payout_fault"),
        ("CE 88 13 00 00 52 55 42", "note_in_bezel"),
    ],
)
def test_what_is_noticed_once_and_stops_nothing(event: str, code: str) -> None:
    play = opened().rests().poll(f"F0 {event}").tells(c.Noticed("validator", f"ssp.{code}"))
    play.rests().poll(f"F0 {event}").rests().poll("F0 EF 00").tells(c.Entered("validator"))


def test_an_unknown_event_ends_the_list_and_the_counter_is_asked() -> None:
    play = opened().rests().poll("F0 EF 00 99 EE 03").tells(c.Entered("validator"))
    play.tells(c.Noticed("validator", "ssp.unknown_event")).rests().begins(stacked=101)


def test_an_unknown_event_that_stays_does_not_stop_the_unit() -> None:
    play = opened().rests().poll("F0 99").tells(c.Noticed("validator", "ssp.unknown_event"))
    play.rests().poll("F0 99").rests().poll("F0 EF 00").tells(c.Entered("validator"))


# The lists of events


@pytest.mark.parametrize("code", sorted(SHAPES))
@pytest.mark.parametrize("protocol", [6, 7, 8])
@pytest.mark.parametrize("smart", [False, True])
def test_an_event_that_ends_early_is_not_read(code: int, protocol: int, smart: bool) -> None:
    """However long it is: read whole it is one event, and any part of it none."""
    tail = bytes([1]) + bytes(12)
    whole = next(
        bytes([code]) + tail[:length]
        for length in range(13)
        if not parse_report(bytes([code]) + tail[:length], protocol, smart).unread
    )
    assert len(parse_report(whole, protocol, smart).events) == 1
    for end in range(1, len(whole)):
        assert parse_report(whole[:end], protocol, smart) == Report((), whole[:end])


def test_values_are_read() -> None:
    report = parse_report(bytes.fromhex("DC 01 64 00 00 00 2C 01 00 00 52 55 42 E8"), 8, True)
    event = report.events[0]
    assert (event.value_minor, event.asked_minor, event.amounts[0].currency) == (100, 300, "RUB")
    assert len(report.events) == 2


# The words


def test_every_code_has_both_languages() -> None:
    for code, words in REFUSALS.items():
        assert set(words) == {"ru", "en"}, code
        assert all(set(text) == {"what", "safe", "do"} and all(text.values()) for text in words.values()), code
    assert len(REJECTS) == 29
    assert REJECTS[0x1D] == "reject_1D"


def test_a_line_keeps_wishes_that_come_while_it_rests() -> None:
    from collections import deque

    inbox: deque[object] = deque()
    calm = Line(0, inbox).calm()  # type: ignore[arg-type]
    next(calm)
    calm.send(TAKE)
    assert list(inbox) == [TAKE]
