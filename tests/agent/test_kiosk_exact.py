"""A kiosk that gives no change: the shopper agrees before the first note, and nothing beyond the sum is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.kiosk_shop import kiosk_shop
from tests.agent.small_shop import BEAR
from tests.agent.test_kiosk_sells import books_balance, put

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]


async def test_nothing_is_taken_without_consent_and_nothing_beyond_the_sum(tmp_path: Path) -> None:
    async with kiosk_shop(tmp_path, change=("exact",)) as shop:
        view = await shop.choose(BEAR)  # 3 499,00
        assert view.exact
        refused = await shop.do("pay", means="cash")
        assert refused is not None
        assert refused.code == "kiosk_exact"
        assert shop.view().screen == "pay"
        view = await shop.done("pay", means="cash", agreed=1)
        assert view.cash is not None
        assert view.cash.change.code == "change_exact"
        view = await shop.cash_open()
        assert view.cash is not None
        assert max(view.cash.takes_minor) <= view.cash.due_minor
        await put(shop, "cash1", "note 2000", "note 1000")
        view = shop.view()
        assert view.cash is not None
        assert max(view.cash.takes_minor) <= view.cash.left_minor == 49_900
        assert shop.stacked_minor() == 300_000
        await shop.done("give_back")
        await shop.until(lambda view: view.claims)
        await shop.until(lambda view: not shop.kiosk.back.unbooked())
        books_balance(shop)
