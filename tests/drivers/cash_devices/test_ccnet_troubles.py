"""What a CCNET validator complains of, its cassette, resets of its own; and that every code has words."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ccnet_playbook import ALL, TAKES, attend, found, in_escrow, opened

from drivers.cash_devices.ccnet.driver import DRIVER, Ccnet
from drivers.cash_devices.ccnet.states import State, notice_text, reject_text, trouble_text
from drivers.cash_devices.ccnet.texts import REFUSALS
from drivers.cash_devices.contract import (
    Accepting,
    CassetteBack,
    CassetteOut,
    Closed,
    Counted,
    Found,
    Leave,
    Noticed,
    Refuse,
    Reset,
    Returned,
    Stack,
    Stacked,
    Stacking,
    Trouble,
    Well,
)
from drivers.setting_wrong import SettingWrong

OFF = "34000000000000"
ON = "340000FF0000FF"
OPEN_AGAIN = ["5B", Found(found()), "5B", Counted("validator", 7), ON, Accepting("validator"), "ack"]
WELL = Well("validator")


@pytest.mark.parametrize(
    ("state", "code", "inside"),
    [
        ("41", "full", False),
        ("43", "jam", False),
        ("44", "jam_in_cassette", True),
        ("46", "pause", False),
        ("4750", "failure.50", False),
        ("4799", "failure.other", False),
        ("47", "failure.other", False),
    ],
)
def test_a_trouble_is_told_once_and_its_end(state: str, code: str, inside: bool) -> None:
    play = opened().states(state, state, state)
    assert play.taken() == [Trouble("validator", f"ccnet.{code}", inside), "ack"]
    assert play.beat("14").taken() == [WELL, Accepting("validator"), "ack"]


def test_one_trouble_becomes_another() -> None:
    play = opened().states("43", "1B05", "4752", "4752", "14")
    assert [event.code for event in play.taken() if isinstance(event, Trouble)] == ["ccnet.jam", "ccnet.failure.52"]


@pytest.mark.parametrize("state", ["43", "4752", "41"])
def test_a_trouble_with_a_note_past_return_is_inside(state: str) -> None:
    play = in_escrow().wish(Stack("validator")).states("17", state)
    trouble = play.taken()[-2]
    assert isinstance(trouble, Trouble)
    assert trouble.inside
    play = in_escrow().wish(Stack("validator")).beat(state)
    assert play.taken()[-2] == trouble, "from the acknowledged STACK on"


def test_a_jam_inside_that_is_cleared_is_left_to_the_counter() -> None:
    play = in_escrow().wish(Stack("validator")).states("17", "44")
    play.taken()
    assert play.states("13", "19", "14").taken() == [WELL, "ack", "37", "41", *OPEN_AGAIN]


def test_a_jam_whose_note_falls_into_the_cassette_at_last() -> None:
    play = in_escrow().wish(Stack("validator")).states("17", "44", "13", "8104", "19")
    assert play.taken()[5:] == [
        WELL, Stacked("validator", 4, TAKES[4], recovered=True), "ack",
        "37", "41", "5B", Found(found()), "5B", Counted("validator", 7), ON,
    ]  # fmt: skip


def test_cassette_out_and_back() -> None:
    """The masks are lost: identified, counted and opened anew."""
    play = opened().states("42", "42", "1B01", "13", "19", "14")
    assert play.taken() == [CassetteOut("validator"), "ack", CassetteBack("validator"), "ack", "37", "41", *OPEN_AGAIN]


def test_cassette_back_too_fast_to_see_it_initialise() -> None:
    play = opened().states("42", "19", "14")
    assert play.taken() == [CassetteOut("validator"), "ack", CassetteBack("validator"), "ack", "37", "41", *OPEN_AGAIN]


def test_a_full_cassette_is_exchanged() -> None:
    play = opened().states("41", "42", "13", "19")
    assert play.taken()[:8] == [
        Trouble("validator", "ccnet.full"), "ack", CassetteOut("validator"), "ack",
        CassetteBack("validator"), "ack", WELL, "ack",
    ]  # fmt: skip


def test_cassette_pulled_while_a_note_is_stacked() -> None:
    play = in_escrow().wish(Stack("validator")).states("17", "42", "13", "8104", "19", "14")
    assert play.taken() == [
        "35", Stacking("validator"), "ack", CassetteOut("validator"), "ack", CassetteBack("validator"), "ack",
        Stacked("validator", 4, TAKES[4], recovered=True), "ack", "37", "41", *OPEN_AGAIN,
    ]  # fmt: skip


def test_what_stops_nothing_is_noticed_once() -> None:
    play = opened().states("45", "45", "14", "15", "8404", "8404", "9001", "14", "45")
    assert [event.code for event in play.taken() if isinstance(event, Noticed)] == [
        "ccnet.cheated", "ccnet.suspect", "ccnet.counterfeit", "ccnet.cheated"
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["10", "11", "12"])
def test_a_brown_out_begins_anew_in_the_same_conversation(state: str) -> None:
    play = opened().states(state, "13", "19", "14")
    assert play.taken() == ["37", "41", "30", *OPEN_AGAIN]


def test_a_brown_out_with_a_note_past_return() -> None:
    play = in_escrow().wish(Stack("validator")).states("17", "12", "13", "8104", "19")
    assert play.taken()[3:8] == ["37", "41", "30", Stacked("validator", 4, TAKES[4], recovered=True), "ack"]


def test_a_brown_out_with_a_note_in_escrow() -> None:
    play = in_escrow().states("11", "13", "19")
    assert play.taken()[:5] == ["37", "41", "30", "5B", Found(found())]


def test_an_initialisation_nobody_asked_for_begins_anew() -> None:
    assert opened().states("13", "19", "14").taken() == ["37", "41", *OPEN_AGAIN]


def test_masks_lost_between_two_polls() -> None:
    assert opened().states("19", "14").taken() == ["37", "41", *OPEN_AGAIN]


def test_closed_and_reset_by_itself_stays_closed() -> None:
    assert attend().states("10", "13", "19", "19").taken()[4:] == ["37", "41", "30", "5B", Found(found())]


def test_refused_during_a_reset() -> None:
    play = opened().wish(Refuse()).states("10", "13", "19")
    assert play.taken() == [OFF, "37", "41", "30", "5B", Found(found()), Closed("validator")]


def test_a_person_resets() -> None:
    play = opened().states("43")
    play.taken()
    assert play.wish(Reset()).beat("43").taken() == ["30"]
    assert play.states("13", "19", "14").taken() == [WELL, "ack", "37", "41", *OPEN_AGAIN]


def test_what_was_shown_before_the_reset_is_not_believed_after_it() -> None:
    play = opened()
    play.wish(Reset()).states("14", "19", "19", "13", "19")
    assert play.taken().count(Found(found())) == 1


def test_left_in_the_middle_of_a_trouble() -> None:
    play = opened().states("43").wish(Leave()).beat("43")
    assert play.taken() == [Trouble("validator", "ccnet.jam"), "ack", OFF, Closed("validator")]
    assert play.ended
    play = opened().states("42")
    play.refuses = {0x34}
    assert play.wish(Leave()).beat("42").taken()[-1] == Closed("validator")
    assert play.ended


def test_left_while_a_note_is_stuck_on_its_way() -> None:
    """It ends, but nothing says that no piece is on its way."""
    play = in_escrow().wish(Stack("validator")).beats("17", 10).wish(Leave())
    assert play.taken()[-1] == OFF
    play.beats("17", 25)
    assert play.taken() == [Trouble("validator", "ccnet.stacking_long", inside=True), "ack"]
    assert play.ended
    assert play.error is None


def test_refused_in_the_middle_of_a_trouble() -> None:
    assert opened().states("46").wish(Refuse()).beat("46").taken()[2:] == [OFF, Closed("validator")]


def test_a_note_returned_after_a_pause() -> None:
    play = in_escrow().states("46", "18", "8204", "14")
    assert [type(event) for event in play.taken() if event != "ack"] == [Trouble, Well, Returned, Accepting]


ALL_CODES = [
    *(reject_text(reason) for reason in range(256)),
    *(trouble_text(State(0x47, cause)) for cause in range(256)),
    *(trouble_text(State(code)) for code in (0x41, 0x43, 0x44, 0x46)),
    *(notice_text(State(code)) for code in (0x45, 0x84, 0x90)),
    *(f"ccnet.{code}" for code in ("stacking_long", "returning_long", "start_long", "not_obeyed", "unidentified")),
    *("ccnet.country", "ccnet.pays_nothing"),
]


def test_every_code_has_words_and_all_words_a_code() -> None:
    assert {code.removeprefix("ccnet.") for code in ALL_CODES} == set(REFUSALS)
    listed = "60 61 62 63 64 65 66 67 68 69 6A 6C 6D 92 93 94 95"
    assert {reject_text(code) for code in bytes.fromhex(listed)} == {f"ccnet.reject.{each}" for each in listed.split()}
    listed = "50 51 52 53 54 55 56 57 58 59 5A 5B 5C 5F 10 11 12 13 14 15 22 23 30 60 F4 FE"
    told = {trouble_text(State(0x47, code)) for code in bytes.fromhex(listed)}
    assert told == {f"ccnet.failure.{each}" for each in listed.split()}


@pytest.mark.parametrize("code", REFUSALS)
def test_words_are_plain_and_short(code: str) -> None:
    for language, letters in (("ru", "[а-яё]"), ("en", "[a-z]")):
        words = REFUSALS[code][language]
        assert set(words) == {"what", "safe", "do"}
        for text in words.values():
            assert re.search(letters, text)
            assert not re.search(r"ошибк|oops|error|invalid|!", text.lower())
            assert all(len(sentence.split()) <= 14 for sentence in re.split(r"(?<=[.?;])\s+", text)), text


@pytest.mark.parametrize(
    "setting",
    [
        {"address": 0},
        {"address": 256},
        {"response_ms": 5},
        {"decide_within_s": 0},
        {"minor_digits": 5},
        {"countries": "R"},
    ],
)
def test_settings_that_only_the_driver_can_judge(setting: dict[str, Any]) -> None:
    with pytest.raises(SettingWrong) as wrong:
        Ccnet(setting)
    assert next(iter(setting)) in wrong.value.ru
    assert next(iter(setting)) in wrong.value.en


def test_the_driver_in_the_catalogue() -> None:
    assert isinstance(DRIVER.make({}), Ccnet)
    assert DRIVER.commit == "credit"
    assert DRIVER.settings["decide_within_s"].default == 30
    assert attend().wish(ALL).error is None
