"""The way of a note through an SSP unit: held until decided, credited once, given back, refused; and the door."""

from __future__ import annotations

import pytest
from ssp_playbook import (
    RECYCLER,
    RUB50,
    RUB100,
    RUB500,
    SERIAL,
    VALIDATOR,
    Play,
    counters,
    driver,
    levels,
    packet,
    validator,
)

from drivers.cash_devices import contract as c
from drivers.wire.dialogue import Tell

TAKE = c.Accept({"validator": frozenset({1, 2, 3, 9})})
STACK, GIVE_BACK = c.Stack("validator"), c.GiveBack("validator")
ACCEPTING, CLOSED = c.Accepting("validator"), c.Closed("validator")
ENTERED, STACKING = c.Entered("validator"), c.Stacking("validator")
ESCROWED = c.Escrowed("validator", 3, RUB500)
STACKED = c.Stacked("validator", 3, RUB500)


def opened(sealed: bool = False, **settings: int | str | bool) -> Play:
    """A unit that takes everything and waits for a note."""
    return Play(driver(**settings).attend({})).begins(sealed=sealed).rests(TAKE).opens(sealed=sealed)


def escrowed(sealed: bool = False, **settings: int | str | bool) -> Play:
    play = opened(sealed, **settings)
    play.rests().poll("F0 EF 00", sealed=sealed).tells(ENTERED)
    return play.rests().poll("F0 EF 03", sealed=sealed).tells(ESCROWED)


def identified_again(play: Play, stacked: int = 101) -> Play:
    """After something whose outcome only the counter proves."""
    return play.rests().begins(stacked=stacked)


# Taking a note


def test_a_note_is_held_until_it_is_decided_and_credited_once() -> None:
    play = escrowed()
    play.rests().x("18").rests().x("18")
    play.rests(STACK).poll("F0 CC").tells(STACKING).rests().poll("F0 CC EE 03").tells(STACKED)
    play.rests().poll("F0 CC EB").rests().poll().rests().poll("F0 EF 00").tells(ENTERED)


def test_with_acknowledgement_it_is_sent_after_the_credit_is_durable() -> None:
    play = escrowed(sealed=True).rests(STACK).s("56", "F0 EE 03 CC")
    assert play.step == Tell(STACKED), "nothing goes out before the host has made it durable"
    play.tells(STACKED).s("57").rests().s("56", "F0 EB").s("57").rests()


def test_a_lost_acknowledgement_is_sent_again_and_the_repeated_event_is_the_same_one() -> None:
    play = escrowed(sealed=True).rests(STACK).s("56", "F0 EE 03").tells(STACKED)
    first = play.sent()
    play.silence()
    assert play.sent() == first, "the same ciphertext, so the same counter"
    peer = play.peer()
    play.heard(packet(peer.head, peer.sealed(b"\xf0"))).rests()
    peer.head ^= 0x80
    play.rests().s("56", "F0 EE 03 EB").s("57").rests()
    assert play.told.count(STACKED) == 1


def test_the_same_credit_in_two_polls_in_a_row_is_one() -> None:
    play = escrowed().rests(STACK).poll("F0 EE 03").tells(STACKED).rests().poll("F0 EE 03 EB").rests().poll()
    play.rests()
    assert play.told.count(STACKED) == 1


def test_a_credit_told_later_once_more_is_for_the_journal_to_judge() -> None:
    play = escrowed().rests(STACK).poll("F0 EE 03").tells(STACKED).rests().poll("F0 EB").rests().poll()
    play.rests().poll("F0 EE 03").tells(STACKED)


def test_a_credit_of_another_type_is_told_as_the_device_says() -> None:
    escrowed().rests(STACK).poll("F0 EE 01").tells(c.Stacked("validator", 1, RUB50))


def test_stored_in_the_payout_is_no_second_credit() -> None:
    play = Play(driver().attend({})).begins(sealed=True, setup=RECYCLER, store=levels((2, 50000)))
    play.tells(c.Levels("validator", ((3, 2),))).rests(TAKE).opens(sealed=True, pays=True)
    play.rests().s("56", "F0 EF 03").tells(ESCROWED).rests(STACK).s("56", "F0 EE 03").tells(STACKED).s("57")
    play.rests().s("56", "F0 DB").s("57").x("22", levels((3, 50000))).tells(c.Levels("validator", ((3, 3),)))


def test_two_notes_in_a_row() -> None:
    play = escrowed().rests(STACK).poll("F0 CC EE 03").tells(STACKING, STACKED)
    play.rests().poll("F0 EB EF 00").tells(ENTERED).rests().poll("F0 EF 02")
    play.tells(c.Escrowed("validator", 2, RUB100)).rests(STACK).poll("F0 EE 02").tells(
        c.Stacked("validator", 2, RUB100)
    )


def test_a_wish_for_no_note_comes_to_nothing() -> None:
    opened().rests(STACK, GIVE_BACK).poll("F0 EF 03").tells(ESCROWED).rests().x("18")


def test_an_old_wish_does_not_decide_on_a_new_note() -> None:
    """It came while the line rested after a retry, before the host knew of the note."""
    play = opened().rests().asked("07").silence().asked("07").answered("F0 EF 03").rests(STACK).tells(ESCROWED)
    play.rests().x("18").rests().x("18")


def test_a_note_in_escrow_is_not_polled_until_it_is_decided() -> None:
    """A HOLD that is refused holds nothing any more: only then a poll may ask what became of the note."""
    play = escrowed()
    for _ in range(20):
        play.rests().x("18")
    play.rests().x("18", "F5").poll("F0 CC").tells(STACKING)


# Giving it back


def test_a_note_is_given_back() -> None:
    play = escrowed().rests(GIVE_BACK).x("08").poll("F0 ED").rests().poll("F0 EC")
    play.tells(c.Returned("validator", 3)).rests().poll()


def test_a_note_nobody_decides_on_is_given_back() -> None:
    play = escrowed(decide_within_s=2)
    for _ in range(10):
        play.rests().x("18")
    play.rests().x("08").poll("F0 ED EC").tells(c.Returned("validator", 3))


def test_a_note_is_held_where_it_cannot_be_given_back_now() -> None:
    escrowed().rests(GIVE_BACK).x("08", "F5").x("18").rests().x("08").poll("F0 ED")


def test_the_devices_own_timer_gives_it_back() -> None:
    escrowed().rests().x("18", "F5").poll("F0 ED").rests().poll("F0 EC").tells(c.Returned("validator", 3))


def test_a_note_that_would_not_go_down_is_returned() -> None:
    play = escrowed().rests(STACK).poll("F0 CC").tells(STACKING).rests().poll("F0 ED").rests().poll("F0 EC")
    play.tells(c.Returned("validator", 3))


def test_a_note_that_turns_into_another_is_given_back() -> None:
    play = escrowed().rests(STACK).poll("F0 EF 02").tells(c.Noticed("validator", "ssp.other_note"))
    play.rests(STACK).x("08").poll("F0 ED EC").tells(c.Returned("validator", 2))


def test_a_decision_on_a_note_that_is_no_longer_reported_is_none_on_the_next_one_of_its_kind() -> None:
    """HOLD finds nothing, the poll says nothing of the note; the host decides on it, and another one lies there: it
    goes back before any poll, and the counter says what became of the first."""
    play = escrowed().rests().x("18", "F5").poll().rests(STACK).poll("F0 EF 03").rests().greets().x("08", "F0")
    play.poll("F0 ED").x("05", VALIDATOR).x("02 00 00").x("09").rests().poll("F0 EC E8").introduces()
    assert STACKED not in play.told


def test_a_channel_the_table_lacks_has_no_denomination() -> None:
    opened().rests().poll("F0 EF 09").tells(c.Escrowed("validator", 9, None)).rests(GIVE_BACK).x("08")


def test_a_slow_unit_is_noticed() -> None:
    play = escrowed().rests(STACK).poll("F0 EF 03")
    for _ in range(23):
        play.rests().poll("F0 EF 03")
    play.rests().tells(c.Noticed("validator", "ssp.slow")).poll("F0 CC").tells(STACKING)


# Refused by the unit


@pytest.mark.parametrize(
    ("answer", "code"),
    [("F0 07", "ssp.reject_07"), ("F0 0B", "ssp.reject_0B"), ("F0 77", "ssp.reject_other"), ("F2", "ssp.reject_other")],
)
def test_a_rejected_note_has_its_reason(answer: str, code: str) -> None:
    play = opened().rests().poll("F0 EF 00").tells(ENTERED).rests().poll("F0 ED").rests().poll("F0 EC")
    play.x("17", answer).tells(c.Rejected("validator", code)).rests().poll()


def test_a_bar_code_is_no_money() -> None:
    opened().rests().poll("F0 E5").x("08").rests()


# Ends that were lost


def test_a_note_without_an_end_is_settled_by_the_counter() -> None:
    play = escrowed().rests(STACK).poll("F0 CC").tells(STACKING)
    for _ in range(10):
        play.rests().poll()
    identified_again(play)
    assert play.told[-1] == c.Found(validator(101))
    play.rests().opens(stacked=101)


def test_stacked_without_a_credit_is_settled_by_the_counter() -> None:
    play = escrowed().rests(STACK).poll("F0 CC").tells(STACKING)
    for _ in range(10):
        play.rests().poll("F0 EB")
    identified_again(play)


def test_a_reset_in_mid_session() -> None:
    """Events of the same report first, as found; then everything anew, and the door opens again by itself."""
    play = escrowed().rests(STACK).poll("F0 F1 EE 03 E8").tells(c.Stacked("validator", 3, RUB500, recovered=True))
    play.rests().begins(stacked=101)
    play.rests().opens(stacked=101)


def test_a_reset_whose_note_is_reported_late() -> None:
    play = escrowed().rests(STACK).poll("F0 F1 E8").rests().begins().rests().opens()
    play.rests().poll("F0 E2 03").tells(c.Stacked("validator", 3, RUB500, recovered=True))
    identified_again(play)


def test_a_lost_key_is_a_lost_session() -> None:
    play = escrowed(sealed=True).rests(STACK).asked("56", sealed=True).answered("FA").rests()
    play.rests().greets(sealed=True).x("08", "F5").s("56", "F0 F1 EE 03 E8")


def test_silence_in_a_sealed_poll_begins_anew_with_a_new_key() -> None:
    play = escrowed(sealed=True).rests(STACK)
    for _ in range(3):
        play.asked("56", sealed=True).silence()
    play.rests().rests().greets(sealed=True).x("08", "F5").s("56", "F0 EE 03")


def test_an_answer_under_the_wrong_counter_is_none() -> None:
    play = opened(sealed=True).rests().asked("56", sealed=True)
    peer = play.peer()
    peer.count += 5
    wrong = peer.sealed(b"\xf0\xee\x03")
    peer.count -= 6
    play.heard(packet(peer.head, wrong)).heard(packet(peer.head, b"\xf0\xee\x03"))
    play.heard(packet(peer.head, peer.sealed(b"\xf0"))).rests()
    assert STACKED not in play.told


def test_a_frame_answered_late_is_not_the_next_answer() -> None:
    """After a retry the line rests a second: the answer to the first try passes by."""
    play = opened().rests().asked("07").silence().x("07", "F0")
    assert play.step is not None
    play.rests().rests().poll("F0 EF 00").tells(ENTERED)


# The door


def test_only_the_wished_channels_are_opened() -> None:
    play = Play(driver().attend({})).begins().rests(c.Accept({"validator": frozenset({1, 3})})).opens("05 00")
    play.rests(c.Accept({"validator": frozenset({2})})).poll().x("02 02 00").tells(ACCEPTING)


def test_refusing_closes_and_says_so() -> None:
    play = opened().rests(c.Refuse()).poll().x("02 00 00").rests().poll("F0 B5").x("09")
    play.rests().poll("F0 E8").tells(CLOSED).rests().poll("F0 E8").rests()


def test_a_note_on_its_way_comes_to_its_end_before_closed() -> None:
    play = escrowed().rests(c.Refuse(), STACK).poll("F0 CC").tells(STACKING).x("02 00 00")
    play.rests().poll("F0 EE 03").tells(STACKED).rests().poll("F0 EB").x("09").rests().poll("F0 E8").tells(CLOSED)


def test_a_unit_that_never_says_disabled_is_closed_after_two_seconds() -> None:
    play = opened().rests(c.Refuse()).poll().x("02 00 00").rests().poll().x("09")
    for _ in range(9):
        play.rests().poll()
    play.rests().poll().tells(CLOSED)


def test_refusing_a_closed_unit_is_answered() -> None:
    play = Play(driver().attend({})).begins().rests(c.Refuse()).poll("F0 E8").tells(CLOSED)
    play.rests().poll("F0 E8").rests()


def test_a_unit_that_closes_by_itself_is_opened_again() -> None:
    play = opened().rests().poll("F0 E8").tells(CLOSED)
    for _ in range(9):
        play.rests().poll("F0 E8")
    play.rests().opens()


def test_a_unit_that_will_not_open_is_asked_again_later() -> None:
    play = Play(driver().attend({})).begins().rests(TAKE).poll("F0 E8").x("58", counters(100))
    play.tells(c.Counted("validator", 100)).x("02 07 00").x("0A", "F5")
    for _ in range(9):
        play.rests().poll("F0 E8")
    play.rests().opens()


def test_a_unit_still_starting_is_not_opened() -> None:
    Play(driver().attend({})).begins().rests(TAKE).poll("F0 B6 E8").rests().opens()


def test_leaving_closes_first() -> None:
    play = opened().rests(c.Leave()).poll().x("02 00 00").rests().poll().x("09").rests().poll("F0 E8").tells(CLOSED)
    assert (play.ended, play.error, play.answer) == (True, None, None)


def test_leaving_a_closed_unit() -> None:
    play = Play(driver().attend({})).begins().rests(c.Leave()).poll("F0 E8")
    assert play.ended


def test_a_count_that_cannot_be_read() -> None:
    play = Play(driver().attend({})).begins(ends=False).x("0C", SERIAL).x("58", "F2").tells(c.Found(validator(None)))
    play.rests(TAKE).poll("F0 E8").x("58", "F2").tells(c.Counted("validator", None)).x("02 07 00").x("0A")
    play.tells(ACCEPTING)
