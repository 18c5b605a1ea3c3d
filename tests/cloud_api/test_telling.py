"""What HQ tells its stores, from the file of goods to the till's lookup: each store its own zone, in commit order."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
import msgspec
import pytest
import zstandard
from pushing_till import KEY, NOON_MS, OTHER_KEY, Clock, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.storage.opening import opened
from cloud_api.telling import goods
from cloud_api.telling.__main__ import main
from cloud_api.telling.forgetting import forget_tombstones
from cloud_api.telling.goods_import import GoodsReport, import_goods
from cloud_api.telling.heads import begin_anew, head_of, set_zone
from cloud_api.telling.publishing import publish_stale
from cloud_api.telling.shop_rows import Misshapen, put_rows, remove_rows
from cloud_api.telling.snapshots import publish, stale_zones
from sync.catalogue_downlink import CatalogueDownlink
from sync.feed_courier import FeedCourier
from sync.feed_following import FeedBoard, FeedFollower
from sync.store.catalogue import Shelf
from sync.store.catalogue_building import Built, build_catalogue
from sync.store.told_rows import ToldRows
from sync.wire.feed import FeedPage, OfferBody, PriceRow, ProductRow, RegimeRow
from tests.sync.test_fed_catalogue import StoreClock

T = TypeVar("T")
pytestmark = pytest.mark.anyio
URL = "http://localhost:8090"
KAZAN, UFA = "Казань, Баумана", "Уфа, Проспект"
DAY_MS = 86_400_000


async def inline(work: Callable[[], T]) -> T:
    return work()


async def build_here(directory: Path) -> Built:
    return build_catalogue(directory)


@dataclass
class Chain:
    """HQ and the stores that read from it."""

    hq: Hq
    client: httpx.AsyncClient
    folder: Path
    clock: Clock
    agents: list[CatalogueDownlink] = field(default_factory=list)

    def file(self, *lines: str, name: str = "goods.tsv") -> Path:
        source = self.folder / name
        source.write_text("\n".join(("barcode\tname\tprice_minor", *lines)), encoding="utf-8")
        return source

    async def load(self, *lines: str, zone: str = "main", whole: bool = False) -> GoodsReport:
        report = await import_goods(self.hq.storage, self.file(*lines), zone, whole=whole, now_ms=self.clock())
        assert not report.first_broken
        return report

    async def publish(self, zone: str = "main") -> None:
        assert await publish(self.hq.storage, zone, now_ms=self.clock()) is not None

    async def price(self, sku: str, price: int, from_ms: int = 0, zone: str = "main") -> None:
        async with self.hq.storage.transaction(None) as transaction:
            await goods.put_prices(transaction, zone, [PriceRow(sku, from_ms, price)], now_ms=self.clock())

    def agent(self, name: str = "kazan", key: str = KEY) -> CatalogueDownlink:
        directory = self.folder / name
        directory.mkdir(exist_ok=True)
        courier = FeedCourier(self.client, URL, key)

        async def at_once(feed: str, place, limit: int, wait_s: int):  # type: ignore[no-untyped-def]
            return await courier.page(feed, place, limit, 0)

        made = CatalogueDownlink(directory, at_once, courier, build_here, inline, random.Random(1))
        self.agents.append(made)
        return made

    async def read(self, agent: CatalogueDownlink) -> dict[str, tuple[str, int]]:
        """All that is here for the agent, until a page says nothing new."""
        for _ in range(40):
            place = agent.keeper.place()
            await agent.follower.step()
            if place is not None and agent.keeper.place() == place and agent.board.state == "following":
                return self.sold(agent)
        raise AssertionError(agent.board)

    def sold(self, agent: CatalogueDownlink) -> dict[str, tuple[str, int]]:
        shelf = Shelf(agent.keeper._directory, StoreClock(self.clock.ms))
        catalogue = shelf.catalogue()
        assert catalogue is not None
        told = {one.barcode: (one.name, one.price_minor) for one, _ in catalogue.of_category("", 0, 1_000)}
        shelf.close()
        return told

    async def version(self) -> int:
        head = await head_of(self.hq.storage, "catalogue")
        assert head is not None
        return head.version


@asynccontextmanager
async def chain(folder: Path) -> AsyncIterator[Chain]:
    clock = Clock()
    hq = await open_hq(folder / "hq.sqlite", clock)
    async with client_of(hq) as client:
        made = Chain(hq, client, folder, clock)
        try:
            yield made
        finally:
            for agent in made.agents:
                agent.keeper.close()
            await hq.storage.close()


async def test_from_the_file_to_the_till(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100", "2001\tМяч\t200", "2002\tПазл\t300")
        await hq.publish()
        agent = hq.agent()
        assert await hq.read(agent) == {"2000": ("Кукла", 100), "2001": ("Мяч", 200), "2002": ("Пазл", 300)}
        await hq.load("2000\tКукла\t111", "2001\tМяч большой\t200", "2003\tЛото\t400", whole=True)
        assert await hq.read(agent) == {"2000": ("Кукла", 111), "2001": ("Мяч большой", 200), "2003": ("Лото", 400)}
        await hq.load("2002\tПазл снова\t5")
        assert (await hq.read(agent))["2002"] == ("Пазл снова", 5)
        assert agent.board.told > 0, "by the feed, not by another snapshot"


async def test_an_import_tells_the_difference_only(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        lines = [f"{n}\tТовар {n}\t{100 + n}" for n in range(2000, 2050)]
        await hq.load(*lines)
        before = await hq.version()
        lines[3] = "2003\tТовар 2003\t7"
        lines[4] = "2004\tДругое имя\t2104"
        report = await hq.load(*lines)
        assert (report.products, report.prices, await hq.version()) == (1, 1, before + 2)
        assert (await hq.load(*lines)).prices == 0
        assert await hq.version() == before + 2


async def test_a_store_has_its_zone_and_never_sees_a_row_of_another(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        async with hq.hq.storage.transaction(UFA) as transaction:
            await set_zone(transaction, UFA, "ufa")
        await hq.load("2000\tКукла\t100", "2001\tТолько в главной\t200")
        await hq.load("2000\tКукла\t90", "2002\tТолько в Уфе\t300", zone="ufa")
        await hq.publish()
        await hq.publish("ufa")
        kazan, ufa = hq.agent(), hq.agent("ufa", OTHER_KEY)
        assert await hq.read(kazan) == {"2000": ("Кукла", 100), "2001": ("Только в главной", 200)}
        assert await hq.read(ufa) == {"2000": ("Кукла", 90), "2002": ("Только в Уфе", 300)}
        await hq.price("2002", 301, zone="ufa")
        await hq.price("2001", 201)
        answer = await hq.client.get("/v1/feed/catalogue", headers={"authorization": f"Bearer {KEY}"})
        assert "Уфе" not in answer.text
        assert "301" not in answer.text
        assert (await hq.read(kazan))["2001"][1] == 201
        assert (await hq.read(ufa))["2002"][1] == 301
        manifest = (
            await hq.client.get("/v1/snapshot/catalogue", headers={"authorization": f"Bearer {OTHER_KEY}"})
        ).json()
        page = f"/v1/snapshot/catalogue/{manifest['pages'][0][1]}"
        codes = [
            (await hq.client.get(page, headers={"authorization": f"Bearer {key}"})).status_code
            for key in (KEY, OTHER_KEY, "nobody's key")
        ]
        assert codes == [404, 200, 401]


async def test_a_product_comes_to_a_zone_and_leaves_it(tmp_path: Path) -> None:
    """A price of its own is what makes a product sold in a zone: with it comes all that is known of the product."""
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100")
        await hq.publish()
        agent = hq.agent()
        await hq.read(agent)
        await hq.load("2001\tМяч\t200", zone="ufa")
        assert await hq.read(agent) == {"2000": ("Кукла", 100)}
        await hq.price("2001", 222)
        await hq.price("2001", 223)
        assert (await hq.read(agent))["2001"] == ("Мяч", 223)
        async with hq.hq.storage.transaction(None) as transaction:
            assert await goods.remove_prices(transaction, "main", [("2001", 0)], now_ms=hq.clock()) == 1
        assert await hq.read(agent) == {"2000": ("Кукла", 100)}
        await hq.price("2001", 224)
        assert (await hq.read(agent))["2001"] == ("Мяч", 224)
        async with hq.hq.storage.transaction(None) as transaction:
            assert await goods.remove_products(transaction, ["2001", "2000"], now_ms=hq.clock()) == 2
        assert await hq.read(agent) == {}


async def test_dated_prices_wait_and_a_new_price_at_once_ends_those_in_force(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100")
        await hq.price("2000", 80, NOON_MS - 5)
        await hq.price("2000", 70, NOON_MS + DAY_MS)
        await hq.publish()
        agent = hq.agent()
        assert (await hq.read(agent))["2000"][1] == 80
        await hq.load("2000\tКукла\t100")
        assert (await hq.read(agent))["2000"][1] == 80, "the same file again changes nothing"
        await hq.price("2000", 95)
        assert (await hq.read(agent))["2000"][1] == 95
        hq.clock.ms += DAY_MS
        assert (await hq.read(agent))["2000"][1] == 70
        await hq.load("2001\tМяч\t200", zone="ufa")
        for sku, from_ms in (("3000", 0), ("2001", NOON_MS)):
            with pytest.raises(goods.NotSold):
                await hq.price(sku, 5, from_ms)


async def test_a_store_that_moves_to_another_zone_begins_anew(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100", "2001\tМяч\t200")
        await hq.load("2000\tКукла\t90", zone="far")
        await hq.publish()
        await hq.publish("far")
        agent = hq.agent()
        assert len(await hq.read(agent)) == 2
        async with hq.hq.storage.transaction(KAZAN) as transaction:
            await set_zone(transaction, KAZAN, "far")
        assert await hq.read(agent) == {"2000": ("Кукла", 90)}


async def test_a_place_older_than_the_tombstones_is_refused(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100", "2001\tМяч\t200")
        await hq.publish()
        agent = hq.agent()
        await hq.read(agent)
        place = agent.keeper.place()
        assert place is not None
        await hq.load("2000\tКукла\t100", whole=True)
        assert await forget_tombstones(hq.hq.storage, now_ms=hq.clock()) == 0
        hq.clock.ms += 61 * DAY_MS
        assert await forget_tombstones(hq.hq.storage, now_ms=hq.clock()) == 1

        async def asked(feed: str, since: int) -> int:
            headers = {"authorization": f"Bearer {KEY}"}
            params: dict[str, str | int] = {"feed": feed, "since": since}
            return (await hq.client.get("/v1/feed/catalogue", params=params, headers=headers)).status_code

        newest = await hq.version()
        assert [await asked(place.feed, place.version), await asked(place.feed, newest), await asked("", 0)] == [
            410, 200, 200,
        ]  # fmt: skip
        assert [await asked(place.feed, newest + 1), await asked("another", newest), await asked("", 5)] == [410] * 3
        assert await stale_zones(hq.hq.storage) == ["main"], "its snapshot could not be followed"
        await hq.publish()
        assert await hq.read(agent) == {"2000": ("Кукла", 100)}


async def test_after_a_restored_backup_every_store_begins_anew(tmp_path: Path) -> None:
    """What HQ has lost is not left in a store: a price told after the backup was made is told no more."""
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100", "2001\tМяч\t200")
        await hq.publish()
        storage = hq.hq.storage
        tables = ("feed_head", "product", "zone_price", "snapshot", "snapshot_page")
        backup = {table: await storage.rows(f"SELECT * FROM {table}") for table in tables}
        await hq.load("2000\tКукла\t7", "2002\tЛото\t5")
        agent = hq.agent()
        assert (await hq.read(agent))["2000"] == ("Кукла", 7)
        async with storage.transaction(None) as transaction:
            for table, rows in backup.items():
                await transaction.write(f"DELETE FROM {table}")
                await transaction.insert(table, rows)
        hq.clock.ms += 60_000
        await hq.price("2001", 201)
        async with storage.transaction(None) as transaction:
            await begin_anew(transaction)
        assert await stale_zones(storage) == ["main"]
        await hq.publish()
        assert await hq.read(agent) == {"2000": ("Кукла", 100), "2001": ("Мяч", 201)}


async def test_a_walk_of_changes_ends_the_same_in_every_store(tmp_path: Path) -> None:
    """Whatever is done at HQ, and however a store reads it in pages, it sells in the end what HQ says it sells."""
    draw = random.Random(7)
    async with chain(tmp_path) as hq:
        codes = [str(2000 + n) for n in range(12)]
        await hq.load(*(f"{code}\tТовар\t100" for code in codes[:8]))
        await hq.publish()
        eager, lazy = hq.agent("eager"), hq.agent("lazy")
        storage = hq.hq.storage
        for step in range(120):
            code = draw.choice(codes)
            hq.clock.ms += draw.randrange(2)
            async with storage.transaction(None) as transaction:
                match draw.choice((0, 0, 0, 1, 1, 2, 3, 4, 5, 5)):
                    case 0:
                        row = msgspec.convert(
                            [code, f"Имя {step}", 1, 11, 0, "main", 0, 1, "", 0, 0, 0, 1, 1, "", ""], ProductRow
                        )
                        await goods.put_products(transaction, [row], now_ms=hq.clock())
                    case 1 | 2 if await transaction.number(
                        "SELECT count(*) FROM product WHERE sku=? AND gone=0", (code,)
                    ):
                        await goods.put_prices(transaction, "main", [PriceRow(code, 0, step + 1)], now_ms=hq.clock())
                    case 3:
                        await goods.remove_products(transaction, [code], now_ms=hq.clock())
                    case 4:
                        await goods.remove_prices(transaction, "main", [(code, 0)], now_ms=hq.clock())
                    case 5 if await transaction.number(
                        "SELECT count(*) FROM zone_price WHERE sku=? AND from_ms=0 AND gone=0", (code,)
                    ):
                        dated = PriceRow(code, hq.clock() + draw.randrange(-3, 9), step + 500)
                        await goods.put_prices(transaction, "main", [dated], now_ms=hq.clock())
            if step % 3 == 0:
                eager.follower._limit = draw.randrange(1, 4)
                await eager.follower.step()
        wanted = {}
        for sku, name, price in await storage.rows(
            "SELECT p.sku, p.name, z.price_minor FROM product p JOIN zone_price z"
            " ON z.zone='main' AND z.sku=p.sku AND z.from_ms=0 AND z.gone=0 WHERE p.gone=0"
        ):
            dated = await storage.row(
                "SELECT price_minor FROM zone_price WHERE zone='main' AND sku=? AND from_ms>0 AND from_ms<=? AND gone=0"
                " ORDER BY from_ms DESC LIMIT 1",
                (sku, hq.clock()),
            )
            wanted[sku] = (name, dated[0] if dated else price)
        assert await hq.read(eager) == wanted
        assert await hq.read(lazy) == wanted
        await hq.publish()
        assert await hq.read(hq.agent("late")) == wanted
        assert 3 < len(wanted) < 12


async def test_who_waits_is_told_of_what_another_process_writes(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq, opened(str(tmp_path / "hq.sqlite")) as elsewhere:
        await hq.load("2000\tКукла\t100")
        await hq.publish()
        agent = hq.agent()
        await hq.read(agent)
        place = agent.keeper.place()
        assert place is not None
        courier = FeedCourier(hq.client, URL, KEY)
        answers = []

        async def ask() -> None:
            answers.append(await courier.page("catalogue", place, 100, 20))

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                for _ in range(3):
                    tasks.start_soon(ask)
                await anyio.sleep(0.05)
                async with elsewhere.transaction(None) as transaction:
                    await goods.put_prices(transaction, "main", [PriceRow("2000", 0, 55)], now_ms=NOON_MS)
        pages = [answer.page for answer in answers]  # type: ignore[union-attr]
        assert [msgspec.json.decode(page.rows["price"]) for page in pages] == [[["2000", 0, 55]]] * 3


async def test_who_waits_is_sent_home_when_hq_stops(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100")
        feed = (await hq.client.get("/v1/feed/catalogue", headers={"authorization": f"Bearer {KEY}"})).json()
        asked = {"feed": feed["feed"], "since": feed["next"], "wait": 25}
        pages = []

        async def ask() -> None:
            headers = {"authorization": f"Bearer {KEY}"}
            pages.append((await hq.client.get("/v1/feed/catalogue", params=asked, headers=headers)).json())

        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask)
                await anyio.sleep(0.05)
                hq.hq.told.close()
        assert [(page["next"], page["more"]) for page in pages] == [(feed["next"], False)]


async def test_rows_for_a_store_and_for_all(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        storage = hq.hq.storage
        offer = {"ru": "Всем", "en": "For all"}
        async with storage.transaction("") as transaction:
            await put_rows(transaction, "", "offer", [("all", offer)], now_ms=NOON_MS)
        async with storage.transaction(UFA) as transaction:
            await put_rows(transaction, UFA, "offer", [("ufa", {**offer, "ru": "В Уфе"})], now_ms=NOON_MS)
            await put_rows(
                transaction, UFA, "customer", [("c1", {"keys": ["ab"], "marketing": "Пётр"})], now_ms=NOON_MS
            )
        with pytest.raises(Misshapen):
            async with storage.transaction(UFA) as transaction:
                await put_rows(transaction, UFA, "offer", [("bad", {"ru": "Без перевода"})], now_ms=NOON_MS)

        async def told(name: str, key: str) -> list[str]:
            (tmp_path / name).mkdir(exist_ok=True)
            rows = ToldRows(tmp_path / name)
            courier = FeedCourier(hq.client, URL, key)

            async def never() -> float:
                raise AssertionError

            async def ask(feed: str, place, limit: int, wait_s: int):  # type: ignore[no-untyped-def]
                return await courier.page(feed, place, limit, 0)

            follows = FeedFollower("shop", ask, rows, never, inline, FeedBoard(), random.Random(1))
            for _ in range(3):
                await follows.step()
            assert follows.board.state == "following"
            said = [body.ru for body in rows.bodies("offer", OfferBody)]
            rows.close()
            return said

        assert await told("kazan", KEY) == ["Всем"]
        assert await told("ufa", OTHER_KEY) == ["Всем", "В Уфе"]
        async with storage.transaction("") as transaction:
            await remove_rows(transaction, "", "offer", ["all"], now_ms=NOON_MS)
        assert (await told("kazan", KEY), await told("ufa", OTHER_KEY)) == ([], ["В Уфе"])


async def test_a_regime_of_a_seller_is_told(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load("2000\tКукла\t100")
        await hq.publish()
        agent = hq.agent()
        await hq.read(agent)
        async with hq.hq.storage.transaction(None) as transaction:
            await goods.put_regime(transaction, RegimeRow("main", "2026-01-01", 1, 6), now_ms=NOON_MS)
        await hq.read(agent)
        shelf = Shelf(agent.keeper._directory, StoreClock(NOON_MS))
        product = shelf.catalogue().product("2000")  # type: ignore[union-attr]
        assert product is not None
        assert (product.tax_system.name, product.vat.value) == ("SIMPLIFIED_INCOME", "none")
        async with hq.hq.storage.transaction(None) as transaction:
            await goods.remove_regime(transaction, "main", "2026-01-01", now_ms=NOON_MS)
        await hq.read(agent)
        assert shelf.catalogue().product("2000").tax_system.name == "GENERAL"  # type: ignore[union-attr]
        shelf.close()


async def test_pages_are_packed_for_who_asks_and_cut_where_who_asks_says(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        await hq.load(*(f"{n}\tТовар {n}\t5" for n in range(2000, 2100)))
        await hq.publish()
        key = {"authorization": f"Bearer {KEY}"}
        plain = await hq.client.get("/v1/feed/catalogue?limit=40", headers={**key, "accept-encoding": "identity"})
        page = msgspec.json.decode(plain.content, type=FeedPage)
        assert (page.more, len(msgspec.json.decode(page.rows["product"]))) == (True, 40)
        async with hq.client.stream("GET", "/v1/feed/catalogue", headers={**key, "accept-encoding": "zstd"}) as answer:
            raw = b"".join([piece async for piece in answer.aiter_raw()])
        with zstandard.ZstdDecompressor().stream_reader(raw) as reader:
            assert len(msgspec.json.decode(msgspec.json.decode(reader.read(), type=FeedPage).rows["product"])) == 100
        manifest = (await hq.client.get("/v1/snapshot/catalogue", headers=key)).json()
        path = f"/v1/snapshot/catalogue/{manifest['pages'][0][1]}"
        whole = (await hq.client.get(path, headers=key)).content
        for asked, status, wanted in (
            ("bytes=10-", 206, whole[10:]),
            (f"bytes={len(whole)}-", 416, b""),
            ("bytes=5-9", 200, whole),
            ("bytes=-5", 200, whole),
            ("bytes=99999999999999999999-", 200, whole),
        ):
            got = await hq.client.get(path, headers={**key, "range": asked})
            assert (got.status_code, got.content) == (status, wanted), asked
        for path in ("/v1/feed/weather", "/v1/snapshot/weather", "/v1/snapshot/catalogue/00"):
            assert (await hq.client.get(path, headers=key)).status_code == 404
        assert (await hq.client.get("/v1/feed/catalogue?limit=1000000", headers=key)).status_code == 422


async def test_old_snapshots_go_and_what_is_stale_is_published_again(tmp_path: Path) -> None:
    async with chain(tmp_path) as hq:
        storage = hq.hq.storage
        assert await stale_zones(storage) == []
        await hq.load(*(f"{n}\tТовар {n}\t5" for n in range(2000, 2040)))
        assert await stale_zones(storage) == ["main"]
        await hq.publish()
        assert await stale_zones(storage) == []
        for price in range(10, 14):
            await hq.price("2000", price)
            await hq.publish()
        kept = await storage.number("SELECT count(*) FROM snapshot")
        assert (kept, await storage.number("SELECT count(*) FROM snapshot_page")) == (2, 2)
        for n in range(2000, 2005):
            await hq.price(str(n), 99)
        assert await stale_zones(storage) == ["main"]
        assert await publish_stale(storage, f"sqlite:///{tmp_path / 'hq.sqlite'}")
        assert await stale_zones(storage) == []


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["--database", f"sqlite:///{tmp_path / 'hq.sqlite'}"]
    source = tmp_path / "goods.tsv"
    source.write_text("barcode\tname\tprice_minor\n2000\tКукла\t100\n2001\t\t5\n", encoding="utf-8")
    assert main(["import-catalog", str(source), *base]) == 0
    said = capsys.readouterr().out
    assert "1 products changed, 1 prices, 0 taken away, 1 lines left out" in said
    assert "line 3: no name" in said
    assert "Zone main: a snapshot is published, 1 rows" in said
    assert main(["set-price", "--sku", "2000", "--price", "90", "--from", "5", *base]) == 0
    assert main(["set-zone", "--store", KAZAN, "--zone", "far", *base]) == 0
    assert main(["set-regime", "--seller", "main", "--from", "2027-01-01", "--tax-system", "patent", *base]) == 0
    offer = '{"ru":"Всем","en":"For all"}'
    assert main(["tell", "--kind", "offer", "--key", "a", "--body", offer, *base]) == 0
    assert main(["tell", "--kind", "offer", "--key", "a", "--gone", *base]) == 0
    assert main(["publish", "--zone", "far", *base]) == 0
    assert main(["forget", *base]) == 0
    assert main(["begin-anew", *base]) == 0
    capsys.readouterr()
    for wrong, what in (
        (["set-price", "--sku", "9", "--price", "90", "--from", "5", *base], "not sold in zone main"),
        (["set-price", "--sku", "2000", "--price", "-1", *base], "Not taken"),
        (["tell", "--kind", "offer", "--key", "a", "--body", "{}", *base], "Not taken"),
        (["import-catalog", str(tmp_path / "absent"), *base], "not done to the end"),
        (["publish", "--database", "mysql://x"], "Nothing was done"),
    ):
        assert main(wrong) == 2
        assert what in capsys.readouterr().err
    headless = tmp_path / "headless.tsv"
    headless.write_text("code\n1\n", encoding="utf-8")
    assert main(["import-catalog", str(headless), *base]) == 2
    assert "lacks the columns: barcode, name" in capsys.readouterr().err
