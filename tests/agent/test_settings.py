"""The configuration: every mistake of a file is said at once, in sentences, and nothing is started with a wrong one."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from agent.settings import Mistake, SettingsWrong
from agent.settings_file import read_settings

ROOT = Path(__file__).resolve().parents[2]
PIN = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$bGVuZ3Ro"
GOOD = f"""
[shop]
name = "Мишкин дом"
directory = "data"

[[cashiers]]
id = "ann"
name = "Анна"
pin_hash = "{PIN}"
supervisor = true

[[tills]]
id = "1"
name = "Касса 1"
register = "kkt"
terminals = ["card"]

[[devices]]
id = "kkt"
driver = "shtrih_m"
address = "serial:/dev/ttyACM0?baud=115200"

[[devices]]
id = "card"
driver = "zvt"
address = "tcp://192.168.1.20:20007"
settings = {{ currency = 643 }}
"""

MISTAKES: dict[str, tuple[str, str, str]] = {
    "no name of the shop": ('name = "Мишкин дом"', "", "[shop]: name is missing"),
    "a zone that is none": ("[shop]", '[shop]\nzone = "Kazan"', "zone 'Kazan' is no time zone"),
    "an unknown currency": ("[shop]", '[shop]\ncurrency = "BTC"', "currency is one of RUB"),
    "an unknown regime": ("[shop]", '[shop]\nregime = "moon"', "regime is one of russia, unregulated"),
    "a flag that is none": ("[shop]", '[shop]\ntraining = "yes"', "training is true or false"),
    "an unknown section": ("[shop]", "[shops]\n[shop]", "[shops]: unknown section"),
    "a port that is none": ("[[tills]]", "[agent]\nport = 99999\n[[tills]]", "port is a whole number from 0 to 65535"),
    "nobody may decide": ("supervisor = true", "", "nobody has supervisor = true"),
    "a PIN in the open": (f'pin_hash = "{PIN}"', 'pin_hash = "1234"', "pin_hash is not an argon2id hash"),
    "an unknown driver": ('driver = "zvt"', 'driver = "ztv"', "unknown driver 'ztv'; known are"),
    "an unknown setting of a driver": ("currency = 643", "currancy = 643", "has no setting 'currancy'"),
    "a setting of the wrong kind": ("currency = 643", 'currency = "RUB"', "currency is a whole number"),
    "a setting that only the driver can judge": ("currency = 643", 'password = "12345"', "password: six digits"),
    "settings that are no table": ("settings = { currency = 643 }", "settings = 5", "settings is a table"),
    "an address without a way": (
        '"tcp://192.168.1.20:20007"',
        '"192.168.1.20"',
        "does not say how to reach the device",
    ),
    "an address without a port": (":20007", "", "it is written tcp://HOST:PORT"),
    "a baud rate that is none": ("baud=115200", "baud=fast", "baud is a number"),
    "a register that is not there": ('register = "kkt"', 'register = "kkt9"', "no device 'kkt9'"),
    "a terminal as a register": ('register = "kkt"', 'register = "card"', "the device 'card' is no fiscal_register"),
    "terminals that are no list": ('["card"]', '"card"', "terminals is a list"),
    "two devices of one name": ('id = "card"', 'id = "kkt"', "the id 'kkt' is used twice"),
    "an address with half a bracket": ("tcp://192.168.1.20:20007", "tcp://[::1", "it is written tcp://HOST:PORT"),
    "a line's setting nobody knows": ("baud=115200", "speed=1", "speed is not a setting of a serial port"),
    "a directory that is no path": ('directory = "data"', "directory = 7", "directory must be a path in quotes"),
    "a device without its name": ('id = "card"', "", "[[devices]] #2: id is missing"),
    "a prefix that is no bytes": (
        'driver = "zvt"\naddress = "tcp://192.168.1.20:20007"\nsettings = { currency = 643 }',
        'driver = "serial_line"\naddress = "pty:/p"\nsettings = { prefix = "zz" }',
        "prefix: 'zz' is not hexadecimal bytes",
    ),
    "codes of the VAT that are none": (
        'address = "serial:/dev/ttyACM0?baud=115200"',
        'address = "pty:/p"\nsettings = { vat_codes = "V21=01" }',
        "vat_codes: 'V21=01' is not RATE=CODE",
    ),
    "a number out of bounds": (
        'address = "serial:/dev/ttyACM0?baud=115200"',
        'address = "pty:/p"\nsettings = { report_within_s = 0 }',
        "document_within_s and report_within_s are 1 to 600 seconds",
    ),
    "a kiosk without change where the law wants it": (
        "[[tills]]",
        '[[kiosks]]\nid = "k"\nname = "K"\nregister = "kkt"\nchange = ["exact"]\n[[tills]]',
        "change has to be given here",
    ),
    "a way of change nobody knows": (
        "[[tills]]",
        '[[kiosks]]\nid = "k"\nname = "K"\nregister = "kkt"\nchange = ["sweets"]\n[[tills]]',
        "change is a list of pay_out, credit, exact",
    ),
    "HQ without its key": (
        "[[tills]]",
        '[hq]\nurl = "http://hq"\ndevice = "d"\nkey_file = "none"\n[[tills]]',
        "key_file",
    ),
}


def written(place: Path, text: str) -> Path:
    file = place / "tillkeeper.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_good_file_is_read(tmp_path: Path) -> None:
    settings = read_settings(written(tmp_path, GOOD))
    assert (settings.shop, settings.directory, settings.host) == ("Мишкин дом", tmp_path / "data", "127.0.0.1")
    assert settings.tills[0].terminals == ("card",)
    assert settings.devices["card"].settings == {"currency": 643}


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_each_mistake_is_a_sentence(tmp_path: Path, mistake: str) -> None:
    old, new, said = MISTAKES[mistake]
    assert old in GOOD
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(written(tmp_path, GOOD.replace(old, new, 1)))
    assert said in str(wrong.value)


@pytest.mark.parametrize("mistake", list(MISTAKES))
def test_each_mistake_is_said_in_both_languages(tmp_path: Path, mistake: str) -> None:
    """The Russian sentence stands at the same place of the file and names the same keys and values."""
    old, new, said = MISTAKES[mistake]
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(written(tmp_path, GOOD.replace(old, new, 1)))
    told = next(each for each in wrong.value.mistakes if said in each.en)
    assert re.search("[а-яё]{3}", told.ru.partition(": ")[2]), told
    assert told.ru.partition(": ")[0] == told.en.partition(": ")[0], "the same place"
    assert named(told.en) <= named(told.ru)


KEYS = re.compile(r"'[^']*'|\b[a-z0-9]+_[a-z0-9_]+\b|\b(?:zone|name|baud|currency|regime|terminals|prefix)\b")


def named(sentence: str) -> set[str]:
    """Values in quotes, keys of the file."""
    return set(KEYS.findall(sentence))


def test_the_whole_error_says_what_is_safe_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(written(tmp_path, "[nonsense]\n"))
    told, file = wrong.value, str(tmp_path / "tillkeeper.toml")
    for text, words in ((told.ru, ("ошибок", "Цело:", "не тронуты", "Сделайте:", "исправьте")),
                        (told.en, ("mistakes", "Safe:", "not touched", "Do:", "mend"))):  # fmt: skip
        assert text.startswith(f"{file}: ")
        assert f": {len(told.mistakes)}." in text
        assert [word for word in words if word not in text] == []
        assert text.count("\n  - ") == len(told.mistakes)
    assert str(told) == told.en
    assert Mistake("[shop]: не указано name", "[shop]: name is missing") in told.mistakes


def test_several_mistakes_are_said_at_once(tmp_path: Path) -> None:
    """Who mends a file should not have to start the agent ten times."""
    text = GOOD
    chosen = ("no name of the shop", "a PIN in the open", "an unknown driver", "a baud rate that is none",
              "nobody may decide", "an unknown section")  # fmt: skip
    for mistake in chosen:
        old, new, _ = MISTAKES[mistake]
        text = text.replace(old, new, 1)
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(written(tmp_path, text))
    assert len(wrong.value.mistakes) >= len(chosen)
    for mistake in chosen:
        assert MISTAKES[mistake][2] in str(wrong.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"[shop\n", "this is not TOML"), (b"\xff\xfe\x00", "this is not TOML"), (b"shop = 5\n", "this must be a section"),
     (b"tills = 1\ndevices = []\ncashiers = [1]\n", "this must be a list of sections"), (b"", "at least one till")],
)  # fmt: skip
def test_what_is_no_configuration_is_said(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "tillkeeper.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsWrong) as wrong:
        read_settings(file)
    assert said in str(wrong.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsWrong, match="cannot be read: there is no such file") as wrong:
        read_settings(tmp_path / "none.toml")
    assert "файл не читается: такого файла или каталога нет" in wrong.value.ru


def test_every_text_may_be_of_any_kind(tmp_path: Path) -> None:
    """Whatever stands where a text, a number or a list belongs: a sentence, never a traceback."""
    lines = [line for line in GOOD.split("\n") if " = " in line]
    for line in lines:
        for value in ("5", "true", "[]", "{}", '""', "[1, 2]", "1979-05-27"):
            text = GOOD.replace(line, re.sub(r" = .*", f" = {value}", line), 1)
            with suppress(SettingsWrong):  # any other exception is a traceback on somebody's screen
                assert read_settings(written(tmp_path, text)).devices


def test_where_a_till_is_may_be_told(tmp_path: Path) -> None:
    """Said behind the till's name at a kiosk: a full stop of the shop's would end that sentence too early."""
    assert read_settings(written(tmp_path, GOOD)).tills[0].where == ""
    told = GOOD.replace("[[tills]]", '[[tills]]\nwhere = "справа от входа."', 1)
    assert read_settings(written(tmp_path, told)).tills[0].where == "справа от входа"


def test_the_program_starts_nothing_and_says_all(tmp_path: Path) -> None:
    """The command ends with code 2 and every mistake on standard error; no data directory is made."""
    text = GOOD
    for mistake in ("a PIN in the open", "an unknown driver"):
        text = text.replace(*MISTAKES[mistake][:2], 1)
    done = subprocess.run(
        [sys.executable, "-m", "agent", "agent", "--config", str(written(tmp_path, text))],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "argon2id" in done.stderr
    assert "ztv" in done.stderr
    assert "драйвера 'ztv' нет" in done.stderr
    assert "данные не тронуты" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
