"""What the units of one simulated device share: time, luck, the ledger, the memory, and the ways of losing power."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from drivers.simulators.ssp.timers import Timers
from drivers.simulators.world import Faults, Ledger


class PowerCut(Exception):
    """The power is gone in the middle of what the device was doing."""


class SelfReset(Exception):
    """The unit resets itself in the middle of what it was doing."""


@dataclass(slots=True)
class Housing:
    """`save` makes what both units keep durable."""

    timers: Timers
    faults: Faults
    rng: random.Random
    ledger: Ledger
    instant: bool
    save: Callable[[], None]
    _awaited: set[str] = field(default_factory=set)
    _cleared: int = 0

    def pace(self, seconds: float) -> float:
        """How long a movement of the mechanism takes."""
        return 0.0 if self.instant else seconds

    def arrow(self, name: str) -> None:
        """The money passes from one place to the next: the fault `power_cut=NAME` strikes here."""
        if self._cleared != self.faults.cleared:
            self._awaited.clear()
            self._cleared = self.faults.cleared
        armed = self.faults.armed()
        if f"power_cut={name}" in armed:
            self._awaited.add(self.faults.value("power_cut") or "")
            spent = set(armed) - set(self.faults.armed())  # several armed for the same opportunity strike together
            self._awaited |= {spec.partition("=")[2] for spec in spent}
        if name in self._awaited:
            self._awaited.discard(name)
            raise PowerCut
