"""Every product that is told or has a sum in a store, once: for a start after so long that nobody knows what moved.

what is told (it may be nowhere any more) ──> the first store's sums by sku ──> the next store's ──> over
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from anyio.lowlevel import checkpoint

from cloud_api.storage.storage import Reading
from cloud_api.telling.moved_products import GLOBAL
from cloud_api.telling.shop_rows import EVERY_STORE
from sync.wire.feed import STOCK

PAGES_A_ROUND = 200
"""Most of what later stores have was looked at with the first: they are read through without a pause for telling."""
AT_ONCE = 1_000


@dataclass(slots=True)
class ProductWalk:
    """Through the `stores`, beginning with what is told."""

    stores: Sequence[str]
    over: bool = False
    _told: bool = False
    _place: int = 0
    _after: str = ""
    _seen: set[str] = field(default_factory=set)

    async def look(self, reading: Reading, untold: dict[str, None], most: int) -> None:
        """Adds the next ones until `untold` has `most` or more."""
        for _ in range(PAGES_A_ROUND):
            if self.over or len(untold) >= most:
                return
            page = await self._page(reading)
            new = [sku for sku in page if sku not in self._seen]
            self._seen.update(new)
            untold.update(dict.fromkeys(new))
            if len(page) == AT_ONCE:
                self._after = page[-1]
            else:
                self._place, self._told, self._after = self._place + self._told, True, ""
                self.over = self._place == len(self.stores)
            await checkpoint()

    async def _page(self, reading: Reading) -> list[str]:
        if not self._told:
            rows = await reading.rows(
                f"{GLOBAL} SELECT id FROM shop_row WHERE store=? AND kind=? AND id>? AND gone=0 ORDER BY id LIMIT ?",
                (EVERY_STORE, STOCK, self._after, AT_ONCE),
            )
        else:
            rows = await reading.rows(
                "SELECT sku FROM stock_sum WHERE store=? AND sku>? ORDER BY sku LIMIT ?",
                (self.stores[self._place], self._after, AT_ONCE),
            )
        return [str(row[0]) for row in rows]
