"""The books of a kiosk: every note's end has a ledger, and the box always equals register, doubts, orders and debts."""

from __future__ import annotations

from itertools import cycle, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.cash_piece import OPEN, Piece, PiecePhase
from fiscal.kiosk_books import BOOKS, KioskBooks, Ledger, OrderMoney, PieceEnd, ReceiptEnd, StillMoving, end_of

R = ReceiptEnd


def test_the_table_has_a_ledger_for_every_pair() -> None:
    assert set(BOOKS) == set(product(PieceEnd, ReceiptEnd))


@pytest.mark.parametrize("phase", PiecePhase)
@pytest.mark.parametrize("counts", [True, False])
def test_every_piece_that_came_to_rest_has_an_end(phase: PiecePhase, counts: bool) -> None:
    piece = Piece(1, phase, 3, 50_000, "RUB", "order", counts=counts)
    if phase in OPEN:
        with pytest.raises(StillMoving):
            end_of(piece)
    elif phase is PiecePhase.RESOLVED:
        assert end_of(piece) is (PieceEnd.COUNTS if counts else PieceEnd.OUTSIDE)
    else:
        assert end_of(piece) in PieceEnd


@pytest.mark.parametrize(
    ("money", "owed", "register", "in_order"),
    [
        (OrderMoney(R.MADE, 400_000, 354_800), 45_200, 354_800, 0),
        (OrderMoney(R.MADE, 400_000, 354_800, paid_out_minor=20_000), 25_200, 354_800, 0),
        (OrderMoney(R.MADE, 400_000, 354_800, paid_out_minor=20_000, claimed_minor=25_200), 0, 380_000, 0),
        (OrderMoney(R.MADE, 400_000, 354_800, advanced_minor=45_200), 0, 354_800, 0),
        (OrderMoney(R.NOT_MADE, 260_000), 260_000, 0, 0),
        (OrderMoney(R.NOT_MADE, 260_000, claimed_minor=260_000), 0, 260_000, 0),
        (OrderMoney(R.PENDING, 260_000), 0, 0, 260_000),
        (OrderMoney(R.DOUBT, 400_000, 354_800), 0, 0, 400_000),
        (OrderMoney(R.DEBT, 400_000, 354_800), 45_200, 0, 0),
        (OrderMoney(R.NO_ORDER, 50_000), 50_000, 0, 0),
    ],
)
def test_what_an_order_leaves(money: OrderMoney, owed: int, register: int, in_order: int) -> None:
    assert (money.owed_minor, money.register_minor, money.in_order_minor) == (owed, register, in_order)
    moved_on = OrderMoney(R.MADE, money.advanced_minor, money.advanced_minor)
    assert KioskBooks((money, moved_on), 0).gap_minor(money.inserted_minor, money.paid_out_minor) == 0


@pytest.mark.parametrize(
    ("advance", "owed"), [(R.MADE, 0), (R.PENDING, 0), (R.DOUBT, 0), (R.DEBT, 0), (R.NOT_MADE, 45_200)]
)
def test_an_advance_that_is_not_made_owes_what_moved_on(advance: R, owed: int) -> None:
    order = OrderMoney(R.MADE, 400_000, 354_800, advanced_minor=45_200)
    moved_on = OrderMoney(advance, 45_200, 0 if advance is R.NOT_MADE else 45_200)
    assert order.owed_minor + moved_on.owed_minor == owed
    assert KioskBooks((order, moved_on), 0).gap_minor(400_000, 0) == 0


def test_a_hopper_that_paid_too_much_is_a_loss_and_is_seen() -> None:
    money = OrderMoney(R.MADE, 400_000, 354_800, paid_out_minor=46_200)
    assert (money.owed_minor, money.lost_minor) == (0, 1_000)
    assert KioskBooks((money,), 0).gap_minor(400_000, 46_200) == 0


def test_a_note_nobody_booked_is_a_gap() -> None:
    money = OrderMoney(R.MADE, 50_000, 50_000)
    assert KioskBooks((money,), 0).gap_minor(100_000, 0) == 50_000
    assert KioskBooks((money,), 50_000).gap_minor(100_000, 0) == 0


SUMS = st.integers(min_value=0, max_value=10_000_00)


@st.composite
def orders(draw: st.DrawFn) -> OrderMoney:
    """An order as it can be: kept no more than inserted, and only ended orders settle what is left."""
    receipt, inserted = draw(st.sampled_from(ReceiptEnd)), draw(SUMS)
    made = receipt in (R.MADE, R.DEBT, R.DOUBT)
    kept = draw(st.integers(0, inserted)) if made else 0
    left = inserted - (kept if made else 0)
    if BOOKS[(PieceEnd.COUNTS, receipt)] is Ledger.ORDER:
        left = 0
    paid = draw(st.integers(0, left))
    advanced = draw(st.integers(0, left - paid))
    claimed = draw(st.integers(0, left - paid - advanced))
    return OrderMoney(receipt, inserted, kept, paid, advanced, claimed)


@given(st.lists(orders(), max_size=20), st.lists(SUMS, max_size=5))
def test_the_box_equals_register_doubts_orders_and_debts(made: list[OrderMoney], doubts: list[int]) -> None:
    moved_on = [
        OrderMoney(end, one.advanced_minor) for one, end in zip(made, cycle((R.PENDING, R.NOT_MADE)), strict=False)
    ]
    books = KioskBooks((*made, *moved_on), sum(doubts))
    stacked = sum(order.inserted_minor for order in made) + sum(doubts)
    paid = sum(order.paid_out_minor for order in made)
    assert books.gap_minor(stacked, paid) == 0
    assert all(order.owed_minor >= 0 and order.lost_minor == 0 for order in made)
