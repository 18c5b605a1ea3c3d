"""Two streams of one shop to the real HQ: visits may be dropped and say so, sales never are, and neither waits."""

from __future__ import annotations

import itertools
import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from enum import Enum
from pathlib import Path

import anyio
import apsw
import httpx
import msgspec
import pytest
import trio
import trio.testing
import zstandard

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from sync.courier import Courier
from sync.greeter import Greeter
from sync.store.batch import Batch, Entry, Outgoing
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.uplink_board import Trouble, UplinkBoard, UplinkState
from sync.visitor_store import dropping
from sync.visitor_store.visitor_batch import VisitorBatch
from sync.visitor_store.visitor_store import VisitorStore, open_visitors
from sync.wire.edge_log import Push
from sync.wire.visit_facts import ForgetFact, HourFact
from tests.cloud_api.at_once import at_once
from tests.simulation.recording_vfs import power

SHOP = Path("/shop")
KEY = "key-of-this-shop-key-of-this-shop"
MOST = 6
names = itertools.count()
_dropped = msgspec.json.Decoder(Push)


async def pause() -> None:
    await anyio.sleep(0.002)


def now_ms() -> int:
    return 1_795_251_600_000 + int(trio.current_time() * 1000)


class Fault(Enum):
    LOST_REQUEST = "lost request"
    LOST_REPLY = "lost reply"
    TWICE = "delivered twice"


class RealHq(httpx.AsyncBaseTransport):
    """The real app on a real file, without sockets; `away` streams get no answer, `faults` are taken in turn."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.backups, self.turns = folder, 0, 0
        self.faults: dict[str, list[Fault]] = {"sales": [], "visits": []}
        self.away: set[str] = set()
        self.pushed: list[tuple[str, Push]] = []
        self.hq = self._open()

    def _open(self) -> Hq:
        entry = DeviceEntry("shop-1", "Казань", "Касса", key_hash(KEY))
        file = str(self.folder / f"hq{self.turns}.sqlite")
        hq = at_once(start_hq(Settings(database=file, devices=(entry,)), now_ms=now_ms))
        at_once(hq.storage.rows("PRAGMA synchronous = OFF"))  # nothing here cuts HQ's power
        return hq

    def back_up(self) -> None:
        self.backups += 1
        at_once(self.hq.storage.rows("VACUUM INTO ?", (str(self.folder / f"backup{self.backups}"),)))

    def restore(self, backup: int) -> None:
        at_once(self.hq.storage.close())
        self.turns += 1
        shutil.copy(self.folder / f"backup{backup}", self.folder / f"hq{self.turns}.sqlite")
        self.hq = self._open()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if "/push/" not in request.url.path:
            if self.away:
                raise httpx.ConnectError("cut")
            return await httpx.ASGITransport(app=self.hq).handle_async_request(request)
        stream = request.url.path.rpartition("/")[2]
        fault = self.faults[stream].pop(0) if self.faults[stream] else None
        if fault is Fault.LOST_REQUEST or stream in self.away:
            raise httpx.ConnectError("cut")
        self.pushed.append((stream, _dropped.decode(zstandard.ZstdDecompressor().decompress(body))))
        inner = httpx.ASGITransport(app=self.hq)
        answer = await inner.handle_async_request(request)
        if fault is Fault.TWICE:
            answer = await inner.handle_async_request(request)
        if fault is Fault.LOST_REPLY:
            raise httpx.ReadError("cut")
        return answer


class Shop:
    """One device with its journal and its visitors' file, both on one disk that survives it."""

    def __init__(self, hq: RealHq, seed: int = 1) -> None:
        self.hq, self.rng = hq, random.Random(seed)
        self.image: dict[str, bytes] = {}
        self.sold: list[str] = []
        self.seen: list[str] = []
        self.asked: list[str] = []
        self.boards = {"sales": UplinkBoard(), "visits": UplinkBoard(("visits",))}

    @asynccontextmanager
    async def day(self, epoch: int = 1, greets: bool = False) -> AsyncIterator[tuple[Store, VisitorStore]]:
        """Open with both uplinks at work, the visits under `epoch`; the power is cut at the end."""
        with power(f"dropped{next(names)}", image=self.image) as disk:
            kept = {"now_ms": now_ms, "vfs": disk.name, "inline": pause}
            async with (
                open_store(SHOP, device="shop-1", epoch=1, **kept) as store,  # type: ignore[arg-type]
                open_visitors(SHOP, device="shop-1", epoch=epoch, most_waiting=MOST, **kept) as visitors,  # type: ignore[arg-type]
                httpx.AsyncClient(transport=self.hq, base_url="http://hq") as client,
                anyio.create_task_group() as tasks,
            ):
                self.boards = {"sales": UplinkBoard(), "visits": UplinkBoard(("visits",))}
                post = Courier(client, "http://hq", KEY).post
                greet = Greeter(client, "http://hq", KEY) if greets else None
                for source, name in ((store, "sales"), (visitors, "visits")):
                    tasks.start_soon(self._uplink, source, post, self.boards[name], greet)
                yield store, visitors
                self.image = disk.image(self.rng)
                tasks.cancel_scope.cancel()

    async def _uplink(
        self, source: Store | VisitorStore, post: object, board: UplinkBoard, greet: Greeter | None
    ) -> None:
        rng = random.Random(self.rng.getrandbits(32))
        await run_uplink(source, post, board, now_ms=now_ms, rng=rng, greet=greet)  # type: ignore[arg-type]

    async def sell(self, store: Store) -> None:
        id = f"s{len(self.sold) + 1}"
        out = Outgoing("sales", id, "kept as it is", 1, f'{{"n":"{id}"}}'.encode())
        await store.commit(Batch(entries=(Entry("c", "t", b"{}"),), outgoing=(out,)))
        self.sold.append(id)

    async def see(self, visitors: VisitorStore) -> None:
        id = f"h{len(self.seen) + 1}"
        body = msgspec.json.encode(HourFact(len(self.seen) * 3_600_000, 1, 0, 0))
        await visitors.commit(VisitorBatch(outgoing=(Outgoing("visits", id, "hour", 1, body),)))
        self.seen.append(id)

    async def ask_to_forget(self, visitors: VisitorStore) -> None:
        id = f"forget/t{len(self.asked) + 1}"
        body = msgspec.json.encode(ForgetFact(id, f"{len(self.asked):032x}", 1))
        await visitors.commit(VisitorBatch(outgoing=(Outgoing("visits", id, "forget", 1, body),)))
        self.asked.append(id)

    def state(self, source: Store | VisitorStore) -> UplinkState:
        return self.boards["visits" if isinstance(source, VisitorStore) else "sales"].states(source)[0]

    async def drained(self, *sources: Store | VisitorStore) -> None:
        """Everything is acknowledged, and HQ's cursors say so."""
        with anyio.fail_after(20_000):
            for source in sources:
                stream = "visits" if isinstance(source, VisitorStore) else "sales"
                while self.cursor(stream) != source.outbox_head(stream) or self.state(source).waiting:  # noqa: ASYNC110
                    await anyio.sleep(1)

    def cursor(self, stream: str) -> int:
        newest = "SELECT seq FROM device_cursor WHERE stream=? ORDER BY epoch DESC LIMIT 1"
        return at_once(self.hq.hq.storage.number(newest, (stream,)))

    def at_hq(self, stream: str) -> list[tuple[int, str]]:
        asked = self.hq.hq.storage.rows("SELECT seq, id FROM item WHERE stream=? ORDER BY seq", (stream,))
        return [(row[0], row[1]) for row in at_once(asked)]

    def ranges(self) -> list[tuple[int, int]]:
        found = at_once(self.hq.hq.storage.rows("SELECT first, last FROM dropped_range ORDER BY first"))
        return [(row[0], row[1]) for row in found]


def simulate(main: Callable[[Shop], Awaitable[None]], seed: int = 1) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as folder:
            hq = RealHq(Path(folder))
            await main(Shop(hq, seed))
            await hq.hq.storage.close()

    trio.run(run, clock=trio.testing.MockClock(autojump_threshold=0))


def judge(shop: Shop) -> None:
    """Every visit is at HQ once or within a told range, nothing overlaps, no wish to be forgotten and no sale lacks."""
    assert [id for _, id in shop.at_hq("sales")] == shop.sold
    items, ranges = shop.at_hq("visits"), shop.ranges()
    numbers = sorted([seq for seq, _ in items] + [n for first, last in ranges for n in range(first, last + 1)])
    assert numbers == list(range(1, shop.cursor("visits") + 1)), "each number once: there, or told to be missing"
    hours = [id for _, id in items if id.startswith("h")]
    assert len(hours) == len(set(hours))
    assert hours == [id for id in shop.seen if id in set(hours)], "in order"
    assert {id for _, id in items if id.startswith("forget/")} == set(shop.asked)
    storage = shop.hq.hq.storage
    assert at_once(storage.number("SELECT count(*) FROM quarantine")) == 0
    assert at_once(storage.number("SELECT count(*) FROM visit_hour")) == len(hours)
    assert at_once(storage.number("SELECT count(*) FROM visit_forgotten")) == len(shop.asked)
    assert not any(stream == "sales" and push.dropped is not None for stream, push in shop.hq.pushed)


def test_what_was_dropped_is_told_and_the_rest_arrives() -> None:
    async def main(shop: Shop) -> None:
        async with shop.day() as (store, visitors):
            await shop.see(visitors)
            await shop.drained(visitors)
            shop.hq.away = {"visits"}
            await shop.ask_to_forget(visitors)
            for _ in range(20):
                await shop.see(visitors)
            await shop.sell(store)
            await anyio.sleep(5)
            assert shop.state(visitors).trouble is Trouble.AWAY
            assert shop.state(visitors).waiting <= MOST
            assert shop.ranges() == [], "nobody is told yet"
            shop.hq.away = set()
            await shop.drained(store, visitors)
            assert shop.state(visitors).trouble is None
            last = shop.ranges()[-1][1]
            assert shop.ranges() == [(2, last)]
            assert last > 10
        judge(shop)

    simulate(main)


def test_visits_in_trouble_change_nothing_of_sales() -> None:
    """HQ holds other visits under our numbers: that stream stops for a person; sales go on in the same second."""

    async def main(shop: Shop) -> None:
        async with shop.day() as (store, visitors):
            await shop.see(visitors)
            await shop.drained(visitors)
            await shop.hq.hq.storage.rows("UPDATE device_cursor SET hash=? WHERE stream='visits'", ("f" * 64,))
            await shop.see(visitors)
            await anyio.sleep(5)
            assert shop.state(visitors).trouble is Trouble.FORK
            for _ in range(3):
                await shop.sell(store)
                await anyio.sleep(0.5)
                assert [id for _, id in shop.at_hq("sales")] == shop.sold
            assert shop.state(store).trouble is None

    simulate(main)


def test_sales_are_not_dropped_by_a_store_that_could() -> None:
    """The law is the stream's and not the file's: what of sales is gone stops the way, as it always did."""

    async def main(shop: Shop) -> None:
        with power("sales in the wrong file") as disk:
            async with (
                open_visitors(SHOP, device="shop-1", epoch=1, now_ms=now_ms, vfs=disk.name, inline=pause) as visitors,
                httpx.AsyncClient(transport=shop.hq, base_url="http://hq") as client,
                anyio.create_task_group() as tasks,
            ):
                out = tuple(Outgoing("sales", f"s{n}", "sale", 1, b"{}") for n in range(9))
                await visitors.commit(VisitorBatch(outgoing=out))
                await visitors._write(lambda connection: dropping.drop(connection, "sales", 4, 0))
                assert visitors.outbox_gone("sales")[0] == 5
                board = UplinkBoard(("sales",))
                post = Courier(client, "http://hq", KEY).post
                await run_uplink(visitors, post, board, now_ms=now_ms, rng=random.Random(1))
                assert board.states(visitors)[0].trouble is Trouble.HQ_BEHIND
                assert not any(push.items or push.dropped for _, push in shop.hq.pushed)
                tasks.cancel_scope.cancel()

    simulate(main)


def test_an_hq_that_knows_no_dropped_ranges_is_not_asked_in_a_loop() -> None:
    """It answers with a gap for ever: the stream waits longer and longer, and says so."""

    async def main(shop: Shop) -> None:
        asked: list[float] = []

        async def old(_: httpx.Request) -> httpx.Response:
            asked.append(trio.current_time())
            return httpx.Response(409, json={"problem": "gap", "expect": 1})

        with power("old hq") as disk:
            async with (
                open_visitors(
                    SHOP, device="shop-1", epoch=1, now_ms=now_ms, vfs=disk.name, inline=pause, most_waiting=MOST
                ) as visitors,
                httpx.AsyncClient(transport=httpx.MockTransport(old)) as client,
                anyio.create_task_group() as tasks,
            ):
                for _ in range(20):
                    await shop.see(visitors)
                board = UplinkBoard(("visits",))
                post = Courier(client, "http://hq", KEY).post

                async def uplink() -> None:
                    await run_uplink(visitors, post, board, now_ms=now_ms, rng=random.Random(1))

                tasks.start_soon(uplink)
                await anyio.sleep(600)
                assert board.states(visitors)[0].trouble is Trouble.REFUSED
                assert 3 < len(asked) < 40
                tasks.cancel_scope.cancel()

    simulate(main)


def test_an_hq_from_before_what_was_pruned_hears_of_the_hole_and_of_the_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 2)

    async def main(shop: Shop) -> None:
        async with shop.day() as (store, visitors):
            shop.hq.back_up()
            await shop.ask_to_forget(visitors)
            for _ in range(8):
                await shop.see(visitors)
                await shop.drained(visitors)
            shop.hq.restore(1)
            await shop.see(visitors)
            await shop.sell(store)
            await shop.drained(store, visitors)
            assert shop.ranges() == [(1, 7)]
        judge(shop)

    simulate(main)


def test_an_hq_from_before_hears_what_is_gone_of_an_epoch_that_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it had acknowledged there has no number in the new epoch: every hour is at HQ or named all the same."""
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 2)

    async def main(shop: Shop) -> None:
        async with shop.day() as (_, visitors):
            await shop.see(visitors)
            await shop.drained(visitors)
            shop.hq.back_up()
            for _ in range(7):
                await shop.see(visitors)
                await shop.drained(visitors)
            assert visitors.outbox_gone("visits")[0] == 6
        async with shop.day(epoch=2) as (_, visitors):
            await shop.see(visitors)
            await shop.drained(visitors)
            assert shop.ranges() == [], "HQ has them all"
            assert len(set(shop.at_hq("visits"))) == 11, "seven and eight came again"
            for backup in (1, 2):
                shop.hq.restore(backup)
                await shop.see(visitors)
                await shop.drained(visitors)
                shop.hq.back_up()
                named = at_once(shop.hq.hq.storage.rows("SELECT epoch, first, last FROM dropped_range ORDER BY epoch"))
                assert named == [(1, 2, 6), (2, 1, 1)], "number one of either epoch: in the backup, and pruned"
            assert {id for _, id in shop.at_hq("visits")} == {"h1", *(f"h{n}" for n in range(8, len(shop.seen) + 1))}

    simulate(main)


@pytest.mark.parametrize(("hashes", "named"), [(20_000, (9, 10)), (1, (1, 10))])
def test_items_of_another_life_that_hq_has_stand_for_none_that_the_box_let_go_of(
    monkeypatch: pytest.MonkeyPatch, hashes: int, named: tuple[int, int]
) -> None:
    """Box and HQ come back from backups, the box once more from a newer one: HQ has another ninth hour than the box
    that is left, which keeps its own ninth no more and had heard of HQ that it has it. Where the box has forgotten the
    hash of it as well, more is named than is missing, and nothing less."""
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 2)

    async def main(shop: Shop) -> None:
        async def day(hours: int, backup: int = 0) -> None:
            if backup:
                shop.hq.restore(backup)
            async with shop.day(greets=True) as (_, visitors):
                for _ in range(hours):
                    await shop.see(visitors)
                    await shop.drained(visitors)

        await day(3)
        shop.hq.back_up()
        await day(5)
        eight = shop.image
        with monkeypatch.context() as forgetful:
            forgetful.setattr(dropping, "HASHES_KEPT", hashes)
            await day(4)
        twelve = shop.image
        shop.image = eight
        await day(1, backup=1)
        assert shop.ranges() == [(4, 6)], "gone, and HQ's backup is of before"
        shop.image = twelve
        await day(1)
        there = {id for _, id in shop.at_hq("visits")}
        assert {f"h{n}" for n in (1, 2, 3, 7, 8, 11, 12, 14)} <= there
        assert not {"h9", "h10"} & there
        assert shop.ranges() == sorted([(4, 6), named])

    simulate(main)


def test_what_a_restored_box_let_go_of_is_named_where_hq_has_other_items_under_its_numbers() -> None:
    """The box of a backup has dropped what stands between: no hash of it is left to show the fork. Were HQ's items
    taken for its own, nobody would hear that these are missing."""

    async def main(shop: Shop) -> None:
        async with shop.day(greets=True) as (_, visitors):
            for _ in range(3):
                await shop.see(visitors)
            await shop.drained(visitors)
        old = shop.image
        async with shop.day(greets=True) as (_, visitors):
            for _ in range(4):
                await shop.see(visitors)
            await shop.drained(visitors)
        shop.image, shop.hq.away = old, {"visits"}
        async with shop.day(greets=True) as (_, visitors):
            for _ in range(12):
                await shop.see(visitors)
            assert visitors.outbox_gone("visits")[0] > 7
        shop.hq.away = set()
        async with shop.day(greets=True) as (_, visitors):
            await shop.drained(visitors)
            there = {id for _, id in shop.at_hq("visits")}
            missing = [n for n in range(8, 20) if f"h{n}" not in there]
            assert missing == list(range(8, 8 + len(missing)))
            assert sum(last - first + 1 for first, last in shop.ranges()) == len(missing) > 4

    simulate(main)


@pytest.mark.parametrize("before", [0, 2], ids=["first-of-its-batch", "among-others"])
def test_a_sale_whose_body_the_disk_has_damaged_holds_up_no_other(before: int) -> None:
    """It is no JSON any more, HQ could read no batch that has it: it goes to quarantine, the others are taken."""

    def damage(connection: apsw.Connection) -> None:
        half = "UPDATE outbox SET kind = 'sale', body = CAST(? AS BLOB) WHERE seq = ?"
        connection.execute(half, ('{"n":"s', before + 1))

    async def main(shop: Shop) -> None:
        shop.hq.away = {"sales"}
        async with shop.day(greets=True) as (store, _):
            for n in range(before + 3):
                await shop.sell(store)
                if n == before:
                    await store._write(damage)
        shop.hq.away = set()
        async with shop.day(greets=True) as (store, _):
            await shop.drained(store)
            assert {id for _, id in shop.at_hq("sales")} == set(shop.sold)
            storage = shop.hq.hq.storage
            (row,) = at_once(storage.rows("SELECT id, body FROM quarantine"))
            assert (row[0], msgspec.json.decode(bytes(row[1]))) == (shop.sold[before], {"unreadable": "eyJuIjoicw=="})

    simulate(main)


ACTS: dict[str | Fault, tuple[int, int]] = {  # how often, and how much at most
    "see": (8, 9),
    "sell": (2, 3),
    "forget": (3, 1),
    "back up": (1, 1),
    "restore": (1, 1),
    "cut": (1, 1),
    "away": (3, 3),
    "wait": (4, 3),
    Fault.LOST_REPLY: (4, 3),
    Fault.LOST_REQUEST: (2, 3),
    Fault.TWICE: (1, 3),
}


@pytest.mark.parametrize("seed", range(12))
def test_any_interleaving_ends_with_all_sales_and_every_visit_there_or_told_missing(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commits, drops, pushes, lost and doubled answers, power cuts, an HQ that comes back from an older backup."""
    monkeypatch.setattr(dropping, "KEPT_AFTER_ACK", 3)
    rng = random.Random(seed)
    drawn = rng.choices(list(ACTS), [often for often, _ in ACTS.values()], k=40)
    acts = [(act, rng.randint(1, ACTS[act][1])) for act in drawn]
    simulate(lambda shop: any_day(shop, acts), seed)


async def any_day(shop: Shop, acts: list[tuple[str | Fault, int]]) -> None:
    shop.hq.back_up()
    while True:
        async with shop.day() as (store, visitors):
            while acts:
                act, count = acts.pop(0)
                if act == "cut":
                    break
                await one_act(shop, store, visitors, act, count)
            else:
                shop.hq.away, shop.hq.faults = set(), {"sales": [], "visits": []}
                await shop.see(visitors)
                await shop.sell(store)
                await shop.drained(store, visitors)
                assert shop.state(visitors).trouble is None
                judge(shop)
                return


async def one_act(shop: Shop, store: Store, visitors: VisitorStore, act: str | Fault, count: int) -> None:
    match act:
        case "see":
            for _ in range(count):
                await shop.see(visitors)
        case "sell":
            for _ in range(count):
                await shop.sell(store)
        case "forget":
            await shop.ask_to_forget(visitors)
        case "back up":
            shop.hq.back_up()
        case "restore":
            shop.hq.restore(shop.rng.randint(1, shop.hq.backups))
        case "away":
            shop.hq.away = [set(), set(), {"visits"}, {"sales", "visits"}][count]
        case "wait":
            await anyio.sleep([0.01, 1, 30, 400][count])
        case Fault():
            shop.hq.faults[shop.rng.choice(["sales", "visits", "visits"])] += [act] * count
