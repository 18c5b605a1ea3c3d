"""One cash unit as this process holds it: the fold of its journal, changed only by what is durable already."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

import anyio

from fiscal.cash_events import CashEvent, EncashmentClosed, PeriodBegun
from fiscal.cash_unit import CashUnit, evolve_unit
from sync.store.batch import Batch, Outgoing, Setting
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
        self._device = device
        self._setting = f"cash.period/{device}/{unit}"
        self.period = int(store.setting(self._setting) or 1)
        self._subject = subject(device, unit, self.period)
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

    async def end_period(
        self,
        close: Callable[[CashUnit], EncashmentClosed],
        begin: Callable[[CashUnit, int], PeriodBegun],
        told: Callable[[CashUnit], tuple[Outgoing, ...]],
        *settings: Setting,
    ) -> CashUnit:
        """The period that ended: its last row, the next one's first and the number in force are one commit.

        `close` may refuse by raising, and nothing has changed then. `begin` is given the ended unit and the number of
        the next period, `told` makes the facts for HQ.
        """
        with anyio.CancelScope(shield=True):
            async with self._turn:
                closed = close(self.unit)
                ended = evolve_unit(self.unit, closed)
                begun = begin(ended, self.period + 1)
                unit = evolve_unit(ended, begun)
                following = subject(self._device, self.name, self.period + 1)
                in_force = Setting(self._setting, str(self.period + 1).encode())
                entries = (to_entry(closed, self._subject, self._till), to_entry(begun, following, self._till))
                await self._store.commit(Batch(entries=entries, outgoing=told(ended), settings=(in_force, *settings)))
                log.info("period %s ended", self.period, extra={"unit": self.name})
                self.period, self._subject, self.unit = self.period + 1, following, unit
        self._changed()
        return ended
