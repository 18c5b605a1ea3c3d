"""Laws 1 to 3: the till's power is cut at every point of a sale, and afterwards journal, register and terminal agree."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from tests.simulation.laws import Truth, broken_laws, unfinished
from tests.simulation.points import PowerCut
from tests.simulation.scenarios import (
    card_sale,
    cash_sale,
    finish,
    open_shift,
    refund_of_last,
    split_sale,
)
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import SimShop

Scenario = Callable[[SimShop], Awaitable[None]]


async def _refund_card(world: SimShop) -> None:
    await refund_of_last(world)


CASES: dict[str, tuple[str, Scenario | None, Scenario]] = {
    "cash": ("zvt", None, cash_sale),
    "card, acknowledging terminal": ("zvt", None, card_sale),
    "card, confirming terminal": ("confirm", None, card_sale),
    "split": ("zvt", None, split_sale),
    "split, confirming terminal": ("confirm", None, split_sale),
    "refund to card": ("zvt", card_sale, refund_of_last),
    "refund in cash": ("zvt", cash_sale, refund_of_last),
}
STRIDE = int(os.environ.get("TILLKEEPER_CUT_STRIDE", "1"))
"""1: every point. A larger step is only for trying things out; the run says which."""


def truth_of(world: SimShop) -> Truth:
    by_kind: dict[bool, dict[str, Any]] = {True: {}, False: {}}
    for id, device in world.devices.items():
        if device.name in ("shtrih_m", "zvt", "confirm"):
            by_kind[device.name == "shtrih_m"][id] = device.ledger
    return Truth(by_kind[True], by_kind[False])


def run_case(name: str, cut_at: int | None) -> tuple[list[str], list[str]]:
    """One run with the power cut at point number `cut_at` (None: dry). Returns (point names, what is broken)."""
    terminal, before, scenario = CASES[name]

    async def work() -> tuple[list[str], list[str]]:
        async with trio.open_nursery() as nursery:
            world = SimShop(nursery, seed=7, terminals=(terminal,))
            await world.order("card1", "card auto")
            await world.boot()
            await open_shift(world)
            if before is not None:
                await before(world)
                await world.do("new_sale")
            world.points.counting, world.points.cut_at = True, cut_at
            if cut_at is None:
                await scenario(world)
                world.points.counting = False
            else:
                with trio.move_on_after(3600):
                    async with trio.open_nursery() as hands:
                        hands.start_soon(_hands, scenario, world)
                        await world.down()
                        hands.cancel_scope.cancel()
                names = list(world.points.names)
                assert world.points.dead, f"point {cut_at} was never reached"
                world.points.counting, world.points.cut_at = False, None
                await trio.sleep(30)
                await world.boot()
                await finish(world)
                world.points.names = names
            await trio.sleep(120)
            assert world.store is not None
            found = broken_laws(world.store, truth_of(world)) + unfinished(world.store)
            names = list(world.points.names)
            nursery.cancel_scope.cancel()
        return names, found

    return run_simulated(work, seed=7)


async def _hands(scenario: Scenario, world: SimShop) -> None:
    """The cashier's hands: when the agent dies under them they just stop."""
    try:
        await scenario(world)
    except PowerCut:
        return  # the command it had sent went down with the agent
    except AssertionError:
        if not world.points.dead:
            raise


@pytest.mark.parametrize("name", list(CASES))
def test_power_cut_at_every_point(name: str) -> None:
    names, found = run_case(name, None)
    assert found == []
    assert names, "a scenario without points proves nothing"
    broken = {}
    for number in range(0, len(names), STRIDE):
        reached, found = run_case(name, number)
        assert len(reached) == number + 1, f"point {number} of {name} was not hit"
        if found:
            broken[f"{number}: {names[number]}"] = found
    assert broken == {}, f"{len(broken)} of {len(names)} points: {dict(list(broken.items())[:5])}"
