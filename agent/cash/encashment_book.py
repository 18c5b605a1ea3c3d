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
from fiscal.encashment import Encashment, Place, counts_of, document, settled_by_count, sum_minor, values_of
from sync.store.batch import Batch, Command, Outgoing
from sync.store.cash_journal import Period, read_period, subject, to_entry
from sync.store.store import Store

log = logging.getLogger("tillkeeper.cash")

Paper = Callable[[Encashment], Awaitable[None]]
"""Prints a document, or raises DeviceError."""


class EncashmentBook:
    """`paper` is the kiosk's own; `watchers` are called when a document of this kiosk is new or was counted."""

    def __init__(
        self,
        kiosk: str,
        slots: Mapping[str, CashSlot],
        store: Store,
        now_ms: Callable[[], int],
        may: Callable[[str], bool],
        paper: Paper,
    ) -> None:
        self._kiosk = kiosk
        self._slots = slots
        self._store = store
        self._now_ms = now_ms
        self._may = may
        self._paper = paper
        self._turn = anyio.Lock(fast_acquire=True)
        self._printing = anyio.Lock(fast_acquire=True)
        self._documents: dict[tuple[str, str, int], Encashment] = {}  # a long period takes a while to fold
        self.watchers: list[Callable[[], None]] = []

    def document(self, device: str, unit: str, period: int) -> Encashment:
        """As it stands now, with the count if there is one. Raises EncashRefused where the period has not ended."""
        key = (device, unit, period)
        if key not in self._documents:
            known = self._period(device, unit, period)
            place = self._place(device, unit, period)
            self._documents[key] = document(known.at_close, known.now, place, known.from_ms)
        return self._documents[key]

    def last(self, device: str, unit: str) -> Encashment | None:
        """The document of the period before the one in force."""
        record = unit_record(self._slots, device, unit)
        return self.document(device, unit, record.period - 1) if record.period > 1 else None

    def ended(self, limit: int) -> list[tuple[str, str, int]]:
        """Device, unit and number of each box's newest periods that have ended, at most `limit` a box."""
        units = ((device, name, record) for device, slot in self._slots.items() for name, record in slot.units.items())
        return [
            (device, name, period)
            for device, name, record in units
            for period in range(record.period - 1, max(0, record.period - 1 - limit), -1)
        ]

    def values(self, device: str, unit: str, period: int) -> tuple[int, ...]:
        """Denominations to count, the greatest first; () where nothing says which. Raises EncashRefused."""
        return values_of(self._period(device, unit, period).now)

    def as_counted(
        self, device: str, unit: str, period: int, counts: Counts = (), total_minor: int | None = None
    ) -> Encashment:
        """The document as this count would make it; nothing is written. Raises EncashRefused."""
        known = self._period(device, unit, period)
        events = self._count(known, counts, total_minor, "")
        return self._with(known, events, self._place(device, unit, period))

    async def counted(
        self,
        device: str,
        unit: str,
        period: int,
        person: str,
        counts: Counts = (),
        total_minor: int | None = None,
        command: Command | None = None,
    ) -> Encashment:
        """What the cash centre found: by denomination, or the sum alone. Raises EncashRefused."""
        if not self._may(person):
            raise EncashRefused("encash_not_allowed")
        async with self._turn:
            known = self._period(device, unit, period)
            events = self._count(known, counts, total_minor, person)
            told = self._with(known, events, self._place(device, unit, period))
            await self._write(device, unit, period, events, encashment_fact(told, self._now_ms()), command=command)
        return told

    def _count(self, known: Period, counts: Counts, total_minor: int | None, person: str) -> tuple[CashEvent, ...]:
        """The rows that this count makes. Raises EncashRefused."""
        counts = tidy(counts)
        total = sum_minor(counts) if total_minor is None else total_minor
        if total < 0 or (counts and total != sum_minor(counts)) or (not counts and total_minor is None):
            raise EncashRefused("encash_counts_odd")
        if known.now.centre is not None:
            raise EncashRefused("encash_counted_already")
        verdicts = settled_by_count(known.at_close, known.now, counts, total, person)
        return (*verdicts, CentreCounted(person, counts, total, self._now_ms()))

    def _with(self, known: Period, events: Iterable[CashEvent], place: Place) -> Encashment:
        now = known.now
        for event in events:
            now = evolve_unit(now, event)
        return document(known.at_close, now, place, known.from_ms)

    async def print_again(self, device: str, unit: str, period: int) -> bool:
        """Onto the paper, once more; False when the register does not print now."""
        return await self.print(self.document(device, unit, period))

    async def _write(
        self,
        device: str,
        unit: str,
        period: int,
        events: Iterable[CashEvent],
        *outgoing: Outgoing,
        command: Command | None = None,
    ) -> None:
        """Rows of a period that has ended: nobody else writes there."""
        box = subject(device, unit, period)
        entries = tuple(to_entry(event, box, self._kiosk) for event in events)
        await self._store.commit(Batch(entries=entries, outgoing=outgoing, command=command))
        self._documents.pop((device, unit, period), None)
        self._tell()

    def _tell(self) -> None:
        for watcher in self.watchers:
            watcher()

    async def print(self, made: Encashment, paper: Paper | None = None) -> bool:
        """Paper is no proof and its trouble loses nothing: the document can be printed again. `paper` instead of the
        kiosk's own: whoever asks stands elsewhere."""
        self._tell()  # a document that has just been made is new, whatever becomes of its paper
        try:
            async with self._printing:
                await (paper or self._paper)(made)
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
