"""A shopper at the real kiosk of the real demo, in a real browser: money, change, a power cut, a card, a marked toy.

TILLKEEPER_PICTURES=1 renews the kiosk's pictures in the README.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pictures import take_kiosk
from real_demo import LONG_MS, Demo, running_demo

pytestmark = pytest.mark.browser
long = pytest.mark.skipif(
    not os.environ.get("TILLKEEPER_CAMPAIGN"),
    reason="long: set TILLKEEPER_CAMPAIGN=1 for it, or run `make campaign`",
)

DOLL = "0104607012330017"
"""«Маша»: a marked toy."""
HASTY_S = 8
"""A kiosk of a training shop that asks so soon whether anybody is there; the question then stands for half as long."""
PHONE = "9260000143"
SHOP_CARD = "40420042"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    with running_demo(tmp_path_factory.mktemp("kiosk-demo")) as shop:
        yield shop


class Shopper:
    """Fingers on the screen and notes in the hand."""

    def __init__(self, page: Any, demo: Demo) -> None:
        self.page = page
        self.demo = demo
        self._api = demo.kiosk.replace("/kiosk/", "/api/kiosks/")

    def view(self) -> dict[str, Any]:
        with urllib.request.urlopen(self._api, timeout=30) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def until(self, wanted: Callable[[dict[str, Any]], object], within_s: float = LONG_MS / 1000) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            view = self.view()
            if wanted(view):
                return view
            time.sleep(0.1)
        raise AssertionError({name: view[name] for name in ("screen", "cash", "said", "trouble", "case", "claims")})

    def screen(self, name: str) -> None:
        self.page.wait_for_selector(f".page[data-screen='{name}']", timeout=LONG_MS)

    def tap(self, name: str) -> None:
        self.page.locator(f"[data-key='{name}']:not([disabled])").click(timeout=LONG_MS)
        self.page.wait_for_timeout(350)  # a key that appears is dead for a moment

    def to_paying(self) -> None:
        """From the goods to the choice of means."""
        self.screen("browse")
        self.tap("checkout")
        self.screen("receipt_way")
        self.page.wait_for_timeout(350)
        self.tap("who-nobody")
        self.tap("way-paper")
        self.screen("pay")

    def show_card(self) -> None:
        """A card of the shop, typed with its consent; then to the choice of means."""
        self.tap("checkout")
        self.screen("receipt_way")
        self.page.wait_for_timeout(350)
        self.tap("who-card")
        self.page.locator("[data-key='consent-data']").click(timeout=LONG_MS)
        self.page.keyboard.type(SHOP_CARD, delay=80)
        self.tap("entry-done")
        self.tap("way-paper")
        self.screen("pay")

    def begin(self) -> None:
        self.page.goto(self.demo.kiosk)
        self.screen("attract")
        self.page.wait_for_timeout(400)
        self.tap("start")
        self.screen("browse")
        self.page.wait_for_selector(".tile")

    def choose(self, count: int) -> int:
        """The first unmarked goods on the shelf; the sum."""
        with urllib.request.urlopen(f"{self._api}/products", timeout=30) as answer:
            plain = [tile["name"] for tile in json.load(answer) if not tile["marked"]]
        for name in plain[:count]:
            self.page.locator(".tile").filter(has_text=name).first.click()
            self.page.wait_for_timeout(400)
        return int(self.until(lambda view: view["sale"] and view["sale"]["positions"] == count)["sale"]["total_minor"])

    def insert(self, *notes: int) -> None:
        for note in notes:
            before = self.view()["cash"]["inserted_minor"]
            self.push(note)
            self.until(lambda view, before=before: view["screen"] != "cash" or view["cash"]["inserted_minor"] > before)

    def push(self, note: int) -> None:
        """Until the slot takes it: it opens with the validator's next poll, and closes while a note moves."""
        deadline = time.monotonic() + LONG_MS / 1000
        while True:
            try:
                self.demo.order("validator-1", f"insert note {note}")
            except urllib.error.HTTPError:
                assert time.monotonic() < deadline, "the slot never opened"
                time.sleep(0.3)
            else:
                return

    def ready_for_money(self) -> None:
        self.screen("cash")
        self.until(lambda view: view["cash"] and view["cash"]["takes_minor"])


@pytest.fixture
def shopper(chromium: Any, demo: Demo) -> Iterator[Shopper]:
    context = chromium.new_context(viewport={"width": 1080, "height": 1920}, reduced_motion="reduce", locale="ru-RU")
    errors: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Shopper(page, demo)
    context.close()
    assert errors == []


def test_cash_with_overpayment_and_change(shopper: Shopper, tmp_path: Path) -> None:
    shopper.begin()
    due = shopper.choose(2)
    shopper.page.wait_for_timeout(300)
    take_kiosk(shopper.page, "kiosk-browse", tmp_path)
    shopper.to_paying()
    shopper.tap("pay-cash")
    shopper.ready_for_money()
    thousands = due // 100_000
    shopper.insert(*[1000] * thousands)
    take_kiosk(shopper.page, "kiosk-cash", tmp_path)
    left = due - thousands * 100_000
    notes = -(-left // 50_000)
    shopper.insert(*[500] * notes)
    view = shopper.until(lambda view: view["screen"] in ("done", "claim"))
    owed = notes * 50_000 - left
    paid = shopper.demo.ledger("coins-1").count("paid_out") * 1000
    promised = sum(claim["amount_minor"] for claim in view["claims"])
    assert (paid, paid + promised) == (owed // 1000 * 1000, owed)
    assert shopper.demo.ledger("register-3").count("fiscalised") == 1
    shopper.screen(view["screen"])
    shopper.tap("finish" if view["screen"] == "done" else "take-slip")
    shopper.screen("attract")


@long
def test_the_power_goes_with_a_note_in_the_stacker(shopper: Shopper, tmp_path: Path) -> None:
    """Nothing is lost and nothing counts twice; without coins in the hopper the rest is a claim."""
    demo = shopper.demo
    demo.order("coins-1", "empty")
    shopper.begin()
    due = shopper.choose(1)
    shopper.to_paying()
    shopper.tap("pay-cash")
    shopper.ready_for_money()
    stacked = demo.ledger("validator-1").count("stacked")
    demo.order("validator-1", "fault power_cut=stacked")
    shopper.push(5000)
    deadline = time.monotonic() + 30
    while demo.ledger("validator-1").count("stacked") == stacked and time.monotonic() < deadline:
        time.sleep(0.1)
    demo.order("agent", "power off")
    time.sleep(1)
    demo.order("agent", "power on")
    view = shopper.until(lambda view: view["screen"] in ("claim", "making", "cash") and view["sale"], within_s=90)
    view = shopper.until(lambda view: view["screen"] == "claim", within_s=90)
    assert demo.ledger("validator-1").count("stacked") == stacked + 1
    assert sum(claim["amount_minor"] for claim in view["claims"]) == 500_000 - due
    shopper.page.goto(demo.kiosk)
    shopper.screen("claim")
    shopper.page.wait_for_timeout(500)
    take_kiosk(shopper.page, "kiosk-claim", tmp_path)
    shopper.tap("take-slip")
    demo.order("coins-1", "fill 10 100")


@long
def test_who_walks_away_leaves_a_claim_and_may_have_it_on_the_phone(shopper: Shopper) -> None:
    """The real idle timeout: the question, no answer, and the money inside becomes a slip. A shopper who comes back to
    it has it sent; the bench shows what the gateway wrote."""
    demo = shopper.demo
    with demo.configured("[[kiosks]]", f"idle_money_s = {HASTY_S}"):
        shopper.begin()
        shopper.choose(1)
        shopper.to_paying()
        shopper.tap("pay-cash")
        shopper.ready_for_money()
        shopper.insert(100)
        shopper.page.wait_for_selector(".idle-card", timeout=LONG_MS)
        assert "100" in shopper.page.inner_text(".idle-card")
        assert shopper.page.evaluate("document.activeElement.dataset.key") == "here"
        view = shopper.until(lambda view: view["screen"] == "claim")
        [slip] = view["claims"]
        assert (slip["amount_minor"], slip["reason"]["code"]) == (10_000, "claim_timeout")
        shopper.screen("claim")
        shopper.page.wait_for_timeout(400)
        shopper.tap("send-slip")
        shopper.page.keyboard.type(PHONE, delay=80)
        shopper.tap("entry-done")
        shopper.page.wait_for_selector(".slip-sending[data-sending='sent']", timeout=LONG_MS)
        [told] = [one for one in demo.messages() if one["id"].startswith(f"slip-{slip['number']}")]
        assert told["to"] == f"+7{PHONE}"
        assert slip["code"] in told["text"]
        bench = shopper.page.context.new_page()
        bench.goto(f"{demo.bench}#kiosk-1")
        assert slip["number"] in bench.locator(f"[data-message='{told['id']}']").inner_text(timeout=LONG_MS)
        bench.close()
        shopper.tap("take-slip")
        shopper.screen("attract")


@long
def test_change_on_the_account_pays_the_next_purchase(shopper: Shopper) -> None:
    """A 5000 note, sixty coins at the most, the rest on a shop card; the card then pays, and the register knows it."""
    demo = shopper.demo
    shopper.begin()
    total = shopper.choose(1)
    shopper.show_card()
    shopper.tap("pay-cash")
    shopper.ready_for_money()
    shopper.insert(5000)
    view = shopper.until(lambda view: view["screen"] == "done")
    credited = view["change"]["credited_minor"]
    assert credited + view["change"]["paid_minor"] == 500_000 - total
    assert credited > 100_00
    shopper.screen("done")
    assert shopper.page.inner_text("#headline") != ""
    shopper.tap("finish")
    shopper.begin()
    shopper.choose(1)
    shopper.show_card()
    made = demo.ledger("register-3").count("fiscalised")
    shopper.tap("pay-credit")
    view = shopper.until(lambda view: view["screen"] == "done" or view["sale"]["paid_minor"])
    if view["screen"] == "pay":
        shopper.tap("pay-card")
    shopper.until(lambda view: view["screen"] == "done")
    assert demo.ledger("register-3").count("fiscalised") == made + 1
    paid = shopper.view()["receipt"]["payments"]
    assert ("credit", min(credited, total)) in [(one["means"], one["sum_minor"]) for one in paid]
    shopper.screen("done")
    shopper.tap("finish")


@long
def test_by_card(shopper: Shopper) -> None:
    receipts = shopper.demo.ledger("register-3").count("fiscalised")
    charges = shopper.demo.ledger("terminal-3").count("charged")
    shopper.begin()
    shopper.choose(1)
    shopper.to_paying()
    shopper.tap("pay-card")
    shopper.until(lambda view: view["screen"] == "done")
    shopper.screen("done")
    assert shopper.demo.ledger("terminal-3").count("charged") == charges + 1
    assert shopper.demo.ledger("register-3").count("fiscalised") == receipts + 1
    shopper.tap("finish")


@long
def test_a_marked_toy_is_scanned(shopper: Shopper) -> None:
    shopper.begin()
    shopper.page.keyboard.type(DOLL + "21KIOSK" + str(int(time.time()))[-6:], delay=5)
    shopper.page.keyboard.press("Enter")
    shopper.until(lambda view: view["sale"] and [line["marked"] for line in view["sale"]["lines"]] == [True])
    shopper.until(lambda view: view["sale"]["lines"][0]["mark"]["state"] == "ok")
    shopper.to_paying()
    shopper.tap("pay-card")
    shopper.until(lambda view: view["screen"] == "done")
    shopper.screen("done")
    shopper.tap("finish")


@long
def test_what_still_works_when_the_kiosk_does_not(shopper: Shopper) -> None:
    shopper.page.goto(shopper.demo.kiosk)
    shopper.screen("attract")
    shopper.demo.order("register-3", "unplug")
    shopper.page.wait_for_selector(".page[data-screen='out_of_service']", timeout=LONG_MS)
    assert "Касса 1" in shopper.page.inner_text("body")
    shopper.demo.order("register-3", "plug")
    shopper.screen("attract")
