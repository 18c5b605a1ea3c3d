"""The simulated days beside a test session: started once, whether its tests run here or in several processes.

`make test` gives the tests to as many processes as there are cores (pytest-xdist): then this process collects nothing
itself, and the first of the others that has collected says, by a file, whether a test asks for the days.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.simulation.__main__ import COVERAGE
from tests.simulation.long_days import TOLD, LongDays, made_folder

FIXTURE = "long_days"
ASKED = "asked"
KEY = "days_folder"

DAYS_FOLDER: pytest.StashKey[Path] = pytest.StashKey()
KEPT: pytest.StashKey[TemporaryDirectory[str]] = pytest.StashKey()
STARTED: pytest.StashKey[LongDays] = pytest.StashKey()


def pytest_configure(config: pytest.Config) -> None:
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[DAYS_FOLDER] = Path(given[KEY])
        return
    config.stash[KEPT] = made_folder()
    config.stash[DAYS_FOLDER] = Path(config.stash[KEPT].name)


def pytest_collection_finish(session: pytest.Session) -> None:
    asked = any(FIXTURE in getattr(item, "fixturenames", ()) for item in session.items)
    if not asked or session.config.option.collectonly:
        return
    (session.config.stash[DAYS_FOLDER] / ASKED).touch()
    if not hasattr(session.config, "workerinput"):
        _start(session.config)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput[KEY] = str(node.config.stash[DAYS_FOLDER])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any) -> None:
    if (node.config.stash[DAYS_FOLDER] / ASKED).exists():
        _start(node.config)


def _start(config: pytest.Config) -> None:
    if STARTED not in config.stash:
        config.stash[STARTED] = LongDays(config.stash[DAYS_FOLDER])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if STARTED not in terminalreporter.config.stash:
        return
    _, _, judged = (terminalreporter.config.stash[DAYS_FOLDER] / TOLD).read_text().partition(COVERAGE)
    if judged:
        terminalreporter.section("simulated days")
        terminalreporter.write(f"{COVERAGE}{judged}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if STARTED in config.stash:
        config.stash[STARTED].stop()
    if KEPT in config.stash:
        config.stash[KEPT].cleanup()
