"""What a till shows of the shop's emptied boxes: their list, one of them, or a count that waits for its signature."""

from __future__ import annotations

from dataclasses import dataclass

from fiscal.cash_events import Counts
from fiscal.encashment import Encashment, Place


@dataclass(frozen=True, slots=True)
class TypedCount:
    """What was found in the box: by denomination, or `counts` () and the sum alone. `would_be` is the document that it
    makes; nothing of it is written yet."""

    counts: Counts
    total_minor: int
    would_be: Encashment


@dataclass(frozen=True, slots=True)
class ShownEncashment:
    """`box` None: the list. `values`: the denominations to count, the greatest first. `typed`: it was compared with the
    journal and nobody has signed for it."""

    box: Place | None = None
    values: tuple[int, ...] = ()
    typed: TypedCount | None = None
