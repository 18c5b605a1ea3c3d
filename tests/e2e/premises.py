"""Shops one after the other for the browser tests, and how a till is made ready for the next test."""

from __future__ import annotations

import pytest
from shop import SUPERVISOR, Shop
from till_page import TillPage


class Premises:
    """Shops one after the other: each test gets the standing one if it can still sell."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        self._folders = folders
        self._shop: Shop | None = None

    def shop(self) -> Shop:
        if self._shop is not None and not _sells(self._shop):
            self.close()
        if self._shop is None:
            self._shop = Shop(self._folders.mktemp("shop")).__enter__()
        return self._shop

    def with_hq(self) -> None:
        """A module that needs HQ does not inherit a shop without it."""
        if self._shop is not None and self._shop.hq_gone_since is not None:
            self._shop.start_hq()

    def close(self) -> None:
        if self._shop is not None:
            self._shop.__exit__(None, None, None)
            self._shop = None


def _sells(shop: Shop) -> bool:
    """Nothing is left on till 1 from the test before: no basket, no case, no armed fault, nobody's cable."""
    try:
        view = shop.view()
        told = [shop.order(id, "state") for id in shop.devices]
    except (OSError, AssertionError):
        return False
    whole = all('"power": true' in state and '"plugged": true' in state and '"faults": []' in state for state in told)
    sale = view["sale"]
    return (
        whole
        and (sale is None or not sale["lines"])
        and view["screen"] in ("locked", "shift_closed", "selling", "receipt")
    )


def ready(page: TillPage) -> None:
    """Sign in and open the shift where that is still to be done; then an empty basket, and both means of payment."""
    if page.view["cashier"] and page.view["cashier"]["id"] != SUPERVISOR[0]:
        page.menu("0")
        page.screen("locked")
    if page.view["screen"] == "locked":
        page.sign_in()
        page.page.wait_for_function("!document.querySelector(\".page[data-screen='locked']\")")
    if not page.view["shift"]["open"]:
        page.open_shift()
    if page.view["screen"] == "receipt":
        page.screen("receipt")
        page.press("Enter")
    page.screen("selling")
    page.shop.until(lambda: all_work(page), "what was mended at the end of the test before works again")
    page.page.wait_for_selector(".top .chip.ok")


def all_work(page: TillPage) -> bool:
    """All devices of its till; the office may be away, that hinders no sale."""
    return all(one["state"] == "ok" for one in page.view["devices"] if one["kind"] != "office")
