"""A restored box's desk, put together: its registers, and what HQ's copies are told again with."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx

from agent.clock import Clock
from agent.restore.restore_desk import Place, RestoreDesk
from agent.restore.told_facts import ToldFacts
from agent.restore.told_sale import Retelling
from agent.settings import Settings
from agent.till.till import Till
from fiscal.product import Product
from fiscal.regimes.profile import Profile
from sync.copies_reader import CopiesReader
from sync.store.catalogue import Catalogue
from sync.store.store import Store


def wire_restore(
    settings: Settings,
    store: Store,
    clock: Clock,
    catalogue: Callable[[], Catalogue | None],
    profile: Callable[[], Profile],
    places: list[Till],
) -> RestoreDesk:
    """Each of `places` is told of it; in a shop that was never restored it holds nothing back."""
    by_id = {till.settings.id: till for till in places}

    def product(sku: str) -> Product | None:
        known = catalogue()
        return known.product(sku) if known is not None else None

    def retelling(till: str) -> Retelling:
        found = by_id.get(till)
        terminal = next(iter(found.devices.cards), "") if found is not None else ""
        return Retelling(terminal, product, profile())

    registers = {id: till.devices.register.port.id for id, till in by_id.items()}
    attended = {till.id for till in settings.tills}
    desks = {id: Place(till.devices.register, id in attended) for id, till in by_id.items()}
    told = ToldFacts(store, retelling, registers, settings.currency)
    claims = next((till.claims for till in places if till.claims is not None), None)
    desk = RestoreDesk(store, clock, settings.zone, desks, told, profile, claims)
    for till in places:
        till.restore = desk
        desk.watchers.append(till.changed_if_shown)
    return desk


async def take_back(desk: RestoreDesk, url: str, auth: httpx.Auth | None, rng: random.Random) -> None:
    """From HQ, or in a shop without one from the register alone."""
    if auth is None:
        await desk.take_back(None, rng)
        return
    async with httpx.AsyncClient(trust_env=False) as client:
        await desk.take_back(CopiesReader(client, url, auth).fetch, rng)
