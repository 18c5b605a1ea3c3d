"""Structured fields are read strictly, written one way, and nothing that comes over the wire breaks the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.wire.structured_fields import InnerList, Item, Malformed, Token, read_dictionary, write


def test_a_signature_input_as_the_rfc_prints_it() -> None:
    told = read_dictionary('sig1=("@method" "@path");created=1618884473;keyid="a\\"b";x;y=?0;z=tok, d=:AAEC:, e, n=-7')
    member = told["sig1"]
    assert isinstance(member, InnerList)
    assert [item.value for item in member.items] == ["@method", "@path"]
    assert member.parameters == {"created": 1618884473, "keyid": 'a"b', "x": True, "y": False, "z": Token("tok")}
    assert type(member.parameters["z"]) is Token
    assert told["d"] == Item(b"\x00\x01\x02")
    assert told["e"] == Item(True)
    assert told["n"] == Item(-7)
    assert write(member) == '("@method" "@path");created=1618884473;keyid="a\\"b";x;y=?0;z=tok'


@pytest.mark.parametrize(
    "text",
    [
        "a=1,",
        "a=1 b=2",
        "a=1, a=2",
        "a=1;p=1;p=2",
        "A=1",
        "=1",
        "a=",
        "a=(",
        'a=("x""y")',
        'a=("x"',
        'a="x',
        'a="\\x"',
        'a="ё"',
        "a=1.5",
        "a=1234567890123456",
        "a=:AB:",
        "a=:AAF=:",
        "a=:=AAA:",
        "a=:AA AA=:",
        "a=?2",
        "a=\t1",
        "a=1" + " " * 9_000,
        ", ".join(f"a{n}=1" for n in range(40)),
        "a=(" + " ".join("1" for _ in range(40)) + ")",
    ],
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        read_dictionary(text)


def test_a_string_that_cannot_be_written_is_refused() -> None:
    with pytest.raises(Malformed):
        write(Item("line\nbreak"))


BARE = st.one_of(
    st.booleans(),
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    st.binary(max_size=40),
    st.from_regex(r"[A-Za-z*][A-Za-z0-9:/!#]{0,9}", fullmatch=True).map(Token),
)
NAMES = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,8}", fullmatch=True)
PARAMETERS = st.dictionaries(NAMES, BARE, max_size=4)
ITEMS = st.builds(Item, BARE, PARAMETERS)
MEMBERS = st.one_of(ITEMS, st.builds(InnerList, st.lists(ITEMS, max_size=4).map(tuple), PARAMETERS))


@given(st.dictionaries(NAMES, MEMBERS, max_size=4))
def test_what_is_written_is_read_back(told: dict[str, Item | InnerList]) -> None:
    assert read_dictionary(", ".join(f"{name}={write(member)}" for name, member in told.items())) == told


@given(st.text(st.sampled_from('abz0-9=;:?"\\(), \t*.é'), max_size=60))
def test_anything_is_a_dictionary_or_refused(text: str) -> None:
    try:
        told = read_dictionary(text)
    except Malformed:
        return
    again = ", ".join(f"{name}={write(member)}" for name, member in told.items())
    assert read_dictionary(again) == told
