"""How much of what is owed a unit can give out of the pieces it holds, and which unit is asked first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import gcd

PIECES_AT_ONCE = 60
"""More coins of one kind than this nobody carries away from a tray: the rest is owed on a claim slip."""


def payable_minor(pieces: Iterable[tuple[int, int]], owed_minor: int) -> int:
    """The greatest sum up to what is owed that these pieces make: (value in minor units, how many there are)."""
    stock = [(value, min(count, PIECES_AT_ONCE)) for value, count in pieces if 0 < value <= owed_minor and count > 0]
    if not stock:
        return 0
    step = gcd(*(value for value, _ in stock))
    most = owed_minor // step
    # Bit n: the sum of n steps can be made. Counts are taken in powers of two, so a hundred coins are seven shifts.
    sums, room = 1, (1 << most + 1) - 1
    for value, count in stock:
        size, lot = value // step, 1
        while count > 0:
            taken = min(lot, count)
            sums |= sums << taken * size & room
            count, lot = count - taken, lot * 2
    return step * (sums.bit_length() - 1)


def asked_first(units: Sequence[Sequence[tuple[int, int]]], owed_minor: int) -> int | None:
    """The place of the unit to ask, each with its pieces as above; None: none can give anything.

    The most is to come out in all; where that is the same either way the largest pieces go first, because a note and
    five coins are change and fifty-five coins are a nuisance.
    """
    chosen, best = None, (0, 0)
    for place, pieces in enumerate(units):
        gives = payable_minor(pieces, owed_minor)
        if gives:
            others = (payable_minor(one, owed_minor - gives) for at, one in enumerate(units) if at != place)
            largest = max(value for value, count in pieces if count > 0 and value <= gives)
            if (in_all := (gives + max(others, default=0), largest)) > best:
                chosen, best = place, in_all
    return chosen
