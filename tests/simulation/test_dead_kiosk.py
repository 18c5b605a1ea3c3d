"""A kiosk restored from a backup made in the middle of a purchase gives no money twice, and loses none unnamed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from tests.simulation.dead_kiosk import DeadKiosk, Step
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_plan import MECHANICS, kiosk_settings
from tests.simulation.world import SimShop

PAIRS = int(os.environ.get("TILLKEEPER_CUTS", "3"))
"""So many pairs of steps; all of them with TILLKEEPER_CUTS=100000 (some minutes)."""
COMMITS = {"with change": 20, "given up": 13}


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
    folder: Path, purchase: str, backup_at: Step, dies_at: Step = 0, *, dies_in: int = 0, hq: bool
) -> tuple[list[str], list[str]]:
    """Returns the kinds of the questions, and what is broken."""
    kinds: list[str] = []
    found: list[str] = []

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            settings = kiosk_settings(hq=True)
            world = SimShop(nursery, 11, hq=True, settings=settings, takes_time=MECHANICS)
            box = DeadKiosk(world, folder, backup_at, dies_at, dies_in, hq)
            await box.day(PURCHASES[purchase], coins=5)
            await box.restored()
            await box.sells()
            found.extend([*box.twice(), *box.lost()])
            kinds.extend(one.kind for one in await box.answered())
            found.extend([*box.twice(), *box.lost(), *(f"asked again: {one}" for one in box.asked())])
            await world.pull_plug()
            nursery.cancel_scope.cancel()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))
    return kinds, found


CREDITED, STACKED, VOIDED = ("cash.piece_credited", 2), ("cash.stack_meant", 2), ("sale.voided", 1)
SEALING, PAID, ISSUED = ("sale.seal_meant", 1), ("cash.pay_ended", 1), ("claim.claim_issued", 1)
BOOKING, BOOKED = ("shift.meant", 1), ("shift.moved", 1)


@pytest.mark.parametrize(
    ("purchase", "backup_at", "dies_at", "hq", "asked"),
    [
        ("with change", CREDITED, 0, False, ["purchase"]),  # the register has the receipt, nobody else
        ("with change", SEALING, 0, True, ["change"]),  # HQ has sale and slip; that coins fell nobody has
        ("with change", SEALING, PAID, False, ["change"]),  # two roubles are owed still
        ("with change", PAID, ISSUED, False, ["change"]),  # the slip was never printed
        ("with change", ISSUED, 0, False, ["booking"]),  # the register has it
        ("with change", ISSUED, BOOKING, False, ["booking"]),  # the register does not
        ("with change", ISSUED, 0, True, []),  # HQ knows that the register has it
        ("given up", STACKED, 0, True, ["purchase"]),
        ("given up", VOIDED, PAID, False, ["purchase"]),
    ],
)  # fmt: skip
def test_what_only_the_dead_box_knew_of_the_money_is_asked(
    tmp_path: Path, purchase: str, backup_at: Step, dies_at: Step, hq: bool, asked: list[str]
) -> None:
    """The kiosk sells meanwhile and gives nothing by itself: no coin, slip or внесение comes twice, what is owed has a
    name until a person has said what became of it, and then it is asked no more."""
    kinds, found = drill(tmp_path, purchase, backup_at, dies_at, hq=hq)
    assert found == []
    assert kinds == asked


@pytest.mark.parametrize("purchase", list(PURCHASES))
def test_the_backup_is_made_at_each_step_and_the_box_dies_at_each_later_one(tmp_path: Path, purchase: str) -> None:
    """The same laws for each pair of commits, with the power going at once or some frames later."""
    last = COMMITS[purchase]
    pairs = [(first, later) for first in range(1, last + 1) for later in (0, *range(first, last + 1))]
    broken: dict[tuple[int, int], list[str]] = {}
    for place, (backup_at, dies_at) in enumerate(pairs[:: max(1, len(pairs) // PAIRS)]):
        folder = tmp_path / str(place)
        folder.mkdir()
        _, found = drill(folder, purchase, backup_at, dies_at, dies_in=place % 5, hq=bool(place % 3))
        if found:
            broken[backup_at, dies_at] = found
    assert broken == {}
