"""Every driver has a simulator, a test and a transcript, and says how it recovers; no route runs on a thread."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from agent.checkup.devices_report import COMMIT, EVIDENCE
from agent.local_api.app import create_app as agent_app
from agent.local_api.bench import create_bench_app, send_to_bench
from agent.wiring import Shop
from cloud_api.app import create_app as hq_app
from cloud_api.settings import Settings
from cloud_api.storage.sqlite import open_sqlite
from drivers.catalogue import drivers
from drivers.driver import Driver
from drivers.simulators.catalogue import names, simulator_class
from tests.cloud_api.at_once import at_once

TESTS = Path(__file__).resolve().parents[1]
SIMULATED_BY = {"local_line": "goods_check", "serial_line": "scanner"}
"""Drivers whose simulator is named after the thing and not after the protocol."""
TELLS_SENSORS = {"access_point"}
"""Simulators of what no driver talks to: it speaks to a sensor's program by itself."""


@pytest.mark.parametrize("driver", drivers(), ids=lambda driver: driver.name)
def test_a_driver_comes_with_simulator_test_and_transcript(driver: Driver) -> None:
    simulator = SIMULATED_BY.get(driver.name, driver.name)
    assert simulator in names(), f"no simulator for {driver.name}"
    assert simulator == simulator_class(simulator).NAME
    assert list((TESTS / "drivers").rglob(f"test_{driver.name}*.py")), f"no test for {driver.name}"
    transcripts = list((TESTS / "transcripts" / driver.name).glob("*.txt"))
    assert transcripts, f"no transcript for {driver.name}"
    for transcript in transcripts:
        lines = transcript.read_text(encoding="utf-8").splitlines()
        assert any(line.startswith(("> ", "< ")) for line in lines), f"{transcript.name} carries no frame"


@pytest.mark.parametrize("driver", drivers(), ids=lambda driver: driver.name)
def test_a_driver_says_where_it_comes_from_and_how_it_recovers(driver: Driver) -> None:
    assert driver.title
    assert driver.source
    assert driver.commit in COMMIT, "the devices report has no words for it"
    assert driver.evidence in EVIDENCE
    for name, setting in driver.settings.items():
        assert setting.meaning, name
        assert re.search("[а-яё]{3}", setting.meaning_ru), f"{driver.name}: {name} has no Russian meaning"


def test_every_simulator_belongs_to_a_driver() -> None:
    used = {SIMULATED_BY.get(driver.name, driver.name) for driver in drivers()}
    assert set(names()) == used | TELLS_SENSORS
    for name in TELLS_SENSORS:
        assert list((TESTS / "simulators").rglob(f"test_{name}*.py")), f"no test for {name}"


def routes(app: Any) -> list[Any]:
    """Everything that answers, those of included routers too."""
    found: list[Any] = []
    for route in app.routes:
        inside = getattr(route, "original_router", route)  # how FastAPI keeps a router that was included
        found += routes(inside) if getattr(inside, "routes", None) else [route]
    return found


def all_apps(tmp_path: Path) -> dict[str, FastAPI]:
    agent = agent_app(cast(Shop, None))
    send_to_bench(agent, "http://127.0.0.1:1/bench")
    file = str(tmp_path / "hq.db")
    hq = hq_app(Settings(file), open_sqlite(file), now_ms=lambda: 0)
    at_once(hq.storage.close())
    return {"agent": agent, "bench": create_bench_app(cast(Any, None), {"/till": "http://127.0.0.1:1/till"}), "hq": hq}


def test_no_route_or_dependency_runs_on_a_thread(tmp_path: Path) -> None:
    """One sync dependency is enough to break virtual time: it would run on a thread while the clock jumps on."""
    seen = Counter[str]()
    for program, app in all_apps(tmp_path).items():
        for route in routes(app):
            if not isinstance(route, Route | APIRoute):
                continue
            seen[program] += 1
            endpoint = inspect.unwrap(route.endpoint)
            assert inspect.iscoroutinefunction(endpoint) or _is_app(endpoint), f"{program} {route.path} is not async"
            for dependant in getattr(getattr(route, "dependant", None), "dependencies", []):
                call = dependant.call if inspect.isroutine(dependant.call) else type(dependant.call).__call__
                assert inspect.iscoroutinefunction(call), f"{program} {route.path} depends on a sync call"
    assert seen["hq"] >= 80, "HQ's routes were not found"
    assert seen["agent"] >= 30, "the agent's routes were not found"


def _is_app(endpoint: object) -> bool:
    """A class or callable object that is an ASGI app of its own."""
    return inspect.isclass(endpoint) or inspect.iscoroutinefunction(getattr(endpoint, "__call__", None))  # noqa: B004
