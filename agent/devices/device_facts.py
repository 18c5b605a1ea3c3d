"""The one fact that matters of each device, beside its state: what a manager would walk to the device to see."""

from __future__ import annotations

from typing import Any

from agent.devices.device_port import DevicePort
from agent.devices.register_desk import RegisterDesk
from agent.view import Note

CALM_FROM_MS = 1_000
"""A device that has been well for less has nothing to boast of: it was only just looked at."""


def register_fact(desk: RegisterDesk) -> Note | None:
    """Which fiscal memory, how old the shift is, whether there is paper."""
    state = desk.last
    if desk.port.health.state == "down" and desk.port.health.code != "other_register":
        return Note("tried_since", {"since_ms": desk.port.health.since_ms})
    if state is None:
        return None
    params: dict[str, Any] = {"fn": state.fn, "paper": "paper_there" if state.paper else "paper_out"}
    params |= {"opened_ms": desk.shift.opened_ms} if desk.shift.open else {"shift": "shift_closed"}
    return Note("register_fact", params)


def calm_fact(port: DevicePort[Any], now_ms: int) -> Note | None:
    """For how long it has worked without trouble, or since when it does not answer."""
    if port.health.state == "down":
        return Note("tried_since", {"since_ms": port.health.since_ms})
    if port.health.state != "ok" or now_ms - port.health.since_ms < CALM_FROM_MS:
        return None
    return Note("calm_for", {"since_ms": port.health.since_ms})


def drawer_fact(desk: RegisterDesk) -> Note | None:
    """What should lie in the drawer."""
    return None if desk.drawer_minor is None else Note("drawer_holds", {"sum_minor": desk.drawer_minor})
