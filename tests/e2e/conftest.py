"""A running shop for the browser tests, started anew only when a test left it in a state in which it cannot sell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from premises import Premises, ready
from shop import Shop
from till_page import TillPage


@pytest.fixture(scope="session")
def premises(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Premises]:
    standing = Premises(tmp_path_factory)
    yield standing
    standing.close()


@pytest.fixture
def fresh(premises: Premises) -> None:
    """Asked for before `shop`: a shop on its first day."""
    premises.close()


@pytest.fixture(scope="module", autouse=True)
def hq_is_there(premises: Premises) -> None:
    premises.with_hq()


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


@pytest.fixture(scope="session")
def kept_pages() -> dict[str, TillPage]:
    """The first page of each till stays open from test to test, as it does in a shop; its last scan stays known."""
    return {}


@pytest.fixture
def pages(window: tuple[Any, list[str]], kept_pages: dict[str, TillPage], shop: Shop) -> Iterator[Any]:
    """Opens pages of tills; a script error in any of them fails the test."""
    context, errors = window
    errors.clear()
    opened: list[Any] = []
    lent: set[str] = set()

    def open_till(till: str = "1") -> TillPage:
        if till in lent:  # a second window on the same till
            opened.append(context.new_page())
            page = TillPage(opened[-1], shop, till)
            page.open()
            return page
        lent.add(till)
        if till not in kept_pages:
            kept_pages[till] = TillPage(context.new_page(), shop, till)
        page = kept_pages[till]
        page.shop = shop
        if not page.is_open():
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
