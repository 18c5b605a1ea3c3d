"""The laws of inserted money, judged from the device's ledger (what truly happened) and the agent's journal."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fiscal.cash_unit import CashUnit

MAYBE_OUTSIDE = ("count_unreadable", "other_unit", "credits_lost", "overtaken", "count_shared")
"""Doubts about pieces that may not be in the box at all."""


def broken_laws(records: list[dict[str, Any]], units: dict[str, CashUnit]) -> list[str]:
    """Sentences, one for each law that does not hold; nothing when all do."""
    names = {record["unit"] for record in records if "unit" in record} | set(units)
    found: list[str] = []
    for name in sorted(names):
        own = [record for record in records if record.get("unit") == name]
        unit = units.get(name, CashUnit())
        found += [f"{name}: {said}" for said in (*_pieces(own), *_credits(own, unit), *_payouts(own, unit))]
    return found


def _values(records: list[dict[str, Any]], event: str) -> Counter[int]:
    return Counter(record["value_minor"] for record in records if record["event"] == event)


def _pieces(records: list[dict[str, Any]]) -> list[str]:
    """The world itself: each piece that entered has one fate at most."""
    fates = Counter(record["piece"] for record in records if record["event"] in ("stacked", "returned", "rejected"))
    return [f"piece {piece} has {count} fates" for piece, count in fates.items() if count > 1]


def _credits(records: list[dict[str, Any]], unit: CashUnit) -> list[str]:
    """Credited + listed in doubt = in the box; nothing is credited that is not there, or twice."""
    box = _values(records, "stacked")
    counted = Counter(piece.value_minor for piece in unit.pieces if piece.counts)
    found = [f"{count} x {value} credited more than stacked" for value, count in (counted - box).items()]
    missing = box - counted
    # A doubt about a piece that is surely inside explains a missing one before a doubt about one that may not be.
    doubts = sorted(unit.doubts, key=lambda doubt: doubt.reason.startswith(MAYBE_OUTSIDE))
    for value in sorted(missing.elements(), reverse=True):
        named = next((doubt for doubt in doubts if doubt.value_minor == value), None)
        unknown = named or next((doubt for doubt in doubts if doubt.reason != "count_unreadable"), None)
        if unknown is None:
            found.append(f"{value} is in the box, not credited and not listed in doubt")
        else:
            doubts.remove(unknown)
    found += [
        f"doubt {doubt.reason} about {doubt.value_minor} has no piece in the box"
        for doubt in doubts
        if not doubt.reason.startswith(MAYBE_OUTSIDE)
    ]
    if unit.on_its_way is not None:
        found.append(f"piece {unit.on_its_way.number} is still {unit.on_its_way.phase.value} in the journal")
    return found


def _payouts(records: list[dict[str, Any]], unit: CashUnit) -> list[str]:
    paid = sum(record["value_minor"] for record in records if record["event"] == "paid_out")
    booked = sum(ended.paid_minor for ended in unit.paid)
    certain = all(ended.certain for ended in unit.paid)
    if unit.paying is not None:
        return [f"payout {unit.paying.key} has no end in the journal"]
    if paid == booked or (not certain and booked <= paid):
        return []
    return [f"{paid} paid out, {booked} booked{'' if certain else ' at least'}"]
