"""The long run of days as a fixture, and processes with a fixed hash seed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from multiprocessing.pool import Pool
from pathlib import Path

import pytest

from tests.beside import DAYS_FOLDER


@pytest.fixture
def long_days(request: pytest.FixtureRequest) -> Path:
    """Where the long run writes; `tests/beside.py` has started it."""
    return request.config.stash[DAYS_FOLDER]


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
