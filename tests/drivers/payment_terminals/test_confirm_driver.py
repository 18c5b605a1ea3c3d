"""The `confirm` terminal's driver: transcripts, and what a lost or strange answer means."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terminal_playbook import TRANSCRIPTS, Play, play_transcript, request, shown

from drivers.errors import Garbled, Unanswered
from drivers.payment_terminals.confirm import DRIVER, Confirm
from drivers.payment_terminals.confirm_texts import REFUSALS
from drivers.payment_terminals.contract import CannotTell, CardOperation, NotCharged, Progress

FILES = sorted((TRANSCRIPTS / "confirm").glob("*.txt"))


def asked(operation: CardOperation = CardOperation.PURCHASE, amount_minor: int = 1000, of_slip: int = 0) -> Any:
    return request(operation, amount_minor, currency=643, terminal="T0000001", slip=93, trace=0, of_slip=of_slip)


def start(do: list[str], settings: dict[str, str]) -> Any:
    terminal = Confirm({})
    if do[0] in ("perform", "ask"):
        options = dict(pair.split("=") for pair in do[3:])
        return getattr(terminal, do[0])(asked(CardOperation(do[1]), int(do[2]), int(options.get("of", 0))))
    return getattr(terminal, do[0])(*do[1:])


def line(**members: object) -> bytes:
    return json.dumps(members).encode() + b"\n"


@pytest.mark.parametrize(
    "path", [file for file in FILES if "# do:" in file.read_text("utf-8")], ids=lambda path: path.stem
)
def test_transcript(path: Path) -> None:
    play_transcript(path, start)


def begun() -> Play:
    play = Play(Confirm({}).perform(asked()))
    play.resume()  # the order went out
    return play


def test_silence_and_a_lost_link_leave_it_open() -> None:
    assert isinstance(begun().silence().error, Unanswered)
    assert isinstance(begun().lost().error, Unanswered)


@pytest.mark.parametrize(
    "members",
    [
        {"n": 1, "key": "b2", "state": "suspended", "slip": 94, "amount": 1000},
        {"n": 1, "key": "a1", "state": "suspended", "slip": 94, "amount": 900},
        {"n": 1, "key": "a1", "state": "suspended", "slip": 94},
        {"n": 1, "key": "a1", "state": "suspended", "amount": 1000},
        {"n": 1, "key": "a1", "state": "suspended", "slip": True, "amount": 1000},
        {"n": 7, "key": "a1", "state": "suspended", "slip": 94, "amount": 1000},
        {"n": 1, "key": "a1", "state": "running"},
        {"n": 1, "key": "a1", "kind": "refund", "state": "suspended", "slip": 94, "amount": 1000},
        {},
    ],
)
def test_an_answer_to_something_else_is_garbled(members: dict[str, object]) -> None:
    assert isinstance(begun().hears(line(**members)).error, Garbled)


def test_progress_is_told_without_card_numbers() -> None:
    play = begun().hears(line(n=1, show="card 4111111111111111", code="card_read"))
    progress = play.tells(Progress)
    assert progress == Progress("confirm.progress.card_read", "card ************1111")


def test_an_approval_beats_the_wish_to_stop() -> None:
    play = begun().wishes("stop")
    play.resume()
    play.hears(line(n=1, key="a1", state="suspended", slip=94, amount=1000))
    assert play.result().slip == 94


def test_an_error_means_nothing_was_done() -> None:
    assert begun().hears(line(n=0, error="bad_request")).refused() == "confirm.bad_request"
    assert begun().hears(line(n=1, key="a1", state="declined", reason="new_reason")).refused() == "confirm.refused"


def ask_with(answer: dict[str, object], terminal: str = "T0000001") -> Play:
    play = Play(Confirm({}).ask(asked()))
    play.resume()
    play.hears(line(n=1, ready=True, terminal=terminal, slip=94))
    if not play.ended:
        play.resume()
        play.hears(line(n=2, key="a1", **answer))
    return play


def test_what_a_question_settles() -> None:
    assert ask_with({"state": "running"}).result() == CannotTell("confirm.running")
    assert ask_with({"state": "unknown"}).result() == NotCharged("confirm.unknown_key", final=False, absent=True)
    assert ask_with({"state": "declined", "reason": "no_card"}).result() == NotCharged("confirm.no_card")
    assert ask_with({"state": "rolled_back"}).result() == NotCharged("confirm.rolled_back")
    assert ask_with({}, terminal="T0000002").result() == CannotTell("confirm.other_terminal")
    wrong = ask_with({"state": "booked", "slip": 94, "amount": 1}).result()
    assert wrong == CannotTell("confirm.amount_differs")
    assert "slip=94" in shown(ask_with({"state": "booked", "slip": 94, "amount": 1000}).result())


def test_commit_and_roll_back_that_cannot_be() -> None:
    terminal = Confirm({})
    for dialogue, error in [
        (terminal.confirm("a1"), "rolled_back"),
        (terminal.confirm("a1"), "unknown_key"),
        (terminal.roll_back("a1"), "booked"),
    ]:
        play = Play(dialogue)
        play.resume()
        assert play.hears(line(n=1, error=error)).refused() == f"confirm.{error}"
    play = Play(terminal.confirm("a1"))
    play.resume()
    assert isinstance(play.silence().error, Unanswered)


def test_words_exist_in_both_languages() -> None:
    for words in REFUSALS.values():
        assert all(words[language][part] for language in ("ru", "en") for part in ("what", "safe", "do"))
    assert DRIVER.commit == "confirm"
