"""What a till is told of the boxes that were taken out of kiosks: one document of encashment each, and its count.

Sums are whole minor units, instants UTC milliseconds.
"""

from __future__ import annotations

import msgspec


class BoxView(msgspec.Struct, frozen=True):
    """An emptied box of a kiosk: one document of encashment. `total_minor` is what was taken out by the journal.

    `place` is the kiosk's name, `title` the device's, `by` a person's, "" where nobody had opened it. `counted_minor`
    None: not counted yet; `difference_minor` is the surplus or, below zero, the shortage.
    """

    kiosk: str
    device: str
    unit: str
    period: int
    number: str
    place: str
    title: str
    from_ms: int
    to_ms: int
    by: str
    total_minor: int
    doubts: int
    counted_minor: int | None = None
    difference_minor: int | None = None
    counted_by: str = ""
    counted_ms: int = 0


class PiecesView(msgspec.Struct, frozen=True):
    """`expected` by the journal, -1 where a payout took pieces that nobody can name; `counted` -1: not typed."""

    value_minor: int
    expected: int
    counted: int = -1


class EncashmentScreen(msgspec.Struct, frozen=True):
    """Emptied boxes: one (`box`), or (None) the newest, `waiting` of which are not counted.

    `pieces` are the kinds to count, [] where nothing says which: then the sum alone is typed. `typed`: the count in
    `counted_minor` and `difference_minor` of the box was compared and waits for a supervisor; nothing is written.
    """

    box: BoxView | None
    boxes: list[BoxView]
    waiting: int
    pieces: list[PiecesView]
    typed: bool = False
