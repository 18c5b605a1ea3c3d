"""Transfers between shops as HQ tells of them: what is coming here, and that what was sent has arrived there.

    transfer_coming    another shop has sent us this: kept until somebody receives it here
    transfer_arrived   what we sent was received: it is on the way no more, and the differences are stated

Without HQ a transfer is received by its number and by counting: nothing here waits for anybody.
"""

from __future__ import annotations

import msgspec

from agent.stock.stock_desk import StockDesk
from agent.stock.transfers_kept import Coming, coming, coming_setting
from fiscal.stock_document import StockPhase
from sync.downlink import Take
from sync.store.batch import Batch, Setting
from sync.store.store import Store
from sync.wire.commands import Command, TransferComing
from sync.wire.facts import TransferArrived

_COMING = msgspec.json.Decoder(TransferComing)
_ARRIVED = msgspec.json.Decoder(TransferArrived)


class TransfersHeard:
    """The downlink's takers of the stock."""

    def __init__(self, desk: StockDesk, store: Store) -> None:
        self._desk = desk
        self._store = store

    @property
    def takers(self) -> dict[str, Take]:
        return {"transfer_coming": self.comes, "transfer_arrived": self.arrived}

    async def comes(self, command: Command, place: Setting) -> None:
        told = _COMING.decode(command.body)
        async with self._desk.turn:
            others = [one for one in coming(self._store) if one.number != told.number]
            if not self._store.stock_received(told.number):
                others.append(Coming(told.number, told.sender, told.at_ms, tuple(told.lines)))
            await self._store.commit(Batch(settings=(coming_setting(others), place)))
        self._desk.changed()

    async def arrived(self, command: Command, place: Setting) -> None:
        told = _ARRIVED.decode(command.body)
        document = self._desk.sent(told.number)
        if document is None or document.phase is not StockPhase.ON_THE_WAY:
            await self._store.commit(Batch(settings=(place,)))  # told before, or sent by nobody here
            return
        await self._desk.arrived(document, told.at_ms, tuple(told.differences), place)
