"""Orders as HQ asks for them and as the shop's staff pick them: each word is kept once, and HQ is told what came of it.

    order_wanted     kept whole: fact `pickup` held | not there, or kept otherwise: fact `order_step` refused
    order_cancelled  given back: fact `pickup` released | being rung up: `order_step` kept | never kept: cancelled
    picking, ready   said by the staff: `order_step`

A command may come again after a lost answer or a restore: an order that is kept or over is not kept anew, and one that
was refused here stays refused.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.clock import Clock
from agent.stock.pickup_desk import SALES, PickupDesk
from agent.stock.reservations import Reservations
from agent.stock.stock_refused import StockRefused
from fiscal.pickup import OrderStep, PickupLine, PickupStepped, shorts
from sync.downlink import Take
from sync.store import stock_journal as kept
from sync.store.batch import Batch, Command, Outgoing, Setting
from sync.store.catalogue import Catalogue
from sync.store.store import Store
from sync.wire import facts
from sync.wire.commands import Command as Asked
from sync.wire.commands import OrderCancelled, OrderWanted

HQ = "hq"
"""Who is named where a person would be."""
_WANTED = msgspec.json.Decoder(OrderWanted)
_CANCELLED = msgspec.json.Decoder(OrderCancelled)


class OrdersHeard:
    """The downlink's takers of orders, and the staff's words about them."""

    def __init__(
        self,
        pickups: PickupDesk,
        store: Store,
        clock: Clock,
        reservations: Reservations,
        catalogue: Callable[[], Catalogue | None] = lambda: None,
    ) -> None:
        self._pickups = pickups
        self._store = store
        self._clock = clock
        self._reservations = reservations
        self._catalogue = catalogue

    @property
    def takers(self) -> dict[str, Take]:
        return {"order_wanted": self.wanted, "order_cancelled": self.cancelled}

    def step(self, order: str) -> str:
        """What was last said of an order beside what is kept for it; "" where nothing was."""
        return next((event.step for event in reversed(self._steps(order))), "")

    async def wanted(self, command: Asked, place: Setting) -> None:
        told = _WANTED.decode(command.body)
        lines = tuple(PickupLine(line, sku, self._name(sku, name), much) for line, sku, name, much in told.lines)
        if any(event.step in (OrderStep.REFUSED.value, OrderStep.CANCELLED.value) for event in self._steps(told.order)):
            await self._store.commit(Batch(settings=(place,)))  # answered before
            return
        try:
            await self._pickups.reserve(told.order, lines, told.hours, HQ, settings=(place,))
        except StockRefused as refused:
            over = self._pickups.order(told.order)
            if over is not None and refused.code != "pickup_other_lines":
                await self._store.commit(Batch(settings=(place,)))  # taken, given back or expired: HQ has heard
                return
            why = "short" if refused.code == "stock_short" else refused.code.removeprefix("pickup_")
            missing = shorts(lines, self._reservations.left_thousandths) if why == "short" else ()
            short = [(one.sku, one.left_thousandths) for one in missing]
            await self._say(told.order, OrderStep.REFUSED, HQ, why, short=short, settings=(place,))

    async def cancelled(self, command: Asked, place: Setting) -> None:
        told = _CANCELLED.decode(command.body)
        try:
            await self._pickups.release(told.order, HQ, told.why, settings=(place,))
        except StockRefused as refused:
            if refused.code == "pickup_at_till":
                await self._say(told.order, OrderStep.KEPT, HQ, "at_till", settings=(place,))
            elif refused.code == "pickup_unknown" and not self._steps(told.order):
                await self._say(told.order, OrderStep.CANCELLED, HQ, "unknown", settings=(place,))
            else:
                await self._store.commit(Batch(settings=(place,)))  # over already: HQ has heard how

    async def said(self, order: str, step: OrderStep, by: str, command: Command) -> None:
        """Staff are at it, or the goods lie at the counter. Raises StockRefused where nothing is kept."""
        async with self._reservations.turn:
            self._pickups.free(order)
            if self.step(order) in (step.value, OrderStep.READY.value):
                await self._store.commit(Batch(command=command))
                return
            await self._say(order, step, by, command=command)

    def _name(self, sku: str, told: str) -> str:
        """As the shop's own shelves say it."""
        catalogue = self._catalogue()
        product = catalogue.product(sku) if catalogue is not None else None
        return told if product is None else product.name

    def _steps(self, order: str) -> list[PickupStepped]:
        events = kept.pickup_events(self._store.journal(f"pickup/{order}"))
        return [event for event in events if isinstance(event, PickupStepped)]

    async def _say(
        self,
        order: str,
        step: OrderStep,
        by: str,
        why: str = "",
        *,
        short: list[tuple[str, int]] | None = None,
        settings: tuple[Setting, ...] = (),
        command: Command | None = None,
    ) -> None:
        now_ms = self._clock.now_ms()
        told = facts.OrderStep(order, step.value, now_ms, by if by != HQ else "", why, short or [])
        again = sum(event.step == step.value for event in self._steps(order))
        id = f"order/{order}/{step.value}" + (f"/{again + 1}" if again else "")
        await self._store.commit(
            Batch(
                entries=(kept.pickup_entry(PickupStepped(order, step.value, by, now_ms, why)),),
                outgoing=(Outgoing(SALES, id, "order_step", 1, msgspec.json.encode(told)),),
                settings=settings,
                command=command,
            )
        )
        self._pickups.changed()
