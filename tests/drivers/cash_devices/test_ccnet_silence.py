"""When CCNET answers are lost, late or damaged: frames are asked again, a note is moved once, nothing is assumed."""

from __future__ import annotations

import pytest
from ccnet_playbook import ALL, TAKES, attend, found, framed, in_escrow, opened
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.cash_devices.contract import (
    Accepting,
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
)
from drivers.errors import Garbled, Unanswered
from drivers.links.link import LinkLost
from drivers.wire.dialogue import Hear, Rest

OFF = "34000000000000"
ON = "340000FF0000FF"
KEEP = Stack("validator")
STACKED = Stacked("validator", 4, TAKES[4])


def test_a_poll_that_is_not_answered_is_asked_again_after_the_line_is_clear() -> None:
    """GET STATUS is answered by six bytes as nothing else is: what was late has passed by then."""
    play = opened().beat(None)
    play.written.clear()
    play.states("14", "14")
    assert play.taken() == ["31"]
    assert [line[:13] for line in play.written if line[0] == ">"] == [
        "> 02 03 06 31", "> 02 03 06 00", "> 02 03 06 33", "> 02 03 06 00"
    ]  # fmt: skip


def test_a_late_state_is_not_taken_for_a_newer_one() -> None:
    """A late "stacking" comes when GET STATUS was asked; it is not acknowledged in place of the "stacked" behind it."""
    play = in_escrow().wish(KEEP).beat(None)
    play.late = ["17", "00"]
    play.states("8104", "8104")
    assert play.taken() == ["35", "31", STACKED, "ack"]


def test_a_stack_without_answer_that_was_executed() -> None:
    play = in_escrow()
    play.mute = {0x35}
    play.wish(KEEP)
    play.mute = set()
    assert play.states("17", "17", "8104", "14").taken() == [
        "35", "31", Stacking("validator"), "ack", STACKED, "ack"
    ]  # fmt: skip


def test_a_stack_without_answer_that_the_device_did_not_hear() -> None:
    """Still in escrow: it proves that nothing was done, so the order goes again, and only then."""
    play = in_escrow()
    play.mute = {0x35}
    play.wish(KEEP)
    assert play.taken() == ["35"]
    play.mute = set()
    assert play.states("8004", "8004").taken() == ["31", "35"]
    assert play.states("17", "8104").taken() == [Stacking("validator"), "ack", STACKED, "ack"]


def test_a_wish_does_not_repeat_a_stack_that_nobody_polled_about() -> None:
    play = in_escrow()
    play.mute = {0x35}
    play.wish(KEEP).wish(KEEP).wish(GiveBack("validator")).wish(Refuse())
    assert play.taken() == ["35"]


def test_a_stack_without_answer_and_a_note_that_is_gone() -> None:
    play = in_escrow()
    play.mute = {0x35}
    play.wish(KEEP)
    play.mute = set()
    play.states("14", "14", "19", "14")
    assert play.taken() == [
        "35", "31", OFF, "37", "41", "5B", Found(found()), "5B", Counted("validator", 7), ON,
        Accepting("validator"), "ack",
    ]  # fmt: skip


@pytest.mark.parametrize(("wish", "order"), [(KEEP, "35"), (GiveBack("validator"), "36")])
def test_a_nak_proves_that_nothing_was_done(wish: Stack | GiveBack, order: str) -> None:
    play = in_escrow()
    play.nacks = {int(order, 16)}
    assert play.wish(wish).taken() == [order, order]


def test_an_order_that_fits_no_more_is_settled_by_the_next_state() -> None:
    play = in_escrow()
    play.refuses = {0x35}
    play.wish(KEEP)
    assert play.states("18", "8204", "14").taken() == ["35", Returned("validator", 4), "ack"]


def test_masks_without_answer_are_repeated() -> None:
    play = attend()
    play.taken()
    play.mute = {0x34}
    play.wish(ALL).states("19", "19")
    assert play.taken() == ["5B", Counted("validator", 7), ON, "31", ON, "31", ON]
    play.mute = set()
    assert play.states("14", "14", "14").taken() == ["31", ON, Accepting("validator"), "ack"]


def test_masks_without_answer_that_were_set() -> None:
    play = opened()
    play.mute = {0x34}
    play.wish(Refuse()).states("19", "19", "19")
    play.mute = set()
    play.states("19", "19", "19")
    log = play.taken()
    assert set(log[:-1]) == {OFF, "31"}
    assert str(log[-1]).startswith("Closed")


@pytest.mark.parametrize("damaged", [{0x37}, {0x41}, {0x5B}])
def test_questions_are_repeated_when_the_device_did_not_understand(damaged: set[int]) -> None:
    log = attend(setup=lambda play: play.nacks.update(damaged)).taken()
    command = f"{next(iter(damaged)):02X}"
    assert log.count(command) == 2
    assert log[-1] == Found(found())


def test_five_seconds_of_silence_end_it() -> None:
    play = in_escrow()
    play.mute = {0x31}
    play.beats(None, 10)
    assert isinstance(play.error, Unanswered)
    assert set(play.taken()) == {"31"}, "no RESET: whoever attends again asks what became of the note"


def test_silence_counts_from_the_last_word() -> None:
    play = opened()
    for _ in range(5):
        play.mute = {0x31}
        play.beats(None, 3)
        play.mute = set()
        play.states("14", "14")
    assert play.error is None


def test_silence_ends_after_about_five_seconds_of_steps() -> None:
    play = opened()
    play.mute = {0x31}
    seconds = 0.0
    while not play.ended:
        if isinstance(play.step, Hear):
            seconds += play.step.within_s
        elif isinstance(play.step, Rest):
            seconds += play.step.at_least_s
        if isinstance(play.step, Rest):
            play._rest(None)
        else:
            play.one(None)
    assert 4.5 < seconds < 5.5


def test_wishes_that_come_while_the_line_is_cleared_are_not_lost() -> None:
    play = in_escrow().beat(None)
    play.beat("8004")  # rests before GET STATUS
    play.wish(KEEP)
    play.states("8004", "8004", "8004")
    assert "35" in play.taken()


@pytest.mark.parametrize("state", ["14", "8004", "17"])
def test_a_broken_wire_ends_it(state: str) -> None:
    play = opened().beat(state)
    play._rest(None)
    play.throw(LinkLost("unplugged"))
    assert isinstance(play.error, LinkLost)


STATES = [
    "10",
    "11",
    "12",
    "13",
    "14",
    "15",
    "17",
    "18",
    "19",
    "1A",
    "1B02",
    "1C60",
    "41",
    "42",
    "43",
    "44",
    "45",
    "46",
]
ANY_STATE = st.sampled_from(
    [*STATES, "4750", "8004", "8005", "8104", "8105", "8204", "82", "8401", "9001", "2A", "8117"]
)
WISHES = st.sampled_from([ALL, Refuse(), KEEP, GiveBack("validator")])


def test_a_note_that_went_back_without_a_word_and_the_next_one_are_told_of_one_answer() -> None:
    play = opened().states("18", "15")
    assert play.taken() == [Returned("validator", 0), Entered("validator"), "ack"]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(ANY_STATE, st.none(), WISHES), max_size=60), st.sampled_from([None, "12", "14", "8004", "42"])
)
def test_any_course_of_states_keeps_the_rules(course: list[str | object | None], first: str | None) -> None:
    """Whatever the device says: no crash, every piece acknowledged after it was told, nothing enabled before Found, a
    STACK only for a note that was escrowed and wished to be kept; and the host can always leave."""
    play = attend(first=first)
    wished = False
    for each in course:
        if play.ended:
            break
        if each is None or isinstance(each, str):
            play.beat(each)
        else:
            wished = wished or each == KEEP
            play.wish(each)  # type: ignore[arg-type]
    if not play.ended:
        play.wish(Leave())
        for state in ["8204", "19"] * 20:
            if not play.ended:
                play.beat(state)
    assert play.error is None or isinstance(play.error, Unanswered)
    if play.error is None:
        assert play.ended
    at_found = [at for at, each in enumerate(play.log) if isinstance(each, Found)]
    for at, each in enumerate(play.log):
        if each == ON:
            assert at_found
            assert at_found[0] < at
        if each == "35":
            assert wished
            assert any(isinstance(before, Escrowed) for before in play.log[:at])
        if isinstance(each, Stacked | Returned | Escrowed):
            # A firmware that does not say "returned" goes on to the next note: one answer then tells of both.
            both = isinstance(each, Returned) and play.log[at + 1 : at + 2] == [Entered("validator")]
            assert play.log[at + 1 + both : at + 2 + both] in ([], ["ack"])
    polled = [each for each in course if isinstance(each, str)]
    told = [each for each in play.log if isinstance(each, Stacked)]
    assert len(told) <= sum(each.startswith("81") for each in [first or "", *polled])


@given(st.binary(max_size=200))
def test_garbage_on_the_line_is_silence(noise: bytes) -> None:
    play = opened()
    play._rest(None)
    while not isinstance(play.step, Hear):
        play.one(None)
    try:
        cut = play.step.grammar.cut(noise)
    except Garbled:
        raise AssertionError("the grammar gives up nothing") from None
    assert cut is None or framed(cut[0]) in noise
    play.throw(Unanswered("silence"))
    assert isinstance(play.step, Rest)


def test_frames_of_other_questions_do_not_answer_a_poll() -> None:
    play = opened()
    play.late = ["00", "00" * 6, "33", "30" * 34]
    play._rest(None)
    play.until_rest("15")
    assert play.taken() == [], "too many strangers are a device that chatters: asked again when the line is clear"
    play.late = []
    assert play.states("15", "15").taken() == ["31", Entered("validator"), "ack"]
    play.late = ["00", "00" * 6]
    assert play.beat("1C60").taken() == [Rejected("validator", "ccnet.reject.60"), "ack"]
