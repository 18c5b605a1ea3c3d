"""How the association's programs fare, by their own words: a good pulse, sightings they could not tell, a line gone."""

from __future__ import annotations

from agent.visitors.sensor_health import ASSOCIATION, WORKS, SensorHealth
from sensors.association_messages import Hello, Pulse

UNSENT = "unsent"
LOST_FOR_MS = 900_000
"""As long as a radar's lost counts are shown (radar_door.py)."""


class AssociationHealth:
    """What the door calls for each connection's words."""

    def __init__(self, health: SensorHealth) -> None:
        self._health = health
        self._unsent: dict[str, int] = {}

    def heard(self, sensor: str, told: Hello | Pulse) -> None:
        if isinstance(told, Hello):
            self._health.came(ASSOCIATION, sensor)
            self._unsent.pop(sensor, None)
            return
        self._health.pulse(ASSOCIATION, sensor, WORKS, present=told.present, known=told.known)
        unsent = told.counts.get(UNSENT, 0)
        lost = unsent - self._unsent.get(sensor, unsent)
        if lost > 0:
            self._health.doubt(ASSOCIATION, sensor, "sensor_lost", LOST_FOR_MS, count=lost)
        self._unsent[sensor] = unsent

    def gone(self, sensor: str) -> None:
        self._health.gone(ASSOCIATION, sensor)
