"""The arguments of a command, read one by one: a missing or wrong one is the page's mistake, said by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent.till.trade import TradeRefused

LONGEST_TEXT = 1024
"""A scanned code has at most some hundred characters."""
LONGEST_LIST = 100
"""No currency has so many kinds of notes and coins."""
GREATEST_WHOLE = 9_999_999_999
"""Ten digits of minor units or thousandths: what the registers' five-byte sums hold."""


class Arguments:
    """Raises TradeRefused("malformed") with the argument's name; nothing has happened then."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = told

    def text(self, name: str, default: str | None = None) -> str:
        value = self._told.get(name, default)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            raise TradeRefused("malformed", argument=name)
        return value

    def code(self, name: str) -> bytes:
        """Scanned bytes: characters up to FF are bytes; others (a wrong keyboard layout) go on as UTF-8 and are refused
        by what they are."""
        text = self.text(name)
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return text.encode("utf-8", "replace")

    def whole(self, name: str, default: int | None = None) -> int:
        """A whole number of minor units or thousandths, not negative."""
        value = self._told.get(name, default)
        if value is None and default is not None:
            value = default
        if not _is_whole(value):
            raise TradeRefused("malformed", argument=name)
        return int(value)

    def pairs(self, name: str) -> tuple[tuple[int, int], ...]:
        """A list of pairs of whole numbers, not negative; none when it is missing."""
        value = self._told.get(name, [])
        if not isinstance(value, list) or len(value) > LONGEST_LIST or not all(_is_pair(one) for one in value):
            raise TradeRefused("malformed", argument=name)
        return tuple((first, second) for first, second in value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of short words; none when it is missing."""
        value = self._told.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, str) and len(one) <= 40 for one in value):
            raise TradeRefused("malformed", argument=name)
        return tuple(value[:20])


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= GREATEST_WHOLE


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(_is_whole(one) for one in value)
