"""The file of the device's key: whole at each moment, its owner's alone, and never replaced because it is damaged."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sync.enrolment import kept
from sync.enrolment.kept import FILE, Asked, Enrolment, Kept
from sync.store.failures import Damaged, DirectoryUnusable
from sync.wire.enrolment import CODE_ALPHABET, code_hash, code_of, read_code

ASKED = Asked("http://hq", "0" * 64, bytes(32))
ENROLLED = Enrolment(
    "http://hq", "0" * 64, "kazan-1", 2, bytes(range(32)), 1_795_251_600_000, bytes(32), "m", b"n" * 32
)


def test_what_is_kept_is_read_back(tmp_path: Path) -> None:
    keys = tmp_path / "data-keys"
    assert kept.read(keys) == Kept()
    kept.write(keys, Kept(ENROLLED, ASKED))
    assert kept.read(keys) == Kept(ENROLLED, ASKED)
    assert stat.S_IMODE((keys / FILE).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    assert [file.name for file in keys.iterdir()] == [FILE]
    assert not kept.readable_by_others(keys)
    (keys / FILE).chmod(0o640)
    assert kept.readable_by_others(keys)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"\xff",
        b'{"asked":{"url":"u","code_sha256":"c","seed":"AAAA"}}',
        msgspec.json.encode(Kept(msgspec.structs.replace(ENROLLED, next_seed=b"short"))),
    ],
)
def test_a_damaged_file_is_said_and_left(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / FILE).write_bytes(raw)
    with pytest.raises(Damaged, match=FILE):
        kept.read(tmp_path)
    assert (tmp_path / FILE).read_bytes() == raw


@pytest.mark.parametrize("step", ["fsync", "replace", "open"])
def test_a_disk_that_refuses_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    kept.write(tmp_path, Kept(None, ASKED))

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", refuse) if step == "replace" else patched.setattr(os, step, refuse)
        with pytest.raises(DirectoryUnusable):
            kept.write(tmp_path, Kept(ENROLLED))
    assert kept.read(tmp_path) == Kept(None, ASKED)
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_a_code_is_typed_as_a_person_types() -> None:
    code = code_of(bytes(range(40, 60)))
    assert len(code) == 19
    told = read_code(code)
    assert told is not None
    assert told == code.replace("-", "")
    assert read_code(f"  {code.lower()} ") == told
    assert read_code("oil0-1111-2222-3333") == "0110111122223333"
    assert code_hash(told) != code_hash("0110111122223333")
    for wrong in ("", "ABCD", code + "0", "UUUU-1111-2222-3333", "ЁЁЁЁ-1111-2222-3333"):
        assert read_code(wrong) is None
    assert len(CODE_ALPHABET) == 32
