"""What a till refuses to do, said by code: nothing changed, the page has the words in both languages."""

from __future__ import annotations

from typing import Any

from agent.view import Note
from fiscal.preflight import Problem
from fiscal.refused import LawRefused


class TradeRefused(Exception):
    """The act is not done and nothing has changed."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.note = Note(code, params)


def law_note(refused: LawRefused) -> Note:
    """The law's no, in the page's words."""
    return Note(refused.code, dict(refused.params))


def problem_note(problem: Problem) -> Note:
    return Note(problem.code, dict(problem.params))
