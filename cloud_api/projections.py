"""Turns the body of an item into table rows, or says why it cannot: what fits no schema goes to quarantine, never back.

A projection is pure. Every value is checked before the first row is written, so that one bad item cannot spoil the
transaction of the other 499.
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import msgspec

from cloud_api.storage.business_day import day_of, told_day
from cloud_api.storage.storage import Row
from sync.wire.facts import (
    CashMove,
    Claim,
    ClaimAsked,
    ClaimGiven,
    ClaimKept,
    Debt,
    Encashment,
    LateTruth,
    Sale,
    Shift,
)

INT64 = 2**63 - 1
LIMIT = (
    10**13
)  # a hundred billion roubles; sums of a whole batch stay inside 64 bits, and in what a browser counts exactly
STREAM = "sales"  # the one stream whose kinds are projected; the others are kept as they came
VOIDED = "voided_after_payment"


class DoesNotFit(Exception):
    """The body is not what its kind says: `code: detail`; the office page has words for each code."""


@dataclass(frozen=True, slots=True)
class Day:
    """The business day as the till told it; else the one of the moment, on the clock of whoever asks."""

    told: int | None
    moment_ms: int

    def of(self, zone: ZoneInfo) -> int:
        return day_of(self.moment_ms, zone) if self.told is None else self.told


@dataclass(frozen=True, slots=True)
class SaleRows:
    """One sale whose every value fits: sale_rows.py makes its rows. `head` lacks its key; `sign` is that of its money
    and goods, 0 where it moved none."""

    id: str
    day: Day
    head: Row
    sign: int
    told: Sale


@dataclass(frozen=True, slots=True)
class FactRow:
    """One row of `table` without its key (store, device, epoch, seq and, where the table has one, the day)."""

    table: str
    row: Row
    day: Day | None = None
    beside: FactRow | None = None  # of another table, under the same key
    of_sale: str = ""  # the sale it is about, which has to be looked at again


@dataclass(frozen=True, slots=True)
class PassedOn:
    """A word of one shop that another one has to hear of."""

    told: ClaimAsked | ClaimGiven | ClaimKept


_SALE = msgspec.json.Decoder(Sale)
_SHIFT = msgspec.json.Decoder(Shift)
_CASH = msgspec.json.Decoder(CashMove)
_DEBT = msgspec.json.Decoder(Debt)
_CLAIM = msgspec.json.Decoder(Claim)
_LATE = msgspec.json.Decoder(LateTruth)
_ENCASHMENT = msgspec.json.Decoder(Encashment)
_PASSED_ON: dict[
    str, msgspec.json.Decoder[ClaimAsked] | msgspec.json.Decoder[ClaimGiven] | msgspec.json.Decoder[ClaimKept]
]
_PASSED_ON = {
    "claim_asked": msgspec.json.Decoder(ClaimAsked),
    "claim_given": msgspec.json.Decoder(ClaimGiven),
    "claim_kept": msgspec.json.Decoder(ClaimKept),
}
KINDS = frozenset({"sale", "shift", "cash", "debt", "claim", "encashment", "late", *_PASSED_ON})
CLAIM_STATES = frozenset({"issued", "paid", "cancelled", "expired", "moved", "taken"})
LONGEST_NAME = 200  # of a request, an issuer or a number that is passed on to another shop


def without_nul(body: bytes) -> None:
    """No name of ours has the character NUL, and PostgreSQL cannot keep it: such a text would hold up its queue."""
    if b"\\u0000" in body:
        raise DoesNotFit("shape: a text with the character NUL")


def bounded_names(*names: str) -> None:
    """What is looked up by has a length that every index takes (PostgreSQL's hold 2,700 bytes)."""
    if max(map(len, names), default=0) > LONGEST_NAME:
        raise DoesNotFit("range: a name")


def project(kind: str, body: bytes) -> SaleRows | FactRow | PassedOn:
    """Rows of a known kind; DoesNotFit with the reason."""
    without_nul(body)
    try:
        if kind in _PASSED_ON:
            return _passed_on(_PASSED_ON[kind].decode(body))
        match kind:
            case "sale":
                return _sale(_SALE.decode(body))
            case "shift":
                s = _SHIFT.decode(body)
                counts = (s.cash, s.sales, s.refunds, s.sum)
                row: Row = (s.till, s.number, s.event, s.at_ms, s.cashier, *counts, "\n".join(s.exceptions))
                sums = FactRow("shift_count", (s.till, s.number, s.sales, s.refunds, s.sum)) if s.counted else None
                return FactRow("shift", _fitting(row), Day(told_day(s.day), s.at_ms), sums)
            case "cash":
                c = _CASH.decode(body)
                row = _fitting((c.till, c.shift, c.event, c.sum, c.cashier, c.reason, c.at_ms))
                return FactRow("cash_move", row, Day(told_day(c.day), c.at_ms))
            case "claim":
                return _claim(_CLAIM.decode(body))
            case "encashment":
                return _encashment(_ENCASHMENT.decode(body))
            case "late":
                late = _LATE.decode(body)
                bounded_names(late.sale, late.attempt, late.status)
                told = (late.till, late.sale, late.attempt, late.terminal, late.sum, late.status)
                return FactRow("late_truth", _fitting(told), of_sale=late.sale)
            case _:
                d = _DEBT.decode(body)
                return FactRow("debt", _fitting((d.till, d.sale, d.total, d.at_ms, d.why, d.person)), of_sale=d.sale)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit(f"shape: {error}") from None


def _claim(claim: Claim) -> FactRow:
    if claim.state not in CLAIM_STATES:
        raise DoesNotFit(f"state: {claim.state!r}")
    if not claim.number:
        raise DoesNotFit("no_number")
    bounded_names(claim.number, claim.kiosk, claim.order)
    told: Row = (claim.number, claim.kiosk, claim.amount, claim.reason, claim.order, claim.state, claim.at_ms)
    return FactRow("claim", _fitting((*told, claim.by, claim.expires_ms, claim.why)))


def _passed_on(told: ClaimAsked | ClaimGiven | ClaimKept) -> PassedOn:
    names = (told.request, told.issuer, told.number)
    if not all(names):
        raise DoesNotFit("no_number")
    if any(len(name) > LONGEST_NAME for name in names):
        raise DoesNotFit("range: a name of another shop")
    if isinstance(told, ClaimGiven):
        _in_range([told.amount, told.issued_ms, told.expires_ms])
    return PassedOn(told)


def _encashment(told: Encashment) -> FactRow:
    if told.state not in ("closed", "counted"):
        raise DoesNotFit(f"state: {told.state!r}")
    bounded_names(told.kiosk, told.device, told.unit, told.number)
    open_doubts = [doubt.sum for doubt in told.doubts if not doubt.found]
    _in_range([number for pair in told.counts for number in pair] + open_doubts)
    counts = msgspec.json.encode(told.counts).decode()
    box: Row = (told.kiosk, told.device, told.unit, told.period, told.number, told.state, told.told_ms)
    sums: Row = (told.from_ms, told.to_ms, told.serial, told.currency, counts, told.total, told.operator)
    doubts = (int(told.unauthorised), len(open_doubts), sum(open_doubts), told.drift)
    ends = (told.old_cassette, told.new_cassette, told.centre, told.difference)
    return FactRow("encashment", _fitting((*box, *sums, *doubts, *ends)))


def _fitting(row: Row) -> Row:
    _in_range([value for value in row if type(value) is int])
    return row


def _in_range(numbers: list[int]) -> None:
    if numbers and (max(numbers) > LIMIT or min(numbers) < -LIMIT):
        raise DoesNotFit(f"range: {str(max(numbers, key=abs))[:40]}")


def counts(status: str, act: str) -> bool:
    """Whether the money of a payment stayed where its act put it: a charge that was taken back is no income, and one
    that nobody knows of is none yet."""
    return status not in ("reversed", "unresolved") and not (act == "sale" and status == "refunded")


def _sale(sale: Sale) -> SaleRows:
    if sale.act not in ("sale", "refund", "advance"):
        raise DoesNotFit(f"act: {sale.act!r}")
    if not sale.id:
        raise DoesNotFit("no_id")
    names = [sale.id, sale.till, sale.number, sale.of, *[x.sku for x in sale.lines], *[d.fn for d in sale.documents]]
    bounded_names(*names)
    # An advance is no revenue yet and no goods: both come with the sale that is paid with it.
    sign = 0 if sale.state == VOIDED or sale.act == "advance" else -1 if sale.act == "refund" else 1
    means = dict.fromkeys(p.means for p in sale.payments if counts(p.status, sale.act))
    head: Row = (
        *(sale.id, sale.till, sale.number, sale.act, sale.state, sale.shift, sale.cashier, sale.opened_ms),
        *(sale.closed_ms, sale.total, sign * sale.total, sale.discount, sale.rounding, sale.of, int(sale.unresolved)),
        *(len(sale.lines), sale.lines[0].name if sale.lines else "", ",".join(means)),
    )
    numbers = [sale.shift, sale.opened_ms, sale.closed_ms, sale.total, sale.discount, sale.rounding]
    for x in sale.lines:
        numbers += (x.qty, x.price, x.sum, x.discount)
        if x.reasons:
            numbers += [reason.sum for reason in x.reasons]
    for d in sale.documents:
        numbers += (d.number, d.sign, d.total, d.operation)
    for p in sale.payments:
        numbers += (p.sum, p.slip)
    _in_range(numbers)
    return SaleRows(sale.id, Day(told_day(sale.day), sale.closed_ms), head, sign, sale)


def origin_of(sale: Sale) -> Row:
    """Row of sale_origin without its key: where it was sold, and whose store credit it moved."""
    account = sale.account or next((p.account for p in sale.payments if p.account), "")
    return sale.channel[:LONGEST_NAME], account[:LONGEST_NAME]


def reasons_of(sale: Sale) -> list[Row]:
    """Rows of price_reason without their key: line, place, kind, sum, by whom."""
    return [
        (n, m, why.kind[:LONGEST_NAME], why.sum, why.by[:LONGEST_NAME])
        for n, line in enumerate(sale.lines)
        if line.reasons
        for m, why in enumerate(line.reasons)
    ]
