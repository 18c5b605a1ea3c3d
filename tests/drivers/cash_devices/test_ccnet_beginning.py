"""How a CCNET conversation begins: who is there, what became of a note in an outage, and nothing open before that."""

from __future__ import annotations

import pytest
from ccnet_playbook import ALL, IDENTITY, REMEMBERED, TAKES, Play, attend, found

from drivers.cash_devices.ccnet.driver import Ccnet
from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    CassetteBack,
    CassetteOut,
    Closed,
    Counted,
    Denomination,
    Found,
    GiveBack,
    Leave,
    Noticed,
    PaidOut,
    Pay,
    Refuse,
    Reset,
    Returned,
    Stack,
    Stacked,
    Trouble,
    Well,
)
from drivers.errors import Unanswered, WrongDevice
from drivers.wire.dialogue import Hear

OFF = "34000000000000"
ON = "340000FF0000FF"
RECOVERED = Stacked("validator", 4, TAKES[4], recovered=True)


def test_plain_power_up_is_identified_then_reset() -> None:
    """The values are known before RESET; the count is read when it takes nothing."""
    play = attend({}, first="10").states("10", "13", "1B0A", "13", "19")
    assert play.taken() == ["37", "41", "30", "5B", Found(found())]


def test_a_note_in_the_head_is_no_credit() -> None:
    assert attend(first="11").states("13", "19").taken() == ["37", "41", "30", "5B", Found(found())]
    assert attend(first="11").states("13", "8204", "8204", "19").taken()[3:5] == [Returned("validator", 4), "ack"]


@pytest.mark.parametrize("between", ["8104", "1B01", "41"])
def test_a_note_past_return_is_recovered_once(between: str) -> None:
    """12, RESET, 13, 81 4: told before it is acknowledged, and the same word again is the same note."""
    play = attend(first="12").states("13", "8104")
    assert play.taken() == ["37", "41", "30", RECOVERED, "ack"]
    play.states(between, "8104", "19")
    assert [event for event in play.taken() if isinstance(event, Stacked)] == []


def test_identity_unknown_at_power_up_is_read_after_it() -> None:
    """A device that refuses 37 in this state: the value comes from what is remembered."""

    def shy(play: Play) -> None:
        play.refuses = {0x37}

    play = attend(first="12", setup=shy).states("13", "8104")
    assert play.taken() == ["37", "30", RECOVERED, "ack"]
    play.refuses = set()
    assert play.beat("19").taken() == ["37", "41", "5B", Found(found())]


def test_another_machine_gives_no_value_to_what_it_kept() -> None:
    identity = IDENTITY.replace(b"21KC00001234", b"21KC00009999")
    play = attend(first="12", identity=identity).states("13", "8104", "19")
    assert play.taken()[3:] == [
        Stacked("validator", 4, None, recovered=True),
        "ack",
        "5B",
        Found(found(serial="21KC00009999")),
    ]


def test_a_first_machine_is_believed_by_its_own_table() -> None:
    assert RECOVERED in attend({}, first="12").states("13", "8104").taken()


def test_a_type_without_value_is_told_without_one() -> None:
    assert attend(first="8114").taken() == [Stacked("validator", 0x14, None, recovered=True), "ack"]


def test_host_restarted_while_the_device_was_closed() -> None:
    assert attend().taken() == ["37", "41", "5B", Found(found())]


def test_host_restarted_while_it_was_open() -> None:
    """No RESET: the masks are taken away and it is waited for."""
    assert attend(first="14").states("14", "19").taken() == [OFF, "37", "41", "5B", Found(found())]


@pytest.mark.parametrize("state", ["8004", "1A"])
def test_host_restarted_with_a_note_in_escrow(state: str) -> None:
    """It goes back, and nobody is asked; the host did not lose what it never decided."""
    play = attend(first=state).states("18", "8204", "14", "19")
    assert play.taken() == ["36", Returned("validator", 4), "ack", OFF, "37", "41", "5B", Found(found())]


def test_host_restarted_with_a_note_past_return() -> None:
    play = attend(first="17").states("17", "8104", "14", "19")
    assert play.taken() == [RECOVERED, "ack", OFF, "37", "41", "5B", Found(found())]


def test_host_restarted_while_a_note_went_back() -> None:
    assert attend(first="18").states("8204", "14", "19").taken()[:3] == [Returned("validator", 4), "ack", OFF]


def test_a_credit_that_waits_for_its_acknowledgement() -> None:
    """The host died between 81 and its acknowledgement: told with the remembered value; the journal knows the rest."""
    play = attend(first="8104")
    assert play.taken() == [RECOVERED, "ack"]
    assert play.states("8104", "19").taken() == ["37", "41", "5B", Found(found())]


def test_a_return_that_is_not_heard_is_asked_again_only_while_the_note_is_there() -> None:
    def deaf(play: Play) -> None:
        play.mute = {0x36}

    play = attend(first="8004", setup=deaf)
    assert play.taken() == ["36"]
    assert play.states("8004", "8004").taken() == ["31", "36"]
    play.mute = set()
    assert play.states("18", "18").taken() == ["31"]


def test_two_brown_outs_in_a_row() -> None:
    play = attend(first="10").states("13", "10", "13", "19")
    assert play.taken() == ["37", "41", "30", "30", "5B", Found(found())]


def test_reset_that_shows_nothing_is_given_again_after_a_while() -> None:
    play = attend(first="10").beats("10", 4)
    assert play.taken().count("30") == 1
    assert play.beats("10", 2).taken() == ["30"]


def test_initialisation_that_never_ends() -> None:
    play = attend(first="10").beats("13", 39)
    play.taken()
    assert play.beats("13", 2).taken() == [Trouble("validator", "ccnet.start_long"), "ack"]
    assert play.beat("19").taken() == [Well("validator"), "ack", "5B", Found(found())]


def test_a_counter_that_is_not_told() -> None:
    def shy(play: Play) -> None:
        play.refuses = {0x5B}

    play = attend(setup=shy)
    assert play.taken()[-1] == Found(found(None))
    assert Counted("validator", None) in play.wish(ALL).taken()


def test_a_device_that_does_not_say_who_it_is() -> None:
    def shy(play: Play) -> None:
        play.refuses = {0x41}

    play = attend(setup=shy)
    assert play.taken() == ["37", "41", Trouble("validator", "ccnet.unidentified")]
    assert play.beat("19").taken() == ["37", "41"]
    play.refuses = set()
    assert play.beat("19").taken() == ["37", "41", Well("validator"), "5B", Found(found())]


def test_an_unmapped_country_is_noticed() -> None:
    table = b"\x01RUS\x02\x05FRA\x02".ljust(120, b"\0")
    play = attend({}, table=table)
    assert play.taken()[-2:] == [
        Found(found(takes=(Denomination(0, 10_000, "RUB"),))),
        Noticed("validator", "ccnet.country"),
    ]
    assert "34000001000001" in play.wish(ALL).taken()


def test_jam_at_the_beginning_is_reset_once() -> None:
    play = attend(first="44").states("44", "44")
    assert play.taken() == [Trouble("validator", "ccnet.jam_in_cassette", inside=True), "ack", "30"]
    assert play.wish(Reset()).beat("44").taken() == []  # it was acknowledged a moment ago
    play.beats("44", 6).taken()
    assert play.wish(Reset()).beat("44").taken() == ["30"]
    assert play.states("13", "19").taken() == [Well("validator"), "ack", "37", "41", "5B", Found(found())]


def test_a_full_cassette_after_the_recovered_note() -> None:
    """It never says 19 again, yet the note is judged: it is identified as it is."""
    play = attend(first="12").states("13", "8104", "41")
    assert play.taken()[3:] == [RECOVERED, "ack", Trouble("validator", "ccnet.full"), "ack", "5B", Found(found()), OFF]


def test_cassette_out_at_the_beginning() -> None:
    play = attend(first="42").beats("42", 60)
    assert play.taken() == [CassetteOut("validator"), "ack"]
    assert play.states("13", "19").taken() == [CassetteBack("validator"), "ack", "37", "41", "5B", Found(found())]


def test_wishes_before_the_end_of_the_beginning_are_kept() -> None:
    play = attend(first="13").wish(ALL).wish(Stack("validator")).states("13", "19", "14")
    assert play.taken() == [
        "37", "41", "5B", Found(found()), "5B", Counted("validator", 7), ON, Accepting("validator"), "ack"
    ]  # fmt: skip


def test_refused_and_left_while_the_cassette_is_out() -> None:
    play = attend(first="42")
    play.taken()
    assert play.wish(Refuse()).beat("42").taken() == [OFF, Closed("validator")]
    assert play.wish(Leave()).beat("42").taken() == [OFF, Closed("validator")]
    assert play.ended
    assert play.error is None


def test_left_at_once() -> None:
    play = attend().wish(Leave())
    assert play.taken()[-1] == Closed("validator")
    assert play.ended
    assert play.answer is None


def test_wishes_that_come_to_nothing() -> None:
    play = attend()
    play.taken()
    for wish in (Stack("validator"), GiveBack("validator"), Stack("other"), Pay("hopper", "k", 100)):
        assert play.wish(wish).beat("19").taken() == []
    assert play.wish(Pay("validator", "k", 500)).taken() == [
        PaidOut("validator", "k", 500, 0, reason="ccnet.pays_nothing")
    ]
    assert play.wish(Accept({"hopper": frozenset({1})})).taken() == [Closed("validator")]
    assert play.wish(Accept({"validator": frozenset({23, 99})})).taken() == [Closed("validator")]


def test_silence_from_the_start_ends_with_a_reset_for_whoever_comes_next() -> None:
    play = attend(first=None, setup=lambda play: play.mute.add(0x31)).beats(None, 10)
    assert isinstance(play.error, Unanswered)
    log = play.taken()
    assert log[-1] == "30"
    assert log.count("30") == 1
    assert set(log[:-1]) == {"31"}


def test_identify_asks_three_things_and_changes_nothing() -> None:
    play = Play(Ccnet({}).identify()).until_rest(None)
    assert play.answer == (found(),)
    assert play.taken() == ["37", "41", "5B"]
    assert not any("33 DA 81" in line for line in play.written)


def test_identify_at_work_has_no_serial() -> None:
    play = Play(Ccnet({}).identify())
    play.refuses = {0x37}
    answer = play.until_rest(None).answer
    assert isinstance(answer, tuple)
    assert [(unit.name, unit.serial, unit.takes) for unit in answer] == [("validator", "", ())]


def test_identify_answers_within_three_seconds() -> None:
    for mute in ({0x37}, {0x41}, {0x5B}, {0x37, 0x31}):
        play = Play(Ccnet({}).identify())
        play.mute = mute
        waited_s = 0.0
        while not play.ended:
            if isinstance(play.step, Hear) and mute & {play._asked[0]}:
                waited_s += play.step.within_s
            play.one(None)
        assert waited_s < 3
        assert isinstance(play.error, Unanswered) == (0x37 in mute)


def test_identify_knows_a_stranger() -> None:
    play = Play(Ccnet({}).identify())
    play.one(None)
    play.step.grammar.cut(b"\x05\x15 hello")
    play.throw(Unanswered("silence"))
    assert isinstance(play.error, WrongDevice)
    assert REMEMBERED["validator"].unit.serial not in str(play.error)
