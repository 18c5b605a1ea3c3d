"""Reads a shop's business day for the rules: by the numbers between which each device told of it (days_told.py)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

from cloud_api.books.duties import all_duties
from cloud_api.findings.day_seen import (
    Counted,
    DaySeen,
    DocumentSeen,
    Elsewhere,
    LateSeen,
    OperatorSeen,
    PaymentSeen,
    SaleSeen,
    ShiftSeen,
)
from cloud_api.storage.business_day import number_of
from cloud_api.storage.storage import Reading

OVER_DAYS = (
    2  # a shift of one day is told of under that day; tills that tell no day go by the moment, on a set clock too
)
ASKED_AT_ONCE = 500  # ids or numbers in one question
GLOBAL = "/* global: findings */"
_SPAN = "store=? AND device=? AND epoch=? AND seq BETWEEN ? AND ? AND day=?"


@dataclass(frozen=True, slots=True)
class Span:
    """Between which numbers of a device a day lies."""

    device: str
    epoch: int
    day: int
    first: int
    last: int

    def asked(self, store: str) -> tuple[Any, ...]:
        return store, self.device, self.epoch, self.first, self.last, self.day


def day_after(day: int, days: int) -> int:
    date = dt.date(day // 10_000, day // 100 % 100, day % 100)
    try:
        return number_of(date + dt.timedelta(days=days))
    except OverflowError:  # a till whose clock told the last days there are: no reason to end the round for all shops
        return number_of(dt.date.max if days > 0 else dt.date.min)


async def spans_of(storage: Reading, store: str, day: int, until: int | None = None) -> list[Span]:
    """Of a day, or of all up to and with `until`."""
    rows = await storage.rows(
        "SELECT device, epoch, day, first, last FROM day_told WHERE store=? AND day BETWEEN ? AND ? "
        "ORDER BY device, epoch, day",
        (store, day, day if until is None else until),
    )
    return [Span(*row) for row in rows]


async def read_day(storage: Reading, store: str, day: int) -> DaySeen:
    """The whole day as the rules see it."""
    spans = await spans_of(storage, store, day)
    sales = [sale for span in spans for sale in await _sales(storage, store, span)]
    seen = DaySeen(
        store,
        day,
        tuple(sales),
        shifts=tuple(await _shifts(storage, store, day, spans)),
        duties=tuple(await all_duties(storage)),
        originals=await _originals(storage, store, {sale.of_sale for sale in sales if sale.of_sale}),
    )
    return await _beside_the_register(storage, seen)


async def _sales(storage: Reading, store: str, span: Span) -> list[SaleSeen]:
    asked = span.asked(store)
    payments: dict[int, list[PaymentSeen]] = defaultdict(list)
    for row in await storage.rows(
        f"SELECT seq, means, sum, net, attempt, terminal, status FROM sale_payment WHERE {_SPAN} ORDER BY seq, n", asked
    ):
        payments[row[0]].append(PaymentSeen(*row[1:]))
    documents: dict[int, list[DocumentSeen]] = defaultdict(list)
    for row in await storage.rows(
        f"SELECT seq, seller, fn, number, sign, total, operation FROM sale_document WHERE {_SPAN} ORDER BY seq, n",
        asked,
    ):
        documents[row[0]].append(DocumentSeen(*row[1:]))
    sellers: dict[int, list[str]] = defaultdict(list)
    for seq, seller in await storage.rows(
        f"SELECT DISTINCT seq, seller FROM sale_line WHERE {_SPAN} ORDER BY seq, seller", asked
    ):
        sellers[seq].append(seller)
    rows = await storage.rows(
        "SELECT device, epoch, seq, id, till, number, act, state, shift, closed_ms, total, net, of_sale FROM sale "
        f"WHERE {_SPAN} ORDER BY seq",
        asked,
    )
    late = await _late(storage, store, span.device, [row[3] for row in rows])
    return [
        replace(
            SaleSeen(*row),
            payments=tuple(payments[row[2]]),
            documents=tuple(documents[row[2]]),
            sellers=tuple(sellers[row[2]]),
            late=tuple(late[row[3]]),
        )
        for row in rows
    ]


async def _late(storage: Reading, store: str, device: str, sales: list[str]) -> dict[str, list[LateSeen]]:
    """Also what the device said when it stood in another store already."""
    found: dict[str, list[LateSeen]] = defaultdict(list)
    dialect = storage.dialect
    places = dialect.asked(await stood_in(storage, store, device))
    for at in range(0, len(sales), ASKED_AT_ONCE):
        for sale, *row in await storage.rows(
            "SELECT sale, attempt, terminal, sum, status FROM late_truth "
            f"WHERE {dialect.among('store')} AND device=? AND {dialect.among('sale')} ORDER BY epoch, seq",
            (places, device, dialect.asked(sales[at : at + ASKED_AT_ONCE])),
        ):
            found[sale].append(LateSeen(*row))
    return found


async def stood_in(storage: Reading, store: str, device: str) -> list[str]:
    rows = await storage.rows(f"{GLOBAL} SELECT store FROM device_place WHERE device=?", (device,))
    return sorted({store, *(str(row[0]) for row in rows)})


async def _originals(storage: Reading, store: str, ids: set[str]) -> frozenset[str]:
    """Which of these sales HQ has: first asked of the shop itself, then of all others."""
    found: set[str] = set()
    for whose, values in (("p.store=? AND ", (store,)), ("", ())):
        left = sorted(ids - found)
        for at in range(0, len(left), ASKED_AT_ONCE):
            rows = await storage.rows(
                # CROSS JOIN: SQLite asks the few places for the sales, and does not read all sales for the places.
                "SELECT s.id FROM device_place p CROSS JOIN sale s "
                f"WHERE {whose}s.store=p.store AND s.device=p.device AND {storage.dialect.among('s.id')}",
                (*values, storage.dialect.asked(left[at : at + ASKED_AT_ONCE])),
            )
            found |= {row[0] for row in rows}
    return frozenset(found)


async def _shifts(storage: Reading, store: str, day: int, spans: list[Span]) -> list[ShiftSeen]:
    shifts = []
    around = await spans_of(storage, store, day_after(day, -1), day_after(day, OVER_DAYS))
    for span in spans:
        asked = span.asked(store)
        rows = await storage.rows(
            f"SELECT till, number, event, at_ms, seq FROM shift WHERE {_SPAN} ORDER BY seq", asked
        )
        counts = {
            row[0]: Counted(*row[1:])
            for row in await storage.rows(
                "SELECT seq, sales, refunds, sum FROM shift_count "
                "WHERE store=? AND device=? AND epoch=? AND seq BETWEEN ? AND ?",
                asked[:-1],
            )
        }
        opened = {(till, number): (at_ms, seq) for till, number, event, at_ms, seq in rows if event == "opened"}
        for till, number, event, at_ms, seq in rows:
            if event == "closed":
                opened_ms, first = opened.get((till, number), (None, None))
                begun = None if first is None else (span.epoch, first)
                ended = (span.epoch, seq)
                shift = ShiftSeen(span.device, till, number, opened_ms, at_ms, begun, ended, counts.get(seq))
                if shift.told is not None and begun is not None:
                    of_device = [one for one in around if one.device == span.device]
                    shift = replace(shift, here=await counted_here(storage, store, of_device, shift))
                shifts.append(shift)
    return shifts


async def counted_here(storage: Reading, store: str, spans: list[Span], shift: ShiftSeen) -> Counted:
    """What HQ has of the time a shift was open, which has begun."""
    begun = shift.begun or shift.ended
    sales = refunds = net = 0
    for span in spans:
        row = await storage.row(
            "SELECT count(*) FILTER (WHERE act='sale'), count(*) FILTER (WHERE act='refund'), coalesce(sum(net), 0) "
            f"FROM sale WHERE {_SPAN} AND till=? AND state='closed' "
            "AND (epoch, seq) > (?, ?) AND (epoch, seq) < (?, ?)",
            (*span.asked(store), shift.till, *begun, *shift.ended),
        )
        if row is not None:
            sales, refunds, net = sales + row[0], refunds + row[1], net + row[2]
    return Counted(sales, refunds, net)


async def _beside_the_register(storage: Reading, seen: DaySeen) -> DaySeen:
    """With what registers say of the day's storages, and what other days or devices say of its numbers."""
    store, day = seen.store, seen.day
    covered: dict[str, tuple[tuple[int, int], ...]] = {}
    operator: list[OperatorSeen] = []
    elsewhere: list[Elsewhere] = []
    ours = {(document.fn, document.number) for sale in seen.sales for document in sale.documents}
    for fn, first, last in await storage.rows(
        "SELECT fn, min(first), max(last) FROM fn_told WHERE store=? AND day=? AND fn<>'' GROUP BY fn ORDER BY fn",
        (store, day),
    ):
        elsewhere += await _at_other_days(storage, store, day, fn, first, last)
        spans = await storage.rows("SELECT first, last FROM operator_cover WHERE store=? AND fn=?", (store, fn))
        if not spans:
            continue
        covered[fn] = tuple((row[0], row[1]) for row in spans)
        begin, end = await _window(storage, store, day, fn, first, last)
        rows = [
            OperatorSeen(*row)
            for row in await storage.rows(
                "SELECT fn, number, total, sign, operation, at FROM operator_document "
                "WHERE store=? AND fn=? AND number >= ? AND number < ? ORDER BY number",
                (store, fn, begin, end),
            )
        ]
        lone = [row.number for row in rows if (fn, row.number) not in ours]
        known = {n for at in lone for n in await _known_elsewhere(storage, fn, at)}
        operator += [row for row in rows if row.number not in known]
    return replace(seen, covered=covered, operator=tuple(operator), elsewhere=tuple(elsewhere))


async def _window(storage: Reading, store: str, day: int, fn: str, first: int, last: int) -> tuple[int, int]:
    """The numbers of a storage that are this day's to explain: from its first to before the next day's first; the
    earliest day also has what lies before it, the latest what comes after."""
    before = await storage.row("SELECT 1 FROM fn_told WHERE store=? AND fn=? AND first < ? LIMIT 1", (store, fn, first))
    after = await storage.number(
        "SELECT min(first) FROM fn_told WHERE store=? AND fn=? AND first > ? AND day<>?", (store, fn, last, day)
    )
    return (first if before else 0), (after or 2**32)


async def _at_other_days(storage: Reading, store: str, day: int, fn: str, first: int, last: int) -> list[Elsewhere]:
    """Documents with numbers of this day's span that another day, device or shop told of."""
    found = []
    for place, device, epoch, other, least, most in await storage.rows(
        f"{GLOBAL} SELECT f.store, f.device, f.epoch, f.day, d.first, d.last FROM fn_told f JOIN day_told d "
        "ON d.store=f.store AND d.device=f.device AND d.epoch=f.epoch AND d.day=f.day "
        "WHERE f.fn=? AND f.first <= ? AND f.last >= ? AND (f.store<>? OR f.day<>?)",
        (fn, last, first, store, day),
    ):
        rows = await storage.rows(
            "SELECT p.number, p.total, s.id FROM sale_document p JOIN sale s "
            "ON s.store=p.store AND s.device=p.device AND s.epoch=p.epoch AND s.seq=p.seq AND s.day=p.day "
            "WHERE p.store=? AND p.device=? AND p.epoch=? AND p.seq BETWEEN ? AND ? AND p.day=? "
            "AND p.fn=? AND p.number BETWEEN ? AND ?",
            (place, device, epoch, least, most, other, fn, first, last),
        )
        found += [Elsewhere(device, sale, fn, number, total) for number, total, sale in rows]
    return found


async def _known_elsewhere(storage: Reading, fn: str, number: int) -> list[int]:
    return [one.number for one in await _at_other_days(storage, "", 0, fn, number, number)]
