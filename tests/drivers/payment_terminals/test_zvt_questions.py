"""What a ZVT terminal is asked: its state and baseline within two seconds, its last record, and its day's totals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from terminal_playbook import ACK, SENT_AT, Play, request

from drivers.errors import Garbled, Unanswered, WrongDevice
from drivers.payment_terminals.contract import (
    Baseline,
    CannotTell,
    CardOperation,
    Charged,
    NotCharged,
    TerminalState,
)
from drivers.payment_terminals.zvt.driver import DRIVER, Zvt
from drivers.payment_terminals.zvt.repeat import later
from drivers.payment_terminals.zvt.results import result_text, status_text
from drivers.payment_terminals.zvt.texts import PROGRESS, REFUSALS

REGISTER, REGISTERED = "06 00 06 00 00 00 86 09 78", "06 0F 07 19 00 29 52 50 00 38"
STATUS, REPEAT, QUIET_REPEAT = "05 01 00", "06 20 05 00 00 00 03 01", "06 20 05 00 00 00 03 03"
COMPLETION = "06 0F 00"


def terminal(now: Callable[[], float] = lambda: 0.0, **settings: int | str | bool) -> Zvt:
    return Zvt({"config": "86", "tlv": False, **settings}, now=now)


def met(dialogue: object, status: str = "00") -> Play:
    play = Play(dialogue).sends(REGISTER).hears(ACK).acks(REGISTERED)
    return play.sends(STATUS).hears(ACK).acks(f"06 0F 01 {status}")


def record(
    *, result: int = 0, amount: int | None = 1000, slip: int = 31, trace: int = 123, at: str = "143015", more: str = ""
) -> str:
    data = f"27{result:02X}" + (f"04{amount:012d}" if amount is not None else "")
    data += f"87{slip:04d}0B{trace:06d}" + (f"0C{at}0D1121" if at else "") + more
    return f"040F{len(data) // 2:02X}{data}"


# --- state ---------------------------------------------------------------------------------------------------------


def test_the_state_brings_the_baseline_without_paper() -> None:
    play = met(terminal().state()).sends(QUIET_REPEAT).hears(ACK).acks(record()).acks(COMPLETION)
    assert play.result() == TerminalState("52500038", True, "", Baseline("52500038", 31, 123))


@pytest.mark.parametrize("first", ["84 83 00", "06 0F 00"])
def test_a_terminal_that_cannot_repeat_quietly_is_asked_plainly(first: str) -> None:
    play = met(terminal().state()).sends(QUIET_REPEAT).hears(first)
    if first.startswith("06"):
        play.sends(ACK)
    play.sends(REPEAT).hears(ACK).acks(record(slip=9)).acks("06 D1 02 00 41").acks(COMPLETION)
    assert play.result().baseline.slip == 9


def test_a_terminal_without_a_history_starts_from_zero() -> None:
    play = met(terminal().state()).sends(QUIET_REPEAT).hears("84 6C 00").sends(REPEAT).hears("84 6C 00")
    assert play.result() == TerminalState("52500038", True, "", Baseline("52500038", 0, 0))


@pytest.mark.parametrize(("status", "asked"), [("9C", False), ("DC", False), ("C2", True), ("51", True), ("F0", True)])
def test_a_terminal_that_is_not_ready_says_why(status: str, asked: bool) -> None:
    play = met(terminal().state(), status)
    if asked:
        play.sends(QUIET_REPEAT).hears(ACK).acks(record()).acks(COMPLETION)
    state = play.result()
    assert (state.ready, state.reason) == (False, f"zvt.status.{status}")


def test_a_registration_may_say_that_service_is_needed() -> None:
    play = Play(terminal().state()).sends(REGISTER).hears(ACK).acks("06 0F 02 19 02").sends(STATUS).hears(ACK)
    play.acks("06 0F 01 00").sends(QUIET_REPEAT).hears(ACK).acks(record()).acks(COMPLETION)
    assert play.result().reason == "zvt.status.C2"


def test_a_terminal_that_forgot_the_till_is_told_again() -> None:
    play = Play(terminal(register_on_connect=False).state()).sends(STATUS).hears("84 6B 00")
    play.sends(REGISTER).hears(ACK).acks(REGISTERED).sends(STATUS).hears(ACK).acks("06 0F 01 00")
    assert play.sends(QUIET_REPEAT).hears(ACK).acks(record()).acks(COMPLETION).result().ready


def test_a_busy_terminal_is_not_ready() -> None:
    play = Play(terminal().state()).sends(REGISTER).hears("84 9C 00")
    assert play.result() == TerminalState("", False, "zvt.9C", Baseline("", 0, 0))


def test_all_waits_of_a_state_together_take_two_seconds() -> None:
    clock = [100.0]
    play = Play(terminal(now=lambda: clock[0]).state()).sends(REGISTER)
    assert play.step.within_s == 1.75  # a quarter of a second is kept for the knock
    clock[0] = 101.5
    play.hears(ACK)
    assert play.step.within_s == 0.25
    clock[0] = 103.0
    play.hears(REGISTERED).sends(ACK, STATUS)
    assert play.step.within_s < 0.1
    assert isinstance(play.silence().error, Unanswered)


def test_something_else_on_the_port_is_named() -> None:
    play = Play(terminal().state()).sends(REGISTER)
    play.throw(Garbled("no ZVT message begins with 48"))
    assert isinstance(play.error, WrongDevice)


def test_a_register_on_the_port_is_named_by_its_answer_to_the_knock() -> None:
    """It ignores a registration, but 05 is its ENQ: NAK, "waiting for a command"."""
    play = Play(terminal().state()).sends(REGISTER).silence().sends(STATUS)
    assert play.step.within_s == 0.25
    with pytest.raises(Garbled) as unread:
        play.step.grammar.cut(b"\x15")
    play.throw(unread.value)
    assert isinstance(play.error, WrongDevice)
    assert play.error.heard == "15"


def test_a_terminal_that_is_slow_or_off_is_no_stranger() -> None:
    slow = Play(terminal().state()).sends(REGISTER).silence().sends(STATUS)
    slow.hears(ACK)
    assert isinstance(slow.error, Unanswered)
    off = Play(terminal().state()).sends(REGISTER).silence().sends(STATUS).silence()
    assert isinstance(off.error, Unanswered)


# --- ask -----------------------------------------------------------------------------------------------------------


def asked(answer: str, **options: int) -> object:
    play = met(terminal().ask(request(**options)))  # type: ignore[arg-type]
    return play.sends(REPEAT).hears(ACK).acks(answer).acks("06 D1 03 00 4F 4B").acks(COMPLETION).result()


def test_our_record_is_proof_and_brings_the_slip() -> None:
    verdict = asked(record())
    assert isinstance(verdict, Charged)
    assert (verdict.result.slip, verdict.result.trace, verdict.result.lines) == (31, 123, ("OK",))


def test_two_equal_sums_in_a_row_are_told_apart() -> None:
    assert asked(record(), slip=31, trace=123) == NotCharged("zvt.older_record", final=False, absent=True)
    assert isinstance(asked(record(slip=32, trace=124), slip=31, trace=123), Charged)


def test_slip_or_trace_must_have_moved() -> None:
    assert isinstance(asked(record(slip=31, trace=124), slip=31, trace=123), Charged)
    assert isinstance(asked(record(slip=1, trace=124), slip=31, trace=123), Charged)
    assert asked(record(slip=30, trace=122), slip=31, trace=123) == NotCharged(
        "zvt.older_record", final=False, absent=True
    )


def test_counters_wrap() -> None:
    assert isinstance(asked(record(slip=1, trace=1), slip=9999, trace=999_999), Charged)
    assert later(1, 9999, 9999)
    assert later(5000, 4999, 9999)
    assert not later(9999, 1, 9999)
    assert not later(0, 5, 9999)
    assert later(7000, 0, 9999)


def test_a_record_above_the_baseline_that_is_not_ours_may_hide_ours() -> None:
    assert asked(record(amount=900)) == CannotTell("zvt.other_operation")
    assert asked(record(amount=None)) == CannotTell("zvt.other_operation")
    assert asked(record(more="490643")) == CannotTell("zvt.other_operation")
    assert asked(record(more="2952500099")) == CannotTell("zvt.other_terminal")


def test_the_time_must_fit() -> None:
    assert asked(record(at="141900")) == CannotTell("zvt.clock")
    assert isinstance(asked(record(at="142100")), Charged)
    assert asked(record(at="")) == CannotTell("zvt.clock")


def test_a_year_that_the_terminal_leaves_out_is_found() -> None:
    late = dt.datetime(2025, 12, 31, 23, 59, 50)
    play = met(terminal().ask(request(sent_at=late))).sends(REPEAT).hears(ACK)
    play.acks(record().replace("0C1430150D1121", "0C0000100D0101")).acks(COMPLETION)
    verdict = play.result()
    assert isinstance(verdict, Charged)
    assert verdict.result.at == dt.datetime(2026, 1, 1, 0, 0, 10)
    assert SENT_AT.year == 2025


def test_a_record_of_ours_that_failed_is_proof_too() -> None:
    assert asked(record(result=0x6C)) == NotCharged("zvt.6C")
    assert asked(record(result=0x6C, amount=None)) == NotCharged("zvt.6C", final=False)


def test_the_terminals_own_reversal_is_no_approval() -> None:
    assert asked(record(slip=32, trace=124, more="37000123")) == NotCharged("zvt.6C", final=False)
    assert asked(record(slip=32, trace=124, more="37000099")) == CannotTell("zvt.other_operation")
    assert isinstance(asked(record(slip=32, trace=124, more="37000124")), Charged)


def test_a_reversal_is_found_by_its_own_record() -> None:
    play = met(terminal().ask(request(CardOperation.REVERSAL, of_slip=30))).sends(REPEAT).hears(ACK)
    assert isinstance(play.acks(record(more="37000122")).acks(COMPLETION).result(), Charged)


@pytest.mark.parametrize("status", ["9C", "DC", "A0"])
def test_a_terminal_at_work_cannot_tell(status: str) -> None:
    assert met(terminal().ask(request()), status).result() == CannotTell(f"zvt.status.{status}")


def test_refusals_to_repeat() -> None:
    def refused(code: str, **options: int) -> object:
        return met(terminal().ask(request(**options))).sends(REPEAT).hears(f"84 {code} 00").result()  # type: ignore[arg-type]

    assert refused("9C") == CannotTell("zvt.9C")
    assert refused("6C") == CannotTell("zvt.no_record")
    assert refused("6C", slip=0, trace=0) == NotCharged("zvt.nothing_to_repeat", final=False, absent=True)
    assert refused("83", slip=0, trace=0) == CannotTell("zvt.no_record")


def test_a_copy_without_a_record_settles_nothing() -> None:
    play = met(terminal().ask(request())).sends(REPEAT).hears(ACK).acks(COMPLETION)
    assert play.result() == CannotTell("zvt.no_record")


def test_questions_may_stay_unanswered() -> None:
    assert isinstance(met(terminal().ask(request())).lost().error, Unanswered)
    assert isinstance(met(terminal().ask(request())).sends(REPEAT).hears(ACK).silence().error, Unanswered)
    busy = Play(terminal().ask(request())).sends(REGISTER).hears("84 9C 00")
    assert busy.result() == CannotTell("zvt.9C")


# --- the rest ------------------------------------------------------------------------------------------------------


def test_service_is_run_for_what_it_clears() -> None:
    play = met(terminal().mend(), "C2").sends("06 70 00").hears(ACK).acks(COMPLETION)
    assert play.sends(STATUS).hears(ACK).acks("06 0F 01 00").result() == ""
    play = met(terminal().mend(), "51").sends("06 93 03 00 00 00").hears(ACK).acks(COMPLETION)
    assert play.sends(STATUS).hears(ACK).acks("06 0F 01 51").result() == "zvt.status.51"
    assert met(terminal().mend(), "F0").result() == "zvt.status.F0"


def test_an_end_of_day_that_fails_is_refused() -> None:
    begun = Play(terminal().end_of_day()).sends(REGISTER).hears(ACK).acks(REGISTERED).sends("06 50 03 00 00 00")
    assert begun.hears(ACK).acks("06 1E 01 77").refused() == "zvt.77"


def test_confirm_has_nothing_to_do_and_roll_back_is_refused() -> None:
    assert Play(terminal().confirm("a1")).result() is None
    assert Play(terminal().roll_back("a1")).refused() == "zvt.no_rollback"
    assert DRIVER.commit == "ack"


def test_wrong_settings_are_an_error() -> None:
    for settings in ({"password": "12"}, {"config": "xyz"}, {"password": "zzzzzz"}):
        with pytest.raises(ValueError, match=r".+"):
            Zvt(settings)


def test_every_code_has_words_in_both_languages() -> None:
    for words in REFUSALS.values():
        assert all(words[language][part] for language in ("ru", "en") for part in ("what", "safe", "do"))
    assert all(words["ru"] and words["en"] for words in PROGRESS.values())
    for code in range(1, 256):
        assert result_text(code).removeprefix("zvt.") in REFUSALS
        assert status_text(code).removeprefix("zvt.") in REFUSALS
