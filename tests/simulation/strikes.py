"""Tells when an armed fault of a simulated device strikes, so that a run can say what the till was doing just then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.simulators.world import Faults


def watch_strikes(simulator: Any, faults: Faults, struck: Callable[[str], None]) -> None:
    """Call `struck` with the name of each fault of this device as it strikes.

    A register's fault may wait for a certain command once its turn has come: there the trap is watched, not the count.
    """
    traps = getattr(simulator, "_traps", None)
    sprung = getattr(traps, "sprung", None)
    if traps is None or sprung is None:
        value = faults.value

        def watched(name: str) -> str | None:
            found = value(name)
            if found is not None:
                struck(name)
            return found

        faults.value = watched  # type: ignore[method-assign]
        return

    def watched_trap(name: str, command: str = "") -> str | None:
        found: str | None = sprung(name, command)
        if found is not None:
            struck(name)
        return found

    traps.sprung = watched_trap
