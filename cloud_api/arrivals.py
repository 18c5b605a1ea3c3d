"""When each batch came, and the place of each sale in the order of arrival that the office's pages go by.

A place is the moment of the batch and the sale's own numbers: no counter that all shops would have to wait for.

    1795251600123.1.418.kazan-1        moment . epoch . sequence . device

Batches are stored beside each other, so one that came earlier may be committed later. Whoever follows the order reads
up to `settled` only: nothing that is still on its way will take a place before it. What is on its way in another
process over the same database this one does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, unquote

ALWAYS_MS = 2**62  # later than anything
SET_RIGHT_MS = 86_400_000
"""HQ goes on after moments that its clock has not come to yet, up to a day: somebody has set it right. Beyond that it
was nonsense, and the days of all coming sales would be, too."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in the order of arrival a sale stands."""

    received_ms: int
    device: str
    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.received_ms}.{self.epoch}.{self.seq}.{quote(self.device, safe='')}"


START = Place(0, "", 0, 0)


def place_of(text: str) -> Place | None:
    """None: it is no place. `0` is before everything."""
    if text == "0":
        return START
    parts = text.split(".", 3)
    if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and len(part) <= 18 for part in parts[:3]):
        return None
    return Place(int(parts[0]), unquote(parts[3]), int(parts[1]), int(parts[2]))


class Arrivals:
    """Gives each batch its moment: the clock's, but later than every one given before, by the program before this one
    too."""

    def __init__(self, now_ms: Callable[[], int], last_ms: int = 0) -> None:
        """`last_ms`: the newest moment that the program before this one gave."""
        self._now_ms = now_ms
        self._last_ms = last_ms if last_ms - now_ms() <= SET_RIGHT_MS else 0
        self._on_the_way: set[int] = set()

    @contextmanager
    def one(self) -> Iterator[int]:
        """The moment of a batch that is being stored while the block lasts."""
        self._last_ms = moment_ms = max(self._now_ms(), self._last_ms + 1)
        self._on_the_way.add(moment_ms)
        try:
            yield moment_ms
        finally:
            self._on_the_way.discard(moment_ms)

    def settled_ms(self) -> int:
        """Whatever came before this moment is stored, or never will be under such a moment."""
        return min(self._on_the_way, default=ALWAYS_MS)
