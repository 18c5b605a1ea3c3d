"""One sale in full: beside what was sold and paid, where, why at that price, and what the bank keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from cloud_api.answers import DocumentAnswer, LineAnswer, PaymentAnswer, SaleSummary
from cloud_api.books.acquirers import all_terms
from cloud_api.books.shift_sales import fee_of_payment
from cloud_api.projections import VOIDED, counts
from cloud_api.storage.storage import Reading
from cloud_api.store.readings import one_sale

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PriceReasonAnswer:
    """Why a line costs something else than its price says; `by` who gave it. They add up to what separates quantity x
    price from the line's sum."""

    kind: str
    sum: int
    by: str


@dataclass(frozen=True, slots=True)
class LineInFull(LineAnswer):
    """A line with the reasons of its price."""

    reasons: list[PriceReasonAnswer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class FeeAnswer:
    """What the acquirer keeps by the terms of the sale's business day; below zero: gives back. `rate_bp` are hundredths
    of a per cent."""

    acquirer: str
    rate_bp: int
    fixed_minor: int
    fee_minor: int


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """What the terminal said of the attempt after the sale had been told; `status` is act:phase."""

    status: str
    sum: int


@dataclass(frozen=True, slots=True)
class PaymentInFull(PaymentAnswer):
    """`fee` is null where nobody told the acquirer's terms, or the money did not stay."""

    fee: FeeAnswer | None = None
    late: list[LateAnswer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SaleInFull:
    """One sale in full. `day` is its business day such as 20261121. `channel` (till, kiosk) is null where the till told
    none, or HQ took the sale before it kept channels and was not told to read it again."""

    summary: SaleSummary
    shift: int
    opened_ms: int
    discount: int
    rounding: int
    of: str
    lines: list[LineInFull]
    payments: list[PaymentInFull]
    documents: list[DocumentAnswer]
    day: int = 0
    channel: str | None = None
    account: str = ""
    findings: list[str] = field(default_factory=list)


async def sale_in_full(storage: Reading, id: str, device: str | None) -> SaleInFull | None:
    sale = await one_sale(storage, id, device)
    if sale is None:
        return None
    summary = sale.summary
    key = await storage.row(
        "SELECT store, device, epoch, seq, day FROM sale WHERE store=? AND device=? AND id=?",
        (summary.store, summary.device, summary.id),
    )
    assert key is not None  # one_sale has just read it
    of_key = "WHERE store=? AND device=? AND epoch=? AND seq=? AND day=?"
    origin = await storage.row(f"SELECT channel, account FROM sale_origin {of_key}", key)
    reasons: dict[int, list[PriceReasonAnswer]] = defaultdict(list)
    for n, *why in await storage.rows(f"SELECT n, kind, sum, by FROM price_reason {of_key} ORDER BY n, m", key):
        reasons[n].append(PriceReasonAnswer(*why))
    late: dict[str, list[LateAnswer]] = defaultdict(list)
    for attempt, *said in await storage.rows(
        "SELECT attempt, status, sum FROM late_truth WHERE store=? AND device=? AND sale=? ORDER BY epoch, seq",
        (summary.store, summary.device, summary.id),
    ):
        late[attempt].append(LateAnswer(*said))
    found = await storage.rows(
        "SELECT id FROM finding WHERE store=? AND device=? AND subject=? AND gone_ms IS NULL ORDER BY rule",
        (summary.store, summary.device, f"{summary.device}/{summary.id}"),
    )
    terms = await all_terms(storage)
    payments = []
    for paid in sale.payments:
        stays = summary.state != VOIDED and counts(paid.status, summary.act)
        asked = (summary.store, key[4], summary.act, paid.means, paid.sum, paid.terminal, paid.scheme, stays)
        fee = fee_of_payment(terms, *asked)
        answer = None if fee is None else FeeAnswer(fee.acquirer, fee.rate_bp, fee.fixed_minor, fee.fee_minor)
        payments.append(_filled(PaymentInFull, paid, answer, late[paid.attempt]))
    return SaleInFull(
        summary, sale.shift, sale.opened_ms, sale.discount, sale.rounding, sale.of,
        [_filled(LineInFull, line, reasons[n]) for n, line in enumerate(sale.lines)],
        payments, sale.documents,
        day=key[4],
        channel=None if origin is None else origin[0] or None,
        account="" if origin is None else origin[1],
        findings=[row[0] for row in found],
    )  # fmt: skip


def _filled(shape: Callable[..., T], answer: LineAnswer | PaymentAnswer, *rest: Any) -> T:
    """The longer answer: the shorter one's values in their order, and what is new."""
    return shape(*(getattr(answer, one.name) for one in fields(answer)), *rest)
