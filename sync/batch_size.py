"""How many items go at once: one step more after each batch that was taken, half as many after one that was not.

Additive increase, multiplicative decrease, as TCP does it: many boxes on one HQ come to a fair share by themselves.
Kept over restarts, or a box that is cut off by its own batches would begin with the largest again.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.wire.edge_log import MAX_ITEMS

STEP = 25
"""From one item to MAX_ITEMS in twenty batches, a second or two on a good line."""


@dataclass(slots=True)
class BatchSize:
    """`items` to send at the most, `allowed` by HQ."""

    items: int = MAX_ITEMS
    allowed: int = MAX_ITEMS

    @staticmethod
    def read(kept: bytes | None) -> BatchSize:
        """As `kept` tells; a value that is none of ours counts as nothing."""
        told = (kept or b"").decode(errors="replace")
        return BatchSize(max(1, min(MAX_ITEMS, int(told)))) if told.isascii() and told.isdecimal() else BatchSize()

    def written(self) -> bytes:
        return str(self.items).encode()

    def taken(self, allowed: int) -> bool:
        """HQ took a batch and says what it allows; True if the size has changed."""
        before = self.items
        self.allowed = max(1, min(MAX_ITEMS, allowed))
        self.items = min(self.allowed, self.items + STEP)
        return self.items != before

    def refused(self, sent: int) -> bool:
        """HQ was busy, found it too much or did not answer in time; True if the size has changed."""
        before = self.items
        self.items = max(1, min(self.items, sent) // 2)
        return self.items != before
