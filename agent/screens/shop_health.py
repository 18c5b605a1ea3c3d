"""How the shop's devices and ways out are, for the screens: read from what the watches saw, never asked by a page."""

from __future__ import annotations

from typing import Any

from agent.clock import Clock
from agent.devices.device_facts import calm_fact, drawer_fact, register_fact
from agent.devices.device_port import DevicePort
from agent.till.till import Till
from agent.view import DeviceView, Note, QueueView
from sync.store.store import Store
from sync.uplink_board import Trouble, UplinkBoard

AWAY_BANNER_S = 30
"""HQ away for less is no news: lines flap."""


class ShopHealth:
    """`board` is None where a shop has no HQ."""

    def __init__(self, store: Store, board: UplinkBoard | None, clock: Clock) -> None:
        self._store = store
        self._board = board
        self._clock = clock
        self.began_ms = clock.now_ms()

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
            note=note or self._clock_note(),
        )

    def _clock_note(self) -> Note | None:
        """This till's clock is more than two minutes off; nothing is ordered by it, but receipts carry it."""
        known = self._board.clock if self._board is not None else None
        if known is None or known.kept is None or not known.wrong:
            return None
        return Note("office_clock", {"minutes": abs(known.kept.offset_ms) // 60_000})

    def office_banner(self) -> Note | None:
        """What the shop cannot mend by waiting is not called a line that is away."""
        queue = self.office()
        if not queue.away_since_ms or self._clock.now_ms() - queue.away_since_ms < AWAY_BANNER_S * 1000:
            return None
        troubles = self._troubles()
        if Trouble.REVOKED in troubles:
            return Note("office_revoked", {"waiting": queue.waiting})
        if Trouble.NOT_ENROLLED in troubles:
            return Note("office_not_enrolled", {"waiting": queue.waiting})
        return Note("hq_away", {"waiting": queue.waiting, "oldest_ms": queue.oldest_ms})

    def _troubles(self) -> set[Trouble | None]:
        return {state.trouble for state in self._board.states(self._store)} if self._board is not None else set()

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
