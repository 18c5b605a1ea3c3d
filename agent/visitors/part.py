"""What the pages and the reports may ask of a shop's sensors: the day as it stands now. Nothing here waits."""

from __future__ import annotations

from typing import Protocol

from agent.visitors.view import VisitorsView


class DayReading(Protocol):
    def view(self) -> VisitorsView: ...


class VisitorsPart(Protocol):
    """A shop that has section [visitors] has one of these; any other shop has None in its place."""

    @property
    def reader(self) -> DayReading: ...
