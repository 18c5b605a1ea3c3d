"""Goods kept for an order until somebody comes for them: who is promised what, how long, and what is left for others.

    held ── its sale ends with the goods ──> taken        (read off the sale: one commit, nothing to keep in step)
      ├── PickupReleased ──> released
      └── its hour passes ──> expired                     (read off the clock; a sweeper only writes it down)

While the order is being rung up its hold counts for what the basket does not have yet, and does not expire. A sale that
is given up gives the hold back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

HOUR_MS = 3_600_000
USUAL_HOURS = 48
MOST_HOURS = 72
"""What nobody fetched in three days goes back on sale; an order that is to wait longer is made anew."""


class HoldState(Enum):
    HELD = "held"
    TAKEN = "taken"
    RELEASED = "released"
    EXPIRED = "expired"


class SaleFate(Enum):
    """What became of the sale in which an order is rung up."""

    OPEN = "open"
    GOODS_GONE = "goods_gone"
    GIVEN_UP = "given_up"


@dataclass(frozen=True, slots=True)
class PickupLine:
    """A line of an order as it is asked for; `line` names it within the order."""

    line: str
    sku: str
    name: str
    thousandths: int


@dataclass(frozen=True, slots=True)
class PickupHeld:
    order: str
    lines: tuple[PickupLine, ...]
    until_ms: int
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PickupReleased:
    order: str
    by: str
    why: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PickupBound:
    """The order is being rung up in this sale."""

    order: str
    sale: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class PickupEnded:
    """What everybody could read already, written down: `state` is taken or expired."""

    order: str
    state: str
    at_ms: int


class OrderStep(Enum):
    """What a shop says of an order beside what is kept for it."""

    REFUSED = "refused"
    PICKING = "picking"
    READY = "ready"
    KEPT = "kept"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PickupStepped:
    """Staff pick an order or have it ready; or it was refused, and nothing is kept for it."""

    order: str
    step: str
    by: str
    at_ms: int
    why: str = ""


PickupEvent = PickupHeld | PickupReleased | PickupBound | PickupEnded | PickupStepped


@dataclass(frozen=True, slots=True)
class Hold:
    """One line of an order as it is kept; `state` as it was last written, see `standing`."""

    order: str
    line: str
    sku: str
    name: str
    thousandths: int
    made_ms: int
    until_ms: int
    sale: str = ""
    state: str = "held"


@dataclass(frozen=True, slots=True)
class Short:
    """What is asked for and not there."""

    sku: str
    name: str
    asked_thousandths: int
    left_thousandths: int


def standing(hold: Hold, fate: SaleFate, now_ms: int) -> HoldState:
    """Where a hold stands now; `fate` is of its sale (GIVEN_UP where it has none)."""
    if hold.state != HoldState.HELD.value:
        return HoldState(hold.state)
    if fate is SaleFate.GOODS_GONE:
        return HoldState.TAKEN
    if fate is SaleFate.OPEN:
        return HoldState.HELD
    return HoldState.HELD if now_ms < hold.until_ms else HoldState.EXPIRED


def promised(
    holds: Iterable[Hold], now_ms: int, fate_of: Callable[[str], SaleFate], in_basket: Callable[[str], int], but: str
) -> int:
    """Thousandths of one product that orders may still claim; what sale `but` is fetching is its own.

    `in_basket(sale)`: how much of the product that sale's basket has already, which counts as a basket's.
    """
    free, fetching = 0, dict[str, int]()
    for hold in holds:
        fate = fate_of(hold.sale) if hold.sale else SaleFate.GIVEN_UP
        if standing(hold, fate, now_ms) is not HoldState.HELD:
            continue
        if fate is SaleFate.OPEN:
            fetching[hold.sale] = fetching.get(hold.sale, 0) + hold.thousandths
        else:
            free += hold.thousandths
    return free + sum(max(0, held - in_basket(sale)) for sale, held in fetching.items() if sale != but)


def asked_by_product(lines: Iterable[PickupLine]) -> dict[str, tuple[str, int]]:
    """sku -> (name, thousandths): two lines of one product ask for both together."""
    asked: dict[str, tuple[str, int]] = {}
    for line in lines:
        asked[line.sku] = (line.name, asked.get(line.sku, ("", 0))[1] + line.thousandths)
    return asked


def shorts(lines: Iterable[PickupLine], left: Callable[[str], int | None]) -> tuple[Short, ...]:
    """What of an order cannot be promised. A product whose stock is not kept cannot: nobody knows that it is there."""
    found = []
    for sku, (name, thousandths) in asked_by_product(lines).items():
        there = left(sku) or 0
        if thousandths > there:
            found.append(Short(sku, name, thousandths, max(0, there)))
    return tuple(found)
