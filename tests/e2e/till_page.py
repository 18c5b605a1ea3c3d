"""The till's page in Chromium as a cashier uses it: keys at a person's pace, bursts of a scanner, what the eye sees."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scanner_keys import ENTER, burst, strokes
from shop import CASHIER, SUPERVISOR, Shop

PACE_MS = 70
"""A key each 70 ms is a person: a scanner's come within 55 here, and a held key is shown after 60."""
COMMAND_MS = 10
"""A key that writes nothing is held by nobody."""
NO_ENTER_S = 0.3
"""So soon after a scan no Enter counts (agent/web/kit/wedge.js: 150 ms); no hand is that fast, these devices are."""
LONG_MS = 15_000
"""A device that lost its power comes back after seconds, on a machine that others use too."""
PAY_CONTROLS = (
    "[data-money], [data-key='take-cash'], [data-key='rest-card'], [data-key='refund-pay'], "
    "[data-key^='pay-'], [data-key^='quick-']"
)


def plain(text: str) -> str:
    """Without no-break and thin spaces."""
    return re.sub(r"[\u00a0\u202f]", " ", text)


class TillPage:
    def __init__(self, page: Any, shop: Shop, till: str = "1") -> None:
        self.page, self.shop, self.till = page, shop, till
        self._scanned = 0.0

    def open(self) -> None:
        self.page.goto(f"{self.shop.url}/till/{self.till}")
        self.page.wait_for_selector(".page", timeout=LONG_MS)

    def is_open(self) -> bool:
        """This till's page, with nothing left open on it."""
        at_till = self.page.url == f"{self.shop.url}/till/{self.till}"
        return at_till and self.page.locator(".page:not([inert])").count() == 1

    # Hands

    def press(self, *keys: str) -> None:
        for key in keys:
            early_s = self._scanned + NO_ENTER_S - time.monotonic()
            if key == "Enter" and early_s > 0:
                self.page.wait_for_timeout(early_s * 1000)
            self.page.keyboard.press(key)
            self.page.wait_for_timeout(PACE_MS if len(key) == 1 or key.startswith("Numpad") else COMMAND_MS)

    def move(self, key: str, to: int) -> None:
        """An arrow; and the line it leads to is selected, by the agent."""
        self.press(key)
        script = "(at) => document.querySelectorAll('.row[data-line]')[at]?.classList.contains('selected')"
        self._until(f"line {to} is selected", script, to, LONG_MS)

    def type(self, text: str) -> None:
        for letter in text:
            self.page.keyboard.type(letter)
            self.page.wait_for_timeout(PACE_MS)

    def scan(self, code: str) -> None:
        """A wedge on a machine with a Russian layout: real input, all keys at once, Enter behind."""
        burst(self.page, strokes(code, russian=True) + ENTER)
        self._scanned = time.monotonic()

    # Eyes

    def screen(self, name: str, within_ms: int = LONG_MS) -> None:
        script = "(name) => document.querySelector('.page')?.dataset.screen === name"
        self._until(f"the screen {name}", script, name, within_ms)

    def case(self, kind: str, within_ms: int = LONG_MS) -> None:
        """This trouble owns the screen; and while it does there is nothing to pay with on the page."""
        script = "(kind) => document.querySelector('.page')?.dataset.case === kind"
        self._until(f"the case {kind}", script, kind, within_ms)
        self.no_pay_controls()

    def no_pay_controls(self) -> None:
        assert self.page.locator(PAY_CONTROLS).count() == 0, "a pay control while it may not exist"

    def text(self, selector: str = ".page") -> str:
        return plain(self.page.locator(selector).first.inner_text())

    def says(self, words: str, within_ms: int = LONG_MS) -> None:
        """These words appear on the page; spaces of any width count as spaces."""
        self._until(
            f"“{words}” on the page",
            "(words) => document.getElementById('app').innerText.replace(/[\\u00a0\\u202f\\s]+/g, ' ').includes(words)",
            words,
            within_ms,
        )

    def _until(self, what: str, script: str, arg: Any, within_ms: int) -> None:
        try:
            self.page.wait_for_function(script, arg=arg, timeout=within_ms)
        except Exception as late:
            if "Timeout" not in str(late):
                raise
            raise AssertionError(f"awaited {what}, there was:\n{self.text('body')}") from None

    def headline(self) -> str:
        return plain(self.page.locator("#headline").inner_text()).replace("\n", " ")

    def lines(self, count: int) -> None:
        """So many lines stand in the basket, and none of them is still being checked."""
        self._until(
            f"{count} lines",
            "(count) => document.querySelectorAll('.row[data-line]').length === count"
            " && !document.querySelector('.row .tag.is-busy')",
            count,
            LONG_MS,
        )

    def pieces(self, count: int) -> None:
        """The selected line has so many pieces."""
        script = "(count) => document.querySelector('.row.selected .count b')?.innerText === String(count)"
        self._until(f"{count} pieces in the selected line", script, count, LONG_MS)

    def total(self, awaited: str) -> None:
        """The largest sum on the screen becomes this, written like 4 398,00."""
        script = """(sum) => document.querySelector('.total-card .display [aria-hidden]')
            ?.innerText.replace(/[\\u00a0\\u202f]/g, ' ').startsWith(sum + ' ')"""
        self._until(f"the sum {awaited}", script, awaited, LONG_MS)

    @property
    def view(self) -> dict[str, Any]:
        return self.shop.view(self.till)

    # Whole acts

    def sign_in(self, number: str = "2", pin: str = SUPERVISOR[2]) -> None:
        self.screen("locked")
        self.press(number, *pin, "Enter")

    def as_cashier(self) -> None:
        self.sign_in("1", CASHIER[2])

    def open_shift(self, float_roubles: str = "5000") -> None:
        self.screen("shift_closed")
        self.press(*float_roubles, "Enter")
        self.screen("selling")

    def basket(self, *codes: str) -> None:
        """A new sale with these goods, each scanned by the wedge."""
        for count, code in enumerate(codes, 1):
            self.scan(code)
            self.lines(count)

    def basket_takes(self, code: str) -> None:
        """The basket is free again, which what is said of a payment may come before: one line more."""
        self.screen("selling")
        lines = self.page.locator(".row[data-line]").count()
        self.scan(code)
        self.lines(lines + 1)

    def card_runs(self) -> None:
        """The amount is at the terminal: the pre-flight is over."""
        self.screen("card")
        self.shop.until(lambda: any(p["state"] == "running" for p in self.view["sale"]["payments"]), "the card runs")

    def pay_cash(self, roubles: str = "9000") -> None:
        self.press("End")
        self.screen("cash")
        self.press(*roubles, "Enter")

    def receipt(self, within_ms: int = LONG_MS) -> dict[str, Any]:
        """The receipt on the screen, as the agent tells it; and the sale is closed."""
        self.screen("receipt", within_ms)
        self.shop.until(lambda: self.view["sale"] is None and self.view["receipt"], "the sale is closed")
        told: dict[str, Any] = self.view["receipt"]
        return told

    def choose(self, choice: str, *, pin: str = "") -> None:
        """A way out of a case by keyboard: its digit, Enter; the PIN and Enter where a supervisor answers for it."""
        way = self.page.locator(f"[data-choice='{choice}']")
        way.wait_for(timeout=LONG_MS)
        self.press(way.locator(".cap").inner_text(), "Enter")
        if pin:
            self.page.wait_for_function("document.activeElement.id === 'pin'")
            self.press(*pin, "Enter")

    def menu(self, *digits_and_keys: str) -> None:
        """Through Insert: a digit selects, Enter confirms."""
        self.press("Insert")
        self.page.wait_for_selector(".panel-more")
        for key in digits_and_keys:
            self.press(key, "Enter")

    @contextmanager
    def late_commands(self) -> Iterator[Any]:
        """Commands that this page sends inside the block leave it only at the end of the block."""
        held: list[Any] = []
        self.page.route("**/commands", lambda route: held.append(route))
        yield held
        for route in held:
            route.continue_()
        self.page.unroute("**/commands")
