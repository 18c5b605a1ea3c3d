"""Runs a coroutine that never waits, such as any work on HQ's SQLite storage, without an event loop."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from cloud_api.storage.storage import Reading

T = TypeVar("T")


def at_once(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. AssertionError if it waits for anything: SQLite's storage must not."""
    try:
        work.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    work.close()
    raise AssertionError("work on SQLite's storage waited for something")


class AtOnce:
    """SQLite's storage as it is asked where nothing can be awaited."""

    def __init__(self, storage: Reading) -> None:
        self._storage = storage

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return at_once(self._storage.rows(sql, values))

    def number(self, sql: str, values: Sequence[Any] = ()) -> int:
        return at_once(self._storage.number(sql, values))
