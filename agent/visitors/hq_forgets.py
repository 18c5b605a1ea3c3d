"""What HQ is asked to forget: a fact in the outbox, told again until HQ says that it did, never twice in the queue.

    tombstone "c1@hq"  records phone:c1              ──> forget c1                     c1: the consent, HQ's `person`
                       records phone:c1, phone:p     ──> forget p as "c1@hq/before", forget c1
                       no such record (an older one) ──> forget p                      p: the pseudonym, told before

HQ answers each fact by its tombstone; nobody waits for the answer to "before", which is told and erased first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sensors.consent.facts import TombstoneSet
from sensors.consent.ledger import Consent
from sensors.identity.records import Kind, kind_of
from sync.store.batch import Outgoing
from sync.visitor_store.visitor_store import VisitorStore
from sync.wire.visit_facts import FORGET, STREAM, ForgetFact

BEFORE = "/before"
"""Behind the tombstone of a name that an older version used."""


class HqForgets:
    """`sent_ms`: when each tombstone was last put into the outbox, since this start; after one it is told anew."""

    def __init__(self, store: VisitorStore) -> None:
        self.sent_ms: dict[str, int] = {}
        self._seq: dict[str, int] = {}
        self._store = store

    def facts(self, tombstone: TombstoneSet, consent: Consent, now_ms: int) -> tuple[Outgoing, ...]:
        """`consent`: the one that ended. HQ is told why: a withdrawal is good for the whole chain."""
        own = [one.partition(":")[2] for one in tombstone.records if kind_of(one) is Kind.PHONE]
        named = own or [consent.given.subject]
        why = consent.ended.why.value if consent.ended is not None else ""
        last = named.index(tombstone.consent_id) if tombstone.consent_id in named else 0
        return (
            *(_fact(tombstone, one, BEFORE, why, now_ms) for at, one in enumerate(named) if at != last),
            _fact(tombstone, named[last], "", why, now_ms),
        )

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


def _fact(tombstone: TombstoneSet, person: str, mark: str, why: str, now_ms: int) -> Outgoing:
    told = ForgetFact(tombstone.tombstone + mark, person, tombstone.at_ms, why)
    return Outgoing(STREAM, f"forget/{told.tombstone}/{now_ms}", FORGET, 1, msgspec.json.encode(told))
