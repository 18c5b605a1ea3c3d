"""One cash unit as this process holds it: the fold of its journal, changed only by what is durable already."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import anyio

from fiscal.cash_events import CashEvent
from fiscal.cash_unit import CashUnit, evolve_unit
from sync.store.batch import Batch
from sync.store.cash_journal import read_unit, subject, to_entry
from sync.store.store import Store

log = logging.getLogger("tillkeeper.cash")


class UnitRecord:
    """`changed` is called after each durable change."""

    def __init__(self, device: str, unit: str, till: str, store: Store, changed: Callable[[], None]) -> None:
        self.name = unit
        self._store = store
        self._till = till
        self._changed = changed
        self._turn = anyio.Lock(fast_acquire=True)  # nobody waits: go on at once
        self._subject = subject(device, unit, int(store.setting(f"cash.period/{device}/{unit}") or 1))
        self.unit = read_unit(store.journal(self._subject))

    async def append(self, *events: CashEvent) -> CashUnit:
        """The unit after these events, durable. Raises PieceNotAllowed before, DiskFull at the commit."""
        return await self.decide(lambda unit: events)

    async def decide(self, verdict: Callable[[CashUnit], Iterable[CashEvent]]) -> CashUnit:
        """The unit after the events that the verdict over its newest state makes, durable."""
        with anyio.CancelScope(shield=True):
            async with self._turn:
                unit, events = self.unit, tuple(verdict(self.unit))
                for event in events:
                    unit = evolve_unit(unit, event)
                if events:
                    entries = tuple(to_entry(event, self._subject, self._till) for event in events)
                    await self._store.commit(Batch(entries=entries))
                    log.info(" ".join(type(event).__name__ for event in events), extra={"unit": self.name})
                self.unit = unit
        if events:
            self._changed()
        return unit
