"""Lines of JSON: any bytes are a message, not yet one, or garbled; any split gives the same messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import Garbled
from drivers.wire.lines import JsonLines, encode_line, text, whole

GRAMMAR = JsonLines()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_garbled(heard: bytes) -> None:
    for line in (heard, b'{"n":' + heard + b"\n"):
        try:
            cut = GRAMMAR.cut(line)
        except Garbled:
            continue
        assert cut is None or isinstance(cut[0], dict)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=9)), max_size=4))
def test_byte_by_byte_gives_the_same_messages(messages: list[dict[str, object]]) -> None:
    heard, found = b"", []
    for byte in b"".join(encode_line(message) for message in messages):
        heard += bytes([byte])
        if (cut := GRAMMAR.cut(heard)) is not None:
            found.append(cut[0])
            heard = cut[1]
    assert found == messages


@pytest.mark.parametrize(
    "line", [b"[1]\n", b"1\n", b"{\n", b"[" * 4000 + b"\n", b"x" * 4096, b"\xff\n", b"{}" * 3 + b"\n"]
)
def test_what_is_no_message_is_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        GRAMMAR.cut(line)


def test_empty_lines_are_skipped_and_the_rest_is_kept() -> None:
    assert GRAMMAR.cut(b'\r\n\n{"n":1}\r\n{"n"') == ({"n": 1}, b'{"n"')
    assert GRAMMAR.cut(b"\n") is None


def test_members_are_what_they_say() -> None:
    message = {"a": "x", "n": 3, "b": True, "none": None, "f": 1.0}
    assert (text(message, "a"), text(message, "none", "y"), whole(message, "n"), whole(message, "gone", 4)) == (
        "x",
        "y",
        3,
        4,
    )
    for name in ("a", "b", "none", "f", "gone"):
        with pytest.raises(Garbled):
            whole(message, name)
    with pytest.raises(Garbled):
        text(message, "n")


def test_a_line_the_other_side_would_refuse_is_not_made() -> None:
    with pytest.raises(ValueError, match="a line of"):
        encode_line({"code": "x" * 4096})
