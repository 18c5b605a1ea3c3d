"""Emptying the cash units of one kiosk: opened by a person, the box taken and put back, closed by a document.

    open ──> the slot takes nothing ──> cassette out ──> cassette back ──> close ──> document, next period (one commit)
      └──> cancel, while the cassette has not left                           └──> paper, again as often as wanted
    cassette out without open ──> alarm ──> back ──> closed all the same, marked as unauthorised

Each step is in the unit's journal before anything follows from it, so every step can be the last before a power cut.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

import anyio

from agent.cash.cash_slot import CashSlot, Slot, put_back
from agent.cash.encash_refused import EncashRefused
from agent.cash.encashment_book import EncashmentBook, tidy, unit_record
from agent.cash.encashment_fact import encashment_fact
from agent.cash.unit_record import UnitRecord
from fiscal.cash_events import (
    CashEvent,
    Counts,
    EncashmentCancelled,
    EncashmentClosed,
    EncashmentOpened,
    PeriodBegun,
    UnitFilled,
)
from fiscal.cash_unit import CashUnit
from fiscal.encashment import Encashment, Place, counts_of, document, next_period
from sync.store.batch import Outgoing, Setting
from sync.store.cash_journal import subject
from sync.store.store import Store

log = logging.getLogger("tillkeeper.cash")

LOOK_EACH_S = 1.0
"""How soon after a cassette came back unasked its period is closed; nobody stands there and waits."""
BACK_UNSAID_S = 10.0
"""A unit that was found anew tells within some polls that its cassette is out; silence for so long says it is in."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """`code`: encash_cassette_gone (out, and nobody opened), encash_cassette_back (the document is made at the next
    quiet moment), encash_unauthorised (`number` is that document, until its box was counted or the next one is closed),
    encash_drift (the unit's own count differs from the journal)."""

    code: str
    device: str
    unit: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class KioskMoments:
    """What the desk asks the kiosk. `may`: is this person allowed? `present`: does a shopper's purchase go on?
    `unsettled`: purchases whose inserted money has not found its place, "" for pieces of no purchase. `asked`: is money
    of before a restore a person's question?"""

    may: Callable[[str], bool]
    present: Callable[[], bool]
    unsettled: Callable[[], frozenset[str]]
    asked: Callable[[], bool] = lambda: False


class EncashmentDesk:
    """`slots` by device id; `paper` prints a document or raises DeviceError."""

    def __init__(
        self,
        kiosk: str,
        slots: Mapping[str, CashSlot],
        store: Store,
        now_ms: Callable[[], int],
        moments: KioskMoments,
        paper: Callable[[Encashment], Awaitable[None]],
    ) -> None:
        self._kiosk = kiosk
        self._slots = slots
        self._store = store
        self._now_ms = now_ms
        self._moments = moments
        self.book = EncashmentBook(kiosk, slots, store, now_ms, moments.may, paper)
        self._turn = anyio.Lock(fast_acquire=True)
        self._quiet_since: dict[tuple[str, str], float] = {}

    # What staff does

    async def open(self, device: str, unit: str, person: str) -> None:
        """From here on the unit takes nothing and its cassette may leave. Raises EncashRefused."""
        self._allowed(person)
        record = unit_record(self._slots, device, unit)
        if self._moments.present():
            raise EncashRefused("encash_purchase_open")

        def opened(now: CashUnit) -> Iterable[CashEvent]:
            if now.encashment is not None:
                raise EncashRefused("encash_open_already")
            # What is stuck inside is got out by opening the unit; the period waits until it is known what became of it.
            if self._slots[device].slots.get(unit) is not Slot.TROUBLE:
                _at_rest(now)
            return (EncashmentOpened(person),)

        await record.decide(opened)
        self._slots[device].close()

    async def cancel(self, device: str, unit: str, person: str) -> None:
        """Only while the cassette has not left: what was out may have been emptied, so it wants a document."""

        def cancelled(now: CashUnit) -> Iterable[CashEvent]:
            if now.encashment is None:
                raise EncashRefused("encash_not_open")
            if now.cassette_left:
                raise EncashRefused("encash_cassette_left")
            return (EncashmentCancelled(person),)

        self._allowed(person)
        await unit_record(self._slots, device, unit).decide(cancelled)

    async def close(
        self,
        device: str,
        unit: str,
        person: str,
        cassette: str = "",
        left: Counts | None = None,
        *,
        unseen: bool = False,
    ) -> Encashment:
        """The document; the next period has begun when it returns. Raises EncashRefused.

        `cassette` is the new one's mark. `left` is what stays inside, untold the recycler's store as the unit
        tells it. `unseen`: the person says that the cassette was changed although the unit did not see it.
        """
        self._allowed(person)
        record = unit_record(self._slots, device, unit)

        def check(now: CashUnit) -> None:
            if now.encashment is None:
                raise EncashRefused("encash_not_open")
            _at_rest(now)
            has_cassette = now.found_as is not None and now.found_as.escrow
            if has_cassette and not unseen and not now.cassette_in:
                raise EncashRefused("encash_cassette_out")
            if has_cassette and not unseen and not now.cassette_left:
                raise EncashRefused("encash_cassette_in")

        stays = self._store_of(device, unit) if left is None else tidy(left)
        return await self._close(device, record, check, person, cassette, stays)

    async def refill(self, device: str, unit: str, counts: Counts, person: str) -> None:
        """Staff put in what the unit can pay out, so that the books know of it. Raises EncashRefused."""
        self._allowed(person)
        record, put = unit_record(self._slots, device, unit), tidy(counts)
        gives = {piece.value_minor for piece in self._slots[device].gives.get(unit, ())}
        if not put or not gives.issuperset(value for value, _ in put):
            raise EncashRefused("encash_cannot_fill")
        await record.append(UnitFilled(person, put))

    def alarms(self) -> list[Alarm]:
        """What somebody must hear of. All of it is read from the journal: none is lost with the power."""
        found: list[Alarm] = []
        for device, name, record in self._units():
            unit, before = record.unit, self.book.last(device, name)
            if unit.unauthorised:
                found.append(
                    Alarm("encash_cassette_back" if unit.cassette_in else "encash_cassette_gone", device, name)
                )
            if before is not None and before.unauthorised and before.centre_minor is None:
                found.append(Alarm("encash_unauthorised", device, name, before.number))
            if unit.drift:
                found.append(Alarm("encash_drift", device, name))
        return found

    # What runs by itself

    async def attend(self) -> None:
        """For as long as the agent lives: documents that a power cut kept from the paper, cassettes that came back."""
        for device, name, _ in list(self._units()):
            await self.book.print_left(device, name)
        while True:
            await self.look()
            await anyio.sleep(LOOK_EACH_S)

    async def look(self) -> None:
        """Cassettes that came back while nobody could say so, and periods that ended without a person."""
        for device, name, record in list(self._units()):
            if self._is_back_unsaid(device, name, record):
                await record.decide(put_back)
            if record.unit.unauthorised and record.unit.cassette_in and record.unit.encashment is None:
                with suppress(EncashRefused):
                    await self._close_unasked(device, record)

    async def _close_unasked(self, device: str, record: UnitRecord) -> None:
        if self._moments.present():
            return

        def check(now: CashUnit) -> None:
            if not now.unauthorised or not now.cassette_in or now.encashment is not None:
                raise EncashRefused("encash_not_open")
            _at_rest(now)

        made = await self._close(device, record, check, "", "", self._store_of(device, record.name))
        log.warning("the cassette left unasked: document %s", made.number, extra={"unit": record.name})

    def _is_back_unsaid(self, device: str, name: str, record: UnitRecord) -> bool:
        slot, key = self._slots[device], (device, name)
        rests = slot.slots.get(name) in (Slot.CLOSED, Slot.OPEN) and name not in slot.cassettes_out
        if record.unit.cassette_in or not rests:
            self._quiet_since.pop(key, None)
            return False
        since = self._quiet_since.setdefault(key, anyio.current_time())
        return anyio.current_time() - since >= BACK_UNSAID_S

    # The commit

    async def _close(
        self,
        device: str,
        record: UnitRecord,
        check: Callable[[CashUnit], None],
        person: str,
        cassette: str,
        left: Counts,
    ) -> Encashment:
        async with self._turn:
            if "" in self._moments.unsettled() and "" in record.unit.orders:
                raise EncashRefused("encash_old_money" if self._moments.asked() else "encash_money_unsettled")
            counter = f"encash.number/{self._kiosk}"
            number = str(int(self._store.setting(counter) or 0) + 1)
            place, now_ms = Place(self._kiosk, device, record.name, record.period), self._now_ms()
            from_ms = next((row.at_ms for row in self._store.journal(subject(*_box(place)))), now_ms)
            made: list[Encashment] = []

            def close(unit: CashUnit) -> EncashmentClosed:
                check(unit)
                return EncashmentClosed(number, person, cassette, left, now_ms)

            def begin(unit: CashUnit, period: int) -> PeriodBegun:
                unsettled = self._moments.unsettled()
                return next_period(unit, period, elsewhere=self._orders_elsewhere(record), unsettled=unsettled)

            def told(unit: CashUnit) -> tuple[Outgoing, ...]:
                made.append(document(unit, unit, place, from_ms))
                return (encashment_fact(made[0], now_ms),)

            await record.end_period(close, begin, told, Setting(counter, number.encode()))
        await self.book.print(made[0])
        return made[0]

    # Where things are

    def _units(self) -> Iterator[tuple[str, str, UnitRecord]]:
        for device, slot in self._slots.items():
            for name, record in slot.units.items():
                yield device, name, record

    def _allowed(self, person: str) -> None:
        if not self._moments.may(person):
            raise EncashRefused("encash_not_allowed")

    def _orders_elsewhere(self, record: UnitRecord) -> frozenset[str]:
        others = (other.unit.orders for _, _, other in self._units() if other is not record)
        return frozenset().union(*others)

    def _store_of(self, device: str, unit: str) -> Counts:
        """What a unit that also takes money keeps for paying out: it stays when the cassette leaves. A hopper is
        emptied whole, unless a person says what stayed."""
        slot = self._slots[device]
        found = slot.units[unit].unit.found_as
        if found is None or not found.takes:
            return ()
        worth = {piece.type: piece.value_minor for piece in slot.gives.get(unit, ())}
        return counts_of({worth[type_]: count for type_, count in slot.levels.get(unit, ()) if type_ in worth})


def _box(place: Place) -> tuple[str, str, int]:
    return place.device, place.unit, place.period


def _at_rest(unit: CashUnit) -> None:
    """Nothing on its way in or out. Raises EncashRefused."""
    if unit.on_its_way is not None or unit.found:
        raise EncashRefused("encash_piece_moving")
    if unit.paying is not None:
        raise EncashRefused("encash_payout_open")
