"""What a cashier does in one act: the same hands go on after a power cut from whatever the screen shows."""

from __future__ import annotations

import trio

from agent.view import TillView
from tests.simulation.shop_plan import CARD_OF_GUEST, DOLL, PLAIN, mark_of
from tests.simulation.world import SimShop

PATIENCE_S = 1200
"""Longer than the fifteen minutes after which a person is asked."""
FLOAT_MINOR = 500_000


async def sign_in(world: SimShop, till: str = "1") -> None:
    if world.view(till).cashier is None:
        assert await world.do("sign_in", till, cashier="sue", pin="2222") is None


async def open_shift(world: SimShop, till: str = "1") -> None:
    await sign_in(world, till)
    if not world.view(till).shift.open:
        note = await world.do("open_shift", till, float_minor=FLOAT_MINOR)
        assert note is None, note


async def close_shift(world: SimShop, till: str = "1") -> None:
    note = await world.do("close_shift", till)
    assert note is None, note


async def cash_in(world: SimShop) -> None:
    assert await world.do("cash_in", sum_minor=12_300, reason="change") is None


async def cash_out(world: SimShop) -> None:
    assert await world.do("cash_out", sum_minor=4_500, reason="bank") is None


async def quiet(world: SimShop, till: str = "1", *, within_s: float = PATIENCE_S) -> TillView:
    """Wait until the screen waits for a person."""
    deadline = trio.current_time() + within_s
    while world.shop is not None:
        view = world.view(till)
        busy = view.screen in ("card", "working")
        asking = view.case is not None and not view.case.ways
        if not busy and not asking:
            return view
        if trio.current_time() > deadline:
            raise AssertionError(f"still {view.screen} {view.case and view.case.kind} after {within_s} s")
        await trio.sleep(0.05)
    raise AssertionError("the agent died")


async def scan(world: SimShop, *codes: str) -> None:
    for code in codes:
        note = await world.do("scan", code=code)
        assert note is None, note


async def fill(world: SimShop, lines: int = 3) -> None:
    await scan(world, *(PLAIN[number % len(PLAIN)] for number in range(lines)))


async def settle(world: SimShop, till: str = "1") -> TillView:
    """Go on until no case is left: mend what can be mended, take back what cannot be finished."""
    for _ in range(40):
        view = await quiet(world, till)
        if view.case is None:
            return view
        ways = [way.choice for way in view.case.ways]
        if view.case.kind == "unsealed" and "retry_seal" in ways:
            await world.do("choose", till, choice="retry_seal")
        elif "retry_give_back" in ways:
            await world.do("choose", till, choice="retry_give_back")
        else:
            return view
        await trio.sleep(5)
    return world.view(till)


async def pay_cash(world: SimShop) -> None:
    assert await world.do("pay", means="cash") is None
    assert await world.do("take_cash", received_minor=500_000) is None
    await quiet(world)


async def pay_card(world: SimShop, sum_minor: int = 0) -> None:
    assert await world.do("pay", means="card", sum_minor=sum_minor) is None
    await quiet(world)


async def cash_sale(world: SimShop) -> None:
    await fill(world)
    await pay_cash(world)


async def card_sale(world: SimShop) -> None:
    await fill(world)
    await pay_card(world)


async def split_sale(world: SimShop) -> None:
    await fill(world)
    await pay_card(world, 100_000)
    await pay_cash(world)


async def marked_sale(world: SimShop) -> None:
    await scan(world, mark_of(DOLL, "ABCDEF1234567"))
    await trio.sleep(2)
    await pay_card(world)


async def two_sellers(world: SimShop) -> None:
    """Two documents, the card's share ends in the first of them."""
    await scan(world, PLAIN[1], CARD_OF_GUEST)
    await pay_card(world, 20_000)
    await pay_cash(world)


async def lost_reply(world: SimShop) -> None:
    """The same sum as the sale before, and the terminal's reply is lost after it was booked."""
    world.devices["card1"].faults.arm("close_before_completion")
    await card_sale(world)


async def refund_of_last(world: SimShop) -> None:
    last = world.view().last
    assert last is not None
    assert await world.do("refund", number=last.number) is None
    for line in world.view().sale.lines[:2]:  # type: ignore[union-attr]
        assert await world.do("refund_line", line=line.id, thousandths=1000) is None
    note = await world.do("refund_pay")
    assert note is None, note
    await quiet(world)


async def finish(world: SimShop) -> None:
    """After a cut: what a cashier does with what is left on the counter. Money first, then a clean end."""
    await sign_in(world)
    view = await settle(world)
    for _ in range(6):
        sale = view.sale
        if sale is None or view.case is not None:
            return
        if sale.act == "refund":
            if sale.phase == "basket":
                await world.do("back")
            else:
                await world.do("refund_pay")
        elif sale.phase == "basket":
            await world.do("park")
            return
        else:
            await world.do("pay", means="cash")
            await world.do("take_cash", received_minor=500_000)
        view = await settle(world)
        await trio.sleep(1)


async def finish_shift(world: SimShop) -> None:
    """After a cut while the register did something that is no sale: the till finds out by itself."""
    await sign_in(world)
    await trio.sleep(200)
