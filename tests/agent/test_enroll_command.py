"""A shop that sold by itself becomes one of HQ's: real programs on real sockets, from the code to a signed report."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from processes import config, get, run, running

from agent.cli import main
from agent.daemon import as_owned, whose_data
from agent.enroll_command import SAID
from agent.hq_told import UNKNOWN_HQ
from agent.key_file import keys_beside
from agent.settings import Settings
from agent.settings_file import read_settings
from cloud_api.enrol_door import WHY
from sync.enrolment.enrolling import AWAY, BAD_CODE, NOT_HQ
from sync.enrolment.kept import FILE, read
from sync.store.store import LOCAL, open_store

REGISTER = {"kkt": ("shtrih_m", "tcp://127.0.0.1:1")}


def doctor(file: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What the doctor says of HQ."""
    capsys.readouterr()
    main(["doctor", "--config", str(file), "--json"])
    found = json.loads(capsys.readouterr().out)["findings"]
    told: dict[str, Any] = next(finding for finding in found if finding["about"] == "hq")
    return told


def office(agent: str) -> dict[str, Any]:
    leaves = get(f"{agent}/api/status")["leaves"]
    told: dict[str, Any] = next(each["queue"] for each in leaves if each["id"] == "office")
    return told


def until(holds: Callable[[], bool], within_s: float = 20.0) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return False


def enroll(file: Path, url: str, code: str) -> int:
    return main(["enroll", url, code, "--config", str(file)])


def test_from_selling_alone_to_a_revoked_device(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = f"sqlite:///{tmp_path / 'hq.db'}"
    with running(["cloud_api", "--database", database, "--port", "0"], "HQ ") as hq:
        url = hq.word_after("HQ ").removesuffix("/office")
        file = config(tmp_path, REGISTER, more=f'[hq]\nurl = "{url}"')
        keys = keys_beside(tmp_path / "data")

        with running(["agent", "agent", "--config", str(file)]) as alone:
            agent = alone.word_after("ready ").removesuffix("/till")
            assert office(agent)["note"]["code"] == "office_not_enrolled"
            assert get(f"{agent}/api/tills/1")["till"], "and the till is there to sell"
            told = doctor(file, capsys)
            assert "not know this till yet" in told["what"]["en"]
            assert "tillkeeper enroll" in told["do"]["ru"]
            assert enroll(file, url, "0000-0000-0000-0000") == 1
            assert "does not know this code" in capsys.readouterr().err
            made = run(["cloud_api", "enrol-code", "--database", database, "--store", "Казань", "--till", "Касса 1"])
            code = re.search(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}", made.stdout)
            assert code is not None, made
            assert enroll(file, url, code[0]) == 0
            said = capsys.readouterr().out
            assert "Касса 1, Казань" in said
            assert "Restart the agent" in said

        enrolled = read(keys).enrolled
        assert enrolled is not None
        assert stat.S_IMODE((keys / FILE).stat().st_mode) == 0o600
        with running(["agent", "agent", "--config", str(file)]) as known:
            agent = known.word_after("ready ").removesuffix("/till")
            assert until(lambda: get(f"{url}/v1/devices")[0]["seen_ms"] is not None)
            assert office(agent)["note"] is None
            assert "accepts the key" in doctor(file, capsys)["what"]["en"]
            device = get(f"{url}/v1/devices")[0]
            assert (device["device"], device["store"]) == (enrolled.device, "Казань")
        other = tmp_path / "elsewhere"
        other.mkdir()
        shutil.copytree(tmp_path / "data", other / "data")
        copied = config(other, REGISTER, more=f'[hq]\nurl = "{url}"')
        assert "not know this till yet" in doctor(copied, capsys)["what"]["en"], "a copy of the data cannot sign"
        (keys / FILE).write_text((keys / FILE).read_text().replace(enrolled.machine, "0" * 64))
        if enrolled.machine:
            assert "another machine" in doctor(file, capsys)["what"]["en"]
        assert run(["cloud_api", "revoke-device", "--database", database, "--device", enrolled.device]).returncode == 0
        (keys / FILE).chmod(0o644)
        capsys.readouterr()
        main(["doctor", "--config", str(file)])
        said = capsys.readouterr().out
        assert f"takes nothing from {enrolled.device} any more" in said
        assert "can be read by others" in said
        (keys / FILE).write_text("{")
        with running(["agent", "agent", "--config", str(file)]) as damaged:
            agent = damaged.word_after("ready ").removesuffix("/till")
            assert office(agent)["note"]["code"] == "office_not_enrolled"
            assert get(f"{agent}/api/tills/1")["till"], "its own data, and no key: it sells"
        assert "is damaged" in doctor(file, capsys)["what"]["en"]


def test_mistakes_are_said_and_nothing_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = config(tmp_path, REGISTER)
    for url, code, said in (
        ("http://127.0.0.1:1", "0000-0000-0000-0000", "HQ does not answer"),
        ("http://127.0.0.1:1", "none", "This is no code"),
        ("127.0.0.1", "0000-0000-0000-0000", "HQ does not answer"),
    ):
        assert enroll(file, url, code) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert said in told.err
        assert "the till sells as it did" in told.err
        assert "касса продаёт" in told.err
    assert read(keys_beside(tmp_path / "data")).enrolled is None
    (keys_beside(tmp_path / "data") / FILE).write_text("{")
    assert enroll(file, "http://127.0.0.1:1", "0000-0000-0000-0000") == 2
    assert "повреждён" in capsys.readouterr().err
    assert enroll(tmp_path / "none.toml", "http://127.0.0.1:1", "0000-0000-0000-0000") == 2


async def sold_as(directory: Path, device: str, epoch: int) -> None:
    async with open_store(directory, device=device, epoch=epoch, now_ms=lambda: 5):
        pass


async def owner(settings: Settings) -> tuple[str, int, str]:
    """Whose the data are when the agent has opened them, and the HQ that its screens say it has no code for."""
    device, epoch = whose_data(settings)
    async with open_store(settings.directory, device=device, epoch=epoch, now_ms=lambda: 5) as store:
        return store.device, store.epoch, as_owned(settings, store.device).not_enrolled_at


def test_data_without_their_key_are_gone_on_with(tmp_path: Path) -> None:
    """A new machine with the old one's data: it sells as that device until it has a code, and reaches nobody."""
    anyio.run(sold_as, tmp_path / "data", "kazan-1", 2)
    waits = read_settings(config(tmp_path, REGISTER, more='[hq]\nurl = "http://hq"'))
    assert (waits.hq, waits.not_enrolled_at) == (None, "http://hq")
    assert anyio.run(owner, waits) == ("kazan-1", 2, "http://hq")
    (tmp_path / "new").mkdir()
    new = read_settings(config(tmp_path / "new", REGISTER, more='[hq]\nurl = "http://hq"'))
    assert anyio.run(owner, new) == (LOCAL, 1, "http://hq")
    (tmp_path / "alone").mkdir()
    assert anyio.run(owner, read_settings(config(tmp_path / "alone", REGISTER))) == (LOCAL, 1, "")


def test_a_lost_key_closes_no_shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Keys lie outside backups, and the settings may never have said a word of HQ."""
    anyio.run(sold_as, tmp_path / "data", "kazan-1", 2)
    file = config(tmp_path, REGISTER)
    assert anyio.run(owner, read_settings(file)) == ("kazan-1", 2, UNKNOWN_HQ)
    assert "not know this till yet" in doctor(file, capsys)["what"]["en"]
    with running(["agent", "agent", "--config", str(file)]) as alone:
        agent = alone.word_after("ready ").removesuffix("/till")
        assert get(f"{agent}/api/tills/1")["till"]
        assert office(agent)["note"]["code"] == "office_not_enrolled"


def test_who_does_not_own_the_data_does_not_enrol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The agent's own user could not read the key."""
    monkeypatch.setattr("agent.enroll_command.foreign_owner", lambda _: "42")
    assert enroll(config(tmp_path, REGISTER), "http://127.0.0.1:1", "0000-0000-0000-0000") == 2
    assert "run the command as that user" in capsys.readouterr().err
    assert not keys_beside(tmp_path / "data").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a directory away")
@pytest.mark.parametrize("command", ["enroll", "restore"])
def test_root_makes_no_key_that_the_service_cannot_read(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new machine: the service has its directory for keys, and no data yet."""
    keys = keys_beside(tmp_path / "data")
    keys.mkdir()
    os.chown(keys, 4242, 4242)
    file, code = config(tmp_path, REGISTER), ("http://127.0.0.1:1", "0000-0000-0000-0000")
    done = {"enroll": ["enroll", *code], "restore": ["restore", *code, "--no-backup"]}[command]
    assert main([*done, "--config", str(file)]) == 2
    assert "belong to the user 4242: run the command as that user" in capsys.readouterr().err
    assert list(keys.iterdir()) == []
    assert not (tmp_path / "data").exists()


def test_another_name_in_the_settings_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = keys_beside(tmp_path / "data")
    keys.mkdir()
    kept = (
        '{"enrolled":{"url":"http://hq","code_sha256":"c","device":"a","epoch":1,"seed":"%s","keyed_ms":1,"hq_key":""}}'
    )
    (keys / FILE).write_text(kept % ("A" * 43 + "="))
    file = config(tmp_path, REGISTER, more='[hq]\ndevice = "b"\nkey_file = "none"')
    assert main(["doctor", "--config", str(file)]) == 2
    assert "HQ's code was for 'a'" in capsys.readouterr().out


def test_every_refusal_of_hq_has_its_words() -> None:
    known = {denied.value for denied in WHY} - {"key_taken"}  # a device makes a new key for each code
    assert known | {AWAY, BAD_CODE, NOT_HQ, "too_many"} == set(SAID)
