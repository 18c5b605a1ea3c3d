"""A running shop for the browser tests, started anew only when a test left it in a state in which it cannot sell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


@pytest.fixture(scope="session")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    standing = Premises(tmp_path_factory)
    yield standing
    standing.close()


@pytest.fixture
def shop(premises: Premises) -> Shop:
    return premises.shop()


@pytest.fixture(scope="session")
def window(chromium: Any) -> Iterator[tuple[Any, list[str]]]:
    """One browser window for all tests, and the script errors in it."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce", locale="ru-RU")
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context, errors
    context.close()


@pytest.fixture
def pages(window: tuple[Any, list[str]], shop: Shop) -> Iterator[Any]:
    """Opens pages of tills; a script error in any of them fails the test."""
    context, errors = window
    errors.clear()
    opened: list[Any] = []

    def open_till(till: str = "1") -> TillPage:
        opened.append(context.new_page())
        page = TillPage(opened[-1], shop, till)
        page.open()
        return page

    yield open_till
    for page in opened:
        page.close()
    assert errors == []


@pytest.fixture
def till(pages: Any, shop: Shop) -> TillPage:
    """Till 1 with the supervisor at it, its shift open, its basket empty."""
    page: TillPage = pages()
    ready(page)
    return page


def ready(page: TillPage) -> None:
    """Sign in and open the shift where that is still to be done; then an empty basket."""
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
