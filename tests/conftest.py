"""One Chromium for the whole run; and at its end what was skipped, by name, and how to enable it.

A green run that tested little must say so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from chromium import browser

hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")  # time is never judged in a test: the machines are noisy

pytest_plugins = ("tests.beside",)

HOW: tuple[tuple[str, str], ...] = (
    ("chromium", "install Chromium (Debian: apt install chromium), or set TILLKEEPER_CHROMIUM to its path"),
    ("playwright", "install the test tools: make venv"),
    ("axe-core", "npm install axe-core somewhere and set TILLKEEPER_AXE to its axe.min.js (.ci/run does it)"),
    ("tshark", "install tshark (Debian: apt install tshark)"),
    ("systemd", "run on a machine with systemd 250 or newer (Debian 12 and later)"),
    ("scapy", "install the radar's extra: make venv"),
    ("make cameras", "install the cameras' extra: make cameras"),
    ("rtsp server", "install rtsp-server-perl (Debian), a camera's server for tests"),
    ("face_recognition is", "pip install face_recognition, another embedder of faces (optional)"),
    ("yunet", "set TILLKEEPER_YUNET to the detector's weights (optional)"),
    ("tap device", "run as root where /dev/net/tun is there"),
    ("splink", "pip install splink, to compare our match weights with its"),
    ("tmpfs", "run as root, or in a container with CAP_SYS_ADMIN"),
    ("mount", "run as root, or in a container with CAP_SYS_ADMIN"),
    ("mkfs", "install e2fsprogs (Debian: apt install e2fsprogs)"),
    ("essp6", "set TILLKEEPER_ESSP6 to eSSP6-1.0.8.tar.gz, the source distribution on PyPI (.ci/run does it)"),
    ("compiler", "install a C compiler (Debian: apt install gcc libc6-dev)"),
    ("campaign", "set TILLKEEPER_CAMPAIGN=1 (minutes to hours), or run `make campaign`"),
    ("../shared", "put the folder `shared` (references, captures, the million products) beside the project"),
)
"""A word of a skip's reason, and what to do about it."""


def how_to_enable(reason: str) -> str:
    """The advice for a reason; the reason itself says it where no line above knows better."""
    return next((advice for word, advice in HOW if word in reason.lower()), "see the reason")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    with browser() as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come late: Playwright keeps an event loop running in this thread, in which asyncio tests cannot.
    After them comes only what waits for something that ran beside all the others. A file is given to one process whole,
    so a file with both would bring the browser's loop to that process too early."""
    marked = [(item.get_closest_marker("last") is not None, _needs_browser(item)) for item in items]
    order = sorted(range(len(items)), key=lambda at: marked[at])
    items[:] = [items[at] for at in order]
    kinds: dict[Path, set[bool]] = defaultdict(set)
    for item in items:
        kinds[item.path].add(_needs_browser(item))
    mixed = sorted(path.name for path, both in kinds.items() if len(both) > 1)
    if mixed:
        raise pytest.UsageError(f"browser tests want a file of their own: {', '.join(mixed)}")


def _needs_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None or "chromium" in getattr(item, "fixturenames", ())


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: dict[str, list[str]] = defaultdict(list)
    for report in terminalreporter.stats.get("skipped", []):
        told = report.longrepr
        reason = (told[2] if isinstance(told, tuple) else str(told)).removeprefix("Skipped: ")
        skipped[reason].append(report.nodeid)
    if not skipped:
        return
    terminalreporter.section("skipped, and how to enable it")
    for reason, names in sorted(skipped.items()):
        terminalreporter.line(f"{reason}\n    to enable: {how_to_enable(reason)}")
        for name in sorted(names):
            terminalreporter.line(f"    {name}")
