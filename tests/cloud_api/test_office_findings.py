"""The findings tab in real Chromium: a register is loaded, its misfit is shown with its rows and explained."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pushing_till import PushingTill, a_sale
from running_hq import RunningHq

from sync.wire.facts import PriceReason, SaleDocument, SaleLine, SalePayment

pytestmark = pytest.mark.browser
AXE = ".cache/tillkeeper/node_modules/axe-core/axe.min.js"
FN = "9999078902010101"


def two_sales() -> PushingTill:
    till = PushingTill()
    for n in (1, 2, 3):
        why = [PriceReason("discount", -100, "Ольга")]
        line = SaleLine("460", "Мишка", 1000, 12_445, 12_345, "none", 100, "ООО Мишка", reasons=why)
        paper = SaleDocument("ООО Мишка", "0001", FN, n, 100 + n, 12_345, "2026-11-21T12:00", 1)
        paid = [SalePayment("card", 12_345, "a1", "10203344", scheme="MIR", status="booked")]
        more = {"number": f"{n:04}", "channel": "kiosk", "day": "2026-11-21", "payments": paid}
        till.add(str(n), a_sale(f"s{n}", lines=[line], documents=[paper], **more))
    return till


def test_a_misfit_is_shown_with_its_rows_and_explained(running: RunningHq, page: Any, tmp_path: Path) -> None:
    running.push(two_sales())
    file = tmp_path / "register.csv"
    rows = [f"{FN};1;101;Приход;123,45", f"{FN};3;103;Приход;123,45", f"{FN};4x;1;Приход;1,00"]
    file.write_text("\n".join(["ФН;ФД;ФПД;Признак расчета;Сумма", *rows]), "cp1251")
    page.goto(f"{running.url}/office#findings")
    page.get_by_text("Всё сходится.").wait_for()
    page.locator("#operator-file").set_input_files(str(file))
    page.locator("#operator-told", has_text="Чеков 2").wait_for()
    assert "строка 4: номер документа" in page.locator("main").inner_text()
    found = page.locator("[data-finding=not_at_operator]")
    assert "Документа 2" in found.inner_text()
    found.locator("summary").click()
    found.get_by_role("button", name="Открыть").click()
    receipt = page.get_by_role("dialog")
    receipt.wait_for()
    text = receipt.inner_text()
    for words in ("в киоске", "скидка −1,00, Ольга", "терминал 10203344", "без НДС"):
        assert words in text.replace("\u00a0", " "), text
    page.keyboard.press("Escape")
    engine = Path(os.environ.get("TILLKEEPER_AXE", "") or Path.home() / AXE)
    if engine.is_file():
        page.evaluate(engine.read_text("utf-8"))
        faults = page.evaluate("axe.run().then((said) => said.violations.map((v) => v.id + ' ' + v.nodes[0].html))")
        assert faults == []
    found.get_by_label("Почему так").fill("Оператор признал задержку")
    page.keyboard.press("Enter")
    page.get_by_text("Всё сходится.").wait_for()
    page.locator("#findings-explained").click()
    said = page.locator("[data-finding=not_at_operator]")
    said.get_by_text("Оператор признал задержку").wait_for()
    page.locator("#language").click()
    said.get_by_text("Not at the operator", exact=True).wait_for()
