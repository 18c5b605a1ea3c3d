"""Pre-flight: each trouble alone is found by its name, a sound till has none, and the edges lie where the law says."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from fiscal.preflight import PROBLEM_CODES, JournalFacts, MarkFact, RegisterFacts, may_ask_for_money, preflight
from fiscal.regimes import russia, unregulated
from fiscal.seal_verdict import Printer

NOW = dt.datetime(2026, 11, 21, 12, 30)
PROFILE = russia.profile_on(NOW.date())
SOUND = RegisterFacts(
    serial="0001234567",
    fn="9999078900005430",
    paper=True,
    cover_open=False,
    shift_open=True,
    shift_over_24h=False,
    document_open=False,
    printer=Printer.IDLE,
    clock=NOW,
    fn_ready=True,
)
JOURNAL = JournalFacts(SOUND.serial, SOUND.fn, NOW, shift_opened_at=NOW - dt.timedelta(hours=3))
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)


def found(register: dict[str, Any], journal: dict[str, Any]) -> list[tuple[str, bool]]:
    problems = preflight(replace(SOUND, **register), replace(JOURNAL, **journal), PROFILE)
    return [(problem.code, problem.blocks) for problem in problems]


@pytest.mark.parametrize(
    ("register", "journal", "code", "blocks"),
    [
        ({"serial": "1"}, {}, "other_register", True),
        ({"fn": "1"}, {}, "other_fn", True),
        ({"fn_ready": False}, {}, "fn_not_ready", True),
        ({"fn_warnings": frozenset({"critical"})}, {}, "fn_not_ready", True),
        ({"fn_warnings": frozenset({"archive_90"})}, {}, "fn_full", False),
        ({"fn_warnings": frozenset({"archive_100"})}, {}, "fn_full", True),
        ({"cover_open": True}, {}, "cover_open", True),
        ({"paper": False}, {}, "paper_out", True),
        ({"printer": Printer.WAITS_CONTINUE}, {}, "printing_unfinished", True),
        ({"document_open": True}, {}, "document_open", True),
        ({"shift_open": False}, {}, "shift_closed", True),
        ({"shift_over_24h": True}, {}, "shift_too_old", True),
        ({}, {"shift_opened_at": NOW - dt.timedelta(hours=23, minutes=30)}, "shift_too_old", True),
        ({"ofd_unsent": 3, "ofd_oldest": NOW - 2 * DAY}, {}, "ofd_overdue", False),
        ({"ofd_unsent": 3, "ofd_oldest": NOW - 30 * DAY}, {}, "ofd_overdue", True),
        ({"fn_warnings": frozenset({"ofd_overdue"})}, {}, "ofd_overdue", False),
        ({}, {"now": NOW + 5 * MINUTE + dt.timedelta(seconds=1)}, "clock_off", True),
        ({}, {"now": NOW - 5 * MINUTE - dt.timedelta(microseconds=1)}, "clock_off", True),
        ({}, {"marks": (MarkFact("1", "Кукла", False, "blocked"),)}, "mark_not_accepted", True),
        ({"fn_warnings": frozenset({"key_3_days", "key_30_days"})}, {}, "fn_key", False),
    ],
)
def test_each_trouble_is_found_by_its_name(
    register: dict[str, Any], journal: dict[str, Any], code: str, blocks: bool
) -> None:
    assert found(register, journal) == [(code, blocks)]


@pytest.mark.parametrize(
    ("register", "journal"),
    [
        ({}, {}),
        ({}, {"serial": "", "fn": ""}),
        ({}, {"shift_opened_at": NOW - dt.timedelta(hours=23, minutes=29, seconds=59)}),
        ({}, {"shift_opened_at": None}),
        ({"ofd_unsent": 3, "ofd_oldest": NOW - 2 * DAY + MINUTE}, {}),
        ({"ofd_unsent": 0, "ofd_oldest": NOW - 40 * DAY}, {}),
        ({}, {"now": NOW + 5 * MINUTE}),
        ({}, {"now": NOW - 5 * MINUTE}),
        ({}, {"marks": (MarkFact("1", "Кукла", True),)}),
    ],
)
def test_a_sound_till_may_ask_for_money(register: dict[str, Any], journal: dict[str, Any]) -> None:
    assert found(register, journal) == []


def test_blocking_problems_come_first_and_in_the_order_of_importance() -> None:
    worst = replace(
        SOUND,
        serial="1",
        fn="2",
        paper=False,
        cover_open=True,
        document_open=True,
        printer=Printer.PAPER_OUT,
        fn_ready=False,
        fn_warnings=frozenset({"archive_100", "key_3_days"}),
        shift_over_24h=True,
        ofd_unsent=1,
        ofd_oldest=NOW - 31 * DAY,
        clock=NOW + 10 * MINUTE,
    )
    journal = replace(JOURNAL, marks=(MarkFact("1", "Кукла", False),))
    problems = preflight(worst, journal, PROFILE)
    assert [problem.code for problem in problems] == [code for code in PROBLEM_CODES if code != "shift_closed"]
    assert [problem.code for problem in problems if not problem.blocks] == ["fn_key"]
    assert not may_ask_for_money(problems)


def test_a_warning_does_not_stop_the_sale() -> None:
    problems = preflight(replace(SOUND, fn_warnings=frozenset({"key_30_days"})), JOURNAL, PROFILE)
    assert [problem.params for problem in problems] == [{"days": 30}]
    assert may_ask_for_money(problems)


def test_without_a_fiscal_law_ages_and_clocks_are_not_asked() -> None:
    old = replace(JOURNAL, now=NOW + DAY, shift_opened_at=NOW - 9 * DAY)
    assert preflight(replace(SOUND, ofd_unsent=1, ofd_oldest=NOW - 90 * DAY), old, unregulated.PROFILE) == []
