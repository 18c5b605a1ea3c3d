"""Shops of one chain that share an HQ, for tests of slips shown elsewhere: real stores, desks, uplink, downlink and HQ.

The wire loses a request before HQ has it, or HQ's answer after it has acted, as a seed says. Leaving a shop's block and
entering it again is a restart of its agent; what a till does with the register stands in `paid` of the world.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import anyio
import httpx
from anyio.lowlevel import checkpoint

from agent.claims.claim_desk import ClaimDesk
from agent.claims.claim_exchange import ClaimExchange
from agent.ids import new_id
from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry
from cloud_api.settings import Settings as HqSettings
from cloud_api.store.devices import key_hash
from fiscal.claim import OWED, ClaimPaid, ClaimPayFailed, ClaimPayMeant
from sync.courier import Courier
from sync.downlink import FeedReader, Take, place_of, run_downlink, take_page
from sync.store.batch import Setting
from sync.store.store import Store, open_store
from sync.uplink import UplinkBoard, run_uplink
from sync.wire.commands import Command, Commands
from tests.agent.small_shop import LoopClock
from tests.cloud_api.at_once import at_once

NAMES = ("shop-a", "shop-b", "shop-c")
A_WHILE_S = 120.0
"""Of virtual time: some retries, and four times HQ's longest silence."""


class Lossy(httpx.AsyncBaseTransport):
    """HQ without sockets, over a line that loses a share of what goes through it."""

    def __init__(self, world: Chain) -> None:
        self._world = world

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        lost = self._world.rng.random() < self._world.loss
        before = self._world.rng.random() < 0.5
        if self._world.cut or (lost and before):
            raise httpx.ConnectError("the line is cut")
        inner = httpx.ASGITransport(app=self._world.hq, client=("127.0.0.1", 40000))
        response = await inner.handle_async_request(request)
        if lost:
            raise httpx.ReadError("the answer was lost")
        return response


class ClaimShop:
    """One agent's claims, while it runs."""

    def __init__(self, name: str, world: Chain, store: Store) -> None:
        self.name, self.world, self.store = name, world, store
        rng = random.Random(world.rng.getrandbits(64))
        self.desk = ClaimDesk(store, world.clock, name.encode() * 4, name, "RUB", 30)
        self.exchange = ClaimExchange(self.desk, store, world.clock, name, lambda: new_id(world.clock.now_ms(), rng))
        self.takers = {kind: self._heard(take) for kind, take in self.exchange.takers.items()}

    def _heard(self, take: Take) -> Take:
        async def taken(command: Command, place: Setting) -> None:
            self.world.heard[self.name].append(command)
            await take(command, place)

        return taken

    async def hear_again(self, first: int = 1000) -> None:
        """HQ begins its feed anew and says once more what it said first."""
        page = Commands(f"feed {self.world.rng.random()}", self.world.heard[self.name][:first], 0)
        await take_page(self.store, page, place_of(self.store), self.exchange.takers)

    async def online(self, for_s: float = A_WHILE_S) -> None:
        """The uplink and the downlink run for a while."""
        async with httpx.AsyncClient(transport=Lossy(self.world)) as client, anyio.create_task_group() as tasks:
            url, key = "http://hq.test", f"key-of-{self.name}-0123456789"
            post, fetch = Courier(client, url, key).post, FeedReader(client, url, key).fetch
            rng = self.world.rng

            async def up() -> None:
                await run_uplink(self.store, post, UplinkBoard(), now_ms=self.world.clock.now_ms, rng=rng)

            async def down() -> None:
                await run_downlink(self.store, fetch, self.takers, rng=rng)

            tasks.start_soon(up)
            tasks.start_soon(down)
            await anyio.sleep(for_s)
            tasks.cancel_scope.cancel()

    async def pay(self, number: str, *, fails: bool = False) -> None:
        """What a till does: the intent, the register's выплата, the outcome. Raises ClaimRefused."""
        await self.desk.change(number, ClaimPayMeant("ann", "1", 17, True), "1")
        if fails:
            await self.desk.change(number, ClaimPayFailed("paper_out"), "1")
            return
        claim = self.desk.claim(number)
        assert claim is not None
        self.world.paid.append((self.name, *self.desk.named(claim)))
        await self.desk.change(number, ClaimPaid(self.world.clock.now_ms(), "seen"), "1")


class Chain:
    """The world of some shops: what outlives an agent."""

    def __init__(self, directory: Path, seed: int, loss: float = 0.0) -> None:
        self.directory, self.rng, self.loss = directory, random.Random(seed), loss
        self.cut = False
        self.clock = LoopClock()
        self.paid: list[tuple[str, str, str]] = []  # by whom, whose slip, its number
        self.heard: dict[str, list[Command]] = {name: [] for name in NAMES}
        entries = tuple(DeviceEntry(name, name, "1", key_hash(f"key-of-{name}-0123456789")) for name in NAMES)
        self._settings = HqSettings(database=str(directory / "hq.sqlite"), devices=entries)
        self.hq: Hq = at_once(start_hq(self._settings, now_ms=self.clock.now_ms))

    def restart_hq(self) -> None:
        at_once(self.hq.storage.close())
        self.hq = at_once(start_hq(self._settings, now_ms=self.clock.now_ms))

    @asynccontextmanager
    async def shop(self, name: str) -> AsyncIterator[ClaimShop]:
        opening = open_store(self.directory / name, device=name, now_ms=self.clock.now_ms, inline=checkpoint)
        async with opening as store:
            yield ClaimShop(name, self, store)

    @asynccontextmanager
    async def shops(self) -> AsyncIterator[list[ClaimShop]]:
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.shop(name)) for name in NAMES]

    async def all_online(self, shops: list[ClaimShop], for_s: float = A_WHILE_S) -> None:
        async with anyio.create_task_group() as tasks:
            for shop in shops:
                tasks.start_soon(shop.online, for_s)


def owing(shops: list[ClaimShop], issuer: str, number: str) -> list[str]:
    """Who owes the claim now."""
    found = [(shop.name, shop.desk.claim(shop.desk.number_of(issuer, number))) for shop in shops]
    return [name for name, claim in found if claim is not None and claim.phase in OWED]
