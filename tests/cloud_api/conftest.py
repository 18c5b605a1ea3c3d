"""HQ's routes run on asyncio and on Trio; its page in a browser that tolerates no script error and no other host."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running_hq import RunningHq


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningHq]:
    hq = RunningHq(tmp_path / "hq.sqlite")
    yield hq
    hq.close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    page = chromium.new_page(viewport={"width": 1440, "height": 900}, locale="ru", color_scheme="light")
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: troubles.append(request.url) if "127.0.0.1" not in request.url else None)
    page.set_default_timeout(5_000)
    yield page
    page.close()
    assert troubles == []
