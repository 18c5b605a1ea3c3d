"""What the agent allows this camera now: the country's rules, who agreed, and whether somebody asked to be looked at.

All of it is the agent's word and in force only while the agent is there: `forget` when the connection ends. Without
rules no country is known, and that forbids every face. Pure: `now_s` is any clock that does not go back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sensors.camera_messages import Enrol, Member, Members, NotAMessage, Rules, Triggers, unpacked
from sensors.consent.countries import CountryProfile, profile_of
from sensors.recognition_policy import Candidates, Forbidden, Trigger, may_embed, narrowed

LONGEST_S = 120.0
"""A trigger is a moment. An agent that says a day has a fault."""
MOST_TEMPLATES = 200_000
"""100 MB. A chain has more members than that only in all its shops together."""


@dataclass(frozen=True, slots=True)
class Enrolling:
    """Somebody who has just agreed waits for the first template of their face."""

    request: str
    record: str
    until_s: float


class Permission:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """The agent is gone: nothing is allowed and nobody is known."""
        self._country: CountryProfile | None = None
        self._zone_is_trigger = False
        self._agreed: frozenset[str] = frozenset()
        self._coming: list[tuple[str, bytes]] | None = None
        self._triggers = Triggers(())
        self._until_s = 0.0
        self.enrolling: Enrolling | None = None

    @property
    def zone_only(self) -> bool:
        """Whether no pixel outside the marked zone may be searched for faces."""
        return self._country is None or self._country.face_zone_only

    def rules(self, told: Rules) -> None:
        self._country = profile_of(told.country, told.accreditation)
        self._zone_is_trigger = told.zone_is_trigger

    def members(self, told: Members) -> list[tuple[str, bytes]] | None:
        """The whole gallery once its last portion came, else None. Raises NotAMessage for what is no template."""
        if told.first:
            self._coming = []
        if self._coming is None:
            raise NotAMessage("a portion of members without the first one")
        if len(self._coming) + len(told.members) > MOST_TEMPLATES:
            raise NotAMessage(f"more than {MOST_TEMPLATES} templates")
        self._coming += [_row(member) for member in told.members]
        if not told.last:
            return None
        rows, self._coming = self._coming, None
        self._agreed = frozenset(record for record, _ in rows)
        return rows

    def triggers(self, told: Triggers, now_s: float) -> None:
        self._triggers = told
        self._until_s = now_s + min(LONGEST_S, max(0.0, told.for_s))

    def enrol(self, told: Enrol, now_s: float) -> None:
        self.enrolling = Enrolling(told.request, told.record, now_s + min(LONGEST_S, max(0.0, told.for_s)))

    def enrolled(self) -> None:
        """The template was made, or cannot be."""
        self.enrolling = None

    def anybody(self) -> bool:
        """Whether a face may become a template here at all, now or at the next trigger."""
        allowed = self._country is not None and self._country.face_identification
        return allowed and (bool(self._agreed) or self.enrolling is not None)

    def forbidden(self, in_zone: bool, now_s: float) -> Forbidden | None:
        """None where a face may be looked at now, to be recognised or to be enrolled."""
        why = self.recognising(in_zone, now_s)
        enrolling = self.enrolling
        if why is None or self._country is None or enrolling is None or now_s >= enrolling.until_s:
            return why
        # Who agreed a moment ago and stands in the zone for it: their own word is the trigger.
        return may_embed(self._country, {enrolling.record}, {Trigger.ZONE}, in_zone)

    def recognising(self, in_zone: bool, now_s: float) -> Forbidden | None:
        """None where a face may be compared with the members now."""
        if self._country is None:
            return Forbidden.COUNTRY
        return may_embed(self._country, self._agreed, self._open(in_zone, now_s), in_zone)

    def candidates(self, now_s: float) -> Candidates:
        """Whom to compare with."""
        if now_s >= self._until_s:
            return narrowed(self._agreed)
        return narrowed(self._agreed, self._triggers.by_card, self._triggers.associated)

    def _open(self, in_zone: bool, now_s: float) -> Collection[Trigger]:
        triggers = set(self._triggers.open) if now_s < self._until_s else set()
        # That somebody stands in the zone is what the camera sees itself, and only where the shop says it counts.
        triggers.discard(Trigger.ZONE)
        if in_zone and self._zone_is_trigger:
            triggers.add(Trigger.ZONE)
        return triggers


def _row(member: Member) -> tuple[str, bytes]:
    try:
        return member.record, unpacked(member.template)
    except ValueError as error:
        raise NotAMessage("a member without a template") from error
