"""The documents of ended periods: read from the journal, printed, and counted later by the cash centre."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping

import anyio

from agent.cash.cash_slot import CashSlot
from agent.cash.encash_refused import EncashRefused
from agent.cash.encashment_fact import encashment_fact
from agent.cash.unit_record import UnitRecord
from drivers.errors import DeviceError
from fiscal.cash_events import CashEvent, CentreCounted, Counts, DocumentPrinted
from fiscal.cash_unit import evolve_unit
from fiscal.encashment import Encashment, Place, counts_of, document, settled_by_count, sum_minor
from sync.store.batch import Batch, Outgoing
from sync.store.cash_journal import Period, read_period, subject, to_entry
from sync.store.store import Store

log = logging.getLogger("tillkeeper.cash")


class EncashmentBook:
    """`paper` prints a document or raises DeviceError."""

    def __init__(
        self,
        kiosk: str,
        slots: Mapping[str, CashSlot],
        store: Store,
        now_ms: Callable[[], int],
        may: Callable[[str], bool],
        paper: Callable[[Encashment], Awaitable[None]],
    ) -> None:
        self._kiosk = kiosk
        self._slots = slots
        self._store = store
        self._now_ms = now_ms
        self._may = may
        self._paper = paper
        self._turn = anyio.Lock(fast_acquire=True)
        self._printing = anyio.Lock(fast_acquire=True)
        self._last: dict[tuple[str, str, int], Encashment | None] = {}

    def document(self, device: str, unit: str, period: int) -> Encashment:
        """As it stands now, with the count if there is one. Raises EncashRefused where the period has not ended."""
        known = self._period(device, unit, period)
        return document(known.at_close, known.now, self._place(device, unit, period), known.from_ms)

    def last(self, device: str, unit: str) -> Encashment | None:
        """The document of the period before the one in force."""
        record = unit_record(self._slots, device, unit)
        key = (device, unit, record.period - 1)
        if key not in self._last:
            self._last[key] = self.document(*key) if record.period > 1 else None
        return self._last[key]

    async def counted(
        self, device: str, unit: str, period: int, person: str, counts: Counts = (), total_minor: int | None = None
    ) -> Encashment:
        """What the cash centre found: by denomination, or the sum alone. Raises EncashRefused."""
        if not self._may(person):
            raise EncashRefused("encash_not_allowed")
        counts = tidy(counts)
        total = sum_minor(counts) if total_minor is None else total_minor
        if total < 0 or (counts and total != sum_minor(counts)) or (not counts and total_minor is None):
            raise EncashRefused("encash_counts_odd")
        async with self._turn:
            known = self._period(device, unit, period)
            if known.now.centre is not None:
                raise EncashRefused("encash_counted_already")
            verdicts = settled_by_count(known.at_close, known.now, counts, total, person)
            events = (*verdicts, CentreCounted(person, counts, total, self._now_ms()))
            now = known.now
            for event in events:
                now = evolve_unit(now, event)
            told = document(known.at_close, now, self._place(device, unit, period), known.from_ms)
            await self._write(device, unit, period, events, encashment_fact(told, self._now_ms()))
        return told

    async def print_again(self, device: str, unit: str, period: int) -> bool:
        """Onto the paper, once more; False when the register does not print now."""
        return await self.print(self.document(device, unit, period))

    async def _write(
        self, device: str, unit: str, period: int, events: Iterable[CashEvent], *outgoing: Outgoing
    ) -> None:
        """Rows of a period that has ended: nobody else writes there."""
        box = subject(device, unit, period)
        entries = tuple(to_entry(event, box, self._kiosk) for event in events)
        await self._store.commit(Batch(entries=entries, outgoing=outgoing))
        self._last.pop((device, unit, period), None)

    async def print(self, made: Encashment) -> bool:
        """Paper is no proof and its trouble loses nothing: the document can be printed again."""
        try:
            async with self._printing:
                await self._paper(made)
        except DeviceError as error:
            log.warning("encashment %s is not on paper: %s", made.number, error)
            return False
        await self._write(made.device, made.unit, made.period, (DocumentPrinted(made.number),))
        return True

    async def print_left(self, device: str, unit: str) -> None:
        period = unit_record(self._slots, device, unit).period - 1
        if period > 0 and not self._period(device, unit, period).now.printed:
            await self.print(self.document(device, unit, period))

    def _period(self, device: str, unit: str, period: int) -> Period:
        unit_record(self._slots, device, unit)
        known = read_period(self._store.journal(subject(device, unit, period)))
        if known is None:
            raise EncashRefused("encash_no_document")
        return known

    def _place(self, device: str, unit: str, period: int) -> Place:
        return Place(self._kiosk, device, unit, period)


def unit_record(slots: Mapping[str, CashSlot], device: str, unit: str) -> UnitRecord:
    """Raises EncashRefused."""
    slot = slots.get(device)
    if slot is None or unit not in slot.units:
        raise EncashRefused("encash_unit_unknown")
    return slot.units[unit]


def tidy(counts: Counts) -> Counts:
    """Raises EncashRefused for counts that cannot be."""
    tally: dict[int, int] = {}
    for value, count in counts:
        if value <= 0 or count < 0 or value in tally:
            raise EncashRefused("encash_counts_odd")
        tally[value] = count
    return counts_of(tally)
