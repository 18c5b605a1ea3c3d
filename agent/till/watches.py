"""Watches of a till's devices: each is looked at while nobody talks to it, and gets what it asks for between sales."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio

from agent.claims.claim_desk import ClaimDesk
from agent.course.card_course import CardCourse
from agent.devices.device_port import DevicePort
from agent.stock.pickup_desk import PickupDesk
from agent.till.till import Till
from drivers.errors import DeviceError
from drivers.fiscal_registers.contract import Printing

DRAWER_EACH = 8
"""The drawer is counted at each eighth look: it changes with sales, and nobody stands beside it with a watch."""


async def watch_register(till: Till, period_s: float) -> None:
    """Look at the register while nobody talks to it; print on when paper is back; settle what stands of the shift."""
    desk = till.devices.register
    looks = 0
    while True:
        till.look_for_room()
        if not desk.port.busy:
            await desk.look()
            state = desk.last
            if state is not None and state.printing is Printing.WAITS_CONTINUE:
                await _quietly(lambda: desk.port.run(desk.port.driver.continue_print()))
            if state is not None and till.shifts.standing is not None:
                await till.shifts.settle()
            looks += 1
            if state is not None and looks % DRAWER_EACH == DRAWER_EACH // 2:
                await _quietly(desk.count_drawer)
            till.changed_if_shown()
        await anyio.sleep(period_s)


async def watch_dates(claims: ClaimDesk | None, pickups: PickupDesk | None, period_s: float) -> None:
    """Slips whose day is past: only a supervisor pays them from then on, and HQ hears of it. Orders whose hour is past
    keep nothing any more whether or not anybody looks: here it is written down, and HQ hears."""
    while True:
        if claims is not None:
            await claims.expire_due()
        if pickups is not None:
            await pickups.tidy()
        await anyio.sleep(period_s)


async def watch_terminal(card: CardCourse, period_s: float) -> None:
    """Look at a terminal while nobody talks to it; one that asks for its own service gets it between sales."""
    while True:
        if not card.port.busy:
            await _quietly(lambda: _look_and_mend(card))
        await anyio.sleep(period_s)


async def _look_and_mend(card: CardCourse) -> None:
    state = await card.state("watch")
    if not state.ready and not await card.port.run(card.port.driver.mend()):
        card.port.say("ok")


async def watch_port(port: DevicePort[Any], dialogue: Callable[[], Any], period_s: float) -> None:
    """Ask a device for its state while nobody talks to it: its chip is then true within a period."""
    while True:
        if not port.busy:
            await _quietly(lambda: port.run(dialogue()))
        await anyio.sleep(period_s)


async def _quietly(work: Callable[[], Any]) -> None:
    """The port has marked the device's health already; a watch has nobody to tell."""
    try:
        await work()
    except DeviceError:
        return
