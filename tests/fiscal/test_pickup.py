"""What is kept for an order: how long, what of it others may not have, and what its own sale may."""

from __future__ import annotations

import pytest

from fiscal.pickup import Hold, HoldState, PickupLine, SaleFate, promised, shorts, standing

NOW = 1_000_000
HELD = Hold("o1", "1", "a", "A", 2000, NOW - 10, NOW + 10)
LATE = Hold("o2", "1", "a", "A", 4000, NOW - 20, NOW)


@pytest.mark.parametrize(
    ("hold", "fate", "state"),
    [
        (HELD, SaleFate.GIVEN_UP, HoldState.HELD),
        (LATE, SaleFate.GIVEN_UP, HoldState.EXPIRED),
        (LATE, SaleFate.OPEN, HoldState.HELD),  # it is being rung up: the customer stands there
        (HELD, SaleFate.GOODS_GONE, HoldState.TAKEN),
        (LATE, SaleFate.GOODS_GONE, HoldState.TAKEN),
        (Hold("o", "1", "a", "A", 1, 0, NOW + 9, state="released"), SaleFate.OPEN, HoldState.RELEASED),
    ],
)
def test_where_a_hold_stands(hold: Hold, fate: SaleFate, state: HoldState) -> None:
    assert standing(hold, fate, NOW) is state


def fetching(*holds: Hold, basket: int, but: str = "", fate: SaleFate = SaleFate.OPEN) -> int:
    return promised(holds, NOW, lambda sale: fate, lambda sale: basket, but)


def test_an_expired_hold_keeps_nothing_though_nobody_has_swept() -> None:
    assert promised([HELD, LATE], NOW, lambda sale: SaleFate.GIVEN_UP, lambda sale: 0, "") == 2000


def test_a_hold_that_is_rung_up_counts_for_what_the_basket_lacks() -> None:
    """Two lines of one product are one claim: of 5 kept and 4 in the basket one is still promised, not two."""
    one, two = (Hold("o", line, "a", "A", q, 0, NOW + 9, sale="s") for line, q in (("1", 2000), ("2", 3000)))
    assert fetching(one, two, basket=0) == 5000
    assert fetching(one, two, basket=4000) == 1000
    assert fetching(one, two, basket=9000) == 0
    assert fetching(one, two, basket=1000, but="s") == 0, "an order may have its own goods"
    assert fetching(one, two, basket=0, fate=SaleFate.GOODS_GONE) == 0
    assert fetching(one, two, basket=0, fate=SaleFate.GIVEN_UP) == 5000


def test_two_lines_of_one_product_ask_for_both() -> None:
    lines = [PickupLine("1", "a", "A", 1000), PickupLine("2", "b", "B", 1000), PickupLine("3", "a", "A", 1000)]
    short = shorts(lines, {"a": 1000, "b": 1000}.get)
    assert [(one.sku, one.asked_thousandths, one.left_thousandths) for one in short] == [("a", 2000, 1000)]
    assert shorts(lines, {"a": 2000, "b": 1000}.get) == ()


def test_what_nobody_counted_cannot_be_promised() -> None:
    assert [one.left_thousandths for one in shorts([PickupLine("1", "a", "A", 1)], lambda sku: None)] == [0]
