"""The first page's figures: money and receipts, people who entered, and how each store is."""

from __future__ import annotations

from dataclasses import replace

from cloud_api.answers import Figures, StoreFigures
from cloud_api.desk.entered import entered_of
from cloud_api.desk.fleet import FleetAnswer, fleet
from cloud_api.figures import figures_today
from cloud_api.settings import Settings
from cloud_api.storage.storage import Reading
from cloud_api.visitor_figures import visitors_of


async def overview(
    storage: Reading, settings: Settings, *, now_ms: int, stores: frozenset[str] | None = None
) -> Figures:
    """`stores`: of these only; None: of the whole chain."""
    figures = await figures_today(storage, settings, now_ms=now_ms, stores=stores)
    devices = await fleet(storage, now_ms=now_ms, silent_after_s=settings.silent_after_s, stores=stores)
    conversions: dict[str, int | None] = {}
    entered = None
    if figures.ever_seen:
        told = await visitors_of(storage, settings, None, now_ms=now_ms, stores=stores)
        counted = {store.store: entered_of([store]) for store in told.stores}
        conversions = {store: one.conversion for store, one in counted.items() if one is not None}
        entered = entered_of(told.stores)
    shops = [
        _with_health(shop, [one for one in devices if one.device.store == shop.store], conversions.get(shop.store))
        for shop in figures.stores
    ]
    return replace(figures, stores=shops, entered=entered)


def _with_health(shop: StoreFigures, devices: list[FleetAnswer], conversion: int | None) -> StoreFigures:
    """A silent shop's queue grows where nobody sees it: HQ does not claim what it cannot know."""
    told = [one.health.waiting for one in devices if one.health is not None and not one.device.revoked]
    alarms = list(dict.fromkeys(alarm.code for one in devices for alarm in one.alarms))
    return replace(shop, conversion=conversion, queue=sum(told) if told and not shop.silent else None, alarms=alarms)
