"""Between which of a device's numbers each business day lies, and which days have news since they were last checked.

What a device told of one day follows itself in its stream, so `day_told` (one row a device and day) finds a day's sales
by the key of the large tables; `fn_told` does the same for the documents of one fiscal storage. Both cost a batch one
statement each. Only batches of the device itself write its rows, and those follow each other: nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cloud_api.storage.storage import Transaction

_DAY = (
    "INSERT INTO day_told(store, device, epoch, day, first, last, told, checked, checked_ms) VALUES(?,?,?,?,?,?,?,?,?) "
    "ON CONFLICT(store, device, epoch, day) DO UPDATE SET told=day_told.told + 1, "
    "first=CASE WHEN excluded.first < day_told.first THEN excluded.first ELSE day_told.first END, "
    "last=CASE WHEN excluded.last > day_told.last THEN excluded.last ELSE day_told.last END"
)
_STORAGE = (
    "INSERT INTO fn_told(store, device, epoch, fn, day, first, last) VALUES(?,?,?,?,?,?,?) "
    "ON CONFLICT(store, device, epoch, fn, day) DO UPDATE SET "
    "first=CASE WHEN excluded.first < fn_told.first THEN excluded.first ELSE fn_told.first END, "
    "last=CASE WHEN excluded.last > fn_told.last THEN excluded.last ELSE fn_told.last END"
)
_AGAIN = (
    "UPDATE day_told SET told=told + 1 WHERE store=? AND device=? AND day IN "
    "(SELECT day FROM sale WHERE store=? AND device=? AND id=?)"
)
"""In whichever store the device stood when it sold."""


@dataclass(slots=True)
class DaysTold:
    """What a batch says of which days. `sales`: ids of earlier sales that something new was said of."""

    days: dict[int, tuple[int, int]] = field(default_factory=dict)
    storages: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)
    sales: set[str] = field(default_factory=set)

    def told(self, day: int, seq: int, documents: Iterable[tuple[str, int]] = ()) -> None:
        """`documents`: fiscal storage and number of each."""
        first, last = self.days.get(day, (seq, seq))
        self.days[day] = min(first, seq), max(last, seq)
        for fn, number in documents:
            least, most = self.storages.get((fn, day), (number, number))
            self.storages[fn, day] = min(least, number), max(most, number)


async def write_days(
    transaction: Transaction, store: str, device: str, epoch: int, days: DaysTold, places: Sequence[str] = ()
) -> None:
    """`places`: every store the device has stood in."""
    key = (store, device, epoch)
    await transaction.write_many(
        _DAY, [(*key, day, first, last, 1, 0, 0) for day, (first, last) in sorted(days.days.items())], apart=True
    )
    await transaction.write_many(
        _STORAGE, [(*key, fn, day, *span) for (fn, day), span in sorted(days.storages.items())], apart=True
    )
    await transaction.write_many(
        _AGAIN, [(one, device, one, device, id) for one in sorted({store, *places}) for id in sorted(days.sales)]
    )
