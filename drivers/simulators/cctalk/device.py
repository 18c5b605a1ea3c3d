"""The simulated ccTalk bus as a device on a desk: one wire, one power supply, three units, people around it."""

from __future__ import annotations

import random
from typing import Any

import anyio

from drivers.links.link import Link
from drivers.simulators.cctalk.bus import Bus
from drivers.simulators.cctalk.coins import CoinAcceptor
from drivers.simulators.cctalk.hopper import ROUBLES, Hopper
from drivers.simulators.cctalk.people import COMMANDS, People
from drivers.simulators.cctalk.peripheral import MINOR
from drivers.simulators.cctalk.rig import Rig
from drivers.simulators.cctalk.traps import FAULTS
from drivers.simulators.cctalk.validator import BillValidator
from drivers.simulators.world import Faults, Ledger, Memory, Now


class CctalkSimulator:
    """A `world.Simulator`: a coin acceptor at 2, a hopper at 3 and a bill validator at 40.

    Power that goes by a fault comes back by itself and leaves the wire open and silent, as a serial cable is; the wire
    itself echoes even then.
    """

    NAME = "cctalk"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._faults = faults
        self._rig = Rig(ledger, memory, rng, faults, anyio.current_time, instant)
        self.coins = CoinAcceptor(self._rig)
        self.validator = BillValidator(self._rig)
        self.hopper = Hopper(self._rig)
        self._bus = Bus(self._rig, (self.coins, self.validator, self.hopper))
        self._bus.echo = self._rig.kept.get("echo", True)
        self.validator.crc = self._rig.kept.get("crc", False)
        self._people = People(self._rig, self._bus, self.coins, self.validator, self.hopper)
        self._rig.on_power_lost += [self._bus.power_lost, self._people.power_lost]
        self._scopes: list[anyio.CancelScope] = []

    async def serve(self, link: Link) -> None:
        """Talk to one host until the wire is lost or the power is switched off."""
        self._rig.wake()
        if self._rig.off_by_hand:
            return
        scope = anyio.CancelScope()
        self._scopes.append(scope)
        try:
            with scope:
                await self._bus.serve(link)
        finally:
            self._scopes.remove(scope)

    async def command(self, line: str) -> str:
        """Carry out one command of COMMANDS. Raises ValueError with a sentence for one it does not know."""
        self._rig.wake()
        said = self._people.carry_out(line, self._faults)
        if self._rig.off_by_hand:
            for scope in self._scopes:
                scope.cancel()
        self._rig.stir.now()
        return said

    def picture(self) -> dict[str, Any]:
        """What a drawing of the bus needs. Called where anyio runs."""
        self._rig.wake()
        coins, validator, hopper = self.coins, self.validator, self.hopper
        lies = validator.box.moving
        return {
            "device": self.NAME,
            "power": self._rig.powered,
            "connections": len(self._scopes),
            "echo": self._bus.echo,
            "coins": {
                "state": self._coin_word(),
                "cassette_in_place": coins.box.cassette_in_place,
                "pieces": len(coins.box.cassette),
                "sum_minor": coins.box.sum_minor,
                "counter": coins.events.counter,
            },
            "validator": {
                "state": validator.path.word,
                "accepts": not validator.path.refusal_at_mouth(),
                "crc": validator.crc,
                "cassette_in_place": validator.box.cassette_in_place,
                "full": validator.path.full,
                "jammed": validator.path.jammed,
                "pieces": len(validator.box.cassette),
                "sum_minor": validator.box.sum_minor,
                "counter": validator.events.counter,
                "place": validator.box.place.value if validator.box.place else None,
                "lies_minor": lies.value_minor if lies else None,
            },
            "hopper": {
                "state": self._hopper_word(),
                "levels": {str(ROUBLES * MINOR): hopper.level},
                "remaining": hopper.remaining,
                "paid": hopper.paid,
                "unpaid": hopper.unpaid,
                "counter": hopper.counter,
            },
            "waiting_in_pocket": list(self._people.pocket),
            "faults": self._rig.traps.armed(),
        }

    def _coin_word(self) -> str:
        coins = self.coins
        if not coins.ready:
            return "dark"
        if coins.jammed:
            return "jammed"
        if coins.box.moving is not None:
            return "validating"
        return "idle" if coins.master and coins.mask and not coins.self_inhibited else "inhibited"

    def _hopper_word(self) -> str:
        hopper = self.hopper
        if not hopper.ready:
            return "dark"
        if hopper.jammed:
            return "jammed"
        return "paying" if hopper.remaining else "enabled" if hopper.enabled else "disabled"
