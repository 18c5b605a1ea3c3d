"""The doctor on real files, real wires and a real agent: it names what is wrong, what is safe and what to do."""

from __future__ import annotations

import datetime as dt
import json
import re
import socket
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from processes import ROOT, Started, config, get, post, run, running

from agent.checkup.ofd_way import Way, ofd_finding, way_of

CATALOGUE = ROOT / "agent" / "demo" / "demo_products.tsv"


@contextmanager
def simulated(device: str, folder: Path, *more: str) -> Iterator[tuple[Started, str]]:
    """A simulated device and its address."""
    ledger = str(folder / f"{device}.jsonl")
    control = ("--control", "tcp://127.0.0.1:0")
    with running(["drivers.simulators", device, "--ledger", ledger, *control, *more], "control ") as started:
        yield started, started.lines[0].removeprefix("ready ")


def order(started: Started, line: str) -> str:
    host, port = started.word_after("control tcp://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as control:
        control.sendall(line.encode() + b"\n")
        return control.makefile().readline().strip()


def doctor(file: Path) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """Exit code, and the findings by what they are about."""
    told = run(["agent", "doctor", "--config", str(file), "--json"])
    assert "Traceback" not in told.stderr, told.stderr
    answer = json.loads(told.stdout)
    levels = {"fine": 0, "attention": 1, "broken": 2}
    assert told.returncode == levels[answer["level"]] == max(levels[each["level"]] for each in answer["findings"])
    found: dict[str, list[dict[str, Any]]] = {}
    for finding in answer["findings"]:
        assert finding["what"]["ru"]
        assert finding["what"]["en"]
        assert finding["level"] == "fine" or finding["do"], f"{finding} does not say what to do"
        found.setdefault(finding["about"], []).append(finding)
    return told.returncode, found


def test_a_shop_without_an_agent_is_asked_through_its_drivers(tmp_path: Path) -> None:
    with simulated("shtrih_m", tmp_path) as (register, kkt), simulated("zvt", tmp_path) as (_, pos):
        file = config(tmp_path, {"kkt": ("shtrih_m", kkt), "pos": ("zvt", pos)})
        imported = run(["agent", "catalog", "import", str(CATALOGUE), "--config", str(file)])
        assert imported.returncode == 0
        code, found = doctor(file)
        assert code == 0
        assert "292" in found["catalogue"][0]["what"]["en"]
        assert "answers and is ready" in found["device:kkt"][0]["what"]["en"]
        assert kkt in found["ofd:kkt"][0]["what"]["en"]
        order(register, "paper out")
        order(register, "clock +17 minutes")
        code, found = doctor(file)
        assert code == 1
        assert "no paper" in found["device:kkt"][0]["what"]["en"]
        assert found["clock"][0]["level"] == "attention"
        assert "17" in found["clock"][0]["what"]["ru"] or "16" in found["clock"][0]["what"]["ru"]


def test_a_device_that_is_away_and_one_that_is_another(tmp_path: Path) -> None:
    with simulated("zvt", tmp_path) as (_, pos), stranger(b"SSH-2.0-nothing\r\n") as wrong:
        file = config(tmp_path, {"kkt": ("shtrih_m", wrong), "pos": ("zvt", "tcp://127.0.0.1:1")})
        code, found = doctor(file)
        assert code == 2
        assert "53 53 48" in found["device:kkt"][0]["what"]["en"], "what was heard"
        assert found["device:kkt"][0]["level"] == "broken"
        assert "away" in found["device:pos"][0]["what"]["en"]
        assert "Cash" in found["device:pos"][0]["safe"]["en"] or "cash" in found["device:pos"][0]["safe"]["en"]
        devices = run(["agent", "devices", "--config", str(file)])
        assert devices.returncode == 1
        assert "another device answers" in devices.stdout
        assert "silence reverses" in devices.stdout
        assert pos not in devices.stdout


def test_a_terminal_configured_on_the_ports_of_others(tmp_path: Path) -> None:
    """A register keeps silent to most of a terminal's words, not to all: "silent" would send a person to the cable."""
    with simulated("shtrih_m", tmp_path) as (_, other), stranger(b"SSH-2.0-nothing\r\n") as ssh:
        for driver, address, heard in (("zvt", other, "15"), ("zvt", ssh, "53 53 48"), ("confirm", ssh, "53 53 48")):
            file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1"), "pos": (driver, address)})
            _, found = doctor(file)
            assert found["device:pos"][0]["level"] == "broken"
            assert heard in found["device:pos"][0]["what"]["en"], (driver, address)
            assert "another device" in found["device:pos"][0]["what"]["en"]
            assert "не то устройство" in found["device:pos"][0]["what"]["ru"]


def test_a_changed_journal_and_a_charge_nobody_knows_of_are_found(tmp_path: Path) -> None:
    with simulated("shtrih_m", tmp_path) as (_, kkt), simulated("zvt", tmp_path) as (_, pos):
        file = config(tmp_path, {"kkt": ("shtrih_m", kkt), "pos": ("zvt", pos)})
        run(["agent", "catalog", "import", str(CATALOGUE), "--config", str(file)])
        with running(["agent", "agent", "--config", str(file)]) as agent:
            url = agent.word_after("ready ").removesuffix("/till")
            port = int(url.rsplit(":", 1)[1])
            sell_by_card_and_stop_at_the_terminal(url)
            config(tmp_path, {"kkt": ("shtrih_m", kkt), "pos": ("zvt", pos)}, port=port)
            code, found = doctor(file)
            assert "runs, process" in found["agent"][0]["what"]["en"]
            assert found["device:kkt"][0]["level"] == "fine"
            agent.process.kill()
            agent.process.wait(timeout=30)
        code, found = doctor(file)
        assert code >= 1
        assert "outcome is not known" in found["sales"][0]["what"]["en"]
        assert "twice" in found["sales"][0]["safe"]["en"]
        with sqlite3.connect(tmp_path / "data" / "journal.db") as journal:
            journal.execute("UPDATE journal SET body = x'7B7D' WHERE seq = 2")
        code, found = doctor(file)
        assert code == 2
        assert "from entry 2" in found["journal"][0]["what"]["en"]


def test_a_clock_that_is_off_is_named_with_and_without_an_agent(tmp_path: Path) -> None:
    """The running agent holds the wire: its status carries how far the register's clock is off."""
    with simulated("shtrih_m", tmp_path) as (register, kkt):
        order(register, "clock +17 minutes")
        file = config(tmp_path, {"kkt": ("shtrih_m", kkt)})
        for alone in (True, False):
            if alone:
                _, found = doctor(file)
            else:
                with running(["agent", "agent", "--config", str(file)]) as agent:
                    url = agent.word_after("ready ").removesuffix("/till")
                    deadline = time.monotonic() + 20
                    while not get(f"{url}/api/status")["clocks"] and time.monotonic() < deadline:
                        time.sleep(0.1)
                    _, found = doctor(config(tmp_path, {"kkt": ("shtrih_m", kkt)}, port=int(url.rsplit(":", 1)[1])))
                assert "runs, process" in found["agent"][0]["what"]["en"]
            (clock,) = found["clock"]
            assert clock["level"] == "attention"
            assert "min ahead" in clock["what"]["en"]
            assert re.search(r"часы ККТ спешат на 1[67] мин", clock["what"]["ru"])
            assert kkt in clock["what"]["en"]
        order(register, "clock -17 minutes")
        _, found = doctor(file)
        assert "clock" not in found


def test_the_doctor_leaves_no_trace(tmp_path: Path) -> None:
    file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")})
    assert doctor(file)[0] == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tillkeeper.toml"]


def test_hq_that_does_not_know_us_and_something_that_is_not_hq(tmp_path: Path) -> None:
    (tmp_path / "hq.key").write_text("k" * 32, encoding="utf-8")
    hq = ["cloud_api", "--database", f"sqlite:///{tmp_path / 'hq.db'}", "--port", "0"]
    portal = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"
    with running(hq, "HQ ") as started, stranger(portal) as login_page:
        url = started.word_after("HQ ").removesuffix("/office")
        not_hq = login_page.replace("tcp:", "http:")
        for address, said in ((url, "not know the key"), (not_hq, "not HQ"), ("http://127.0.0.1:1", "not answer")):
            more = f'[hq]\nurl = "{address}"\ndevice = "shop-1"\nkey_file = "hq.key"'
            _, found = doctor(config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}, more=more))
            assert said in found["hq"][0]["what"]["en"]
            assert "sells" in found["hq"][0]["safe"]["en"]


def test_mistakes_of_the_configuration_are_findings(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[shop]\n[nonsense]\n", encoding="utf-8")
    code, found = doctor(file)
    assert code == 2
    assert len(found["config"]) >= 3
    for finding in found["config"]:
        assert str(file) in finding["what"]["ru"]
        assert re.search("[а-яё]{3}", finding["what"]["ru"].removeprefix(str(file)))
        assert not re.search("[а-яё]", finding["what"]["en"].removeprefix(str(file)))
        assert finding["safe"]["ru"] == "Данные не тронуты."


@pytest.mark.parametrize(
    ("address", "way"),
    [
        ("tcp://10.0.0.7:7778", Way.OWN_NETWORK),
        ("tcp://kkt-1.shop:7778", Way.OWN_NETWORK),
        ("tcp://192.168.137.111:7778", Way.THIS_COMPUTER_USB),
        ("tcp://127.0.0.1:7778", Way.THIS_COMPUTER_PROGRAM),
        ("tcp://localhost:7778", Way.THIS_COMPUTER_PROGRAM),
        ("serial:/dev/ttyACM0?baud=115200", Way.SERIAL_ONLY),
        ("pty:/tmp/kkt", Way.SERIAL_ONLY),
    ],
)
def test_the_way_to_the_ofd_is_named_from_the_address(address: str, way: Way) -> None:
    assert way_of(address) is way
    told = ofd_finding("kkt", "ККТ", address, 0, None)
    assert address in told.what.ru
    assert address in told.what.en


@pytest.mark.parametrize(
    ("address", "days", "level"),
    [
        ("tcp://10.0.0.7:7778", 1, "FINE"),
        ("tcp://10.0.0.7:7778", 2, "ATTENTION"),
        ("tcp://10.0.0.7:7778", 29, "ATTENTION"),
        ("tcp://10.0.0.7:7778", 30, "BROKEN"),
        ("serial:/dev/ttyS0", 0, "ATTENTION"),
    ],
)
def test_documents_that_wait_grow_from_news_to_a_stop(address: str, days: int, level: str) -> None:
    told = ofd_finding("kkt", "ККТ", address, 3, dt.timedelta(days=days, hours=1))
    assert told.level.name == level
    assert "3" in told.what.ru


@contextmanager
def stranger(greeting: bytes) -> Iterator[str]:
    """A server of another protocol: it greets whoever comes and answers everything with the same."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen(4)
        door.settimeout(0.2)
        over = threading.Event()

        def attend() -> None:
            while not over.is_set():
                try:
                    guest, _ = door.accept()
                except TimeoutError:
                    continue
                with guest:
                    guest.settimeout(2)
                    try:
                        guest.sendall(greeting)
                        while guest.recv(100):
                            guest.sendall(greeting)
                    except OSError:
                        continue

        attending = threading.Thread(target=attend)
        attending.start()
        try:
            yield f"tcp://127.0.0.1:{door.getsockname()[1]}"
        finally:
            over.set()
            attending.join()


def sell_by_card_and_stop_at_the_terminal(url: str) -> None:
    """Up to the moment when the terminal waits for a card that nobody presents."""

    def act(do: str, **args: Any) -> None:
        view = get(f"{url}/api/tills/1")
        told = {"id": str(uuid.uuid4()), "revision": view["revision"], "do": do, "args": args}
        status, answer = post(f"{url}/api/tills/1/commands", told)
        assert (status, answer["done"]) == (200, True), answer

    act("sign_in", cashier="irina", pin="1111")
    act("open_shift", float_minor=0)
    act("scan", code="4601234004121")
    act("pay", means="card")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        progress = get(f"{url}/api/tills/1")["card_progress"] or {}
        if progress.get("code") == "card_shows":
            return
        time.sleep(0.05)
    raise AssertionError("the terminal was not asked")
