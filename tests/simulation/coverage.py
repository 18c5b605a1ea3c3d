"""Which fault struck in which step: counted over all days, printed as a table, compared with what is reachable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.simulation.cells import CELLS, Cell
from tests.simulation.steps import Step

Hits = Counter[tuple[str, str]]
"""(row, step) -> how often."""


def missing(hits: Hits) -> list[Cell]:
    """Reachable cells that were never hit."""
    return [cell for cell in CELLS if not hits[cell.row, cell.step.value]]


def rows_of(cells: Iterable[Cell]) -> list[str]:
    return list(dict.fromkeys(cell.row for cell in cells))


def table(hits: Hits) -> str:
    """Fault by step. A number: struck so often; `-`: never, and it should have; blank: not reachable and never seen."""
    steps = list(Step)
    reachable = {(cell.row, cell.step.value) for cell in CELLS}
    rows = rows_of(CELLS)
    rows += sorted({row for row, _ in hits} - set(rows))
    width = max(len(row) for row in rows)
    heads = [step.value for step in steps]
    tall = max(len(head) for head in heads)
    lines = [" " * width + "  " + " ".join(f"{head[at : at + 1]:>4}" for head in (h.rjust(tall) for h in heads))
             for at in range(tall)]  # fmt: skip
    for row in rows:
        shown = []
        for step in steps:
            count = hits[row, step.value]
            shown.append(f"{count or ('-' if (row, step.value) in reachable else ''):>4}")
        lines.append(f"{row:<{width}}  " + " ".join(shown))
    return "\n".join(lines)
