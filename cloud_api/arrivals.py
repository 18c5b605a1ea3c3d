"""When each batch came, and the place of each sale in the order of arrival that the office's pages go by.

A place is the moment of the batch and the sale's own numbers: no counter that all shops would have to wait for.

    1795251600123.1.418.kazan-1        moment . epoch . sequence . device

SQLite stores one batch after another, so an earlier moment is an earlier commit. PostgreSQL stores batches beside each
other, of several HQ programs too, each with a clock of its own:

    writer   1  says, by a lock that ends with its transaction: my moment will not be before F      (its clock)
             2  reads the newest moment that is stored, and takes a later one                       (not before F)
    reader   1  reads the newest moment N that is stored, and then the smallest F that is said
             2  reads up to N, as far as it is before F

Who said nothing when the reader looked will find N in its step 2, and go behind it; who had said so is not passed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import cast
from urllib.parse import quote, unquote

from cloud_api.storage.storage import Reading, Storage, Transaction

ALWAYS_MS = 2**62  # later than anything
SET_RIGHT_MS = 86_400_000
"""HQ goes on after moments that its clock has not come to yet, up to a day: somebody has set it right. Beyond that it
was nonsense: those moments are brought back to before today's, or nobody would hear of a sale until that date."""
ALL_SHOPS = "/* global: the order of arrival */"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the order of arrival a sale stands."""

    received_ms: int
    device: str
    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.received_ms}.{self.epoch}.{self.seq}.{quote(self.device, safe='')}"


START = Place(0, "", 0, 0)


def place_of(text: str) -> Place | None:
    """None: it is no place. `0` is before everything."""
    if text == "0":
        return START
    parts = text.split(".", 3)
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts[:3]):
        return None
    return Place(int(parts[0]), unquote(parts[3]), int(parts[1]), int(parts[2]))


class Begun:
    """The storage for who stores the batch, and asks it for nothing else: the one transaction that is opened has begun
    already, and has its moment."""

    def __init__(self, storage: Storage, transaction: Transaction, undone: AsyncExitStack) -> None:
        self._storage, self._transaction, self._undone = storage, transaction, undone

    @asynccontextmanager
    async def transaction(self, store: str | None) -> AsyncIterator[Transaction]:
        async with self._undone.pop_all():
            yield self._transaction

    async def scrub(self) -> None:
        await self._storage.scrub()


class Arrivals:
    """Gives each batch its moment: the clock's, but later than every one that is stored, by whichever program."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._last_ms = 0

    @asynccontextmanager
    async def one(self, storage: Storage, store: str) -> AsyncIterator[tuple[Storage, int]]:
        """A transaction of the store, for `take` and its like, and the moment of what it stores."""
        async with AsyncExitStack() as begun:
            transaction = await begun.enter_async_context(storage.transaction(store))
            moment_ms = await self.moment_ms(transaction)
            yield cast(Storage, Begun(storage, transaction, begun)), moment_ms

    async def moment_ms(self, transaction: Transaction) -> int:
        """The moment of what `transaction` stores, which has written nothing yet."""
        now_ms, dialect = self._now_ms(), transaction.dialect
        first_ms = max(now_ms, self._last_ms + 1) if self._last_ms - now_ms <= SET_RIGHT_MS else now_ms
        if dialect.not_before:
            await transaction.row(dialect.not_before, (first_ms,))
        newest_ms = await transaction.number(f"{ALL_SHOPS} SELECT max(received_ms) FROM sale")
        if newest_ms - now_ms > SET_RIGHT_MS:
            newest_ms = await _set_right(transaction, now_ms + SET_RIGHT_MS)
        self._last_ms = moment_ms = max(first_ms, newest_ms + 1)
        return moment_ms

    async def settled_ms(self, storage: Reading) -> int:
        """Whatever comes before this moment is stored, or never will be under such a moment."""
        if not storage.dialect.said_not_before:
            return ALWAYS_MS
        found = await storage.row(
            f"{ALL_SHOPS} SELECT (SELECT max(received_ms) FROM sale), ({storage.dialect.said_not_before})"
        )
        newest_ms, said_ms = found or (None, None)
        return min(ALWAYS_MS if said_ms is None else int(said_ms), int(newest_ms or 0) + 1)

    async def standing(self, storage: Reading, place: Place) -> Place | None:
        """A place that was given out while HQ's clock was wrong, as it is today; any other as it is. None: there is no
        such sale."""
        if place.received_ms - self._now_ms() <= SET_RIGHT_MS:
            return place
        found = await storage.row(
            f"{ALL_SHOPS} SELECT s.received_ms FROM device_place p CROSS JOIN sale s "
            "WHERE p.device=? AND s.store=p.store AND s.device=p.device AND s.epoch=? AND s.seq=? LIMIT 1",
            (place.device, place.epoch, place.seq),
        )
        return None if found is None else replace(place, received_ms=int(found[0]))


async def _set_right(transaction: Transaction, until_ms: int) -> int:
    """Brings the moments after `until_ms` back to behind the newest of the others, in their order. The newest now."""
    newest_ms = await transaction.number(
        f"{ALL_SHOPS} SELECT max(received_ms) FROM sale WHERE received_ms <= ?", (until_ms,)
    )
    wrong = await transaction.rows(
        f"{ALL_SHOPS} SELECT DISTINCT received_ms FROM sale WHERE received_ms > ? ORDER BY received_ms", (until_ms,)
    )
    await transaction.write_many(
        f"{ALL_SHOPS} UPDATE sale SET received_ms=? WHERE received_ms=?",
        [(right_ms, row[0]) for right_ms, row in enumerate(wrong, start=newest_ms + 1)],
    )
    return newest_ms + len(wrong)
