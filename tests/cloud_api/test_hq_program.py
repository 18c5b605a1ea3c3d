"""HQ as a program: says where it listens, ends cleanly, survives SIGKILL, names every mistake in its settings."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import httpx
import pytest
from pushing_till import DEVICE, KEY, PushingTill, a_sale

from cloud_api.settings import BadSettings, database_path, read_devices
from cloud_api.storage.revisions import REVISIONS
from cloud_api.store.devices import key_hash

ROOT = Path(__file__).parents[2]
DEVICES = f"""
[[device]]
device = "{DEVICE}"
store = "Казань, Баумана"
till = "Касса 1"
key_sha256 = "{key_hash(KEY)}"
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cloud_api", *arguments]


@contextmanager
def running(folder: Path, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    (folder / "devices.toml").write_text(DEVICES, "utf-8")
    arguments = ["--database", f"sqlite:///{folder}/hq.sqlite", "--port", "0", "--devices", f"{folder}/devices.toml"]
    hq = subprocess.Popen(
        command(*arguments), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | more
    )
    assert hq.stdout is not None
    try:
        said = hq.stdout.readline()
        assert said.startswith("HQ http://127.0.0.1:"), hq.communicate(timeout=5)
        yield hq, said.split()[1].removesuffix("/office")
    finally:
        if hq.poll() is None:
            hq.kill()
        hq.communicate(timeout=10)


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_even_while_a_page_listens(tmp_path: Path, ending: signal.Signals) -> None:
    with running(tmp_path) as (hq, url), httpx.Client(base_url=url) as client:
        assert client.get("/office").status_code == 200
        with client.stream("GET", "/v1/live") as live:
            assert next(live.iter_lines()).startswith("retry")
            hq.send_signal(ending)
            assert hq.wait(timeout=4) in (0, -ending)
        assert hq.stderr is not None
        assert "Traceback" not in hq.stderr.read()
    assert not (tmp_path / "hq.sqlite-wal").exists()


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    till = PushingTill()
    for n in range(1, 41):
        till.add(f"i{n}", a_sale(f"s{n}"))
    acked = 0

    async def push_until_gone(url: str, hq: subprocess.Popen[str]) -> None:
        nonlocal acked
        async with httpx.AsyncClient(base_url=url) as client:
            while acked < 30:
                acked = (await till.push(client, acked + 1, acked + 5)).json()["ack"]
            hq.kill()

    with running(tmp_path) as (hq, url):
        anyio.run(push_until_gone, url, hq)
    with running(tmp_path) as (hq, url), httpx.Client(base_url=url) as client:
        assert [sale["id"] for sale in client.get("/v1/sales?after=0&limit=200").json()["sales"]] == [
            f"s{n}" for n in range(1, acked + 1)
        ]


def test_it_tells_systemd_when_it_is_ready_and_that_it_lives(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(address)
        notify.settimeout(5)
        with running(tmp_path, NOTIFY_SOCKET=address, WATCHDOG_USEC="300000") as (hq, _):
            heard = [notify.recv(100) for _ in range(3)]
            assert {b"READY=1", b"WATCHDOG=1"} <= set(heard)
            hq.terminate()
            hq.wait(timeout=4)
            while b"STOPPING=1" not in heard:
                heard.append(notify.recv(100))


def test_devices_are_added_and_revoked_by_command(tmp_path: Path) -> None:
    at = ["--database", f"sqlite:///{tmp_path}/hq.sqlite"]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    added = run("add-device", *at, "--device", "d", "--store", "Пермь", "--till", "1")
    key = added.stdout.split()[-1]
    assert (added.returncode, len(key) >= 43) == (0, True)
    (tmp_path / "key").write_text(key)
    again = run("add-device", *at, "--device", "e", "--store", "Уфа", "--till", "1", "--key-file", f"{tmp_path}/key")
    assert again.returncode == 2
    assert "belongs to 'd' already" in again.stderr
    assert "уже принадлежит 'd'" in again.stderr
    assert run("revoke-device", *at, "--device", "d").returncode == 0
    assert "no device 'x'" in run("revoke-device", *at, "--device", "x").stderr
    nothing = run("add-device", *at)
    said = nothing.stderr.splitlines()
    assert said[:6:2] == ["нужно --device", "нужно --store", "нужно --till"]
    assert [line.strip() for line in said[1:6:2]] == ["--device is needed", "--store is needed", "--till is needed"]
    assert "данные не тронуты" in said[6]
    assert "not touched" in said[7]


def test_the_schema_is_brought_forward_by_command_and_trouble_is_a_sentence(tmp_path: Path) -> None:
    def run(database: str) -> subprocess.CompletedProcess[str]:
        asked = command("migrate", "--database", database)
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    done = run(f"sqlite:///{tmp_path}/new.sqlite")
    assert (done.returncode, done.stdout) == (0, f"{REVISIONS[-1].revision}: схема готова · the schema is there\n")
    assert (tmp_path / "new.sqlite").exists()
    away = run("postgresql://hq@127.0.0.1:1/hq")
    assert away.returncode == 2
    assert "HQ cannot start: the database cannot do it now" in away.stderr


def test_a_taken_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        arguments = ["--database", f"sqlite:///{tmp_path}/hq.sqlite", "--port", str(taken.getsockname()[1])]
        said = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert said.returncode == 2
    assert said.stderr.startswith("Офис не запущен: ")
    assert "HQ cannot start: " in said.stderr
    assert "Traceback" not in said.stderr


def test_every_mistake_of_the_devices_file_is_named_at_once(tmp_path: Path) -> None:
    path = tmp_path / "devices.toml"
    good = json.dumps(key_hash(KEY))
    path.write_text(
        f'colour = 1\n[[device]]\ndevice = "a"\nstore = ""\ntill = 3\nkey_sha256 = "secret"\n'
        f'[[device]]\ndevice = "b"\nstore = "s"\ntill = "t"\nkey_sha256 = {good}\nextra = 1\n'
        f'[[device]]\ndevice = "c"\nstore = "s"\ntill = "t"\nkey_sha256 = {good}\n'
        f'[[device]]\ndevice = "d"\nstore = "s"\ntill = "t"\nkey_sha256 = {good}\n',
        "utf-8",
    )
    with pytest.raises(BadSettings) as caught:
        read_devices(path)
    said = [mistake.en.removeprefix(f"{path}: ") for mistake in caught.value.mistakes]
    assert said == [
        "unknown 'colour'",
        "device 1: store is not a text",
        "device 1: till is not a text",
        "device 1: key_sha256 is not 64 small hex digits",
        "device 2: unknown 'extra'",
        f"key_sha256 '{key_hash(KEY)}' twice",
    ]
    for mistake in caught.value.mistakes:
        assert re.search("[а-я]{3}", mistake.ru.removeprefix(str(path))), mistake
        assert set(re.findall(r"'[^']*'|device \d", mistake.en)) <= set(re.findall(r"'[^']*'|device \d", mistake.ru))


@pytest.mark.parametrize("url", ["postgresql://", "mysql://x", "sqlite:///", "hq.sqlite", ""])
def test_other_databases_are_refused_by_name(url: str) -> None:
    with pytest.raises(BadSettings, match="sqlite:///PATH"):
        database_path(url)


def test_absolute_and_relative_paths() -> None:
    assert [database_path(url) for url in ("sqlite:///a/b", "sqlite:////var/b")] == ["a/b", "/var/b"]
    assert database_path("postgresql://hq@db1,db2/hq") == "postgresql://hq@db1,db2/hq"
