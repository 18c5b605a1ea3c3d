"""One measured figure: its value, the goal it is held against, what it was compared with, and how much it spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """`goal` is a limit (`at_most` or `at_least`) in `unit`; None: shown, held against nothing.

    `spread` says the smallest and largest run. `more` is for the JSON file and for who wonders.
    """

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    against: str = ""
    spread: str = ""
    runs: int = 1
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def goal(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return f">= {self.at_least:g}" if self.at_least is not None else ""

    @property
    def met(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return self.value >= self.at_least if self.at_least is not None else None

    def with_more(self, **more: Any) -> Figure:
        """The same figure with facts for the JSON file."""
        return replace(self, more={**self.more, **more})

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "goal": self.goal, "met": self.met}


def of_runs(name: str, runs: Sequence[float], unit: str, *, digits: int = 2, against: str = "", **rest: Any) -> Figure:
    """The median of several runs."""
    spread = f"{min(runs):.{digits}f} to {max(runs):.{digits}f}"
    value = round(statistics.median(runs), digits)
    return Figure(name, value, unit, against=against, spread=spread, runs=len(runs), **rest)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
