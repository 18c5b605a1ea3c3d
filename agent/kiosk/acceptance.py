"""Before the first note: may money be taken? Nothing is accepted that could neither be sold for nor claimed."""

from __future__ import annotations

from dataclasses import dataclass

from agent.cash.cash_slot import Slot
from agent.kiosk.boxes import Boxes
from agent.view import Note

MARGIN_PIECES = 50
"""So many notes must still fit: a shopper pays with a handful, and a full box stops in the middle of it."""


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """One unit that takes money. `held` is what its box holds by the journal, `room_pieces` what it can hold."""

    takes_notes: bool
    away: bool
    trouble: bool
    cassette_in: bool
    held: int
    room_pieces: int

    @property
    def is_full(self) -> bool:
        return self.takes_notes and self.held + MARGIN_PIECES > self.room_pieces

    @property
    def works(self) -> bool:
        return not (self.away or self.trouble or self.is_full) and self.cassette_in


def unit_facts(boxes: Boxes, room_pieces: int) -> tuple[UnitFacts, ...]:
    """The units that take money."""
    found = []
    for slot, name, record in boxes.units():
        unit, state = record.unit, slot.slots.get(name, Slot.AWAY)
        if unit.found_as is None or not unit.found_as.takes:
            continue
        held = sum(piece.counts for piece in unit.pieces)
        away, trouble = state is Slot.AWAY, state is Slot.TROUBLE
        found.append(UnitFacts(unit.found_as.escrow, away, trouble, unit.cassette_in, held, room_pieces))
    return tuple(found)


def refusal(
    units: tuple[UnitFacts, ...], *, due_minor: int, greatest_minor: int, room: bool, claims: bool, clock_sane: bool
) -> Note | None:
    """Why no money is taken, the first reason; None: it is. The register's own pre-flight is made beside this."""
    if not units or all(unit.away or unit.trouble or not unit.cassette_in for unit in units):
        return Note("cash_device_away")
    if not any(unit.works for unit in units):
        return Note("cash_no_margin" if any(unit.is_full for unit in units) else "cash_device_away")
    if not room:
        return Note("cash_disk")
    if not clock_sane:
        return Note("cash_clock")
    if not claims:
        return Note("cash_no_claims")
    if due_minor > greatest_minor:
        return Note("cash_too_much", {"most_minor": greatest_minor})
    return None
