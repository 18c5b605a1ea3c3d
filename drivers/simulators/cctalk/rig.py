"""What the three units of the simulated bus share: time, ledger, memory, traps and one power supply."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from drivers.simulators.cctalk.agenda import Agenda, Runtime
from drivers.simulators.cctalk.traps import Traps
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory

DARK_S = 1.0  # a power cut by a fault: long enough for a host to miss several polls


class Rig:
    """One supply for all: when it goes, all of them go."""

    def __init__(
        self, ledger: Ledger, memory: Memory, rng: random.Random, faults: Faults, runtime: Runtime, instant: bool
    ) -> None:
        self.ledger, self.rng, self.instant = ledger, rng, instant
        self._memory = memory
        self.kept: dict[str, Any] = memory.load()
        self.traps = Traps(faults)
        self.stir = Stir()
        self.agenda = Agenda(runtime, self.stir)
        self.powered = False
        self.off_by_hand = False
        self._begun = False
        self.states: dict[str, Callable[[], dict[str, Any]]] = {}  # by the unit's name: what its memory keeps
        self.on_power_lost: list[Callable[[], None]] = []
        self.on_power_back: list[Callable[[], None]] = []

    def wake(self) -> None:
        """Let time pass; the first time the supply is switched on."""
        if not self._begun:
            self._begun = True
            self.give_power()
        self.agenda.advance()

    def motion(self, seconds: float) -> float:
        """How long a movement takes; timers are not movements."""
        return 0.0 if self.instant else seconds

    def save(self) -> None:
        for name, state in self.states.items():
            self.kept[name] = state()
        self._memory.save(self.kept)

    def arrow(self, name: str) -> bool:
        """Does the power go here? Then it is gone when this returns."""
        if self.traps.due("power_cut", lambda value: value in ("", name)) is None:
            return False
        self.cut_power(DARK_S)
        return True

    def cut_power(self, dark_s: float | None) -> None:
        """None: until somebody gives it back."""
        if self.powered:
            self.powered = False
            self.agenda.clear()
            for lost in self.on_power_lost:
                lost()
            self.save()
        if dark_s is not None:
            self.agenda.at(dark_s, self.give_power)
        self.stir.now()

    def give_power(self) -> None:
        if not self.powered and not self.off_by_hand:
            self.powered = True
            for back in self.on_power_back:
                back()
            self.stir.now()
