"""Which products moved in any store since this was asked last: those of the sales that came, and those documents named.

Sales are found by their order of arrival, so taking them costs no mark of their own; only documents of the stock, of
which there are few, leave one (stock_moved). Batches are stored beside each other: what came within OVERLAP_MS is read
again until nothing earlier can still be on its way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from anyio.lowlevel import checkpoint

from cloud_api.arrivals import SET_RIGHT_MS
from cloud_api.storage.storage import Reading

GLOBAL = "/* global: stock elsewhere */"
OVERLAP_MS = 120_000
"""A batch has the moment it began at; after so long it has ended, whichever HQ took it."""
SALES_A_ROUND = 20_000
"""Some 200,000 lines, read in a second: what a chain sells in a minute, and a replay in several."""
SALES_AT_ONCE = 250
"""Few milliseconds of a page, beside pushes."""
MARKS_A_ROUND = 10_000
MOST_REMEMBERED = 100_000
"""Sales of the overlap by their numbers, some 20 MB; beyond that they are looked at again, which changes nothing."""

_PLACE = "received_ms, device, epoch, seq"
_SALES = (
    f"{GLOBAL} SELECT a.received_ms, a.device, a.epoch, a.seq, l.sku FROM (SELECT store, device, epoch, seq, day, "
    f"received_ms FROM sale WHERE ({_PLACE}) > (?, ?, ?, ?) AND received_ms <= ? ORDER BY {_PLACE} LIMIT ?) a "
    "LEFT JOIN sale_line l ON l.store=a.store AND l.device=a.device AND l.epoch=a.epoch AND l.seq=a.seq AND l.day=a.day"
)
Arrived = tuple[int, str, int, int]
"""Moment, device, epoch and sequence of a sale."""


@dataclass(slots=True)
class MovedProducts:
    """Starts with what moved after `since_ms`. `untold` grows by `look`; whoever tells takes out of it."""

    since_ms: int
    untold: dict[str, None] = field(default_factory=dict)
    """In the order they were found."""
    whole: bool = False
    """Everything that moved before the last look is or was in `untold`."""
    _sales: Arrived | None = None
    _marks: tuple[int, str] | None = None
    _seen: set[Arrived] = field(default_factory=set)

    async def look(self, reading: Reading, *, now_ms: int) -> None:
        sales, marks = await self._sold(reading, now_ms), await self._marked(reading)
        self.whole = sales and marks
        again_ms = now_ms - now_ms % 60_000 - OVERLAP_MS
        if sales:
            self._sales = (again_ms, "", 0, 0)
            self._seen = {place for place in self._seen if place[0] >= again_ms}
        if marks:
            self._marks = (again_ms, "")
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.clear()

    async def _sold(self, reading: Reading, now_ms: int) -> bool:
        """False: there are more. A moment further ahead than HQ's clock is ever set right by was nonsense."""
        place = self._sales or (self.since_ms, "", 0, 0)
        for _ in range(SALES_A_ROUND // SALES_AT_ONCE):
            rows = await reading.rows(_SALES, (*place, now_ms + SET_RIGHT_MS, SALES_AT_ONCE))
            arrived: dict[Arrived, list[str]] = {}
            for at_ms, device, epoch, seq, sku in rows:
                skus = arrived.setdefault((int(at_ms), str(device), int(epoch), int(seq)), [])
                if sku is not None:
                    skus.append(str(sku))
            for one, skus in arrived.items():
                if one not in self._seen:
                    self.untold.update(dict.fromkeys(skus))
            self._seen.update(arrived)
            if len(arrived) < SALES_AT_ONCE:
                return True
            place = self._sales = max(arrived)
            await checkpoint()
        return False

    async def _marked(self, reading: Reading) -> bool:
        rows = await reading.rows(
            f"{GLOBAL} SELECT DISTINCT changed_ms, sku FROM stock_moved WHERE (changed_ms, sku) > (?, ?) "
            "ORDER BY changed_ms, sku LIMIT ?",
            (*(self._marks or (self.since_ms, "")), MARKS_A_ROUND),
        )
        self.untold.update(dict.fromkeys(str(sku) for _, sku in rows))
        if len(rows) == MARKS_A_ROUND:
            self._marks = (int(rows[-1][0]), str(rows[-1][1]))
            return False
        return True
