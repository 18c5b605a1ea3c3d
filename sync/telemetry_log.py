"""The stream that is worth nothing tomorrow: how this device is now, kept in memory and never on the disk.

    tell -> newest (replaces what was not sent) -> numbered when it is read -> sent until HQ has it

Numbers go on where HQ's end: the handshake says where that is, so a restart, a restored box or a restored HQ need no
epoch. A disk that fills up has nothing to drop here, and a flash memory nothing to wear out by.
"""

from __future__ import annotations

from collections.abc import Callable

import anyio

from sync.store.batch import OutboxRow, OutboxState, Outgoing
from sync.wire.edge_log import GENESIS, chain


class TelemetryLog:
    """One stream, at most one numbered item and one that waits behind it."""

    def __init__(self, device: str, stream: str, now_ms: Callable[[], int]) -> None:
        self.device = device
        self.epoch = 1
        self._stream = stream
        self._now_ms = now_ms
        self._front: tuple[int, str] = (0, GENESIS)
        self._row: OutboxRow | None = None
        self._newest: tuple[Outgoing, int] | None = None
        self._news = anyio.Event()

    def tell(self, fact: Outgoing) -> None:
        """The last one told counts; what was told before and not sent is forgotten."""
        self._newest = (fact, self._now_ms())
        self._news.set()
        self._news = anyio.Event()

    def follow(self, stream: str, epoch: int, seq: int, hash: str) -> None:
        """HQ ends here: what is on its way goes again, behind it."""
        row, self._row = self._row, None
        self._front = (seq, hash)
        if row is not None and self._newest is None:
            self._newest = (Outgoing(stream, row.id, row.kind, row.v, row.body), row.at_ms)

    def news(self) -> anyio.Event:
        return self._news

    def outbox_read(self, stream: str, after_seq: int, limit: int, max_bytes: int) -> list[OutboxRow]:
        if self._row is None and self._newest is not None:
            (fact, at_ms), self._newest = self._newest, None
            seq, link = self._front
            link = chain(link, fact.id, fact.kind, fact.v, fact.body)
            self._row = OutboxRow(seq + 1, fact.id, fact.kind, fact.v, at_ms, link, fact.body)
        return [self._row] if self._row is not None and self._row.seq > after_seq else []

    def outbox_ack(self, stream: str) -> int:
        return self._front[0]

    def outbox_head(self, stream: str) -> int:
        return self._row.seq if self._row is not None else self._front[0]

    def outbox_hash(self, stream: str, seq: int) -> str | None:
        if self._row is not None and seq == self._row.seq:
            return self._row.hash
        return self._front[1] if seq == self._front[0] else None

    def outbox_state(self) -> list[OutboxState]:
        waiting = (self._row is not None) + (self._newest is not None)
        oldest = self._row.at_ms if self._row is not None else self._newest[1] if self._newest is not None else None
        return [OutboxState(self._stream, waiting, oldest)]

    async def outbox_acked(self, stream: str, ack: int) -> None:
        if self._row is not None and ack >= self._row.seq:
            self._front, self._row = (self._row.seq, self._row.hash), None

    def setting(self, key: str) -> bytes | None:
        return None

    async def outbox_note(self, key: str, value: bytes) -> None:
        """Nothing outlives this process."""

    async def begin_epoch(self, epoch: int) -> None:
        self.epoch = epoch
