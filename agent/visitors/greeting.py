"""Evidence that somebody who agreed is here, passed on: to the guests' panel, and to cameras that may now look."""

from __future__ import annotations

from agent.visitors.camera_door import CameraDoor
from agent.visitors.guests import Guests
from agent.visitors.identities import Identities
from sensors.recognition_policy import Trigger

TRIGGERS = {"wifi": Trigger.ASSOCIATED, "card": Trigger.CARD}


class Greeting:
    """What doors and tills call; it returns at once."""

    def __init__(self, guests: Guests, identities: Identities, cameras: CameraDoor) -> None:
        self._guests = guests
        self._identities = identities
        self._cameras = cameras

    def came(self, record: str, how: str, at_ms: int) -> None:
        """`how`: wifi or card. A device joins, a card is scanned: if its owner agreed, their face may be looked for."""
        self._guests.came(record, how, at_ms)
        profile = self._identities.profile_of(record)
        if profile is not None and profile.is_person:
            self._cameras.trigger(TRIGGERS[how], profile.records)

    def left(self, record: str, at_ms: int) -> None:
        self._guests.left(record, at_ms)
