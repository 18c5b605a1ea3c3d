"""The visitors over HTTP and in the metrics: no sensors are said as such, and no figure is a zero nobody saw."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import msgspec
import pytest

from agent.local_api.visitor_metrics import visitor_rows
from agent.visitors.view import VisitorsView
from tests.agent.test_local_api import served
from tests.agent.visitor_views import DAYS, FULL, SILENT, FakeVisitors, sensor

pytestmark = pytest.mark.anyio


async def test_a_shop_without_sensors_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, client):
        answer = await client.get("/api/visitors")
        assert (answer.status_code, answer.json()["problem"]) == (404, "no_sensors")
        assert (await client.get("/api/status")).json()["visitors"] is False
        assert "visit" not in (await client.get("/metrics")).text


@pytest.mark.parametrize("day", DAYS)
async def test_the_day_is_what_the_reader_tells_and_what_is_described(tmp_path: Path, day: str) -> None:
    async with served(tmp_path) as (shop, client):
        shop.shop.visitors = FakeVisitors(DAYS[day])
        answer = await client.get("/api/visitors")
        assert msgspec.json.decode(answer.content, type=VisitorsView) == DAYS[day]
        assert (await client.get("/api/status")).json()["visitors"] is True
        document = (await client.get("/openapi.json")).json()
        told = document["paths"]["/api/visitors"]["get"]["responses"]
        assert set(told) >= {"200", "404"}
        schema = {"$ref": "#/components/schemas/VisitorsView", "components": document["components"]}
        jsonschema.validate(answer.json(), schema)


async def test_what_a_person_must_see_of_consents_is_an_alarm_of_the_shop(tmp_path: Path) -> None:
    async with served(tmp_path) as (shop, client):
        shop.shop.visitors = FakeVisitors()
        before = (await client.get("/api/status")).json()["alarms"]
        shop.shop.visitors.notes = ("consents_broken",)
        assert (await client.get("/api/status")).json()["alarms"] == [{"code": "consents_broken"}, *before]


async def test_metrics_have_each_figure_with_its_bands(tmp_path: Path) -> None:
    async with served(tmp_path) as (shop, client):
        shop.shop.visitors = FakeVisitors()
        text = (await client.get("/metrics")).text
    assert 'tillkeeper_visits_today{bound="value"} 193' in text
    inside = re.findall(r"^tillkeeper_visitors_inside\{bound=\"(\w+)\"\} ([\d.]+)$", text, re.MULTILINE)
    assert [name for name, _ in inside] == ["low95", "low80", "value", "high80", "high95"]
    assert sorted(float(value) for _, value in inside) == [float(value) for _, value in inside]
    assert 'tillkeeper_sensor_up{sensor="door",kind="radar"} 1' in text
    assert 'tillkeeper_visits_set_aside{why="short"} 23' in text
    assert text.count("# TYPE tillkeeper_visitors_inside gauge") == 1


def test_where_there_is_no_figure_there_is_no_row() -> None:
    names = {name for name, *_ in visitor_rows(SILENT)}
    assert names.isdisjoint({"tillkeeper_visitors_inside", "tillkeeper_visits_today", "tillkeeper_visit_capture_ratio"})
    silent = {labels["sensor"]: value for name, labels, value, _ in visitor_rows(SILENT) if name.endswith("sensor_up")}
    assert silent == {"door": 0, "entrance": 0, "wifi": 1}


async def test_a_sensor_cannot_write_metrics_by_its_name(tmp_path: Path) -> None:
    """Programs name themselves when they say hello."""
    hostile = 'x"} 1\ntillkeeper_unknown{till="1\\'
    async with served(tmp_path) as (shop, client):
        named = msgspec.structs.replace(FULL, sensors=[sensor(hostile, "radar", "ok", "sensor_works")])
        shop.shop.visitors = FakeVisitors(named)
        lines = (await client.get("/metrics")).text.splitlines()
    (row,) = [line for line in lines if line.startswith("tillkeeper_sensor_up")]
    assert row == r'tillkeeper_sensor_up{sensor="x\"} 1\ntillkeeper_unknown{till=\"1\\",kind="radar"} 1'
    assert len([line for line in lines if line.startswith("tillkeeper_unknown")]) == 1
