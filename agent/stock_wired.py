"""The shop's one stock, put together: the desks, the way into them, the page's lists and what HQ says of transfers."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from agent.clock import Clock
from agent.ids import new_id
from agent.screens.stock_view import StockScreens
from agent.screens.view_builder import ShopFacts
from agent.stock.coming import TransfersHeard
from agent.stock.orders_heard import OrdersHeard
from agent.stock.pickup_desk import PickupDesk
from agent.stock.reservations import Reservations
from agent.stock.stock_desk import StockDesk
from agent.till.people import People
from agent.till.stock_commands import StockCommands
from agent.till.stock_guard import StockGuard
from agent.till.till import Till
from sync.downlink import Take
from sync.store.catalogue import Catalogue
from sync.store.store import Store

LETTERS = "bcdfghjkmnpqrstvwxz"
"""No vowels, so that no word comes of them, and nothing that is read as a digit."""
LETTERS_A_NUMBER = 3
"""After a restore a handful of numbers is given out again: one in 6,859 of them is one that was."""


@dataclass(frozen=True, slots=True)
class ShopStock:
    desk: StockDesk
    pickups: PickupDesk
    commands: StockCommands
    screens: StockScreens
    transfers: TransfersHeard
    orders: OrdersHeard

    @property
    def takers(self) -> dict[str, Take]:
        """What HQ asks of the stock."""
        return self.transfers.takers | self.orders.takers


def wire_stock(
    store: Store,
    clock: Clock,
    reservations: Reservations,
    people: People,
    catalogue: Callable[[], Catalogue | None],
    facts: ShopFacts,
    issuer: str,
    rng: random.Random,
    tills: list[Till],
    places: list[Till],
) -> ShopStock:
    """`tills` have baskets off the shelf: a kiosk's shopper, the other kind of place, has nothing in the hand."""
    desk = StockDesk(
        store, clock, reservations, lambda: list(tills), issuer, lambda: new_id(clock.now_ms(), rng),
        lambda: "".join(rng.choices(LETTERS, k=LETTERS_A_NUMBER)),
    )  # fmt: skip
    pickups = PickupDesk(store, clock, reservations)
    pickups.watchers.append(desk.changed)
    orders = OrdersHeard(pickups, store, clock, reservations, catalogue)
    commands = StockCommands(desk, pickups, orders, store, people, catalogue)
    first = places[0].settings
    screens = StockScreens(
        desk, pickups, orders, commands, store, catalogue, people, facts, clock, first.language, first.wedge
    )
    for place in places:
        place.stock = StockGuard(place.settings.id, reservations)
        place.pickups = pickups
    return ShopStock(desk, pickups, commands, screens, TransfersHeard(desk, store), orders)
