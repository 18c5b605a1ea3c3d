"""The consent ledger on its rows: read at the start and judged whole, added to in the order of the chain.

    rows ──first_bad──> a changed, missing or inserted row: nothing counts (no consent stands), and a person is told
         ──fold───────> Ledger ──appended(facts)──> rows for one commit ──took──> Ledger

A ledger that proves nothing lets nothing in: the shop then counts its visitors and knows none of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import msgspec

from sensors.consent import chain
from sensors.consent.chain import Row
from sensors.consent.facts import ConsentFact, Purpose, TombstoneDone, fact_of
from sensors.consent.ledger import Consent, Ledger, NotAllowed, fold
from sensors.identity.records import Kind, kind_of
from sync.visitor_store.visitor_batch import ConsentRow
from sync.visitor_store.visitor_store import VisitorStore


class ConsentBook:
    """`broken`: the number of the first row that is not as it was written; None for a whole ledger."""

    def __init__(self, store: VisitorStore) -> None:
        self._store = store
        self.ledger = Ledger()
        self.broken: int | None = None
        self._last: Row | None = None
        self._rows: dict[str, list[Row]] = {}  # of each consent: those that hold keys, and what acknowledged them
        self._index: _Index | None = None
        self.reload()

    def reload(self) -> None:
        """What the rows say, whatever was applied meanwhile."""
        rows = [Row(one.seq, one.kind, one.body, one.body_hash, one.link) for one in self._store.consents()]
        self._index = None
        self.ledger, self._last, self._rows = Ledger(), rows[-1] if rows else None, {}
        self.broken = chain.first_bad(rows)
        if self.broken is not None:
            return
        try:
            self.ledger = fold(chain.facts(rows))
        except (NotAllowed, msgspec.DecodeError):
            # Whole, and yet no ledger: written by a newer version, or by nobody who knew how.
            self.broken = rows[-1].seq
            return
        self._remember(rows)

    def appended(self, facts: Sequence[ConsentFact]) -> list[Row]:
        """The rows that these facts become; nothing is kept yet."""
        return chain.appended(self._last, facts)

    def took(self, rows: Sequence[Row], facts: Sequence[ConsentFact]) -> None:
        """They are durable by now."""
        if rows:
            self._last = rows[-1]
            self._remember(rows)
        for fact in facts:
            self.ledger.apply(fact)
        self._index = None

    def erasable(self, done: Sequence[Row]) -> list[int]:
        """Rows whose bodies are to be erased with these acknowledgements (chain.erasable, of their consents alone)."""
        consents = {self._consent_of(row) for row in done}
        held = [row for one in consents for row in self._rows.get(one, ())]
        return chain.erasable(sorted([*held, *done], key=lambda row: row.seq))

    def erased(self, seqs: Collection[int]) -> None:
        """Their bodies are gone from the rows, and now from memory: what a fold of the rows would not say any more."""
        for consent_id in [one for one, rows in self._rows.items() if any(row.seq in seqs for row in rows)]:
            self._rows[consent_id] = [row for row in self._rows[consent_id] if row.seq not in seqs]
            consent = self.ledger.consents[consent_id]
            consent.records.clear()
            for tombstone in consent.tombstones:
                self.ledger.of_tombstone.pop(tombstone, None)
            consent.tombstones.clear()
        self._index = None

    def apply(self, facts: Sequence[ConsentFact]) -> None:
        """Before they are durable: whoever calls has `reload` for the case that they never are."""
        for fact in facts:
            self.ledger.apply(fact)
        self._index = None

    def _remember(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if row.body is not None and (row.kind in chain.ERASABLE or row.kind == "tombstone_done"):
                self._rows.setdefault(self._consent_of(row), []).append(row)

    @staticmethod
    def _consent_of(row: Row) -> str:
        fact = fact_of(row.body or b"")
        return fact.tombstone.rpartition("@")[0] if isinstance(fact, TombstoneDone) else fact.consent_id

    def of(self, subject: str) -> list[Consent]:
        """Every consent of a person, ended ones too."""
        return self._by().of.get(subject, [])

    def standing_of(self, subject: str) -> list[Consent]:
        """Oldest first."""
        found = [one for one in self.of(subject) if one.ended is None]
        return sorted(found, key=lambda one: (one.given.given_ms, one.given.consent_id))

    def holding(self, record: str) -> list[Consent]:
        """Standing consents that have this record."""
        return self._by().holding.get(record, [])

    def known_keys(self) -> frozenset[str]:
        """Keys of devices, without the record's kind."""
        return self._by().keys

    def _by(self) -> _Index:
        if self._index is None:
            self._index = _Index(self.ledger)
        return self._index


class _Index:
    """The ledger by person and by record, made anew after each change: a few milliseconds with thousands of people."""

    def __init__(self, ledger: Ledger) -> None:
        self.of: dict[str, list[Consent]] = {}
        self.holding: dict[str, list[Consent]] = {}
        keys: set[str] = set()
        for one in ledger.consents.values():
            self.of.setdefault(one.given.subject, []).append(one)
            if one.ended is not None:
                continue
            for record in one.records:
                self.holding.setdefault(record, []).append(one)
                if one.given.purpose is Purpose.WIFI_ID and kind_of(record) is Kind.MAC:
                    keys.add(record.partition(":")[2])
        self.keys = frozenset(keys)


def kept(rows: Sequence[Row]) -> tuple[ConsentRow, ...]:
    return tuple(ConsentRow(one.seq, one.kind, one.body, one.body_hash, one.link) for one in rows)
