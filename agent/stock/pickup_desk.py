"""Goods kept for orders: promised by one decision of the shop's one writer, given back, or taken by the sale that ends.

    reserve    look and commit within one turn: no till, kiosk or other order promises the same piece between
    bind       the order is rung up: its hold counts for what the basket does not have yet
    release    the order was called off
    tidy       writes down what everybody can read already: the hour passed, or the sale took the goods. An hour that
               passed is written once it has been over for long: a clock that is set at the start brings the order back

An order that is asked for twice is kept once: its lines are named (order, line), and the same ones change nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import anyio
import msgspec

from agent.clock import Clock
from agent.stock.reservations import Reservations
from agent.stock.stock_refused import StockRefused
from fiscal.pickup import (
    HOUR_MS,
    MOST_HOURS,
    Hold,
    HoldState,
    PickupBound,
    PickupEnded,
    PickupEvent,
    PickupHeld,
    PickupLine,
    PickupReleased,
    SaleFate,
    shorts,
    standing,
)
from sync.store import stock_journal as kept
from sync.store.batch import Batch, Command, Outgoing, Setting
from sync.store.store import Store
from sync.wire import facts

SALES = "sales"
MOST_LINES = 200
OVER_FOR_S = 3600.0
"""Of the agent's own running, not of the clock's: a machine's clock that woke up wrong has been set by then."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is kept for an order, as it stands now. `uncovered`: the shop does not have all of it any more."""

    order: str
    lines: tuple[Hold, ...]
    state: HoldState
    until_ms: int
    sale: str
    uncovered: bool = False


class PickupDesk:
    """One for the shop; tills, kiosks, the stock page and HQ's commands share it. `watchers` as the stock desk's."""

    def __init__(self, store: Store, clock: Clock, reservations: Reservations) -> None:
        self.watchers: list[Callable[[], None]] = []
        self._store = store
        self._clock = clock
        self._reservations = reservations
        self._over_since: dict[str, float] = {}

    def order(self, order: str) -> Order | None:
        lines = self._store.holds_of(order)
        return self._standing([lines])[0] if lines else None

    def standing(self) -> list[Order]:
        """The orders whose holds stand, soonest to expire first."""
        return [one for one in self._orders() if one.state is HoldState.HELD]

    async def reserve(
        self,
        order: str,
        lines: Iterable[PickupLine],
        hours: int,
        by: str,
        *,
        command: Command | None = None,
        settings: tuple[Setting, ...] = (),
    ) -> Order:
        """Keeps all of it or nothing. Raises StockRefused: `stock_short` names the first product that is not there,
        `pickup_other_lines` an order that is kept already with other lines. `settings` go into the same commit."""
        wanted = tuple(lines)
        if not order or not wanted or len({line.line for line in wanted}) < len(wanted):
            raise StockRefused("pickup_empty")
        if len(wanted) > MOST_LINES or any(line.thousandths <= 0 for line in wanted):
            raise StockRefused("pickup_empty")
        if not 0 < hours <= MOST_HOURS:
            raise StockRefused("pickup_hours", most=MOST_HOURS)
        async with self._reservations.turn:
            before = self.order(order)
            if before is not None and before.state is HoldState.HELD:
                if {(one.line, one.sku, one.thousandths) for one in before.lines} != {
                    (one.line, one.sku, one.thousandths) for one in wanted
                }:
                    raise StockRefused("pickup_other_lines", order=order)
                if command is not None or settings:
                    await self._store.commit(Batch(command=command, settings=settings))
                return before
            if before is not None:
                raise StockRefused(f"pickup_{before.state.value}", order=order)
            missing = shorts(wanted, self._reservations.left_thousandths)
            if missing:
                short = missing[0]
                raise StockRefused("stock_short", name=short.name, left=short.left_thousandths)
            now = self._clock.now_ms()
            until = now + hours * HOUR_MS
            held = PickupHeld(order, wanted, until, by, now)
            rows = tuple(Hold(order, one.line, one.sku, one.name, one.thousandths, now, until) for one in wanted)
            await self._commit(held, rows, HoldState.HELD.value, by=by, command=command, settings=settings)
        return self._standing([list(rows)])[0]

    async def release(
        self, order: str, by: str, why: str, *, command: Command | None = None, settings: tuple[Setting, ...] = ()
    ) -> None:
        """The order was called off. Raises StockRefused where nothing is kept for it, or it is being rung up."""
        async with self._reservations.turn:
            found = self.free(order)
            event = PickupReleased(order, by, why, self._clock.now_ms())
            rows = tuple(replace(one, state=HoldState.RELEASED.value) for one in found.lines)
            await self._commit(
                event, rows, HoldState.RELEASED.value, by=by, why=why, command=command, settings=settings
            )

    def free(self, order: str) -> Order:
        """What is kept for somebody who has come for it. Raises StockRefused: unknown, over, or at another till."""
        found = self._held(order)
        if found.sale and self._reservations.fate(found.sale) is SaleFate.OPEN:
            raise StockRefused("pickup_at_till", order=order)
        return found

    def bound(self, found: Order, sale: str, by: str, till: str) -> Batch:
        """What the sale that rings it up keeps in the commit of its lines."""
        event = PickupBound(found.order, sale, by, self._clock.now_ms())
        rows = tuple(replace(one, sale=sale) for one in found.lines)
        return Batch(entries=(kept.pickup_entry(event, till),), holds=rows)

    async def tidy(self) -> int:
        """How many orders were over and are written down as such; nothing that is read changes by it."""
        ended = 0
        orders, running_s = self._orders(), anyio.current_time()
        over = [one.order for one in orders if one.state is HoldState.EXPIRED]
        self._over_since = {order: self._over_since.get(order, running_s) for order in over}
        for found in orders:
            if found.state not in (HoldState.EXPIRED, HoldState.TAKEN):
                continue
            if running_s - self._over_since.get(found.order, -OVER_FOR_S) < OVER_FOR_S:
                continue
            async with self._reservations.turn:
                again = self.order(found.order)
                if again is None or again.state is HoldState.HELD:
                    continue  # given back and asked for anew meanwhile
                event = PickupEnded(found.order, again.state.value, self._clock.now_ms())
                rows = tuple(replace(one, state=again.state.value) for one in again.lines)
                await self._commit(event, rows, again.state.value)
                ended += 1
        return ended

    def _held(self, order: str) -> Order:
        found = self.order(order)
        if found is None:
            raise StockRefused("pickup_unknown", order=order)
        if found.state is not HoldState.HELD:
            raise StockRefused(f"pickup_{found.state.value}", order=order)
        return found

    def _orders(self) -> list[Order]:
        by_order: dict[str, list[Hold]] = {}
        for hold in self._store.holds():
            by_order.setdefault(hold.order, []).append(hold)
        return self._standing(list(by_order.values()))

    def _standing(self, orders: list[list[Hold]]) -> list[Order]:
        """Each order by its lines. What lies open is looked at once, and each product once, for all of them."""
        open_sales, now = self._reservations.open_sales(), self._clock.now_ms()
        found = []
        for lines in orders:
            first = lines[0]
            fate = self._reservations.fate(first.sale, open_sales) if first.sale else SaleFate.GIVEN_UP
            sale = first.sale if fate is not SaleFate.GIVEN_UP else ""
            found.append(Order(first.order, tuple(lines), standing(first, fate, now), first.until_ms, sale))
        held = {line.sku for one in found if one.state is HoldState.HELD for line in one.lines}
        balances = self._reservations.balances(held, open_sales)
        short = {sku for sku, balance in balances.items() if (balance.left or 0) < 0}
        return [
            replace(one, uncovered=one.state is HoldState.HELD and any(line.sku in short for line in one.lines))
            for one in found
        ]

    async def _commit(
        self,
        event: PickupEvent,
        rows: tuple[Hold, ...],
        state: str,
        *,
        by: str = "",
        why: str = "",
        command: Command | None = None,
        settings: tuple[Setting, ...] = (),
    ) -> None:
        fact = facts.Pickup(
            event.order, state, event.at_ms, rows[0].until_ms,
            [facts.PickupLine(one.line, one.sku, one.thousandths) for one in rows], by, why, rows[0].sale,
        )  # fmt: skip
        out = Outgoing(SALES, f"pickup/{event.order}/{state}", "pickup", 1, msgspec.json.encode(fact))
        entries = (kept.pickup_entry(event),)
        with anyio.CancelScope(shield=True):
            await self._store.commit(
                Batch(entries=entries, command=command, holds=rows, settings=settings, outgoing=(out,))
            )
        self.changed()

    def changed(self) -> None:
        for watcher in self.watchers:
            watcher()
