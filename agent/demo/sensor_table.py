"""The sensors' programs on the bench: each can be killed and started again, and nothing at a till changes by it."""

from __future__ import annotations

import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from agent.demo.buttons import sensor_buttons
from agent.demo.program import DemoFailed, Program
from agent.demo.sensor_plan import PlannedSensor
from agent.demo.shop_plan import HALL
from agent.local_api.bench import OrderFailed


@dataclass(slots=True)
class _Standing:
    planned: PlannedSensor
    program: Program
    link: str = ""


class SensorTable:
    """`start` starts a program of those that were put here."""

    def __init__(self, start: Callable[[PlannedSensor, Program], Awaitable[None]]) -> None:
        self._start = start
        self._standing: dict[str, _Standing] = {}

    def put(self, planned: PlannedSensor, program: Program) -> None:
        self._standing[planned.id] = _Standing(planned, program)

    def show(self, id: str, link: str) -> None:
        """A page of this program that a person may open."""
        self._standing[id].link = link

    def has(self, id: str) -> bool:
        return id in self._standing

    def programs(self) -> list[Program]:
        return [one.program for one in self._standing.values()]

    def views(self) -> list[dict[str, Any]]:
        """As `BenchTable.view` tells devices; `link` is a page to open."""
        return [self._view(one) for one in self._standing.values()]

    async def order(self, id: str, wanted: str) -> str:
        """Raises OrderFailed."""
        standing = self._standing[id]
        match wanted:
            case "power off":
                await standing.program.end(signal.SIGKILL)
            case "power on":
                if not standing.program.alive:
                    await self._again(standing)
            case _:
                known = "power off, power on"
                raise OrderFailed(f"приказа {wanted!r} нет; есть {known} · unknown order {wanted!r}; known: {known}")
        return wanted

    async def _again(self, standing: _Standing) -> None:
        try:
            await self._start(standing.planned, standing.program)
        except DemoFailed as failed:
            raise OrderFailed(f"{failed.ru} · {failed.en}") from failed

    def _view(self, one: _Standing) -> dict[str, Any]:
        alive = one.program.alive
        return {
            "id": one.planned.id,
            "kind": one.planned.id,
            "place": HALL,
            "name": one.planned.id,
            "model": "",
            "address": "",
            "state": {"power": alive, "plugged": True, "armed": []},
            "commands": sensor_buttons(power=alive),
            "faults": [],
            "link": one.link,
        }
