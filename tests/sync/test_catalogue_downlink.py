"""A store begins with a snapshot, cut and damaged as lines are, follows the feed, and begins anew when HQ says so."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from sync.asking import Away
from sync.catalogue_builder import built_outside
from sync.catalogue_downlink import CatalogueDownlink
from sync.feed_following import ROOM_LEFT_BYTES
from sync.store.catalogue import DAMAGED_MARK, Catalogue, Shelf
from sync.store.catalogue_building import Built, SnapshotUnusable, build_catalogue
from sync.store.catalogue_import import import_catalogue
from sync.store.catalogue_swap import in_force
from sync.store.failures import CatalogueDamaged
from sync.store.feed_place import FeedPlace
from sync.store.snapshot_folder import FOLDER
from tests.sync.feed_hq import FeedHq, product
from tests.sync.test_fed_catalogue import StoreClock, toys

T = TypeVar("T")
pytestmark = pytest.mark.anyio


async def inline(work: Callable[[], T]) -> T:
    return work()


async def build_here(directory: Path) -> Built:
    return build_catalogue(directory)


def downlink(directory: Path, hq: FeedHq, build=build_here) -> CatalogueDownlink:  # type: ignore[no-untyped-def]
    directory.mkdir(exist_ok=True)
    return CatalogueDownlink(directory, hq.ask, hq, build, inline, random.Random(1))


async def until_followed(agent: CatalogueDownlink, hq: FeedHq, steps: int = 60) -> int:
    """Steps until all HQ has is here; what a step asks to wait is not waited."""
    for step in range(steps):
        if agent.keeper.place() == FeedPlace(hq.feed, hq.version):
            return step
        await agent.follower.step()
    raise AssertionError(f"not here after {steps} steps: {agent.board}")


def prices(directory: Path) -> dict[str, int]:
    catalogue = Shelf(directory, StoreClock()).catalogue()
    assert catalogue is not None
    told = {one.barcode: one.price_minor for one, _ in catalogue.of_category("", 0, 100)}
    catalogue.close()
    return told


def wanted(hq: FeedHq) -> dict[str, int]:
    return {key: row[2] for (kind, key), (_, row) in hq.rows.items() if kind == "product" and row is not None}


async def test_a_store_begins_and_follows(tmp_path: Path) -> None:
    hq = toys()
    hq.publish()
    hq.put_product(product("2001", "Мяч", 7), product("4000", "Новая", 8))
    hq.remove("product", "2000")
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    assert prices(tmp_path) == wanted(hq)
    assert agent.board.state == "following"
    assert not (tmp_path / FOLDER).exists()
    hq.put_product(product("2005", "Мяч", 9))
    await until_followed(agent, hq)
    assert prices(tmp_path)["2005"] == 9
    agent.keeper.close()


@pytest.mark.parametrize("page", range(3))
async def test_a_cut_in_any_page_is_gone_on_after(tmp_path: Path, page: int) -> None:
    """The agent dies in the middle of a page: the next one fetches the rest of that page, and no whole page again."""
    hq = toys()
    manifest = hq.publish()
    assert len(manifest.pages) == 3
    sizes = [one.size for one in manifest.pages]
    hq.cuts = [*sizes[:page], 10]
    dying = downlink(tmp_path, hq)
    await dying.follower.step()
    dying.keeper.close()
    assert not hq.cuts
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    asked = [place for what, place in hq.asked if what == "piece"]
    names = [one.sha256 for one in manifest.pages]
    assert asked == [
        *((name, 0) for name in names[: page + 1]),
        (names[page], 10),
        *((n, 0) for n in names[page + 1 :]),
    ]
    assert prices(tmp_path) == wanted(hq)
    agent.keeper.close()


async def test_a_page_is_fetched_byte_by_byte_if_need_be(tmp_path: Path) -> None:
    hq = toys()
    manifest = hq.publish()
    hq.cuts = [1, 1, 0, 2, *[40] * 30]
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    assert sum(place[1] > 0 for what, place in hq.asked if what == "piece") > 3
    assert manifest.rows == len(prices(tmp_path))
    agent.keeper.close()


async def test_a_damaged_page_is_fetched_again_from_its_beginning(tmp_path: Path) -> None:
    hq = toys()
    hq.publish()
    hq.damage = 2
    agent = downlink(tmp_path, hq)
    await agent.follower.step()
    assert prices(tmp_path) == wanted(hq)
    agent.keeper.close()


async def test_a_page_that_is_always_damaged_is_said_and_the_old_catalogue_stays(tmp_path: Path) -> None:
    hq = toys()
    hq.publish()
    hq.damage = 1_000
    source = tmp_path / "own.tsv"
    source.write_text("barcode\tname\n2000\tOwn\n", encoding="utf-8")
    import_catalogue(source, tmp_path / "data")
    agent = downlink(tmp_path / "data", hq)
    assert await agent.follower.step() > 0
    assert (agent.board.state, "damaged" in agent.board.what) == ("refused", True)
    catalogue = Shelf(tmp_path / "data").catalogue()
    assert catalogue is not None
    assert catalogue.product("2000").name == "Own"  # type: ignore[union-attr]
    hq.damage = 0
    await until_followed(agent, hq)
    assert prices(tmp_path / "data") == wanted(hq)
    agent.keeper.close()


async def test_the_disk_changed_a_page_that_was_here(tmp_path: Path) -> None:
    """Whole when it came, damaged when it is built: thrown away and fetched again."""
    hq = toys()
    manifest = hq.publish()

    async def spoil_first(directory: Path) -> Built:
        file = directory / FOLDER / f"{manifest.pages[1].sha256}.zst"
        if not spoiled:
            spoiled.append(True)
            file.write_bytes(b"\0" * manifest.pages[1].size)
        return build_catalogue(directory)

    spoiled: list[bool] = []
    agent = downlink(tmp_path, hq, spoil_first)
    assert await agent.follower.step() > 0
    assert (agent.board.state, in_force(tmp_path)) == ("refused", None)
    await until_followed(agent, hq)
    asked = [place[0] for what, place in hq.asked if what == "piece"]
    assert [asked.count(page.sha256) for page in manifest.pages] == [1, 2, 1]
    agent.keeper.close()


async def test_a_newer_snapshot_takes_the_place_of_one_half_fetched(tmp_path: Path) -> None:
    """Pages that both have are not fetched twice; a page that is gone sends the store back to the manifest."""
    hq = toys()
    first = hq.publish()
    hq.cuts = [first.pages[0].size, 5]
    agent = downlink(tmp_path, hq)
    await agent.follower.step()
    hq.pages.clear()
    hq.put_product(product("2004", "Мяч", 1))
    second = hq.publish()
    assert second.pages[0] == first.pages[0]
    assert second.pages[1] != first.pages[1]
    await until_followed(agent, hq)
    asked = [place[0] for what, place in hq.asked if what == "piece"]
    assert asked.count(first.pages[0].sha256) == 1
    assert prices(tmp_path) == wanted(hq)
    agent.keeper.close()


@pytest.mark.parametrize("how", ["too old", "another feed"])
async def test_a_place_that_means_nothing_any_more(tmp_path: Path, how: str) -> None:
    """What is in force stays on sale until the new snapshot is."""
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    old = in_force(tmp_path)
    for _ in range(3):
        hq.put_product(product("2001", "Мяч", 9))
    hq.rows.pop(("product", "2000"))  # its tombstone is kept no more
    hq.oldest = hq.version
    if how == "another feed":
        hq.feed, hq.oldest, hq.version = "f2", 0, 12
    hq.published = None
    await agent.follower.step()
    await agent.follower.step()
    assert (in_force(tmp_path), agent.keeper.place(), len(prices(tmp_path))) == (old, None, 8)
    hq.publish()
    await until_followed(agent, hq)
    assert prices(tmp_path) == wanted(hq)
    assert len(prices(tmp_path)) == 7
    agent.keeper.close()


async def test_an_old_answer_of_a_proxy_is_not_used(tmp_path: Path) -> None:
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    hq.put_product(product("2001", "Мяч", 9))
    await until_followed(agent, hq)
    for since in (hq.version - 1, hq.version + 1):
        hq.stale = hq.page(since, 9)
        assert await agent.follower.step() > 0
        assert (agent.board.state, agent.keeper.place()) == ("away", FeedPlace(hq.feed, hq.version))
    agent.keeper.close()


async def test_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    agent.keeper.close()
    file = in_force(tmp_path)
    assert file is not None
    file.write_bytes(b"not a database at all, though it has the name of one" * 400)
    hq.put_product(product("2001", "Мяч", 9))
    agent = downlink(tmp_path, hq)
    for _ in range(3):
        await agent.follower.step()
    assert prices(tmp_path) == wanted(hq)
    agent.keeper.close()


async def test_a_page_that_only_a_reader_meets_damaged_is_said_in_words_and_the_file_is_fetched_anew(
    tmp_path: Path,
) -> None:
    """The one who writes may never touch that page: whoever reads it says so, and every product comes again."""
    hq = toys()
    hq.put_product(product("2001", "Мяч", 9))
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    agent.keeper.close()
    file = in_force(tmp_path)
    assert file is not None
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root, size = (connection.execute(sql).fetchone()[0] for sql in (
            "SELECT rootpage FROM sqlite_schema WHERE name = 'product'", "PRAGMA page_size"))  # fmt: skip
    connection.close()
    with file.open("rb+") as damaged:
        damaged.seek((root - 1) * size)
        damaged.write(b"\xff" * size)
    agent = downlink(tmp_path, hq)
    shelf = Shelf(tmp_path)
    for ask in (lambda of: of.product("2001"), lambda of: of.search("мяч"), lambda of: of.of_category("", 0, 9)):
        catalogue = shelf.catalogue()
        assert catalogue is not None
        with pytest.raises(CatalogueDamaged) as said:
            ask(catalogue)
        assert "целы" in said.value.ru
        assert "safe" in said.value.en
    for _ in range(3):
        await agent.follower.step()
    assert in_force(tmp_path) != file
    assert prices(tmp_path) == wanted(hq)
    assert not file.with_name(file.name + DAMAGED_MARK).exists()
    shelf.close()
    agent.keeper.close()


async def test_without_a_catalogue_at_hq_the_own_one_stays(tmp_path: Path) -> None:
    hq = FeedHq()
    source = tmp_path / "own.tsv"
    source.write_text("barcode\tname\n2000\tOwn\n", encoding="utf-8")
    report = import_catalogue(source, tmp_path / "data")
    agent = downlink(tmp_path / "data", hq)
    assert await agent.follower.step() > 1
    assert (agent.board.state, in_force(tmp_path / "data")) == ("no_feed", report.file)


async def test_the_search_comes_after_the_lookups_and_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The child says both steps; between them a barcode finds its product and a name finds nothing yet."""
    hq = toys()
    hq.publish()
    seen: list[tuple[str, bool, list[str]]] = []

    async def build(directory: Path) -> Built:
        def look(step: str) -> None:
            file = in_force(directory)
            assert file is not None
            catalogue = Catalogue.open(file, StoreClock())
            found = [one.name for one in catalogue.search("кукла б")]
            seen.append((step, catalogue.product("2001") is not None, found))
            catalogue.close()

        build_catalogue(directory, look)
        return await built_outside(directory)

    agent = downlink(tmp_path, hq, build)
    await until_followed(agent, hq)
    assert seen == [("lookups", True, []), ("search", True, ["Кукла Б"])]
    assert prices(tmp_path) == wanted(hq)
    agent.keeper.close()


async def test_a_child_that_refuses_is_heard(tmp_path: Path) -> None:
    with pytest.raises(SnapshotUnusable, match="not whole"):
        await built_outside(tmp_path)


async def test_a_full_disk_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)

    def full(*_: object) -> None:
        raise apsw.FullError("full")

    hq.put_product(product("2001", "Мяч", 9))
    with monkeypatch.context() as patch:
        patch.setattr("sync.store.fed_catalogue.put_products", full)
        assert await agent.follower.step() > 0
        assert agent.board.state == "disk"
    await until_followed(agent, hq)
    assert prices(tmp_path)["2001"] == 9
    agent.keeper.close()


async def test_the_rest_of_a_disk_is_for_sales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page by page a feed can write as much as a snapshot."""
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    hq.put_product(product("2001", "Мяч", 9))
    with monkeypatch.context() as patch:
        patch.setattr("sync.catalogue_downlink.free_bytes", lambda directory: ROOM_LEFT_BYTES - 1)
        tight = downlink(tmp_path, hq)
        assert await tight.follower.step() > 0
        assert tight.board.state == "disk"
        tight.keeper.close()
    assert prices(tmp_path)["2001"] != 9
    await until_followed(agent, hq)
    assert prices(tmp_path)["2001"] == 9
    agent.keeper.close()


@pytest.mark.parametrize("rows", [[], [["only a barcode"]] * 4], ids=["no row", "no readable row"])
async def test_a_snapshot_of_no_product_replaces_no_catalogue(tmp_path: Path, rows: list[list[str]]) -> None:
    hq = toys()
    hq.publish()
    agent = downlink(tmp_path, hq)
    await until_followed(agent, hq)
    before = prices(tmp_path)
    hq.rows.clear()
    hq.version, hq.oldest = hq.version + 1, hq.version + 1
    for number, row in enumerate(rows):
        hq.put("product", str(number), row)
    hq.publish()
    for _ in range(8):
        await agent.follower.step()
    assert agent.board.state == "refused"
    assert prices(tmp_path) == before
    agent.keeper.close()


async def test_hq_away_is_waited_for(tmp_path: Path) -> None:
    hq = toys()

    async def away(*_: object) -> Away:
        return Away("cut")

    hq.manifest = away  # type: ignore[method-assign]
    agent = downlink(tmp_path, hq)
    assert await agent.follower.step() > 0
    assert agent.board.state == "away"
