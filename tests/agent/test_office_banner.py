"""The banner about HQ says what is so: a line that is away mends itself, a key that was revoked does not."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.screens.shop_health import AWAY_BANNER_S, ShopHealth
from sync.uplink_board import Trouble, UplinkBoard
from tests.agent.small_shop import small_shop

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (Trouble.AWAY, "hq_away"),
        (Trouble.BUSY, "hq_away"),
        (Trouble.REVOKED, "office_revoked"),
        (Trouble.NOT_ENROLLED, "office_not_enrolled"),
    ],
)
async def test_the_banner_names_the_cause(tmp_path: Path, trouble: Trouble, code: str) -> None:
    async with small_shop(tmp_path) as shop:
        board = UplinkBoard(("sales", "loyalty"))
        health = ShopHealth(shop.store, board, shop.world.clock)
        assert health.office_banner() is None
        board.troubled("loyalty", trouble, "", shop.world.clock.now_ms())
        assert health.office_banner() is None, "lines flap"
        shop.world.clock.ahead += dt.timedelta(seconds=AWAY_BANNER_S)
        banner = health.office_banner()
        assert banner is not None
        assert banner.code == code
        assert banner.params["waiting"] == 0
