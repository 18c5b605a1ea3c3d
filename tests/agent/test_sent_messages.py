"""The bench's list of messages: what the demo's file gateway wrote, newest first, whole ones only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.demo.sent_messages import SHOWN, SentMessages
from agent.demo.shop_plan import DEVICES, ZONE, Places, device_key, write_config
from agent.messages.file_gateway import FileGateway
from agent.settings_file import read_settings

pytestmark = pytest.mark.anyio


async def test_both_kinds_are_shown_newest_first(tmp_path: Path) -> None:
    sent = SentMessages([tmp_path / "out"], ZONE)
    assert sent.newest() == []
    gateway = FileGateway(tmp_path / "out", "«Мишкин дом», Казань", lambda: 1_795_338_000_000)
    await gateway.to_phone("slip-1", "+79260000143", "Талон K-1\nКод: TK1")
    await gateway.to_email("receipt-1", "masha@example.test", "Копия чека 1", "ИТОГ =1.00\nФПД 1")
    (tmp_path / "out" / ".receipt-2.eml.part").write_bytes(b"To: ha")
    (tmp_path / "out" / "notes.md").write_text("somebody's own")
    for at, name in enumerate(("slip-1.txt", "receipt-1.eml")):
        os.utime(tmp_path / "out" / name, (1_795_338_000 + at, 1_795_338_000 + at))
    letter, text = sent.newest()
    assert letter == {
        "id": "receipt-1",
        "kind": "email",
        "at": "2026-11-22T12:00:01.000+03:00",
        "to": "masha@example.test",
        "subject": "Копия чека 1",
        "text": letter["text"],
    }
    assert letter["text"].splitlines() == ["ИТОГ =1.00", "ФПД 1"]
    assert (text["kind"], text["to"], text["subject"]) == ("phone", "+79260000143", "")
    assert text["text"] == "Талон K-1\nКод: TK1"


async def test_only_the_newest_are_read(tmp_path: Path) -> None:
    gateway = FileGateway(tmp_path, "Shop", lambda: 1_795_338_000_000)
    for number in range(SHOWN + 3):
        await gateway.to_phone(f"slip-{number}", "+79260000143", str(number))
        os.utime(tmp_path / f"slip-{number}.txt", (number, number))
    sent = SentMessages([tmp_path], ZONE)
    for _ in range(2):
        assert [one["text"] for one in sent.newest()] == [str(number) for number in range(SHOWN + 2, 2, -1)]


def test_the_demos_shop_sends_into_its_own_directory(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.make()
    device_key(places)
    write_config(places, 8080, 8090, {device.id: 7000 + at for at, device in enumerate(DEVICES)})
    messages = read_settings(places.config).messages
    assert messages is not None
    assert messages.directory == places.messages
