"""What the office asks of HQ's file: sales, shifts, devices, debts and the quarantine, each list bounded."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from cloud_api.answers import (
    ClaimAnswer,
    DebtAnswer,
    DeviceAnswer,
    DocumentAnswer,
    EncashmentAnswer,
    LineAnswer,
    PaymentAnswer,
    QuarantineAnswer,
    SaleAnswer,
    Sales,
    SaleSummary,
    ShiftAnswer,
)
from cloud_api.storage.storage import Reading

T = TypeVar("T")
BODY_SHOWN = 2_000  # characters of a quarantined body in a list
LISTED = 500  # rows of the lists without pages
EVENTS_OF_A_SHIFT = 8  # opening, closing and some X reports

_SUMMARY = (
    "SELECT arrival, device, store, till, id, number, act, state, cashier, closed_ms, received_ms, total, net, "
    "line_count, first_name, means, unresolved FROM sale"
)


def _filled(shape: Callable[..., T], columns: tuple[Any, ...], *rest: Any) -> T:
    """An answer from the columns of a row, in their order, and what was made of the others."""
    return shape(*columns, *rest)


def _summary(row: tuple[Any, ...]) -> SaleSummary:
    means = [name for name in row[15].split(",") if name]
    return _filled(SaleSummary, row[:15], means, bool(row[16]))


async def sales_after(storage: Reading, after: int, limit: int) -> Sales:
    """Oldest first, for who follows: arrivals above `after`."""
    rows = await storage.rows(f"{_SUMMARY} WHERE arrival > ? ORDER BY arrival LIMIT ?", (after, limit + 1))
    page = [_summary(row) for row in rows[:limit]]
    return Sales(page, page[-1].arrival if len(rows) > limit else None)


async def sales_before(storage: Reading, before: int | None, limit: int) -> Sales:
    """Newest first, for who looks: arrivals below `before`."""
    upper = 2**62 if before is None else before
    rows = await storage.rows(f"{_SUMMARY} WHERE arrival < ? ORDER BY arrival DESC LIMIT ?", (upper, limit + 1))
    page = [_summary(row) for row in rows[:limit]]
    return Sales(page, page[-1].arrival if len(rows) > limit else None)


async def unresolved_sales(storage: Reading) -> list[SaleSummary]:
    rows = await storage.rows(f"{_SUMMARY} WHERE unresolved = 1 ORDER BY arrival DESC LIMIT ?", (LISTED,))
    return [_summary(row) for row in rows]


async def newest_arrival(storage: Reading) -> int:
    return await storage.number("SELECT max(arrival) FROM sale")


async def one_sale(storage: Reading, id: str, device: str | None) -> SaleAnswer | None:
    """The sale of this id; `device` decides if two devices ever made the same id."""
    whose, asked = ("", (id,)) if device is None else (" AND device=?", (id, device))
    found = await storage.row(f"SELECT arrival FROM sale WHERE id=?{whose}", asked)
    if found is None:
        return None
    arrival = found[0]
    summary = _summary((await storage.rows(f"{_SUMMARY} WHERE arrival=?", (arrival,)))[0])
    heads = await storage.rows(
        "SELECT shift, opened_ms, discount, rounding, of_sale FROM sale WHERE arrival=?", (arrival,)
    )
    parts = {
        table: await storage.rows(f"SELECT * FROM {table} WHERE arrival=? ORDER BY n", (arrival,))
        for table in ("sale_line", "sale_payment", "sale_document")
    }
    return _filled(
        SaleAnswer,
        (summary, *heads[0]),
        [LineAnswer(*row[2:]) for row in parts["sale_line"]],
        [PaymentAnswer(*row[2:]) for row in parts["sale_payment"]],
        [_filled(DocumentAnswer, row[2:10], bool(row[10])) for row in parts["sale_document"]],
    )


async def shifts(storage: Reading, limit: int) -> list[ShiftAnswer]:
    """Newest first, one row a shift: when it opened and closed, and the sums of its newest report."""
    rows = await storage.rows(
        "SELECT device, store, till, number, event, at_ms, cashier, cash, sales, refunds, sum, exceptions "
        "FROM shift ORDER BY at_ms DESC, epoch DESC, seq DESC LIMIT ?",
        (limit * EVENTS_OF_A_SHIFT,),
    )
    events: dict[tuple[Any, ...], dict[str, tuple[Any, ...]]] = {}
    for row in rows:
        events.setdefault((row[0], row[2], row[3]), {}).setdefault(row[4], row)
    answers = []
    for said in list(events.values())[:limit]:
        newest = next(iter(said.values()))
        opened, closed = said.get("opened"), said.get("closed")
        answers.append(
            _filled(
                ShiftAnswer,
                (*newest[:4], newest[6]),
                None if opened is None else opened[5],
                None if closed is None else closed[5],
                *newest[7:11],
                [line for line in newest[11].split("\n") if line],
            )
        )
    return answers


async def devices(storage: Reading, *, now_ms: int, silent_after_s: int) -> list[DeviceAnswer]:
    rows = await storage.rows(
        "SELECT d.device, d.store, d.till, d.added_ms, d.seen_ms, d.revoked_ms, "
        "coalesce(c.epoch, 0), coalesce(c.seq, 0) FROM device d LEFT JOIN device_cursor c "
        "ON c.device=d.device AND c.stream='sales' AND c.epoch=(SELECT max(epoch) FROM device_cursor "
        "WHERE device=d.device AND stream='sales') ORDER BY d.store, d.till, d.device"
    )
    return [
        _filled(
            DeviceAnswer,
            row[:5],
            row[4] is not None and now_ms - row[4] > silent_after_s * 1000,
            row[5] is not None,
            *row[6:],
        )
        for row in rows
    ]


async def debts(storage: Reading) -> list[DebtAnswer]:
    rows = await storage.rows(
        "SELECT device, store, till, sale, total, at_ms, why, person FROM debt ORDER BY at_ms DESC LIMIT ?", (LISTED,)
    )
    return [DebtAnswer(*row) for row in rows]


async def claims(storage: Reading) -> list[ClaimAnswer]:
    """Claim slips still owed, oldest first."""
    rows = await storage.rows(
        "SELECT device, store, kiosk, number, amount, reason, order_id, state, coalesce((SELECT min(at_ms) FROM claim "
        "WHERE device=o.device AND number=o.number AND state='issued'), at_ms), expires_ms "
        "FROM claim_owed o ORDER BY 9, device, number LIMIT ?",
        (LISTED,),
    )
    return [ClaimAnswer(*row) for row in rows]


async def encashments(storage: Reading) -> list[EncashmentAnswer]:
    """The newest first, each as it is known now."""
    rows = await storage.rows(
        "SELECT device, store, kiosk, box_device, box_unit, period, number, from_ms, to_ms, serial, currency, total, "
        "operator, unauthorised<>0, doubts, doubted, drift, old_cassette, new_cassette, centre, difference, counts "
        "FROM encashment_now ORDER BY to_ms DESC, device, seq DESC LIMIT ?",
        (LISTED,),
    )
    return [_filled(EncashmentAnswer, row[:13], bool(row[13]), *row[14:21], json.loads(row[21])) for row in rows]


async def quarantine(storage: Reading) -> list[QuarantineAnswer]:
    rows = await storage.rows(
        "SELECT device, store, epoch, stream, seq, id, kind, v, why, received_ms, substr(body, 1, ?), length(body) "
        "FROM quarantine ORDER BY received_ms DESC, device, seq DESC LIMIT ?",
        (BODY_SHOWN, LISTED),
    )
    return [_filled(QuarantineAnswer, row[:10], row[10].decode("utf-8", "replace"), row[11]) for row in rows]
