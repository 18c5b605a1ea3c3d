"""What is given may be recorded or not, and what the identity graph learns from it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from agent.visitors.erasing import person_record
from sensors.consent.admission import refusal
from sensors.consent.countries import CountryProfile
from sensors.consent.facts import Bound, Given
from sensors.consent.ledger import Consent, Ledger
from sensors.identity.observation import portal_login
from sensors.identity.records import IdentityEvent, KeyShared, Kind, RecordKept, kind_of

ENDED = "consent_ended"
TAKEN = "consent_id_taken"
NOTHING = "nothing_agreed"


class Refused(Exception):
    """`code` as the portal has words for."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fresh(facts: Iterable[Given | Bound], ledger: Ledger, country: CountryProfile, controller: str) -> list[str]:
    """Which of these consents are new; those that stand already as they are told again are not. Raises Refused.

    `controller`: who answers for the data here; a text that names another one was not about this shop.
    """
    found: list[str] = []
    given = [one for one in facts if isinstance(one, Given)]
    if not given:
        raise Refused(NOTHING)
    for one in given:
        known = ledger.consents.get(one.consent_id)
        if known is None:
            why = "other_text" if controller and one.controller != controller else refusal(one, country)
            if why:
                raise Refused(why)
            found.append(one.consent_id)
        elif known.ended is not None and msgspec.structs.replace(one, subject=known.given.subject) == known.given:
            raise Refused(ENDED)  # its holder withdrew since: told again it is no new consent
        elif known.given != one:
            raise Refused(TAKEN)
    return found


def events_of(
    subject: str, facts: Sequence[Given | Bound], holding: Callable[[str], Iterable[Consent]]
) -> list[IdentityEvent]:
    """The person, and the device as theirs. A device by which another one agreed to be known is a household's from
    then on: it greets nobody, even if one of them withdraws, for who carries it is not known. `holding`: the standing
    consents that have a record."""
    given = {one.consent_id: one for one in facts if isinstance(one, Given)}
    events: list[IdentityEvent] = [
        RecordKept(person_record(subject), at_ms) for at_ms in {one.given_ms for one in given.values()}
    ]
    for one in facts:
        if not isinstance(one, Bound) or kind_of(one.record) is not Kind.MAC:
            continue
        evidence = given[one.consent_id].proof_id
        events += portal_login(one.record.partition(":")[2], subject, one.consent_id, evidence, one.at_ms)
        if any(other.given.subject != subject for other in holding(one.record)):
            events.append(KeyShared(one.record, evidence, one.at_ms))
    return events
