"""The one table of money, VAT, rounding, discount, plan and refund cases: fiscal/vectors.json judges the law."""

from __future__ import annotations

import collections
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fiscal
from fiscal import basket as baskets
from fiscal.basket import Basket
from fiscal.document import Operation, TaxSystem
from fiscal.mark import Mark
from fiscal.money import CashRounding, cash_rounding_minor, line_sum, percent_of, spread
from fiscal.plan import PlannedDocument, change_minor, plan
from fiscal.pricing import exact_prices
from fiscal.product import Product
from fiscal.quantity import format_quantity, parse_quantity
from fiscal.refund import refund_plan
from fiscal.refused import LawRefused
from fiscal.regimes import russia, unregulated
from fiscal.regimes.profile import Profile
from fiscal.vat import VatRate, base_rate, vat_included

assert fiscal.__file__ is not None
VECTORS: list[dict[str, Any]] = json.loads((Path(fiscal.__file__).parent / "vectors.json").read_text("utf-8"))

RUSSIA = russia.profile_on(dt.date(2026, 11, 21))
PROFILES: dict[str, Profile] = {
    "russia": RUSSIA,
    "unregulated": unregulated.PROFILE,
    "no-zero": replace(RUSSIA, zero_total_allowed=False),
    "russia-2025-11-30": russia.profile_on(dt.date(2025, 11, 30)),
    "russia-2025-12-01": russia.profile_on(dt.date(2025, 12, 1)),
}
TOBACCO = dict(marked_group="tobacco", discountable=False, age=18)
PRODUCTS = {
    "milk": Product("4600000000015", "Молоко", 8990, VatRate.V10),
    "pan": Product("4600000000022", "Сковорода", 122000, VatRate.V22),
    "old_pan": Product("4600000000022", "Сковорода", 12000, VatRate.V20),
    "pen": Product("4600000000039", "Ручка", 1500, VatRate.V22),
    "pen2": Product("4600000000046", "Карандаш", 1500, VatRate.V22),
    "cheese": Product("4600000000053", "Сыр", 89900, VatRate.V10, measure=11),
    "bread": Product("4600000000060", "Хлеб", 5075, VatRate.V10),
    "honey": Product("4600000000077", "Мёд", 10050, VatRate.NONE, seller="farm"),
    "jam": Product("4600000000084", "Варенье", 3010, VatRate.NONE, seller="farm"),
    "oil": Product("4600000000190", "Масло", 5030, VatRate.NONE, seller="farm"),
    "patent_cup": Product("4600000000091", "Кружка", 1500, VatRate.NONE, tax_system=TaxSystem.PATENT),
    "half_cup": Product("4600000000107", "Блюдце", 530, VatRate.V22),
    "match": Product("4600000000114", "Спички", 50, VatRate.V22),
    "toy": Product("4600439931256", "Кукла «Маша»", 129900, VatRate.V22, marked_group="toys"),
    "gadget": Product("4600000000121", "Новинка", 100, VatRate.V22, marked_group="unheard_of"),
    "wine": Product("4600000000138", "Вино", 50000, VatRate.V22, marked_group="alcohol", age=18),
    "beer": Product("4600000000145", "Пиво", 9000, VatRate.V22, marked_group="beer", age=18),
    "tobacco": Product("46198488", "Табак", 9500, VatRate.V22, **TOBACCO),  # type: ignore[arg-type]
    "tobacco_dear": Product("46198488", "Табак", 9600, VatRate.V22, **TOBACCO),  # type: ignore[arg-type]
    "gold": Product("4600000000152", "Слиток", 9_999_999_999, VatRate.V0),
    "gold_bar": Product("4600000000169", "Слиток", 100_001_00, VatRate.V0),
    "gold_bar_limit": Product("4600000000169", "Слиток", 100_000_00, VatRate.V0),
    "vodka_price_floor": Product("4600000000176", "Сахар", 5000, VatRate.V10, least_price_minor=5000),
    "too_cheap": Product("4600000000176", "Сахар", 4999, VatRate.V10, least_price_minor=5000),
    "too_dear": Product("4600000000183", "Лампа", 5001, VatRate.V22, greatest_price_minor=5000),
}
MARKS = {
    "m1": Mark(b"010460043993125621SERIAL1\x1d93abcd", "04600439931256", "SERIAL1"),
    "m1_lost": Mark(b"010460043993125621SERIAL193abcd", "04600439931256", "SERIAL1"),
    "m2": Mark(b"010460043993125621SERIAL2\x1d93abcd", "04600439931256", "SERIAL2"),
    "t1": Mark(b"00000046198488X?io+qCABm8wAYa", "00000046198488", "X?io+qC", 9500),
}


def act(basket: Basket, step: list[Any], profile: Profile) -> Basket:
    name, *args, given = step if isinstance(step[-1], dict) else [*step, {}]
    match name:
        case "add":
            mark = MARKS[given["mark"]] if "mark" in given else None
            return baskets.add(basket, PRODUCTS[args[0]], profile, **{**given, "mark": mark})
        case "add_many":
            for number in range(args[0]):
                basket = baskets.add(basket, Product(f"{number:013d}", f"№{number}", 100, VatRate.V22), profile)
            return basket
        case "add_long":
            for number in range(args[0]):
                product = Product(f"{number:013d}", "Очень длинное имя " * 10, 1001, VatRate.V22)
                basket = baskets.add(basket, product, profile, quantity_thousandths=3000)
            return basket
        case "set_quantity":
            return baskets.set_quantity(basket, args[0], args[1], profile)
        case "remove":
            return baskets.remove(basket, args[0])
        case "discount_line":
            return baskets.discount_line(basket, args[0], profile, **given)
        case "discount_all":
            return baskets.discount_all(basket, profile, **given)
    raise AssertionError(name)


def filled(given: dict[str, Any]) -> Basket:
    basket = Basket()
    for step in given["acts"]:
        basket = act(basket, step, PROFILES[given["profile"]])
    return basket


def shown(planned: tuple[PlannedDocument, ...]) -> list[dict[str, Any]]:
    return [
        {
            "seller": one.seller,
            "total_minor": one.document.total_minor,
            "lines": [[line.price_minor, line.quantity_thousandths, line.sum_minor] for line in one.document.lines],
            "cash_minor": one.document.payments.cash_minor,
            "electronic_minor": one.document.payments.electronic_minor,
            "rounding_minor": one.document.rounding_minor,
        }
        for one in planned
    ]


def judge_basket(given: dict[str, Any]) -> dict[str, Any]:
    basket = filled(given)
    figures = baskets.totals(basket)
    return {
        "positions": figures.positions,
        "total_minor": figures.total_minor,
        "discount_minor": figures.discount_minor,
        "pieces_thousandths": figures.pieces_thousandths,
        "vat": {rate.name: minor for rate, minor in figures.vat},
        "line_discounts": [line.discount_minor for line in basket.lines],
        "ids": [line.id for line in basket.lines],
    }


def planned_sale(given: dict[str, Any]) -> tuple[PlannedDocument, ...]:
    return plan(
        filled(given),
        Operation[given.get("operation", "SALE")],
        [(means, minor) for means, minor in given["payments"]],
        given["cash_received"],
        "Иванова",
        "",
        "",
        PROFILES[given["profile"]],
        buyer_is_business=given.get("buyer_is_business", False),
    )


def judge_plan(given: dict[str, Any]) -> dict[str, Any]:
    planned = planned_sale(given)
    return {"documents": shown(planned), "change_minor": change_minor(planned)}


def judge_refund(given: dict[str, Any]) -> dict[str, Any]:
    sale = planned_sale(given)
    refunds: list[PlannedDocument] = []
    steps: list[dict[str, Any]] = []
    for wanted in given["steps"]:
        try:
            back = refund_plan(sale, refunds, wanted, "Иванова", "", "")
        except LawRefused as refused:
            steps.append({"refused": refused.code})
            continue
        refunds += back
        rates = sorted({line.vat.name for one in back for line in one.document.lines})
        steps.append({"documents": shown(back), "rates": rates})
    return {"steps": steps}


JUDGES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "vat_included": lambda given: {"vat_minor": vat_included(given["gross_minor"], VatRate[given["rate"]])},
    "base_rate": lambda given: {"rate": base_rate(dt.date.fromisoformat(given["on"])).name},
    "line_sum": lambda given: {"sum_minor": line_sum(**given)},
    "percent_of": lambda given: {"part_minor": percent_of(**given)},
    "cash_rounding": lambda given: {
        "dropped_minor": cash_rounding_minor(given["total_minor"], CashRounding[given["rounding"]])
    },
    "spread": lambda given: {"parts": list(spread(given["total_minor"], given["weights"]))},
    "exact_prices": lambda given: {"lines": [list(line) for line in exact_prices(**given)]},
    "parse_quantity": lambda given: {"quantity_thousandths": parse_quantity(given["text"])},
    "format_quantity": lambda given: {"text": format_quantity(given["quantity_thousandths"])},
    "basket": judge_basket,
    "plan": judge_plan,
    "refund": judge_refund,
}


def only_asked(expected: Any, found: Any) -> Any:
    """The part of `found` that `expected` speaks of: a case names the figures it is about."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return {name: only_asked(value, found[name]) for name, value in expected.items() if name in found}
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [only_asked(one, other) for one, other in zip(expected, found, strict=True)]
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{vector['law']}: {vector['name']}" for vector in VECTORS])
def test_the_law_gives_what_the_table_says(vector: dict[str, Any]) -> None:
    try:
        found = JUDGES[vector["law"]](vector["given"])
    except LawRefused as refused:
        found = {"refused": refused.code}
    assert vector["expect"], "a case without an expectation proves nothing"
    assert only_asked(vector["expect"], found) == vector["expect"]


def test_the_table_is_large_and_its_cases_are_different() -> None:
    assert len(VECTORS) >= 120
    keys = [json.dumps([vector["law"], vector["given"]], sort_keys=True) for vector in VECTORS]
    assert [key for key, times in collections.Counter(keys).items() if times > 1] == []
    rates = {vector["given"].get("rate") for vector in VECTORS}
    assert {rate.name for rate in VatRate} <= rates
