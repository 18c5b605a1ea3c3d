"""A document of the stock: what it moves, in which order it may go on, and what a count is compared with."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.stock_document import (
    TRANSITIONS,
    StockArrived,
    StockBegun,
    StockCounted,
    StockDocument,
    StockDone,
    StockDropped,
    StockEvent,
    StockKind,
    StockLinePut,
    StockLineRemoved,
    StockNotAllowed,
    StockPhase,
    StockSent,
    begin_document,
    compared,
    delta_of,
    evolve_document,
)

EVENTS: tuple[StockEvent, ...] = (
    StockLinePut("a", "A", 1000), StockCounted("a", "A", 1000, 0, 0), StockLineRemoved("a"), StockDone("ann", 1),
    StockSent("ann", 1, "shop-2"), StockArrived(2), StockDropped("ann", 1),
)  # fmt: skip
WAY_TO: dict[StockPhase, tuple[StockEvent, ...]] = {
    StockPhase.DRAFT: (),
    StockPhase.ON_THE_WAY: (StockSent("ann", 1, "shop-2"),),
    StockPhase.DONE: (StockDone("ann", 1),),
    StockPhase.DROPPED: (StockDropped("ann", 1),),
}


def document(kind: StockKind, *events: StockEvent, expected: tuple[tuple[str, str, int], ...] = ()) -> StockDocument:
    found = begin_document(StockBegun("d", kind.value, "0001", 0, expected=expected))
    for event in events:
        found = evolve_document(found, event)
    return found


@pytest.mark.parametrize("phase", StockPhase)
@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_every_cell_of_phase_and_event(phase: StockPhase, event: StockEvent) -> None:
    """What the table does not have is refused: a document that is over moves nothing any more."""
    found = document(StockKind.RECEIVING, *WAY_TO[phase])
    assert found.phase is phase
    following = TRANSITIONS.get((phase, type(event)))
    if following is None:
        with pytest.raises(StockNotAllowed):
            evolve_document(found, event)
    else:
        assert evolve_document(found, event).phase is following
        assert phase in (StockPhase.DRAFT, StockPhase.ON_THE_WAY)


def test_a_line_said_again_replaces_the_first_and_keeps_its_place() -> None:
    found = document(
        StockKind.RECEIVING, StockLinePut("a", "A", 1000), StockLinePut("b", "B", 2000), StockLinePut("a", "A", 5000)
    )
    assert [(line.sku, line.thousandths) for line in found.lines.values()] == [("a", 5000), ("b", 2000)]


@pytest.mark.parametrize(
    ("kind", "delta"),
    [
        (StockKind.RECEIVING, 3000),
        (StockKind.WRITE_OFF, -3000),
        (StockKind.TRANSFER_OUT, -3000),
        (StockKind.TRANSFER_IN, 3000),
    ],
)
def test_what_a_line_moves(kind: StockKind, delta: int) -> None:
    assert delta_of(kind, StockLinePut("a", "A", 3000)) == delta


@given(
    before=st.integers(-50, 50),
    sold_while_counting=st.integers(0, 20),
    in_baskets=st.integers(0, 5),
    sold_after=st.integers(0, 20),
    shelf=st.integers(0, 60),
)
def test_a_count_is_true_whatever_is_sold_meanwhile(
    before: int, sold_while_counting: int, in_baskets: int, sold_after: int, shelf: int
) -> None:
    """The books say `before`; some is sold, the shelf is counted while baskets lie open, then all of it is sold."""
    book = before - sold_while_counting
    delta = delta_of(StockKind.STOCKTAKE, StockCounted("a", "A", shelf, book, 7, in_baskets))
    in_the_end = before - sold_while_counting - in_baskets - sold_after + delta
    assert in_the_end == shelf - sold_after


def test_differences_of_a_transfer_are_stated_both_ways() -> None:
    found = document(
        StockKind.TRANSFER_IN,
        StockLinePut("a", "A", 4000),
        StockLinePut("c", "C", 1000),
        StockDone("ann", 1, of="shop-1-0007"),
        expected=(("a", "A", 5000), ("b", "B", 2000)),
    )
    assert found.differences == (("a", -1000), ("b", -2000), ("c", 1000))
    assert compared({"a": 1}, {"a": 1}) == ()
