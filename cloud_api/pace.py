"""How often somebody may ask: a bucket each, refilled evenly; who was not heard for long is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Bucket:
    left: float
    at_ms: int


class Pace:
    """`burst` at once, then `per_s` a second, for each name; at most `names` are remembered, the latest ones."""

    def __init__(self, burst: int, per_s: float, now_ms: Callable[[], int], *, names: int = 20_000) -> None:
        self._burst = burst
        self._per_s = per_s
        self._now_ms = now_ms
        self._names = names
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def wait_s(self, name: str) -> int:
        """0: it may ask now. Otherwise in so many whole seconds."""
        left = self._bucket(name).left
        return 0 if left >= 1 else int((1 - left) / self._per_s) + 1

    def spend(self, name: str) -> None:
        bucket = self._bucket(name)
        bucket.left = max(0.0, bucket.left - 1)

    def give_back(self, name: str) -> None:
        bucket = self._bucket(name)
        bucket.left = min(float(self._burst), bucket.left + 1)

    def _bucket(self, name: str) -> _Bucket:
        now_ms = self._now_ms()
        bucket = self._buckets.pop(name, None) or _Bucket(float(self._burst), now_ms)
        gained = max(0, now_ms - bucket.at_ms) / 1000 * self._per_s
        bucket.left, bucket.at_ms = min(float(self._burst), bucket.left + gained), now_ms
        self._buckets[name] = bucket
        while len(self._buckets) > self._names:
            self._buckets.popitem(last=False)
        return bucket
