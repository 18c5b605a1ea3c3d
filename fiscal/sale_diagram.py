"""The table of a sale as a Mermaid state diagram, for the README."""

from __future__ import annotations

from fiscal.sale import TRANSITIONS, Phase


def diagram() -> str:
    """Arrows between phases, each with the events that lead along it."""
    arrows: dict[tuple[Phase, Phase], list[str]] = {}
    for (phase, event), following in TRANSITIONS.items():
        if phase is not following:
            arrows.setdefault((phase, following), []).append(event.__name__)
    rows = [f"    {a.name} --> {b.name}: {', '.join(names)}" for (a, b), names in arrows.items()]
    return "\n".join(["stateDiagram-v2", "    [*] --> BASKET: SaleOpened", *rows])
