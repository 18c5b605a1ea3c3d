"""The command line with real processes: what a newcomer types first, and every way it can go wrong at the start."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import (
    Started,
    alive_with,
    config,
    get,
    interrupt,
    post,
    run,
    running,
    start,
    taken_port,
    wait_until_gone,
)

from agent.cli import main

DEMO = ["agent", "demo", "--port", "0", "--hq-port", "0"]
READY = "Ctrl-C"


class Shop:
    """A demo shop's addresses."""

    def __init__(self, started: Started, data: Path) -> None:
        self.started, self.data = started, data
        self.till = started.word_after("till 1").removesuffix("/till/1")
        self.bench = started.word_after("bench").removesuffix("/bench")
        self.office = started.word_after("office")

    def order(self, device: str, command: str) -> tuple[int, Any]:
        return post(f"{self.bench}/api/bench/{device}", {"command": command})

    def device(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] = next(each for each in get(f"{self.bench}/api/bench")["devices"] if each["id"] == id)
        return found

    def end(self) -> tuple[int, str]:
        assert alive_with(str(self.data)), "the processes of the demo are found by its folder's name"
        code, errors = interrupt(self.started)
        assert wait_until_gone(str(self.data), 3) == []
        return code, errors


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    data = tmp_path_factory.mktemp("demo")
    started = start([*DEMO, "--data", str(data)], READY)
    try:
        yield Shop(started, data)
    finally:
        started.process.send_signal(signal.SIGINT)
        started.process.communicate(timeout=30)


def test_the_demo_shows_every_page_and_says_where(shop: Shop) -> None:
    told = "\n".join(shop.started.lines)
    assert re.search(r"^ready http://127\.0\.0\.1:\d+/till$", told, re.MULTILINE)
    assert "Ирина Соколова, PIN 1111" in told
    assert "Ольга Ким, PIN 2222" in told
    for url in (
        f"{shop.till}/till/1",
        f"{shop.till}/till/2",
        f"{shop.till}/status",
        f"{shop.bench}/bench",
        shop.office,
    ):
        with urllib.request.urlopen(url, timeout=10) as answer:
            assert answer.status == 200, url
            assert "text/html" in answer.headers["content-type"], url
    assert [till["id"] for till in get(f"{shop.till}/api/tills")] == ["1", "2"]
    with urllib.request.urlopen(f"{shop.till}/bench", timeout=10) as answer:
        assert answer.url == f"{shop.bench}/bench", "the agent leads to the bench"
    with urllib.request.urlopen(f"{shop.bench}/till", timeout=10) as answer:
        assert answer.url == f"{shop.till}/till", "the bench leads to the till"


def test_the_key_to_hq_is_its_owners_alone_and_not_in_the_agents_data(shop: Shop) -> None:
    key = shop.data / "keys" / "hq.key"
    assert key.stat().st_mode & 0o777 == 0o600
    text = key.read_text(encoding="utf-8").strip()
    held = [file for file in (shop.data / "shop").rglob("*") if file.is_file() and text.encode() in file.read_bytes()]
    assert held == []


def test_the_bench_outlives_the_agent_and_gives_it_its_power_back(shop: Shop) -> None:
    assert shop.order("agent", "power off") == (200, {"done": True, "said": "power off"})
    assert shop.device("agent")["state"]["power"] is False
    with pytest.raises(OSError, match="refused"):
        get(f"{shop.till}/api/tills")
    assert shop.order("agent", "power on")[0] == 200
    assert shop.device("agent")["state"]["power"] is True
    assert get(f"{shop.till}/healthz") == {"ok": True}


def test_hands_on_the_bench_move_the_real_device_and_the_till_sees_it(shop: Shop) -> None:
    assert shop.order("register-1", "paper out")[0] == 200
    offered = [each["command"] for each in shop.device("register-1")["commands"]]
    assert "paper in" in offered
    assert "paper out" not in offered
    assert until(lambda: state_of(shop, "register-1") == "attention")
    assert shop.order("register-1", "paper in")[0] == 200
    assert until(lambda: state_of(shop, "register-1") == "ok")
    assert shop.order("terminal-1", "fault no_ack")[0] == 200
    assert shop.device("terminal-1")["state"]["armed"] == ["no_ack"]
    assert shop.order("terminal-1", "clear faults")[0] == 200
    assert shop.device("terminal-1")["state"]["armed"] == []


def test_bench_orders_are_checked(shop: Shop) -> None:
    assert shop.order("register-1", "dance")[0] == 409
    assert shop.order("nobody", "power off")[0] == 404
    assert post(f"{shop.bench}/api/bench/agent", {"command": 7})[0] == 400
    assert post(f"{shop.bench}/api/bench/agent", {"command": "x" * 9000})[0] == 413
    foreign = urllib.request.Request(f"{shop.bench}/api/bench", headers={"host": "evil.example"})
    with pytest.raises(OSError, match="403"):
        urllib.request.urlopen(foreign, timeout=10)


def test_the_cable_keeps_hq_away_and_lets_it_back(shop: Shop) -> None:
    assert shop.order("agent", "cable out")[0] == 200
    assert shop.device("agent")["state"]["cable"] is False
    told = run(["agent", "doctor", "--config", str(shop.data / "tillkeeper.toml")])
    assert told.returncode == 1
    assert "does not answer" in told.stdout
    assert shop.order("agent", "cable in")[0] == 200
    told = run(["agent", "doctor", "--config", str(shop.data / "tillkeeper.toml")])
    assert told.returncode == 0, told.stdout


def test_a_device_program_that_died_can_be_switched_on_again(shop: Shop) -> None:
    command = next(line for line in alive_with(str(shop.data)) if "drivers.simulators goods_check" in line)
    kill_by_command(command)
    assert until(lambda: shop.device("goods-1")["state"]["power"] is False)
    assert [each["command"] for each in shop.device("goods-1")["commands"]] == ["power on"]
    assert shop.order("goods-1", "power on")[0] == 200
    assert until(lambda: state_of(shop, "goods-1") == "ok")


def test_a_second_demo_on_the_same_data_is_refused(shop: Shop) -> None:
    told = run([*DEMO, "--data", str(shop.data)])
    assert told.returncode == 2
    assert "already used by another process" in told.stderr


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with taken_port() as port:
        told = run(["agent", "demo", "--port", str(port), "--hq-port", "0", "--data", str(tmp_path / "new")])
    assert told.returncode == 2
    assert f"Port {port} is taken" in told.stderr
    assert f"Порт {port} занят" in told.stderr
    assert "--port" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_kept_shop_remembers_and_ends_without_orphans(tmp_path: Path) -> None:
    """Also when one of its own has died: nothing of it may live on."""
    first = Shop(start([*DEMO, "--data", str(tmp_path)], READY), tmp_path)
    serial = first.device("register-1")["state"]["serial"]
    key = (tmp_path / "keys" / "hq.key").read_text(encoding="utf-8")
    kill_by_command(next(line for line in alive_with(str(tmp_path)) if "drivers.simulators zvt" in line))
    code, errors = first.end()
    assert code == 0
    assert "Traceback" not in errors
    second = Shop(start([*DEMO, "--data", str(tmp_path)], READY), tmp_path)
    assert second.device("register-1")["state"]["serial"] == serial
    assert (tmp_path / "keys" / "hq.key").read_text(encoding="utf-8") == key
    assert len(alive_with(str(tmp_path))) >= 9, "six devices, HQ, the agent and the demo"
    second.started.process.kill()  # the demo itself dies: the leash ends the rest
    second.started.process.communicate(timeout=30)
    assert wait_until_gone(str(tmp_path), 10) == []


def test_every_mistake_of_the_configuration_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(
        '[shop]\ndirectory = 7\n[agent]\nport = 99999\n[[tills]]\nid = "1"\nname = "К"\nregister = "kkt"\n'
        'scanner = "none"\n[[devices]]\nid = "kkt"\ndriver = "no_such"\naddress = "smoke:signals"\n[nonsense]\n',
        encoding="utf-8",
    )
    told = run(["agent", "agent", "--config", str(file)])
    assert told.returncode == 2
    for said in ("name is missing", "port", "no_such", "smoke", "nonsense", "cashier", "'none'"):
        assert said in told.stderr, said
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "data").exists()


def test_no_configuration_and_no_toml_are_sentences(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text("= =", encoding="utf-8")
    for file, said in (("none.toml", "cannot be read"), ("x.toml", "not TOML")):
        told = run(["agent", "agent", "--config", str(tmp_path / file)])
        assert (told.returncode, "Traceback" in told.stderr) == (2, False)
        assert said in told.stderr


def test_devices_and_import_say_the_mistakes_too(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[shop]\n", encoding="utf-8")
    for command in (["devices"], ["catalog", "import", str(file)]):
        told = run(["agent", *command, "--config", str(file)])
        assert (told.returncode, "Traceback" in told.stderr) == (2, False)
        for said in ("[shop]: не указано name", "[shop]: name is missing", "данные не тронуты", "not touched"):
            assert said in told.stderr


def test_a_pin_that_is_none_is_refused_in_both_languages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for pin in ("123", "1234567890123", "12a4"):
        monkeypatch.setattr("getpass.getpass", lambda _, typed=pin: typed)
        assert main(["pin"]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert "от 4 до 12 цифр" in said.err
        assert "4 to 12 digits" in said.err
        assert pin not in said.err


def test_a_second_agent_on_the_same_data_is_refused(tmp_path: Path) -> None:
    file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")})
    with running(["agent", "agent", "--config", str(file)]) as first:
        told = run(["agent", "agent", "--config", str(file)])
        assert told.returncode == 2
        assert f"pid {first.process.pid}" in told.stderr
        assert "уже занят" in told.stderr
        assert get(first.word_after("ready ").removesuffix("/till") + "/healthz") == {"ok": True}
    assert run(["agent", "doctor", "--config", str(file)]).returncode == 2, "the register is not there"


def test_an_agent_whose_port_is_taken_says_so_and_leaves_the_data_alone(tmp_path: Path) -> None:
    with taken_port() as port:
        file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}, port=port)
        told = run(["agent", "agent", "--config", str(file)])
    assert told.returncode == 2
    assert f"127.0.0.1:{port} cannot be used" in told.stderr
    assert f"127.0.0.1:{port} занять нельзя: там уже слушает другая программа" in told.stderr
    assert not (tmp_path / "data").exists()


def test_broken_catalogue_lines_are_counted_shown_and_left_out(tmp_path: Path) -> None:
    file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")})
    products = tmp_path / "products.tsv"
    products.write_bytes(
        "barcode\tname\tprice_minor\n4601234004121\tКонструктор\t349900\n4601234004122\tНе та цифра\t100\n"
        "4620014260014\tПазл\tдорого\n4607012330017\tКукла\t129900\n".encode()
        + b"\xff\xfe\tbroken\t1\n"
    )
    told = run(["agent", "catalog", "import", str(products), "--config", str(file)])
    assert told.returncode == 0
    assert "2 products imported, 3 lines left out" in told.stdout
    assert "Загружено товаров: 2, строк пропущено: 3" in told.stdout
    assert re.findall(r"line (\d+):", told.stdout) == ["3", "4", "6"]
    assert re.findall(r"строка (\d+): .*[а-яё]{3}", told.stdout) == ["3", "4", "6"]
    missing = run(["agent", "catalog", "import", str(tmp_path / "none.tsv"), "--config", str(file)])
    assert (missing.returncode, "Traceback" in missing.stderr) == (2, False)
    assert "Прежний каталог остался" in missing.stderr
    assert "The old catalogue stays" in missing.stderr


def test_a_data_directory_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    file = config(tmp_path, {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")})
    (tmp_path / "data").write_text("a file where a directory belongs", encoding="utf-8")
    products = tmp_path / "products.tsv"
    products.write_text("barcode\tname\n4601234004121\tКукла\n", encoding="utf-8")
    for command in (["agent"], ["catalog", "import", str(products)]):
        told = run(["agent", *command, "--config", str(file)])
        assert (told.returncode, "Traceback" in told.stderr) == (2, False), told.stderr
        assert "Каталог данных" in told.stderr
        assert "Nothing was changed" in told.stderr


def state_of(shop: Shop, device: str) -> str:
    """As the agent sees it."""
    told: str = next(each["state"] for each in get(f"{shop.till}/api/status")["devices"] if each["id"] == device)
    return told


def until(holds: Any, within_s: float = 15.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def kill_by_command(command: str) -> None:
    """SIGKILL to the one process with this very command line."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    pids = [int(line.split(None, 1)[0]) for line in listed.splitlines() if line.split(None, 1)[1] == command]
    assert len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
