"""Every cell of the ZVT payment machine: what is heard in which phase, what is told before what is acknowledged."""

from __future__ import annotations

from typing import Any

import pytest
from terminal_playbook import ACK, Play, request

from drivers.errors import Garbled, NeverSent, Unanswered
from drivers.payment_terminals.contract import AckSent, ApprovalHeard, CardOperation, Progress
from drivers.payment_terminals.zvt.driver import Zvt

REGISTER = "06 00 06 00 00 00 86 09 78"
AUTHORISE = "06 01 0A 04 00 00 00 00 10 00 49 09 78"
APPROVED = (
    "04 0F 2A 27 00 04 000000001000 49 0978 87 0031 0B 000123 0C 143015 0D 1121 29 52500038 22 F0F8 67EEEEEEEEEE1234"
)
DECLINED = "04 0F 09 27 6C 04 000000001000"
COMPLETION, CANCELLED = "06 0F 00", "06 1E 01 6C"
REJECT = "84 6C 00"


def terminal(**settings: Any) -> Zvt:
    return Zvt({"config": "86", "tlv": False, **settings}, now=lambda: 0.0)


def registered(operation: CardOperation = CardOperation.PURCHASE, **settings: Any) -> Play:
    play = Play(terminal(**settings).perform(request(operation, of_slip=31)))
    return play.sends(REGISTER).hears(ACK).acks(COMPLETION)


def waiting() -> Play:
    return registered().sends(AUTHORISE)


def running() -> Play:
    return waiting().hears(ACK)


def approved() -> Play:
    play = running().hears(APPROVED)
    play.tells(ApprovalHeard)
    play.sends(ACK)
    play.tells(AckSent)
    return play


def failed() -> Play:
    return running().acks(DECLINED)


def rejected() -> Play:
    return running().hears("04 0F 0C 27 00 04 000000000900 87 0031").sends(REJECT)


def contradicted() -> Play:
    return approved().acks(DECLINED)


# --- before the command left ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("trouble", ["silence", "lost"])
def test_trouble_in_the_registration_sent_no_payment(trouble: str) -> None:
    for play in (
        Play(terminal().perform(request())).sends(REGISTER),
        Play(terminal().perform(request())).sends(REGISTER).hears(ACK),
    ):
        getattr(play, trouble)()
        assert isinstance(play.error, NeverSent)


def test_a_link_lost_before_the_first_byte_sent_no_payment() -> None:
    assert isinstance(Play(terminal().perform(request())).lost().error, NeverSent)


def test_a_refused_registration_sent_no_payment() -> None:
    assert Play(terminal().perform(request())).sends(REGISTER).hears("84 1E 01 6F").refused() == "zvt.6F"
    assert Play(terminal().perform(request())).sends(REGISTER).hears("84 9C 00").refused() == "zvt.9C"
    play = Play(terminal().perform(request())).sends(REGISTER).hears(ACK).acks("06 1E 03 6F 09 78")
    assert play.refused() == "zvt.6F"


def test_registration_can_be_left_out() -> None:
    play = Play(terminal(register_on_connect=False).perform(request())).sends(AUTHORISE).hears(ACK)
    play.hears(APPROVED)
    assert play.tells(ApprovalHeard).result.terminal_id == "52500038"


def test_numbers_that_fit_no_field_are_never_sent() -> None:
    assert isinstance(Play(terminal().perform(request(amount_minor=10**12))).error, NeverSent)


# --- WAIT_ACK ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["6C", "9C", "B4", "C2", "F0", "83"])
def test_a_negative_response_means_it_never_began(code: str) -> None:
    assert waiting().hears(f"84 {code} 00").refused() == f"zvt.{code}"


def test_84_00_counts_as_positive() -> None:
    assert not waiting().hears("84 00 00").ended


@pytest.mark.parametrize("trouble", ["silence", "lost"])
def test_no_response_is_unknown(trouble: str) -> None:
    assert isinstance(getattr(waiting(), trouble)().error, Unanswered)


def test_a_command_that_broke_the_wire_is_unknown() -> None:
    assert isinstance(registered().lost().error, Unanswered)


def test_a_terminal_that_works_has_begun_though_its_response_was_lost() -> None:
    play = waiting().hears("04 FF 01 0A").sends(ACK)
    play.tells(Progress)
    play.hears(APPROVED)
    play.tells(ApprovalHeard)


def test_no_wish_is_heard_before_the_response() -> None:
    assert not waiting().step.wishes


# --- RUNNING -------------------------------------------------------------------------------------------------------


def test_progress_is_acknowledged_first_and_may_stretch_the_wait() -> None:
    play = running().hears("04 FF 02 0A 05").sends(ACK)
    assert play.tells(Progress) == Progress("zvt.progress.0A")
    assert play.step.within_s == 300.0
    play.hears("04 FF 0B 04 06 08 24 06 07 04 42 41 4E 4B").sends(ACK)
    assert play.tells(Progress) == Progress("zvt.progress.04", "BANK")
    assert play.step.within_s == 300.0


def test_the_approval_is_told_before_it_is_acknowledged() -> None:
    play = running().hears(APPROVED)
    heard = play.tells(ApprovalHeard)
    assert (heard.result.slip, heard.result.trace, heard.result.amount_minor) == (31, 123, 1000)
    play.sends(ACK)
    play.tells(AckSent)
    assert play.acks(COMPLETION).result().card == "**** 1234"


def test_nothing_is_acknowledged_when_the_journal_fails() -> None:
    play = running().hears(APPROVED)
    play.dialogue.close()
    assert isinstance(play.step.event, ApprovalHeard)


@pytest.mark.parametrize("code", ["01", "63", "64", "6C", "C3", "FF", "FB"])
def test_given_up_means_no_money(code: str) -> None:
    expected = "zvt.host" if code in ("01", "63") else f"zvt.{code}"
    assert running().acks(f"06 1E 01 {code}").refused() == expected


@pytest.mark.parametrize("frame", ["06 1E 00", "06 1E 01 00"])
def test_given_up_without_a_reason_proves_nothing(frame: str) -> None:
    assert isinstance(running().acks(frame).error, Unanswered)


def test_the_terminals_own_words_are_kept() -> None:
    play = running().acks("06 1E 0B FF 06 08 1F 17 05 4C 49 4D 49 54")
    assert play.refused() == "zvt.FF"
    assert "LIMIT" in play.error.detail  # type: ignore[union-attr]


def test_an_end_without_a_result_proves_nothing() -> None:
    assert isinstance(running().acks(COMPLETION).error, Unanswered)


@pytest.mark.parametrize("trouble", ["silence", "lost"])
def test_trouble_while_running_is_unknown(trouble: str) -> None:
    assert isinstance(getattr(running(), trouble)().error, Unanswered)


def test_stop_is_a_request_and_the_original_answer_counts() -> None:
    play = running().wishes("stop").sends("06 B0 00")
    play.tells(Progress)
    assert not play.step.wishes
    assert play.hears(ACK).acks(CANCELLED).refused() == "zvt.6C"
    late = running().wishes("stop").sends("06 B0 00")
    late.tells(Progress)
    late.hears("84 83 00").hears(APPROVED)
    late.tells(ApprovalHeard)
    late.sends(ACK).tells(AckSent)
    assert late.acks(COMPLETION).result().slip == 31


def test_another_wish_changes_nothing() -> None:
    play = running().wishes("return")
    assert play.step.wishes


def test_silence_after_a_stop_is_unknown() -> None:
    play = running().wishes("stop").sends("06 B0 00")
    play.tells(Progress)
    assert isinstance(play.silence().error, Unanswered)


def test_a_response_nobody_waits_for_is_passed_over() -> None:
    assert not running().hears(ACK).hears("84 6C 00").ended


def test_what_the_till_does_not_do_is_declined() -> None:
    play = running().hears("06 D8 00").sends("84 83 00").acks("04 01 08 AA 251121 0C 143015")
    assert play.acks(CANCELLED).refused() == "zvt.6C"


@pytest.mark.parametrize(
    "frame",
    [
        "04 0F 07 04 000000001000",  # no result code
        "04 0F 0B 27 00 EC 01 04 000000001000",  # the sum lies behind a field nobody knows
        "04 0F 04 EC 01 27 00",  # so does the result
        "04 0F 04 27 00 27 6C",  # two results
        "04 0F 09 27 00 04 00000000A000",  # a sum that is no number
    ],
)
def test_a_result_that_cannot_be_read_is_never_acknowledged(frame: str) -> None:
    assert isinstance(running().hears(frame).error, Garbled)


def test_an_unknown_field_behind_the_sum_does_no_harm() -> None:
    play = running().hears("04 0F 0F 27 00 04 000000001000 87 0031 EC 01 02")
    assert play.tells(ApprovalHeard).result.slip == 31


def test_another_sum_or_currency_is_rejected_so_that_the_terminal_reverses() -> None:
    for frame in ("04 0F 09 27 00 04 000000000900", "04 0F 0C 27 00 04 000000001000 49 0643"):
        play = running().hears(frame).sends(REJECT)
        assert play.acks(CANCELLED).refused() == "zvt.amount_differs"


# --- after the result ----------------------------------------------------------------------------------------------


def test_lines_of_both_copies_are_collected() -> None:
    play = approved().acks("06 D1 04 00 4F 4E 45").acks("06 D1 04 81 54 57 4F").acks("06 D1 02 FF 02").acks("06 D1 00")
    play.acks("06 D3 0A 06 08 25 06 07 04 4C 41 53 54")
    assert play.acks(COMPLETION).result().lines == ("ONE", "TWO", "", "", "", "", "LAST")


def test_a_repeated_approval_is_acknowledged_and_told_once() -> None:
    play = approved().hears(APPROVED).sends(ACK)
    assert len([event for event in play.told if isinstance(event, ApprovalHeard)]) == 1
    assert play.acks(COMPLETION).result().slip == 31


@pytest.mark.parametrize("trouble", ["silence", "lost"])
def test_an_acknowledged_approval_without_its_end_is_asked_for(trouble: str) -> None:
    assert isinstance(getattr(approved(), trouble)().error, Unanswered)


def test_an_acknowledgement_that_broke_the_wire_is_unknown_and_not_told() -> None:
    play = running().hears(APPROVED)
    play.tells(ApprovalHeard)
    play.lost()
    assert isinstance(play.error, Unanswered)
    assert not any(isinstance(event, AckSent) for event in play.told)


def test_an_end_that_cannot_be_acknowledged_is_an_end() -> None:
    assert approved().hears(COMPLETION).lost().result().slip == 31
    assert running().hears(CANCELLED).lost().refused() == "zvt.6C"


def test_given_up_after_an_acknowledged_approval_is_unknown() -> None:
    assert isinstance(approved().acks(CANCELLED).error, Unanswered)


def test_no_wish_is_heard_after_the_approval() -> None:
    assert not approved().step.wishes


def test_an_approval_taken_back_is_unknown_however_it_ends() -> None:
    assert isinstance(contradicted().acks(COMPLETION).error, Unanswered)
    assert isinstance(contradicted().acks(CANCELLED).error, Unanswered)
    assert isinstance(contradicted().lost().error, Unanswered)


def test_a_failure_is_final_however_the_conversation_ends() -> None:
    for play in (failed().acks(COMPLETION), failed().acks("06 1E 01 FF"), failed().lost(), failed().silence()):
        assert play.refused() == "zvt.6C"
    assert running().hears(DECLINED).lost().refused() == "zvt.6C"


def test_an_approval_after_a_failed_try_counts() -> None:
    play = failed().hears(APPROVED)
    play.tells(ApprovalHeard)
    play.sends(ACK).tells(AckSent)
    assert play.acks(COMPLETION).result().slip == 31


def test_a_rejected_approval_is_unknown_unless_the_terminal_says_it_gave_up() -> None:
    assert isinstance(rejected().acks(COMPLETION).error, Unanswered)
    assert isinstance(rejected().lost().error, Unanswered)
    assert rejected().hears(APPROVED).sends(REJECT).acks(CANCELLED).refused() == "zvt.amount_differs"
    assert rejected().acks(DECLINED).acks(CANCELLED).refused() == "zvt.amount_differs"


def test_an_approved_sum_that_changes_afterwards_is_unknown() -> None:
    play = approved().hears("04 0F 09 27 00 04 000000000900").sends(REJECT)
    assert isinstance(play.acks(CANCELLED).error, Unanswered)


# --- reversal ------------------------------------------------------------------------------------------------------


def test_already_reversed_is_a_success_wherever_it_is_said() -> None:
    reversing = "06 30 06 00 00 00 87 00 31"
    refused = registered(CardOperation.REVERSAL).sends(reversing).hears("84 B4 00")
    given_up = registered(CardOperation.REVERSAL).sends(reversing).hears(ACK).acks("06 1E 01 B4")
    reported = registered(CardOperation.REVERSAL).sends(reversing).hears(ACK).acks("04 0F 02 27 B4").acks(COMPLETION)
    for play in (refused, given_up, reported):
        assert play.result().slip == 31


def test_what_cannot_be_reversed_is_refused() -> None:
    play = registered(CardOperation.REVERSAL).sends("06 30 06 00 00 00 87 00 31").hears(ACK)
    assert play.acks("06 1E 01 B5").refused() == "zvt.B5"


def test_reversing_a_slip_of_another_sum_is_rejected() -> None:
    play = registered(CardOperation.REVERSAL).sends("06 30 06 00 00 00 87 00 31").hears(ACK)
    play.hears("04 0F 09 27 00 04 000000000900").sends(REJECT)
    assert play.acks(CANCELLED).refused() == "zvt.amount_differs"


# --- card data -----------------------------------------------------------------------------------------------------


def test_an_unmasked_card_number_never_gets_out_of_the_parser() -> None:
    number = "4111111111111111"
    play = running().hears(f"04 0F 18 27 00 04 000000001000 22 F0F8 {number} 3C F0F0F0")
    heard = play.tells(ApprovalHeard)
    play.sends(ACK).tells(AckSent)
    printed = b"\x06\xd1" + bytes([1 + 19]) + b"\x00" + b"4111 1111 1111 1111"
    play.hears(printed).sends(ACK)
    result = play.acks(COMPLETION).result()
    assert heard.result.card == "**** 1111"
    assert result.lines == ("**** **** **** 1111",)
    assert number not in repr(result) + repr(heard)
