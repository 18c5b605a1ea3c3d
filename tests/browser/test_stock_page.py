"""The stock page in Chromium over a real agent: scanner, keyboard and fingers make documents that move goods."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pictures import take
from scanner_keys import ENTER, burst, strokes
from stage import PACE_MS
from test_a11y import RUN_AXE, axe

from tests.agent.small_shop import BEAR, CLAY, PUZZLE

pytestmark = pytest.mark.browser
__all__ = ["axe"]  # a fixture
HERE = Path(__file__).resolve().parent
WAIT_MS = 10_000
ANN, SUE = ("ann", "1111"), ("sue", "2222")


@pytest.fixture(scope="module")
def shop() -> Iterator[str]:
    server = subprocess.Popen([sys.executable, str(HERE / "stock_server.py")], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    word, port = server.stdout.readline().split()
    assert word == "ready"
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(timeout=10)


def ask(shop: str, path: str, body: dict[str, Any] | None = None) -> Any:
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(shop + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.loads(answer.read())


def on_hand(shop: str, barcode: str) -> int | None:
    (goods,) = ask(shop, f"/api/stock/goods?q={barcode}")
    found: int | None = goods["on_hand"]
    return found


class Stock:
    """An open stock page and what a test does to it."""

    def __init__(self, page: Any, base: str) -> None:
        self.page = page
        self.base = base

    def open(self, place: str = "documents", language: str = "ru") -> None:
        self.page.goto(f"{self.base}/stock?language={language}#{place}")
        self.page.wait_for_selector(f"main.{place.split('/')[0]}", timeout=WAIT_MS)

    def press(self, key: str) -> None:
        self.page.click(f"[data-key='{key}']", timeout=WAIT_MS)

    def begin(self, kind: str) -> None:
        self.press(kind)
        self.page.wait_for_selector("main.document [data-key='do-finish']", timeout=WAIT_MS)

    def scan(self, code: str) -> None:
        burst(self.page, [*strokes(code), *ENTER])

    def wish(self, barcode: str, pieces: int) -> None:
        """For an order that is being kept: piece by piece, as a scanner and a person go."""
        for n in range(1, pieces + 1):
            self.scan(barcode)
            self.page.wait_for_selector(f"li:has([data-key='unwish-{barcode}']) .num:has-text('{n}')", timeout=WAIT_MS)

    def amount(self, barcode: str, wanted: str) -> None:
        self.page.wait_for_function(
            "([id, text]) => document.getElementById(id)?.value === text",
            arg=[f"amount-{barcode}", wanted],
            timeout=WAIT_MS,
        )

    def types(self, barcode: str, text: str, leave: str) -> None:
        """A quantity by real keys, no faster than a person's, who then leaves the field by `leave`."""
        self.page.click(f"#amount-{barcode}")
        self.page.keyboard.type(text, delay=PACE_MS)
        self.amount(barcode, text)
        self.page.wait_for_timeout(PACE_MS)
        self.page.keyboard.press(leave)

    def until_saved(self, document: str, thousandths: int) -> None:
        """In the agent, whatever the page shows."""
        told = -1
        for _ in range(WAIT_MS // 50):
            (line,) = ask(self.base, f"/api/stock/documents/{document}")["lines"]
            told = line["thousandths"]
            if told == thousandths:
                return
            self.page.wait_for_timeout(50)
        assert told == thousandths

    def until_rung_up(self, thousandths: int) -> None:
        """As the only line of till 1, in the agent."""
        told: list[int] = []
        for _ in range(WAIT_MS // 50):
            sale = ask(self.base, "/api/tills/1")["sale"]
            told = [line["quantity"] for line in sale["lines"]] if sale else []
            if told == [thousandths]:
                return
            self.page.wait_for_timeout(50)
        assert told == [thousandths]

    def sign(self, person: tuple[str, str], form: str = "finish") -> None:
        self.page.select_option(f"#person-{form}", person[0])
        self.page.fill(f"#pin-{form}", person[1])
        self.press(f"do-{form}")

    def says(self, words: str, kind: str = "refusal") -> None:
        self.page.wait_for_selector(f".said.{kind}:has-text('{words}')", timeout=WAIT_MS)


@pytest.fixture
def stock(context: Any, shop: str) -> Iterator[Stock]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("response", lambda answer: errors.append(answer.url) if answer.status >= 400 else None)
    yield Stock(page, shop)
    assert errors == []


def test_a_delivery_is_scanned_and_booked(stock: Stock, shop: str, tmp_path: Path) -> None:
    before = on_hand(shop, CLAY) or 0
    stock.open()
    stock.begin("receiving")
    stock.scan(CLAY)
    stock.amount(CLAY, "1")
    stock.scan(CLAY)
    stock.amount(CLAY, "2")
    stock.page.keyboard.type("7", delay=60)  # digits and * set the chosen line's quantity
    stock.page.wait_for_function("() => document.getElementById('find').value === '7'", timeout=WAIT_MS)
    stock.page.keyboard.press("NumpadMultiply")
    stock.amount(CLAY, "7")
    assert on_hand(shop, CLAY) == before, "a draft moves nothing"
    stock.sign(("ann", "9999"))
    stock.says("Имя и код не подходят")
    for code, pieces in ((BEAR, 6), (PUZZLE, 12)):
        stock.scan(code)
        stock.amount(code, "1")
        stock.types(code, str(pieces), "Enter")
    stock.page.wait_for_timeout(PACE_MS)
    stock.amount(PUZZLE, "12")
    take(stock.page, "stock", tmp_path, fits=False, fingers=False)
    for code in (BEAR, PUZZLE):
        stock.press(f"remove-{code}")
        stock.page.wait_for_selector(f"#amount-{code}", state="detached", timeout=WAIT_MS)
    stock.sign(ANN)
    stock.says("Готово", "told")
    assert on_hand(shop, CLAY) == before + 7000
    assert "Подпись: Ann" in stock.page.inner_text(".desk-main")


def test_a_search_adds_what_is_chosen(stock: Stock, shop: str, tmp_path: Path) -> None:
    stock.open()
    stock.page.keyboard.press("1")
    stock.page.wait_for_selector("#find", timeout=WAIT_MS)
    stock.page.keyboard.type("миш", delay=60)
    stock.page.wait_for_selector(f"[data-key='found-{BEAR}']", timeout=WAIT_MS)
    stock.page.keyboard.press("Enter")
    stock.amount(BEAR, "1")
    stock.press(f"more-{BEAR}")
    stock.amount(BEAR, "2")
    stock.page.fill(f"#amount-{BEAR}", "5")
    stock.page.press(f"#amount-{BEAR}", "Enter")
    stock.amount(BEAR, "5")
    take(stock.page, "stock-receiving", tmp_path, fits=False, fingers=False, kept=False)
    stock.press("drop")
    stock.press("drop-sure")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)


def test_a_typed_quantity_is_saved_when_its_field_is_left(stock: Stock, shop: str) -> None:
    """By real keys: what the wedge writes into a field is no `change` for the browser."""
    stock.open()
    stock.begin("receiving")
    stock.scan(BEAR)
    stock.amount(BEAR, "1")
    document = stock.page.url.partition("#document/")[2]

    def saved() -> int:
        told: int = ask(shop, f"/api/stock/documents/{document}")["lines"][0]["thousandths"]
        return told

    stock.types(BEAR, "12", "Enter")
    stock.page.wait_for_function("() => document.activeElement.id === 'find'", timeout=WAIT_MS)
    stock.press(f"more-{BEAR}")
    stock.amount(BEAR, "13")
    stock.types(BEAR, "5", "Tab")
    stock.press(f"more-{BEAR}")
    stock.amount(BEAR, "6")
    stock.types(BEAR, "8", "Escape")
    stock.amount(BEAR, "6")
    stock.types(BEAR, "2,5", "Enter")
    stock.says("Штучный товар")
    stock.types(BEAR, "99999999", "Enter")
    stock.says("больше")
    assert saved() == 6000
    stock.types(BEAR, "0", "Enter")
    stock.sign(ANN)
    stock.says("В документе нет товаров")
    stock.press("drop")
    stock.press("drop-sure")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)


LATE = """const ask = fetch;
window.fetch = async (url, how) => {
  const answer = await ask(url, how);
  if (String(url).includes("/api/stock/documents/")) await new Promise((done) => setTimeout(done, 400));
  return answer;
};"""
"""What the page reads of a document comes late, as from a machine that does ten things at once."""


def test_a_quantity_is_what_was_typed_whatever_is_drawn_meanwhile(stock: Stock, shop: str) -> None:
    """A colleague's scan that arrives while the field waits for its digits changes nothing of them: 5, and not 75."""
    stock.open()
    stock.begin("receiving")
    document = stock.page.url.partition("#document/")[2]
    stock.scan(BEAR)
    stock.amount(BEAR, "1")
    stock.page.click(f"#amount-{BEAR}")
    put = {"document": document, "sku": BEAR, "thousandths": 7000}
    assert ask(shop, "/api/stock/commands", {"id": str(uuid4()), "do": "put", "args": put})["done"]
    stock.amount(BEAR, "7")
    stock.page.keyboard.type("5")
    stock.amount(BEAR, "5")
    stock.page.wait_for_timeout(PACE_MS)
    stock.page.keyboard.press("Enter")
    stock.until_saved(document, 5000)


def test_each_scan_and_each_press_counts_however_late_the_answers_come(stock: Stock, shop: str) -> None:
    stock.page.add_init_script(LATE)
    stock.open()
    stock.begin("receiving")
    document = stock.page.url.partition("#document/")[2]
    stock.scan(BEAR)
    stock.amount(BEAR, "1")
    stock.scan(BEAR)
    for key in ("more", "more", "less", "more"):
        stock.press(f"{key}-{BEAR}")
    stock.scan(BEAR)
    stock.amount(BEAR, "5")
    stock.until_saved(document, 5000)


def test_who_signs_is_who_was_chosen_even_after_the_pin(stock: Stock, shop: str) -> None:
    stock.open()
    stock.begin("receiving")
    stock.scan(CLAY)
    stock.amount(CLAY, "1")
    stock.page.click("#pin-finish")
    stock.page.keyboard.type(SUE[1], delay=80)
    stock.page.wait_for_function("() => document.getElementById('pin-finish').value.length === 4", timeout=WAIT_MS)
    stock.page.select_option("#person-finish", SUE[0])
    stock.press("do-finish")
    stock.says("Готово", "told")
    assert "Подпись: Sue" in stock.page.inner_text(".desk-main")
    assert stock.page.evaluate("document.activeElement.className").startswith("said"), "the focus went nowhere"
    stock.press("back")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)


def test_the_focus_never_falls_out_of_the_page(stock: Stock) -> None:
    def at(id: str) -> None:
        stock.page.wait_for_function("(id) => document.activeElement.id === id", arg=id, timeout=WAIT_MS)

    stock.open()
    stock.begin("receiving")
    stock.scan(CLAY)
    stock.amount(CLAY, "1")
    stock.press(f"remove-{CLAY}")
    stock.page.wait_for_selector(f"#amount-{CLAY}", state="detached", timeout=WAIT_MS)
    at("find")
    stock.page.keyboard.type("миш", delay=80)
    stock.press(f"found-{BEAR}")
    stock.amount(BEAR, "1")
    at("find")
    stock.press("drop")
    stock.page.wait_for_function("() => document.activeElement.dataset.key === 'keep-on'", timeout=WAIT_MS)
    stock.page.keyboard.press("Enter")
    stock.page.wait_for_selector("[data-key='drop']", timeout=WAIT_MS)
    at("find")
    stock.press("drop")
    stock.press("drop-sure")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)
    stock.page.wait_for_function("() => document.activeElement !== document.body", timeout=WAIT_MS)


def test_arrows_go_through_the_list_and_enter_opens(stock: Stock, shop: str) -> None:
    for _ in range(2):
        ask(shop, "/api/stock/commands", {"id": str(uuid4()), "do": "begin", "args": {"kind": "write_off"}})
    told = ask(shop, "/api/stock")
    coming = [f"receive-{one['number']}" for one in told["coming"]]
    keys = [*coming, *(f"open-{row['number']}" for row in told["documents"])]
    stock.open()
    stock.page.wait_for_selector(f"[data-key='{keys[-1]}']", timeout=WAIT_MS)
    last = len(coming) + 1
    for key, wanted in (*(("ArrowDown", at) for at in range(last + 1)), ("ArrowUp", last - 1), ("ArrowDown", last)):
        stock.page.keyboard.press(key)
        assert stock.page.evaluate("document.activeElement.dataset.key") == keys[wanted]
    for _ in keys:
        stock.page.keyboard.press("ArrowUp")
    assert stock.page.evaluate("document.activeElement.dataset.key") == keys[0], "and no further"
    stock.page.locator(f"[data-key='{keys[last]}']").focus()
    stock.page.keyboard.press("Enter")
    stock.page.wait_for_selector("main.document [data-key='do-finish']", timeout=WAIT_MS)
    assert stock.page.evaluate("location.hash") == f"#document/{told['documents'][1]['id']}"


def test_a_link_to_no_document_says_so_and_leads_back(context: Any, shop: str) -> None:
    stock = Stock(context.new_page(), shop)  # without the watch over answers: this one is 404
    stock.open("document/nothing-of-ours")
    stock.says("Такого документа нет")
    stock.press("back")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)


def test_a_write_off_says_what_it_lacks(stock: Stock, shop: str) -> None:
    before = on_hand(shop, BEAR) or 0
    stock.open()
    stock.begin("write_off")
    stock.scan(BEAR)
    stock.amount(BEAR, "1")
    assert stock.page.locator("#person-finish option").all_inner_texts() == ["Sue"], "a supervisor signs"
    stock.sign(SUE)
    stock.says("Нужна причина списания")
    stock.page.fill("#field-reason", "разбили")
    stock.sign(SUE)
    stock.says("Готово", "told")
    assert on_hand(shop, BEAR) == before - 1000


def test_a_shelf_is_counted_while_the_till_sells(stock: Stock, shop: str, tmp_path: Path) -> None:
    book = on_hand(shop, CLAY) or 0
    stock.open()
    stock.begin("stocktake")
    stock.scan(CLAY)
    stock.amount(CLAY, "1")
    ask(shop, "/fixture/till", {"do": "scan", "args": {"code": CLAY}})
    stock.types(CLAY, str(book // 1000 - 1), "Enter")
    stock.page.wait_for_selector("td:has-text('ещё 1 в чеках касс')", timeout=WAIT_MS)
    take(stock.page, "stock-stocktake", tmp_path, fits=False, fingers=False, kept=False)
    stock.sign(SUE)
    stock.says("Готово", "told")
    assert on_hand(shop, CLAY) == book, "nothing is missing: one lies in the till's basket"
    view = ask(shop, "/api/tills/1")
    ask(shop, "/fixture/till", {"do": "remove", "args": {"line": view["sale"]["lines"][0]["id"]}})


def test_what_comes_from_another_shop_is_received_with_differences(stock: Stock, shop: str) -> None:
    stock.open()
    stock.press("receive-shop-9-0042")
    stock.page.wait_for_selector("main.document [data-key='do-finish']", timeout=WAIT_MS)
    stock.scan(PUZZLE)
    stock.amount(PUZZLE, "1")
    stock.sign(ANN)
    stock.says("Готово", "told")
    told = stock.page.inner_text("main").replace("\u00a0", " ")
    assert "не хватает 4" in told
    assert "не хватает 1" in told
    stock.open()
    assert stock.page.locator("[data-key='receive-shop-9-0042']").count() == 0


def test_two_quick_scans_for_an_order_are_two_pieces(stock: Stock) -> None:
    """However late the agent says what the first one was."""
    stock.page.add_init_script(LATE.replace("/documents/", "/goods"))
    stock.open("orders")
    stock.scan(BEAR)
    stock.scan(BEAR)
    stock.page.wait_for_selector(f"li:has([data-key='unwish-{BEAR}']) .num:text-is('2')", timeout=WAIT_MS)


def test_goods_are_kept_for_an_order_and_the_till_asks(stock: Stock, shop: str, tmp_path: Path) -> None:
    pieces = (on_hand(shop, BEAR) or 0) // 1000
    stock.open("orders")
    stock.wish(BEAR, pieces)
    stock.page.fill("#field-order", "A-17")
    stock.sign(ANN, "keep")
    stock.page.wait_for_selector("[data-key='release-A-17']", timeout=WAIT_MS)
    take(stock.page, "stock-orders", tmp_path, fits=False, fingers=False, kept=False)
    assert ask(shop, "/fixture/till", {"do": "scan", "args": {"code": BEAR}}) == {"note": "stock_promised"}
    stock.press("release-A-17")
    stock.page.keyboard.type(ANN[1], delay=80)
    stock.page.wait_for_function("() => document.getElementById('pin-release').value.length === 4", timeout=WAIT_MS)
    assert stock.page.input_value("#pin-keep") == "", "each form has a code of its own"
    stock.sign(ANN, "release")
    stock.page.wait_for_selector("text=Сейчас ничего не отложено", timeout=WAIT_MS)


@pytest.mark.parametrize("width", [1366, 1024, 768, 390])
def test_every_width_and_language(stock: Stock, shop: str, axe: str, tmp_path: Path, width: int) -> None:
    stock.page.set_viewport_size({"width": width, "height": 800})
    for language in ("ru", "en"):
        stock.open(language=language)
        take(stock.page, f"stock-{width}-{language}", tmp_path, fits=False, fingers=False, kept=False)
    stock.open()
    stock.begin("receiving")
    stock.scan(CLAY)
    stock.amount(CLAY, "1")
    take(stock.page, f"stock-{width}-document", tmp_path, fits=False, fingers=False, kept=False)
    assert stock.page.evaluate("document.documentElement.scrollWidth") <= width
    stock.press("drop")
    stock.press("drop-sure")
    stock.page.wait_for_selector("main.documents", timeout=WAIT_MS)
    stock.page.goto(f"{shop}/status")
    stock.page.wait_for_selector(".desk-right .key", timeout=WAIT_MS)
    heights = [key.bounding_box()["height"] for key in stock.page.locator(".desk-right .key").all()]
    assert max(heights) < 50, "a key's words are broken into lines"
    if width in (1366, 390):
        stock.open("orders")
        stock.page.evaluate(axe)
        assert stock.page.evaluate(RUN_AXE) == []


def test_the_till_asks_and_the_cashier_answers(stock: Stock, shop: str) -> None:
    """The whole way on two pages: kept on one, asked about and handed over on the other."""
    pieces = (on_hand(shop, BEAR) or 0) // 1000
    stock.open("orders")
    stock.wish(BEAR, pieces)
    stock.page.fill("#field-order", "B-5")
    stock.sign(ANN, "keep")
    stock.page.wait_for_selector("[data-key='release-B-5']", timeout=WAIT_MS)
    stock.page.goto(f"{shop}/till/1")
    stock.page.wait_for_selector("#search", timeout=WAIT_MS)
    stock.scan(BEAR)
    # The till may still say what it said of the order before: it is the answer about this one that is waited for.
    stock.page.wait_for_selector(".said:has-text('B-5') [data-key='sell_promised']", timeout=WAIT_MS)
    assert ask(shop, "/api/tills/1")["sale"] is None or not ask(shop, "/api/tills/1")["sale"]["lines"]
    stock.press("sell_promised")
    stock.page.wait_for_selector("[data-line]:has-text('Мишка')", timeout=WAIT_MS)  # what was said names it too
    line = ask(shop, "/api/tills/1")["sale"]["lines"][0]
    ask(shop, "/fixture/till", {"do": "remove", "args": {"line": line["id"]}})
    stock.page.keyboard.press("Insert")
    stock.press("collect")
    stock.page.keyboard.type("B-5", delay=80)
    stock.page.keyboard.press("Enter")
    stock.until_rung_up(pieces * 1000)
    stock.open("orders")
    stock.page.wait_for_selector(".order:has-text('пробивают на кассе')", timeout=WAIT_MS)
