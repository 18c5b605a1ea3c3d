"""All cash units of one kiosk as one slot for money: what was inserted, what moves, what can be paid out.

Everything durable is read from the units' journals; what is only known to this process (open slots, wishes) is said to
be so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import is_not

from agent.cash.cash_slot import CashSlot, Slot
from agent.cash.unit_record import UnitRecord
from agent.kiosk.change import PIECES_AT_ONCE, asked_first, payable_minor
from fiscal.cash_piece import Piece, PiecePhase
from fiscal.cash_unit import CashUnit

MOVING = frozenset({Slot.CHECKING, Slot.ESCROW, Slot.STACKING})


@dataclass(frozen=True, slots=True)
class Wished:
    """A payout asked of a unit by this process; `talk` is the conversation it was asked in."""

    slot: CashSlot
    unit: str
    key: str
    amount_minor: int
    talk: int


class Boxes:
    """`slots` attend one wire each."""

    def __init__(self, slots: tuple[CashSlot, ...]) -> None:
        self.slots = slots
        self.wished: dict[str, Wished] = {}
        """By purchase."""
        self._open: Callable[[], int] | None = None
        self._inserted: tuple[str, tuple[CashUnit, ...], int] = ("", (), 0)
        """The purchase asked for last, the units it was read from, and what they said."""
        self._asked: dict[tuple[int, str], tuple[int, Slot]] = {}

    def units(self) -> Iterator[tuple[CashSlot, str, UnitRecord]]:
        for slot in self.slots:
            for name, record in slot.units.items():
                yield slot, name, record

    # What came in

    def pieces(self, order: str) -> list[Piece]:
        return [piece for _, _, record in self.units() for piece in record.unit.pieces if piece.order == order]

    def inserted_minor(self, order: str) -> int:
        """Asked by every look at the counter: a box with a day's notes is read again only when one of them moved."""
        units = tuple(record.unit for _, _, record in self.units())
        known, before, told = self._inserted
        if order != known or len(before) != len(units) or any(map(is_not, before, units)):
            told = sum(unit.inserted_for(order) for unit in units)
            self._inserted = (order, units, told)
        return told

    def orders(self) -> set[str]:
        """All purchases that the periods in force know money of."""
        return {order for _, _, record in self.units() for order in record.unit.orders}

    def is_moving(self, order: str) -> bool:
        """Is a piece on its way, by the journal or by what a unit says now?"""
        by_journal = any(
            record.unit.on_its_way is not None and record.unit.on_its_way.order == order
            for _, _, record in self.units()
        )
        return by_journal or any(state in MOVING for slot in self.slots for state in slot.slots.values())

    @property
    def is_shut(self) -> bool:
        """No unit takes money and none has a piece on its way; a unit that is away takes nothing, but what became of a
        piece on its way there is not known yet."""
        return all(slot.quiet for slot in self.slots) and not any(
            record.unit.on_its_way is not None for _, _, record in self.units()
        )

    def doubts(self, order: str) -> list[Piece]:
        return [piece for piece in self.pieces(order) if piece.phase is PiecePhase.IN_DOUBT]

    # Taking

    def open(self, order: str, greatest_minor: Callable[[], int]) -> None:
        """Take denominations up to `greatest_minor`, from now on, also at units that come back later."""
        self._open = greatest_minor
        self._asked.clear()
        for slot in self.slots:
            slot.order = order
        self.keep_open()

    def keep_open(self) -> None:
        """Units that were found since, or came back, hear of it too. To be called after every change."""
        if self._open is None:
            return
        greatest = self._open()
        for at, slot in enumerate(self.slots):
            types = {name: _types(record, greatest) for name, record in slot.units.items()}
            fresh = [
                name
                for name, state in slot.slots.items()
                if state is Slot.CLOSED and types.get(name) and self._asked.get((at, name)) != (slot.talks, state)
            ]
            if fresh:
                slot.open(slot.order, types)
            for name, state in slot.slots.items():
                self._asked[at, name] = (slot.talks, state)

    def close(self) -> None:
        """Take nothing more; what is on its way comes to its end."""
        if self._open is not None:
            self._open = None
            for slot in self.slots:
                slot.close()

    @property
    def is_open(self) -> bool:
        return self._open is not None

    def takes_minor(self) -> list[int]:
        """What is taken now, smallest first."""
        greatest = self._open() if self._open is not None else None
        values = {
            kind.value_minor
            for slot, name, record in self.units()
            if slot.slots.get(name) not in (Slot.AWAY, Slot.TROUBLE) and record.unit.found_as is not None
            for kind in record.unit.found_as.takes
            if greatest is None or 0 < kind.value_minor <= greatest
        }
        return sorted(values)

    @property
    def returned(self) -> tuple[str, dict[str, str]] | None:
        """What became of the newest piece that is not kept: given back or rejected, with the unit's reason."""
        return next((slot.last_back for slot in self.slots if slot.last_back is not None), None)

    # Giving out

    def paid_minor(self, order: str) -> int:
        """What was really paid out for a purchase: at least so much, where a unit could not prove it."""
        return sum(
            ended.paid_minor
            for _, _, record in self.units()
            for ended in record.unit.paid
            if order_of(ended.key) == order
        )

    def is_paying(self, order: str) -> bool:
        """A payout stands in a journal, or is asked for in a conversation that still goes on."""
        meant = any(
            record.unit.paying is not None and record.unit.paying.order == order for _, _, record in self.units()
        )
        return meant or self._still_wished(order)

    def paid_so_far_minor(self, order: str) -> int:
        """For the screen: ended payouts and the coins of the one that runs."""
        running = sum(
            slot.paid_so_far_minor
            for slot, _, record in self.units()
            if record.unit.paying is not None and record.unit.paying.order == order
        )
        return self.paid_minor(order) + running

    def can_pay_minor(self, owed_minor: int, order: str = "") -> int:
        """What one unit could give of it now."""
        return max((payable_minor(pieces, owed_minor) for _, _, pieces in self._payers(order)), default=0)

    def pay(self, order: str, owed_minor: int) -> bool:
        """Ask one unit for what it can give; what is left is asked of the next. False: none can give anything."""
        payers = list(self._payers(order))
        first = asked_first([pieces for _, _, pieces in payers], owed_minor)
        if first is None:
            return False
        slot, unit, pieces = payers[first]
        amount = payable_minor(pieces, owed_minor)
        number = sum(order_of(ended.key) == order for _, _, record in self.units() for ended in record.unit.paid)
        number += sum(order_of(key) == order for each in self.slots for key in each.refused)
        key = f"{order}/{number + 1}"
        slot.order = order
        slot.pay(unit, key, amount)
        self.wished[order] = Wished(slot, unit, key, amount, slot.talks)
        return True

    def _payers(self, order: str) -> Iterator[tuple[CashSlot, str, list[tuple[int, int]]]]:
        """Units that may be asked, with their pieces: (value in minor units, how many)."""
        for slot, name, record in self.units():
            if slot.slots.get(name) in (Slot.AWAY, Slot.TROUBLE) or self._fell_short(record, slot, name, order):
                continue
            gives = slot.gives.get(name, ())
            told = dict(slot.levels.get(name, ()))
            # A hopper that cannot count its coins is asked and says how far it got.
            pieces = [(piece.value_minor, told.get(piece.type, 0 if told else PIECES_AT_ONCE)) for piece in gives]
            # Asked again and again a hopper would give a bag of coins: what it gave for this purchase counts, too.
            given = sum(ended.paid_minor for ended in record.unit.paid if order_of(ended.key) == order)
            most = PIECES_AT_ONCE - (given // min(value for value, _ in pieces) if pieces else 0)
            if most > 0 and pieces:
                yield slot, name, [(value, min(count, most)) for value, count in pieces]

    def _fell_short(self, record: UnitRecord, slot: CashSlot, name: str, order: str) -> bool:
        if any(order_of(ended.key) == order and ended.paid_minor < ended.asked_minor for ended in record.unit.paid):
            return True
        wish = self.wished.get(order)
        return wish is not None and wish.slot is slot and wish.unit == name and wish.key in slot.refused

    def _still_wished(self, order: str) -> bool:
        wish = self.wished.get(order)
        if wish is None or wish.talk != wish.slot.talks or wish.key in wish.slot.refused:
            return False
        record = wish.slot.units[wish.unit]
        return all(ended.key != wish.key for ended in record.unit.paid)


def _types(record: UnitRecord, greatest_minor: int) -> frozenset[int]:
    """What a unit is told to take."""
    found = record.unit.found_as
    kinds = found.takes if found is not None else ()
    return frozenset(kind.type for kind in kinds if 0 < kind.value_minor <= greatest_minor)


def order_of(key: str) -> str:
    """The purchase that a payout's key belongs to."""
    return key.rpartition("/")[0]
