"""Which devices are joined now, by the keys they are told under: who roams has not left, who is told twice came once.

    arrive(access point, session, key) ─> told before? under another key?        a session holds one key
    depart(access point, session, key) ─> the keys that no session holds any more: those left
    boot(access point)                 ─> the same for all its sessions
    seen(access point, keys)           ─> a whole list of stations: those that are not in it any more left it

Pure: keys only, the time is passed in. A session of which nothing is heard for long holds nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

SILENT_MS = 1_800_000
"""RFC 2869, 2.1 asks for an interim report each 10 minutes or so: after three missed ones the Stop was lost."""
MOST_SESSIONS = 20_000
"""Some hundred times a shop full of people: a router that invents sessions fills no memory."""

Session = tuple[str, str]


@dataclass(slots=True)
class _Held:
    key: str
    heard_ms: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """`new`: no session held this key before. `was`: the key that this session was told under until now, else ""."""

    new: bool
    was: str


class Stations:
    def __init__(self) -> None:
        self._held: dict[Session, _Held] = {}
        self._count: dict[str, int] = {}

    def __len__(self) -> int:
        """Devices that are joined."""
        return len(self._count)

    def present(self) -> tuple[tuple[str, str, int], ...]:
        """(access point, key, when it was heard of last) of each session."""
        return tuple((point, held.key, held.heard_ms) for (point, _), held in self._held.items())

    def arrive(self, point: str, session: str, key: str, now_ms: int) -> Arrival:
        name = (point, session)
        held = self._held.pop(name, None)  # put back at the end: the first is the one not heard of for longest
        was = held.key if held is not None and held.key != key else ""
        new = key not in self._count
        if held is not None:
            self._drop(held.key)
        self._held[name] = _Held(key, now_ms)
        self._count[key] = self._count.get(key, 0) + 1
        while len(self._held) > MOST_SESSIONS:
            self._end(next(iter(self._held)))
        return Arrival(new and not was, was)

    def depart(self, point: str, session: str, key: str) -> tuple[str, ...]:
        """Empty where the device goes on elsewhere. An unknown session ends the `key` told with it."""
        held = self._held.get((point, session))
        key = held.key if held is not None else key
        if held is not None:
            self._end((point, session))
        return () if key in self._count else (key,)

    def boot(self, point: str) -> tuple[str, ...]:
        return self._end_all([name for name in self._held if name[0] == point])

    def seen(self, point: str, keys: frozenset[str]) -> tuple[str, ...]:
        """Ends the sessions of an access point's list that are not in it any more; `arrive` is told apart from it."""
        return self._end_all([name for name, held in self._held.items() if name[0] == point and held.key not in keys])

    def rename(self, old: str, new: str) -> None:
        """The owner of this device agreed: from now on it is held under its returning key."""
        for (point, session), held in list(self._held.items()):
            if held.key == old:
                del self._held[point, session]
                self._drop(old)
                self.arrive(point, new if session == old else session, new, held.heard_ms)

    def forget(self, key: str) -> None:
        """Every session of a withdrawn key goes; the device comes again as somebody who did not agree."""
        for name in [name for name, held in self._held.items() if held.key == key]:
            self._end(name)

    def lapse(self, now_ms: int) -> None:
        """Sessions nobody has heard of for long hold nobody any more; the visit has ended by its silence before."""
        for name, held in list(self._held.items()):
            held.heard_ms = min(held.heard_ms, now_ms)  # the clock was set back
            if now_ms - held.heard_ms >= SILENT_MS:
                self._end(name)

    def _end_all(self, names: list[Session]) -> tuple[str, ...]:
        keys = {self._held[name].key for name in names}
        for name in names:
            self._end(name)
        return tuple(sorted(key for key in keys if key not in self._count))

    def _end(self, name: Session) -> None:
        self._drop(self._held.pop(name).key)

    def _drop(self, key: str) -> None:
        self._count[key] -= 1
        if not self._count[key]:
            del self._count[key]
