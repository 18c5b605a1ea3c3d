"""One exchange from one seed: shops trade while faults strike, then all is mended and the judge compares both ends."""

from __future__ import annotations

import asyncio
import logging
import random
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import anyio.abc
import anyio.lowlevel
import asyncpg
import httpx

from cloud_api.store.codes import make_code
from cloud_api.telling.goods import put_prices, put_products, remove_products
from cloud_api.telling.shop_rows import put_rows, remove_rows
from cloud_api.telling.snapshots import publish
from sync.enrolment.enrolling import Machine, enrol, nonces
from sync.enrolment.signer import Signer
from sync.push_stream import REPORT_EVERY_S
from sync.wire.enrolment import Enrolled
from sync.wire.feed import OFFER, OfferBody, PriceRow, ProductRow
from tests.simulation.exchange import poison
from tests.simulation.exchange.device import Box
from tests.simulation.exchange.faults import STRUCK, Fault, Faults, table
from tests.simulation.exchange.judge import Judge
from tests.simulation.exchange.ledger import LONGEST_KEPT, Ledger
from tests.simulation.exchange.office import Office, PostgresqlOffice, SqliteOffice
from tests.simulation.exchange.virtual_loop import Clocks, Outside, run_virtually
from tests.simulation.exchange.wire import URL, Sent, Way

STORES = ("Казань, Баумана", "Уфа, Проспект", "Тверь")
TILLS = 2
STRANGER = "stranger"
KILLS, SHOP_RESTORES, SIGKILLS, HQ_RESTORES, PROMOTIONS = 40, 60, 200, 250, 400
"""So many faults between two of them: they cost more than the others."""
QUIET_WITHIN_S = 6_000
HEARD_WITHIN_S = 3 * REPORT_EVERY_S
"""A quiet stream reports once in that time: only then does it hear that HQ has come back from a backup."""
ONE_EVERY_S = 0.8
"""Between two blows; the way has its own faults."""


@dataclass
class Report:
    """What a run has to say. `broken`: sentences, each a promise that was not kept."""

    faults: int
    seed: int
    storage: str
    struck: Counter[Fault]
    broken: list[str]
    missing: list[Fault]
    told: dict[str, object] = field(default_factory=dict)
    took_s: float = 0.0
    processor_s: float = 0.0

    @property
    def replay(self) -> str:
        return (
            f"PYTHONHASHSEED=0 python -m tests.simulation.exchange {self.faults} {self.seed} --storage {self.storage}"
        )

    def text(self) -> str:
        struck = table([(fault.value, self.struck[fault]) for fault in Fault])
        told = table([(name, value) for name, value in self.told.items()])
        head = f"{self.struck.total()} faults, seed {self.seed}, {self.storage}: {self.took_s:.0f} s"
        head += f", {self.processor_s:.0f} s of processor time"
        wrong = [f"BROKEN {one}" for one in self.broken] + [f"NEVER STRUCK {one.value}" for one in self.missing]
        again = ["replay: " + self.replay] if wrong else []
        return "\n".join([head, struck, told, *wrong, *again])


def run(faults: int, seed: int, storage: str) -> Report:
    began, worked = time.monotonic(), _worked_s()
    with tempfile.TemporaryDirectory(prefix="tillkeeper-exchange-") as folder:
        exchange = Exchange(faults, seed, storage, Path(folder))
        run_virtually(exchange.run)
    postgresql = storage == "postgresql"
    struck = exchange.faults
    report = Report(faults, seed, storage, struck.struck, exchange.broken, struck.missing(postgresql), exchange.told)
    report.took_s, report.processor_s = time.monotonic() - began, _worked_s() - worked
    return report


def _worked_s() -> float:
    """Processor time of this process and of those it has waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Exchange:
    def __init__(self, faults: int, seed: int, storage: str, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.faults = Faults(self._another(), faults)
        self.ledger = Ledger()
        self.storage = storage
        self.folder = folder
        self.broken: list[str] = []
        self.told: dict[str, object] = {}
        self.boxes: list[Box] = []

    def _another(self) -> random.Random:
        return random.Random(self.rng.getrandbits(64))

    async def run(self, outside: Outside) -> None:
        asyncio.get_running_loop().set_exception_handler(_left_behind)
        logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # pools whose server is gone say so again and again
        self.clocks = Clocks(self._another())
        async with anyio.create_task_group() as tasks:
            self.tasks = tasks
            made = (self.folder, self.clocks, outside, tasks, self._another(), self.storage)
            self.office: Office = SqliteOffice(*made) if self.storage == "sqlite" else PostgresqlOffice(*made)
            self.way = Way(self.office, self.faults, self.ledger, self._another(), tasks)
            try:
                await self._trade()
            finally:
                with anyio.CancelScope(shield=True):
                    await self.office.close()
            tasks.cancel_scope.cancel()

    async def _trade(self) -> None:
        if isinstance(self.office, PostgresqlOffice):
            await self.office.prepare()
        await self.office.start()
        self.way.mended = True
        await self._open_shops()
        await self._publish()
        await self._back_up_hq()
        self.way.mended = False
        async with anyio.create_task_group() as shops:
            for box in self.boxes:
                shops.start_soon(box.live_on)
            await self._strike()
            await self._mend()
            for box in self.boxes:
                box.back_up()
                assert box._disk is not None
                box.image = box._disk.image()
            judge = Judge(self.office.storage, self.ledger, self.boxes)
            self.broken += await judge.judge()
            shops.cancel_scope.cancel()
        self.told = {
            **judge.told,
            "requests": self.way.requests,
            "lives of boxes": sum(box.lives for box in self.boxes),
            "virtual hours": round(anyio.current_time() / 3600, 1),
            "lost with disks that nobody has": len(self.ledger.lost_with_disks - self.ledger.promised),
        }

    async def _open_shops(self) -> None:
        for shop, store in enumerate(STORES):
            for till in range(TILLS):
                name = f"shop{shop}-till{till}"
                box = Box(
                    name, store, STORES, self.folder, self.way, self.faults, self.ledger, self.clocks, self._another(),
                    restorable=till == 0, catalogue=till == 0,
                )  # fmt: skip
                await box.enrol(await self._code(store, name))
                self.boxes.append(box)
        async with self.way.client(STRANGER) as client:
            told = await enrol(
                client, URL, await self._code(STORES[0], STRANGER), self.folder / STRANGER, Machine(),
                draw=self.rng.randbytes, now_ms=self.clocks.true_ms,
            )  # fmt: skip
        assert isinstance(told, Enrolled)
        from sync.enrolment import kept

        enrolled = kept.read(self.folder / STRANGER).enrolled
        assert enrolled is not None
        self.stranger = Signer(enrolled.seed, now_ms=self.clocks.true_ms, nonce=nonces(self.rng.randbytes))

    async def _code(self, store: str, device: str) -> str:
        made = await make_code(
            self.office.storage, store, "till", device, now_ms=self.clocks.hq_ms(), draw=self.rng.randbytes
        )
        return made.code

    # What HQ tells the shops

    async def _publish(self) -> None:
        storage, now_ms = self.office.storage, self.clocks.hq_ms()
        async with storage.transaction(None) as transaction:
            await put_products(transaction, [_product(n, 100) for n in range(60)], now_ms=now_ms)
            await put_prices(transaction, "main", [PriceRow(f"{n:08d}", 0, 100) for n in range(60)], now_ms=now_ms)
        await publish(storage, "main", now_ms=now_ms)
        await self._tell()

    async def _tell(self) -> None:
        """Somebody at HQ changes prices, offers and orders."""
        rng, storage, now_ms = self.rng, self.office.storage, self.clocks.hq_ms()
        chosen = [f"{n:08d}" for n in rng.sample(range(60), 5)]
        async with storage.transaction(None) as transaction:
            await put_products(transaction, [_product(int(sku), 100) for sku in chosen], now_ms=now_ms)
            prices = [PriceRow(sku, 0, rng.randint(1, 9_999)) for sku in chosen]
            await put_prices(transaction, "main", prices, now_ms=now_ms)
            await remove_products(transaction, [f"{rng.randrange(60):08d}"], now_ms=now_ms)
        for store in ("", rng.choice(STORES)):
            async with storage.transaction(store) as transaction:
                # a row for all stores and one store's own have different keys
                mine = "every" if store == "" else "own"
                words = f"{rng.randrange(10**6)}"
                await put_rows(
                    transaction, store, OFFER, [(f"{mine}-{rng.randrange(9)}", OfferBody(words, words))], now_ms=now_ms
                )
                await put_rows(
                    transaction, store, "customer", [(f"{mine}-c{rng.randrange(9)}", {"n": words})], now_ms=now_ms
                )
                if rng.random() < 0.3:
                    await remove_rows(transaction, store, OFFER, [f"{mine}-{rng.randrange(9)}"], now_ms=now_ms)

    # Faults

    async def _strike(self) -> None:
        """Blows at HQ follow each other; those at shops, and what comes from nowhere, fall meanwhile."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._strike_hq)
            while not self.faults.enough:
                await anyio.sleep(self.rng.expovariate(1 / ONE_EVERY_S))
                await self._one(self.faults.draw(STRUCK))

    async def _strike_hq(self) -> None:
        faults, rng = self.faults, self.rng
        every = {
            self._restore_shop: SHOP_RESTORES,
            self._kill_hq: KILLS,
            self._sigkill: SIGKILLS,
            self._restore_hq: HQ_RESTORES,
        }
        if isinstance(self.office, PostgresqlOffice):
            every[self._promote] = PROMOTIONS
        # The first of each comes early, so that a short run has them all.
        due = {work: count // 2 for work, count in every.items()}
        while not faults.enough:
            await anyio.sleep(rng.expovariate(1 / ONE_EVERY_S))
            for work, at in due.items():
                if faults.count >= at:
                    due[work] = at + every[work]
                    await work()
            if rng.random() < 0.1 and self.office.inside:
                await self._tried(self._tell)

    async def _tried(self, work: Callable[[], Awaitable[None]]) -> None:
        from cloud_api.storage.storage import StorageBusy

        try:
            await work()
        except StorageBusy:
            return

    async def _one(self, fault: Fault) -> None:
        faults, rng, way = self.faults, self.rng, self.way
        box = rng.choice(self.boxes)
        match fault:
            case Fault.REPLAYED | Fault.RESIGNED if way.remembered:
                sent = rng.choice(way.remembered)
                signer = next((one.signer for one in self.boxes if one.name == sent.device), None)
                faults.strike(fault, f"{sent.device} {sent.path}")
                self.tasks.start_soon(way.again, sent, signer if fault is Fault.RESIGNED else None)
            case Fault.POISON_REQUEST:
                await self._no_batch()
            case Fault.SHOP_KILLED:
                faults.strike(fault, box.name)
                box.cut()
            case Fault.SHOP_CLOCK:
                box.wrong_ms = rng.choice([0, 1, -1]) * rng.randrange(1, 40 * 86_400_000)
                faults.strike(fault, box.name)
            case Fault.HQ_CLOCK:
                self.clocks.hq_wrong_ms = rng.randrange(-7_200_000, 7_200_000)
                faults.strike(fault)

    async def _restore_shop(self) -> None:
        """A box that may: its disk becomes that of a backup."""
        for box in self.rng.sample([one for one in self.boxes if one.restorable], TILLS):
            if await box.restore():
                self.faults.strike(Fault.SHOP_RESTORED, box.name)
                return

    async def _no_batch(self) -> None:
        name, path, body, encoding = poison.no_batch(self.rng, STRANGER)
        headers = {"content-encoding": encoding} if encoding else {}
        request = httpx.Request("POST", URL + path, content=body, headers=headers)
        signed = next(self.stranger.auth_flow(request))
        self.stranger._ahead_s = self.clocks.hq_wrong_ms // 1000
        signed = next(self.stranger.auth_flow(request))
        sent = Sent(STRANGER, "POST", path, tuple((n.lower(), v) for n, v in signed.headers.items()), body)
        self.faults.strike(Fault.POISON_REQUEST, name)
        try:
            said = await self.way.deliver(sent)
        except httpx.TransportError:
            return
        if said.status == 200 or (said.status >= 500 and said.status != 503):
            self.ledger.breaches.append(f"a request that is no batch ({name}) was answered {said.status}")

    async def _kill_hq(self) -> None:
        office = self.office
        if isinstance(office, SqliteOffice):
            office.arm()
            with anyio.move_on_after(60):
                await office.cut.wait()
        else:
            with anyio.move_on_after(60):
                while not office.under_way:  # noqa: ASYNC110
                    await anyio.sleep(0.01)
            for _ in range(self.rng.randrange(40)):
                await anyio.lowlevel.checkpoint()
        self.faults.strike(Fault.HQ_KILLED)
        await self._restart()

    async def _restart(self) -> None:
        await self.office.stop()
        await anyio.sleep(self.rng.uniform(0.1, 15.0))
        await self.office.start()

    async def _sigkill(self) -> None:
        """HQ as processes of its own for a while, killed at their work again and again."""
        await self.office.stop()
        for _ in range(2 + (self.faults.wanted >= 5_000)):
            await self.office.start_processes()
            before = self.way.requests
            with anyio.move_on_after(300):
                while self.way.requests < before + 25 or not self.office.under_way:  # noqa: ASYNC110
                    await anyio.sleep(0.002)
            with self.office.outside.at_work():
                await anyio.sleep(self.rng.uniform(0.0, 0.006))
            self.faults.strike(Fault.HQ_SIGKILL, f"{self.office.under_way} requests under way")
            await self.office.stop()
            await anyio.sleep(self.rng.uniform(0.1, 5.0))
        await self.office.start()

    async def _back_up_hq(self) -> None:
        await self.office.stop()
        await self.office.back_up()
        await self.office.start()

    async def _restore_hq(self) -> None:
        """From a backup of a while ago: what it has lost comes again from the shops."""
        await self._back_up_hq()
        await anyio.sleep(self.rng.uniform(20.0, 60.0))
        await self.office.stop()
        await self.office.restore()
        await self.office.start()
        rows = await self.office.storage.rows("SELECT device, stream, id, body FROM item")
        self.ledger.hq_came_back({(row[0], row[1], row[2][:LONGEST_KEPT], bytes(row[3])) for row in rows})
        self.faults.strike(Fault.HQ_RESTORED)

    async def _promote(self) -> None:
        office = self.office
        assert isinstance(office, PostgresqlOffice)
        with anyio.move_on_after(60):
            while not office.under_way:  # noqa: ASYNC110
                await anyio.sleep(0.002)
        self.faults.strike(Fault.PROMOTED, f"{office.under_way} requests under way")
        await office.promote()
        await anyio.sleep(20.0)  # both HQs find the new primary by themselves
        await office.stop()
        await office.stand_by_again()
        await office.start()

    # The end

    async def _mend(self) -> None:
        """No more faults: everything that waits has to arrive, however long its backoff."""
        self.way.mended = True
        if not self.office.inside:
            await self.office.stop()
            await self.office.start()
        self.clocks.hq_wrong_ms = 0
        for box in self.boxes:
            box.wrong_ms = 0
            box.trading = False
        with anyio.move_on_after(QUIET_WITHIN_S) as within:
            while any(box.store is None for box in self.boxes):  # noqa: ASYNC110
                await anyio.sleep(1.0)
            for box in self.boxes:
                box.beat()
            await anyio.sleep(HEARD_WITHIN_S)
            while not await self._quiet():  # noqa: ASYNC110 - rows on both ends, not an event
                await anyio.sleep(10.0)
        if within.cancelled_caught:
            self.broken.append(f"not quiet after {QUIET_WITHIN_S} s: {'; '.join(await self._unquiet())}")

    async def _quiet(self) -> bool:
        return not await self._unquiet()

    async def _unquiet(self) -> list[str]:
        found = []
        for box in self.boxes:
            if box.store is None:
                found.append(f"{box.name} is down")
                continue
            for board, outbox in box.boards:
                waiting = sum(s.waiting for s in outbox.outbox_state() if s.stream in board.streams)
                troubled = [f"{s.stream} {s.trouble} {s.what}" for s in board.states(outbox) if s.trouble]
                if waiting or troubled:
                    found.append(f"{box.name}: {waiting} wait {troubled}")
            if not found:
                found += [f"{box.name} {feed._name}: {feed.board}" for feed in box.feeds if not await self._here(feed)]
        left = await self.office.storage.number("SELECT count(*) FROM command")
        return found + ([f"{left} commands"] if left else [])

    async def _here(self, feed: object) -> bool:
        from cloud_api.telling.heads import head_of

        head = await head_of(self.office.storage, feed._name)  # type: ignore[attr-defined]
        place = feed._keeper.place()  # type: ignore[attr-defined]
        return head is not None and place is not None and place.version >= head.version


def _left_behind(loop: asyncio.AbstractEventLoop, told: dict[str, Any]) -> None:
    """What a killed HQ leaves on the loop, such as a connection to a server that is gone, is nobody's any more."""
    if not isinstance(told.get("exception"), asyncpg.PostgresError | asyncpg.InterfaceError | OSError):
        loop.default_exception_handler(told)


def _product(n: int, price: int) -> ProductRow:
    return ProductRow(
        f"{n:08d}", f"Товар {n}", price, 1, 0, "", 0, 1, "", 0, 0, 0, 1, 0, "", ""
    )  # fmt: skip
