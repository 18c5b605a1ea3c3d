"""What a shop may set about visits, with the defaults of the trade and where each comes from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class VisitSettings:
    """Seconds and dBm. Raises ValueError for settings that would make nobody enter, or nobody leave."""

    enter_dbm: int = -67
    """Calibrated for each sensor: what a phone on the threshold is heard with. Measured sets cut "near" at -70."""
    leave_lower_db: int = 9
    """A body between phone and sensor costs 5 to 8 dB: less than this would make a visitor flicker."""
    enter_within_s: int = 30
    """One strong sighting is somebody who passes the door; a second one so soon after is somebody who came in."""
    gap_s: int = 420
    """Phones send 0.2 to 2.2 bursts a minute: 7 minutes are about one burst of the quietest."""
    outside_s: int = 10_800
    """Palexy: a visit ends after three hours outside; whoever is back before continues it."""
    stay_least_s: int = 60
    """A mall's figure; 120 for a street. A card at the till is a visit however short."""
    staff_keys: frozenset[str] = frozenset()
    staff_zones: frozenset[str] = frozenset()
    staff_zone_s: int = 120
    """As long as nobody strays into a store room."""
    long_stay_s: int = 18_000
    """Five hours in a day: nobody shops so long."""
    late_s: int = 86_400
    """Whatever a sensor tells later changes no visit: the day is with HQ."""
    ahead_s: int = 120
    """More is no network delay: the sensor's clock is wrong."""
    zone: dt.tzinfo = field(default=dt.UTC)
    """The store's, for its midnight."""

    def __post_init__(self) -> None:
        spans = (self.enter_within_s, self.gap_s, self.outside_s, self.late_s, self.long_stay_s)
        if self.leave_lower_db < 0 or min(spans) <= 0 or self.stay_least_s < 0:
            raise ValueError("visits need a leave threshold below the enter threshold, and spans above zero")

    @property
    def leave_dbm(self) -> int:
        return self.enter_dbm - self.leave_lower_db

    def day_of(self, at_ms: int) -> dt.date:
        """The store's day of an instant."""
        return dt.datetime.fromtimestamp(at_ms / 1000, self.zone).date()
