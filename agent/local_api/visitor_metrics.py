"""The visitors' figures as rows for Prometheus: each with its bands, and absent where there is no figure."""

from __future__ import annotations

from collections.abc import Iterator

from agent.visitors.view import FigureView, VisitorsView

Row = tuple[str, dict[str, str], float, str]
"""Name, labels, value, help."""


def visitor_rows(view: VisitorsView) -> Iterator[Row]:
    figures = (
        ("tillkeeper_visitors_inside", view.inside, "People in the shop now"),
        ("tillkeeper_visits_today", view.visits, "Visits of the store's day so far"),
        ("tillkeeper_visit_conversion_ratio", view.conversion, "Receipts in parts of the visits"),
        ("tillkeeper_visit_dwell_seconds", view.dwell_s, "Median stay"),
        ("tillkeeper_visit_returning_ratio", view.returning, "Visits of people who had come before"),
        ("tillkeeper_visit_capture_ratio", view.capture, "Visits in parts of the passers-by"),
    )
    for name, figure, help in figures:
        yield from _bands(name, figure, help)
    for why, count in sorted(view.set_aside.items()):
        yield "tillkeeper_visits_set_aside", {"why": why}, count, "Visits of the day that are not counted"
    yield "tillkeeper_consents_standing", {}, view.known, "People whose consent stands"
    yield "tillkeeper_visit_facts_waiting", {}, view.waiting, "Facts about visits that HQ has not taken"
    yield "tillkeeper_visit_facts_dropped", {}, view.dropped, "Facts about visits dropped for want of room"
    if view.linking is not None:
        done = view.linking
        yield "tillkeeper_receipts_round_timestamp_seconds", {}, done.at_ms / 1000, "When the last nightly round ended"
        counts = (
            ("looked_at", done.receipts),
            ("edges", done.edges),
            ("weighed", done.scored),
            ("taken_back", done.taken_back),
            ("put_aside", done.put_aside),
        )
        for what, count in counts:
            yield "tillkeeper_receipts_round", {"what": what}, count, "What the last nightly round over receipts did"
    for sensor in view.sensors:
        up = int(sensor.state != "down")
        yield "tillkeeper_sensor_up", {"sensor": sensor.id, "kind": sensor.kind}, up, "1: the sensor tells something"


def _bands(name: str, figure: FigureView, help: str) -> Iterator[Row]:
    """No rows without a figure: a zero would be a lie that no alarm could tell from an empty shop."""
    if figure.value is None:
        return
    named = ("low95", "low80", "value", "high80", "high95")
    values = (figure.low95, figure.low80, figure.value, figure.high80, figure.high95)
    for bound, value in zip(named, values, strict=True):
        yield name, {"bound": bound}, value, help
