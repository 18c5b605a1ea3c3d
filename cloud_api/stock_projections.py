"""Facts of the stock as rows: documents with their lines, and what is kept for orders. Pure, as every projection.

A document's lines say what they moved, never how much there is: HQ adds them to its sum as it does the lines of sales.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from cloud_api.orders.kept import Told
from cloud_api.orders.states import Word
from cloud_api.projections import LIMIT, DoesNotFit, FactRow, bounded_names, without_nul
from cloud_api.storage.storage import Row
from fiscal.pickup import HoldState
from fiscal.pickup import OrderStep as Step
from fiscal.stock_document import StockKind
from sync.wire.facts import OrderStep, Pickup, StockDocument

KINDS = frozenset({"stock_document", "pickup", "order_step"})
DOCUMENT_KINDS = frozenset(kind.value for kind in StockKind)
PICKUP_STATES = frozenset(state.value for state in HoldState)
MOST_LINES = 10_000  # ten times what an agent of today sends

_DOCUMENT = msgspec.json.Decoder(StockDocument)
_PICKUP = msgspec.json.Decoder(Pickup)
_STEP = msgspec.json.Decoder(OrderStep)
STEPS = frozenset(step.value for step in Step)


@dataclass(frozen=True, slots=True)
class StockRows:
    """One document ready to be stored; `head` and `lines` lack their keys."""

    told: StockDocument
    head: Row
    lines: list[Row]

    @property
    def moved(self) -> Counter[str]:
        """What the document moves, each product once."""
        moved: Counter[str] = Counter()
        for line in self.told.lines:
            moved[line.sku] += line.delta
        return moved


def project_stock(kind: str, body: bytes) -> StockRows | FactRow | Told:
    """Rows of a known kind; DoesNotFit with the reason."""
    without_nul(body)
    try:
        match kind:
            case "stock_document":
                return _document(_DOCUMENT.decode(body))
            case "order_step":
                return _step(_STEP.decode(body))
            case _:
                return _pickup(_PICKUP.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DoesNotFit(f"shape: {error}") from None


def _document(told: StockDocument) -> StockRows:
    if told.document_kind not in DOCUMENT_KINDS or told.state not in ("done", "on_the_way"):
        raise DoesNotFit(f"state: {told.document_kind[:40]!r} {told.state[:40]!r}")
    if not told.id or not told.number:
        raise DoesNotFit("no_number")
    bounded_names(told.id, told.number, told.other, told.of, *(line.sku for line in told.lines))
    if len(told.lines) > MOST_LINES:
        raise DoesNotFit(f"range: {len(told.lines)} lines")
    lines: list[Row] = []
    for n, line in enumerate(told.lines):
        numbers = (line.delta, line.counted or 0, line.as_of, line.book, line.in_baskets, line.expected or 0)
        _in_range(*numbers)
        amounts = (line.delta, line.counted, line.as_of, line.book, line.in_baskets, line.expected)
        lines.append((n, line.sku, line.name, *amounts))
    _in_range(told.at_ms)
    head: Row = (
        told.id, told.document_kind, told.number, told.state, told.person, told.at_ms, told.reason, told.other, told.of,
    )  # fmt: skip
    return StockRows(told, head, lines)


def _pickup(told: Pickup) -> FactRow:
    if told.state not in PICKUP_STATES:
        raise DoesNotFit(f"state: {told.state[:40]!r}")
    if not told.order:
        raise DoesNotFit("no_number")
    bounded_names(told.order)
    _in_range(told.at_ms, told.until_ms, *(line.qty for line in told.lines))
    lines = msgspec.json.encode(told.lines).decode()
    row: Row = (told.order, told.state, told.at_ms, told.until_ms, told.person, told.why, told.sale, lines)
    return FactRow("pickup", row)


def _step(told: OrderStep) -> Told:
    if told.step not in STEPS:
        raise DoesNotFit(f"state: {told.step[:40]!r}")
    if not told.order:
        raise DoesNotFit("no_number")
    bounded_names(told.order, told.person, told.why)
    if len(told.short) > MOST_LINES:
        raise DoesNotFit(f"range: {len(told.short)} lines")
    _in_range(told.at_ms, *(left for _, left in told.short))
    return Told(told.order, Word(told.step), told.at_ms, person=told.person, why=told.why, short=tuple(told.short))


def _in_range(*numbers: int) -> None:
    worst = max(numbers, key=abs)
    if abs(worst) > LIMIT:
        raise DoesNotFit(f"range: {str(worst)[:40]}")
