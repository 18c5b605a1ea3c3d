"""A shopper who wants to stop a card payment at the kiosk: the request is shown, and the terminal decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.kiosk_shop import KioskShop, kiosk_shop
from tests.agent.small_shop import BEAR

pytestmark = pytest.mark.anyio


async def waits_for_a_card(shop: KioskShop) -> None:
    await shop.order("card1", "card manual")
    await shop.choose(BEAR)
    await shop.done("pay", means="card")
    view = await shop.until(lambda view: view.card_progress is not None and view.card_progress.code == "card_shows")
    assert (view.screen, view.stop_asked) == ("card", False)


async def test_the_terminal_stops(tmp_path: Path) -> None:
    """What was asked is shown until the terminal has answered; nothing is paid, and the next attempt begins anew."""
    async with kiosk_shop(tmp_path) as shop:
        await waits_for_a_card(shop)
        assert (await shop.done("stop_card")).stop_asked
        assert (await shop.done("stop_card")).stop_asked, "asked twice is asked once"
        view = await shop.until(lambda view: view.screen == "pay")
        assert shop.sales()[0].card_minor == 0
        await shop.order("card1", "card auto 0")
        view = await shop.done("pay", means="card")
        assert not view.stop_asked
        await shop.until(lambda view: view.screen == "done")
        assert shop.sales()[0].card_minor == shop.sales()[0].due_minor
