"""What a scanner offers: scanned bytes, one whole code at a time, for as long as the link lives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from drivers.wire.dialogue import Dialogue


@dataclass(frozen=True, slots=True)
class Scanned:
    """Told for each code. `data` has prefix, suffix and nothing else removed: 0x1D stays where the scanner sent it."""

    data: bytes


class Scanner(Protocol):
    def listen(self) -> Dialogue[None]:
        """Runs until the link is lost; tells `Scanned`."""
        ...
