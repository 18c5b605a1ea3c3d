"""The notes and coins of a simulated cash device, each a piece with a number and a place, and the words of its ledger.

    mouth ── enter ──> transport ── escrow ──> escrow ── stack ──> cassette ── cassette out ──> gone
                          └── reject ──> mouth   └── give back ──> mouth

All simulators of cash devices write the same records, so that one comparison serves them all:

    {"event": "entered",  "unit": "validator", "piece": 7, "value_minor": 50000, "currency": "RUB"}
    {"event": "escrowed" | "stacked" | "returned" | "rejected", ... the same, "reason" where there is one}
    {"event": "paid_out", "unit": "hopper", "value_minor": 1000, "currency": "RUB"}       one record a piece
    {"event": "cassette_out", "unit": ..., "pieces": 12, "sum_minor": 640000}   {"event": "cassette_in", "unit": ...}

"stacked" is written when the piece is physically in the cassette (or in a recycler's store), whatever the host is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from drivers.simulators.world import Ledger


class Place(Enum):
    TRANSPORT = "transport"  # on its way in; a shopper could still pull it
    ESCROW = "escrow"
    PAST_RETURN = "past_return"  # on its way to the cassette
    CASSETTE = "cassette"


@dataclass(frozen=True, slots=True)
class Piece:
    """`value_minor` 0: not money (a forgery, a slip of paper)."""

    number: int
    value_minor: int
    currency: str


class CashBox:
    """One unit's pieces. `state()` is what a power cut leaves: everything, paper and metal stay where they are."""

    def __init__(self, ledger: Ledger, unit: str, kept: dict[str, Any] | None = None) -> None:
        kept = kept or {}
        self._ledger = ledger
        self.unit = unit
        self._next: int = kept.get("next", 1)
        self.cassette: list[Piece] = [Piece(**piece) for piece in kept.get("cassette", [])]
        self.cassette_in_place: bool = kept.get("cassette_in_place", True)
        moving = kept.get("moving")
        self.moving: Piece | None = Piece(**moving) if moving else None
        self.place: Place | None = Place(kept["place"]) if kept.get("place") else None

    def state(self) -> dict[str, Any]:
        """JSON for the device's memory."""
        return {
            "next": self._next,
            # Written out: `asdict` over a full cassette would cost more than all the rest of a note's way.
            "cassette": [_kept(piece) for piece in self.cassette],
            "cassette_in_place": self.cassette_in_place,
            "moving": _kept(self.moving) if self.moving else None,
            "place": self.place.value if self.place else None,
        }

    @property
    def sum_minor(self) -> int:
        return sum(piece.value_minor for piece in self.cassette)

    def enter(self, value_minor: int, currency: str) -> Piece:
        """A piece is taken in at the mouth. One at a time: raises ValueError while another is on its way."""
        if self.moving is not None:
            raise ValueError(f"piece {self.moving.number} is still on its way")
        piece = Piece(self._next, value_minor, currency)
        self._next += 1
        self.moving, self.place = piece, Place.TRANSPORT
        self._write("entered", piece)
        return piece

    def escrow(self) -> None:
        self.place = Place.ESCROW
        self._write("escrowed", self._moving())

    def pass_return(self) -> None:
        """From here on the shopper cannot have it back."""
        self.place = Place.PAST_RETURN

    def stack(self) -> Piece:
        """It falls into the cassette."""
        piece = self._moving()
        self.cassette.append(piece)
        self.moving, self.place = None, None
        self._write("stacked", piece)
        return piece

    def give_back(self) -> Piece:
        """Out of escrow, to the shopper."""
        return self._out("returned", "")

    def reject(self, reason: str) -> Piece:
        """Out of the transport, to the shopper."""
        return self._out("rejected", reason)

    def pay_out(self, value_minor: int, currency: str) -> None:
        """One piece falls into the tray."""
        self._ledger.write("paid_out", unit=self.unit, value_minor=value_minor, currency=currency)

    def take_cassette(self) -> None:
        self._ledger.write("cassette_out", unit=self.unit, pieces=len(self.cassette), sum_minor=self.sum_minor)
        self.cassette, self.cassette_in_place = [], False

    def put_cassette(self) -> None:
        self._ledger.write("cassette_in", unit=self.unit)
        self.cassette_in_place = True

    def _out(self, event: str, reason: str) -> Piece:
        piece = self._moving()
        self.moving, self.place = None, None
        self._write(event, piece, **({"reason": reason} if reason else {}))
        return piece

    def _moving(self) -> Piece:
        if self.moving is None:
            raise ValueError("no piece is on its way")
        return self.moving

    def _write(self, event: str, piece: Piece, **more: Any) -> None:
        self._ledger.write(
            event,
            unit=self.unit,
            piece=piece.number,
            value_minor=piece.value_minor,
            currency=piece.currency,
            **more,
        )


def _kept(piece: Piece) -> dict[str, Any]:
    return {"number": piece.number, "value_minor": piece.value_minor, "currency": piece.currency}


def plain_order(line: str) -> str:
    """A person's line with single spaces; `insert note 100` and `insert coin 5` are `insert 100` and `insert 5`."""
    words = line.split()
    if words[:1] == ["insert"] and words[1:2] in (["note"], ["coin"]):
        del words[1]
    return " ".join(words)
