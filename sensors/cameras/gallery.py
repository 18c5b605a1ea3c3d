"""The templates of consenting members as one matrix, and how far a face is from each of them.

    |a - b|^2 = |a|^2 + |b|^2 - 2 a.b        norms are computed once; a search is one product of matrix and vector

float32, 512 bytes a template: 10,000 members take 5 MB and some 50 us, 100,000 take 51 MB and 2 ms. Pure: numpy only.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import sqrt

import numpy as np
from numpy.typing import NDArray

NUMBERS = 128
LONGEST = 4.0
"""Of a template's length: a network's numbers have about 1.0 to 1.5. What is longer or no number is no template."""
Template = NDArray[np.float32]


class Gallery:
    """`rows`: a record and 512 bytes (128 little-endian float32) each; a record may come with several templates.

    Raises ValueError for what is no template.
    """

    def __init__(self, rows: Sequence[tuple[str, bytes]]) -> None:
        self.records = [record for record, _ in rows]
        if any(len(template) != NUMBERS * 4 for _, template in rows):
            raise ValueError("a template has 128 numbers of 4 bytes")
        joined = b"".join(template for _, template in rows)
        self._matrix = np.frombuffer(joined, "<f4").astype(np.float32).reshape(-1, NUMBERS)
        self._halves = np.einsum("ij,ij->i", self._matrix, self._matrix) / np.float32(2)
        if not np.all(self._halves < LONGEST**2 / 2):  # also False for what is no number
            raise ValueError("not the numbers of a template")
        self._places: dict[str, list[int]] = {}
        for place, record in enumerate(self.records):
            self._places.setdefault(record, []).append(place)

    def __len__(self) -> int:
        """Templates."""
        return len(self.records)

    def nearest(self, face: Template, among: Collection[str] | None = None, most: int = 2) -> list[tuple[str, float]]:
        """The `most` nearest members, nearest first, with their distances (0..2 and a little); of several templates of
        one member the nearest one. `among`: only these records; None: all.
        """
        if among is not None:
            return self._few(face, among, most)
        # Half the squared distance less a constant orders alike; only what is found is finished.
        scores = self._halves - self._matrix @ face
        square = float(face @ face)
        found: list[tuple[str, float]] = []
        while len(found) < min(most, len(self._places)):
            place = int(scores.argmin())
            record = self.records[place]
            found.append((record, sqrt(max(0.0, 2.0 * float(scores[place]) + square))))
            scores[self._places[record]] = np.inf
        return found

    def _few(self, face: Template, among: Collection[str], most: int) -> list[tuple[str, float]]:
        places = [place for record in dict.fromkeys(among) for place in self._places.get(record, ())]
        gaps = np.sqrt(((self._matrix[places] - face) ** 2).sum(axis=1)).tolist()
        best: dict[str, float] = {}
        for place, gap in zip(places, gaps, strict=True):
            record = self.records[place]
            best[record] = min(gap, best.get(record, gap))
        return sorted(best.items(), key=lambda one: (one[1], one[0]))[:most]
