"""What this program counted since it began, by name: for the pulse, and for whoever asks why nothing arrives."""

from __future__ import annotations

from collections import Counter

MOST_NAMES = 200
"""Names are made of this program's own words; the bound is for a mistake, not for a guest."""


class Counts:
    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str, many: int = 1) -> None:
        if name in self._counts or len(self._counts) < MOST_NAMES:
            self._counts[name] += many

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def told(self) -> dict[str, int]:
        return dict(sorted(self._counts.items()))
