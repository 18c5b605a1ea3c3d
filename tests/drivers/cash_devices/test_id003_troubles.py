"""What can go wrong at an ID-003 validator: jams, the cassette, power cuts in mid-session, silence, torn answers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from id003_playbook import escrowed, opened

from drivers.cash_devices import id003 as package
from drivers.cash_devices.contract import (
    Accepting,
    CassetteBack,
    CassetteOut,
    Closed,
    Counted,
    Denomination,
    Escrowed,
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
from drivers.cash_devices.id003.frames import Frame
from drivers.cash_devices.id003.texts import REFUSALS
from drivers.cash_devices.id003.words import FAILURES, REJECTS, failure_code, reject_code
from drivers.errors import Garbled, Unanswered
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Hear, Rest

STACK = Stack(unit="validator")
FIVE_HUNDRED = Denomination(0x62, 500_00, "RUB")


@pytest.mark.parametrize(
    ("status", "code", "inside"),
    [
        ("43", "id003.full", False),
        ("45", "id003.jam_acceptor", False),
        ("46", "id003.jam_stacker", True),
        ("47", "id003.pause", False),
        ("49 A2", "id003.failure_A2", False),
        ("49 A1", "id003.failure", False),
        ("49", "id003.failure", False),
    ],
)
def test_a_trouble_is_told_once_and_when_it_is_over(status: str, code: str, inside: bool) -> None:
    play = opened().beat(status).beat(status)
    assert play.events() == [Trouble("validator", code, inside=inside)]
    assert play.beat("11").beat("11").events() == [Well("validator")]


def test_a_jam_of_a_note_past_return_may_hide_it_inside() -> None:
    play = escrowed().wish(STACK).beat("14").beat("45")
    assert play.events() == [Stacking("validator"), Trouble("validator", "id003.jam_acceptor", inside=True)]
    play = escrowed().wish(STACK).beat("14").beat("47")
    assert play.events()[-1] == Trouble("validator", "id003.pause", inside=False), "it goes on when the second is gone"


def test_one_trouble_after_another() -> None:
    play = opened().beat("45").beat("49 A6").beat("1B").beat("1A")
    events = play.events()
    assert events[:3] == [
        Trouble("validator", "id003.jam_acceptor"),
        Trouble("validator", "id003.failure_A6"),
        Well("validator"),
    ]
    assert isinstance(events[3], Found)


def test_a_person_resets_a_jam() -> None:
    """The note that was past return and never confirmed stays in doubt; a credit the device replays is recovered."""
    play = escrowed().wish(STACK).beat("14").beat("46").wish(Reset()).beat("46")
    assert "40" in play.news()
    play.beat("1B").beat("15 62").beat("16")
    expected = [Well("validator"), Stacked("validator", 0x62, FIVE_HUNDRED, recovered=True)]
    assert sorted(map(str, play.events())) == sorted(map(str, expected))


def test_cheating_is_noticed_once_an_episode() -> None:
    play = opened().beat("48").beat("48").beat("11").beat("48")
    assert play.events() == [Noticed("validator", "id003.cheated")] * 2


def test_the_cassette_out_and_back_makes_the_settings_anew() -> None:
    play = opened().beat("44").beat("44")
    assert play.events() == [CassetteOut("validator")]
    play.beat("1B").beat("1A")
    events = play.events()
    assert events[0] == CassetteBack("validator")
    assert isinstance(events[1], Found)
    assert events[2] == Counted("validator", None)
    assert play.beat("11").events() == [Accepting("validator")]


def test_the_cassette_back_without_a_restart_is_set_up_too() -> None:
    play = opened().beat("44").beat("11")
    assert play.news() == [CassetteOut("validator"), CassetteBack("validator"), "C3 01"]
    assert any(isinstance(event, Found) for event in play.beat("1A").events())


def test_the_cassette_pulled_while_a_note_was_on_its_way() -> None:
    play = escrowed().wish(STACK).beat("14").beat("44").beat("15 62").beat("16")
    assert play.events() == [
        Stacking("validator"),
        CassetteOut("validator"),
        CassetteBack("validator"),
        Stacked("validator", 0x62, FIVE_HUNDRED),
    ]


# The device loses its power in mid-session


def test_power_lost_with_a_note_in_escrow() -> None:
    play = escrowed().beat("41").beat("1B").beat("1A")
    events = play.events()
    assert events[:2] == [Noticed("validator", "id003.power_up_in_acceptor"), Returned("validator", 0x62)]
    assert isinstance(events[2], Found)
    assert play.beat("11").events() == [Accepting("validator")], "it takes again what was wished for"


def test_power_lost_and_nothing_inside() -> None:
    assert escrowed().beat("40").events() == [Returned("validator", 0x62)]
    doubt = escrowed().wish(STACK).beat("40").events()
    assert doubt == [Trouble("validator", "id003.vanished", inside=True), Well("validator")]


@pytest.mark.parametrize("credit", ["15 62", "15"])
def test_power_lost_while_stacking_and_replayed(credit: str) -> None:
    play = escrowed().wish(STACK).beat("14").beat("42").beat("1B").beat(credit).beat("16").beat("1A")
    events = play.events()
    assert events[1:3] == [
        Noticed("validator", "id003.power_up_in_stacker"),
        Stacked("validator", 0x62, FIVE_HUNDRED, recovered=True),
    ]
    assert isinstance(events[3], Found)


def test_power_lost_while_stacking_and_not_replayed_is_in_doubt() -> None:
    play = escrowed().wish(STACK).beat("14").beat("42").beat("1B").beat("1A")
    assert play.events()[2:4] == [Trouble("validator", "id003.vanished", inside=True), Well("validator")]


def test_power_lost_after_the_credit_invents_nothing() -> None:
    play = escrowed().wish(STACK).beat("14").beat("15 62").beat("42")
    play.news()
    assert [type(event) for event in play.beat("1B").beat("1A").events()] == [Found, Counted]


# Statuses that last too long


@pytest.mark.parametrize(
    ("statuses", "seconds", "code", "inside"),
    [
        (["12"], 40, "id003.slow_accepting", False),
        (["12", "13 62", "STACK", "14"], 30, "id003.slow_stacking", True),
        (["12", "13 62", "STACK", "14", "15 62"], 5, "id003.slow_credit", False),
        (["12", "13 62", "STACK", "14", "15 62", "16"], 30, "id003.slow_rest", False),
        (["12", "17 75"], 30, "id003.slow_returning", False),
        (["12", "13 62", "18"], 30, "id003.slow_returning", False),
        (["40", "1B"], 60, "id003.slow_start", False),
        (["4A"], 5, "id003.wire", False),
    ],
)
def test_a_status_that_lasts_too_long(statuses: list[str], seconds: int, code: str, inside: bool) -> None:
    play = opened()
    for status in statuses:
        play = play.wish(STACK) if status == "STACK" else play.beat(status)
    last = statuses[-1]
    play.news()
    assert play.beats(last, seconds - 0.6).events() == []
    assert play.beats(last, 1).events() == [Trouble("validator", code, inside=inside)]
    assert play.beats(last, 5).events() == []
    play.wish(Reset()).beat(last)
    assert "40" in play.news(), "a person may end it"


def test_a_stuck_note_does_not_keep_the_conversation_for_ever() -> None:
    play = escrowed().wish(STACK).beats("14", 31).wish(Leave()).beat("14")
    assert play.ended


def test_refuse_in_a_trouble_is_confirmed_when_nothing_is_on_its_way() -> None:
    play = opened().beat("43").wish(Refuse())
    assert "C3 01" in play.news()
    assert play.beat("43").events() == [Closed("validator")]


# The wire


def test_five_seconds_of_silence_end_the_conversation() -> None:
    play, beats = opened(), 0
    while not play.ended:
        play.beat(None)
        beats += 1
    assert isinstance(play.error, Unanswered)
    assert 10 <= beats <= 17


def test_a_single_lost_answer_changes_nothing() -> None:
    play = opened().beat("12").beat(None).beat(None).beat("13 62")
    assert play.events()[-1] == Escrowed("validator", 0x62, FIVE_HUNDRED)


def test_after_silence_it_rests_long_enough_for_a_late_answer() -> None:
    """Bytes that come during a rest were asked for by nobody: they are dropped."""
    play = opened()
    play.beat(None)
    assert isinstance(play.step, Rest)
    assert play.step.at_least_s >= 0.1


def test_a_late_answer_is_not_taken_for_the_next_one() -> None:
    """The acknowledgement of HOLD comes when the status is asked for: passed over, the note is still undecided."""
    play = escrowed()
    play.mute = {0x44}
    play.beats("13 62", 2)
    assert "44" in play.news()
    while not isinstance(play.step, Hear):
        play.resume()
    late = Frame(0x50).encode() + Frame(0xC3, b"\x01").encode()
    assert play.step.grammar.cut(late) is None
    assert play.step.grammar.cut(late + Frame(0x19).encode()) == (Frame(0x19), b"")


@pytest.mark.parametrize("error", [Garbled("noise"), Unanswered("silence")])
def test_what_cannot_be_read_is_an_answer_that_did_not_come(error: Exception) -> None:
    play = opened()
    while not isinstance(play.step, Hear):
        play.resume()
    play.throw(error)
    assert not play.ended


def test_a_lost_link_passes_through() -> None:
    play = opened()
    play.throw(LinkLost("unplugged"))
    assert isinstance(play.error, LinkLost)


# Words


def said_in_sources() -> set[str]:
    folder = Path(package.__path__[0])
    text = "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    return set(re.findall(r'"id003\.([a-z_]+)"', text))


def test_every_code_has_words_and_every_word_a_code() -> None:
    reasons = {reject_code(bytes([code])) for code in REJECTS} | {failure_code(bytes([code])) for code in FAILURES}
    said = said_in_sources() | {code.removeprefix("id003.") for code in reasons}
    assert said == set(REFUSALS)
    assert len(REJECTS) == 13
    assert len(FAILURES) == 12
    for words in REFUSALS.values():
        assert set(words) == {"ru", "en"}
        assert all(set(language) == {"what", "safe", "do"} for language in words.values())


def test_the_codes_lie_under_the_drivers_name() -> None:
    """A dot in a code of the file would be read as another driver's name."""
    assert not [code for code in REFUSALS if "." in code]
