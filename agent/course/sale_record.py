"""One sale as this process holds it: the fold of its journal, changed only by what is durable already.

`append` is the only way: the events are folded, committed with everything that belongs to the same moment (outbox,
stock, locks), and only then does anybody see the new state.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

import anyio

from agent.course.closing import late_truth
from agent.course.collected import collected
from fiscal.pickup import Hold
from fiscal.sale import ENDED, Sale, SaleEvent, evolve, fold
from fiscal.sale_events import SaleOpened
from fiscal.store_credit import credit_events
from sync.store import credit_journal
from sync.store.batch import Batch, Command, Entry, Lock, Outgoing, Personal, Row, SaleRow, Setting, StockMove
from sync.store.sale_journal import is_sale_row, read_sale, to_entry
from sync.store.store import Store

NOTHING = Batch()
log = logging.getLogger("tillkeeper.sale")


class SaleMoved(Exception):
    """Something else was written meanwhile: what was decided about the sale's former state is to be decided anew."""


class SaleRecord:
    """`changed` is called with the sale's id after each durable change; `wake` lets the sale's course look again."""

    def __init__(self, sale: Sale, store: Store, changed: Callable[[str], None]) -> None:
        self.sale = sale
        self.seq = 0
        self._store = store
        self._changed = changed
        self._turn = anyio.Lock(fast_acquire=True)  # nobody waits: go on at once
        self._news = anyio.Event()

    @classmethod
    async def open(
        cls,
        opened: SaleOpened,
        store: Store,
        changed: Callable[[str], None],
        *,
        then: Iterable[SaleEvent] = (),
        command: Command | None = None,
        beside: Batch = NOTHING,
    ) -> SaleRecord:
        """Begin a sale: its first events, and what else belongs to that moment, are durable when this returns."""
        record = cls(fold([opened]), store, changed)
        rest = replace(beside, command=command) if command else beside
        await record._commit((opened, *then), fold((opened, *then)), rest)
        return record

    @classmethod
    def read(cls, rows: list[Row], store: Store, changed: Callable[[str], None]) -> SaleRecord:
        """The sale that a journal tells."""
        record = cls(read_sale(rows), store, changed)
        record.seq = max(row.seq for row in rows if is_sale_row(row))
        return record

    async def append(
        self,
        *events: SaleEvent,
        command: Command | None = None,
        outgoing: tuple[Outgoing, ...] = (),
        moves: tuple[StockMove, ...] = (),
        personal: tuple[Personal, ...] = (),
        locks: tuple[Lock, ...] = (),
        settings: tuple[Setting, ...] = (),
        entries: tuple[Entry, ...] = (),
        holds: tuple[Hold, ...] = (),
        of: Sale | None = None,
    ) -> Sale:
        """The sale after these events, durable. With `of` only if it still is that sale, decided about a while ago.

        Raises SaleMoved and NotAllowed before, DiskFull, JournalRefused or LockHeld at the commit: nothing has changed.
        """
        with anyio.CancelScope(shield=True):
            async with self._turn:
                sale = self.sale
                if of is not None and of is not sale:
                    raise SaleMoved
                for event in events:
                    sale = evolve(sale, event)
                outgoing = (*outgoing, *late_truth(self.sale, sale))
                batch = Batch(
                    entries=entries,
                    command=command,
                    outgoing=outgoing,
                    moves=moves,
                    personal=personal,
                    locks=locks,
                    settings=settings,
                    holds=holds,
                )
                await self._commit(events, sale, batch)
        return self.sale

    async def _commit(self, events: Iterable[SaleEvent], sale: Sale, rest: Batch) -> None:
        opened = sale.opened
        row = SaleRow(
            id=sale.id,
            till=opened.till,
            number=sale.number,
            act=sale.act.value,
            phase=sale.phase.value,
            opened_ms=opened.at_ms,
            closed_ms=sale.closed_ms or None,
            total_minor=sale.due_minor or sale.basket.total_minor,
            shift=opened.shift,
            of=opened.of,
            open=sale.phase not in ENDED,
        )
        events = tuple(events)
        # An account moves with the sale or not at all: in its own commit, derived here so that nobody forgets it.
        credit = credit_events(self.sale, sale, events)
        fetched = collected(self._store, self.sale, sale)
        entries = (
            *rest.entries,
            *(to_entry(event, sale.id, opened.till) for event in events),
            *(credit_journal.to_entry(event, account, opened.till) for account, event in credit),
            *fetched.entries,
        )
        outgoing, holds = (*rest.outgoing, *fetched.outgoing), (*rest.holds, *fetched.holds)
        batch = replace(rest, entries=entries, sales=(row,), outgoing=outgoing, holds=holds)
        committed = await self._store.commit(batch)
        happened = " ".join(type(event).__name__ for event in events)
        log.info(happened, extra={"sale": sale.id, "till": opened.till, "phase": sale.phase.value})
        self.sale = sale
        self.seq = committed.last_seq
        self.wake()
        self._changed(sale.id)

    def kept(self, setting: str) -> bytes | None:
        """What was last committed under this name with any sale."""
        return self._store.setting(setting)

    def news(self) -> anyio.Event:
        """Set at the next change or wake. Take it before looking, then nothing is missed."""
        return self._news

    def wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()
