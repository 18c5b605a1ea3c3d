"""`tillkeeper hq ...` reaches the program that knows the word."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from agent import cli

DATABASE = ["--database", "sqlite:///hq.sqlite"]


@pytest.mark.parametrize(
    ("told", "program", "word"),
    [
        (["migrate"], "cloud_api", "migrate"),
        (["enrol-code", "--store", "S", "--till", "T"], "cloud_api", "enrol-code"),
        (["revoke-device", "--device", "D"], "cloud_api", "revoke-device"),
        ([], "cloud_api", "serve"),
        (["key", "list"], "cloud_api.access", "key"),
        (["publish"], "cloud_api.telling", "publish"),
    ],
)
def test_each_word_of_hq_reaches_its_program(
    told: list[str], program: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[bytes]:
        started.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert cli.main(["hq", *told, *DATABASE]) == 0
    ((_, _, name, first, *rest),) = started
    assert (name, first) == (program, word)
    assert rest[-1] == DATABASE[1] or "sqlite:///hq.sqlite" in rest
