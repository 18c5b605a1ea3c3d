"""What HQ is asked to forget: a fact in the outbox, told again until HQ says that it did, never twice in the queue."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sensors.consent.facts import TombstoneSet
from sync.store.batch import Outgoing
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.visit_facts import STREAM, ForgetFact


class HqForgets:
    """`sent_ms`: when each tombstone was last put into the outbox, since this start; after one it is told anew."""

    def __init__(self, store: VisitorStore) -> None:
        self.sent_ms: dict[str, int] = {}
        self._seq: dict[str, int] = {}
        self._store = store

    def fact(self, tombstone: TombstoneSet, subject: str, now_ms: int) -> Outgoing:
        told = ForgetFact(tombstone.tombstone, subject, tombstone.at_ms)
        return Outgoing(STREAM, f"forget/{tombstone.tombstone}/{now_ms}", "forget", 1, msgspec.json.encode(told))

    def sent(self, tombstones: Sequence[TombstoneSet], now_ms: int) -> None:
        """They are durable in the outbox."""
        seq = self._store.outbox_head(STREAM)
        for one in tombstones:
            self.sent_ms[one.tombstone], self._seq[one.tombstone] = now_ms, seq

    def answered(self, tombstone: str) -> None:
        self.sent_ms.pop(tombstone, None)
        self._seq.pop(tombstone, None)

    def waits(self, tombstone: str) -> bool:
        """It has not left the outbox: a second one behind it would say nothing new, and HQ may be away for a month."""
        seq = self._seq.get(tombstone, 0)
        if seq <= self._store.outbox_ack(STREAM):
            return False
        return any(row.seq == seq for row in self._store.outbox_read(STREAM, seq - 1, 1, 1))
