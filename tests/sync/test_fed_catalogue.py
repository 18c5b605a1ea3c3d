"""A page of the feed and its place are one commit; what is dated comes into force by the store's clock."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import apsw
import msgspec
import pytest

from fiscal.document import Subject, TaxSystem
from fiscal.vat import VatRate
from sync.store import feed_place
from sync.store.catalogue import TABLE, Catalogue, Shelf
from sync.store.catalogue_building import build_catalogue
from sync.store.catalogue_swap import in_force
from sync.store.fed_catalogue import FedCatalogue
from sync.store.feed_place import FeedPlace, aside
from sync.store.snapshot_folder import SnapshotFolder
from sync.wire.feed import FeedPage, ProductRow, SubjectNumber, TaxSystemNumber, Vat
from tests.sync.feed_hq import FeedHq, product

DAY_MS = 86_400_000
NOON_MS = 1_767_000_000_000


@dataclass
class StoreClock:
    ms: int = NOON_MS

    def now_ms(self) -> int:
        return self.ms

    def local(self) -> dt.datetime:
        return dt.datetime.fromtimestamp(self.ms / 1000, dt.UTC).replace(tzinfo=None)


def built(directory: Path, hq: FeedHq) -> Path:
    """The snapshot of an HQ, put in force."""
    directory.mkdir(exist_ok=True)
    folder = SnapshotFolder(directory)
    manifest = hq.publish()
    folder.begin(manifest)
    for page in manifest.pages:
        folder.write(page, hq.pages[page.sha256], 0)
        assert folder.finish(page)
    return build_catalogue(directory).file


def toys() -> FeedHq:
    hq = FeedHq()
    hq.put_product(*(product(f"20{n:02d}", f"Кукла {name}", 100 + n) for n, name in enumerate("АБВГДЕЖЗ")))
    return hq


def follow(file: Path, hq: FeedHq, limit: int = 5_000) -> int:
    """Everything new, page by page; how many pages."""
    fed = FedCatalogue(file)
    pages = 0
    try:
        while True:
            place = fed.place()
            assert place is not None
            page = hq.page(place.version, limit)
            fed.apply(page, place.version)
            pages += 1
            if not page.more:
                return pages
    finally:
        fed.close()


def dump(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything a file says; of the words, what is found by them."""
    connection = apsw.Connection(str(file))
    told = {
        name: list(connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2"))
        for name in ("product", "price", "regime", "feed_place", "kind_skipped", "goods_change")
    }
    told["words"] = [
        (word, *sorted(row[0] for row in connection.execute("SELECT rowid FROM words WHERE words MATCH ?", (word,))))
        for word in ("кукла", "новая", "а", "б", "мяч")
    ]
    connection.close()
    return told


def found(catalogue: Catalogue, text: str) -> list[str]:
    return [one.barcode for one in catalogue.search(text)]


def test_the_wire_and_the_file_name_the_same_things() -> None:
    """A row of the wire is put into the table as it stands, and the law knows each of its numbers."""
    connection = apsw.Connection(":memory:")
    connection.execute(TABLE)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(product)")]
    assert tuple(columns[1:]) == ProductRow.__struct_fields__
    assert set(get_args(TaxSystemNumber)) == {one.value for one in TaxSystem}
    assert set(get_args(SubjectNumber)) == {one.value for one in Subject}
    assert set(get_args(Vat)) == {one.tag_1199 for one in VatRate if not one.calculated}


def test_a_page_changes_what_is_scanned_and_found(tmp_path: Path) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    shelf = Shelf(tmp_path, StoreClock())
    before = shelf.catalogue()
    assert before is not None
    assert (before.count(), found(before, "кукла б")) == (8, ["2001"])
    hq.put("price", "0/2000", ["2000", 0, 777])
    hq.put_product(product("2001", "Мяч", 5), product("3000", "Новая кукла", 9))
    hq.remove("product", "2002")
    follow(file, hq)
    now = shelf.catalogue()
    assert now is before, "the file is the same: nothing is opened anew"
    assert now.count() == 8
    known = {code: now.product(code) for code in ("2000", "2001", "2002", "3000")}
    assert [one and (one.name, one.price_minor) for one in known.values()] == [
        ("Кукла А", 777), ("Мяч", 5), None, ("Новая кукла", 9),
    ]  # fmt: skip
    assert (found(now, "мяч"), found(now, "кукла б"), found(now, "кукла в"), found(now, "новая")) == (
        ["2001"], [], [], ["3000"],
    )  # fmt: skip
    shelf.close()


def test_counted_categories_follow_the_goods(tmp_path: Path) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    shelf = Shelf(tmp_path, StoreClock())
    catalogue = shelf.catalogue()
    assert catalogue is not None
    assert catalogue.categories() == [("Toys", 8)]
    hq.put_product(product("3000", "Мяч", category="Balls"))
    hq.remove("product", "2000")
    follow(file, hq)
    assert catalogue.categories() == [("Toys", 7), ("Balls", 1)]
    shelf.close()


def test_a_tombstone_and_the_same_product_again(tmp_path: Path) -> None:
    """What comes back comes with its own price and words, and nothing of before."""
    hq = toys()
    hq.put("price", f"{NOON_MS - 1}/2000", ["2000", NOON_MS - 1, 50])
    file = built(tmp_path, hq)
    catalogue = Catalogue.open(file, StoreClock())
    assert catalogue.product("2000").price_minor == 50  # type: ignore[union-attr]
    hq.remove("product", "2000")
    hq.remove("price", f"{NOON_MS - 1}/2000")
    follow(file, hq)
    assert catalogue.product("2000") is None
    assert found(catalogue, "кукла а") == []
    hq.put_product(product("2000", "Новая кукла", 321))
    follow(file, hq)
    assert catalogue.product("2000").price_minor == 321  # type: ignore[union-attr]
    assert found(catalogue, "новая") == ["2000"]
    catalogue.close()


def test_dated_prices_and_regimes_wait_for_the_stores_clock(tmp_path: Path) -> None:
    hq = toys()
    clock = StoreClock()
    file = built(tmp_path, hq)
    today = clock.local().date()
    tomorrow = (today + dt.timedelta(days=1)).isoformat()
    for moment, price in ((NOON_MS + 1000, 90), (NOON_MS + 2000, 80)):
        hq.put("price", f"{moment}/2000", ["2000", moment, price])
    hq.put("regime", f"{tomorrow}/main", ["main", tomorrow, 1, 7])
    follow(file, hq)
    catalogue = Catalogue.open(file, clock)

    def now() -> tuple[int, TaxSystem, VatRate]:
        one = catalogue.product("2000")
        assert one is not None
        assert one == catalogue.search("кукла а")[0]
        assert one == next(each for each, _ in catalogue.of_category("Toys", 0, 9) if each.barcode == "2000")
        return one.price_minor, one.tax_system, one.vat

    assert now() == (100, TaxSystem.GENERAL, VatRate.V22)
    clock.ms = NOON_MS + 1000
    assert now()[0] == 90
    clock.ms += 1000
    assert now()[0] == 80
    clock.ms += DAY_MS
    assert now() == (80, TaxSystem.SIMPLIFIED_INCOME, VatRate.V5)
    hq.remove("price", f"{NOON_MS + 2000}/2000")
    hq.remove("regime", f"{tomorrow}/main")
    follow(file, hq)
    assert now() == (90, TaxSystem.GENERAL, VatRate.V22)
    catalogue.close()


def test_pages_that_come_twice_or_overlap_change_nothing(tmp_path: Path) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    first = hq.version
    for n in range(6):
        hq.put_product(product(f"200{n}", f"Новая {n}", 500 + n))
    hq.remove("product", "2001")
    follow(file, hq, limit=2)
    settled = dump(file)
    fed = FedCatalogue(file)
    for since in (first, first + 2, first, first + 4):
        fed.apply(hq.page(since, 5_000), since)
    fed.close()
    again = dump(file)
    assert again["goods_change"] > settled["goods_change"]
    assert {**again, "goods_change": []} == {**settled, "goods_change": []}


def test_a_row_that_makes_no_sense_lies_aside_and_the_others_go_on(tmp_path: Path) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    hq.put_product(product("2000", "Мяч"), product("2001", "Новая", price=-1), product("2002", "", 5), ["2003"])
    hq.put("price", "0/2004", {"no": "row"})
    hq.put("price", "0/2005", ["2005", 0, 42])
    hq.remove("price", "not a key")
    fed = FedCatalogue(file)
    place = fed.place()
    assert place is not None
    done = fed.apply(hq.page(place.version, 99), place.version)
    assert (done.rows, done.aside, fed.place()) == (2, 5, FeedPlace("f1", hq.version))
    fed.close()
    connection = apsw.Connection(str(file))
    lying = aside(connection)
    assert [one.kind for one in lying] == ["product", "product", "product", "price", "price"]
    assert "price_minor" in lying[0].why or ">= 1" in lying[0].why
    assert lying[3].body == '{"no": "row"}'
    connection.close()
    catalogue = Catalogue.open(file, StoreClock())
    assert catalogue.product("2005").price_minor == 42  # type: ignore[union-attr]
    assert catalogue.product("2001").name == "Кукла Б"  # type: ignore[union-attr]
    catalogue.close()
    page = FeedPage("f1", hq.version, hq.version + 1, False, 0, {"product": msgspec.Raw(b'"no list"')})
    fed = FedCatalogue(file)
    assert fed.apply(page, hq.version).aside == 1
    fed.close()


def test_a_kind_that_is_unknown_today_is_asked_for_again_when_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hq = toys()
    file = built(tmp_path, hq)
    monkeypatch.setattr("sync.store.fed_catalogue.KINDS", frozenset({"product"}))
    before = hq.version
    hq.put_product(product("2000", "Мяч"))
    hq.put("price", "0/2001", ["2001", 0, 42])
    hq.put_product(product("2002", "Мяч"))
    follow(file, hq, limit=1)
    hq.put("price", "0/2003", ["2003", 0, 43])
    follow(file, hq)
    fed = FedCatalogue(file)
    assert fed.place() == FeedPlace("f1", hq.version), "the place moves on over what nobody knows"
    fed.close()
    monkeypatch.undo()
    fed = FedCatalogue(file)
    assert fed.place() == FeedPlace("f1", before + 1), "just before the first row that was skipped"
    fed.close()
    follow(file, hq)
    catalogue = Catalogue.open(file, StoreClock())
    assert [catalogue.product(code).price_minor for code in ("2001", "2003")] == [42, 43]  # type: ignore[union-attr]
    catalogue.close()
    fed = FedCatalogue(file)
    assert fed.place() == FeedPlace("f1", hq.version), "learned once"
    fed.close()


class Killed(Exception):
    """The program ended here."""


def changes() -> FeedHq:
    """One page with some of everything."""
    hq = toys()
    hq.put("price", "0/2000", ["2000", 0, 777])
    hq.put("price", "9/2000", ["2000", 9, 778])
    hq.put("regime", "2020-01-01/main", ["main", "2020-01-01", 1, 0])
    hq.put("later", "x", ["x"])
    hq.put_product(product("2001", "Мяч", 5), product("3000", "Новая", 9))
    hq.remove("product", "2002")
    return hq


def test_cut_at_every_statement_a_page_is_whole_or_not_there(tmp_path: Path) -> None:
    """Between the first row and the commit there is no half of a page, and a second try ends as one never cut."""
    hq = changes()
    file = built(tmp_path, toys())
    old, page = dump(file), hq.page(8, 5_000)
    untouched = file.read_bytes()
    fed = FedCatalogue(file)
    fed.apply(page, 8)
    fed.close()
    new = dump(file)
    assert new != old
    statements = 0
    while True:
        for leftover in tmp_path.glob("catalogue-hq-*"):
            leftover.unlink()
        file.write_bytes(untouched)
        fed = FedCatalogue(file)
        left = statements

        def cut(*_: object) -> bool:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed
            return True

        fed._connection.exec_trace = cut
        try:
            fed.apply(page, 8)
        except Killed:
            fed._connection.exec_trace = None
            if fed._connection.in_transaction:
                fed._connection.execute("ROLLBACK")
            fed.close()
            assert dump(file) == old, f"cut at statement {statements}"
            follow(file, hq)
            assert dump(file) == new, f"again after a cut at statement {statements}"
            statements += 1
            continue
        fed.close()
        break
    assert statements > 15
    assert dump(file) == new


KILLING = """
import os, signal, sys
from pathlib import Path
import msgspec
from sync.store.fed_catalogue import FedCatalogue
from sync.wire.feed import FeedPage
fed = FedCatalogue(Path(sys.argv[1]))
page, left = msgspec.json.decode(Path(sys.argv[2]).read_bytes(), type=FeedPage), int(sys.argv[3])
def cut(*_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return True
fed._connection.exec_trace = cut
fed.apply(page, 8)
"""


@pytest.mark.parametrize("statement", [1, 9, 18] if "TILLKEEPER_CAMPAIGN" not in os.environ else range(19))
def test_killed_between_rows_and_place(tmp_path: Path, statement: int) -> None:
    """A process that is killed leaves the old page's state, with its log still beside the file."""
    hq = changes()
    file = built(tmp_path, toys())
    old = dump(file)
    told = tmp_path / "page.json"
    told.write_bytes(msgspec.json.encode(hq.page(8, 5_000)))
    done = subprocess.run([sys.executable, "-c", KILLING, str(file), str(told), str(statement)], check=False)
    assert done.returncode == -signal.SIGKILL
    shelf = Shelf(tmp_path, StoreClock())
    assert shelf.catalogue().product("2000").price_minor == 100  # type: ignore[union-attr]
    shelf.close()
    assert dump(file) == old
    follow(file, hq)
    fed = FedCatalogue(file)
    assert fed.place() == FeedPlace("f1", hq.version)
    fed.close()


def test_the_newest_rows_aside_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A feed that is wrong as a whole does not fill the disk."""
    monkeypatch.setattr(feed_place, "KEPT_ASIDE", 10)
    hq = toys()
    file = built(tmp_path, hq)
    for n in range(40):
        hq.put("price", f"0/{n}", [n])
    follow(file, hq, limit=7)
    connection = apsw.Connection(str(file))
    assert [json.loads(one.body)[0] for one in aside(connection)] == list(range(30, 40))
    connection.close()


def test_the_file_in_force_is_the_newest_one(tmp_path: Path) -> None:
    first = built(tmp_path, toys())
    second = built(tmp_path, toys())
    assert in_force(tmp_path) == second != first
    assert not first.exists()
