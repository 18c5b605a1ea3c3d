"""A box in a shop that lives, dies and lives again: the program's own store and ways to HQ, on a simulated disk.

    writer -> store (journal, outbox, stock) -> uplink -> wire        visits and telemetry beside it
    wire -> downlink (commands), feeds (what HQ tells: told.db and the catalogue)

The disk keeps what was synced (recording_vfs.py). What HQ tells lies on real files, which a box that comes back from a
backup has lost.
"""

from __future__ import annotations

import itertools
import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import anyio
import msgspec

from sync.catalogue_downlink import CatalogueDownlink
from sync.courier import Courier
from sync.downlink import FeedReader, Place, run_downlink
from sync.enrolment import kept
from sync.enrolment.enrolling import Machine, enrol, nonces
from sync.enrolment.signer import Signer
from sync.feed_courier import FeedCourier
from sync.feed_following import FeedBoard, FeedFollower
from sync.greeter import Greeter
from sync.kept_outbox import KeptOutbox
from sync.store.batch import Batch, Entry, Outgoing, Setting
from sync.store.catalogue_building import Built, build_catalogue
from sync.store.feed_place import FeedPlace
from sync.store.store import Store, open_store
from sync.store.told_rows import ToldRows
from sync.telemetry_log import TelemetryLog
from sync.uplink import run_uplink
from sync.uplink_board import UplinkBoard
from sync.visitor_store.visitor_batch import VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore, open_visitors
from sync.wire.commands import ClaimRelease, Command
from sync.wire.enrolment import Enrolled
from sync.wire.facts import ClaimGiven, ClaimKept
from sync.wire.feed import SHOP
from sync.wire.telemetry_facts import HEARTBEAT, Heartbeat
from sync.wire.telemetry_facts import STREAM as TELEMETRY
from sync.wire.visit_facts import HourFact
from tests.simulation.exchange.faults import Fault, Faults
from tests.simulation.exchange.ledger import Fact, Ledger
from tests.simulation.exchange.virtual_loop import Clocks
from tests.simulation.exchange.wire import URL, Way
from tests.simulation.exchange.writer import Writer
from tests.simulation.recording_vfs import RecordingVfs, power

T = TypeVar("T")
FOLDER = Path("/shop")
COMMIT_S = 0.002
LONGEST_WAIT_S, SPREAD_S = 20.0, 5.0
"""Shorter than in a shop, so that a run is not made of waits."""
VISITS_KEPT = 6
_names = itertools.count()


class ShopPowerCut(BaseException):
    """The box has no power: no product code may catch it."""


class Box:
    """One device. `restorable`: its disk may come back from a backup."""

    def __init__(
        self,
        name: str,
        store_name: str,
        stores: tuple[str, ...],
        folder: Path,
        way: Way,
        faults: Faults,
        ledger: Ledger,
        clocks: Clocks,
        rng: random.Random,
        *,
        restorable: bool,
        catalogue: bool,
    ) -> None:
        self.name, self.store_name = name, store_name
        self.folder = folder / name
        self.restorable, self._with_catalogue = restorable, catalogue
        self._way, self._faults, self._ledger, self._clocks, self._rng = way, faults, ledger, clocks, rng
        self.wrong_ms = 0
        self.image: dict[str, bytes] = {}
        self.backups: list[tuple[dict[str, bytes], frozenset[str], dict[int, int]]] = []
        self.number_one: dict[int, int] = {}
        """Of each epoch of the visits on this disk: how many hours were written before its number one."""
        self.signer: Signer | None = None
        self.lives = 0
        self.trading = True
        self._disk: RecordingVfs | None = None
        self._scope = anyio.CancelScope()
        self._down = anyio.Event()
        self._operations_left = -1
        self.store: Store | None = None
        self.visitors: VisitorStore | None = None
        self.told: ToldRows | None = None
        self.catalogue: CatalogueDownlink | None = None
        self.log: TelemetryLog | None = None
        self.boards: list[tuple[UplinkBoard, KeptOutbox]] = []
        self.feeds: list[FeedFollower] = []
        self.writer = Writer(name, store_name, stores, ledger, rng, self.now_ms, claims_too=not restorable)
        self.writer.poisoned = lambda what: faults.strike(Fault.POISON_FACT, what)
        self._hours = itertools.count(1)

    def now_ms(self) -> int:
        return self._clocks.true_ms() + self.wrong_ms

    def _draw(self, count: int) -> bytes:
        return self._rng.randbytes(count)

    async def enrol(self, code: str) -> None:
        """With the program's own enrolment; the way is mended meanwhile."""
        async with self._way.client(self.name) as client:
            told = await enrol(client, URL, code, self.folder / "keys", Machine(), draw=self._draw, now_ms=self.now_ms)
        assert isinstance(told, Enrolled), told
        assert told.device == self.name

    # Life and death

    async def live_on(self) -> None:
        """Lives one life after another until cancelled."""
        while True:
            await self._life()
            await anyio.sleep(self._rng.uniform(0.5, 10.0))

    async def _life(self) -> None:
        self.lives += 1
        self._operations_left = -1
        self._scope = anyio.CancelScope()
        self._down = anyio.Event()
        name = f"exchange-{self.name}-{next(_names)}"
        try:
            with power(name, seed=self._rng.getrandbits(30), image=self.image, watch=self._watch) as disk, self._scope:
                self._disk = disk
                await self._work(disk)
        except BaseExceptionGroup as group:
            _, other = group.split(ShopPowerCut)
            if other is not None:
                raise other from None
        except ShopPowerCut:
            pass
        finally:
            self.store = self.visitors = self._disk = None
            if self.told is not None:
                self.told.close()
                self.told = None
            if self.catalogue is not None:
                self.catalogue.keeper.close()
                self.catalogue = None
            self._down.set()

    def cut(self) -> None:
        """The power goes: now, or at one of the next writes to the disk."""
        if self._disk is None:
            return
        if self._rng.random() < 0.6:
            self._operations_left = self._rng.randrange(0, 30)
        else:
            self._lose_power(self._disk)
            self._scope.cancel()

    def _lose_power(self, disk: RecordingVfs) -> None:
        self.image = disk.image(self._rng)
        self._operations_left = 0
        self._disk = None

    async def down(self) -> None:
        await self._down.wait()

    def _watch(self, operation: str, file: str) -> None:
        if self._operations_left < 0:
            return
        if self._disk is not None:
            if self._operations_left > 0:
                self._operations_left -= 1
                return
            self._lose_power(self._disk)
        raise ShopPowerCut

    def back_up(self) -> None:
        if self._disk is not None and self.restorable:
            held = (self._disk.image(), frozenset(self._ledger.on_disk.get(self.name, ())), dict(self.number_one))
            self.backups.append(held)
            del self.backups[:-3]

    async def restore(self) -> bool:
        """The disk is that of a backup, perhaps one that was restored before."""
        if not self.backups or self._disk is None:
            return False
        self._lose_power(self._disk)
        self._scope.cancel()
        await self.down()
        self.image, held, number_one = self._rng.choice(self.backups)
        self.number_one = dict(number_one)
        self._ledger.came_back(self.name, set(held))
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        return True

    # Work

    async def _work(self, disk: RecordingVfs) -> None:
        enrolled = kept.read(self.folder / "keys").enrolled
        assert enrolled is not None
        kept_on = {"now_ms": self.now_ms, "vfs": disk.name, "inline": self._pause}
        async with (
            open_store(FOLDER, device=self.name, epoch=enrolled.epoch, **kept_on) as store,  # type: ignore[arg-type]
            open_visitors(
                FOLDER, device=self.name, epoch=enrolled.epoch, most_waiting=VISITS_KEPT, **kept_on  # type: ignore[arg-type]
            ) as visitors,
            self._way.client(self.name) as client,
        ):  # fmt: skip
            self._booted(store, visitors)
            self.store, self.visitors = store, visitors
            begin_epoch = visitors.begin_epoch

            async def begun(epoch: int) -> None:
                await begin_epoch(epoch)
                self._number(visitors)

            visitors.begin_epoch = begun  # type: ignore[method-assign]
            self.signer = Signer(enrolled.seed, now_ms=self.now_ms, nonce=nonces(self._draw))
            log = self.log = TelemetryLog(self.name, TELEMETRY, self.now_ms)
            self.boards = [
                (UplinkBoard(("sales", "loyalty")), store),
                (UplinkBoard(("visits",)), visitors),
                (UplinkBoard((TELEMETRY,)), log),
            ]
            courier, greeter = Courier(client, URL, self.signer), Greeter(client, URL, self.signer)
            self._follow(FeedCourier(client, URL, self.signer))
            async with anyio.create_task_group() as tasks:
                for board, outbox in self.boards:
                    tasks.start_soon(self._push, outbox, courier, greeter, board)
                for feed in self.feeds:
                    tasks.start_soon(feed.run)
                reader = FeedReader(client, URL, self.signer)

                async def fetch(place: Place, wait_s: int) -> object:
                    return await reader.fetch(place, min(wait_s, self._way.patience_s))

                tasks.start_soon(self._hear, store, fetch)
                tasks.start_soon(self._trade, store, visitors)

    async def _hear(self, store: Store, fetch: Callable[[Place, int], Awaitable[object]]) -> None:
        kinds = ("claim_release", "claim_granted", "claim_denied", "transfer_coming", "transfer_arrived")

        async def take(command: Command, place: Setting) -> None:
            await self._carry_out(store, command, place)

        rng = random.Random(self._rng.getrandbits(64))
        await run_downlink(store, fetch, dict.fromkeys(kinds, take), rng=rng)  # type: ignore[arg-type]

    async def _push(self, outbox: KeptOutbox, courier: Courier, greeter: Greeter, board: UplinkBoard) -> None:
        await run_uplink(
            outbox,
            courier.post,
            board,
            now_ms=self.now_ms,
            rng=random.Random(self._rng.getrandbits(64)),
            greet=greeter,
            longest_wait_s=LONGEST_WAIT_S,
            spread_s=SPREAD_S,
        )

    def _follow(self, courier: FeedCourier) -> None:
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        rng = random.Random(self._rng.getrandbits(64))
        self.told = ToldRows(data)

        async def ask(name: str, place: FeedPlace, limit: int, wait_s: int) -> object:
            return await courier.page(name, place, min(limit, 40), 0)

        async def later() -> float:
            return 5.0

        self.feeds = [FeedFollower(SHOP, ask, self.told, later, _inline, FeedBoard(), rng)]  # type: ignore[arg-type]
        if self._with_catalogue:
            self.catalogue = CatalogueDownlink(data, ask, courier, _build, _inline, rng)  # type: ignore[arg-type]
            self.feeds.append(self.catalogue.follower)

    async def _pause(self) -> None:
        await anyio.sleep(COMMIT_S)

    def _booted(self, store: Store, visitors: VisitorStore) -> None:
        rows = store.journal_since(0, 1 << 40)
        found = {row.sale for row in rows if row.sale in self._ledger.facts}
        found |= set(_written(visitors))
        self._ledger.booted(self.name, found, {row.sale for row in rows if row.kind == "command"})
        self._number(visitors)

    def _number(self, visitors: VisitorStore) -> None:
        """Between two commits: the newest hour of the file has the stream's last number."""
        written = _written(visitors)
        before = self.number_one[visitors.epoch] = len(written) - visitors.outbox_head("visits")
        for number, name in enumerate(written[before:], 1):
            self._ledger.numbered.setdefault((self.name, visitors.epoch, number), set()).add(name)
        for number in range(len(written) - before, 0, -1):
            link = visitors.outbox_hash("visits", number)
            if link is None or (place := (self.name, visitors.epoch, number, link)) in self._ledger.links:
                break
            self._ledger.links[place] = written[before + number - 1]

    async def _trade(self, store: Store, visitors: VisitorStore) -> None:
        while True:
            await anyio.sleep(self._rng.uniform(0.1, 3.0))
            if not self.trading:
                continue
            await self.writer.act(store)
            if self._rng.random() < 0.5:
                await self.see(visitors)
            if self._rng.random() < 0.2:
                self.beat()
            if self._rng.random() < 0.1:
                self.back_up()

    async def see(self, visitors: VisitorStore) -> None:
        """An hour of visitors in numbers. Which ones were written the file itself remembers."""
        hour = HourFact(next(self._hours) * 3_600_000, 3, 1, 1)
        fact = self.writer.fact("hour", hour, stream="visits")
        setting = Setting("test/written", msgspec.json.encode([*_written(visitors), fact.name]))
        dropped = visitors.outbox_dropped("visits")
        out = (Outgoing(fact.stream, fact.id, fact.kind, 1, fact.body),)
        await visitors.commit(VisitorBatch(outgoing=out, settings=(setting,)))
        self._ledger.wrote(fact)
        self._number(visitors)
        if visitors.outbox_dropped("visits") > dropped:
            self._faults.strike(Fault.VISITS_DROPPED, self.name)

    def beat(self) -> None:
        """How the box is; what is not sent when it dies is gone, and only the last word counts."""
        assert self.log is not None
        id = self.writer.next_name()
        self.log.tell(Outgoing(TELEMETRY, id, HEARTBEAT, 1, msgspec.json.encode(Heartbeat(id, 1, []))))
        self._ledger.told[self.name] = id

    # What HQ asks

    async def _carry_out(self, store: Store, command: Command, place: Setting) -> None:
        """Its effect and its place are one commit; one that comes twice has no second effect."""
        if any(row.kind == "command" for row in store.journal(command.id)):
            await store.commit(Batch(settings=(place,)))
            return
        facts, settings = self._effect(store, command)
        entries = (Entry("command", "till", b"{}", command.id), *(Entry(f.kind, "till", b"{}", f.name) for f in facts))
        outgoing = tuple(Outgoing(fact.stream, fact.id, fact.kind, 1, fact.body) for fact in facts)
        await store.commit(Batch(entries=entries, outgoing=outgoing, settings=(*settings, place)))
        for fact in facts:
            self._ledger.wrote(fact)
        self._ledger.heard.setdefault(self.name, Counter())[command.id] += 1

    def _effect(self, store: Store, command: Command) -> tuple[list[Fact], tuple[Setting, ...]]:
        writer, owed = self.writer, self.writer.owed(store)
        match command.kind:
            case "claim_release":
                asked = msgspec.json.decode(command.body, type=ClaimRelease)
                amount = owed.pop(asked.number, None)
                if amount is None:
                    told = ClaimKept(asked.request, asked.issuer, asked.number, "unknown")
                    return [writer.fact("claim_kept", told, id=f"answer-{asked.request}-{writer.next_name()}")], ()
                given = ClaimGiven(
                    asked.request, self.name, asked.to, asked.issuer, asked.number, asked.slip, amount, "RUB", "change",
                    "order", "k", 1, 2,
                )  # fmt: skip
                facts = [
                    writer.fact("claim_given", given, id=f"answer-{asked.request}-{writer.next_name()}"),
                    writer.claim(asked.number, amount, "moved"),
                ]
                return facts, (writer.owing(owed),)
            case "claim_granted":
                granted = msgspec.json.decode(command.body, type=ClaimGiven)
                return [], (writer.owing(owed | {granted.number: granted.amount}),)
        return [], ()


def _written(visitors: VisitorStore) -> list[str]:
    """The hours this file has ever held, in the order of its outbox."""
    return msgspec.json.decode(visitors.setting("test/written") or b"[]", type=list[str])


async def _inline(work: Callable[[], T]) -> T:
    return work()


async def _build(directory: Path) -> Built:
    return build_catalogue(directory)
