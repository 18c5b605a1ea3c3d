"""A day at the kiosk from one seed: shoppers who pay, overpay, change their minds and walk away, and troubles at every
other purchase; in the evening the Z is made and everything is counted.

`python -m tests.simulation.kiosk_day SEED` runs one day and prints what happened.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

import trio

from tests.simulation.cable import Plug
from tests.simulation.kiosk_cases import is_quiet
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_laws import claims_of, in_boxes, in_register, kiosk_laws
from tests.simulation.kiosk_plan import COINS, MECHANICS, NOTES, REGISTER, TERMINAL, kiosk_settings
from tests.simulation.laws import all_sales
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import Obituaries, SimShop

PURCHASES = 24
TROUBLED = 0.5
KNOWN = 0.3
"""So many show a card of the shop: what falls short of their change is put on their account."""
SHOP_CARDS = ("0042", "0043", "0044")
STAFF = "2222"
QUIET_WITHIN_S = 1500.0
NOTES_IN_HAND = (50, 100, 200, 500, 1000, 2000, 5000)
ARROWS = ("entered", "escrowed", "stacking", "stacked")
REGISTER_FAULTS = (
    "drop_before_frame", "drop_after_ack", "drop_during_execution", "drop_after_commit", "half_answer", "enq_silence",
    "power_cycle_before_frame", "power_cycle_after_ack", "power_cycle_during_execution", "power_cycle_after_commit",
    "paper_out_before_commit", "paper_out_after_commit", "previous_answer_pending",
)  # fmt: skip
TERMINAL_FAULTS = ("decline", "drop_before_ack", "drop_after_ack", "drop_before_result", "close_before_completion",
                   "ack_lost", "host_down", "busy", "power_off_at_host", "power_off_before_booking")  # fmt: skip
BOX_FAULTS = ("drop_reply", "corrupt_reply", "late_reply=0.4", "drop_ack", "repeat_credit", "busy", "jam", "stuck",
              "cheat", "reset_in_session", "escrow_expiry")  # fmt: skip

PAYOUT_FAULTS = ("pay_jam", "pay_short")
PAY_ARROWS = ("pay_asked", "paying", "paid")
FLOAT = ("hopper off", "fill 500 6", "fill 100 10", "fill 50 4")
"""What the recycler begins the day with; the SMART Hopper of its wire is not there."""


def recycles(seed: int) -> bool:
    """On every other day the notes are taken by a validator that gives them out again."""
    return seed % 2 == 0


@dataclass(slots=True)
class Day:
    seed: int
    struck: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)
    boots: int = 0
    claims: int = 0
    doubts: int = 0
    stacked_minor: int = 0
    broken: list[str] = field(default_factory=list)


def run_day(seed: int, purchases: int = PURCHASES) -> Day:
    return run_simulated(lambda: _live(seed, purchases), seed)


async def _live(seed: int, purchases: int) -> Day:
    day, rng = Day(seed), random.Random(f"{seed}/kiosk day")
    async with trio.open_nursery() as nursery:
        settings = kiosk_settings("ssp" if recycles(seed) else "ccnet", ("pay_out", "credit"))
        world = SimShop(nursery, seed, settings=settings, takes_time=MECHANICS, torn_writes=True, watch_s=20.0)
        world.struck = lambda device, fault: day.struck.append(f"{device}:{fault}")
        deaths = Obituaries(world)
        with deaths.listening():
            await world.order(TERMINAL, "card auto")
            await world.order(COINS, "fill 10 60")
            for order in FLOAT if recycles(seed) else ():
                await world.order(NOTES, order)
            await world.boot()
            shopper = Shopper(world)
            for _ in range(purchases):
                await _one(world, shopper, rng, day)
            await _evening(world, shopper, day)
        day.broken += [f"a task died: {death}" for death in world.deaths]
        nursery.cancel_scope.cancel()
    return day


async def _one(world: SimShop, shopper: Shopper, rng: random.Random, day: Day) -> None:
    """One purchase with perhaps a trouble in its way; then staff makes everything whole."""
    if rng.random() < TROUBLED:
        _arm(world, rng, day)
    async with trio.open_nursery() as around:
        if rng.random() < TROUBLED / 2:
            around.start_soon(_disturb, world, rng, day)
        with suppress(PowerCut, AssertionError, ValueError):
            await _purchase(shopper, rng)
    await _whole_again(world)
    await _until_quiet(world, shopper, rng, day)


async def _purchase(shopper: Shopper, rng: random.Random) -> None:
    card = rng.choice(SHOP_CARDS) if rng.random() < KNOWN else ""
    await shopper.choose(rng.randint(1, 3), card)
    if shopper.view().credit is not None and rng.random() < 0.7:
        await shopper.do("pay", means="credit")
        await shopper.until(lambda view: view.screen != "pay" or (view.sale and view.sale.paid_minor) or view.trouble)
        if shopper.view().screen != "pay":
            await shopper.ended()
            return
    if rng.random() < 0.2:
        await shopper.do("pay", means="card")
        await shopper.ended()
        return
    await shopper.pay_cash()
    patience = rng.randint(1, 12)
    while patience:
        view = shopper.view()
        if view.screen != "cash" or view.cash is None:
            break
        patience -= 1
        left = view.cash.left_minor // 100
        fits = [value for value in NOTES_IN_HAND if value <= left] or [min(NOTES_IN_HAND)]
        piece = f"note {rng.choice(NOTES_IN_HAND if rng.random() < 0.3 else fits[-2:])}"
        if rng.random() < 0.15:
            piece = f"coin {rng.choice((1, 2, 5, 10))}"
        await shopper.insert(piece)
    if shopper.view().screen == "cash":
        what = rng.random()
        if what < 0.4:
            await shopper.do("pay", means="card")
        elif what < 0.8:
            await shopper.do("give_back")
        else:
            return  # walks away
    await shopper.ended()


def _arm(world: SimShop, rng: random.Random, day: Day) -> None:
    device = rng.choice((REGISTER, TERMINAL, NOTES, NOTES, COINS))
    pays = device == NOTES and recycles(world.seed)
    boxes = (*BOX_FAULTS, *PAYOUT_FAULTS) if pays else BOX_FAULTS
    known = {REGISTER: REGISTER_FAULTS, TERMINAL: TERMINAL_FAULTS}.get(device, boxes)
    fault = rng.choice((*known, "power_cut") if device in MECHANICS else known)
    if fault == "power_cut":
        fault = f"power_cut={rng.choice((*ARROWS, *PAY_ARROWS) if pays else ARROWS)}"
    if device in MECHANICS and fault.partition("=")[0].endswith("reply"):
        name, _, value = fault.partition("=")
        fault = f"{name}@{rng.randint(1, 40)}" + (f"={value}" if value else "")
    with suppress(ValueError):
        world.devices[device].faults.arm(fault)


async def _disturb(world: SimShop, rng: random.Random, day: Day) -> None:
    await trio.sleep(rng.uniform(0, 25))
    what = rng.choice(("agent", "agent", "cable", "box"))
    day.struck.append(f"shop:{what}")
    if what == "agent" and world.shop is not None:
        await world.pull_plug()
    elif what == "cable":
        id = rng.choice((REGISTER, TERMINAL, NOTES, COINS))
        world.unplug(id, Plug.OUT)
        await trio.sleep(rng.uniform(0.5, 20))
        world.plug(id)
    else:
        id = rng.choice((NOTES, COINS))
        with suppress(ValueError):
            await world.order(id, "power off")
        await trio.sleep(rng.uniform(0.5, 10))
        with suppress(ValueError):
            await world.order(id, "power on")


async def _whole_again(world: SimShop) -> None:
    """Staff: cables, power, paper, jams; the agent is started."""
    for id, device in world.devices.items():
        device.faults.clear()
        world.plug(id)
    for id in (NOTES, COINS):
        for order in ("power on", "clear", "cassette in"):
            with suppress(ValueError):
                await world.order(id, order)
    printer = world.devices[REGISTER].simulator.machine.printer
    for order in (["paper in"] if not printer.paper else []) + (["cover close"] if printer.cover_open else []):
        await world.order(REGISTER, order)
    await world.order(TERMINAL, "card auto")
    if world.shop is None:
        await trio.sleep(5)
        await world.boot()


async def _until_quiet(world: SimShop, shopper: Shopper, rng: random.Random, day: Day) -> None:
    """The shopper goes; what stands in the way of the next one is mended by staff."""
    gone = rng.random() < 0.3
    deadline = trio.current_time() + QUIET_WITHIN_S
    looks = 0
    while not is_quiet(world):
        if trio.current_time() > deadline:
            view = shopper.view()
            day.broken.append(f"never quiet: {view.screen} {view.trouble} {view.case} {view.sale and view.sale.phase}")
            return
        looks += 1
        with suppress(PowerCut):
            if not gone:
                await shopper.do("leave")
            if looks % 4 == 0:
                await _staff(shopper)
        await trio.sleep(5)
    day.ends["purchase"] += 1


async def _staff(shopper: Shopper) -> None:
    """Somebody with a PIN: hung devices are begun anew, a sale without its receipt is tried again or owed."""
    if await shopper.do("staff", person="sue", pin=STAFF) is not None:
        return
    for slot in shopper.kiosk.boxes.slots:
        if any(state.value == "trouble" for state in slot.slots.values()):
            await shopper.do("reset_device", device=slot.port.id)
    view = shopper.view()
    unsealed = view.sale is not None and view.sale.phase == "paid_unsealed"
    if unsealed and await shopper.do("resolve", choice="retry_seal") is not None:
        await shopper.do("resolve", choice="owe_correction")
    await shopper.do("staff_leave")


async def _evening(world: SimShop, shopper: Shopper, day: Day) -> None:
    """Z, and the count: what the register says it holds is what the boxes hold, but for what is listed in doubt."""
    for _ in range(20):
        note = await shopper.do("staff", person="sue", pin=STAFF)
        note = note or await shopper.do("close_shift")
        if note is None:
            break
        await trio.sleep(10)
    else:
        day.broken.append("the shift was never closed")
    await trio.sleep(30)
    assert world.store is not None
    assert world.shop is not None
    for sale in all_sales(world.store):
        day.ends[f"{sale.act.value} {sale.phase.value}"] += 1
    doubts = [piece for _, _, r in world.shop.kiosks["k1"].boxes.units() for piece in r.unit.doubts]
    day.boots, day.claims, day.doubts = world.boots, len(claims_of(world)), len(doubts)
    day.stacked_minor = in_boxes(world)
    day.broken += kiosk_laws(world, settled=True)
    debts = any(sale.phase.value == "correction_due" for sale in all_sales(world.store))
    if not doubts and not debts and in_boxes(world) != in_register(world):
        day.broken.append(f"the Z holds {in_register(world)}, the boxes {in_boxes(world)}")


if __name__ == "__main__":
    ran = run_day(int(sys.argv[1]))
    print(f"kiosk day {ran.seed}: {dict(ran.ends)}, {ran.boots} starts, {ran.claims} claims, {ran.doubts} doubts,")
    print(f"  {ran.stacked_minor / 100:.2f} in the boxes, struck {Counter(ran.struck)}")
    print("\n".join(ran.broken) or "ok")
    sys.exit(1 if ran.broken else 0)
