"""A kiosk restored from a backup made in the middle of a purchase gives no money twice, and loses none unnamed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.simulation.dead_kiosk import DeadKiosk
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_plan import MECHANICS, kiosk_settings
from tests.simulation.world import SimShop

PAIRS = int(os.environ.get("TILLKEEPER_CUTS", "4"))
"""So many steps of the purchase the backup is made at; all of them with TILLKEEPER_CUTS=100000 (an hour)."""


async def with_change(shopper: Shopper) -> None:
    """3 948,00 of 4 000,00: fifty come out as coins, two on a slip."""
    await shopper.choose(2)
    await shopper.pay_cash()
    await shopper.insert(*["note 1000"] * 4)
    await shopper.ended()


async def given_up(shopper: Shopper) -> None:
    """Two notes, and no purchase: some coins, the rest on a slip."""
    await shopper.choose(1)
    await shopper.pay_cash()
    await shopper.insert("note 500", "note 50")
    await shopper.do("give_back")
    await shopper.ended()


PURCHASES: dict[str, Callable[[Shopper], Awaitable[None]]] = {"with change": with_change, "given up": given_up}


def drill(
    folder: Path, purchase: str, backup_at: int, dies_at: int = -1, *, hq: bool
) -> tuple[int, list[str], list[str]]:
    """Returns the points of the dead box's purchase, the kinds of the questions, and what is broken."""
    folder.mkdir(parents=True)
    kinds: list[str] = []
    found: list[str] = []
    points = 0

    async def run() -> None:
        nonlocal points
        async with trio.open_nursery() as nursery:
            settings = kiosk_settings(hq=True)
            world = SimShop(nursery, 11, hq=True, settings=settings, takes_time=MECHANICS)
            box = DeadKiosk(world, folder, backup_at, dies_at, hq)
            await box.day(PURCHASES[purchase], coins=5)
            points = box.commits
            await box.restored()
            await box.sells()
            found.extend([*box.twice(), *box.lost()])
            kinds.extend(one.kind for one in await box.answered())
            found.extend([*box.twice(), *box.lost()])
            if box.asked():
                found.append(f"asked again: {box.asked()}")
            await world.pull_plug()
            nursery.cancel_scope.cancel()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    return points, kinds, found


@pytest.mark.parametrize("hq", [True, False])
@pytest.mark.parametrize("purchase", list(PURCHASES))
def test_the_backup_is_made_at_each_step_of_a_cash_purchase(tmp_path: Path, purchase: str, hq: bool) -> None:
    """The box goes on and dies at a later step; what HQ and register cannot tell of the notes is asked, and answered
    once: no coin, slip or внесение comes twice, and what is owed has a name."""
    points, _, found = drill(tmp_path / "dry", purchase, 1, hq=hq)
    assert found == []
    print("points", points)
    broken: dict[tuple[int, int], list[str]] = {}
    asked: set[str] = set()
    step = max(1, points // PAIRS)
    for place, backup_at in enumerate(range(1 + step // 2, points, step)):
        later = (-1, min(points - 1, backup_at + step * (1 + place % 2)))
        dies_at = later[place % 2]
        _, kinds, found = drill(tmp_path / str(place), purchase, backup_at, dies_at, hq=hq)
        asked |= set(kinds)
        if found:
            broken[backup_at, dies_at] = found
    assert broken == {}
    print(asked)
