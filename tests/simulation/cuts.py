"""Where the agent's power goes in a run: nowhere, at one point, or at many points in copies of the process.

    run ──point 3──point 8──point 13── ... ── end          the dry run once more, undisturbed
             │        │         │
             └ copy   └ copy    └ copy: the power goes here, everything after it is this copy's own

A run that is cut at its last point would walk the whole way there again. A copy (fork) has walked it already: the world
is one thread on virtual time without a socket, so the copy goes on as if it had been the only one.

Worth it where the way is long: a point of a purchase at the kiosk costs a sixth to a third less, one of ten minutes'
waiting about half. Of a way that takes a tenth of a second (a sale at a till, one note) a copy costs what the way does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from tests.simulation.recording_vfs import without_mutexes
from tests.simulation.virtual_time import stand_alone

Ran = tuple[list[str], list[str]]
"""(the names of the points it passed, what is broken)."""
MOST_TOLD = 20
LONGEST_TOLD = 2_000
"""A copy's findings go through a pipe whose reader waits for its end: they must fit into 64 KB."""


class Cut:
    """Nowhere (`at` None: a dry run), or at the point with that number."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.left = ""
        """What the run left behind, as `over` was told it."""

    def here(self, number: int) -> bool:
        """Does the power go at this point?"""
        return number == self.at

    def over(self, passed: list[str], found: list[str], left: str) -> None:
        """The run has come to its end, and has been judged."""
        self.left = left


@dataclass(slots=True)
class Ends:
    """How the copies ended, by the number of the point: what is broken, and what each left behind."""

    broken: dict[int, list[str]] = field(default_factory=dict)
    left: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Copy:
    number: int
    pid: int
    pipe: int


class Forks(Cut):
    """At each of the `chosen` points a copy in which the power goes; `at_once` copies run beside each other.

    `dry`: the names of the dry run; a copy that has come to its point by another way is red.
    """

    def __init__(self, chosen: Collection[int], dry: Sequence[str], at_once: int) -> None:
        super().__init__()
        self.ends = Ends()
        self._chosen = frozenset(chosen)
        self._dry = dry
        self._at_once = at_once
        self._running: list[_Copy] = []
        self._tell: int | None = None

    @property
    def in_copy(self) -> bool:
        return self._tell is not None

    def here(self, number: int) -> bool:
        if self.in_copy or number not in self._chosen:
            return False
        while len(self._running) >= self._at_once:
            self._wait_for_one()
        heard, told = os.pipe()
        pid = os.fork()
        if pid:
            os.close(told)
            self._running.append(_Copy(number, pid, heard))
            return False
        os.close(heard)
        self._tell, self.at, self._running = told, number, []
        stand_alone()
        return True

    def over(self, passed: list[str], found: list[str], left: str) -> None:
        """A copy ends here, before anything that it shares with the others is put away."""
        if self._tell is None or self.at is None:
            return
        found = [*astray(self._dry[: self.at + 1], passed), *found]
        told = json.dumps([left, *(text[:LONGEST_TOLD] for text in found[:MOST_TOLD])]).encode()
        os.write(self._tell, told)
        os._exit(0)

    def wait(self) -> None:
        """For the last copies."""
        while self._running:
            self._wait_for_one()

    def _wait_for_one(self) -> None:
        copy = self._running.pop(0)
        with os.fdopen(copy.pipe, "rb") as pipe:
            told = pipe.read()
        _, status = os.waitpid(copy.pid, 0)
        untold = ["", f"the copy ended with {os.waitstatus_to_exitcode(status)}, untold"]
        self.ends.left[copy.number], *found = json.loads(told) if told else untold
        if found:
            self.ends.broken[copy.number] = found


def cut_at_each(
    run: Callable[[Cut], Ran], dry: Sequence[str], numbers: Collection[int], at_once: int = os.cpu_count() or 1
) -> Ends:
    """`run` with the power cut at each of the numbers."""
    without_mutexes()
    forks = Forks(numbers, dry, at_once)
    try:
        passed, found = run(forks)
    except BaseException as error:
        if forks.in_copy:
            forks.over(list(dry[: (forks.at or 0) + 1]), [f"the copy died: {error!r}"], "")
        raise
    finally:
        forks.wait()
    found = [*astray(dry, passed), *found]
    if found:
        forks.ends.broken[-1] = found
    return forks.ends


def astray(dry: Sequence[str], passed: Sequence[str]) -> list[str]:
    """Where a run left the way of the dry run, in words; nothing when it kept to it."""
    for number, (expected, there) in enumerate(zip_longest(dry, passed, fillvalue="nothing")):
        if expected != there:
            return [f"not the dry run's way: point {number} is {there!r}, was {expected!r}"]
    return []
