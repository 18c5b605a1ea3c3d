"""Checks days that have news, a shop's day at a time and beside the taking of batches, and keeps what was found.

A batch only moves a counter (days_told.py). A round takes the days whose counter went on since they were checked, reads
each whole, and writes what it found in one small transaction; if another HQ has checked the day meanwhile, it writes
nothing. A finding that is no longer there is marked as gone and keeps what was said of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import anyio

from cloud_api.findings.day_reading import GLOBAL, read_day
from cloud_api.findings.finding import Finding, Rule
from cloud_api.findings.rules import findings_of
from cloud_api.findings.slips_unasked import slips_unasked
from cloud_api.findings.unknown_storages import unknown_storages
from cloud_api.storage.storage import Storage, StorageBusy, Transaction

LOOK_EVERY_S = 20.0  # one small question where nothing is new
OF_NO_DAY_EVERY_S = 600.0  # reads all slips that ever went from shop to shop
AGAIN_AFTER_MS = 60_000  # a day that goes on has news with every batch: once a minute is soon enough for a person
REFUND_AGAIN_MS = 3_600_000  # the sale of a refund may arrive under another device, which marks no day of the refund
REFUND_WITHIN_MS = 30 * 86_400_000
DAYS_A_ROUND = 50
REST = 3.0  # after a day's check HQ does other things for three times as long: a third of one core at most

log = logging.getLogger(__name__)

_KEPT = (
    "INSERT INTO finding(store, id, rule, day, device, till, subject, at_ms, amount, facts, digest, found_ms, gone_ms, "
    "explained_ms, explained_by, explained, explained_digest) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,NULL,NULL,'','','') "
    "ON CONFLICT(store, id) DO UPDATE SET day=excluded.day, device=excluded.device, till=excluded.till, "
    "at_ms=excluded.at_ms, amount=excluded.amount, facts=excluded.facts, digest=excluded.digest, gone_ms=NULL"
)


async def keep_checked(storage: Storage, now_ms: Callable[[], int]) -> None:
    """Until cancelled."""
    looked_at = -OF_NO_DAY_EVERY_S
    while True:
        try:
            if anyio.current_time() - looked_at >= OF_NO_DAY_EVERY_S:
                await check_of_no_day(storage, now_ms=now_ms())
                looked_at = anyio.current_time()
            days = await due(storage, now_ms=now_ms())
        except StorageBusy as busy:
            days = []
            log.warning("findings wait: %s", busy)
        for store, day in days:
            begun = anyio.current_time()
            try:
                await check_day(storage, store, day, now_ms=now_ms())
            except StorageBusy as busy:  # such as a day too large for the time a statement has: the others go on
                log.warning("findings of %s on %s wait: %s", store, day, busy)
            await anyio.sleep((anyio.current_time() - begun) * REST)
        await anyio.sleep(LOOK_EVERY_S)


async def due(storage: Storage, *, now_ms: int, again_after_ms: int = AGAIN_AFTER_MS) -> list[tuple[str, int]]:
    """Shops and days to check, those that were checked longest ago first. A day that was checked at a moment that has
    not come yet was checked by a clock that was set right since: it says nothing of how long ago that is."""
    news = await storage.rows(
        f"{GLOBAL} SELECT store, day, min(checked_ms) FROM day_told WHERE told > checked "
        "AND (checked_ms <= ? OR checked_ms > ?) GROUP BY store, day ORDER BY 3, 1, 2 LIMIT ?",
        (now_ms - again_after_ms, now_ms, DAYS_A_ROUND),
    )
    refunds = await storage.rows(
        f"{GLOBAL} SELECT DISTINCT f.store, f.day FROM finding f JOIN day_told d ON d.store=f.store AND d.day=f.day "
        "WHERE f.gone_ms IS NULL AND f.at_ms > ? AND f.rule=? AND (d.checked_ms <= ? OR d.checked_ms > ?) "
        "LIMIT ?",
        (now_ms - REFUND_WITHIN_MS, Rule.REFUND_WITHOUT_SALE.value, now_ms - REFUND_AGAIN_MS, now_ms, DAYS_A_ROUND),
    )
    return list(dict.fromkeys((row[0], row[1]) for row in [*news, *refunds]))


async def check_all(storage: Storage, *, now_ms: int) -> int:
    """Every day with news now, however lately it was checked; how many days."""
    checked = 0
    while days := await due(storage, now_ms=now_ms, again_after_ms=0):
        for store, day in days:
            await check_day(storage, store, day, now_ms=now_ms)
        checked += len(days)
        if len(days) < DAYS_A_ROUND:
            break
    return checked


async def check_day(storage: Storage, store: str, day: int, *, now_ms: int) -> list[Finding]:
    """What does not fit in a shop's day, now also kept."""
    marks = await _marks(storage, store, day)
    found = findings_of(await read_day(storage, store, day))
    async with storage.transaction(store) as transaction:
        now = {row[:2]: row[3] for row in await _marks(transaction, store, day, transaction.dialect.locked)}
        if any(now.get(row[:2]) != row[3] for row in marks):
            return found  # another HQ was here: the next round looks again if there is news
        await keep(transaction, store, day, found, now_ms=now_ms)
        await transaction.write_many(
            "UPDATE day_told SET checked=?, checked_ms=? WHERE store=? AND device=? AND epoch=? AND day=?",
            [(told, now_ms, store, device, epoch, day) for device, epoch, told, _ in marks],
        )
    return found


async def _marks(
    storage: Storage | Transaction, store: str, day: int, locked: str = ""
) -> list[tuple[str, int, int, int]]:
    rows = await storage.rows(
        f"SELECT device, epoch, told, checked FROM day_told WHERE store=? AND day=? ORDER BY device, epoch{locked}",
        (store, day),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


async def keep(transaction: Transaction, store: str, day: int, found: list[Finding], *, now_ms: int) -> None:
    """Writes the findings of a shop's day; those it had before and has no more are gone."""
    there = {one.id for one in found}
    before = await transaction.rows("SELECT id FROM finding WHERE store=? AND day=? AND gone_ms IS NULL", (store, day))
    await transaction.write_many(
        "UPDATE finding SET gone_ms=? WHERE store=? AND id=?",
        [(now_ms, store, row[0]) for row in before if row[0] not in there],
    )
    await transaction.write_many(
        _KEPT,
        [
            (store, one.id, one.rule.value, one.day, one.device, one.till, one.subject, one.at_ms or now_ms, one.amount,
             one.facts, one.digest, now_ms)
            for one in found
        ],
    )  # fmt: skip


async def check_of_no_day(storage: Storage, *, now_ms: int) -> None:
    """What is of no shop, so of no shop's day. Only what has changed is written."""
    found = [*await unknown_storages(storage), *await slips_unasked(storage)]
    before = await storage.rows("SELECT id, digest FROM finding WHERE store=? AND day=? AND gone_ms IS NULL", ("", 0))
    if {(row[0], row[1]) for row in before} == {(one.id, one.digest) for one in found}:
        return
    async with storage.transaction("") as transaction:
        await keep(transaction, "", 0, found, now_ms=now_ms)
