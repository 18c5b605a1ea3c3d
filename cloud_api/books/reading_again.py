"""Reads sales again that HQ took before it kept channels, reasons of prices and days: from their bodies as they came.

A storage of an earlier revision has the bodies whole and lacks the rows; so does one that an older HQ went on filling
while its programs were changed one after another. The walk follows each device by its numbers, writes only what is not
there, and may be stopped and begun anew. The days it touches count as having news, so they are checked once.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from cloud_api.days_told import DaysTold, write_days
from cloud_api.projections import origin_of, reasons_of
from cloud_api.storage.storage import Row, Storage
from sync.wire.facts import LateTruth, Sale

BATCH = 500
_SALE, _LATE = msgspec.json.Decoder(Sale), msgspec.json.Decoder(LateTruth)
_ORIGIN = (
    "INSERT INTO sale_origin(store, device, epoch, seq, day, channel, account) VALUES(?,?,?,?,?,?,?) "
    "ON CONFLICT(store, device, epoch, seq, day) DO NOTHING"
)
_REASON = (
    "INSERT INTO price_reason(store, device, epoch, seq, day, n, m, kind, sum, by) VALUES(?,?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT(store, device, epoch, seq, n, m, day) DO NOTHING"
)
_TOLD_LATE = (
    "INSERT INTO late_truth(store, device, epoch, seq, till, sale, attempt, terminal, sum, status) "
    "VALUES(?,?,?,?,?,?,?,?,?,?) ON CONFLICT(store, device, epoch, seq) DO NOTHING"
)


@dataclass(slots=True)
class ReadAgain:
    sales: int = 0
    late: int = 0


async def read_again(storage: Storage) -> ReadAgain:
    """All devices, oldest numbers first."""
    report = ReadAgain()
    for store, device, epoch in await storage.rows(
        "/* global: reading again */ SELECT store, device, epoch FROM device_cursor WHERE stream='sales' "
        "ORDER BY store, device, epoch"
    ):
        after, before = 0, report.sales
        while (last := await _batch(storage, report, store, device, epoch, after)) is not None:
            after = last
        await _late(storage, report, store, device, epoch)
        if report.sales > before:
            await _shifts(storage, store, device, epoch)
    return report


async def _batch(storage: Storage, report: ReadAgain, store: str, device: str, epoch: int, after: int) -> int | None:
    """The last number looked at; None where there is nothing more."""
    async with storage.transaction(store) as transaction:
        rows = await transaction.rows(
            "SELECT s.seq, s.day, i.body, o.seq FROM sale s JOIN item i ON i.store=s.store AND i.device=s.device "
            "AND i.epoch=s.epoch AND i.stream='sales' AND i.seq=s.seq "
            "LEFT JOIN sale_origin o ON o.store=s.store AND o.device=s.device AND o.epoch=s.epoch AND o.seq=s.seq "
            "AND o.day=s.day WHERE s.store=? AND s.device=? AND s.epoch=? AND s.seq > ? ORDER BY s.seq LIMIT ?",
            (store, device, epoch, after, BATCH),
        )
        if not rows:
            return None
        lacking = [row for row in rows if row[3] is None]
        days = DaysTold()
        origins: list[Row] = []
        reasons: list[Row] = []
        for seq, day, body, _ in lacking:
            sale = _SALE.decode(body)
            key = (store, device, epoch, seq, day)
            origins.append((*key, *origin_of(sale)))
            reasons += [(*key, *row) for row in reasons_of(sale)]
            days.told(day, seq, [(one.fn, one.number) for one in sale.documents])
        await transaction.write_many(_ORIGIN, origins, apart=True)
        await transaction.write_many(_REASON, reasons, apart=True)
        await write_days(transaction, store, device, epoch, days)
    report.sales += len(lacking)
    return int(rows[-1][0])


async def _late(storage: Storage, report: ReadAgain, store: str, device: str, epoch: int) -> None:
    """What terminals said late is rare; it was kept as it came."""
    rows = await storage.rows(
        "SELECT seq, body FROM item WHERE store=? AND device=? AND epoch=? AND stream='sales' AND kind='late' "
        "AND fate='kept' ORDER BY seq",
        (store, device, epoch),
    )
    told = []
    for seq, body in rows:
        try:
            late = _LATE.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # kept unread, as it was
        words = (late.till, late.sale[:200], late.attempt[:200], late.terminal, late.sum, late.status[:200])
        told.append((store, device, epoch, seq, *words))
    if told:
        async with storage.transaction(store) as transaction:
            await transaction.write_many(_TOLD_LATE, told, apart=True)
        report.late += len(told)


async def _shifts(storage: Storage, store: str, device: str, epoch: int) -> None:
    """A day reaches from the opening of its shift to its closing, not from its first sale to its last."""
    async with storage.transaction(store) as transaction:
        days = DaysTold()
        for day, first, last in await transaction.rows(
            "SELECT day, min(seq), max(seq) FROM shift WHERE store=? AND device=? AND epoch=? "
            "GROUP BY day ORDER BY day",
            (store, device, epoch),
        ):
            days.told(day, first)
            days.told(day, last)
        await write_days(transaction, store, device, epoch, days)
