"""A validator and a hopper on one wire, moved by the test, with an encashment desk beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
from anyio.lowlevel import checkpoint

from agent.cash.cash_slot import CashSlot
from agent.cash.encashment import EncashmentDesk, KioskMoments
from agent.cash.unit_record import UnitRecord
from agent.devices.device_port import DevicePort
from drivers.cash_devices import contract as c
from drivers.catalogue import driver
from drivers.errors import Unanswered
from drivers.links.memory import pair
from drivers.wire.dialogue import Dialogue, Rest, Tell
from fiscal.encashment import Encashment
from sync.store.batch import Batch, Committed
from sync.store.store import Store, open_store
from sync.wire import facts
from tests.agent.small_shop import LoopClock

RUB100, RUB500, RUB10 = (c.Denomination(n, value, "RUB") for n, value in ((1, 10_000), (3, 50_000), (1, 1_000)))
VALIDATOR = c.Unit("validator", "SN1", "a validator", (RUB100, RUB500), escrow=True)
HOPPER = c.Unit("hopper", "H1", "a hopper", gives=(RUB10,))
PERSON = "olga"


class Puppet:
    """A device that tells what it is given, and remembers what was wished of it."""

    def __init__(self) -> None:
        self.tells: list[object] = [c.Found(VALIDATOR), c.Found(HOPPER)]
        self.wishes: list[object] = []
        self.beats = 0

    def identify(self) -> Dialogue[tuple[c.Unit, ...]]:
        yield Rest(0.01)
        return (VALIDATOR, HOPPER)

    def attend(self, remembered: Mapping[str, c.Remembered]) -> Dialogue[None]:
        while True:
            while self.tells:
                yield Tell(self.tells[0])  # goes on when it is durable
                del self.tells[0]
            wish = yield Rest(0.01)
            self.beats += 1
            if wish is not None:
                self.wishes.append(wish)
            if isinstance(wish, c.Leave):
                return


@asynccontextmanager
async def _wire() -> AsyncIterator[Any]:
    near, _far = pair("memory:cash")
    yield near
    near.cut()


class Room:
    """One kiosk's cash: what its people do, what its paper and HQ got."""

    def __init__(self, store: Store, slot: CashSlot, puppet: Puppet) -> None:
        self.store, self.slot, self.puppet = store, slot, puppet
        self.present = False
        self.unsettled: frozenset[str] = frozenset()
        self.paper: list[Encashment] = []
        self.paper_is_out = False
        self.desk = EncashmentDesk(
            "k1",
            {"cash1": slot},
            store,
            LoopClock().now_ms,
            KioskMoments(lambda person: person == PERSON, lambda: self.present, lambda: self.unsettled),
            self._print,
        )

    async def _print(self, made: Encashment) -> None:
        if self.paper_is_out:
            raise Unanswered("the register is away")
        self.paper.append(made)

    async def tell(self, *events: object) -> None:
        """The device tells these; returns when all of it is durable and every wish about it was heard."""
        self.puppet.tells += events
        with anyio.fail_after(10):
            await self._beats(lambda: not self.puppet.tells)
            heard = self.puppet.beats + 3
            await self._beats(lambda: self.puppet.beats >= heard)

    async def _beats(self, true: Callable[[], bool]) -> None:
        while not true():  # noqa: ASYNC110  # a device has no event for "I have nothing more to tell"
            await anyio.sleep(0.01)

    async def note(self, kind: c.Denomination = RUB500, order: str = "order-1") -> None:
        self.slot.order = order
        await self.tell(c.Escrowed("validator", kind.type, kind), c.Stacked("validator", kind.type, kind))

    async def paid(self, key: str, minor: int) -> None:
        self.slot.order = key.rpartition("/")[0]
        await self.tell(c.PayoutMeant("hopper", key, minor, ()), c.PaidOut("hopper", key, minor, minor))

    async def emptied(self, **more: Any) -> Encashment:
        """The whole way, as staff goes it."""
        await self.desk.open("cash1", "validator", PERSON)
        await self.tell(c.CassetteOut("validator"), c.CassetteBack("validator"), c.Closed("validator"))
        return await self.desk.close("cash1", "validator", PERSON, **more)

    def told_hq(self) -> list[facts.Encashment]:
        rows = self.store.outbox_read("sales", 0, 100)
        return [msgspec.json.decode(row.body, type=facts.Encashment) for row in rows if row.kind == "encashment"]

    def kinds(self, period: int, unit: str = "validator") -> list[str]:
        rows = self.store.journal(f"cash/cash1/{unit}/{period}")
        return [row.kind.removeprefix("cash.") for row in rows]


@asynccontextmanager
async def room(directory: Path) -> AsyncIterator[Room]:
    clock = LoopClock()
    async with open_store(directory, device="agent", now_ms=clock.now_ms, inline=checkpoint) as store:
        puppet = Puppet()
        port: DevicePort[Any] = DevicePort("cash1", "cash1", driver("ccnet"), puppet, _wire, clock, keep_open=False)
        record = partial(UnitRecord, "cash1", till="k1", store=store, changed=lambda: None)
        slot = CashSlot(port, "k1", record, lambda worth: True, lambda: None)
        slot.remember(["validator", "hopper"])
        made = Room(store, slot, puppet)
        async with anyio.create_task_group() as life:
            life.start_soon(slot.attend)
            await made.tell()
            yield made
            slot.leave()


def watched(store: Store, seen: list[tuple[int, list[str], int]]) -> None:
    """From now on, what the file holds after each commit: (period in force, newest rows, facts for HQ)."""
    commit = store.commit

    async def committed(batch: Batch) -> Committed:
        done = await commit(batch)
        period = int(store.setting("cash.period/cash1/validator") or 1)
        rows = [row.kind.removeprefix("cash.") for row in store.journal_since(0, 10_000)]
        seen.append((period, rows, store.outbox_head("sales")))
        return done

    store.commit = committed  # type: ignore[method-assign]
