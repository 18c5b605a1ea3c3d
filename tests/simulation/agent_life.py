"""An agent that lives, loses its power and lives again, on a disk that keeps what was synced and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AsyncExitStack

import trio

from tests.simulation.points import Points, PowerCut
from tests.simulation.recording_vfs import RecordingVfs, power
from tests.simulation.virtual_time import VirtualClock

COMMIT_S = 0.0005
"""A commit on a good disk."""


class AgentLives(ABC):
    """`image` is the disk as the last life left it; `points` those of the life that is going on, or of the last one."""

    def __init__(self, nursery: trio.Nursery, seed: int, machine: str) -> None:
        """`machine` names the disk."""
        self.seed = seed
        self.clock = VirtualClock()
        self.points = Points()
        self.image: dict[str, bytes] = {}
        self.boots = 0
        self.commit_s = COMMIT_S
        self._nursery = nursery
        self._machine = machine

    async def boot(self) -> None:
        """Start the agent on the disk as the last cut left it; returns when it is at work."""
        started = trio.Event()
        self.boots += 1
        if self.points.dead:
            self.points = Points()  # what is left of the last life stays dead
        self._nursery.start_soon(self._life, started)
        await started.wait()

    async def down(self) -> None:
        """Wait until the agent is gone."""
        await self._ended.wait()

    async def pull_plug(self) -> None:
        """The agent's power goes now, whatever it is doing."""
        if not self.points.dead:
            self.points.cut()
        await self.down()

    async def _life(self, started: trio.Event) -> None:
        ended = self._ended = trio.Event()
        points = self.points
        try:
            name = f"{self._machine}-{self.seed}-{self.boots}"
            with power(name, seed=self.seed, image=self.image, watch=self._disk) as disk:
                self._scope = trio.CancelScope()
                points.on_cut = lambda: self._power_is_gone(disk)
                async with AsyncExitStack() as stack:
                    await self._live(stack, disk, started)
                    if not points.dead:
                        self.image = disk.image()
        except BaseExceptionGroup as group:
            _, other = group.split(PowerCut)
            if other is not None:
                raise other from None
        except PowerCut:
            pass
        finally:
            self._is_down()
            started.set()
            ended.set()

    @abstractmethod
    async def _live(self, stack: AsyncExitStack, disk: RecordingVfs, started: trio.Event) -> None:
        """The agent's work, within `self._scope`; sets `started` when it has begun."""

    @abstractmethod
    def _power_is_gone(self, disk: RecordingVfs) -> None:
        """Keeps the disk as `image` and cancels `self._scope`: every task of the agent stops where it stands."""

    @abstractmethod
    def _is_down(self) -> None:
        """Nobody finds the agent any more."""

    def _disk(self, operation: str, file: str) -> None:
        if operation == "sync":
            self.points.passed("disk sync before")

    async def _pause(self) -> None:
        """A commit takes its time on a real disk; also the moment before it."""
        points = self.points
        points.passed("commit before")
        await trio.sleep(self.commit_s)
        points.passed("commit begins")
