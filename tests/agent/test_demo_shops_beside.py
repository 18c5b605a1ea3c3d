"""What goes wrong in one shop of the demo's chain, or in front of its screens, ends neither the demo nor the others."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import trio
import trio.testing

from agent.demo.branch import Branch
from agent.demo.branch_plan import branch_places, branches
from agent.demo.demo_shop import PRODUCTS
from agent.demo.demo_stock import StockNotCounted, count_the_shelves
from agent.demo.program import DemoFailed, Program
from agent.demo.shop_plan import Places
from agent.demo.trader import WAITS_S, Trader

ON_TRIO = pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)


class Dummy:
    """A program that starts, and is nothing; or does not."""

    def __init__(self, fails: Exception | None) -> None:
        self.fails, self.ended = fails, False

    async def start(self, tasks: Any, ready: str) -> str:
        await anyio.lowlevel.checkpoint()
        if self.fails is not None:
            raise self.fails
        return ""

    async def line_after(self, word: str) -> str:
        return ""

    async def end(self) -> None:
        self.ended = True


def branch_of(root: Path, programs: list[Dummy], fails: Callable[[str], Exception | None]) -> Branch:
    ((id, shop),) = branches(2)

    def make(name: str, module: list[str], logs: Path) -> Program:
        programs.append(Dummy(fails(name)))
        return programs[-1]  # type: ignore[return-value]

    return Branch(shop, branch_places(Places(root), id), PRODUCTS, "1", make, None)


@pytest.mark.anyio
@ON_TRIO
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (DemoFailed("принтер", "the register did not start"), "the register did not start"),
        (FileNotFoundError(2, "gone"), "was not opened"),
        (None, "a device of it: no answer to 'card auto 1'"),
    ],
    ids=["a program", "the system", "a device that does not answer"],
)
async def test_a_shop_that_does_not_open_leaves_the_others(
    tmp_path: Path, what: Exception | None, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    programs: list[Dummy] = []
    branch = branch_of(tmp_path, programs, lambda name: what if name == "register-1" else None)
    assert branch.port == 0, "nobody holds it until it is needed"
    async with anyio.create_task_group() as tasks:
        assert await branch.open_or_complain(tasks, 1) is False
    assert said in capsys.readouterr().err
    assert len(programs) == 3
    assert all(program.ended for program in programs)
    await branch.close()


GOOD = {"screen": "selling", "revision": 1, "sale": None, "shift": {"too_old": False}}


@pytest.mark.parametrize("view", [None, [], {"screen": "selling", "shift": None}, {**GOOD, "revision": {}}, "closed"])
def test_what_the_trader_sees_never_ends_the_demo(view: Any) -> None:
    """A person at the same till takes the sale away between two looks."""
    looks = itertools.count()

    def answer(request: httpx.Request) -> httpx.Response:
        next(looks)
        return httpx.Response(200, json=view if request.method == "GET" else {"view": view, "done": True})

    async def main() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            with anyio.move_on_after(WAITS_S * 3.5):
                await Trader(client, "http://till", ["1"], random.Random(1)).trade()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert next(looks) >= 4


@pytest.mark.anyio
@ON_TRIO
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500, text="oops"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"documents": [], "done": True}),
    ],
    ids=["500", "a page", "a list", "nothing", "no document"],
)
async def test_shelves_that_cannot_be_counted_are_said(answer: httpx.Response, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.MockTransport(lambda request: answer)
    client = partial(httpx.AsyncClient, transport=transport)
    monkeypatch.setattr("agent.demo.demo_stock.httpx.AsyncClient", client)
    with pytest.raises((StockNotCounted, httpx.HTTPError)):
        await count_the_shelves("http://till")
