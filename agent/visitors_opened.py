"""Opens what the shop remembers of its visitors, by section [visitors] of the settings. The till sells anyway."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.clock import Clock
from agent.complaint import complain
from agent.key_file import keys_beside
from agent.offers_file import OffersWrong, read_offers
from agent.settings import Settings, VisitorsConfig
from agent.visitors.gallery import template_key
from agent.visitors.offers import Offer, Offers
from agent.visitors.visitors import VisitorRules, Visitors
from sensors.camera_messages import Rules
from sensors.visits.settings import VisitSettings
from sync.store.failures import StoreError
from sync.store.store import Store
from sync.visitor_store.visitor_store import open_visitors


@asynccontextmanager
async def opened_visitors(
    settings: Settings,
    store: Store,
    clock: Clock,
    rng: random.Random,
    told_offers: Callable[[], Sequence[Offer]] = tuple,
) -> AsyncIterator[Visitors | None]:
    """None: there are no sensors, or their memory cannot be used, which is said on standard error. `told_offers`: HQ's,
    after the shop's own."""
    told = settings.visitors
    async with AsyncExitStack() as stack:
        visitors = None
        if told is not None:
            try:
                key = template_key(keys_beside(settings.directory))
                kept = await stack.enter_async_context(
                    open_visitors(
                        settings.directory,
                        device=store.device,
                        now_ms=clock.now_ms,
                        short=lambda: store.crowded() or not store.room(),
                    )
                )
            except StoreError as refused:
                complain(refused)
            else:
                rules, seeded = visitor_rules(settings, told), random.Random(rng.getrandbits(64))
                visitors = Visitors(
                    rules, kept, store, clock, key, os.urandom, seeded, _offers(told.offers, told_offers)
                )
        yield visitors


def visitor_rules(settings: Settings, told: VisitorsConfig) -> VisitorRules:
    """What the section says, in the words of the visitors' room."""
    visits = VisitSettings(
        enter_dbm=told.enter_dbm,
        gap_s=told.gap_s,
        stay_least_s=told.stay_least_s,
        staff_keys=frozenset(told.staff_keys),
        staff_zones=frozenset(told.staff_zones),
        zone=ZoneInfo(settings.zone),
    )
    rules = Rules(told.country, told.accreditation, told.zone_is_trigger)
    return VisitorRules(rules, told.controller, told.sockets, visits, settings.zone, settings.hq is not None, told.door)


def _offers(file: Path | None, told: Callable[[], Sequence[Offer]]) -> Offers:
    if file is None:
        return Offers(told=told)
    try:
        return Offers(read_offers(file).all, told)
    except OffersWrong as wrong:
        complain(wrong)
        return Offers(told=told)
