"""How the shop's devices and ways out are, for the screens: watched on their own, never asked by a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio

from agent.card_course import CardCourse
from agent.clock import Clock
from agent.device_facts import calm_fact, drawer_fact, register_fact
from agent.device_port import DevicePort
from agent.local_api.view import DeviceView, Note, QueueView
from agent.till import Till
from drivers.errors import DeviceError
from drivers.fiscal_registers.contract import Printing
from sync.store.store import Store
from sync.uplink import UplinkBoard

DRAWER_EACH = 8
"""The drawer is counted at each eighth look: it changes with sales, and nobody stands beside it with a watch."""
AWAY_BANNER_S = 30
"""HQ away for less is no news: lines flap."""


class ShopHealth:
    """`board` is None where a shop has no HQ."""

    def __init__(self, store: Store, board: UplinkBoard | None, clock: Clock) -> None:
        self._store = store
        self._board = board
        self._clock = clock

    def office(self) -> QueueView:
        """What waits for HQ, over all streams, and since when HQ does not take it."""
        if self._board is None:
            return QueueView(0, 0)
        states = self._board.states(self._store)
        troubled = [state for state in states if state.trouble is not None]
        first = troubled[0] if troubled else None
        note = Note(f"office_{first.trouble.value}", {"what": first.what}) if first and first.trouble else None
        return QueueView(
            waiting=sum(state.waiting for state in states),
            oldest_ms=min((state.oldest_ms for state in states if state.oldest_ms), default=0),
            away_since_ms=min((state.since_ms for state in troubled if state.since_ms), default=0),
            note=note,
        )

    def office_banner(self) -> Note | None:
        queue = self.office()
        if not queue.away_since_ms or self._clock.now_ms() - queue.away_since_ms < AWAY_BANNER_S * 1000:
            return None
        return Note("hq_away", {"waiting": queue.waiting, "oldest_ms": queue.oldest_ms})

    def devices(self, till: Till, asked: set[str]) -> list[DeviceView]:
        desk, now_ms = till.devices.register, self._clock.now_ms()
        found = [_device(desk.port, "register", "register" in asked, register_fact(desk))]
        for card in till.devices.cards.values():
            found.append(_device(card.port, "terminal", "terminal" in asked, calm_fact(card.port, now_ms)))
        for kind, port in (("scanner", till.devices.scanner), ("goods_check", till.devices.goods_check)):
            if port is not None:
                found.append(_device(port, kind, False, calm_fact(port, now_ms)))
        return found

    def drawers(self, till: Till) -> list[DeviceView]:
        """The cash drawer hangs at the register: it is as well as that is."""
        desk = till.devices.register
        if desk.port.health.state == "down" or desk.drawer_minor is None:
            return []
        name = Note("drawer_of", {"till": till.settings.name})
        return [DeviceView(f"drawer-{till.settings.id}", "drawer", "", "ok", fact=drawer_fact(desk), title=name)]


def _device(port: DevicePort[Any], kind: str, asked: bool, fact: Note | None) -> DeviceView:
    health = port.health
    state = "unknown" if asked else health.state
    if state == "unknown" and not asked:
        state = "busy"  # not looked at yet: violet is for money that nobody knows of
    return DeviceView(
        id=port.id,
        kind=kind,
        name=port.name,
        state=state,
        note=Note(health.code, {"detail": health.detail}) if health.code else None,
        model=f"{port.about.title}, {_where(port.address)}" if port.address else port.about.title,
        since_ms=health.since_ms,
        fact=fact,
        evidence=port.about.evidence.value,
        commit=port.about.commit,
    )


def _where(address: str) -> str:
    """An address as a person reads it: no scheme, no settings, of a path the last name."""
    where = address.partition("://")[2].partition("?")[0] or address.partition(":")[2].partition("?")[0]
    return where.rpartition("/")[2]


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
