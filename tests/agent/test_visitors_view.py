"""What the status page reads of the day: counted numbers as they are, and no number where there is nothing to count."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from agent.visitors.counted_figures import middle_of, share
from agent.visitors.day_view import VisitorsReader
from agent.visitors.view import FigureView, VisitorsView
from sensors.consent.countries import profile_of
from sensors.radar_messages import Reading
from sensors.visits.visit import Owner
from tests.agent.visitor_hall import HOUR_MS, MIDNIGHT_MS, MINUTE_MS, TEN_MS, Hall, HandClock, hall, run

WINDOW_MS = 10 * MINUTE_MS


def reader(made: Hall, receipts: list[int] | None = None, country: str = "RU") -> VisitorsReader:
    sold = receipts or []

    def closed(from_ms: int, until_ms: int) -> int:
        return sum(from_ms <= at_ms < until_ms for at_ms in sold)

    return VisitorsReader(
        made.store,
        made.clock,
        made.day,
        made.readings,
        made.health,
        profile_of(country),
        "Europe/Moscow",
        closed,
        known=lambda: 7,
        here=lambda: 2,
    )


def test_without_sensors_there_are_no_figures_and_each_says_why(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            view = reader(made, [TEN_MS - 1]).view()
            assert (view.visits, view.conversion, view.capture) == (FigureView("no_door"),) * 3
            assert (view.dwell_s, view.returning) == (FigureView("no_visits"),) * 2
            assert view.inside == FigureView("no_sensor")
            assert [one.hour for one in view.hours] == list(range(11))
            assert [one.receipts for one in view.hours][8:] == [0, 1, 0]
            assert view.hours[9].entered is None
            assert view.hours[9].people == FigureView("no_sensor")
            assert (view.faces, view.known, view.here, view.sensors) == ("off", 7, 2, [])
            assert "572" in view.faces_why_ru
            assert msgspec.json.decode(msgspec.json.encode(view), type=VisitorsView) == view

    run(work)


def test_a_day_with_a_door_and_a_radar(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS + 2 * MINUTE_MS)
        async with hall(tmp_path, clock) as made:
            made.watch(TEN_MS, clock.at_ms)
            into = [made.crossing(TEN_MS + number * MINUTE_MS) for number in range(40)]
            out = [made.crossing(TEN_MS + number * MINUTE_MS + 30_000, False) for number in range(35)]
            await made.day.take([*into, *out])
            for number in range(6):
                told = Reading(TEN_MS + number * WINDOW_MS, True, 1.0, "whole", 3, 4, 12, 4.0, 4.0, 30.0)
                await made.readings.keep("door", told)
            await made.readings.settle()
            view = reader(made, [TEN_MS + number * MINUTE_MS for number in range(10)]).view()
            assert view.visits == FigureView("counted", 40, 40, 40, 40, 40)
            assert view.inside.value == 5
            assert view.conversion.value == 0.25
            assert view.conversion.low95 == pytest.approx(0.1419, abs=0.001)  # Wilson, 10 of 40
            assert view.conversion.high95 == pytest.approx(0.4019, abs=0.001)
            assert view.conversion.low95 < view.conversion.low80 < 0.25 < view.conversion.high80
            assert view.capture.said == "not_calibrated"
            assert view.capture.value is not None
            assert view.capture.low95 < view.capture.low80 < view.capture.value < view.capture.high80
            ten = view.hours[10]
            assert (ten.entered, ten.left, ten.receipts) == (40, 35, 10)
            assert ten.people.said == "not_calibrated"
            assert ten.passers.value is not None

    run(work)


def test_more_receipts_than_people_is_no_conversion(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            await made.day.take([made.crossing(TEN_MS - 5)])
            view = reader(made, [TEN_MS - 3, TEN_MS - 2]).view()
            assert view.conversion == FigureView("door_missed")

    run(work)


def test_without_a_camera_known_devices_are_told_as_a_part_and_the_radar_says_who_is_inside(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS + MINUTE_MS)
        async with hall(tmp_path, clock) as made:
            await made.day.take([*made.stay("anna", TEN_MS, 20), *made.stay("boris", TEN_MS, 20)])
            for number in range(6):
                told = Reading(TEN_MS + number * WINDOW_MS, True, 1.0, "whole", 3, 4, 12, 4.0, 4.0, 3.0)
                await made.readings.keep("door", told)
            view = reader(made, [TEN_MS + 1]).view()
            assert (view.visits.said, view.visits.value) == ("no_door", 2)
            assert view.conversion == FigureView("no_door")
            assert view.inside.said == "not_calibrated"
            assert view.inside.value is not None

    run(work)


def test_the_day_of_those_who_agreed(tmp_path: Path) -> None:
    async def work() -> None:
        clock = HandClock(TEN_MS + HOUR_MS)

        def owner_of(key: str) -> Owner | None:
            return Owner(key[0], 1.0) if key[0] in "abc" else None

        async with hall(tmp_path, clock, owner_of, staff_keys=frozenset({"xs"})) as made:
            first = [*made.stay("a1", MIDNIGHT_MS + HOUR_MS, 20), *made.stay("b1", MIDNIGHT_MS + HOUR_MS, 40)]
            await made.day.take(first)
            clock.at_ms = TEN_MS
            await made.day.settle()
            later = [made.stay(key, TEN_MS, 10 * (number + 1)) for number, key in enumerate(["a2", "c1", "k1", "xs"])]
            clock.at_ms = TEN_MS + 5 * HOUR_MS
            await made.day.take([one for told in later for one in told])
            view = reader(made, country="EU").view()
            assert view.returning.value == pytest.approx(1 / 4), "anna's second coming, of four visits by who agreed"
            assert view.dwell_s.value == 20 * 60
            assert (view.dwell_s.low95, view.dwell_s.high95) == (10 * 60, 40 * 60)
            assert view.set_aside == {"staff_badge": 1}
            assert (view.hours[10].visits, view.hours[10].returning) == (3, 1)
            assert view.waiting == len(made.store.outbox_read("visits", 0, 100, 1 << 20)) > 0
            assert view.faces == "on"

    run(work)


def test_sensors_are_shown_with_what_they_said(tmp_path: Path) -> None:
    async def work() -> None:
        async with hall(tmp_path) as made:
            made.health.came("camera", "cam")
            made.health.pulse("camera", "cam", "camera_frozen")
            (told,) = reader(made).view().sensors
            assert (told.kind, told.state, told.code) == ("camera", "down", "camera_frozen")

    run(work)


def test_bands_of_counted_figures() -> None:
    assert share(0, 0, "no_visits") == FigureView("no_visits")
    none, all_ = share(0, 10, ""), share(10, 10, "")
    assert (none.value, none.low95) == (0, 0)
    assert none.high95 == pytest.approx(0.2775, abs=0.001)  # Wilson, 0 of 10
    assert (all_.value, all_.high95) == (1, 1)
    with pytest.raises(ValueError, match="3 of 2"):
        share(3, 2, "")
    few = middle_of([5.0, 1.0, 3.0], "")
    assert (few.value, few.low95, few.high95) == (3, 1, 5)
    # The 95 % interval of a median of 20 is the 6th to the 15th value (Conover's table).
    many = middle_of([float(number) for number in range(1, 21)], "")
    assert (many.low95, many.high95) == (6, 15)
    assert (many.low80, many.high80) == (7, 14)  # 1 - 2 * 60460 / 2**20 = 0.885; a place further in has 0.737
    hundreds = middle_of([float(number) for number in range(1, 402)], "")
    assert hundreds.value == 201
    assert hundreds.low95 == pytest.approx(181, abs=1)
    assert hundreds.high95 == pytest.approx(221, abs=1)
