"""A small shop with claim slips, for tests: tills that share a desk, and a kiosk that has issued some."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest

from agent.claims.claim_desk import ClaimDesk
from agent.view import ClaimScreen, TillView
from agent.wiring import build_shop
from fiscal.claim import Claim
from tests.agent import small_shop
from tests.agent.small_shop import SmallShop

KEY = bytes(range(32))
KIOSK = "kiosk-1"


@pytest.fixture
def claims_wired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(small_shop, "build_shop", partial(build_shop, claim_key=KEY))


def desk_of(shop: SmallShop) -> ClaimDesk:
    desk = shop.till().claims
    assert desk is not None
    return desk


async def issued(shop: SmallShop, amount_minor: int = 45_200) -> Claim:
    return await desk_of(shop).issue(KIOSK, amount_minor, "change_short", "order-1")


def claim_of(shop: SmallShop, claim: Claim) -> Claim:
    found = desk_of(shop).claim(claim.issued.number)
    assert found is not None
    return found


def screen_of(view: TillView) -> ClaimScreen:
    assert view.screen == "claim"
    assert view.claim is not None
    return view.claim


def payouts(shop: SmallShop) -> list[int]:
    """What the register booked as выплата, in minor units."""
    return [record["sum_minor"] for record in shop.device("kkt1").events("cash_out")]


def claim_rows(shop: SmallShop, claim: Claim) -> list[str]:
    rows = shop.store.journal(f"claim/{claim.issued.number}")
    return [row.kind.removeprefix("claim.claim_") for row in rows]


def facts_of(shop: SmallShop, kind: str) -> list[dict[str, Any]]:
    items = shop.store.outbox_read("sales", 0, 1000)
    return [msgspec.json.decode(item.body) for item in items if item.kind == kind]


class PowerCut(BaseException):
    """The agent's power is gone: not an Exception, so that no product code can catch it."""


class Points:
    """Numbers each commit (before it, after it) and each chunk to the register; at number `cut_at` the power goes."""

    def __init__(self, shop: SmallShop, cut_at: int | None = None) -> None:
        self.names: list[str] = []
        self._cut_at = cut_at
        self._dead = False
        commit: Callable[..., Any] = shop.store.commit

        async def numbered(batch: Any) -> Any:
            kinds = " ".join(entry.kind for entry in batch.entries)
            self._passed(f"before {kinds}")
            committed = await commit(batch)
            self._passed(f"after {kinds}")
            return committed

        shop.store.commit = numbered  # type: ignore[method-assign]
        shop.device("kkt1").taps[:] = [lambda data: self._passed(f"to the register {data[:4].hex()}")]

    def _passed(self, name: str) -> None:
        if self._dead:
            raise PowerCut
        self.names.append(name)
        if len(self.names) - 1 == self._cut_at:
            self._dead = True
            raise PowerCut
