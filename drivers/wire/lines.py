"""Lines of JSON over a stream: one object a line of UTF-8, ended by a line feed, at most 4,096 bytes.

    {"n":1,"do":"state"}\\n        {"n":1,"ready":true,...}\\n

Shared by the drivers of the project's own small protocols (CONFIRM.md, LOCAL_LINE.md).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from drivers.errors import Garbled

LONGEST_LINE = 4096  # with its line feed, as both protocols say

Message = dict[str, Any]


def encode_line(message: Mapping[str, Any]) -> bytes:
    """The bytes on the wire. ValueError if the line is longer than the other side accepts."""
    line = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
    if len(line) > LONGEST_LINE:
        raise ValueError(f"a line of {len(line)} bytes")
    return line


class JsonLines:
    """Cuts JSON objects; empty lines are skipped, anything else is Garbled."""

    def cut(self, heard: bytes) -> tuple[Message, bytes] | None:
        rest = heard.lstrip(b"\r\n")
        line, ended, rest = rest.partition(b"\n")
        if len(line) >= LONGEST_LINE:
            raise Garbled(f"a line longer than {LONGEST_LINE} bytes")
        if not ended:
            return None
        try:
            message = json.loads(line)
        # A few thousand opening brackets are a legal line and too deep to read.
        except (ValueError, RecursionError) as trouble:
            raise Garbled(f"not a line of JSON: {type(trouble).__name__}") from trouble
        if not isinstance(message, dict):
            raise Garbled("a line of JSON that is not an object")
        return message, rest


def text(message: Message, name: str, otherwise: str = "") -> str:
    """A text member, `otherwise` if it is absent or null. Garbled if it is something else."""
    value = message.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, str):
        raise Garbled(f"{name} is not text")
    return value


def whole(message: Message, name: str, otherwise: int | None = None) -> int:
    """A whole number. Garbled if it is something else, or absent without `otherwise`."""
    value = message.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Garbled(f"{name} is not a whole number")
    return value
