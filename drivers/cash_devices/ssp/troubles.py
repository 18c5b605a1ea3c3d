"""Which troubles of a unit last: a jam, a full box, an open path; and when one is over.

A device reports a trouble as long as it lasts, or once only. In the first case silence ends it; in the second it ends
when the device works again: a piece comes to its end, it is no longer disabled, it was reset, or a person says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.cash_devices.ssp.events import Code, Report

TROUBLES: dict[Code, tuple[str, bool]] = {
    Code.UNSAFE_JAM: ("jam_reachable", False),
    Code.SAFE_JAM: ("jam_inside", True),
    Code.FULL: ("full", False),
    Code.PATH_OPEN: ("path_open", False),
}
"""Event -> (code of its words, whether a piece may be stuck past the point of no return)."""
JAMS = (Code.UNSAFE_JAM, Code.SAFE_JAM)
ENDS_A_JAM = (Code.STACKED, Code.STORED, Code.CREDIT, Code.REJECTED)
QUIET_REPORTS = 5
"""A second without the report: one poll alone may fall between two moments of the device."""


@dataclass(slots=True)
class _Sighting:
    seen: int = 0
    quiet: int = 0
    disabled: bool = False  # the unit was disabled when it told of it


class Troubles:
    """`told` stays true from the first trouble until the host was told that all is well."""

    def __init__(self) -> None:
        self._active: dict[Code, _Sighting] = {}
        self.stuck = False
        self.told = False

    def __bool__(self) -> bool:
        return bool(self._active) or self.stuck

    @property
    def jammed(self) -> bool:
        """A piece stands where it should not, perhaps ours."""
        return self.stuck or any(jam in self._active for jam in JAMS)

    @property
    def lasting(self) -> bool:
        """One that the unit reported and did not take back."""
        return bool(self._active)

    def clear(self) -> None:
        self._active.clear()
        self.stuck = False

    def new_in(self, report: Report) -> Iterator[Code]:
        for code in TROUBLES:
            if code not in self._active and report.has(code):
                self._active[code] = _Sighting()
                yield code

    def watch(self, report: Report) -> None:
        """Count a report that was read; forget what is over."""
        disabled = report.has(Code.DISABLED)
        if report.has(*ENDS_A_JAM) and not report.has(*JAMS):
            self.stuck = False
            for jam in JAMS:
                self._active.pop(jam, None)
        if report.has(Code.CASSETTE_BACK):
            self._active.pop(Code.FULL, None)
        for code, sighting in list(self._active.items()):
            if report.has(code):
                sighting.seen += 1
                sighting.quiet = 0
                sighting.disabled |= disabled
                continue
            sighting.quiet += 1
            works = sighting.seen > 1 or (sighting.disabled and not disabled)
            if works and sighting.quiet >= QUIET_REPORTS:
                del self._active[code]
