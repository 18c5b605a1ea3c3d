"""Two demos that start at once do not choose the same ports: what is free is nobody's until somebody listens on it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import anyio
import pytest

from agent.demo.free_ports import alone_to_choose, free_ports

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def own_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Demos of other tests run beside."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


async def test_the_second_one_chooses_when_the_first_one_listens() -> None:
    (wanted,) = free_ports([0])
    taken: list[int] = []

    async def demo() -> None:
        async with alone_to_choose():
            (port,) = free_ports([wanted])
            await anyio.sleep(0.05)  # its program starts
            listener: Any = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=port)
        taken.append(port)
        held.append(listener)

    held: list[Any] = []
    async with anyio.create_task_group() as both:
        both.start_soon(demo)
        both.start_soon(demo)
    for listener in held:
        await listener.aclose()
    assert wanted in taken
    assert len(set(taken)) == 2


async def test_one_that_hangs_holds_up_nobody_for_long() -> None:
    with anyio.fail_after(10):
        async with alone_to_choose(), alone_to_choose(within_s=0.2):
            pass


async def test_a_folder_that_takes_no_file_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with anyio.fail_after(10):
        async with alone_to_choose():
            pass
