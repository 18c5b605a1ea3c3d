"""The way of a note through an ID-003 validator: escrow, the decision, the one credit, what goes back."""

from __future__ import annotations

import pytest
from id003_playbook import ALL, attend, escrowed, opened, set_up

from drivers.cash_devices.contract import (
    Accept,
    Accepting,
    Closed,
    Counted,
    Denomination,
    Entered,
    Escrowed,
    GiveBack,
    Leave,
    PaidOut,
    Pay,
    Refuse,
    Rejected,
    Returned,
    Stack,
    Stacked,
    Stacking,
    Trouble,
    Well,
)

FIVE_HUNDRED = Denomination(0x62, 500_00, "RUB")
STACK, BACK = Stack(unit="validator"), GiveBack(unit="validator")
CREDIT = Stacked("validator", 0x62, FIVE_HUNDRED)


def test_nothing_is_taken_until_it_is_wished() -> None:
    assert set_up().beats("1A", 3).news() == []


def test_accept_shuts_the_other_types_out_and_says_when_it_takes_money() -> None:
    play = set_up().wish(Accept(types={"validator": frozenset({0x62, 0x63, 0x7F}), "coins": frozenset({1})}))
    assert play.beat("1A").news() == ["C0 F9 FF", Counted("validator", None), "C3 00"]
    assert play.beat("11").news() == [Accepting("validator")]
    assert play.beats("11", 3).news() == []


def test_accept_again_changes_the_types() -> None:
    play = opened().wish(Accept(types={"validator": frozenset({0x61})})).beat("11")
    assert play.news() == ["C0 FE FF", "C3 00"]
    assert play.beat("11").news() == [Accepting("validator")]


def test_accept_of_nothing_is_refuse() -> None:
    play = opened().wish(Accept(types={}))
    assert play.beat("1A").news() == ["C3 01", Closed("validator")]


def test_an_opened_device_that_stays_shut_is_opened_again() -> None:
    play = set_up().wish(Accept(types={"validator": ALL})).beat("1A")
    play.news()
    assert play.beats("1A", 1.6).news() == []
    assert "C3 00" in play.beats("1A", 0.8).news()


def test_an_opening_that_nobody_echoed_is_repeated_and_judged_by_the_status() -> None:
    play = set_up().wish(Accept(types={"validator": ALL}))
    play.mute = {0xC3}
    play.beats("1A", 0.6)
    assert play.news().count("C3 00") >= 3
    play.mute = set()
    play.beats("1A", 0.6)
    assert Accepting("validator") in play.beat("11").beat("11").events()


def test_a_note_is_credited_once_and_acknowledged_after_it_is_told() -> None:
    play = opened().beat("12").beat("12")
    assert play.news() == [Entered("validator")]
    assert play.beat("13 62").news() == [Escrowed("validator", 0x62, FIVE_HUNDRED)]
    assert play.wish(STACK).news() == ["41"]
    assert play.beat("14").beat("14").news() == [Stacking("validator")]
    assert play.beat("15 62").news() == [CREDIT, "50"]
    assert play.beat("15 62").beat("15 62").news() == ["50", "50"], "our acknowledgement was not heard: no other event"
    assert play.beat("16").beat("16").beat("11").beats("11", 2).news() == []


def test_vend_valid_without_its_code_is_the_note_from_escrow() -> None:
    play = escrowed().wish(STACK).beat("14")
    play.news()
    assert play.beat("15").news() == [CREDIT, "50"]


def test_a_credit_of_another_type_is_told_as_the_device_says() -> None:
    play = escrowed().wish(STACK).beat("14").beat("15 63")
    assert Stacked("validator", 0x63, Denomination(0x63, 1000_00, "RUB")) in play.events()


def test_two_notes_of_one_kind_are_two_credits() -> None:
    play = opened()
    for _ in range(2):
        play.beat("12").beat("13 62").wish(STACK).beat("14").beat("15 62").beat("16").beat("11")
    assert play.events().count(CREDIT) == 2


def test_a_credit_that_comes_again_after_its_end_is_not_of_the_usual_course() -> None:
    """The journal has booked it; the driver says what the device says, and that nothing was asked for."""
    play = escrowed().wish(STACK).beat("14").beat("15 62").beat("16")
    play.news()
    assert play.beat("15 62").news() == [Stacked("validator", 0x62, FIVE_HUNDRED, recovered=True), "50"]


def test_16_without_15_is_a_credit_too() -> None:
    play = escrowed().wish(STACK).beat("14").beat("16").beat("16").beat("11")
    assert play.events() == [Stacking("validator"), Stacked("validator", 0x62, FIVE_HUNDRED, recovered=True)]


def test_stack_2_is_a_setting() -> None:
    assert escrowed(stack=2).wish(STACK).news() == ["42"]


def test_a_note_is_held_until_somebody_decides() -> None:
    """HOLD well within 5 s, each time, and none once it is decided."""
    play = escrowed()
    held = []
    for beat in range(1, 76):
        play.beat("13 62" if beat < 12 else "19")
        held += [beat * 0.2] * len(play.news())
    assert len(held) == 7
    assert all(later - earlier < 5 for earlier, later in zip([0.0, *held], held, strict=False))
    assert play.wish(BACK).news() == ["43"]
    assert play.beat("18").beat("18").news() == []
    assert play.beat("11").news() == [Returned("validator", 0x62)]


def test_an_escrow_nobody_decides_is_given_back() -> None:
    play = escrowed(decide_within_s=8).beats("13 62", 7.6)
    assert "43" not in play.news()
    assert "43" in play.beats("13 62", 0.8).news()


def test_the_first_decision_counts() -> None:
    play = escrowed().wish(STACK).wish(BACK).wish(STACK)
    assert play.news() == ["41"]


@pytest.mark.parametrize("wish", [STACK, BACK])
def test_a_decision_without_a_note_comes_to_nothing(wish: Stack | GiveBack) -> None:
    assert opened().wish(wish).beat("11").wish(wish).beat("12").news() == [Entered("validator")]
    assert escrowed().wish(type(wish)(unit="coins")).news() == []


def test_a_stack_that_was_not_answered_is_settled_by_the_status() -> None:
    """14: it was heard. Still 13: it was not, and is asked for again."""
    play = escrowed()
    play.mute = {0x41}
    assert play.wish(STACK).news() == ["41"]
    assert play.beat("14").beat("14").news() == [Stacking("validator")]
    play = escrowed()
    play.mute = {0x41}
    assert play.wish(STACK).beat("13 62").beat("13 62").news() == ["41"]
    assert play.beats("13 62", 0.8).news() == ["41"]
    play.mute = set()
    assert play.beats("13 62", 1.4).news() == ["41"]
    assert play.beats("13 62", 1).news() == [], "it said yes: it is believed for five seconds"


def test_a_refused_stack_is_asked_for_again_and_ends_with_the_escrow() -> None:
    play = escrowed()
    play.refuses = {0x41}
    assert play.wish(STACK).beats("19", 2.2).news() == ["41", "41", "41"]
    assert play.beat("17 79").beat("11").news() == [Returned("validator", 0x62)]


def test_a_return_that_was_not_answered_and_turned_into_stacking_is_believed() -> None:
    play = escrowed()
    play.mute = {0x43}
    play.wish(BACK).beat("14").beat("15 62")
    assert play.events() == [Stacking("validator"), Stacked("validator", 0x62, FIVE_HUNDRED, recovered=True)]


def test_a_decision_nobody_carries_out_is_a_trouble() -> None:
    play = escrowed().wish(STACK).beats("13 62", 5.2)
    assert play.events() == [Trouble("validator", "id003.slow_decision")]
    assert play.beat("14").events() == [Stacking("validator"), Well("validator")]


@pytest.mark.parametrize("after", ["18", "17 79"])
def test_a_note_that_left_escrow_is_returned(after: str) -> None:
    """79 after the escrow's ten seconds as well as a return."""
    play = escrowed().beat(after)
    assert play.news() == []
    assert play.beat("11").news() == [Returned("validator", 0x62)]


def test_a_note_that_leaves_escrow_unseen_was_not_taken() -> None:
    assert escrowed().beat("11").events() == [Returned("validator", 0x62)]


def test_a_note_that_comes_back_from_stacking_is_returned() -> None:
    play = escrowed().wish(STACK).beat("14").beat("17 75").beat("11")
    assert play.events() == [Stacking("validator"), Returned("validator", 0x62)]


@pytest.mark.parametrize("on_the_way", [["14"], []])
def test_a_note_asked_to_be_stacked_that_is_gone_without_a_word_is_in_doubt(on_the_way: list[str]) -> None:
    play = escrowed().wish(STACK)
    for status in on_the_way:
        play.beat(status)
    play.news()
    assert play.beat("11").events() == [Trouble("validator", "id003.vanished", inside=True), Well("validator")]


def test_the_next_note_ends_the_one_before() -> None:
    """Idle was missed between two polls."""
    play = escrowed().beat("18").beat("12")
    assert play.events() == [Returned("validator", 0x62), Entered("validator")]
    assert play.beat("13 61").events() == [Escrowed("validator", 0x61, Denomination(0x61, 100_00, "RUB"))]
    assert play.beat("13 62").events() == [Returned("validator", 0x61), Escrowed("validator", 0x62, FIVE_HUNDRED)]


@pytest.mark.parametrize(
    ("status", "code"), [("17 72", "id003.reject_72"), ("17 7A", "id003.reject"), ("17", "id003.reject")]
)
def test_a_rejected_note_is_told_once_with_its_reason(status: str, code: str) -> None:
    play = opened().beat("12").beat(status).beat(status).beat("11")
    assert play.events() == [Entered("validator"), Rejected("validator", code)]
    assert play.beat(status).beat("11").events() == [Rejected("validator", code)]


def test_a_note_that_was_pulled_out_again_is_told() -> None:
    assert opened().beat("12").beat("11").events() == [Entered("validator"), Rejected("validator", "id003.not_kept")]


@pytest.mark.parametrize("status", ["13 65", "13"])
def test_a_type_the_table_does_not_have_can_only_go_back(status: str) -> None:
    play = opened().beat("12").beat(status)
    kind = 0x65 if status == "13 65" else 0
    assert play.news() == [Entered("validator"), Escrowed("validator", kind, None), "43"]
    assert play.wish(STACK).news() == []


def test_refuse_shuts_and_waits_for_what_is_on_its_way() -> None:
    play = opened().beat("12").wish(Refuse())
    assert play.news() == [Entered("validator"), "C3 01"]
    play.beat("13 62").wish(STACK).beat("14").beat("15 62").beat("16")
    events = play.events()
    assert events == [Escrowed("validator", 0x62, FIVE_HUNDRED), Stacking("validator"), CREDIT]
    assert play.beat("1A").events() == [Closed("validator")]
    assert play.beats("1A", 2).events() == []


def test_refuse_is_repeated_until_it_is_heard() -> None:
    play = opened()
    play.mute = {0xC3}
    play.wish(Refuse()).beat("11").beat("11")
    assert play.news() == ["C3 01"] * 3
    play.mute = set()
    assert play.beat("11").beat("1A").news() == ["C3 01", Closed("validator")]


def test_refuse_of_a_shut_device_is_confirmed() -> None:
    assert Closed("validator") in set_up().wish(Refuse()).beat("1A").events()


def test_leave_shuts_returns_an_undecided_note_and_ends() -> None:
    play = escrowed().wish(Leave())
    assert play.news() == ["C3 01"]
    assert play.beat("13 62").news() == ["43"]
    play.beat("18")
    assert not play.ended
    assert play.beat("1A").events() == [Returned("validator", 0x62), Closed("validator")]
    assert play.ended
    assert play.error is None


def test_leave_awaits_a_note_past_return() -> None:
    play = escrowed().wish(STACK).beat("14").wish(Leave()).beat("14").beat("15 62").beat("16")
    assert not play.ended
    assert CREDIT in play.events()
    assert play.beat("1A").ended


def test_wishes_heard_while_it_asks_are_not_lost() -> None:
    """A wish that ends a rest between two tries of a setting is kept until the wire is free."""
    play = attend()
    play.mute = {0xC0}
    play.beat("1A").wish(Accept(types={"validator": ALL}))
    play.mute = set()
    play.beats("1A", 4)
    assert "C3 00" in play.news()


def test_it_cannot_pay_and_says_so() -> None:
    play = opened().wish(Pay(unit="validator", key="k", amount_minor=100))
    assert play.events() == [PaidOut("validator", "k", 100, 0, reason="id003.no_payout")]
    assert opened().wish(Pay(unit="hopper", key="k", amount_minor=100)).events() == []


def test_accepting_is_told_before_the_first_note_of_a_quick_shopper() -> None:
    play = set_up().wish(Accept(types={"validator": ALL})).beat("1A")
    play.news()
    assert play.beat("12").events() == [Accepting("validator"), Entered("validator")]
