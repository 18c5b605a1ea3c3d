"""How each cash unit of a kiosk stands, for staff: what is in the box, what is in doubt, where the cassette is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from agent.cash.cash_slot import CashSlot, Slot
from fiscal.cash_events import Counts
from fiscal.cash_unit import CashUnit
from fiscal.encashment import counts_of, kept_counts, total_minor


@dataclass(frozen=True, slots=True)
class UnitStanding:
    """`counts` are the pieces that came in since the last encashment and count, worth `counted_minor`; `inside_minor`
    is all that must lie in the unit by the journal. `levels`: (value_minor, pieces) it can pay out, as it tells.

    `state`: a Slot's word. `cassette`: in, out, open (an encashment is open). `trouble`: the code of its complaint.
    """

    device: str
    unit: str
    title: str
    serial: str
    state: str
    counts: Counts
    counted_minor: int
    inside_minor: int
    doubts: int
    doubted_minor: int
    cassette: str
    drift: int
    levels: Counts
    trouble: str
    may_encash: bool


def standings(slots: Mapping[str, CashSlot]) -> list[UnitStanding]:
    """`slots` by device id."""
    return list(_all(slots.items()))


def _all(slots: Iterable[tuple[str, CashSlot]]) -> Iterator[UnitStanding]:
    for device, slot in slots:
        for name, record in slot.units.items():
            state = slot.slots.get(name, Slot.AWAY)
            yield _standing(device, name, slot, record.unit, state)


def _standing(device: str, name: str, slot: CashSlot, unit: CashUnit, state: Slot) -> UnitStanding:
    worth = {piece.type: piece.value_minor for piece in slot.gives.get(name, ())}
    quiet = unit.on_its_way is None and not unit.found and unit.paying is None
    return UnitStanding(
        device=device,
        unit=name,
        title=unit.found_as.title if unit.found_as else "",
        serial=unit.found_as.serial if unit.found_as else "",
        state=state.value,
        counts=kept_counts(unit),
        counted_minor=unit.counted_minor,
        inside_minor=total_minor(unit),
        doubts=len(unit.doubts),
        doubted_minor=sum(piece.value_minor for piece in unit.doubts),
        cassette="out" if not unit.cassette_in else "open" if unit.encashment else "in",
        drift=unit.drift,
        levels=counts_of({worth[type_]: count for type_, count in slot.levels.get(name, ()) if type_ in worth}),
        trouble=unit.trouble.code if unit.trouble and state is Slot.TROUBLE else "",
        may_encash=quiet or state is Slot.TROUBLE,
    )
