"""Purchases at the kiosk with the power cut at one point: what every point is judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import trio

from agent.cash.cash_slot import Slot
from agent.settings import Settings
from tests.simulation.cuts import Cut, Ends, cut_at_each
from tests.simulation.kiosk_hands import Shopper
from tests.simulation.kiosk_laws import claims_of, kiosk_laws
from tests.simulation.kiosk_plan import COINS, KIOSK, MECHANICS, NOTES, TERMINAL, kiosk_settings
from tests.simulation.laws import ALL, all_sales
from tests.simulation.points import PowerCut
from tests.simulation.virtual_time import run_simulated
from tests.simulation.world import Obituaries, SimShop

SEED = 11
DARK_S = 20.0
STAFF_COMES = 12
"""Looks of five seconds: a minute."""
SETTLES_S = 900.0
"""The longest way out: three minutes for a card, three for nobody, and the register's retries."""
LONGEST_S = 3600.0


@dataclass(frozen=True, slots=True)
class Case:
    """`coins` lie in the hopper; `recycles`: the validator gives notes out, and these orders are made to it before. The
    undisturbed run ends with so many receipts and claims, and with so much paid out by the recycler."""

    play: Callable[[Shopper], Awaitable[None]]
    receipts: int
    claims: int
    coins: int = 100
    recycles: tuple[str, ...] = ()
    notes_out_minor: int = 0
    change: tuple[str, ...] = ("pay_out",)


async def change_from_the_hopper(shopper: Shopper) -> None:
    await shopper.choose(2)  # 3 948,00: four thousands leave 52,00
    await shopper.pay_cash()
    await shopper.insert(*["note 1000"] * 4)
    await shopper.ended()


async def notes_and_coins(shopper: Shopper) -> None:
    await shopper.choose(1)  # 3 499,00
    await shopper.pay_cash()
    await shopper.insert("note 2000", "note 1000", "note 200", "note 200", "note 50", "note 50", "coin 1")
    await shopper.ended()


async def given_back(shopper: Shopper) -> None:
    await shopper.choose(1)
    await shopper.pay_cash()
    await shopper.insert("note 500", "note 50")
    await shopper.do("give_back")
    await shopper.ended()


async def rest_by_card(shopper: Shopper) -> None:
    await shopper.choose(1)
    await shopper.pay_cash()
    await shopper.insert("note 500")
    await shopper.do("pay", means="card")
    await shopper.ended()


async def left_alone(shopper: Shopper) -> None:
    await shopper.choose(1)
    await shopper.pay_cash()
    await shopper.insert("note 1000")
    await shopper.until(lambda view: view.screen == "attract", within_s=600)


async def change_in_notes(shopper: Shopper) -> None:
    await shopper.choose(3)  # 4 167,90: 832,10 go back as four notes, three coins and a slip
    await shopper.pay_cash()
    await shopper.insert("note 5000")
    await shopper.ended()


async def change_on_the_account(shopper: Shopper) -> None:
    await shopper.choose(1, card=SHOP_CARD)  # 3 499,00: 1 501,00 are left with the shop
    await shopper.pay_cash()
    await shopper.insert("note 5000")
    await shopper.ended()
    await shopper.choose(1, card=SHOP_CARD)
    await shopper.do("pay", means="credit")
    await shopper.until(lambda view: view.sale and view.sale.paid_minor)
    await shopper.do("pay", means="card")
    await shopper.ended()


SHOP_CARD = "0042"
FILLED = ("hopper off", "fill 500 1", "fill 100 5")
CASES: dict[str, Case] = {
    "change from the hopper": Case(change_from_the_hopper, 1, 1),
    "notes and coins, no change": Case(notes_and_coins, 1, 1, coins=0),
    "given back": Case(given_back, 0, 1, coins=20),
    "the rest by card": Case(rest_by_card, 1, 0),
    "left alone": Case(left_alone, 0, 1),
    "change on the account": Case(change_on_the_account, 3, 0, 0, change=("pay_out", "credit")),
    "change from the recycler": Case(change_in_notes, 1, 1, 100, FILLED, 80_000),
    "given back by the recycler": Case(given_back, 0, 0, 0, ("hopper off",), 55_000),
}


def run_case(name: str, cut: Cut) -> tuple[list[str], list[str]]:
    """One run with the power cut where `cut` says. Returns (point names, what is broken)."""
    return run_simulated(lambda: _run(CASES[name], cut), SEED)


def run_points(name: str, dry: Sequence[str], numbers: Sequence[int]) -> Ends:
    """For a process with a fixed hash seed: how it ended at each of the points. `dry`: the names of the dry run."""
    return cut_at_each(lambda cut: run_case(name, cut), dry, numbers)


def run_point(name: str, number: int) -> str:
    """The same from the start, without a copy: what is left."""
    cut = Cut(number)
    run_case(name, cut)
    return cut.left


def worth_cutting(dry: Sequence[str], polls: int) -> list[int]:
    """Every point but those of the polls, which are all alike: of these each so many-th."""
    chosen, seen = [], 0
    for number, name in enumerate(dry):
        if name.partition(" ")[0] in (NOTES, COINS):
            seen += 1
            if seen % polls:
                continue
        chosen.append(number)
    return chosen


async def _run(case: Case, cut: Cut) -> tuple[list[str], list[str]]:
    async with trio.open_nursery() as nursery:
        world = SimShop(nursery, SEED, settings=settings_of(case), takes_time=MECHANICS)
        deaths = Obituaries(world)
        with deaths.listening():
            shopper = await opened(case, world)
            names = await _play(case, world, shopper, cut)
            if cut.at is None:
                await shopper.until(lambda view: is_quiet(world), within_s=SETTLES_S)
                found = _reached(case, world)
            else:
                found = await _after_the_cut(world, shopper, cut)
            found += kiosk_laws(world, settled=True)
        found += [f"a task died: {death}" for death in world.deaths]
        left = what_is_left(world)
        nursery.cancel_scope.cancel()
    cut.over(names, found, left)
    return names, found


def what_is_left(world: SimShop) -> str:
    """A hash of all that the run did: the journal, what truly happened at each device, and the time it took."""
    assert world.store is not None
    rows = [(row.kind, row.sale, row.body) for row in world.store.journal_since(0, ALL)]
    ledgers = {id: device.ledger.records for id, device in world.devices.items()}
    return hashlib.sha256(repr((rows, ledgers, trio.current_time())).encode()).hexdigest()


def settings_of(case: Case) -> Settings:
    return kiosk_settings("ssp" if case.recycles else "ccnet", case.change)


async def opened(case: Case, world: SimShop) -> Shopper:
    """The boxes are filled, the agent runs, and cash may be paid."""
    await world.order(TERMINAL, "card auto")
    for order in case.recycles:
        await world.order(NOTES, order)
    if case.coins:
        await world.order(COINS, f"fill 10 {case.coins}")
    await world.boot()
    shopper = Shopper(world)
    await shopper.until(lambda view: any(one.available for one in view.tenders if one.means == "cash"))
    return shopper


def _reached(case: Case, world: SimShop) -> list[str]:
    assert world.store is not None
    closed = sum(sale.phase.value == "closed" for sale in all_sales(world.store))
    claims, notes = len(claims_of(world)), notes_out(world)
    if (closed, claims, notes) != (case.receipts, case.claims, case.notes_out_minor):
        return [f"the undisturbed run ended with {closed} receipts, {claims} claims and {notes} out of the recycler"]
    return []


def notes_out(world: SimShop) -> int:
    """What the validator's recycler has paid out, by its ledger."""
    return sum(r["value_minor"] for r in world.devices[NOTES].ledger.records if r["event"] == "paid_out")


async def _play(case: Case, world: SimShop, shopper: Shopper, cut: Cut) -> list[str]:
    world.points.counting, world.points.where = True, cut
    with trio.fail_after(LONGEST_S):
        async with trio.open_nursery() as play:
            play.start_soon(_hands, case, world, shopper, play.cancel_scope)
            await world.down()
            play.cancel_scope.cancel()
    world.points.counting = False
    return list(world.points.names)


async def _hands(case: Case, world: SimShop, shopper: Shopper, play: trio.CancelScope) -> None:
    try:
        await case.play(shopper)
    except PowerCut:
        return
    except AssertionError:
        if world.points.dead:
            return
        raise
    await trio.sleep(1)
    if not world.points.dead:
        play.cancel()


async def _after_the_cut(world: SimShop, shopper: Shopper, cut: Cut) -> list[str]:
    """The power comes back. At each fourth point the shopper has gone; else they see what stands there, and leave."""
    if cut.at is None or not world.points.dead:
        return [f"point {cut.at} was never reached"]
    await trio.sleep(DARK_S)
    await world.boot()
    gone = cut.at % 4 == 0
    await trio.sleep(20)
    return await comes_to_rest(world, shopper, gone=gone)


async def comes_to_rest(world: SimShop, shopper: Shopper, *, gone: bool = False) -> list[str]:
    """The shopper leaves, or has gone, and staff begins a box anew that says it is in trouble."""
    looks = 0
    with trio.move_on_after(SETTLES_S):
        while not is_quiet(world):
            looks += 1
            if not gone:
                await shopper.do("leave")
            for slot in shopper.kiosk.boxes.slots if looks % STAFF_COMES == 0 else ():
                if Slot.TROUBLE in slot.slots.values():
                    slot.reset()
            await trio.sleep(5)
        return []
    view = shopper.view()
    return [f"never quiet: {view.screen} {view.trouble} {view.sale and view.sale.phase}"]


def is_quiet(world: SimShop) -> bool:
    """Nobody's purchase stands open and nothing is owed or to be booked."""
    assert world.shop is not None
    assert world.store is not None
    kiosk = world.shop.kiosks[KIOSK]
    if kiosk.session.stage.value != "attract" or kiosk.back.unbooked() or world.store.open_sales(KIOSK):
        return False
    return all(kiosk.back.is_settled(order) for order in kiosk.boxes.orders() if order)
