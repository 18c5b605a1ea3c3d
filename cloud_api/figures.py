"""Today's figures: money, receipts and refunds by hour, store, till and means, in the shop's zone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from zoneinfo import ZoneInfo

from cloud_api.answers import Figures, Hour, MeansSum, StoreFigures, TillFigures, Waiting
from cloud_api.settings import Settings
from cloud_api.storage.storage import Reading
from cloud_api.store import readings
from cloud_api.store.readings import ALL_SHOPS
from cloud_api.store.seen import Seen

HOUR_MS = 3_600_000
_SALE_PAID = (
    "FROM sale s JOIN sale_payment p "
    "ON p.store=s.store AND p.device=s.device AND p.epoch=s.epoch AND p.seq=s.seq AND p.day=s.day"
)


def day_bounds(day: dt.date, zone: ZoneInfo) -> tuple[int, int]:
    """First and past-the-last millisecond of a local day (23 or 25 hours long when the clocks change)."""
    return _midnight_ms(day, zone), _midnight_ms(day + dt.timedelta(days=1), zone)


def _midnight_ms(day: dt.date, zone: ZoneInfo) -> int:
    return int(dt.datetime.combine(day, dt.time(), zone).timestamp()) * 1000


def rounded_share(sum_minor: int, parts: int) -> int:
    """sum / parts to the nearest minor unit, halves away from zero; 0 for no parts."""
    if parts <= 0:
        return 0
    whole = (2 * abs(sum_minor) + parts) // (2 * parts)
    return -whole if sum_minor < 0 else whole


async def figures_today(
    storage: Reading, settings: Settings, *, now_ms: int, stores: frozenset[str] | None = None
) -> Figures:
    """`stores`: of these only; None: of the whole chain."""
    seen = Seen(storage, stores)
    zone = ZoneInfo(settings.zone)
    today = dt.datetime.fromtimestamp(now_ms / 1000, zone).date()
    start, end = day_bounds(today, zone)
    before, before_end = day_bounds(today - dt.timedelta(days=7), zone)
    net, receipts, refunds, refunds_sum = await _totals(seen, start, end)
    past_net, past_receipts, _, _ = await _totals(seen, before, before + now_ms - start)
    means = [
        MeansSum(name, total, count)
        for name, total, count in await storage.rows(
            f"SELECT p.means, sum(p.net), count(*) {_SALE_PAID} "
            f"WHERE s.closed_ms >= ? AND s.closed_ms < ? AND p.net <> 0{seen.only('s.store')} "
            "GROUP BY 1 ORDER BY 2 DESC",
            (start, end, *seen.values),
        )
    ]
    waiting = await _waiting(seen)
    shops = await _stores(seen, settings, waiting, start, end, now_ms)
    return Figures(
        day=today.isoformat(),
        zone=settings.zone,
        currency=settings.currency,
        now_ms=now_ms,
        ever_sold=await storage.row(f"{ALL_SHOPS} SELECT 1 FROM sale LIMIT 1") is not None,
        ever_seen=await _ever_seen(storage),
        sum=net,
        receipts=receipts,
        refunds=refunds,
        refunds_sum=refunds_sum,
        average=rounded_share(net, receipts),
        week_ago_sum=past_net,
        week_ago_receipts=past_receipts,
        hours=await _hours(seen, start, end, zone),
        week_ago=await _hours(seen, before, before_end, zone),
        means=means,
        stores=shops,
        waiting=Waiting(*(sum(counts) for counts in zip(*waiting.values(), strict=True)))
        if waiting
        else Waiting(0, 0, 0),
    )


async def _ever_seen(storage: Reading) -> bool:
    for table in ("visit_hour", "visit", "dropped_range"):
        if await storage.row(f"{ALL_SHOPS} SELECT 1 FROM {table} LIMIT 1") is not None:
            return True
    return False


async def _totals(seen: Seen, start: int, end: int) -> tuple[int, int, int, int]:
    """Net sum, receipts (sales that stand), refunds, their sum."""
    found = await seen.storage.row(
        f"{ALL_SHOPS} "
        "SELECT coalesce(sum(net), 0), count(*) FILTER (WHERE act='sale' AND state<>'voided_after_payment'), "
        "count(*) FILTER (WHERE act='refund'), coalesce(-sum(net) FILTER (WHERE act='refund'), 0) "
        f"FROM sale WHERE closed_ms >= ? AND closed_ms < ?{seen.only()}",
        (start, end, *seen.values),
    )
    values = (0, 0, 0, 0) if found is None else tuple(value for value in found)
    return values[0], values[1], values[2], values[3]


async def _hours(seen: Seen, start: int, end: int, zone: ZoneInfo) -> list[Hour]:
    """Hours with sales, in order; the hour's number is the shop's clock."""
    paid: dict[int, list[MeansSum]] = defaultdict(list)
    for place, name, total, count in await seen.storage.rows(
        f"SELECT (s.closed_ms - ?) / 3600000, p.means, sum(p.net), count(*) {_SALE_PAID} "
        f"WHERE s.closed_ms >= ? AND s.closed_ms < ? AND p.net <> 0{seen.only('s.store')} GROUP BY 1, 2",
        (start, start, end, *seen.values),
    ):
        paid[place].append(MeansSum(name, total, count))
    hours = []
    for place, total, count in await seen.storage.rows(
        f"{ALL_SHOPS} "
        "SELECT (closed_ms - ?) / 3600000, sum(net), count(*) FILTER (WHERE act='sale' AND net<>0) FROM sale "
        f"WHERE closed_ms >= ? AND closed_ms < ?{seen.only()} GROUP BY 1 ORDER BY 1",
        (start, start, end, *seen.values),
    ):
        moment = start + place * HOUR_MS
        clock = dt.datetime.fromtimestamp(moment / 1000, zone).hour
        hours.append(Hour(clock, moment, total, count, paid[place]))
    return hours


async def _waiting(seen: Seen) -> dict[str, list[int]]:
    """Debts, unresolved sales and quarantined items of each store."""
    waiting: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for place, table in enumerate(("debt WHERE 1=1", "sale WHERE unresolved=1", "quarantine WHERE 1=1")):
        for store, count in await seen.storage.rows(
            f"{ALL_SHOPS} SELECT store, count(*) FROM {table}{seen.only()} GROUP BY store", seen.values
        ):
            waiting[store][place] = count
    return waiting


async def _stores(
    seen: Seen, settings: Settings, waiting: dict[str, list[int]], start: int, end: int, now_ms: int
) -> list[StoreFigures]:
    sums: dict[str, tuple[int, int, int]] = {
        device: (total, count, last)
        for device, total, count, last in await seen.storage.rows(
            f"{ALL_SHOPS} "
            "SELECT device, sum(net), count(*) FILTER (WHERE act='sale' AND state<>'voided_after_payment'), "
            f"max(closed_ms) FROM sale WHERE closed_ms >= ? AND closed_ms < ?{seen.only()} GROUP BY 1",
            (start, end, *seen.values),
        )
    }
    tills: dict[str, list[TillFigures]] = defaultdict(list)
    last_sale: dict[str, int] = {}
    for device in await readings.devices(seen.storage, now_ms=now_ms, silent_after_s=settings.silent_after_s):
        if seen.stores is not None and device.store not in seen.stores:
            continue
        total, count, last = sums.get(device.device, (0, 0, 0))
        if device.revoked and not count:
            continue
        till = TillFigures(device.device, device.till, total, count, device.seen_ms, device.silent)
        tills[device.store].append(till)
        last_sale[device.store] = max(last_sale.get(device.store, 0), last)
    stores = []
    for store, rows in tills.items():
        heard = [till.seen_ms for till in rows if till.seen_ms is not None]
        stores.append(
            StoreFigures(
                store=store,
                sum=sum(till.sum for till in rows),
                receipts=sum(till.receipts for till in rows),
                seen_ms=max(heard, default=None),
                silent=bool(heard) and all(till.silent for till in rows if till.seen_ms is not None),
                last_sale_ms=last_sale[store] or None,
                waiting=Waiting(*waiting.get(store, (0, 0, 0))),
                tills=rows,
            )
        )
    return sorted(stores, key=lambda store: (-store.sum, store.store))
