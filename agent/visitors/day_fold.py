"""One day's sightings and the visits they come to, folded anew only for those of whom something changed.

    put(sighting) ──> its key, its owner: to be folded     visits(now) ──> those, and whose visits time may still change

What one person's keys come to hangs on nobody else's, so the sum of the folds is what one fold of all would be; on a
busy evening that one would hold the loop for longer than a note validator waits.
"""

from __future__ import annotations

from sensors.sighting import Sighting
from sensors.visits.book import ClockJump, Crossings, VisitBook, clock_jumps, crossings
from sensors.visits.settings import VisitSettings
from sensors.visits.visit import Owner, OwnerOf, Visits

NO_VISITS = Visits((), ())
Person = tuple[str, str]


class DayFold:
    """`known` by id: to be read only. `owner_of` is asked once for a key, until `owners_changed`."""

    def __init__(self, settings: VisitSettings, owner_of: OwnerOf) -> None:
        self.known: dict[str, Sighting] = {}
        self._settings = settings
        self._owner_of = owner_of
        self._by_key: dict[str, dict[str, Sighting]] = {}
        self._owners: dict[str, Owner | None] = {}
        self._keys: dict[Person, set[str]] = {}
        self._folded: dict[Person, Visits] = {}
        self._open: set[Person] = set()
        self._changed: set[str] = set()

    def put(self, id: str, one: Sighting) -> None:
        """Takes it in, or the same one under another key."""
        before = self.known.get(id)
        if before is not None and before.key:
            del self._by_key[before.key][id]
            self._changed.add(before.key)
        self.known[id] = one
        if one.key:
            self._by_key.setdefault(one.key, {})[id] = one
            self._changed.add(one.key)

    def owners_changed(self) -> None:
        self._owners.clear()
        self._keys.clear()
        self._folded.clear()
        self._open.clear()
        self._changed = set(self._by_key)

    def of_key(self, key: str) -> list[Sighting]:
        return list(self._by_key.get(key, {}).values())

    def visits(self, now_ms: int) -> Visits:
        """As they stand now."""
        for person in self._stale():
            keys = self._keys[person]
            known = {id: one for key in keys for id, one in self._by_key[key].items()}
            folded = VisitBook(self._settings, known).visits(now_ms, self._owners.__getitem__)
            self._folded[person] = folded
            if all(one.closed for one in (*folded.counted, *(visit for visit, _ in folded.aside))):
                self._open.discard(person)
            else:
                self._open.add(person)
        counted = [one for folded in self._folded.values() for one in folded.counted]
        aside = [one for folded in self._folded.values() for one in folded.aside]
        counted.sort(key=lambda one: (one.opened_ms, one.id))
        aside.sort(key=lambda one: (one[0].opened_ms, one[0].id))
        return Visits(tuple(counted), tuple(aside))

    def crossings(self) -> tuple[Crossings, ...]:
        return crossings(self.known.values())

    def jumps(self) -> tuple[ClockJump, ...]:
        return clock_jumps(self.known.values())

    def _stale(self) -> set[Person]:
        stale = set(self._open)
        for key in self._changed:
            if key not in self._owners:
                self._owners[key] = self._owner_of(key)
            owner = self._owners[key]
            person = ("", key) if owner is None else ("person", owner.identity)
            self._keys.setdefault(person, set()).add(key)
            stale.add(person)
        self._changed.clear()
        return stale
