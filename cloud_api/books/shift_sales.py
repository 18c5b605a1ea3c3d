"""Reads a till's shift: its sales with lines, money and documents, and what the till said when it closed it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from cloud_api.books.acquirers import AcquirerTerm, Fee, fee_of, term_of
from cloud_api.findings.day_reading import OVER_DAYS, Span, counted_here, day_after, spans_of
from cloud_api.findings.day_seen import Counted, ShiftSeen
from cloud_api.projections import VOIDED, counts
from cloud_api.storage.storage import Reading

_SPAN = "p.store=? AND p.device=? AND p.epoch=? AND p.seq BETWEEN ? AND ? AND p.day=?"
_OF_SHIFT = (
    "JOIN sale s ON s.store=p.store AND s.device=p.device AND s.epoch=p.epoch AND s.seq=p.seq AND s.day=p.day "
    f"WHERE {_SPAN} AND s.till=? AND s.shift=?"
)


@dataclass(frozen=True, slots=True)
class TaxedSum:
    """Goods of one seller at one VAT rate in one sale, gross."""

    seller: str
    vat: str
    sum: int


@dataclass(frozen=True, slots=True)
class PaidSum:
    """`sum` is below zero for what was given back in part; `counts`: it stayed where its act put it."""

    means: str
    sum: int
    terminal: str
    card: str
    scheme: str
    auth: str
    status: str
    counts: bool
    fee: Fee | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A fiscal document of a sale."""

    seller: str
    register: str
    fn: str
    number: int
    sign: int
    total: int
    at: str


@dataclass(frozen=True, slots=True)
class ShiftSale:
    """`act`: sale, refund, advance; `state` as the till told it; `told`: epoch and sequence."""

    id: str
    number: str
    act: str
    state: str
    cashier: str
    closed_ms: int
    total: int
    rounding: int
    goods: tuple[TaxedSum, ...]
    payments: tuple[PaidSum, ...]
    papers: tuple[Paper, ...]
    told: tuple[int, int]


@dataclass(frozen=True, slots=True)
class ShiftBooks:
    """`z` is what the till's journal had closed when it closed the shift; None while it is open, or never told.
    `within`: what HQ has that was closed while the shift was open, whichever shift its document is of."""

    store: str
    device: str
    till: str
    number: int
    day: int
    opened_ms: int | None
    closed_ms: int | None
    cashier: str
    z: Counted | None
    sales: tuple[ShiftSale, ...] = field(default_factory=tuple)
    within: Counted | None = None
    ended: tuple[int, int] | None = None
    """Epoch and sequence of its closing."""


async def read_shift(
    storage: Reading, device: str, till: str, number: int, terms: list[AcquirerTerm], day: int | None = None
) -> ShiftBooks | None:
    """The newest shift of this number, or that of a business day; None if HQ has heard of none."""
    rows = await storage.rows(
        "SELECT s.store, s.day, s.event, s.at_ms, s.cashier, c.sales, c.refunds, c.sum, s.epoch, s.seq "
        "FROM device_place p CROSS JOIN shift s LEFT JOIN shift_count c "
        "ON c.store=s.store AND c.device=s.device AND c.epoch=s.epoch AND c.seq=s.seq "
        "WHERE p.device=? AND s.store=p.store AND s.device=p.device AND s.till=? AND s.number=? "
        "ORDER BY s.epoch, s.seq",
        (device, till, number),
    )
    rows = [row for row in rows if day is None or row[1] == day]
    if not rows:
        return None
    store, of_day = rows[-1][:2]
    told = {row[2]: row for row in rows if row[1] == of_day}  # the newest of each kind
    opened, closed = told.get("opened"), told.get("closed")
    z = Counted(*closed[5:8]) if closed is not None and closed[5] is not None else None
    spans = await spans_of(storage, store, day_after(of_day, -1), day_after(of_day, OVER_DAYS))
    spans = [span for span in spans if span.device == device]
    sales = [sale for span in spans for sale in await _sales(storage, store, span, till, number, terms)]
    within = None
    if opened is not None and closed is not None:
        seen = ShiftSeen(device, till, number, opened[3], closed[3], opened[8:], closed[8:])
        within = await counted_here(storage, store, spans, seen)
    return ShiftBooks(
        store,
        device,
        till,
        number,
        of_day,
        None if opened is None else opened[3],
        None if closed is None else closed[3],
        rows[-1][4],
        z,
        tuple(sorted(sales, key=lambda sale: (sale.closed_ms, sale.number))),
        within,
        None if closed is None else closed[8:],
    )


async def _sales(
    storage: Reading, store: str, span: Span, till: str, number: int, terms: list[AcquirerTerm]
) -> list[ShiftSale]:
    asked = (*span.asked(store), till, number)
    goods: dict[int, list[TaxedSum]] = defaultdict(list)
    for seq, seller, vat, total in await storage.rows(
        f"SELECT p.seq, p.seller, p.vat, sum(p.sum) FROM sale_line p {_OF_SHIFT} GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        asked,
    ):
        goods[seq].append(TaxedSum(seller, vat, total))
    paid: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for row in await storage.rows(
        "SELECT p.seq, p.means, p.sum, p.terminal, p.card, p.scheme, p.auth, p.status "
        f"FROM sale_payment p {_OF_SHIFT} ORDER BY p.seq, p.n",
        asked,
    ):
        paid[row[0]].append(row[1:])
    papers: dict[int, list[Paper]] = defaultdict(list)
    for row in await storage.rows(
        "SELECT p.seq, p.seller, p.register, p.fn, p.number, p.sign, p.total, p.at "
        f"FROM sale_document p {_OF_SHIFT} ORDER BY p.seq, p.n",
        asked,
    ):
        papers[row[0]].append(Paper(*row[1:]))
    sales = []
    for row in await storage.rows(
        "SELECT p.seq, p.id, p.number, p.act, p.state, p.cashier, p.closed_ms, p.total, p.rounding FROM sale p "
        f"WHERE {_SPAN} AND p.till=? AND p.shift=? ORDER BY p.seq",
        asked,
    ):
        seq, id, receipt, act, state, cashier, closed_ms, total, rounding = row
        payments = tuple(_paid(one, act, state, store, span.day, terms) for one in paid[seq])
        sales.append(
            ShiftSale(
                id, receipt, act, state, cashier, closed_ms, total, rounding,
                tuple(goods[seq]), payments, tuple(papers[seq]), (span.epoch, seq),
            )
        )  # fmt: skip
    return sales


def _paid(row: tuple[Any, ...], act: str, state: str, store: str, day: int, terms: list[AcquirerTerm]) -> PaidSum:
    means, sum_minor, terminal, card, scheme, auth, status = row
    stays = state != VOIDED and counts(status, act)
    fee = fee_of_payment(terms, store, day, act, means, sum_minor, terminal, scheme, stays)
    return PaidSum(means, sum_minor, terminal, card, scheme, auth, status, stays, fee)


def fee_of_payment(
    terms: list[AcquirerTerm],
    store: str,
    day: int,
    act: str,
    means: str,
    sum_minor: int,
    terminal: str,
    scheme: str,
    stays: bool,
) -> Fee | None:
    """By the terms of its business day; None where no term fits, or the money did not stay."""
    term = term_of(terms, store, terminal, means, scheme, day) if stays else None
    return None if term is None else fee_of(-sum_minor if act == "refund" else sum_minor, term)
