"""Laws of money for every basket: spreading, splitting, planning and giving back neither lose nor make a kopeck."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal import basket as baskets
from fiscal.basket import Basket
from fiscal.document import Operation, TaxSystem
from fiscal.money import CashRounding, line_sum, spread
from fiscal.plan import CARD, CASH, CREDIT, PlannedDocument, change_minor, due, plan
from fiscal.pricing import exact_prices
from fiscal.product import Product
from fiscal.quantity import format_quantity, parse_quantity
from fiscal.refund import refund_plan, sold_lines
from fiscal.refused import BasketRefused, PlanRefused
from fiscal.regimes import russia
from fiscal.vat import VatRate, rate_by_tag, vat_included

ROUNDED = russia.profile_on(dt.date(2026, 11, 21))
EXACT = russia.profile_on(dt.date(2026, 11, 21), cash_rounding=CashRounding.NONE)

sums = st.integers(0, 9_999_999_999)


@st.composite
def products(draw: st.DrawFn) -> Product:
    number = draw(st.integers(0, 40))
    return Product(
        f"46{number:011d}",
        f"Товар {number}",
        draw(st.integers(0, 300_000)),
        draw(st.sampled_from(list(VatRate))),
        measure=draw(st.sampled_from([0, 0, 11])),
        seller=draw(st.sampled_from(["main", "farm"])),
        tax_system=draw(st.sampled_from([TaxSystem.GENERAL, TaxSystem.PATENT])),
        discountable=draw(st.booleans()),
    )


@st.composite
def filled(draw: st.DrawFn) -> Basket:
    basket = Basket()
    for product in draw(st.lists(products(), min_size=1, max_size=8)):
        quantity = draw(st.integers(1, 30_000) if product.measure else st.integers(1, 40).map(lambda n: n * 1000))
        basket = baskets.add(basket, product, EXACT, quantity_thousandths=quantity)
    for line in basket.lines:
        if line.product.discountable and draw(st.booleans()):
            share = draw(st.integers(1, 100_000))
            basket = baskets.discount_line(basket, line.id, EXACT, percent_thousandths=share)
    if draw(st.booleans()) and any(line.product.discountable for line in basket.lines):
        room = sum(line.gross_minor for line in basket.lines if line.product.discountable)
        basket = baskets.discount_all(basket, EXACT, minor=draw(st.integers(0, room)))
    return basket


def planned(draw: st.DataObject, basket: Basket, rounded: bool) -> tuple[PlannedDocument, ...]:
    profile = ROUNDED if rounded else EXACT
    credit = draw.draw(st.one_of(st.just(0), st.integers(0, basket.total_minor)))
    rest = basket.total_minor - credit
    card = draw.draw(st.one_of(st.just(0), st.just(rest), st.integers(0, rest)))
    owed = due(basket, card, profile.cash_rounding, credit)
    over = draw.draw(st.integers(0, 500_000)) if owed.cash_minor else 0
    payments = [(CREDIT, credit), (CARD, card), (CASH, owed.cash_minor)]
    made = plan(basket, Operation.SALE, payments, owed.cash_minor + over, "Иванова", "", "key", profile)
    assert change_minor(made) == over
    assert sum(one.document.total_minor for one in made) == owed.total_minor
    assert sum(one.document.payments.prepaid_minor for one in made) == credit
    assert sum(one.document.payments.electronic_minor for one in made) == card
    return made


@given(st.lists(st.integers(0, 10**9), max_size=30), st.data())
def test_parts_add_up_to_the_whole_and_stay_within_their_weights(weights: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(weights)))
    parts = spread(total, weights)
    assert sum(parts) == total
    assert all(0 <= part <= weight for part, weight in zip(parts, weights, strict=True))


@given(sums, st.integers(1, 99_999_999))
def test_split_prices_give_their_sum_exactly(sum_minor: int, quantity: int) -> None:
    lines = exact_prices(sum_minor, quantity)
    assert 1 <= len(lines) <= 2
    assert sum(one_sum for _, _, one_sum in lines) == sum_minor
    assert sum(one_quantity for _, one_quantity, _ in lines) == quantity
    assert all(one_quantity > 0 and line_sum(price, one_quantity) == one_sum for price, one_quantity, one_sum in lines)
    assert max(price for price, _, _ in lines) - min(price for price, _, _ in lines) <= 1


@given(st.integers(1, 1_000_000), st.integers(1, 60), st.data())
def test_a_discount_never_raises_a_price(price: int, pieces: int, data: st.DataObject) -> None:
    gross = price * pieces
    discount = data.draw(st.integers(1, gross))
    assert all(one <= price for one, _, _ in exact_prices(gross - discount, pieces * 1000))


@given(sums, st.sampled_from(list(VatRate)))
def test_vat_lies_between_nothing_and_the_sum(gross: int, rate: VatRate) -> None:
    vat = vat_included(gross, rate)
    assert 0 <= vat <= gross
    # Within half a kopeck of gross x r / (100 + r), the tie going up.
    percent = rate.percent or 0
    assert -(100 + percent) < 2 * (gross * percent - vat * (100 + percent)) + 1 <= 100 + percent
    assert rate_by_tag(rate.tag_1199) is rate


@given(filled())
def test_the_figures_of_a_basket_agree(basket: Basket) -> None:
    figures = baskets.totals(basket)
    assert figures.total_minor == sum(line.sum_minor for line in basket.lines) == basket.total_minor
    assert figures.gross_minor - figures.discount_minor == figures.total_minor
    assert all(0 <= line.sum_minor <= line.gross_minor for line in basket.lines)
    assert 0 <= sum(minor for _, minor in figures.vat) <= figures.total_minor
    assert len({line.id for line in basket.lines}) == len(basket.lines)


@given(filled(), st.booleans(), st.data())
def test_the_documents_of_a_plan_are_the_basket_to_the_kopeck(
    basket: Basket, rounded: bool, data: st.DataObject
) -> None:
    made = planned(data, basket, rounded)
    lines = [line for one in made for line in one.document.lines]
    assert sum(line.sum_minor for line in lines) == basket.total_minor
    assert all(line_sum(line.price_minor, line.quantity_thousandths) == line.sum_minor for line in lines)
    assert len({one.book for one in made}) == len(made)
    dropped = sum(one.document.rounding_minor for one in made)
    assert 0 <= dropped <= 99
    for one in made:
        document = one.document
        whole = sum(line.sum_minor for line in document.lines)
        assert document.total_minor // 100 == whole // 100, "rounding touched the roubles of a document"
        assert document.payments.electronic_minor <= document.total_minor, "change would come from the card"
        assert document.payments.electronic_minor + document.payments.prepaid_minor <= document.total_minor
        assert document.payments.sum_minor >= document.total_minor
        assert document.payments.cash_minor >= 0
    sold = {line.id: (line.quantity_thousandths, line.sum_minor) for line in sold_lines(made)}
    assert sold == {line.id: (line.quantity_thousandths, line.sum_minor) for line in basket.lines}


@given(filled(), st.booleans(), st.data())
def test_refunds_never_give_back_more_than_was_paid_and_in_the_end_all_of_it(
    basket: Basket, rounded: bool, data: st.DataObject
) -> None:
    sale = planned(data, basket, rounded)
    paid = {one.book: one.document.total_minor for one in sale}
    by_card = {one.book: one.document.payments.electronic_minor for one in sale}
    by_credit = {one.book: one.document.payments.prepaid_minor for one in sale}
    refunds: list[PlannedDocument] = []
    for _ in range(data.draw(st.integers(0, 4))):
        wanted = {}
        for line in sold_lines(sale, refunds):
            step = 1 if line.line.measure else 1000
            wanted[line.id] = data.draw(st.integers(0, line.left_thousandths // step)) * step
        if any(wanted.values()):
            refunds += refund_plan(sale, refunds, wanted, "Иванова", "", "")
    if any(line.left_thousandths for line in sold_lines(sale, refunds)):
        refunds += refund_plan(sale, refunds, None, "Иванова", "", "")
    back = dict.fromkeys(paid, 0)
    card_back = dict.fromkeys(paid, 0)
    credit_back = dict.fromkeys(paid, 0)
    for one in refunds:
        document = one.document
        lines_sum = sum(line.sum_minor for line in document.lines)
        assert document.operation is Operation.SALE_REFUND
        assert document.payments.sum_minor == document.total_minor
        assert document.total_minor // 100 == lines_sum // 100
        assert all(line_sum(line.price_minor, line.quantity_thousandths) == line.sum_minor for line in document.lines)
        back[one.book] += document.total_minor
        card_back[one.book] += document.payments.electronic_minor
        credit_back[one.book] += document.payments.prepaid_minor
        assert back[one.book] <= paid[one.book]
        assert card_back[one.book] <= by_card[one.book]
    assert back == paid, "what was paid and what went back differ after everything was returned"
    assert card_back == by_card
    assert credit_back == by_credit


@given(st.integers(0, 99_999_999))
def test_a_quantity_survives_the_screen(quantity: int) -> None:
    assert parse_quantity(format_quantity(quantity)) == quantity
    assert parse_quantity(format_quantity(quantity, ".")) == quantity


def refusal(basket: Basket, line_id: str, quantity: int) -> str | None:
    try:
        baskets.set_quantity(basket, line_id, quantity, ROUNDED)
    except BasketRefused as refused:
        return refused.code
    return None


@given(filled(), st.data())
def test_a_refused_act_leaves_the_basket_as_it_was(basket: Basket, data: st.DataObject) -> None:
    before = Basket(tuple(basket.lines), basket.made)
    quantity = data.draw(st.integers(-2000, 200_000_000))
    line_id = data.draw(st.sampled_from([line.id for line in basket.lines] + ["none"]))
    code = refusal(basket, line_id, quantity)
    assert basket == before
    if code is None:
        changed = baskets.set_quantity(basket, line_id, quantity, ROUNDED)
        assert changed.line(line_id).quantity_thousandths == quantity
        assert [line for line in changed.lines if line.id != line_id] == [
            line for line in basket.lines if line.id != line_id
        ]
    else:
        assert code in {"unknown_line", "limit_quantity", "fraction_of_piece", "limit_sum", "discount_too_large"}


@given(filled(), st.integers(1, 10**9))
def test_the_card_never_pays_more_than_the_total(basket: Basket, above: int) -> None:
    with pytest.raises(PlanRefused, match="card_exceeds_total"):
        plan(basket, Operation.SALE, [(CARD, basket.total_minor + above)], None, "Иванова", "", "", ROUNDED)
