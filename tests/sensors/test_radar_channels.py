"""The helper of the radio: which commands it gives, in what order, and what it says when one is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from sensors.radar import channels
from sensors.radar.channels import channels_of, hop, main

MAKE = "iw dev wlan1 interface add mon9 type monitor"


class Commands:
    """Takes commands; refuses the ones that hold a word, or all after so many."""

    def __init__(self, refused: str = "", most: int = 1 << 30) -> None:
        self.given: list[str] = []
        self._refused = refused
        self._most = most

    def __call__(self, command: Sequence[str]) -> str:
        self.given.append(" ".join(command))
        refused = (self._refused and self._refused in self.given[-1]) or len(self.given) > self._most
        return "Device or resource busy (-16)" if refused else ""


def test_channels_are_read_and_checked() -> None:
    assert channels_of("6") == (6,)
    assert channels_of("1,6,11,36") == (1, 6, 11, 36)
    for wrong in ("", "0", "15", "6,6", "6;7", "six", "37"):
        with pytest.raises(ValueError):  # noqa: PT011 (int's own words and ours)
            channels_of(wrong)


def test_a_fixed_channel_is_set_once() -> None:
    do = Commands()
    assert main(["--device", "wlan1", "--monitor", "mon9", "--channels", "11"], do) == 0
    assert do.given == [MAKE, "ip link set mon9 up", "iw dev mon9 set channel 11"]


def test_a_monitor_interface_that_is_there_is_not_made_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mon9").mkdir()
    monkeypatch.setattr(channels, "NETWORKS", tmp_path)
    do = Commands()
    assert main(["--device", "wlan1", "--monitor", "mon9"], do) == 0
    assert do.given == ["iw dev mon9 set channel 6"]


def test_hopping_goes_round_until_a_channel_cannot_be_set() -> None:
    do, slept = Commands(most=7), list[float]()
    assert hop("mon9", (1, 6, 11), 0.3, do, slept.append) == "Device or resource busy (-16)"
    assert [command.split()[-1] for command in do.given] == ["1", "6", "11", "1", "6", "11", "1", "6"]
    assert slept == [0.3] * 7


def test_what_is_refused_is_said_in_two_languages(capsys: pytest.CaptureFixture[str]) -> None:
    for word in ("add", "up", "channel"):
        assert main(["--device", "wlan1", "--monitor", "mon9"], Commands(word)) == 1
        russian, english = capsys.readouterr().err.splitlines()
        assert "Радио не настроено" in russian
        assert "busy" in english
    assert main(["--monitor", "mon9", "--channels", "1,6", "--dwell-ms", "1"], Commands(most=4)) == 1


def test_no_command_lets_the_radio_answer_or_send() -> None:
    do = Commands()
    main(["--device", "wlan1", "--monitor", "mon9"], do)
    assert not [command for command in do.given if "active" in command or "flags" in command or "txpower" in command]


def test_a_program_that_is_missing_or_fails_is_words_and_no_exception() -> None:
    assert "No such file" in channels.run(["/nonexistent/iw"])
    assert channels.run(["false"]) == "code 1"
    assert channels.run(["true"]) == ""
