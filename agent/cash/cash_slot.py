"""Where money goes in and out: attends a cash device for as long as the agent lives, and journals before it acts.

    device ── driver ── told ──> verdict of the law ──> journal (durable) ──> the dialogue goes on: acknowledge, stack
                                                              └──> whoever shows it

Nothing is kept in escrow without a durable intent (`StackMeant`), nothing counts before it is durable
(`PieceCredited`), and after an outage of either side the decision table of `fiscal.cash_verdict` says what became of
the piece that was on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum

import anyio
from anyio.streams.memory import MemoryObjectSendStream

from agent.cash.unit_record import UnitRecord
from agent.devices.device_port import DevicePort
from drivers.cash_devices import contract as c
from drivers.errors import DeviceError
from drivers.wire.dialogue import Wish
from fiscal import cash_events as e
from fiscal.cash_unit import CashUnit
from fiscal.cash_verdict import kept, overtaken, recount, settle

AGAIN_S = 1.0
"""A device that lost its power or its cable is back after about a second at the earliest."""
WISHES = 64
"""Far more than anybody wishes while one exchange with the device runs."""


class Slot(Enum):
    """What a unit does right now, for the screens; nothing of it is needed after a restart."""

    AWAY = "away"  # nobody answers
    CLOSED = "closed"  # it takes nothing
    OPEN = "open"  # it waits for money
    CHECKING = "checking"  # a piece is being looked at
    ESCROW = "escrow"
    STACKING = "stacking"
    TROUBLE = "trouble"


class CashSlot:
    """`till` owns the device; `wants` says whether a piece of this worth is to be kept now; `changed` tells screens."""

    def __init__(
        self,
        port: DevicePort[c.CashDevice],
        till: str,
        record: Callable[[str], UnitRecord],
        wants: Callable[[c.Denomination], bool],
        changed: Callable[[], None],
    ) -> None:
        self.port = port
        self.order = ""
        """The purchase that pieces are inserted for, "" when there is none."""
        self.units: dict[str, UnitRecord] = {}
        self.slots: dict[str, Slot] = {}
        self.levels: dict[str, tuple[tuple[int, int], ...]] = {}
        self.gives: dict[str, tuple[c.Denomination, ...]] = {}
        self.last_back: tuple[str, dict[str, str]] | None = None
        """The newest piece that went back, for the screen: a text's code and its parameters."""
        self.refused: dict[str, str] = {}
        """Payouts of this process that the unit did not begin, by key, with the reason's text."""
        self.cassettes_out: set[str] = set()
        """Units that said in this conversation that their cassette is out, and did not say yet that it is back."""
        self.talks = 0
        """How many conversations there were: what was wished in an earlier one and not begun will not happen."""
        self.paid_so_far_minor = 0
        self._record = record
        self._till = till
        self._wants = wants
        self._changed = changed
        self._wishes: MemoryObjectSendStream[Wish] | None = None
        self._unwell: set[str] = set()  # by its last word in this conversation
        self._asked_for: dict[str, frozenset[int]] = {}

    # What the kiosk asks

    def open(self, order: str, types: Mapping[str, frozenset[int]]) -> None:
        """Take these types for this purchase; a device that is away hears of it when it is asked again.

        A unit whose encashment is open, or whose cassette was taken without one, takes nothing before its period ended.
        """
        self.order = order
        self._asked_for = dict(types)
        self._ask()

    def close(self) -> None:
        """Take nothing more; a piece on its way still counts for the purchase it was inserted for."""
        self._asked_for = {}
        self._wish(c.Refuse())

    def pay(self, unit: str, key: str, amount_minor: int) -> None:
        self._wish(c.Pay(unit, key, amount_minor))

    def reset(self) -> None:
        self._wish(c.Reset())

    def leave(self) -> None:
        """End the conversation in good order, before the program ends."""
        self._wish(c.Leave())

    @property
    def quiet(self) -> bool:
        """No unit takes money and none has a piece on its way."""
        return all(slot in (Slot.CLOSED, Slot.AWAY, Slot.TROUBLE) for slot in self.slots.values())

    def _ask(self) -> None:
        """Says which types are taken; a unit that may not is shut with it, and is not told once more as `Closed`."""
        takes = {name: wanted for name, wanted in self._asked_for.items() if self._may_take(name)}
        self._wish(c.Accept(takes) if any(takes.values()) else c.Refuse())
        for name in self._asked_for.keys() - takes.keys():
            if self.slots.get(name) is Slot.OPEN:
                self._stand(name, Slot.CLOSED)

    def _may_take(self, name: str) -> bool:
        return name not in self.units or self.units[name].unit.may_take

    def _wish(self, wish: Wish) -> None:
        if self._wishes is not None:
            self._wishes.send_nowait(wish)

    # The conversation

    async def attend(self) -> None:
        """Attends the device until `leave`; one that falls silent is asked again."""
        while True:
            self.talks += 1
            self.cassettes_out.clear()
            self._unwell.clear()
            self._wishes, hears = anyio.create_memory_object_stream[Wish](WISHES)
            try:
                await self.port.run(self.port.driver.attend(self._remembered()), tell=self._told, wishes=hears)
                return
            except DeviceError:
                for unit in self.slots:
                    self._stand(unit, Slot.AWAY)
            finally:
                self._wishes.close()
                hears.close()
                self._wishes = None
            await anyio.sleep(AGAIN_S)

    def remember(self, names: Iterable[str]) -> None:
        """Units that earlier conversations may have found: their journals are read before the device is asked."""
        for name in names:
            record = self._record(name)
            if record.unit.found_as is not None:
                self.units[name] = record
                self.slots[name] = Slot.AWAY

    def _remembered(self) -> dict[str, c.Remembered]:
        told: dict[str, c.Remembered] = {}
        for name, record in self.units.items():
            unit, found = record.unit, record.unit.found_as
            if found is None:
                continue
            takes = tuple(c.Denomination(kind.type, kind.value_minor, kind.currency) for kind in found.takes)
            paying = unit.paying
            told[name] = c.Remembered(
                c.Unit(name, found.serial, found.title, takes, escrow=found.escrow, credits=unit.credits),
                c.PayoutMeant(name, paying.key, paying.amount_minor, paying.baseline) if paying else None,
            )
        return told

    def _of(self, name: str) -> UnitRecord:
        if name not in self.units:
            self.units[name] = self._record(name)
            self.slots[name] = Slot.AWAY
        return self.units[name]

    async def _told(self, event: object) -> None:
        """One event of the driver. What the contract calls durable is on the disk when this returns."""
        match event:
            case c.Found(unit=unit):
                await self._found(unit)
            case c.Counted(unit=name, stacked=stacked):
                await self._of(name).decide(lambda unit: recount(unit, stacked))
            case c.Escrowed():
                await self._escrowed(event)
            case c.Stacked():
                await self._stacked(event)
            case c.Closed(unit=name):
                await self._closed(name)
            case c.Returned(unit=name):
                await self._of(name).decide(_returned)
                self.last_back = ("note_returned", {})
                self._stand(name, Slot.OPEN)
            case c.CreditsLost(unit=name, credits=credits, count=count):
                await self._of(name).decide(lambda unit: (_lost(unit, count, credits, self.order),))
            case c.CassetteOut(unit=name):
                self.cassettes_out.add(name)
                await self._of(name).decide(_taken)
                self._stand(name, Slot.TROUBLE)
                if self._asked_for and not self._may_take(name):
                    self._ask()  # else it would open by itself when the cassette is back, into a period that is over
            case c.CassetteBack(unit=name):
                self.cassettes_out.discard(name)
                await self._of(name).decide(put_back)
            case c.Trouble(unit=name, code=code, inside=inside):
                self._unwell.add(name)
                await self._of(name).append(e.UnitTroubled(code, inside))
                self.port.say("attention", code)
                self._stand(name, Slot.TROUBLE)
            case c.PayoutMeant(unit=name, key=key, amount_minor=amount, baseline=baseline):
                await self._of(name).append(e.PayMeant(key, amount, baseline, self.order))
                self.paid_so_far_minor = 0
            case c.PaidOut(unit=name):
                if self._of(name).unit.paying is None:
                    self.refused[event.key] = event.reason  # it never began: no intent was told, nothing was paid
                    self._changed()
                else:
                    await self._of(name).append(_paid(event))
            case _:
                self._watched(event)

    def _watched(self, event: object) -> None:
        """What only the screens want to know."""
        match event:
            case c.Accepting(unit=name):
                self._stand(name, Slot.OPEN)
            case c.Entered(unit=name):
                self.last_back = None
                self._stand(name, Slot.CHECKING)
            case c.Stacking(unit=name):
                self._stand(name, Slot.STACKING)
            case c.Rejected(unit=name, reason=reason):
                self.last_back = ("note_rejected", {"reason": reason})
                self._stand(name, Slot.OPEN)
            case c.Well(unit=name):
                self._unwell.discard(name)
                self.port.say("ok")
                self._stand(name, Slot.CLOSED)
            case c.Levels(unit=name, counts=counts):
                self.levels[name] = counts
                self._changed()
            case c.Paying(paid_minor=paid):
                self.paid_so_far_minor = paid
                self._changed()

    async def _found(self, unit: c.Unit) -> None:
        takes = tuple(e.PieceKind(one.type, one.value_minor, one.currency) for one in unit.takes)
        now = e.UnitFound(unit.serial, unit.title, takes, unit.escrow, unit.stacked, unit.credits)
        await self._of(unit.name).decide(lambda known: settle(known, now))
        self.gives[unit.name] = unit.gives
        self._unwell.discard(unit.name)
        self.port.say("ok")
        self._stand(unit.name, Slot.CLOSED)

    async def _escrowed(self, event: c.Escrowed) -> None:
        """Decided here and now, without any network: the note waits, and so does the shopper."""
        record, worth = self._of(event.unit), event.denomination
        keeps = worth is not None and bool(self.order) and record.unit.may_take and self._wants(worth)

        def meant(unit: CashUnit) -> Iterable[e.CashEvent]:
            yield from overtaken(unit)
            number = unit.next_piece
            value, currency = (worth.value_minor, worth.currency) if worth else (0, "")
            yield e.PieceEscrowed(number, event.type, value, currency, self.order)
            if keeps:
                yield e.StackMeant(number)

        self.last_back = None
        await record.decide(meant)
        self._wish(c.Stack(event.unit) if keeps else c.GiveBack(event.unit))
        self._stand(event.unit, Slot.ESCROW)

    async def _closed(self, name: str) -> None:
        """Nothing is on its way, says the contract, so a piece that still is in the journal had an end nobody told. In
        a trouble, or with the cassette out, it may be stuck; a unit that was not found yet is asked for its count."""
        if name in self._unwell:
            self._stand(name, Slot.TROUBLE)  # refusing pieces cures nothing: staff must still see it, to reset it
            return
        if name not in self.cassettes_out and self.slots.get(name) is not Slot.AWAY:
            await self._of(name).decide(overtaken)
        self._stand(name, Slot.CLOSED)

    async def _stacked(self, event: c.Stacked) -> None:
        worth = event.denomination
        kind = e.PieceKind(worth.type, worth.value_minor, worth.currency) if worth else None
        record = self._of(event.unit)
        if event.recovered and event.credits is None:
            found = e.PieceFound(event.type, kind.value_minor if kind else 0, kind.currency if kind else "")
            await record.append(found)
            return
        how = "found" if event.recovered else "seen"
        order = "" if event.recovered else self.order
        await record.decide(lambda unit: (kept(unit, event.type, kind, order, event.credits, how),))
        self._stand(event.unit, Slot.OPEN)

    def _stand(self, unit: str, slot: Slot) -> None:
        if self.slots.get(unit) is not slot:
            self.slots[unit] = slot
            self._changed()


def _taken(unit: CashUnit) -> Iterable[e.CashEvent]:
    """A unit may say it again after an outage: the cassette left once."""
    by = unit.encashment.by if unit.encashment else ""
    return (e.CassetteTaken(by),) if unit.cassette_in else ()


def put_back(unit: CashUnit) -> Iterable[e.CashEvent]:
    return () if unit.cassette_in else (e.CassettePut(),)


def _returned(unit: CashUnit) -> Iterable[e.CashEvent]:
    moving = unit.on_its_way
    return (e.PieceReturned(moving.number, "seen"),) if moving is not None else ()


def _lost(unit: CashUnit, count: int, credits: int, order: str) -> e.CashEvent:
    """More happened than the device remembers: how many of it were pieces, its box alone knows."""
    return e.PieceDoubted(unit.next_piece, 0, 0, "", order, f"credits_lost_{count}", False, credits)


def _paid(event: c.PaidOut) -> e.CashEvent:
    how = "found" if event.recovered else "seen"
    return e.PayEnded(event.key, event.asked_minor, event.paid_minor, event.certain, how, event.reason)
