"""Hears the cameras, and tells each what it may do: whom it may know, and when somebody asks to be looked at.

    camera                                      agent
    Hello ──────────────────────────────────>   Rules, Members in portions, Triggers      faces off: no member is sent
    Counted ────────────────────────────────>   VisitDay.take, until it is on the disk
    Recognised, of a member it was told ────>   Guests.came(record, "face", at_ms)
    Enrolled, that was asked for ───────────>   enrolled(request, template, why)
    Pulse ──────────────────────────────────>   SensorHealth, DoorWatch

Templates leave the agent only where the country's rules let faces be known and the camera can look for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path
from typing import Protocol

from agent.clock import Clock
from agent.visitors.camera_line import CameraLine, CameraTruth
from agent.visitors.door import Door, Wire
from agent.visitors.sensor_health import SensorHealth
from agent.visitors.visit_day import VisitDay
from sensors.camera_messages import (
    MEMBERS_AT_ONCE,
    Enrol,
    FromCamera,
    Member,
    Members,
    Recognised,
    Rules,
    ToCamera,
    Triggers,
    at_the_agent,
    encoded,
    unpacked,
)
from sensors.consent.countries import profile_of
from sensors.framed import NotAMessage
from sensors.recognition_policy import Trigger

LOOK_FOR_S = 20.0
"""From the door to the till, or from the card to a look up; then whoever stands there is somebody else."""
MOST_ASKED = 64
"""Enrolments under way. Somebody stands in the zone for each: more are forgotten requests."""
Enrolling = Callable[[str, bytes, str], Awaitable[None]]


class Greeter(Protocol):
    """agent/visitors/guests.py Guests."""

    def came(self, record: str, how: str, at_ms: int) -> None: ...


class CameraDoor:
    """The cameras' door. `members()`: of all whose consent to faces stands, unsealed; call `members_changed` after each
    change. `enrolled(request, template, why)`: what `enrol` asked for; the template empty where `why` says why not."""

    def __init__(
        self,
        path: Path,
        rules: Rules,
        members: Callable[[], Iterable[Member]],
        enrolled: Enrolling,
        guests: Greeter,
        day: VisitDay,
        health: SensorHealth,
        clock: Clock,
    ) -> None:
        self.rules = rules
        self.faces = profile_of(rules.country, rules.accreditation).face_identification
        self._members = members
        self._enrolled = enrolled
        self._guests = guests
        self._clock = clock
        self._truth = CameraTruth(day, health, clock)
        self._lines: dict[CameraLine, Wire[ToCamera]] = {}
        self._told: frozenset[str] = frozenset()
        self._open: dict[tuple[Trigger, str], int] = {}  # what somebody did, and until when it counts
        self._asked: dict[str, set[CameraLine]] = {}
        self.door: Door[FromCamera, ToCamera] = Door(path, at_the_agent, encoded, self._attend)

    async def run(self) -> None:
        """Until cancelled. Raises OSError where the socket cannot be made."""
        await self.door.run()

    def members_changed(self) -> None:
        """Somebody agreed or withdrew: every camera is told anew who may be known."""
        for line in self._lines:
            if line.looks:
                self._tell_members(line)

    def trigger(self, how: Trigger, records: Collection[str]) -> None:
        """Somebody scanned a card, or their device joined. `records`: theirs, as `members` names them. Where none of
        them is a member nobody asked to be looked at, and no camera is told."""
        known = self._told.intersection(records)
        if not self.faces or not known:
            return
        until_ms = self._clock.now_ms() + round(LOOK_FOR_S * 1000)
        self._open |= {(how, record): until_ms for record in known}
        for line, wire in self._lines.items():
            if line.looks:
                wire.say(self._triggers())

    @property
    def looks(self) -> bool:
        """Is there a camera that can look for faces, where the country lets it?"""
        return self.faces and any(line.looks for line in self._lines)

    def enrol(self, request: str, record: str) -> int:
        """Asks for a template of the next face in the marked zone; how many cameras were asked. 0: nobody can answer.
        An answer may never come, where the camera is gone: whoever asks waits for LOOK_FOR_S and no longer."""
        asked = {line for line in self._lines if line.looks} if self.faces else set()
        if asked:
            self._asked[request] = asked
            while len(self._asked) > MOST_ASKED:
                del self._asked[next(iter(self._asked))]
        for line in asked:
            self._lines[line].say(Enrol(request, record, LOOK_FOR_S))
        return len(asked)

    def _attend(self, wire: Wire[ToCamera]) -> CameraLine:
        line = CameraLine(self._truth, self._begin, self._recognised, self._answered, self._gone)
        self._lines[line] = wire
        return line

    def _begin(self, line: CameraLine) -> None:
        self._lines[line].say(self.rules)
        self._tell_members(line)
        if line.looks and self._open:
            self._lines[line].say(self._triggers())

    def _tell_members(self, line: CameraLine) -> None:
        members = tuple(self._members()) if self.faces and line.looks else ()
        if line.looks:
            self._told = frozenset(one.record for one in members)
        for start in range(0, max(1, len(members)), MEMBERS_AT_ONCE):
            portion = members[start : start + MEMBERS_AT_ONCE]
            last = start + MEMBERS_AT_ONCE >= len(members)
            self._lines[line].say(Members(portion, first=start == 0, last=last))

    def _triggers(self) -> Triggers:
        """Those of a moment ago count a little longer when another comes: the camera knows one time for all."""
        now_ms = self._clock.now_ms()
        self._open = {
            name: until_ms
            for name, until_ms in self._open.items()
            if 0 < until_ms - now_ms <= LOOK_FOR_S * 1000 and name[1] in self._told
        }
        kinds = sorted({how for how, _ in self._open}, key=lambda how: how.value)
        left_ms = max((until_ms - now_ms for until_ms in self._open.values()), default=0)
        return Triggers(
            open=tuple(kinds),
            by_card=tuple(sorted(record for how, record in self._open if how is Trigger.CARD)),
            associated=tuple(sorted(record for how, record in self._open if how is Trigger.ASSOCIATED)),
            for_s=left_ms / 1000,
        )

    def _recognised(self, told: Recognised) -> None:
        if self.faces and told.member in self._told:
            self._guests.came(told.member, "face", told.at_ms)

    async def _answered(self, line: CameraLine, request: str, template: str, why: str) -> None:
        waiting = self._asked.get(request)
        if waiting is None or line not in waiting:
            return  # another camera was first, or nobody asked
        if template:
            try:
                made = unpacked(template)
            except ValueError:
                raise NotAMessage("no template") from None
            del self._asked[request]
            await self._enrolled(request, made, "")
            return
        waiting.discard(line)
        if not waiting:
            del self._asked[request]
            await self._enrolled(request, b"", why or "no_face")

    def _gone(self, line: CameraLine) -> None:
        del self._lines[line]
        for request in [request for request, waiting in self._asked.items() if waiting == {line}]:
            del self._asked[request]
        for waiting in self._asked.values():
            waiting.discard(line)
