"""Whether a unit on the wire is there: asked for, prepared when it answers, given up when it is silent."""

from __future__ import annotations

from abc import ABC, abstractmethod

from drivers.cash_devices.cctalk.bus import Bus
from drivers.cash_devices.cctalk.frames import Station
from drivers.cash_devices.cctalk.headers import Header
from drivers.errors import Garbled, Refused, Unanswered
from drivers.wire.dialogue import Dialogue

SILENT_S = 5.0  # longer than any unit boots or is busy: it is off, or its wire is
# One that is gone costs the others a deadline each time it is looked for: seldom enough to keep their beat.
LOOK_EVERY_S = 2.0


class Presence(ABC):
    """A unit by its name. `ready`: it was prepared and has not begun anew since."""

    def __init__(self, name: str, bus: Bus, station: Station) -> None:
        self.name = name
        self.bus = bus
        self.station = station
        self.ready = False
        self._heard_at = 0.0
        self._look_at = 0.0
        self._gone = False
        self.missed = False  # an answer did not come since it was last heard

    @property
    def silent(self) -> bool:
        return self.bus.now_s - self._heard_at >= SILENT_S

    def heard(self) -> None:
        self._heard_at, self._gone, self.missed = self.bus.now_s, False, False

    def beat(self) -> Dialogue[None]:
        """What this unit has to do in this beat."""
        try:
            if self.ready:
                yield from self.work()
            elif self.bus.now_s >= self._look_at:
                yield from self.bus.ask(self.station, Header.SIMPLE_POLL, tries=1)
                yield from self.prepare()
        except (Unanswered, Garbled, Refused):
            self.missed = True
            if self.silent:
                self.ready = False
                self._look_at = self.bus.now_s + LOOK_EVERY_S
                if not self._gone:
                    self._gone = True
                    yield from self.gone()

    @property
    @abstractmethod
    def at_rest(self) -> bool:
        """Nothing is on its way: the conversation may end."""

    @abstractmethod
    def work(self) -> Dialogue[None]:
        """One beat of a unit that is ready."""

    @abstractmethod
    def prepare(self) -> Dialogue[None]:
        """From its first answer to `ready`."""

    @abstractmethod
    def gone(self) -> Dialogue[None]:
        """Tell that it does not answer."""
