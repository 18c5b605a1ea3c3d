"""The simulated Shtrih-M register as a device: power, paper and people on one side, a link to a host on the other.

Both link protocols are served, told apart by the first byte of a frame. The link's bytes, the commands and the fiscal
memory are those of the protocol reference; the ledger says what the register truly did.
"""

from __future__ import annotations

import random
from typing import Any

import anyio

from drivers.links.link import Link, LinkLost
from drivers.simulators.shtrih_m import layout, receipt_sums
from drivers.simulators.shtrih_m.command import carry_out
from drivers.simulators.shtrih_m.command_table import COMMANDS as COMMAND_TABLE
from drivers.simulators.shtrih_m.conversation import Dropped, Owed, PowerCut
from drivers.simulators.shtrih_m.faults import FAULTS, Traps
from drivers.simulators.shtrih_m.inlet import Inlet
from drivers.simulators.shtrih_m.link_v1 import LinkV1, State
from drivers.simulators.shtrih_m.link_v2 import LinkV2
from drivers.simulators.shtrih_m.machine import Machine
from drivers.simulators.shtrih_m.people import COMMANDS, carry_out_order
from drivers.simulators.world import Faults, Ledger, Memory, Now

BOOTS_IN_S = 1.0  # how long a power cycle keeps the register silent
CLOCK_OFF_MINUTES = 10
STATUS_REQUEST = b"\x10\x1e\0\0\0"


class ShtrihMSimulator:
    """One register. Made once; `serve` it to one host after another, its memory goes on."""

    NAME = "shtrih_m"
    FAULTS = FAULTS
    COMMANDS = COMMANDS

    def __init__(
        self, *, ledger: Ledger, memory: Memory, rng: random.Random, now: Now, faults: Faults, instant: bool
    ) -> None:
        self._faults = faults
        self._traps = Traps(faults)
        self._instant = instant
        self.powered = True
        self._boots_until: float | None = None
        self._serving: anyio.CancelScope | None = None
        self.machine = Machine(
            ledger=ledger,
            memory=memory,
            rng=rng,
            now=now,
            traps=self._traps,
            instant=instant,
            runtime=anyio.current_time,
        )
        self.v1 = LinkV1(self.machine, COMMAND_TABLE)
        self.v2 = LinkV2(self.machine, COMMAND_TABLE)

    async def serve(self, link: Link) -> None:
        """Talk to one host; ends when the link is lost, a fault drops it, or the power is cut."""
        if not self.powered:
            return
        await self._boot(link)
        self._connected()
        try:
            async with anyio.create_task_group() as life:
                inlet = Inlet(link)
                self._serving = life.cancel_scope
                life.start_soon(inlet.pump)
                life.start_soon(self._let_time_pass)
                await self._converse(link, inlet)
                life.cancel_scope.cancel()
        finally:
            self._serving = None

    async def _converse(self, link: Link, inlet: Inlet) -> None:
        try:
            while True:
                await self.v1.converse(link, inlet)
                inlet.give_back(await self.v2.converse(link, inlet))
        except (LinkLost, Dropped):
            return
        except PowerCut:
            self._lose_power(dark_s=0 if self._instant else BOOTS_IN_S)

    async def _boot(self, link: Link) -> None:
        """A register that has just got its power hears nothing yet."""
        if self._boots_until is None:
            return
        until, self._boots_until = self._boots_until, None
        with anyio.move_on_after(max(0.0, until - anyio.current_time())):
            try:
                while True:
                    await link.receive()
            except LinkLost:
                self._boots_until = until
                return

    async def _let_time_pass(self) -> None:
        """Printing and sending to the OFD go on while the host is silent."""
        while True:
            stirred = anyio.Event()
            self.machine.stirred = stirred.set
            due = self.machine.next_change_at
            with anyio.move_on_after(None if due is None else max(0.001, due - anyio.current_time())):
                await stirred.wait()
            self.machine.advance()

    def _connected(self) -> None:
        """Faults that show at the next connection."""
        if self._traps.strikes("fn_swapped"):
            self.machine.swap(whole=False)
        if self._traps.strikes("register_swapped"):
            self.machine.swap(whole=True)
        ahead = self._traps.sprung("clock_off")
        if ahead is not None:
            self.machine.image.rtc_ahead_s += int(ahead or CLOCK_OFF_MINUTES) * 60
            self.machine.save()
        if self._traps.strikes("previous_answer_pending"):
            outcome = carry_out(self.machine, COMMAND_TABLE, STATUS_REQUEST)
            self.v1.owed, self.v1.state = Owed(outcome.answer, "10"), State.HELD

    def _lose_power(self, dark_s: float) -> None:
        """What is volatile is lost; the link ends."""
        self.machine.power_lost()
        if not self._traps.strikes("pending_answer_survives_power"):
            self.v1.forget()
        if not self._traps.strikes("v2_number_survives_power"):
            self.v2.forget()
        if dark_s:
            self._boots_until = anyio.current_time() + dark_s

    async def command(self, line: str) -> str:
        """What a person does to the register; see COMMANDS. Raises ValueError with a sentence."""
        order = " ".join(line.split())
        if order == "power off":
            if self.powered:
                self.powered = False
                self._lose_power(dark_s=0)
                if self._serving is not None:
                    self._serving.cancel()
            return "the power is off"
        if order == "power on":
            self.powered = True
            return "the power is on"
        if order.startswith("fault "):
            self._faults.arm(order.removeprefix("fault ").strip())
            return f"armed: {order.removeprefix('fault ').strip()}"
        return carry_out_order(self.machine, order)

    def picture(self) -> dict[str, Any]:
        """What a picture of the register shows."""
        machine = self.machine
        machine.advance()
        who, fn = machine.image.identity, machine.image.fn
        return {
            "power": self.powered,
            "paper": machine.printer.paper,
            "cover_open": machine.printer.cover_open,
            "drawer_open": machine.image.drawer_open,
            "submode": int(machine.printer.submode),
            "mode": f"{machine.mode_byte:02X}",
            "display": _display(machine),
            "lines": list(machine.printed),
            "faults": self._traps.armed(),
            "serial": who.serial,
            "inn": who.inn,
            "rnm": who.rnm,
            "fn": who.fn,
            "last_document": fn.last,
            "shift": fn.shift,
            "shift_open": fn.shift_open,
            "cash_minor": machine.image.cash,
            "ofd_away": machine.image.ofd_away,
            "unsent": len(machine.unsent),
            "clock": machine.wall().isoformat(timespec="minutes"),
        }


def _display(machine: Machine) -> str:
    receipt = machine.image.receipt
    if receipt is not None:
        return f"{layout.OPERATIONS[receipt.operation]} {layout.amount(receipt_sums.total(receipt))}"
    if machine.image.fn.shift_open:
        return f"СМЕНА {machine.image.fn.shift}"
    return "СМЕНА ЗАКРЫТА"
