"""`tillkeeper visits` and the doctor on the sensors: figures with their bands, plain words where there are none."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import anyio
import msgspec
import pytest

from agent.checkup.doctor import examine
from agent.checkup.finding import Finding, Level
from agent.checkup.settled import SETTLES_MS, beginning
from agent.checkup.visitor_answers import NoDay, visitor_findings
from agent.checkup.visits_report import WIDTH, report
from agent.cli import main
from agent.settings import Settings
from agent.settings_file import read_settings
from agent.visitors.view import VisitorsView
from sensors.radar_messages import Hello, Pulse, State, encoded
from tests.agent.processes import config, running
from tests.agent.test_settings import GOOD, written
from tests.agent.visitor_views import DAYS, FULL, SENSOR_CODES, SILENT, SILENT_FROM, UNCALIBRATED, sensor


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """An agent as far as the command can see: one address and what it says there."""

    class Agent(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/api/visitors" else 500)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing on the test's screen."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Agent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def visits(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str, str]:
    code = main(["visits", *options])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_the_day_is_asked_of_the_agent_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200, msgspec.json.encode(FULL)) as url:
        code, out, err = visits(capsys, "--url", url)
    assert (code, err) == (0, "")
    assert out.splitlines() == list(report(FULL))
    assert "Сейчас в магазине · In the shop now: ~ 14   80 %: 11-16   95 %: 9-18" in out
    assert "Визиты за день · Visits today: 193\n" in out


def test_the_configuration_says_where_the_agent_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with answering(200, msgspec.json.encode(FULL)) as url:
        file = written(tmp_path, GOOD + f"\n[agent]\nport = {url.rpartition(':')[2]}\n")
        code, out, _ = visits(capsys, "--config", str(file), "--json")
    assert code == 0
    assert msgspec.convert(json.loads(out), VisitorsView) == FULL


def test_no_sensors_are_said_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    with answering(404, b'{"problem":"no_sensors","what":"This shop has no section [visitors]."}') as url:
        code, out, err = visits(capsys, "--url", url)
    assert (code, out) == (1, "")
    assert "нет датчиков" in err
    assert "has no sensors" in err
    assert "The till works." in err


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b""), (404, b"<html>not found"), (200, b"{}"), (200, b"\xff"), (200, b"[]"), (403, b'{"problem":5}')],
)
def test_somebody_else_at_that_address_is_no_agent(
    capsys: pytest.CaptureFixture[str], status: int, body: bytes
) -> None:
    with answering(status, body) as url:
        code, out, err = visits(capsys, "--url", url)
    assert (code, out) == (1, "")
    assert f"не отвечает о посетителях (HTTP {status})" in err
    assert "See whether it runs" in err


def test_an_agent_that_is_away_is_said_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = visits(capsys, "--url", "http://127.0.0.1:1")
    assert (code, out) == (1, "")
    assert "Записанное цело." in err
    assert "does not answer about visitors" in err


@pytest.mark.parametrize(
    "url", ["127.0.0.1:8080", "http://", "http://[::1", "http://127.0.0.1:99999", "file:///etc/passwd", "http://a:b"]
)
def test_what_is_no_address_is_not_asked(capsys: pytest.CaptureFixture[str], url: str) -> None:
    code, out, err = visits(capsys, "--url", url)
    assert (code, out) == (2, "")
    assert f"{url} — не адрес агента" in err
    assert "is no agent's URL" in err


def test_a_configuration_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = visits(capsys, "--config", str(tmp_path / "none.toml"))
    assert (code, "cannot be read" in err) == (2, True)


def test_an_hour_has_a_bar_as_long_as_its_visits() -> None:
    lines = [line for line in report(FULL) if re.match(r"\d\d:00 ", line)]
    assert [line[:5] for line in lines] == [f"{at:02}:00" for at in range(9, 20)]
    bars = {int(line[:2]): line.count("#") for line in lines}
    visits = {row.hour: row.entered or 0 for row in FULL.hours}
    assert bars[17] == max(bars.values()) == 26
    assert all(abs(bars[at] - 26 * visits[at] / visits[17]) <= 0.5 for at in bars)
    assert re.fullmatch(r"17:00 +31  #+ +12  ~ 17 \(14-21\)", lines[8])


@pytest.mark.parametrize("day", DAYS)
def test_it_fits_into_a_terminal(day: str) -> None:
    assert [line for line in report(DAYS[day]) if len(line) > WIDTH + 12] == []


def test_a_silent_sensor_leaves_no_number_in_the_terminal() -> None:
    lines = list(report(SILENT))
    for name in ("In the shop now", "Visits today", "Conversion", "Time in the shop", "Came again", "Came in"):
        (at,) = [at for at, line in enumerate(lines) if name in line]
        assert lines[at].endswith(":")
        assert lines[at + 1 : at + 3] == ["    Датчик молчал: оценки нет.", "    The sensor was silent: no estimate."]
    silent = [
        line for line in lines if re.match(rf"(?:{'|'.join(str(at) for at in range(SILENT_FROM, 24))}):00 ", line)
    ]
    assert len(silent) == 5
    assert all(re.fullmatch(r"\d\d:00 +-  - +\d+  -", line) for line in silent)
    assert any(line.startswith("  ✗ door (радар): ") for line in lines)


def test_what_is_not_calibrated_or_not_all_says_so_in_both_languages() -> None:
    lines = list(report(UNCALIBRATED))
    at = next(number for number, line in enumerate(lines) if "Visits today: >= 57" in line)
    assert lines[at + 1 : at + 3] == [
        "    Только узнанные устройства: вход никто не считает.",
        "    Known devices only: nobody counts at the door.",
    ]
    assert any("band is wide" in line for line in lines)


def test_a_day_of_strangers_does_not_say_that_nobody_came() -> None:
    lines = "\n".join(report(DAYS["strangers"]))
    assert "Visits today: 193" in lines
    assert "Nobody who agreed came today." in lines
    assert "No guest's device was here today" in lines
    assert "No visits yet today." not in lines


def test_a_sensor_that_names_itself_cannot_write_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    hostile = msgspec.structs.replace(FULL, sensors=[sensor("\x1b[2Jdoor\r\n", "radar", "ok", "sensor_works")])
    with answering(200, msgspec.json.encode(hostile)) as url:
        _, out, _ = visits(capsys, "--url", url)
    assert "\x1b" not in out
    assert "?[2Jdoor??" in out


def test_the_doctor_names_each_sensor_that_does_not_count() -> None:
    found = {one.about: one for one in visitor_findings(SILENT)}
    assert {about: one.level for about, one in found.items()} == {
        "sensor:door": Level.BROKEN,
        "sensor:entrance": Level.BROKEN,
        "sensor:wifi": Level.ATTENTION,
        "sensors": Level.ATTENTION,
    }
    door = found["sensor:door"]
    assert "молчит" in door.what.ru
    assert door.do is not None
    assert "restart its service" in door.do.en
    assert door.safe is not None
    assert "sells" in door.safe.en
    assert [one.level for one in visitor_findings(FULL)] == [Level.FINE] * len(FULL.sensors)


@pytest.mark.parametrize("code", SENSOR_CODES)
def test_the_doctor_has_words_for_every_trouble_of_a_sensor(code: str) -> None:
    for state in ("attention", "down"):
        told = msgspec.structs.replace(FULL, sensors=[sensor("door", "radar", state, code, count=3)])
        (one,) = visitor_findings(told)
        assert code not in one.what.ru + one.what.en
        assert re.search("[а-яё]{3}", one.what.ru.partition(": ")[2])


def test_configured_sensors_of_which_the_agent_knows_nothing_are_a_finding() -> None:
    """The file was changed and the agent not started anew; or no program has come yet."""
    for told in (NoDay(sensors=False), msgspec.structs.replace(FULL, sensors=[])):
        (one,) = visitor_findings(told)
        assert (one.about, one.level, bool(one.do)) == ("sensors", Level.ATTENTION, True)


def test_a_running_agent_that_has_not_read_the_section_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real agent of a shop without sensors: the command says so, and the doctor, once the file names some."""
    devices = {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}
    with running(["agent", "agent", "--config", str(config(tmp_path, devices))]) as agent:
        url = agent.word_after("ready ").removesuffix("/till")
        assert visits(capsys, "--url", url)[0] == 1
        port = int(url.rpartition(":")[2])
        without = examined(config(tmp_path, devices, port=port))
        section = '[visitors]\ncontroller = "Проба"\nsockets = "sockets"'
        with_one = examined(config(tmp_path, devices, port=port, more=section))
    assert {one.about for one in with_one} - {one.about for one in without} == {"sensors"}
    (found,) = [one for one in with_one if one.about == "sensors"]
    assert "не знает" in found.what.ru
    assert found.do is not None
    assert "Restart the agent" in found.do.en


def test_a_sensor_whose_connection_has_only_begun_is_waited_for(tmp_path: Path) -> None:
    """A real agent, started a moment ago: nobody has connected, then somebody says hello, then he counts."""
    section = f'[visitors]\ncontroller = "Проба"\nsockets = "{tmp_path / "sockets"}"'
    devices = {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}
    with running(["agent", "agent", "--config", str(config(tmp_path, devices, more=section))]) as agent:
        port = int(agent.word_after("ready ").removesuffix("/till").rpartition(":")[2])
        settings = read_settings(config(tmp_path, devices, port=port, more=section))
        with socket.socket(socket.AF_UNIX) as radar:
            found = anyio.run(looked_at_while_a_radar_comes, settings, radar, str(tmp_path / "sockets" / "radar.sock"))
    assert {one.about: one.level for one in found if one.about.startswith("sensor")} == {"sensor:door": Level.FINE}


async def looked_at_while_a_radar_comes(settings: Settings, radar: socket.socket, door: str) -> list[Finding]:
    found: list[Finding] = []

    async def look() -> None:
        found.extend(await examine(settings))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(look)
        await anyio.sleep(1)
        radar.connect(door)
        radar.sendall(encoded(Hello("door", 600, -70)))
        await anyio.sleep(1)
        radar.sendall(encoded(Pulse(time.time_ns() // 1_000_000, State.LISTENING, 0, 0, {}, 0, 0, None)))
    return found


@pytest.mark.parametrize(("ago_ms", "waited_for"), [(SETTLES_MS - 1, True), (SETTLES_MS, False), (-1, False)])
def test_what_began_long_ago_is_not_waited_for(ago_ms: int, waited_for: bool) -> None:
    """And what works, or is down for another reason, is not at all; neither is a clock that was set back."""
    now_ms = FULL.now_ms
    status = {"now_ms": now_ms, "began_ms": now_ms - ago_ms, "devices": []}
    asked = {"since_ms": now_ms - ago_ms, "note": {"code": "never_asked"}}
    away = {"since_ms": now_ms - ago_ms, "note": {"code": "register_away"}}
    nobody = msgspec.structs.replace(FULL, sensors=[])
    assert beginning(status, nobody) is waited_for
    assert beginning(status | {"devices": [asked]}, None) is waited_for
    assert not beginning(status | {"devices": [away, {"since_ms": now_ms, "note": None}]}, FULL)
    for code in ("sensor_starting", "sensor_away", "sensor_lost"):
        one = msgspec.structs.replace(sensor("door", "radar", "attention", code), since_ms=now_ms - ago_ms)
        told = msgspec.structs.replace(FULL, sensors=[one])
        assert beginning(status, told) is (waited_for and code != "sensor_lost")


def examined(file: Path) -> list[Finding]:
    return anyio.run(examine, read_settings(file))
