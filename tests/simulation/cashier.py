"""One cashier of a simulated day: reads nothing but the till's screen, and does what a person would do next.

Every goal is pursued from whatever the screen shows, so the same hands go on after a power cut, a lost answer or a
shopper who waits. What happened to the money is known to nobody here: a decision asks the honest person.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import trio

from agent.view import Note, TillView
from tests.simulation.goals import Attitude, Goal
from tests.simulation.hands import Hands, OutOfOrder
from tests.simulation.points import PowerCut
from tests.simulation.trading import FLOAT_MINOR, TENDER_TRIES, Serving, Trading
from tests.simulation.world import SimShop

GIVES_UP_S = 2400.0
"""Longer than any shopper waits, and than the fifteen minutes after which a supervisor is asked."""
END_OF_DAY_OPEN = "zvt.status.F0"  # takes no card until its end of day, which is made with the shift's


class Gone(Exception):
    """This till sells nothing more today: its register is another one."""


class Cashier:
    """`person` signs in; `begun` hears of each goal as it starts."""

    def __init__(self, world: SimShop, till: str, person: str, rng: random.Random) -> None:
        self.world = world
        self.till = till
        self.hands = Hands(world, till, rng)
        self.begun: Callable[[Goal], None] = lambda goal: None
        self.ended: Callable[[Goal], None] = lambda goal: None
        self.said: list[str] = []
        self.sold: list[str] = []
        """Numbers of this till's receipts, for refunds."""
        self.gone = False
        self._terminal_wants_its_end_of_day = False
        self.person = person
        self._pin = {"sue": "2222", "ann": "1111"}[person]
        self._rng = rng
        self._stirred = trio.Event()
        self._trading = Trading(self, rng)

    # Life

    def stir(self) -> None:
        """The screen changed."""
        self._stirred.set()

    async def work(self, goals: list[Goal]) -> None:
        """The whole day."""
        try:
            for goal in goals:
                await trio.sleep(goal.pause_s)
                self.begun(goal)
                await self.pursue(goal)
                self.ended(goal)
                if self._terminal_wants_its_end_of_day:
                    self._terminal_wants_its_end_of_day = False
                    await self.pursue(Goal("close"))
                    await self.pursue(Goal("open"))
        except Gone:
            self.gone = True

    async def finish(self) -> None:
        """The end of the day: nothing stays parked that can be ended, then the shift is closed."""
        if self.gone:
            return
        try:
            await self.tidy_up()
            await self.pursue(Goal("close"))
        except Gone:
            self.gone = True

    async def pursue(self, goal: Goal) -> None:
        serving = Serving(goal, trio.current_time(), means=goal.means, codes=list(goal.codes))
        ways = {
            "sale": self._trading.sell,
            "refund": self._trading.refund,
            "open": self._open,
            "close": self._close,
            "cash_in": self._move_cash,
            "cash_out": self._move_cash,
            "x": self._report,
            "pause": self._pause,
        }
        while True:
            try:
                view = await self.look()
                if await self._usual(view, serving):
                    continue
                if await ways[goal.kind](view, serving):
                    return
            except PowerCut:
                continue  # the agent died under the hands: go on from what the screen will show
            except OutOfOrder:
                await self._abandon()
                return
            if trio.current_time() - serving.since_s > GIVES_UP_S:
                await self._abandon()
                return

    async def look(self) -> TillView:
        """The screen, once there is one."""
        while self.world.shop is None or self.world.shop.tills[self.till].tasks is None:  # noqa: ASYNC110 - as a person looks
            await trio.sleep(1)
        return self.world.view(self.till)

    async def moment(self, within_s: float) -> None:
        """Until the screen changes, at most so long."""
        self._stirred = trio.Event()
        with trio.move_on_after(within_s):
            await self._stirred.wait()
        await trio.sleep(0.01)

    async def do(self, what: str, **args: Any) -> Note | None:
        if self.world.shop is None:
            raise PowerCut
        note = await self.world.do(what, self.till, **args)
        if note is not None:
            self.said.append(note.code)
        return note

    # What any goal may meet

    async def _usual(self, view: TillView, serving: Serving) -> bool:
        """True: the screen wanted something else first."""
        if view.receipt is not None:
            self._keep_number(view)
        if view.screen == "stopped":
            assert view.stop is not None
            if view.stop.code == "other_register":
                raise Gone
            await self.moment(10)
        elif view.screen == "locked":
            await self.do("sign_in", cashier=self.person, pin=self._pin)
        elif view.screen == "case":
            await self.hands.case(self, view, serving.goal.attitude)
        elif view.screen == "card":
            await self._watch_card(view, serving)
        elif view.screen == "working":
            await self.hands.mend_register(view)
            await self.moment(5)
        elif view.trouble is not None:
            await self._trouble(view, view.trouble, serving)
        elif view.screen == "shift_closed" and serving.goal.kind not in ("close", "pause", "open", "leave"):
            await self._open_shift()
        else:
            return False
        return True

    def _keep_number(self, view: TillView) -> None:
        receipt = view.receipt
        assert receipt is not None
        if receipt.act == "sale" and receipt.number not in self.sold:
            self.sold.append(receipt.number)

    async def _watch_card(self, view: TillView, serving: Serving) -> None:
        stop_s = serving.goal.stop_card_s
        if (
            stop_s is not None
            and not serving.stopped
            and view.card_progress
            and view.card_progress.code != "card_preflight"
        ):
            serving.stopped = True
            await trio.sleep(stop_s)
            await self.do("stop_card")
        await self.moment(5)

    async def _trouble(self, view: TillView, trouble: Note, serving: Serving) -> None:
        """Nothing was charged; the screen says what to mend."""
        serving.troubles += 1
        if (
            trouble.code in ("terminal_away", "terminal_not_ready", "terminal_held")
            and serving.troubles >= TENDER_TRIES
        ):
            serving.means = "cash"
        self._terminal_wants_its_end_of_day |= trouble.params.get("reason") == END_OF_DAY_OPEN
        await self.do("back")  # the trouble has been read
        if trouble.code in ("shift_too_old", "shift_closed"):
            await self._new_shift()
        else:
            await self.hands.mend(trouble)

    async def _new_shift(self) -> None:
        await self.do("close_shift")
        await self._open_shift()

    async def _open_shift(self) -> None:
        note = await self.do("open_shift", float_minor=FLOAT_MINOR)
        if note is not None:
            await self.hands.mend(note)

    # Goals

    async def _open(self, view: TillView, serving: Serving) -> bool:
        if view.shift.open:
            return True
        await self._open_shift()
        return False

    async def _close(self, view: TillView, serving: Serving) -> bool:
        if not view.shift.open:
            return True
        if view.screen == "receipt":
            await self.do("new_sale")
            return False
        note = await self.do("close_shift")
        if note is None:
            return False
        serving.troubles += 1
        if note.code == "busy":
            await self.leave(view)
        await self.hands.mend(note)
        return serving.troubles > 60

    async def _move_cash(self, view: TillView, serving: Serving) -> bool:
        note = await self.do(serving.goal.kind, sum_minor=serving.goal.sum_minor, reason="bank")
        if note is None or note.code in ("shift_unknown", "no_cash_in_drawer", "register_away"):
            return True  # done, or it will be known later: nobody pays it in twice
        if note.code == "busy":
            await self.leave(view)
        serving.troubles += 1
        await self.hands.mend(note)
        return serving.troubles > 10

    async def _report(self, view: TillView, serving: Serving) -> bool:
        await self.do("x_report")
        return True

    async def _pause(self, view: TillView, serving: Serving) -> bool:
        await trio.sleep(serving.goal.sum_minor or 60)
        return True

    # Ending what stands on the counter

    async def leave(self, view: TillView) -> None:
        """One step towards an empty counter."""
        sale = view.sale
        if sale is None:
            await self.do("new_sale")
        elif sale.act == "refund" or sale.phase != "basket" or view.screen == "cash":
            await self.do("back")
            await self.moment(3)
        elif sale.lines:
            await self.do("remove", line=sale.lines[-1].id)
        else:
            await self.do("park")  # an empty one ends by that

    async def _abandon(self) -> None:
        """The shopper has gone: whatever stands on the counter is ended or left to the devices."""
        serving = Serving(Goal("leave", attitude=Attitude.OWE), trio.current_time())
        for _ in range(200):
            try:
                view = await self.look()
                if await self._usual(view, serving):
                    continue
                if view.sale is None:
                    return
                await self.leave(view)
                await trio.sleep(1)
            except (PowerCut, OutOfOrder):
                await trio.sleep(5)

    async def tidy_up(self) -> None:
        """Before the shift closes: nothing stays parked that can be ended."""
        await self._abandon()
        for _ in range(20):
            try:
                view = await self.look()
                if not view.parked:
                    return
                if await self.do("bring_back", sale=view.parked[0].sale) is not None:
                    await self.moment(20)
            except PowerCut:
                continue
            await self._abandon()
