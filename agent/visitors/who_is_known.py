"""What the ledger of consents lets be asked: whose consent stands, whose record is this, what may be shown of them.

Answers are about now: from the moment a withdrawal is on its way to the disk, it counts.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent.visitors.consent_book import ConsentBook
from agent.visitors.identities import Identities
from sensors.association_messages import StandingConsent
from sensors.consent.facts import Given, Purpose
from sensors.consent.ledger import Ledger
from sensors.identity.records import Kind, kind_of
from sync.visitor_store.visitor_batch import VisitRow
from sync.visitor_store.visitor_store import VisitorStore


class WhoIsKnown:
    """A `subject` is a pseudonym; the phone stands in a row that can be erased."""

    def __init__(self, store: VisitorStore, identities: Identities, book: ConsentBook) -> None:
        self._store = store
        self._identities = identities
        self._book = book

    @property
    def ledger(self) -> Ledger:
        return self._book.ledger

    def known_keys(self) -> list[str]:
        """Returning keys of devices whose owners agreed to be known by them."""
        return sorted(self._book.known_keys())

    def is_known(self, key: str) -> bool:
        """Is this the returning key of a device whose owner agreed to be known by it?"""
        return key in self._book.known_keys()

    def known_people(self) -> int:
        """How many persons have a consent that stands."""
        return len({one.given.subject for one in self.ledger.consents.values() if one.ended is None})

    def standing(self, subject: str, purpose: Purpose) -> bool:
        return any(one.given.purpose is purpose for one in self._book.standing_of(subject))

    def given_of(self, subject: str, purpose: Purpose) -> Given | None:
        """The oldest of their consents to this purpose that stand."""
        return next((one.given for one in self._book.standing_of(subject) if one.given.purpose is purpose), None)

    def names_of(self, subject: str, *, ended: bool = False) -> tuple[str, ...]:
        """What visits of theirs are filed under: the consents to analytics that stand (`ended`: all of them), and the
        pseudonym, which older rows carry."""
        consents = self._book.of(subject) if ended else self._book.standing_of(subject)
        return (*(one.given.consent_id for one in consents if one.given.purpose is Purpose.ANALYTICS), subject)

    def visits_of(self, subject: str) -> list[VisitRow]:
        """Oldest first."""
        return self._filed_under(self.names_of(subject))

    def visits_of_same(self, name: str) -> list[VisitRow]:
        """All visits of whoever this name is; oldest first."""
        consent = self.ledger.consents.get(name)
        return self.visits_of(consent.given.subject) if consent is not None else self._filed_under((name,))

    def agreed_ms(self, name: str) -> int:
        """When this name began: a visit that was over by then is nobody's."""
        consent = self.ledger.consents.get(name)
        return consent.given.given_ms if consent is not None else 0

    def _filed_under(self, names: Iterable[str]) -> list[VisitRow]:
        found = [row for name in names for row in self._store.visits_of(name)]
        return sorted(found, key=lambda row: (row.opened_ms, row.id))

    def stands(self, consent_id: str) -> bool:
        consent = self.ledger.consents.get(consent_id)
        return self._book.broken is None and consent is not None and consent.ended is None

    def devices_of(self, subject: str) -> dict[str, str]:
        """Records of devices by which they agreed to be known, each with that consent; a household's too."""
        return {
            record: one.given.consent_id
            for one in self._book.standing_of(subject)
            if one.given.purpose is Purpose.WIFI_ID
            for record in one.records
            if kind_of(record) is Kind.MAC
        }

    def holds(self, record: str, purpose: Purpose) -> str:
        """The standing consent to this purpose that has this record; "" for none."""
        held = (one.given for one in self._book.holding(record) if one.given.purpose is purpose)
        return next((one.consent_id for one in held), "")

    def subject_of(self, record: str) -> str | None:
        """Whose record it is; None for a household's, for nobody's, and where no consent stands that has it."""
        profile = self._identities.profile_of(record)
        if profile is None or not profile.is_person:
            return None
        phones = [one for one in profile.records if kind_of(one) is Kind.PHONE]
        for subject in (one.partition(":")[2] for one in phones):
            standing = self._book.standing_of(subject)
            if kind_of(record) in (Kind.MAC, Kind.FACE):
                standing = [one for one in standing if record in one.records]
            if standing:
                return subject
        return None

    def subject_with_phone(self, phone: str) -> str | None:
        subject = self._store.subject_with("phone", phone) if phone else None
        return subject if subject is not None and self._book.standing_of(subject) else None

    def personal(self, subject: str) -> dict[str, str]:
        """ "phone", and "name" where one was given; nothing once the last consent ended."""
        if not self._book.standing_of(subject):
            return {}
        return {row.kind: row.value for row in self._store.person(subject)}

    def standing_of(self, phone: str) -> tuple[StandingConsent, ...]:
        subject = self.subject_with_phone(phone)
        return tuple(
            StandingConsent(
                consent_id=one.given.consent_id,
                purpose=one.given.purpose,
                text_version=one.given.text_version,
                given_ms=one.given.given_ms,
                controller=one.given.controller,
                retention_days=one.given.retention_days,
            )
            for one in (self._book.standing_of(subject) if subject else ())
        )
