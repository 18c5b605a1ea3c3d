"""A shopper before the simulated kiosk: reads its screen, inserts what it asks for, and goes on after a power cut."""

from __future__ import annotations

from collections.abc import Callable

import trio

from agent.kiosk.kiosk import Kiosk
from agent.kiosk.view import KioskCommand, KioskView
from agent.view import Note
from tests.simulation.kiosk_plan import COINS, KIOSK, NOTES
from tests.simulation.points import PowerCut
from tests.simulation.shop_plan import PLAIN
from tests.simulation.world import SimShop

PATIENCE_S = 240.0
LOOK_S = 0.25
TRIES = 8
"""Two seconds: longer than a slot needs between two pieces, shorter than any shopper's patience."""
ENDS = frozenset({"done", "claim", "attract", "out_of_service"})


class Shopper:
    def __init__(self, world: SimShop) -> None:
        self.world = world

    @property
    def kiosk(self) -> Kiosk:
        if self.world.shop is None:
            raise PowerCut
        return self.world.shop.kiosks[KIOSK]

    def view(self) -> KioskView:
        if self.world.shop is None:
            raise PowerCut
        return self.world.shop.kiosk_builders[KIOSK].view()

    async def do(self, what: str, **args: object) -> Note | None:
        if self.world.shop is None:
            raise PowerCut
        shop = self.world.shop
        command = KioskCommand(f"{self.world.rng.getrandbits(64):016x}", self.kiosk.till.revision, what, dict(args))
        done: list[Note | None] = []
        with trio.CancelScope() as call:
            self.world.calls.add(call)
            try:
                done.append(await shop.kiosk_commands[KIOSK].carry_out(command))
            finally:
                self.world.calls.discard(call)
        if not done:
            raise PowerCut
        return done[0]

    async def until(self, wanted: Callable[[KioskView], object], within_s: float = PATIENCE_S) -> KioskView:
        """Raises AssertionError with the screen when it never comes, PowerCut when the agent dies meanwhile."""
        deadline = trio.current_time() + within_s
        while True:
            view = self.view()
            if wanted(view):
                return view
            assert trio.current_time() < deadline, f"{view.screen} {view.said} {view.trouble} {view.cash} {view.claims}"
            await trio.sleep(LOOK_S)

    # What shoppers do

    async def choose(self, goods: int = 1, card: str = "") -> None:
        """`card`: a card of the shop that is shown."""
        await self.until(lambda view: view.screen in ("attract", "browse"))
        await self.do("start")
        for code in PLAIN[:goods]:
            await self.do("scan", code=code)
        await self.do("checkout")
        if card:
            await self.do("identify", card=card)
        await self.do("receipt", way="paper")
        await self.until(lambda view: view.screen == "pay")

    async def pay_cash(self) -> None:
        await self.until(lambda view: any(one.available for one in view.tenders if one.means == "cash"))
        for _ in range(20):
            if await self.do("pay", means="cash") is None:
                break
            await trio.sleep(1)
        await self.until(lambda view: view.screen != "cash" or self._open())

    def _open(self) -> bool:
        units = [(slot, name) for slot, name, record in self.kiosk.boxes.units() if record.unit.found_as]
        takes = [(slot, name) for slot, name in units if slot.units[name].unit.found_as.takes]  # type: ignore[union-attr]
        return len(takes) == 2 and all(slot.slots[name].value == "open" for slot, name in takes)

    async def insert(self, *pieces: str) -> None:
        """One after the other, each seen on the counter; stops when the kiosk asks for no more."""
        for piece in pieces:
            view = self.view()
            if view.screen != "cash":
                return
            before = view.cash.inserted_minor if view.cash else 0
            await self._push_in(piece)
            await self.until(
                lambda view, before=before: view.screen != "cash" or (view.cash and view.cash.inserted_minor > before)
            )

    async def _push_in(self, piece: str) -> None:
        """A slot that is busy with the last piece stays shut, so it is tried again after a moment."""
        id = COINS if "coin" in piece else NOTES
        records = self.world.devices[id].ledger.records
        for _ in range(TRIES):
            before = len(records)
            await self.world.order(id, f"insert {piece}")
            if any(record["event"] == "entered" for record in records[before:]):
                return
            await trio.sleep(LOOK_S)
            if self.view().screen != "cash":
                return

    async def ended(self) -> KioskView:
        view = await self.until(lambda view: view.screen in ENDS)
        if view.screen in ("done", "claim"):
            await trio.sleep(1)
            await self.do("finish")
        return view
