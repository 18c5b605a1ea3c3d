"""Lines of JSON on a stream: one object a line, at most 4,096 bytes, ended by a line feed."""

from __future__ import annotations

import json
from typing import Any

LIMIT = 4096


class JsonLines:
    """Cuts objects off a stream; a line that is none, or too long, comes out as None."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._skipping = False  # inside a line that was too long

    def feed(self, data: bytes) -> list[dict[str, Any] | None]:
        found: list[dict[str, Any] | None] = []
        self._waiting += data
        while (end := self._waiting.find(b"\n")) >= 0:
            line = bytes(self._waiting[:end])
            del self._waiting[: end + 1]
            if not self._skipping:
                found.append(read(line))
            self._skipping = False
        if len(self._waiting) >= LIMIT:
            if not self._skipping:
                found.append(None)
            self._skipping = True
            self._waiting.clear()
        return found


def read(line: bytes) -> dict[str, Any] | None:
    """The object of one line, or None."""
    if len(line) >= LIMIT:
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def write(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
