"""What the office asks of HQ's file: sales, shifts, devices, debts and the quarantine, each list bounded.

`stores`: of these only, None: of all; asked with the list, so that other stores' rows take no room in it.
"""

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
from cloud_api.api.paging import cursor_of
from cloud_api.arrivals import ALWAYS_MS, START, Place
from cloud_api.storage.storage import Reading
from cloud_api.store.seen import Seen

T = TypeVar("T")
BODY_SHOWN = 2_000  # characters of a quarantined body in a list
LISTED = 500  # rows of the lists without pages
EVENTS_OF_A_SHIFT = 8  # opening, closing and some X reports

SUMMARY = (
    "SELECT epoch, seq, device, store, till, id, number, act, state, cashier, closed_ms, received_ms, total, net, "
    "line_count, first_name, means, unresolved FROM sale"
)
_ORDER = "received_ms, device, epoch, seq"
_BACKWARDS = "received_ms DESC, device DESC, epoch DESC, seq DESC"
_OF_SALE = "WHERE store=? AND device=? AND epoch=? AND seq=?"
ALL_SHOPS = "/* global: the office */"
"""Marks what is asked of all shops at once."""


def _filled(shape: Callable[..., T], columns: tuple[Any, ...], *rest: Any) -> T:
    """An answer from the columns of a row, in their order, and what was made of the others."""
    return shape(*columns, *rest)


def summary_of(row: tuple[Any, ...]) -> SaleSummary:
    means = [name for name in row[16].split(",") if name]
    place = Place(row[11], row[2], row[0], row[1])
    return _filled(SaleSummary, (str(place), *row[2:16]), means, bool(row[17]))


def _key(place: Place) -> tuple[Any, ...]:
    return place.received_ms, place.device, place.epoch, place.seq


async def sales_after(
    storage: Reading, after: Place, limit: int, settled_ms: int, stores: frozenset[str] | None = None
) -> Sales:
    """Oldest first, for who follows: what arrived after the place `after` and before `settled_ms`, so that nothing that
    is still on its way takes a place the follower has passed."""
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} {SUMMARY} WHERE ({_ORDER}) > (?, ?, ?, ?) AND received_ms < ?{seen.only()} "
        f"ORDER BY {_ORDER} LIMIT ?",
        (*_key(after), settled_ms, *seen.values, limit + 1),
    )
    page = [summary_of(row) for row in rows[:limit]]
    return Sales(page, page[-1].arrival if len(rows) > limit else None)


async def sales_before(
    storage: Reading, before: Place | None, limit: int, stores: frozenset[str] | None = None
) -> Sales:
    """Newest first, for who looks: what arrived before the place `before`."""
    seen, upper = Seen(storage, stores), Place(ALWAYS_MS, "", 0, 0) if before is None else before
    rows = await storage.rows(
        f"{ALL_SHOPS} {SUMMARY} WHERE ({_ORDER}) < (?, ?, ?, ?){seen.only()} ORDER BY {_BACKWARDS} LIMIT ?",
        (*_key(upper), *seen.values, limit + 1),
    )
    page = [summary_of(row) for row in rows[:limit]]
    return Sales(page, page[-1].arrival if len(rows) > limit else None)


async def unresolved_sales(storage: Reading, stores: frozenset[str] | None = None) -> list[SaleSummary]:
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} {SUMMARY} WHERE unresolved = 1{seen.only()} ORDER BY {_BACKWARDS} LIMIT ?", (*seen.values, LISTED)
    )
    return [summary_of(row) for row in rows]


async def newest_arrival(storage: Reading, settled_ms: int) -> Place:
    """The last place before `settled_ms`."""
    found = await storage.row(
        f"{ALL_SHOPS} SELECT {_ORDER} FROM sale WHERE received_ms < ? ORDER BY {_BACKWARDS} LIMIT 1", (settled_ms,)
    )
    return START if found is None else Place(*found)


async def count_between(storage: Reading, after: Place, last: Place, stores: frozenset[str] | None = None) -> int:
    """Sales that arrived after the place `after`, `last` being the last one counted."""
    seen = Seen(storage, stores)
    return await storage.number(
        f"{ALL_SHOPS} SELECT count(*) FROM sale WHERE ({_ORDER}) > (?, ?, ?, ?) AND ({_ORDER}) <= (?, ?, ?, ?)"
        f"{seen.only()}",
        (*_key(after), *_key(last), *seen.values),
    )


async def one_sale(storage: Reading, id: str, device: str | None) -> SaleAnswer | None:
    """The sale of this id; `device` decides if two devices ever made the same id."""
    whose, asked = ("", (id,)) if device is None else (" AND p.device=?", (id, device))
    found = await storage.row(
        # CROSS JOIN: SQLite asks the few places for the sale, and does not read all sales for the place.
        "SELECT s.store, s.device, s.epoch, s.seq FROM device_place p CROSS JOIN sale s "
        f"WHERE s.store=p.store AND s.device=p.device AND s.id=?{whose} LIMIT 1",
        asked,
    )
    if found is None:
        return None
    summary = summary_of((await storage.rows(f"{SUMMARY} {_OF_SALE}", found))[0])
    heads = await storage.rows(f"SELECT shift, opened_ms, discount, rounding, of_sale FROM sale {_OF_SALE}", found)
    parts = {
        table: await storage.rows(f"SELECT * FROM {table} {_OF_SALE} ORDER BY n", found)
        for table in ("sale_line", "sale_payment", "sale_document")
    }
    return _filled(
        SaleAnswer,
        (summary, *heads[0]),
        [LineAnswer(*row[6:]) for row in parts["sale_line"]],
        [PaymentAnswer(*row[6:]) for row in parts["sale_payment"]],
        [_filled(DocumentAnswer, row[6:14], bool(row[14])) for row in parts["sale_document"]],
    )


async def shifts(storage: Reading, limit: int, stores: frozenset[str] | None = None) -> list[ShiftAnswer]:
    """Newest first, one row a shift: when it opened and closed, and the sums of its newest report."""
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} "
        "SELECT device, store, till, number, event, at_ms, cashier, cash, sales, refunds, sum, exceptions "
        f"FROM shift WHERE 1=1{seen.only()} ORDER BY at_ms DESC, epoch DESC, seq DESC LIMIT ?",
        (*seen.values, limit * EVENTS_OF_A_SHIFT),
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
        "SELECT d.device, d.store, d.till, d.added_ms, p.seen_ms, d.revoked_ms, "
        "coalesce(c.epoch, 0), coalesce(c.seq, 0) FROM device d "
        "JOIN device_place p ON p.store=d.store AND p.device=d.device LEFT JOIN device_cursor c "
        "ON c.store=d.store AND c.device=d.device AND c.stream='sales' AND c.epoch=(SELECT max(epoch) "
        "FROM device_cursor WHERE store=d.store AND device=d.device AND stream='sales') "
        "ORDER BY d.store, d.till, d.device"
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


async def debts(storage: Reading, stores: frozenset[str] | None = None) -> list[DebtAnswer]:
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} "
        f"SELECT device, store, till, sale, total, at_ms, why, person FROM debt WHERE 1=1{seen.only()} "
        "ORDER BY at_ms DESC LIMIT ?",
        (*seen.values, LISTED),
    )
    return [DebtAnswer(*row) for row in rows]


async def claims(storage: Reading, stores: frozenset[str] | None = None) -> list[ClaimAnswer]:
    """Claim slips still owed, oldest first."""
    seen = Seen(storage, stores)
    rows = await storage.rows(
        "SELECT device, store, kiosk, number, amount, reason, order_id, state, coalesce((SELECT min(at_ms) FROM claim "
        "WHERE store=o.store AND device=o.device AND number=o.number AND state='issued'), at_ms), expires_ms "
        f"FROM claim_owed o WHERE 1=1{seen.only('o.store')} ORDER BY 9, device, number LIMIT ?",
        (*seen.values, LISTED),
    )
    return [ClaimAnswer(*row) for row in rows]


async def encashments(storage: Reading, stores: frozenset[str] | None = None) -> list[EncashmentAnswer]:
    """The newest first, each as it is known now."""
    seen = Seen(storage, stores)
    rows = await storage.rows(
        f"{ALL_SHOPS} "
        "SELECT device, store, kiosk, box_device, box_unit, period, number, from_ms, to_ms, serial, currency, total, "
        "operator, unauthorised<>0, doubts, doubted, drift, old_cassette, new_cassette, centre, difference, counts "
        f"FROM encashment_now WHERE 1=1{seen.only()} ORDER BY to_ms DESC, device, seq DESC LIMIT ?",
        (*seen.values, LISTED),
    )
    return [_filled(EncashmentAnswer, row[:13], bool(row[13]), *row[14:21], json.loads(row[21])) for row in rows]


HeldPlace = tuple[int, str, int, int, str, str]
"""Of an item in the quarantine: when it came, device, epoch, sequence, stream, store."""


async def quarantine(
    storage: Reading, stores: frozenset[str] | None = None, before: HeldPlace | None = None
) -> list[QuarantineAnswer]:
    """The newest first; `before`: the place of the last one that was seen."""
    seen, place = Seen(storage, stores), "received_ms, device, epoch, seq, stream, store"
    backwards = ", ".join(f"{column} DESC" for column in place.split(", "))
    first_bytes = "substr(body, 1, ?)"
    rows = await storage.rows(
        f"{ALL_SHOPS} SELECT device, store, epoch, stream, seq, id, kind, v, why, received_ms, "
        f"{first_bytes}, length(body) "
        f"FROM quarantine WHERE ({place}) < (?, ?, ?, ?, ?, ?){seen.only()} ORDER BY {backwards} LIMIT ?",
        (BODY_SHOWN, *(before or (ALWAYS_MS, "", 0, 0, "", "")), *seen.values, LISTED),
    )
    return [
        _filled(
            QuarantineAnswer,
            row[:10],
            row[10].decode("utf-8", "replace"),
            row[11],
            cursor_of(row[9], row[0], row[2], row[4], row[3], row[1]),
        )
        for row in rows
    ]
