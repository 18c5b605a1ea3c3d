"""What the consent ledger says now: each consent as the fold of its facts, and what may be done under it.

    STANDING ── Ended ──> ENDING ── every tombstone acknowledged ──> ERASED

A fact told twice changes nothing. What cannot follow is refused, so that it never reaches the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from sensors.consent.facts import Bound, ConsentFact, Ended, Given, Purpose, TombstoneDone, TombstoneSet


class Phase(Enum):
    STANDING = "standing"
    ENDING = "ending"
    ERASED = "erased"


class NotAllowed(Exception):
    """The fact cannot follow what the ledger holds; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(slots=True)
class Consent:
    """One consent. `records` are what hangs on it; empty again once their bodies are erased."""

    given: Given
    ended: Ended | None = None
    records: dict[str, int] = field(default_factory=dict)
    """Each bound record and when."""
    tombstones: dict[str, TombstoneSet] = field(default_factory=dict)
    done: dict[str, TombstoneDone] = field(default_factory=dict)

    @property
    def phase(self) -> Phase:
        if self.ended is None:
            return Phase.STANDING
        return Phase.ERASED if self.done and self.tombstones.keys() <= self.done.keys() else Phase.ENDING


@dataclass(slots=True)
class Ledger:
    consents: dict[str, Consent] = field(default_factory=dict)
    of_tombstone: dict[str, str] = field(default_factory=dict)
    """The consent of each tombstone."""

    def apply(self, fact: ConsentFact) -> None:
        """Raises NotAllowed."""
        match fact:
            case Given():
                self._given(fact)
            case Bound():
                consent = self._consent(fact.consent_id)
                if consent.ended is not None and fact.record not in consent.records:
                    raise NotAllowed("consent_ended")
                consent.records.setdefault(fact.record, fact.at_ms)
            case Ended():
                consent = self._consent(fact.consent_id)
                consent.ended = consent.ended or fact
            case TombstoneSet():
                consent = self._consent(fact.consent_id)
                if consent.ended is None:
                    raise NotAllowed("consent_standing")
                consent.tombstones.setdefault(fact.tombstone, fact)
                self.of_tombstone[fact.tombstone] = fact.consent_id
            case TombstoneDone():
                self._done(fact)

    def standing(self, subject: str, purpose: Purpose) -> Consent | None:
        """The newest consent of this person to this purpose that has not ended."""
        found = [one for one in self.of_subject(subject) if one.given.purpose is purpose and one.ended is None]
        return max(found, key=lambda one: (one.given.given_ms, one.given.consent_id), default=None)

    def of_subject(self, subject: str) -> Iterator[Consent]:
        return (one for one in self.consents.values() if one.given.subject == subject)

    def ended_ids(self) -> frozenset[str]:
        """Consents on which nothing may stand any more."""
        return frozenset(id for id, one in self.consents.items() if one.ended is not None)

    def pending(self) -> Iterator[TombstoneSet]:
        """Erasures that a place has not acknowledged yet, oldest first."""
        every = (
            tombstone
            for consent in self.consents.values()
            for tombstone in consent.tombstones.values()
            if tombstone.tombstone not in consent.done
        )
        return iter(sorted(every, key=lambda one: (one.at_ms, one.tombstone)))

    def holds_elsewhere(self, record: str, consent_id: str) -> bool:
        """Another standing consent has this record too: a family's device, of which one member withdrew."""
        return any(record in one.records and one.ended is None for id, one in self.consents.items() if id != consent_id)

    def _consent(self, consent_id: str) -> Consent:
        found = self.consents.get(consent_id)
        if found is None:
            raise NotAllowed("consent_unknown")
        return found

    def _given(self, fact: Given) -> None:
        known = self.consents.get(fact.consent_id)
        if known is None:
            self.consents[fact.consent_id] = Consent(fact)
        elif known.given != fact:
            raise NotAllowed("consent_id_taken")

    def _done(self, fact: TombstoneDone) -> None:
        consent_id = self.of_tombstone.get(fact.tombstone)
        if consent_id is None:
            # Its tombstone's body was erased after the last acknowledgement: which consent it was is in its id.
            consent_id = fact.tombstone.rpartition("@")[0]
            self._consent(consent_id)
        self.consents[consent_id].done.setdefault(fact.tombstone, fact)


def fold(facts: Iterable[ConsentFact]) -> Ledger:
    ledger = Ledger()
    for fact in facts:
        ledger.apply(fact)
    return ledger
