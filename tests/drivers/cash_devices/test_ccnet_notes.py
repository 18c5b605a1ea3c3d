"""The life of a note in CCNET: escrow, decision, stacked and returned, each told once and acknowledged afterwards."""

from __future__ import annotations

import pytest
from ccnet_playbook import ALL, TAKES, attend, found, in_escrow, opened

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Closed,
    Counted,
    Entered,
    Escrowed,
    Found,
    GiveBack,
    Leave,
    Refuse,
    Rejected,
    Returned,
    Stack,
    Stacked,
    Stacking,
    Trouble,
    Well,
)

OFF = "34000000000000"
ON = "340000FF0000FF"
STACKED = Stacked("validator", 4, TAKES[4])
ESCROWED = Escrowed("validator", 4, TAKES[4])
KEEP, BACK = Stack("validator"), GiveBack("validator")


def test_counted_then_opened_then_said_so() -> None:
    play = attend()
    play.taken()
    assert play.wish(ALL).taken() == ["5B", Counted("validator", 7), ON]
    assert play.beat("19").taken() == []
    assert play.states("14", "14").taken() == [Accepting("validator"), "ack"]


def test_only_the_wished_types_are_enabled_each_with_escrow() -> None:
    play = attend().wish(Accept({"validator": frozenset({2, 4, 20})}))
    assert play.taken()[-1] == "34000014000014"


def test_a_note_is_kept() -> None:
    play = opened().states("15", "15", "8004", "8004")
    assert play.taken() == [Entered("validator"), "ack", ESCROWED, "ack"]
    assert play.wish(KEEP).taken() == ["35"]
    assert play.states("8004", "17", "17", "8104", "14", "15").taken() == [
        Stacking("validator"), "ack", STACKED, "ack", Entered("validator"), "ack"
    ]  # fmt: skip


def test_stacked_is_acknowledged_only_once_it_is_durable() -> None:
    """The acknowledgement leaves after Tell was resumed, not before."""
    play = in_escrow().wish(KEEP).beat("17")
    play.taken()
    play.written.clear()
    play.beat("8104")
    assert [line[0] for line in play.written] == [">", "<", "!", ">"]
    assert play.written[-1] == "> 02 03 06 00 C2 82"


def test_the_same_stacked_again_is_the_same_note() -> None:
    play = in_escrow().wish(KEEP).states("17", "8104")
    play.taken()
    for between in ("8104", "1B05", "41", "8104"):
        play.beat(between)
    assert [event for event in play.taken() if isinstance(event, Stacked)] == []
    assert play.states("14", "8104").taken()[-2:] == [STACKED, "ack"], "after another state it is another note"


def test_stacked_of_another_type_than_escrowed_is_told_as_the_device_says() -> None:
    play = in_escrow().wish(KEEP).states("17", "8105")
    assert play.taken()[-2:] == [Stacked("validator", 5, TAKES[5]), "ack"]
    assert play.beat("8104").taken() == [STACKED, "ack"]


def test_a_note_is_given_back() -> None:
    play = in_escrow().wish(BACK)
    assert play.taken() == ["36"]
    assert play.states("18", "8204", "8204", "14").taken() == [Returned("validator", 4), "ack"]


def test_a_firmware_that_never_says_returned() -> None:
    assert in_escrow().wish(BACK).states("18", "14", "14").taken() == ["36", Returned("validator", 4), "ack"]


def test_the_first_decision_holds() -> None:
    assert in_escrow().wish(KEEP).wish(BACK).states("17", "8104").taken()[0] == "35"
    assert in_escrow().wish(BACK).wish(KEEP).beat("18").taken() == ["36"]


def test_a_note_waits_in_escrow_and_is_held() -> None:
    """HOLD at least every 5 s; the state may then be 80 or 1A, and it is one note all the time."""
    play = in_escrow().beats("8004", 3.8)
    assert play.taken() == []
    assert play.beats("8004", 1).taken() == ["38"]
    play.beats("1A", 12)
    assert play.taken() == ["38"] * 3
    assert play.beat("8004").wish(KEEP).states("17", "8104").taken() == [
        "35", Stacking("validator"), "ack", STACKED, "ack"
    ]  # fmt: skip


def test_a_hold_that_is_refused_or_unheard_is_given_again_after_the_next_poll() -> None:
    play = in_escrow()
    play.refuses = {0x38}
    play.beats("8004", 4.8)
    assert len(play.taken()) >= 3
    play.refuses, play.mute = set(), {0x38}
    play.states("8004", "8004", "8004", "8004")
    assert set(play.taken()) == {"38", "31"}


def test_nobody_decides() -> None:
    play = in_escrow(decide_within_s=30).beats("1A", 29)
    assert set(play.taken()) == {"38"}
    play.beats("1A", 1.6)
    assert play.taken()[-1] == "36"
    assert play.states("18", "8204", "14").taken() == [Returned("validator", 4), "ack"]


def test_the_device_gives_back_by_itself() -> None:
    assert in_escrow().states("18", "8204", "14").wish(KEEP).taken() == [Returned("validator", 4), "ack"]


def test_a_type_without_value_can_only_be_given_back() -> None:
    play = opened().states("15", "8009")
    assert Escrowed("validator", 9, None) in play.taken()
    assert play.wish(KEEP).taken() == ["36"]


def test_refused_by_the_device() -> None:
    play = opened().states("15", "1C68", "1C68", "14", "15", "1C99", "14")
    assert [event for event in play.taken() if isinstance(event, Rejected)] == [
        Rejected("validator", "ccnet.reject.68"),
        Rejected("validator", "ccnet.reject.other"),
    ]


def test_a_note_without_escrow_is_told_all_the_same() -> None:
    assert opened().states("15", "17", "8104", "14").taken()[2:] == [Stacking("validator"), "ack", STACKED, "ack"]


def test_closed_only_when_nothing_is_on_its_way() -> None:
    play = opened().beat("15")
    play.taken()
    assert play.wish(Refuse()).taken() == [OFF]
    assert play.states("15", "8004").taken() == [ESCROWED, "ack"]
    assert play.wish(KEEP).states("17", "8104", "8104", "19", "19").taken() == [
        "35", Stacking("validator"), "ack", STACKED, "ack", Closed("validator")
    ]  # fmt: skip


def test_leave_lets_the_note_come_to_its_end() -> None:
    play = in_escrow(decide_within_s=5).wish(Leave())
    assert play.taken() == [OFF]
    play.beats("8004", 5.2)
    assert play.taken() == ["38", "36"]
    assert play.states("18", "8204", "19").taken() == [Returned("validator", 4), "ack", Closed("validator")]
    assert play.ended
    assert play.error is None


def test_masks_that_do_not_show_are_sent_again() -> None:
    play = opened().wish(Refuse()).beats("14", 2)
    assert play.taken() == [OFF]
    assert play.beats("14", 0.6).taken() == [OFF]
    play.beat("19").wish(ALL).beats("19", 1.8)
    assert play.taken() == [Closed("validator"), "5B", Counted("validator", 7), ON]
    assert play.beats("19", 0.6).taken() == ["5B", Counted("validator", 7), ON]


def test_other_types_while_open_need_no_closing() -> None:
    play = opened().wish(Accept({"validator": frozenset({1})}))
    assert play.beat("14").taken() == ["34000002000002", Accepting("validator"), "ack"]


def test_other_types_wait_for_the_note_on_its_way() -> None:
    play = in_escrow().wish(Accept({"validator": frozenset({1})}))
    assert play.wish(BACK).states("18", "8204").taken() == ["36", Returned("validator", 4), "ack"]
    assert play.beat("14").taken() == ["34000002000002"]


def test_the_same_types_again_are_confirmed() -> None:
    assert opened().wish(ALL).beat("14").taken() == [Accepting("validator"), "ack"]


def test_opened_again_before_it_was_closed() -> None:
    play = opened().wish(Refuse()).wish(ALL).states("14", "19", "14")
    assert play.taken() == [OFF, "5B", Counted("validator", 7), ON, Accepting("validator"), "ack"]


ANEW = [OFF, "37", "41", "5B", Found(found()), "5B", Counted("validator", 7), ON, Accepting("validator"), "ack"]


def test_a_kept_note_that_vanishes_without_a_word_is_left_to_the_counter() -> None:
    """81 shown for one poll that nobody heard: never assumed; the count told with Found proves it."""
    play = in_escrow().wish(KEEP).states("17", "14", "14", "19", "14")
    assert play.taken() == ["35", Stacking("validator"), "ack", *ANEW]


def test_a_note_that_vanishes_out_of_escrow_is_left_to_the_counter() -> None:
    assert in_escrow().states("15", "14", "19", "14").taken() == ANEW


def test_another_note_in_escrow_without_the_end_of_the_first() -> None:
    play = in_escrow().states("8005", "18", "8205", "14", "19")
    assert play.taken()[:4] == ["36", Returned("validator", 5), "ack", OFF]


def test_holding_something_nobody_knows_of_is_given_back() -> None:
    assert opened().states("1A", "18", "8204", "14", "19", "14").taken() == [
        "36", Returned("validator", 4), "ack", *ANEW
    ]  # fmt: skip


@pytest.mark.parametrize("state", ["8004", "1A"])
def test_acknowledged_stack_that_moves_nothing_is_an_alarm(state: str) -> None:
    """It is not ordered again: the device said that it would."""
    play = in_escrow().wish(KEEP).beats(state, 4.8)
    assert play.taken() == ["35"]
    play.beats(state, 0.6)
    assert play.taken() == [Trouble("validator", "ccnet.not_obeyed")]
    play.beats("1A", 2)
    assert play.taken() == []
    assert play.states("18", "8204").taken() == [Well("validator"), "ack", Returned("validator", 4), "ack"]


def test_stacking_that_never_ends_is_an_alarm() -> None:
    play = in_escrow().wish(KEEP).beats("17", 30)
    play.taken()
    assert play.beats("17", 1).taken() == [Trouble("validator", "ccnet.stacking_long", inside=True), "ack"]
    assert play.beat("8104").taken() == [Well("validator"), STACKED, "ack"]


def test_returning_that_never_ends_is_an_alarm() -> None:
    play = in_escrow().wish(BACK).beats("18", 31)
    assert play.taken() == ["36", Trouble("validator", "ccnet.returning_long"), "ack"]
