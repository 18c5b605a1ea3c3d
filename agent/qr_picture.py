"""A receipt's QR as a picture for the screen: segno encodes the text, the mask is chosen here, five times faster.

ISO/IEC 18004 wants all eight masks tried and the one with the lowest penalty kept (7.8.3). Module by module that takes
segno 6 ms on a fast machine and 40 on a small till, while nothing else runs. Here a row is one whole number and a rule
a few operations on it; the choice is the same (tests/agent/test_qr_picture.py compares). Pictures are kept: the page
is told of a receipt several times.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, reduce
from itertools import pairwise

KEPT = 64  # the receipts a cashier may look back at; 3 KB each
BORDER = 2
MOST_VERSION = 6  # versions 2 to 6 have one alignment pattern; a receipt's QR is of version 4 or 5

Rows = list[int]  # bit n - 1 is the leftmost module, 1 is dark

_CONDITIONS: tuple[Callable[[int, int], bool], ...] = (
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
)
_LEVEL = {"L": 0b01, "M": 0b00, "Q": 0b11, "H": 0b10}
_FINDER_LIKE = re.compile("(?<=0000)1011101|1011101(?=0000)")
_DARK = re.compile("1+")


@lru_cache(maxsize=KEPT)
def qr_svg(text: str) -> str:
    """A QR of correction level M (higher where there is room) as an SVG picture without sizes of its own."""
    import segno  # not before the first receipt: a till that starts is ready sooner

    made = segno.make_qr(text, error="m", mask=0)
    rows = [int("".join(map(str, row)), 2) for row in made.matrix]
    if not 2 <= int(made.version) <= MOST_VERSION:
        made = segno.make_qr(text, error="m")
        rows = [int("".join(map(str, row)), 2) for row in made.matrix]
    else:
        rows = best_masked(rows, made.error)
    return _svg(rows)


def best_masked(rows: Rows, level: str) -> Rows:
    """The symbol of a level (L, M, Q, H) and mask 0 under the mask it should have, its format information included."""
    size = len(rows)
    masks = _masks(size)
    data = [row ^ first for row, first in zip(_without_format(rows), masks[0], strict=True)]
    candidates = [[row ^ mask for row, mask in zip(data, masked, strict=True)] for masked in masks]
    penalties = [penalty(candidate) for candidate in candidates]
    best = penalties.index(min(penalties))
    return _with_format(candidates[best], _LEVEL[level] << 3 | best)


def penalty(rows: Rows) -> int:
    """The four rules of 7.8.3.1, summed."""
    size = len(rows)
    lines = [format(row, f"0{size}b") for row in rows]
    across = ["".join(column) for column in zip(*lines, strict=True)]
    columns = [int(column, 2) for column in across]
    score = sum(map(_long_runs, rows, [size] * size)) + sum(map(_long_runs, columns, [size] * size))
    inner = (1 << size - 1) - 1
    for above, below in pairwise(rows):
        # A square of one colour: both pairs alike, and the upper left module like the lower left one.
        squares = ~(above ^ above >> 1) & ~(below ^ below >> 1) & ~(above ^ below) & inner
        score += 3 * squares.bit_count()
    score += 40 * len(_FINDER_LIKE.findall("0000".join(["", *lines, *across, ""])))
    dark = sum(row.bit_count() for row in rows)
    return score + 10 * int(abs(dark * 100 / size**2 - 50) / 5)


def _long_runs(line: int, size: int) -> int:
    """Five modules of one colour cost 3, each further one 1."""
    alike = ~(line ^ line >> 1) & (1 << size - 1) - 1
    fives = alike & alike >> 1 & alike >> 2 & alike >> 3
    return fives.bit_count() + 2 * (fives & ~(fives << 1)).bit_count()


@lru_cache(maxsize=MOST_VERSION)
def _masks(size: int) -> list[Rows]:
    """The eight masks, only where data lie."""
    return [
        [_bits(size, lambda j, i=i, inverts=inverts: _holds_data(i, j, size) and inverts(i, j)) for i in range(size)]  # type: ignore[misc]
        for inverts in _CONDITIONS
    ]


def _holds_data(i: int, j: int, size: int) -> bool:
    """Not a finder with its separator and format information, not the timing lines, not the alignment pattern."""
    corner = (i < 9 and (j < 9 or j >= size - 8)) or (i >= size - 8 and j < 9)
    return not (corner or 6 in (i, j) or (size - 9 <= i < size - 4 and size - 9 <= j < size - 4))


def _format_places(size: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where the 15 bits lie, the highest first: around the upper left finder, and shared by the two others."""
    around = [(8, j) for j in (0, 1, 2, 3, 4, 5, 7, 8)] + [(i, 8) for i in (7, 5, 4, 3, 2, 1, 0)]
    shared = [(size - 1 - n, 8) for n in range(7)] + [(8, size - 8 + n) for n in range(8)]
    return around, shared


def _without_format(rows: Rows) -> Rows:
    """Evaluated without the format information and the dark module beside it, as 7.8 says."""
    size, bare = len(rows), rows.copy()
    bare[size - 8] &= ~(1 << size - 9)
    for places in _format_places(size):
        for i, j in places:
            bare[i] &= ~(1 << size - 1 - j)
    return bare


def _with_format(rows: Rows, about: int) -> Rows:
    size, written = len(rows), rows.copy()
    bits = _format_bits(about)
    written[size - 8] |= 1 << size - 9
    for places in _format_places(size):
        for place, (i, j) in enumerate(places):
            written[i] |= (bits >> 14 - place & 1) << size - 1 - j
    return written


def _format_bits(about: int) -> int:
    """7.9: two bits of level, three of mask, ten of BCH (generator 10100110111), all XORed with 101010000010010."""
    rest = about << 10
    for place in range(14, 9, -1):
        if rest >> place & 1:
            rest ^= 0b10100110111 << place - 10
    return (about << 10 | rest) ^ 0b101010000010010


def _bits(size: int, dark: Callable[[int], bool]) -> int:
    return reduce(lambda row, j: row << 1 | dark(j), range(size), 0)


def _svg(rows: Rows) -> str:
    """One stroke a run of dark modules."""
    size = len(rows)
    side = size + 2 * BORDER
    path = "".join(
        f"M{run.start() + BORDER} {i + BORDER}.5h{run.end() - run.start()}"
        for i, row in enumerate(rows)
        for run in _DARK.finditer(format(row, f"0{size}b"))
    )
    return f'<svg viewBox="0 0 {side} {side}" class="segno"><path class="qrline" stroke="#000" d="{path}"/></svg>'
