"""What a shop tells of its kiosks and messages: how long a shopper is waited for, and whether anything is sent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent.kiosk.kiosk_settings import KioskSettings
from agent.kiosk.session import Session, Stage
from agent.settings import KioskConfig, Settings, SettingsWrong
from agent.settings_file import read_settings
from tests.agent.test_settings import GOOD

KIOSK = """
[[kiosks]]
id = "k1"
name = "Киоск 1"
register = "kkt-k"
terminals = ["card"]

[[devices]]
id = "kkt-k"
driver = "shtrih_m"
address = "tcp://127.0.0.1:1"
"""


def told(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "shop.toml"
    file.write_text(text, encoding="utf-8")
    return read_settings(file)


def kiosk(tmp_path: Path, *lines: str, training: bool = False) -> KioskConfig:
    text = (GOOD + KIOSK).replace("[[kiosks]]", "\n".join(("[[kiosks]]", *lines)))
    if training:
        text = text.replace("[shop]", "[shop]\ntraining = true", 1)
    [found] = told(tmp_path, text).kiosks
    return found


def test_a_minute_without_money_and_two_with_it(tmp_path: Path) -> None:
    found = kiosk(tmp_path)
    assert (found.idle_s, found.idle_money_s) == (60, 120)
    found = kiosk(tmp_path, "idle_s = 45", "idle_money_s = 300")
    assert (found.idle_s, found.idle_money_s) == (45, 300)


@pytest.mark.parametrize(
    ("line", "least"), [("idle_s = 39", 40), ("idle_money_s = 59", 60), ("idle_s = 901", 40), ('idle_s = "long"', 40)]
)
def test_a_real_shopper_has_time_to_answer(tmp_path: Path, line: str, least: int) -> None:
    name = line.partition(" ")[0]
    with pytest.raises(SettingsWrong, match=re.escape(f"{name} is a whole number from {least} to 900")):
        kiosk(tmp_path, line)


def test_a_training_shop_may_hurry(tmp_path: Path) -> None:
    assert kiosk(tmp_path, "idle_s = 4", training=True).idle_s == 4
    with pytest.raises(SettingsWrong, match="idle_s is a whole number from 4"):
        kiosk(tmp_path, "idle_s = 3", training=True)


@pytest.mark.parametrize(
    ("idle", "idle_money", "money", "speech", "warns", "ends"),
    [
        (60, 120, False, False, 60, 80),
        (60, 120, True, False, 120, 180),
        (60, 120, False, True, 120, 160),
        (40, 60, False, False, 40, 60),
        (40, 60, True, False, 60, 90),
        (900, 900, True, False, 900, 960),
        (4, 6, True, False, 6, 9),
    ],
)
def test_the_question_stands_long_enough(
    idle: int, idle_money: int, money: bool, speech: bool, warns: int, ends: int
) -> None:
    """Twenty seconds at least in a real shop; as ever where nothing is told; twice as long while it speaks."""
    settings = KioskSettings("k1", "Kiosk 1", idle_s=idle, idle_money_s=idle_money)
    session = Session(stage=Stage.CASH, touched_ms=1_000_000)
    assert session.idle_ms(money, settings, speech) == (1_000_000 + warns * 1000, 1_000_000 + ends * 1000)


def test_the_gateway_is_off_unless_it_is_told(tmp_path: Path) -> None:
    for text in ("", '[messages]\ngateway = "none"\n', '[messages]\ndirectory = "sent"\n'):
        assert told(tmp_path, text + GOOD).messages is None
    found = told(tmp_path, '[messages]\ngateway = "file"\ndirectory = "sent"\n' + GOOD).messages
    assert found is not None
    assert (found.gateway, found.directory) == ("file", tmp_path / "sent")
    found = told(tmp_path, '[messages]\ngateway = "file"\n' + GOOD).messages
    assert found is not None
    assert found.directory == tmp_path / "data" / "messages"


def test_an_unknown_gateway_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="gateway is one of none, file"):
        told(tmp_path, '[messages]\ngateway = "pigeon"\n' + GOOD)
