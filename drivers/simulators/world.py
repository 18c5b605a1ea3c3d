"""What every simulated device stands on: a ledger of what truly happened, state that survives a power cut, and faults.

A simulator is written from the protocol reference, never from a driver. It imports the standard library, anyio and
`drivers.links.link`, nothing else of the house.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from drivers.links.link import Link

Now = Callable[[], dt.datetime]


class Ledger(Protocol):
    """What the world did, one record a fact: {"event": "charged", "at": "...", "amount_minor": 1999, ...}."""

    def write(self, event: str, **facts: Any) -> None: ...


class Memory(Protocol):
    """The device's own durable memory (fiscal memory, booked cards): a JSON object that outlives the process."""

    def load(self) -> dict[str, Any]: ...

    def save(self, state: dict[str, Any]) -> None:
        """Durable when it returns: the device's commit point."""
        ...


class Simulator(Protocol):
    """One simulated device. Made as `Simulator(ledger=, memory=, rng=, now=, faults=, instant=)`.

    `instant` answers at once (benches); otherwise each state takes its time through anyio.sleep.
    """

    NAME: str
    FAULTS: dict[str, str]  # fault name -> what it does, in a sentence
    COMMANDS: dict[str, str]  # standard-input command -> what it does

    async def serve(self, link: Link) -> None:
        """Talk to one host until the link is lost (LinkLost ends it quietly) or the power is cut."""
        ...

    async def command(self, line: str) -> str:
        """Carry out one command ("present card", "paper out", "fault NAME"); returns what it did, one line.

        Raises ValueError with a sentence for an unknown one.
        """
        ...


@runtime_checkable
class Living(Protocol):
    """A simulated device that does something by itself, whoever is connected."""

    async def live(self) -> None:
        """Until cancelled."""
        ...


class Faults:
    """Armed faults. A spec is `NAME`, `NAME@N` (at the N-th opportunity from now, 1 = the next), `NAME@NxK` (K times
    in a row) or either with `=VALUE`. The simulator calls `strikes(NAME)` at each opportunity."""

    def __init__(self, known: dict[str, str]) -> None:
        self._known = known
        self._armed: dict[str, list[tuple[int, int, str]]] = {}
        self._met: dict[str, int] = {}
        self.cleared = 0  # how often: whoever keeps a fault that was sprung but not spent drops it then

    def arm(self, spec: str) -> None:
        """Raises ValueError naming the unknown fault or the unreadable number."""
        name, _, value = spec.partition("=")
        name, _, when = name.partition("@")
        name = name.strip()
        if name not in self._known:
            raise ValueError(f"unknown fault {name!r}; known: {', '.join(sorted(self._known))}")
        first, _, times = (when or "1").partition("x")
        if not first.isdigit() or not (times or "1").isdigit() or int(first) < 1:
            raise ValueError(f"fault {spec!r}: after @ comes a number from 1, then optionally x and a number")
        met = self._met.get(name, 0)
        start = met + int(first)
        self._armed.setdefault(name, []).append((start, start + int(times or "1") - 1, value))

    def strikes(self, name: str) -> bool:
        """Is a fault armed for this opportunity? Counts the opportunity."""
        return self.value(name) is not None

    def value(self, name: str) -> str | None:
        """Like `strikes`, with the value given after `=` ("" when none)."""
        if name not in self._known:
            raise KeyError(name)
        met = self._met[name] = self._met.get(name, 0) + 1
        for first, last, value in self._armed.get(name, []):
            if first <= met <= last:
                return value
        return None

    def armed(self) -> list[str]:
        """What has not struck for the last time yet, for a picture of the device."""
        return [
            f"{name}={value}" if value else name
            for name, rows in self._armed.items()
            for _, last, value in rows
            if last > self._met.get(name, 0)
        ]

    def clear(self) -> None:
        self._armed.clear()
        self.cleared += 1


class FileLedger:
    """A ledger as JSON Lines on disk, flushed and synced line by line."""

    def __init__(self, path: Path, now: Now) -> None:
        self._now = now
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, event: str, **facts: Any) -> None:
        record = {"event": event, "at": self._now().isoformat(timespec="milliseconds"), **facts}
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class FileMemory:
    """Device memory in a JSON file, replaced atomically."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        loaded: dict[str, Any] = json.loads(self._path.read_text(encoding="utf-8"))
        return loaded

    def save(self, state: dict[str, Any]) -> None:
        beside = self._path.with_suffix(".new")
        with beside.open("w", encoding="utf-8") as file:
            file.write(json.dumps(state, ensure_ascii=False))  # dumps: the streaming form is ten times slower
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)


class ListLedger:
    """A ledger in memory, for simulations in one process: `records` is the truth the journal is compared with."""

    def __init__(self, now: Now) -> None:
        self._now = now
        self.records: list[dict[str, Any]] = []

    def write(self, event: str, **facts: Any) -> None:
        self.records.append({"event": event, "at": self._now().isoformat(timespec="milliseconds"), **facts})


class KeptMemory:
    """Device memory in the process, deep-copied so that only what was saved is kept."""

    def __init__(self) -> None:
        self._saved = "{}"

    def load(self) -> dict[str, Any]:
        loaded: dict[str, Any] = json.loads(self._saved)
        return loaded

    def save(self, state: dict[str, Any]) -> None:
        self._saved = json.dumps(state)


def seeded(seed: int, name: str) -> random.Random:
    """Independent randomness for one device of one shop."""
    return random.Random(f"{seed}/{name}")
