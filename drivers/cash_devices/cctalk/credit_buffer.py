"""What is new in a ccTalk event buffer: reckoned from its counter, never from what lies in it.

    reply to 229 / 159    event counter | A1 B1 | A2 B2 | A3 B3 | A4 B4 | A5 B5     newest first
    counter               0 after power-up, then 1 ... 255, 1 ... : never 0 again
    new = counter - last, plus 255 where negative; more than 5: the oldest are gone from the buffer

The same coins lie in the buffer for hours; only the counter tells one that is new.
Source: ashaduri/qt-cctalk; Money Controls SR5 manual (TSP073).
"""

from __future__ import annotations

from dataclasses import dataclass

KEPT = 5
BUFFER_BYTES = 1 + 2 * KEPT
HIGHEST = 255
EMPTY = (0, 0)


@dataclass(frozen=True, slots=True)
class Buffer:
    counter: int
    entries: tuple[tuple[int, int], ...]  # newest first

    @classmethod
    def read(cls, data: bytes) -> Buffer:
        return cls(data[0], tuple((data[at], data[at + 1]) for at in range(1, BUFFER_BYTES, 2)))


@dataclass(frozen=True, slots=True)
class Happening:
    """One entry, with the counter as it stood after it."""

    a: int
    b: int
    credits: int


@dataclass(frozen=True, slots=True)
class News:
    """`happenings` oldest first. `lost` came before them and are gone; `lost_until` is the counter after those.

    `reset`: the device began to count anew; the happenings are all that it knows since, and what it knew before and
    had not told is gone with no number.
    """

    happenings: tuple[Happening, ...] = ()
    lost: int = 0
    lost_until: int = 0
    reset: bool = False

    @property
    def doubtful(self) -> bool:
        return self.reset or self.lost > 0


def back(counter: int, steps: int) -> int:
    """The counter `steps` events earlier (1 comes after 255)."""
    return counter - steps if counter > steps else counter - steps + HIGHEST


def news(last: int, buffer: Buffer) -> News:
    """What happened since the counter stood at `last`."""
    counter = buffer.counter
    if counter == last:
        return News()
    began_anew = _began_anew(last, buffer)
    since = counter if began_anew else counter - last if counter > last else counter - last + HIGHEST
    taken = min(since, KEPT)
    happenings = tuple(Happening(*buffer.entries[at], back(counter, at)) for at in reversed(range(taken)))
    lost = since - taken
    return News(happenings, lost, back(counter, taken) if lost else 0, began_anew)


def _began_anew(last: int, buffer: Buffer) -> bool:
    """A counter that went back over entries that were never filled was reset.

    Were it a wrap after all, the empty entries would be "master inhibit" statuses: no money is read differently.
    """
    counter = buffer.counter
    return counter < last and counter < KEPT and all(entry == EMPTY for entry in buffer.entries[counter:])
