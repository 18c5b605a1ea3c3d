"""A link with a bad cable: bytes get lost, late or mixed with noise, or the wire breaks after so many.

Everything is decided by the randomness passed in, so that a failure can be played again from its seed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import anyio

from drivers.links.link import Link, LinkLost


@dataclass(frozen=True, slots=True)
class Faults:
    """How bad the cable is. Shares are of chunks (one `send` or `receive`), 0 to 1.

    `cut_after_bytes` counts what is sent and received together; the byte at which the wire breaks is the last to pass.
    """

    drop_share: float = 0.0
    noise_share: float = 0.0
    noise: bytes = b"\xff"
    delay_share: float = 0.0
    delay_s: float = 0.0
    cut_after_bytes: int | None = None


class FaultyLink:
    """Wraps a link. Each direction of it suffers alike."""

    def __init__(self, link: Link, faults: Faults, rng: random.Random) -> None:
        self._link = link
        self._faults = faults
        self._rng = rng
        self._passed = 0
        self._returned = b""

    @property
    def address(self) -> str:
        return self._link.address

    async def send(self, data: bytes) -> None:
        passing = await self._suffer(data)
        if passing:
            await self._link.send(passing)
        self._break_if_due(f"after {self._passed} bytes")

    async def receive(self) -> bytes:
        if self._returned:
            taken, self._returned = self._returned, b""
            return taken
        while True:
            self._break_if_due("cut")
            passing = await self._suffer(await self._link.receive())
            if passing:
                return passing

    def take_back(self, data: bytes) -> None:
        self._returned = data + self._returned

    async def _suffer(self, data: bytes) -> bytes:
        """What is left of a chunk on its way."""
        faults = self._faults
        self._break_if_due("cut")
        if faults.delay_share and self._rng.random() < faults.delay_share:
            await anyio.sleep(faults.delay_s)
        if faults.cut_after_bytes is not None:
            data = data[: max(0, faults.cut_after_bytes - self._passed)]
        self._passed += len(data)
        if faults.drop_share and self._rng.random() < faults.drop_share:
            return b""
        if faults.noise_share and self._rng.random() < faults.noise_share:
            data = faults.noise + data
        return data

    def _break_if_due(self, how: str) -> None:
        limit = self._faults.cut_after_bytes
        if limit is not None and self._passed >= limit:
            raise LinkLost(f"{self._link.address}: {how}")
