"""Starts the long run of days with the first test of a session that will ask for it."""

from __future__ import annotations

import pytest

from tests.simulation.long_days import LongDays

ASKS = "long_days"
STARTED: pytest.StashKey[LongDays] = pytest.StashKey()


def pytest_collection_finish(session: pytest.Session) -> None:
    asked = any(ASKS in getattr(item, "fixturenames", ()) for item in session.items)
    if asked and not session.config.option.collectonly:
        session.config.stash[STARTED] = LongDays()


def pytest_sessionfinish(session: pytest.Session) -> None:
    if STARTED in session.config.stash:
        session.config.stash[STARTED].stop()


@pytest.fixture
def long_days(request: pytest.FixtureRequest) -> LongDays:
    return request.config.stash[STARTED]
