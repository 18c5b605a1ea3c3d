"""The simulated CCNET bill validator as a device: power, people and faults on one side, a host's line on the other."""

from __future__ import annotations

import contextlib
import math
import random
from collections import Counter
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.cash_box import plain_order
from drivers.simulators.ccnet import notes, phases
from drivers.simulators.ccnet.conversation import ACK_WITHIN_S, Conversation
from drivers.simulators.ccnet.faults import FAULTS, Traps
from drivers.simulators.ccnet.path import Path
from drivers.simulators.ccnet.people import COMMANDS, carry_out_order
from drivers.simulators.ccnet.phases import Phase
from drivers.simulators.stir import Stir
from drivers.simulators.world import Faults, Ledger, Memory, Now

SHORTEST_WAIT_S = 0.0001  # a deadline may lie a rounding ahead of the clock: nothing may spin on that


class CcnetSimulator:
    """One validator at address 03 of a serial line. Without power the line stays and is silent, as a serial line is.

    It goes on living while no host is connected: whoever looks next (a host, a command, a picture) finds what has
    become of it meanwhile.
    """

    NAME = "ccnet"
    FAULTS = FAULTS
    COMMANDS = COMMANDS
    ACK_WITHIN_S = ACK_WITHIN_S

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool = False
    ) -> None:
        self._traps = Traps(faults)
        self.unit = Path(ledger=ledger, memory=memory, rng=rng, traps=self._traps, instant=instant)
        self._stir = Stir()

    async def serve(self, link: Link) -> None:
        """Talk to one host until the link is lost."""
        async with anyio.create_task_group() as life:
            life.start_soon(self._live)
            with contextlib.suppress(LinkLost):
                await Conversation(link, self.unit, self._stir, life, self.ACK_WITHIN_S).run()
            life.cancel_scope.cancel()

    async def _live(self) -> None:
        """What the mechanics do happens when it happens, not when somebody asks."""
        while True:
            stirred = self._stir.next()
            now = anyio.current_time()
            self.unit.advance(now)
            due = self.unit.next_change_at
            with anyio.move_on_after(None if due is None else max(SHORTEST_WAIT_S, due - now)):
                await stirred.wait()

    async def command(self, line: str) -> str:
        """What people do to the validator; see COMMANDS. Raises ValueError with a sentence."""
        order = plain_order(line)
        now = anyio.current_time()
        self.unit.advance(now)
        try:
            return self._carry_out(order, now)
        finally:
            self.unit.advance(now)
            self._stir.now()

    def _carry_out(self, order: str, now: float) -> str:
        if order == "power off":
            self.unit.power_off(now, math.inf)
            return "the power is off"
        if order == "power on":
            if self.unit.phase is Phase.OFF:
                self.unit.power_off(now, phases.BOOT_S)
            return "the power is on"
        if order.startswith("fault "):
            spec = order.removeprefix("fault ").strip()
            self._traps.arm(spec)
            return f"armed: {spec}"
        return carry_out_order(self.unit, order, now)

    def picture(self) -> dict[str, Any]:
        """What a drawing of the validator needs. Called where anyio runs."""
        now = anyio.current_time()
        self.unit.advance(now)
        unit, box = self.unit, self.unit.box
        counts = Counter(piece.value_minor for piece in box.cassette)
        return {
            "power": unit.phase is not Phase.OFF,
            "state": "" if unit.phase is Phase.OFF else bytes(unit.shown(now)).hex(" ").upper(),
            "word": phases.WORDS[unit.phase],
            "mouth_open": unit.mouth_open,
            "waiting": len(unit.queue),
            "moving": None if box.moving is None else {"value_minor": box.moving.value_minor, "place": _place(unit)},
            "escrow_minor": box.moving.value_minor if box.moving and unit.phase in phases.UNDECIDED else None,
            "trouble": unit.trouble is not None or unit.jams_inside,
            "cassette_in_place": box.cassette_in_place,
            "cassette_count": len(box.cassette),
            "cassette_sum_minor": box.sum_minor,
            "levels": {str(value): counts[value] for value in sorted(counts)},
            "currency": notes.CURRENCY,
            "enabled": [type for type in range(notes.TYPES) if notes.bits(unit.enabled) >> type & 1],
            "unsaid": [bytes(event).hex(" ").upper() for event in unit.events],
            "counter": unit.counter,
            "serial": unit.identity.serial,
            "latch": unit.latch,
            "article_6": unit.article_6,
            "manners": {"too_soon_after_ack": unit.hurried, "polls_too_close": unit.crowded},
            "faults": self._traps.armed(),
        }


def _place(unit: Path) -> str:
    return unit.box.place.value if unit.box.place else ""
