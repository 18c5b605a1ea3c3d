"""Structured field values of HTTP (RFC 8941): the part that signatures need, read strictly and written one way.

    dictionary   label=(…);created=1618884473;keyid="…", other=:YmFzZTY0:
    inner list   ("@method" "content-digest");created=1618884473;nonce="…"
    bare items   integer, "string", token, :bytes:, ?1

Stricter than the RFC where leniency would only help a forger: a name that stands twice is an error (the RFC takes the
last), and so is padding that does not belong to the bytes. Decimals and dates are no part of this protocol.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

LONGEST = 8 * 1024  # characters; a signature has some 300
MOST_MEMBERS = 32  # of a list or a dictionary, and parameters of an item

_KEY = re.compile(r"[a-z*][a-z0-9_\-.*]*")
_INTEGER = re.compile(r"-?[0-9]{1,15}(?![0-9.])")
_STRING = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*")
_BYTES = re.compile(r":([A-Za-z0-9+/]*={0,2}):")
_BOOLEAN = re.compile(r"\?([01])")
_WRITABLE = re.compile(r"[ -~]*")


class Malformed(ValueError):
    """Not a structured field of this kind; `str()` says where."""


class Token(str):
    """A bare word, which is not the same as a string with these characters."""

    __slots__ = ()


Bare = int | str | Token | bytes | bool
Parameters = Mapping[str, Bare]


@dataclass(frozen=True, slots=True)
class Item:
    value: Bare
    parameters: Parameters = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class InnerList:
    items: tuple[Item, ...]
    parameters: Parameters = field(default_factory=dict)


Member = Item | InnerList


def read_dictionary(text: str) -> dict[str, Member]:
    """The members by name, in order. Raises Malformed."""
    if len(text) > LONGEST:
        raise Malformed(f"longer than {LONGEST} characters")
    reader = _Reader(text.strip(" "))
    found: dict[str, Member] = {}
    while not reader.ended:
        name = reader.key()
        if name in found or len(found) >= MOST_MEMBERS:
            raise Malformed(f"{name} stands twice, or there are too many")
        found[name] = reader.member() if reader.took("=") else Item(True, reader.parameters())
        reader.spaces(" \t")
        if reader.ended:
            break
        reader.demand(",")
        reader.spaces(" \t")
        if reader.ended:
            raise Malformed("ends with a comma")
    return found


def write(member: Member) -> str:
    """The one way of writing a member. Raises Malformed for a string with other characters than ASCII's printable."""
    if isinstance(member, InnerList):
        return f"({' '.join(write(item) for item in member.items)}){written(member.parameters)}"
    return _bare(member.value) + written(member.parameters)


def written(parameters: Parameters) -> str:
    """The parameters of a member, as they stand after it."""
    return "".join(f";{name}" if value is True else f";{name}={_bare(value)}" for name, value in parameters.items())


def _bare(value: Bare) -> str:
    if isinstance(value, bool):
        return "?1" if value else "?0"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return f":{base64.b64encode(value).decode('ascii')}:"
    if isinstance(value, Token):
        return str(value)
    if _WRITABLE.fullmatch(value) is None:
        raise Malformed("a string has printable ASCII only")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Reader:
    """A place in a text, moved on by what is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def ended(self) -> bool:
        return self._at >= len(self._text)

    def took(self, character: str) -> bool:
        if self._text[self._at : self._at + 1] != character:
            return False
        self._at += 1
        return True

    def demand(self, character: str) -> None:
        if not self.took(character):
            raise Malformed(f"{character!r} is missing at {self._at}")

    def spaces(self, which: str = " ") -> int:
        begin = self._at
        while not self.ended and self._text[self._at] in which:
            self._at += 1
        return self._at - begin

    def key(self) -> str:
        return self._match(_KEY, "a name").group()

    def member(self) -> Member:
        return self._inner_list() if self._text[self._at : self._at + 1] == "(" else self._item()

    def parameters(self) -> dict[str, Bare]:
        found: dict[str, Bare] = {}
        while self.took(";"):
            self.spaces()
            name = self.key()
            if name in found or len(found) >= MOST_MEMBERS:
                raise Malformed(f"{name} stands twice, or there are too many")
            found[name] = self._bare_item() if self.took("=") else True
        return found

    def _inner_list(self) -> InnerList:
        self.demand("(")
        items: list[Item] = []
        while True:
            spaced = self.spaces() > 0
            if self.took(")"):
                return InnerList(tuple(items), self.parameters())
            if items and not spaced:
                raise Malformed(f"a space is missing at {self._at}")
            if len(items) >= MOST_MEMBERS:
                raise Malformed("too many items")
            items.append(self._item())

    def _item(self) -> Item:
        value = self._bare_item()
        return Item(value, self.parameters())

    def _bare_item(self) -> Bare:
        first = self._text[self._at : self._at + 1]
        if first == '"':
            return re.sub(r"\\(.)", r"\1", self._match(_STRING, "a string")[1])
        if first == ":":
            return _decoded(self._match(_BYTES, "bytes")[1])
        if first == "?":
            return self._match(_BOOLEAN, "a boolean")[1] == "1"
        if first == "-" or (first.isascii() and first.isdigit()):
            return int(self._match(_INTEGER, "an integer").group())
        return Token(self._match(_TOKEN, "a value").group())

    def _match(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        found = pattern.match(self._text, self._at)
        if found is None:
            raise Malformed(f"no {what.removeprefix('a ').removeprefix('an ')} at {self._at}")
        self._at = found.end()
        return found


def _decoded(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Malformed("not base64") from None
    if base64.b64encode(raw).decode("ascii") != text:
        raise Malformed("base64 with bits left over")
    return raw
