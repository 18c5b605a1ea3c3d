"""The program as a process: a packet over loopback becomes a sighting at the agent, and nothing of anybody leaves."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sensors.association.pseudonyms import is_returning, returning_key
from sensors.association.settings import WrongSettings, listen_at, read_settings
from sensors.association_messages import Came, Hello, Left, Pulse
from sensors.sighting import Seen
from tests.sensors.association_agent import Books, PlainAgent
from tests.sensors.association_samples import ADDRESS, NETWORK, packet, session, traces
from tests.sensors.radar_process import memory
from tests.sensors.socket_agent import ROOT

TOKEN = "a-token-of-the-shop"
CONFIG = """
sensor = "wifi"
socket = "{folder}/s"
tenant_key_file = "{folder}/keys/tenant.key"
networks = ["Guests"]
zone = "Europe/Moscow"
place = "{folder}/p"
[radius]
listen = "127.0.0.1:0"
[[radius.clients]]
name = "hall"
from = ["127.0.0.1"]
secret = "xyzzy5461-shop-1"
zone = "hall"
[leases]
listen = "127.0.0.1:0"
token = "a-token-of-the-shop"
network = "Guests"
[portal]
listen = "127.0.0.1:0"
shop = "Игрушки"
controller = "ООО «Игрушки»"
gate = "trusting"
network = "Guests"
sms_directory = "{folder}/sms"
"""
PHONE = "+79261234567"


@contextmanager
def program(folder: Path, config: str = CONFIG) -> Iterator[tuple[subprocess.Popen[str], list[tuple[str, int]]]]:
    (folder / "c.toml").write_text(config.format(folder=folder), "utf-8")
    running = subprocess.Popen(
        [sys.executable, "-m", "sensors.association", "--config", str(folder / "c.toml")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONASYNCIODEBUG": "0"},
    )
    try:
        assert running.stdout is not None
        word, *places = running.stdout.readline().split()
        assert word == "listening"
        yield running, [(host, int(port)) for host, _, port in (one.rpartition(":") for one in places)]
    finally:
        running.kill()
        running.wait(20)


def ask(datagram: bytes, place: tuple[str, int], times: int = 1) -> set[bytes]:
    """The answers to a packet that is sent so often, from one port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
        router.settimeout(20)
        router.connect(place)
        for _ in range(times):
            router.send(datagram)
        return {router.recv(4_096) for _ in range(times)}


def test_a_packet_a_lease_and_a_guest_reach_the_agent_and_nobody_is_in_what_leaves() -> None:
    with memory() as folder:
        books = Books()
        end = PlainAgent(folder / "s", books)
        with program(folder) as (running, (radius, leases, page)):
            end.listen(lambda: any(isinstance(one, Pulse) for one in end.messages))
            assert isinstance(end.messages[0], Hello)
            (answer,) = ask(packet(session(1)), radius, times=3)
            assert answer[:2] == b"\x05\x01"
            end.listen(lambda: came(end))
            (first,) = came(end)
            assert (first.sighting.seen, first.sighting.zone, first.agreed) == (Seen.ASSOCIATED, "hall", False)
            headers = {"Authorization": f"Bearer {TOKEN}"}
            form = {"what": "add", "mac": "02:00:00:00:00:07", "ip": "10.0.0.7", "hostname": "annas-phone"}
            assert httpx.post(f"http://127.0.0.1:{leases[1]}/lease", data=form, headers=headers).status_code == 204
            end.listen(lambda: len(came(end)) >= 2)
            assert len(came(end)) == 2, "the repeats were answered and not counted"
            shown = httpx.get(f"http://127.0.0.1:{page[1]}/?id={ADDRESS.hex(':')}&ssid={NETWORK}&lang=ru")
            assert shown.status_code == 200
            assert "Узнавать моё устройство" in shown.text
            assert ADDRESS.hex(":") not in re.sub(r'href="[^"]*"', "", shown.text)
            ask(packet(session(2), 2), radius)
            end.listen(lambda: any(isinstance(one, Left) for one in end.messages))
            running.send_signal(signal.SIGTERM)
            out, said = running.communicate(timeout=20)
        end.close()
        assert running.returncode == 0, said
        key = (folder / "keys" / "tenant.key").read_bytes()
        written = bytes(end.bytes) + out.encode() + said.encode() + (folder / "p" / "salt").read_bytes()
        secrets = [ADDRESS.hex(":"), "02:00:00:00:00:07", "annas-phone", NETWORK, "anna.petrova", "10.0.0.7"]
        assert traces([*secrets, "S-1"], written) == []
        assert returning_key(key, NETWORK, ADDRESS).encode() not in written, "no returning key without a consent"
        assert not any(is_returning(one.sighting.key) for one in came(end))
        assert len(end.bytes) > 500


def came(end: PlainAgent) -> list[Came]:
    return [one for one in end.messages if isinstance(one, Came)]


def test_a_known_device_returns_over_a_restart() -> None:
    with memory() as folder:
        books = Books()
        end = PlainAgent(folder / "s", books)
        with program(folder) as (_, (radius, *_)):
            end.listen(lambda: any(isinstance(one, Pulse) for one in end.messages))
        key = returning_key((folder / "keys" / "tenant.key").read_bytes(), NETWORK, ADDRESS)
        books.known = (key,)
        end.messages.clear()
        with program(folder) as (_, (radius, *_)):
            end.listen(lambda: [one for one in end.messages if isinstance(one, Pulse) and one.known])
            ask(packet(session(1)), radius)
            end.listen(lambda: came(end))
            assert [(one.sighting.key, one.agreed) for one in came(end)] == [(key, True)]
        end.close()


def test_a_guest_agrees_on_the_page_and_the_next_packet_is_theirs() -> None:
    """Page, message, code, the agent's word; then a RADIUS packet is a returning guest."""
    with memory() as folder:
        books, over = Books(), threading.Event()
        end = PlainAgent(folder / "s", books)
        thread = threading.Thread(target=end.listen, args=(over.is_set,))
        thread.start()
        try:
            with (
                program(folder) as (_, (radius, _, (host, port))),
                httpx.Client(base_url=f"http://{host}:{port}") as page,
            ):
                until(lambda: [one for one in end.messages if isinstance(one, Pulse)])
                seen = page.get("/", params={"id": ADDRESS.hex(":"), "lang": "ru"}).text
                told = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', seen))
                form = {**told, "agree": "wifi_id", "phone": "8 926 123-45-67"}
                assert page.post("/agree", data=form).status_code == 200
                (message,) = (folder / "sms").glob("*.txt")
                words = message.read_text("utf-8")
                assert f"To: {PHONE}" in words
                code = re.findall(r"\d{6}", words.partition("\n")[2])[0]
                said = page.post("/agree/code", data={"visitor": told["visitor"], "code": code})
                assert "Согласие записано" in said.text
                ask(packet(session(1)), radius)
                until(lambda: len([one for one in came(end) if one.agreed and one.sighting.zone == "hall"]) == 1)
            (gives,) = books.gives
            key = returning_key((folder / "keys" / "tenant.key").read_bytes(), NETWORK, ADDRESS)
            assert (gives.phone, gives.key) == (PHONE, key)
            assert {one.sighting.key for one in came(end)} == {key}
            assert traces([ADDRESS.hex(":"), NETWORK, code], bytes(end.bytes)) == []
            assert bytes(end.bytes).count(PHONE[1:].encode()) == 1, "the number leaves once, with the consent"
        finally:
            over.set()
            thread.join(20)
            end.close()


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    ends = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("xyzzy5461-shop-1", "short", "16 bytes"),
        ("networks", "netwerks", "netwerks"),
        ('"trusting"', '"unifi"', "no section"),
        ('[portal]\nlisten = "127.0.0.1:0"', '[portal]\nlisten = "0.0.0.0:0"', "loopback"),
        ("a-token-of-the-shop", "short", "16 characters"),
        ('zone = "Europe/Moscow"', 'zone = "Europe/Nowhere"', "time zone"),
        ('listen = "127.0.0.1:0"', 'listen = "shop:0"', "does not appear"),
        ('shop = "Игрушки"', 'purposes = ["face_id"]\nshop = "x"', "kiosk"),
        ('shop = "Игрушки"', 'days = {wifi_id = 9999}\nshop = "x"', "texts allow"),
        ('controller = "ООО «Игрушки»"', 'controller = " "', "named"),
        ('network = "Guests"\nsms', 'network = "Office"\nsms', "portal.network"),
        ('network = "Guests"\n[portal]', 'network = "Office"\n[portal]', "leases.network"),
        ("[radius]", "[radius", "cannot be read"),
    ],
)
def test_settings_that_are_wrong_are_said_in_both_languages(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = CONFIG.format(folder=tmp_path)
    assert old in text
    (tmp_path / "c.toml").write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(WrongSettings, match=words) as told:
        read_settings(tmp_path / "c.toml")
    assert re.search("[а-я]", told.value.ru)
    assert "xyzzy5461" not in str(told.value)


def test_settings_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(CONFIG.format(folder=tmp_path), "utf-8")
    told = read_settings(tmp_path / "c.toml")
    assert told.portal is not None
    assert told.portal.settings.country.code == "RU"
    assert [purpose.value for purpose in told.portal.settings.purposes] == ["wifi_id", "marketing", "analytics"]
    assert listen_at("[::1]:1813") == ("::1", 1813)


def test_the_example_is_a_configuration() -> None:
    told = read_settings(ROOT / "sensors" / "association" / "example.toml")
    assert told.radius is not None
    assert told.leases is not None
    assert told.portal is not None
    assert told.controller is not None
    assert [one.name for one in told.routers] == ["entrance"]


def test_the_program_refuses_a_wrong_configuration(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "sensors.association", "--config", str(tmp_path / "no.toml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (said.returncode, "no.toml" in said.stderr) == (2, True)
