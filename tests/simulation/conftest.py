"""Starts the long run of days with the first test of a session that will ask for it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.pool import Pool

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


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Processes with a fixed hash seed, one a core: this one's was chosen when it started."""
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = "0"
    try:
        with multiprocessing.get_context("spawn").Pool(os.cpu_count() or 1) as made:
            yield made
    finally:
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before
