"""The office's tab of customers in real Chromium: who agreed, one person's history, merged and parted with a reason."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pushing_till import NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale
from running_hq import RunningHq

from sync.wire.customer_facts import CustomerFact, PurchaseFact
from tests.cloud_api.customer_shops import mail, phone

pytestmark = pytest.mark.browser


def two_shops(running: RunningHq) -> None:
    """Somebody in Kazan, and somebody in Ufa with the same address but another telephone: a question for a person."""
    for number, (device, key) in enumerate((("kazan-1", ""), (OTHER, OTHER_KEY)), start=1):
        more = {"device": device, **({"key": key} if key else {})}
        sales, visits = PushingTill(**more), PushingTill(**more, stream="visits")  # type: ignore[arg-type]
        sales.add(f"s{number}", a_sale(f"s{number}", total=number * 100_000, number=f"000{number}"))
        agreed = CustomerFact(f"c{number}", "analytics", "v", "ab" * 32, NOON_MS, [phone(number), mail("x")])
        visits.add("c", agreed, "customer")
        visits.add("p", PurchaseFact(f"s{number}", f"c{number}", NOON_MS, "typed"), "purchase")
        running.push(sales)
        running.push(visits)


def faults(page: Any) -> list[str]:
    engine = os.environ.get("TILLKEEPER_AXE", "") or Path.home() / ".cache/tillkeeper/node_modules/axe-core/axe.min.js"
    if not Path(engine).is_file():
        return []
    page.evaluate(Path(engine).read_text("utf-8"))
    found: list[str] = page.evaluate("axe.run().then((said) => said.violations.map((v) => v.id + v.nodes[0].html))")
    return found


def test_two_profiles_become_one_person_and_two_again(running: RunningHq, page: Any) -> None:
    """Each act has its reason and who said so; history of both shops is there while they are one. Nothing hangs over
    the edge of a narrow page, and axe finds no fault."""
    two_shops(running)
    page.goto(f"{running.url}/office#customers")
    page.get_by_role("link", name="···0001").wait_for()
    page.get_by_text("общая почта, но разные телефоны").wait_for()
    assert faults(page) == []
    page.get_by_role("button", name="Один").click()
    page.get_by_text("Напишите, почему. Ничего не изменено.").wait_for()
    page.get_by_label("Почему").fill("сменила номер")
    page.get_by_label("Кто решил").fill("Ольга")
    page.get_by_role("button", name="Один").click()
    page.get_by_role("link", name="···0001, ···0002").click()
    page.get_by_text("Чек 0002").wait_for()
    text = re.sub("[\u00a0\u202f]", " ", page.locator("main").inner_text())
    for words in ("Чек 0001", "Казань, Баумана", "Уфа, Проспект", "3 000", "телефон ···0001", "Ольга · сменила номер"):
        assert words in text, words
    assert phone(1).key not in page.content()
    assert faults(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    undo = page.locator(".case", has_text="Объединён с")
    undo.get_by_label("Почему").fill("сёстры")
    undo.get_by_role("button", name="Разделить обратно").click()
    page.get_by_text("Разделён с").wait_for()
    assert page.get_by_text("Чек 0001").count() + page.get_by_text("Чек 0002").count() == 1
    page.locator("#cust-back").click()
    page.get_by_role("link", name="···0002").wait_for()
    page.get_by_label("Телефон, почта или карта").fill("+79990000000")
    page.get_by_role("button", name="Найти").click()
    page.get_by_text("Никто с таким номером").wait_for()
    page.locator("#language").click()
    page.get_by_text("Nobody with this number").wait_for()
