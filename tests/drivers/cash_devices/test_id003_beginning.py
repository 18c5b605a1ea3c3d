"""How an ID-003 conversation begins: power up, a host that restarted, notes found on their way; and who is there."""

from __future__ import annotations

import pytest
from id003_playbook import ALL, VERSION, Play, attend, opened

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Counted,
    Denomination,
    Found,
    Leave,
    Noticed,
    PaidOut,
    PayoutMeant,
    Remembered,
    Reset,
    Returned,
    Stacked,
    Stacking,
    Trouble,
    Unit,
    Well,
)
from drivers.cash_devices.id003.driver import Id003
from drivers.cash_devices.id003.frames import Frame
from drivers.errors import Unanswered, WrongDevice
from drivers.setting_wrong import SettingWrong
from drivers.wire.dialogue import Hear, Rest

NOTES = (
    Denomination(0x61, 100_00, "RUB"),
    Denomination(0x62, 500_00, "RUB"),
    Denomination(0x63, 1000_00, "RUB"),
    Denomination(0x64, 5000_00, "RUB"),
)
UNIT = Unit("validator", VERSION.decode(), f"JCM ID-003 {VERSION.decode()}", NOTES, escrow=True)
SET_UP = ["C0 FF FF", "C1 00 00", "C3 01", "C5 00 00", "88", "8A", Found(UNIT)]


def test_power_up_is_acknowledged_reset_and_set_up_before_anything_is_enabled() -> None:
    play = attend().beat("40")
    assert play.news() == ["50", "40"]
    play.beat("1B").beat("1B")
    assert play.news() == []
    play.beat("1A")
    assert play.news() == SET_UP
    assert play.beats("1A", 10).news() == []


def test_a_reset_that_was_acknowledged_is_not_repeated_for_ten_seconds() -> None:
    play = attend().beat("40")
    assert play.news() == ["50", "40"]
    assert play.beats("40", 9).news() == []
    assert play.beats("40", 1.4).news() == ["50", "40"]


def test_a_reset_nobody_answered_is_settled_by_the_status() -> None:
    """Still 40 after a second: it was not heard. 1B: it was."""
    play = attend()
    play.mute = {0x40}
    assert play.beat("40").news() == ["50", "40"]
    assert play.beats("40", 0.4).news() == []
    assert play.beats("40", 0.8).news() == ["50", "40"]
    assert play.beats("1B", 15).news() == []


def test_41_the_note_in_the_acceptor_goes_back() -> None:
    play = attend().beat("41")
    assert play.news() == [Noticed("validator", "id003.power_up_in_acceptor"), "40"]
    assert play.beat("1B").beat("1A").news() == [Returned("validator", 0), *SET_UP]


@pytest.mark.parametrize("credit", ["15 63", "15"])
def test_42_a_replayed_credit_is_told_as_recovered_and_acknowledged(credit: str) -> None:
    play = attend().beat("42")
    assert play.news() == [Noticed("validator", "id003.power_up_in_stacker"), "40"]
    play.beat("1B").beat(credit)
    kind, note = (0x63, NOTES[2]) if credit == "15 63" else (0, None)
    assert play.news() == ["8A", Stacked("validator", kind, note, recovered=True), "50"]
    assert play.beat(credit).news() == ["50"]
    assert play.beat("16").beat("1A").news() == ["C3 01", *SET_UP]


def test_42_a_model_that_says_only_16_is_told_too() -> None:
    play = attend().beat("42").beat("1B")
    play.news()
    assert Stacked("validator", 0, None, recovered=True) in play.beat("16").beat("16").events()


def test_42_without_a_replay_invents_nothing() -> None:
    play = attend().beat("42").beat("1B")
    play.news()
    assert play.beat("1A").events() == [Found(UNIT)]


def test_the_remembered_table_gives_a_recovered_credit_its_value() -> None:
    """The device's own table is asked for first; if it does not answer, what the journal knows is better."""
    play = attend({"validator": Remembered(UNIT)})
    play.mute = {0x8A}
    assert Stacked("validator", 0x62, NOTES[1], recovered=True) in play.beats("15 62", 0.4).events()


@pytest.mark.parametrize("status", ["13 62", "19"])
def test_a_note_found_in_escrow_goes_back_undiscussed(status: str) -> None:
    play = attend().beat(status)
    assert play.news() == ["43", "C3 01"]
    kind = 0x62 if status == "13 62" else 0
    assert play.beat("18").beat("1A").news() == [Returned("validator", kind), *SET_UP]


def test_a_note_found_past_return_is_awaited() -> None:
    play = attend().beat("14")
    assert play.news() == [Stacking("validator"), "C3 01"]
    assert play.beat("14").news() == []
    play.beat("15 61").beat("16").beat("1A")
    events = play.events()
    assert events == [Stacked("validator", 0x61, NOTES[0], recovered=True), Found(UNIT)]


def test_a_note_found_past_return_and_never_confirmed_is_in_doubt() -> None:
    play = attend().beat("14").beat("1A")
    expected = [Stacking("validator"), Trouble("validator", "id003.vanished", inside=True), Well("validator")]
    assert play.events() == [*expected, Found(UNIT)]


def test_a_credit_found_is_told_before_it_is_acknowledged() -> None:
    play = attend().beat("15 64")
    assert play.news() == ["8A", Stacked("validator", 0x64, NOTES[3], recovered=True), "50"]


def test_16_alone_was_acknowledged_by_the_host_before() -> None:
    assert attend().beat("16").beat("16").events() == []


def test_a_note_that_comes_in_while_we_begin_goes_back() -> None:
    play = attend().beat("12").beat("13 61")
    assert "43" in play.news()
    assert Returned("validator", 0x61) in play.beat("18").beat("1A").events()


def test_a_running_open_device_is_shut_first() -> None:
    play = attend().beat("11")
    assert play.news() == ["C3 01"]
    assert play.beat("1A").news() == SET_UP


def test_a_device_that_does_not_shut_is_noticed_once() -> None:
    play = attend().beats("11", 6)
    assert play.events() == [Noticed("validator", "id003.stays_open")]


def test_what_the_wire_still_holds_is_dropped_before_the_first_question() -> None:
    assert isinstance(attend().step, Rest)


def test_a_device_that_takes_no_settings_is_asked_again_and_not_opened() -> None:
    play = attend()
    play.refuses = {0x8A}
    play.beat("1A").wish(Accept(types={"validator": ALL})).beats("1A", 1.8)
    news = play.news()
    assert [entry for entry in news if not isinstance(entry, str)] == [Noticed("validator", "id003.no_setup")]
    assert "C3 00" not in news
    play.refuses = set()
    assert Found(UNIT) in play.beats("1A", 1).events()
    assert play.beat("11").events() == [Accepting("validator")]


def test_settings_a_model_does_not_know_are_noticed() -> None:
    play = attend()
    play.refuses = {0xC5}
    assert play.beat("1A").events() == [Found(UNIT), Noticed("validator", "id003.settings")]


def test_notes_of_unknown_countries_are_not_taken() -> None:
    play = attend(countries="1=USD").beat("1A")
    unit = Unit(UNIT.name, UNIT.serial, UNIT.title, (), escrow=True)
    assert play.events() == [Found(unit), Noticed("validator", "id003.country")]
    play.wish(Accept(types={"validator": ALL})).beats("1A", 1)
    assert "C3 00" not in play.news()


def test_the_owner_chooses_security_and_options() -> None:
    news = attend(security="0102", options="0300").beat("1A").news()
    assert news[1:4] == ["C1 01 02", "C3 01", "C5 03 00"]


def test_a_payout_left_open_is_settled_with_nothing_paid() -> None:
    meant = PayoutMeant("validator", "p1", 500_00, ())
    play = attend({"validator": Remembered(UNIT, meant)}).beat("1A")
    paid = PaidOut("validator", "p1", 500_00, 0, certain=False, recovered=True, reason="id003.no_payout")
    assert play.events() == [paid, Found(UNIT)]


def test_leave_is_heard_before_the_device_is_ready() -> None:
    play = attend().beat("40").wish(Leave()).beat("40")
    assert play.ended
    assert play.error is None


def test_reset_begins_anew_with_another_found() -> None:
    play = opened().wish(Reset()).beat("11")
    assert play.news() == ["40"]
    play.beat("1B").beat("1A")
    assert play.news() == [*SET_UP, "C0 F0 FF", Counted("validator", None), "C3 00"]
    assert play.beat("11").events() == [Accepting("validator")]


def test_a_reset_is_not_sent_while_a_note_is_on_its_way() -> None:
    play = opened().beat("12").wish(Reset()).beat("12")
    assert "40" not in play.news()
    assert "40" in play.beat("11").news()


# Who is there


def identify() -> Play:
    return Play(Id003({}).identify())


def test_identify_asks_and_changes_nothing() -> None:
    play = identify().until_rest("15 61")
    assert play.answer == (UNIT,)
    assert play.log == ["88", "8A"]


def test_a_unit_that_cannot_tell_now_has_an_empty_serial() -> None:
    play = Play(Id003({}).identify())
    play.refuses = {0x88, 0x8A}
    assert play.until_rest("40").answer == (Unit("validator", "", "JCM ID-003", (), escrow=True),)


def test_identify_gives_up_within_three_seconds() -> None:
    """Counted by what it waits for: hears, and rests of a period at most."""
    for status, mute in ((None, set[int]()), ("1A", {0x88, 0x8A})):
        play, waited = identify(), 0.0
        play.mute = mute
        while not play.ended:
            if isinstance(play.step, Rest):
                waited += 0.2
                play.resume()
            else:
                waited += play.step.within_s if isinstance(play.step, Hear) else 0.0
                play.one(status)
        assert waited < 3.0
        assert isinstance(play.error, Unanswered) == (status is None)


def test_a_stranger_on_the_port_is_told_from_a_silent_device() -> None:
    play = identify()
    while not play.ended:
        if isinstance(play.step, Hear):
            assert play.step.grammar.cut(b"\x15\x15hello") is None
            play.throw(Unanswered("silence"))
        else:
            play.resume()
    assert isinstance(play.error, WrongDevice)
    assert play.error.heard == b"\x15\x15hello".hex(" ")


def test_one_garbled_answer_does_not_make_a_stranger() -> None:
    play = identify()
    play.one("1A")
    assert isinstance(play.step, Hear)
    assert play.step.grammar.cut(Frame(0x1A).encode()[:-1] + b"\x00") is None
    play.throw(Unanswered("silence"))
    play.resume()
    assert play.until_rest("1A").answer == (UNIT,)


@pytest.mark.parametrize(
    ("name", "value"),
    [("stack", 3), ("decide_within_s", 0), ("security", "00"), ("options", "zz00"), ("countries", "RUB")],
)
def test_wrong_settings_are_said(name: str, value: int | str) -> None:
    with pytest.raises(SettingWrong) as wrong:
        Id003({name: value})
    assert name in wrong.value.ru
    assert name in wrong.value.en
