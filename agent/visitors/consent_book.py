"""The consent ledger on its rows: read at the start and judged whole, added to in the order of the chain.

    rows ──first_bad──> a changed, missing or inserted row: nothing counts (no consent stands), and a person is told
         ──fold───────> Ledger ──appended(facts)──> rows for one commit ──took──> Ledger

A ledger that proves nothing lets nothing in: the shop then counts its visitors and knows none of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sensors.consent import chain
from sensors.consent.chain import Row
from sensors.consent.facts import ConsentFact
from sensors.consent.ledger import Consent, Ledger, NotAllowed, fold
from sync.visitor_store.visitor_batch import ConsentRow
from sync.visitor_store.visitor_store import VisitorStore


class ConsentBook:
    """`broken`: the number of the first row that is not as it was written; None for a whole ledger."""

    def __init__(self, store: VisitorStore) -> None:
        self._store = store
        self.ledger = Ledger()
        self.broken: int | None = None
        self._last: Row | None = None
        self._of: dict[str, list[Consent]] | None = None
        self.reload()

    def reload(self) -> None:
        """What the rows say, whatever was applied meanwhile."""
        rows = self.rows()
        self._of = None
        self.ledger, self._last = Ledger(), rows[-1] if rows else None
        self.broken = chain.first_bad(rows)
        if self.broken is not None:
            return
        try:
            self.ledger = fold(chain.facts(rows))
        except (NotAllowed, msgspec.DecodeError):
            # Whole, and yet no ledger: written by a newer version, or by nobody who knew how.
            self.broken = rows[-1].seq

    def rows(self) -> list[Row]:
        return [Row(one.seq, one.kind, one.body, one.body_hash, one.link) for one in self._store.consents()]

    def appended(self, facts: Sequence[ConsentFact]) -> list[Row]:
        """The rows that these facts become; nothing is kept yet."""
        return chain.appended(self._last, facts)

    def took(self, rows: Sequence[Row], facts: Sequence[ConsentFact]) -> None:
        """They are durable by now."""
        if rows:
            self._last = rows[-1]
        for fact in facts:
            self.ledger.apply(fact)
        self._of = None

    def apply(self, facts: Sequence[ConsentFact]) -> None:
        """Before they are durable: whoever calls has `reload` for the case that they never are."""
        for fact in facts:
            self.ledger.apply(fact)
        self._of = None

    def of(self, subject: str) -> list[Consent]:
        """Every consent of a person, ended ones too."""
        if self._of is None:
            self._of = {}
            for one in self.ledger.consents.values():
                self._of.setdefault(one.given.subject, []).append(one)
        return self._of.get(subject, [])

    def standing_of(self, subject: str) -> list[Consent]:
        """Oldest first."""
        found = [one for one in self.of(subject) if one.ended is None]
        return sorted(found, key=lambda one: (one.given.given_ms, one.given.consent_id))


def kept(rows: Sequence[Row]) -> tuple[ConsentRow, ...]:
    return tuple(ConsentRow(one.seq, one.kind, one.body, one.body_hash, one.link) for one in rows)
