"""The agent's tests run on asyncio in real time and on Trio in virtual time; a few need the virtual hours."""

from __future__ import annotations

import pytest
import trio.testing


def virtual_trio() -> tuple[str, dict[str, object]]:
    return "trio", {"clock": trio.testing.MockClock(autojump_threshold=0)}


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """`@pytest.mark.parametrize("anyio_backend", [VIRTUAL], indirect=True)` is for tests that wait for minutes."""
    return "asyncio" if request.param == "asyncio" else virtual_trio()
