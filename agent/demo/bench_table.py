"""The demo's bench: every simulated device, the agent and its cable, as the page shows them and orders reach them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import anyio

from agent.demo.buttons import Button, agent_buttons, buttons
from agent.demo.control_line import ControlLine, DeviceGone, OrderRefused
from agent.demo.fault_list import fault_list
from agent.demo.hq_cable import HqCable
from agent.demo.lessons import lessons, taught
from agent.demo.program import Program
from agent.demo.sensor_table import SensorTable
from agent.demo.sent_messages import SentMessages
from agent.demo.shop_plan import PlannedDevice
from agent.local_api.bench import NoSuchDevice, OrderFailed

LEDGER_ROWS = 200
QUIET = frozenset({"printed", "ofd_sent"})
"""Ledger events that say nothing a newcomer waits for: each line of paper would push the money off the page."""
SHUT = "refused at the mouth"
"""How a device of the kiosk says that a note or coin could not even be put in."""
KEYED = ("power", "plugged", "paper", "cover_open", "card_auto_s", "cassette_in_place", "trouble", "joined")
"""What of a picture decides which keys stand under it."""
AGENT = "agent"
NETWORK = (AGENT, "office")
"""The cable between them hangs at both."""


@dataclass(slots=True)
class Standing:
    """One device on the bench. `order` is its last known set of keys, kept while nothing changes."""

    plan: PlannedDevice
    address: str
    line: ControlLine
    program: Program
    restart: Callable[[], Awaitable[None]]
    shown: tuple[str, list[Button]] = ("", [])
    faults: list[dict[str, Any]] = field(default_factory=list)


class BenchTable:
    """An `agent.local_api.bench.Bench`. `agent_power` starts (True) or kills (False) the agent."""

    def __init__(
        self,
        agent: Program,
        cable: HqCable,
        agent_address: str,
        agent_power: Callable[[bool], Awaitable[None]],
        rng: random.Random,
        sent: SentMessages,
        sensors: SensorTable,
    ) -> None:
        self._devices: dict[str, Standing] = {}
        self._agent, self._cable = agent, cable
        self._agent_address = agent_address
        self._agent_power = agent_power
        self._rng = rng
        self._sent = sent
        self._sensors = sensors
        self._ledger: deque[dict[str, Any]] = deque(maxlen=LEDGER_ROWS)
        self._news = anyio.Event()

    def put(self, standing: Standing) -> None:
        standing.faults = fault_list(standing.plan.simulator, taught(standing.plan.id))
        self._devices[standing.plan.id] = standing

    def heard(self, device: str, record: dict[str, Any]) -> None:
        """One ledger record of a device."""
        if record.get("event") not in QUIET:
            self._ledger.append({"device": device, **record})
            self.ring()

    def ring(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    def news(self) -> anyio.Event:
        return self._news

    async def view(self) -> dict[str, Any]:
        shown: dict[str, dict[str, Any]] = {}

        async def look(standing: Standing) -> None:
            shown[standing.plan.id] = await self._device(standing)

        async with anyio.create_task_group() as looking:
            for standing in self._devices.values():
                looking.start_soon(look, standing)
        devices = [shown[id] for id in self._devices]
        ledger = sorted(self._ledger, key=lambda record: str(record.get("at", "")), reverse=True)
        told = {"devices": [*devices, *self._sensors.views(), self._agent_view()], "ledger": ledger}
        return {**told, "lessons": lessons(), "messages": self._sent.newest()}

    async def order(self, device: str, command: str) -> str:
        wanted = " ".join(command.split())
        try:
            if device in NETWORK:
                return await self._network(wanted)
            if self._sensors.has(device):
                return await self._sensors.order(device, wanted)
            if device not in self._devices:
                raise NoSuchDevice(device)
            return await self._hand(self._devices[device], wanted)
        finally:
            self.ring()

    async def _hand(self, standing: Standing, wanted: str) -> str:
        if not standing.program.alive:
            if wanted != "power on":
                raise OrderFailed(
                    f"{standing.plan.id} выключено: его программа завершилась, включите питание. · "
                    f"{standing.plan.id} is off: its program has ended, switch its power on."
                )
            await standing.restart()
            return "started again"
        if wanted.startswith("scan "):
            standing.shown = ("", [])  # the next doll has a serial number of its own
        try:
            said = await standing.line.order(wanted)
        except OrderRefused as refused:
            raise OrderFailed(str(refused)) from refused
        except DeviceGone as gone:
            raise OrderFailed(
                f"{standing.plan.id} не отвечает, повторите. · {standing.plan.id} does not answer, try again."
            ) from gone
        if said.startswith(SHUT):
            raise OrderFailed(
                f"щель закрыта, ничего не вошло; деньги берут, пока киоск ждёт оплату · {said}; it opens for a payment"
            )
        return said

    async def _network(self, wanted: str) -> str:
        match wanted:
            case "power off":
                await self._agent_power(False)
            case "power on":
                await self._agent_power(True)
            case "cable out":
                self._cable.pull()
            case "cable in":
                self._cable.put_back()
            case _:
                known = "power off, power on, cable out, cable in"
                raise OrderFailed(f"приказа {wanted!r} нет; есть {known} · unknown order {wanted!r}; known: {known}")
        return wanted

    async def _device(self, standing: Standing) -> dict[str, Any]:
        plan = standing.plan
        state = await self._state(standing)
        keyed = " ".join(str(state.get(name)) for name in KEYED)
        if standing.shown[0] != keyed:
            standing.shown = (keyed, buttons(plan.kind, state, self._rng))
        return {
            "id": plan.id,
            "kind": plan.kind,
            "place": plan.place,
            "name": plan.name,
            "model": plan.model,
            "address": standing.address,
            "state": state,
            "commands": standing.shown[1],
            "faults": standing.faults,
        }

    async def _state(self, standing: Standing) -> dict[str, Any]:
        """The simulator's picture, and beside it the few names that the page's drawings use."""
        if not standing.program.alive:
            return {"power": False, "plugged": True, "armed": []}
        try:
            told = await standing.line.picture()
        except (DeviceGone, OrderRefused):
            return {"power": False, "plugged": True, "armed": []}
        told["armed"] = told.pop("faults", [])
        if standing.plan.kind == "terminal":
            told["waiting_card"] = bool(told.get("waiting_for_card"))
            told["card"] = told.get("card", "none") != "none"
        if standing.plan.kind == "register":
            told["document"] = told.get("last_document")
        if standing.plan.kind == "coins":
            coins, hopper = told["coins"], told["hopper"]
            told["trouble"] = "jammed" in (coins["state"], hopper["state"])
            told["hopper_count"] = sum(hopper["levels"].values())
        told.pop("clock", None)  # each minute's change is no news
        return told

    def _agent_view(self) -> dict[str, Any]:
        power, cable = self._agent.alive, self._cable.plugged
        return {
            "id": AGENT,
            "kind": "agent",
            "place": "",
            "name": "",
            "model": "Tillkeeper",
            "address": self._agent_address,
            "state": {"power": power, "cable": cable, "armed": []},
            "commands": agent_buttons(power=power, cable=cable),
            "faults": [],
        }
