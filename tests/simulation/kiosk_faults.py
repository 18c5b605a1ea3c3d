"""Purchases at the kiosk while one of its boxes fails: alone, or with the agent's power going in the same instant."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import trio

from drivers.simulators.catalogue import simulator_class
from tests.simulation.cash_cases import ARROWS, PAY_ARROWS
from tests.simulation.cash_laws import broken_laws
from tests.simulation.kiosk_cases import (
    CASES,
    DARK_S,
    LONGEST_S,
    SEED,
    Case,
    comes_to_rest,
    notes_out,
    opened,
    settings_of,
)
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_laws import claims_of, kiosk_laws
from tests.simulation.kiosk_plan import COINS, KIOSK, MECHANICS, NOTES
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import Obituaries, SimShop

REPLIES = ("drop_reply", "corrupt_reply", "late_reply", "drop_ack")
REPLIES_UP_TO = 120
"""Longer than all exchanges from the first note to the last one that is paid out."""
IN_THE_AIR = "dark with a note in the transport"
"""No arrow of the device: its power goes between two pieces of a payout, and comes back with the people."""
IN_THE_AIR_AFTER_S = 0.7
"""A note takes 1.5 s from the store to the mouth."""
PAYOUT_FAULTS = ("pay_jam", "pay_short", "busy", *(f"power_cut={arrow}" for arrow in PAY_ARROWS), IN_THE_AIR)


def faults_of(kind: str, every: int = 1) -> list[str]:
    """Every fault of such a device once, those of the wire at each so many-th of their opportunities."""
    specs = [f"power_cut={arrow}" for arrow in (*ARROWS, *PAY_ARROWS)]
    for fault in simulator_class(kind).FAULTS:
        if fault in REPLIES:
            late = "=0.4" if fault == "late_reply" else ""
            specs += [f"{fault}@{at}{late}" for at in range(1, REPLIES_UP_TO, every)]
        elif fault not in ("power_cut", "counter_wrap"):
            specs.append(fault)
    return specs


@dataclass(frozen=True, slots=True)
class Failed:
    """How a purchase with a fault ended: what the boxes gave out and claims promise, in minor units; what is broken."""

    struck: list[str]
    notes_out_minor: int
    coins_out_minor: int
    promised_minor: int
    broken: list[str]


def run_fault(name: str, device: str, fault: str, both: bool = False) -> Failed:
    """One purchase with a fault of a box; `both`: the agent's power goes as it strikes."""
    return run_simulated(lambda: _run(CASES[name], device, fault, both), SEED)


async def _run(case: Case, device: str, fault: str, both: bool) -> Failed:
    struck: list[str] = []
    async with trio.open_nursery() as nursery:
        world = SimShop(nursery, SEED, settings=settings_of(case), takes_time=MECHANICS)
        deaths = Obituaries(world)
        with deaths.listening():
            shopper = await opened(case, world)

            def strikes(_: str, what: str) -> None:
                struck.append(what)
                if both and not world.points.dead:
                    world.points.cut()

            world.struck = strikes
            if fault == IN_THE_AIR:
                nursery.start_soon(_goes_dark, world, device, strikes)
            else:
                world.devices[device].faults.arm(fault)
            await _play(case, world, shopper)
            if world.points.dead:
                await world.down()
                await trio.sleep(DARK_S)
                await world.boot()
            found = await _mended(world, shopper)
            found += kiosk_laws(world, settled=True) + _of_the_boxes(world)
        found += [f"a task died: {death}" for death in world.deaths]
        promised = sum(claim.issued.amount_minor for claim in claims_of(world))
        ended = Failed(struck, notes_out(world), coins_out(world), promised, found)
        nursery.cancel_scope.cancel()
    return ended


async def _goes_dark(world: SimShop, device: str, strikes: Callable[[str, str], None]) -> None:
    while True:
        await trio.sleep(0.05)
        if any(record["event"] == "paid_out" for record in world.devices[device].ledger.records):
            break
    await trio.sleep(IN_THE_AIR_AFTER_S)
    await world.order(device, "power off")
    strikes(device, IN_THE_AIR)


async def _play(case: Case, world: SimShop, shopper: Shopper) -> None:
    """The purchase, until it ends, the shopper's patience does, or the agent's power goes under it."""
    with trio.fail_after(LONGEST_S):
        async with trio.open_nursery() as play:
            play.start_soon(_hands, case, shopper, play.cancel_scope)
            await world.down()
            play.cancel_scope.cancel()


async def _hands(case: Case, shopper: Shopper, play: trio.CancelScope) -> None:
    with suppress(PowerCut, AssertionError):
        await case.play(shopper)
    if shopper.world.shop is not None:
        play.cancel()


async def _mended(world: SimShop, shopper: Shopper) -> list[str]:
    """Staff clears what is jammed and begins the boxes anew; the shopper sees what stands there, and leaves."""
    for device in (NOTES, COINS):
        world.devices[device].faults.clear()
        for order in ("power on", "clear", "cassette in"):
            with suppress(ValueError):
                await world.order(device, order)
    await trio.sleep(DARK_S)
    assert world.shop is not None
    for slot in world.shop.kiosks[KIOSK].boxes.slots:
        slot.reset()
    await trio.sleep(DARK_S)
    return await comes_to_rest(world, shopper)


def _of_the_boxes(world: SimShop) -> list[str]:
    """Each piece and each payout by the box's own ledger; a period that a pulled cassette ended is judged in days."""
    assert world.shop is not None
    found = []
    for slot in world.shop.kiosks[KIOSK].boxes.slots:
        if all(record.period == 1 for record in slot.units.values()):
            units = {name: record.unit for name, record in slot.units.items()}
            found += broken_laws(world.devices[slot.port.id].ledger.records, units)
    return found


def coins_out(world: SimShop) -> int:
    """What the hopper has paid out, by its ledger."""
    return sum(r["value_minor"] for r in world.devices[COINS].ledger.records if r["event"] == "paid_out")
