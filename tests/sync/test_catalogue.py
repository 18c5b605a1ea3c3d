"""The catalogue: good lines in, broken lines shown, replaced while it is read; and a person finds the product."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fiscal.document import Subject, TaxSystem
from fiscal.vat import VatRate
from sync.store.catalogue import Catalogue, Shelf
from sync.store.catalogue_import import ImportRefused, import_catalogue
from sync.store.catalogue_sample import write_sample
from sync.store.directory_lock import only_process
from sync.store.failures import Damaged, DirectoryBusy
from sync.wire.barcodes import check_digit, has_valid_check_digit, key
from sync.wire.catalogue_line import price_by_rule

DEMO = Path(__file__).parents[2] / "agent" / "demo" / "demo_products.tsv"


def imported(tmp_path: Path, text: str, name: str = "list.tsv"):  # type: ignore[no-untyped-def]
    source = tmp_path / name
    source.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return import_catalogue(source, tmp_path / "data")


def in_force(tmp_path: Path) -> Catalogue:
    found = Shelf(tmp_path / "data").catalogue()
    assert found is not None
    return found


def found_names(catalogue: Catalogue, text: str) -> list[str]:
    return [product.name for product in catalogue.search(text)]


NAMES = [
    "Кукла «Маша», 30 см",
    "Кукла «Даша-путешественница»",
    "Ёлка новогодняя 120см",
    "Елочный шар",
    "Мяч резиновый, 20 см",
    "Набор Lego City 60012",
    "Пазл «Маша и Медведь» 260",
    "Машинка д/мальчиков",
    'Робот "R2-D2"',
]


@pytest.fixture
def toys(tmp_path: Path) -> Catalogue:
    lines = [f"46000000{n:04d}{check_digit(f'46000000{n:04d}')}\t{name}\tX\tBrandy" for n, name in enumerate(NAMES)]
    imported(tmp_path, "barcode\tname\tcategory\tbrand\n" + "\n".join(lines))
    return in_force(tmp_path)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("маша кукла", NAMES[0]),
        ("КУКЛА МАША", NAMES[0]),
        ("кук маш", NAMES[0]),
        ("елка", NAMES[2]),
        ("Ёлоч", NAMES[3]),
        ("ёлочный", NAMES[3]),
        ("даша-пут", NAMES[1]),
        ("путешественница даша", NAMES[1]),
        ('lego "city', NAMES[5]),
        ("r2", NAMES[8]),
        ("r2-d2", NAMES[8]),
        ("м", NAMES[4]),
        ("260", NAMES[6]),
        ("460000000004", NAMES[4]),
        ("д мальч", NAMES[7]),
        ("brandy робот", NAMES[8]),
        ("кукла*", NAMES[0]),
        ("(маша) -пазл: AND", None),
        ("мяч NOT кукла", None),
        ("шш", None),
        ("", None),
        ('"', None),
        ("- ' \" * ( ) : ^ + NEAR", None),
        ("\x00\ud800", None),
        ("а" * 10_000, None),
        ("кукла " * 500, NAMES[0]),
    ],
)
def test_what_a_person_types_finds_the_product(toys: Catalogue, typed: str, expected: str | None) -> None:
    names = found_names(toys, typed)
    if expected is None:
        assert names == []
    else:
        assert expected in names


def test_the_nearest_comes_first_and_no_more_than_asked(toys: Catalogue) -> None:
    assert found_names(toys, "маша")[0] == NAMES[0]
    assert found_names(toys, "маш")[0] == NAMES[7]  # begins with it
    assert len(toys.search("м", limit=2)) == 2


def test_a_scanned_code_finds_its_product_in_every_form(toys: Catalogue) -> None:
    product = toys.product("4600000000008")
    assert product is not None
    assert product.name == NAMES[0]
    assert toys.product("04600000000008") == product  # as in a marking code
    assert toys.product("4600000000001") is None
    assert toys.product("") is None
    assert key("036000291452") == "0036000291452"


def test_all_columns_reach_the_product(tmp_path: Path) -> None:
    head = (
        "barcode;name;price_minor;vat;measure;seller;tax_system;subject;marked_group;age;least_price_minor;"
        "greatest_price_minor;discountable;department;colour\n"
    )
    line = '2000001;"Сыр; ""Твёрдый""";129990;10;11;ip;SIMPLIFIED_INCOME;goods;Dairy;16;100;200000;0;3;red\n'
    report = imported(tmp_path, head + line, "list.csv")
    assert report.ignored == ("colour",)
    product = in_force(tmp_path).product("2000001")
    assert product is not None
    assert (product.name, product.price_minor, product.vat, product.measure) == (
        'Сыр; "Твёрдый"',
        129990,
        VatRate.V10,
        11,
    )
    assert (product.seller, product.tax_system, product.subject) == ("ip", TaxSystem.SIMPLIFIED_INCOME, Subject.GOODS)
    assert (product.marked_group, product.age, product.discountable, product.department) == ("dairy", 16, False, 3)
    assert (product.least_price_minor, product.greatest_price_minor) == (100, 200_000)


def test_broken_lines_are_counted_and_shown_and_the_rest_is_imported(tmp_path: Path) -> None:
    good = "4600000000008\tМяч\t100\n"
    broken = [
        b"4600000000001\tbad digit\t100\n",
        b"4600000000015\t\t100\n",
        b"4600000000015\n",
        b"4600000000015\tone\ttwo\tthree\tfour\n",
        b"4600000000015\tx\t-5\n",
        b"4600000000015\tx\t1.5\n",
        "кот\tx\t5\n".encode(),
        b"4600000000015\t\xff\xfe\t5\n",
        b"4600000000008\tagain\t5\n",
        b"4600000000015\t" + b"y" * 70_000 + b"\t5\n",
        b"\x00\x01\x02\n",
    ]
    source = tmp_path / "list.tsv"
    tail = "4600000000022\tКубик\t\n".encode()
    source.write_bytes(
        "\ufeffbarcode\tname\tprice_minor\r\n".encode() + good.encode() + b"".join(broken * 3) + b"\n" + tail
    )
    report = import_catalogue(source, tmp_path / "data")
    assert (report.imported, report.broken, len(report.first_broken)) == (2, 33, 20)
    assert [line.line for line in report.first_broken] == list(range(3, 23))
    assert all(line.ru and line.en for line in report.first_broken)
    assert "контрольная" in report.first_broken[0].ru
    catalogue = in_force(tmp_path)
    assert catalogue.count() == 2
    cube = catalogue.product("4600000000022")
    assert cube is not None
    assert cube.price_minor == price_by_rule("4600000000022")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"code\ttitle\n1\t2\n",
        b"barcode\tname\n",
        b"barcode\tname\n4600000000001\tbad\n",
        gzip.compress(b"barcode\tname\n" + b"4600000000008\tA\n" * 9_000)[:-20],
        b"\x1f\x8bnothing like gzip",
    ],
)
def test_a_file_that_makes_no_sense_leaves_the_old_catalogue(tmp_path: Path, content: bytes) -> None:
    imported(tmp_path, "barcode\tname\n4600000000008\tOld\n")
    source = tmp_path / "new.tsv"
    source.write_bytes(content)
    with pytest.raises(ImportRefused) as refused:
        import_catalogue(source, tmp_path / "data")
    assert refused.value.ru
    assert found_names(in_force(tmp_path), "old") == ["Old"]
    assert len(list((tmp_path / "data").glob("catalogue*"))) == 3  # pointer, file, lock


def test_a_new_catalogue_is_noticed_while_an_old_reader_finishes(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "data")
    assert shelf.catalogue() is None
    imported(tmp_path, "barcode\tname\n4600000000008\tOld\n", "list.tsv.gz")
    first = shelf.catalogue()
    assert first is not None
    assert shelf.catalogue() is first
    reader = Catalogue.open(first.path)
    imported(tmp_path, "barcode\tname\n4600000000008\tNew\n")
    assert [product.name for product in reader.search("old")] == ["Old"]
    fresh = shelf.catalogue()
    assert fresh is not None
    product = fresh.product("4600000000008")
    assert product is not None
    assert product.name == "New"
    shelf.close()


def test_two_imports_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with only_process(tmp_path / "data", "catalogue.lock"), pytest.raises(DirectoryBusy):
        imported(tmp_path, "barcode\tname\n4600000000008\tOld\n")


def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "catalogue-1.db"
    wrong.write_bytes(b"something else" * 1000)
    with pytest.raises(Damaged):
        Catalogue.open(wrong)
    with pytest.raises(FileNotFoundError):
        Catalogue.open(tmp_path / "absent.db")


def test_prices_by_rule_are_plausible_and_always_the_same() -> None:
    prices = [price_by_rule(f"46{n:011d}") for n in range(20_000)]
    assert min(prices) >= 1_900
    assert max(prices) <= 499_900
    assert {price % 100 for price in prices} == {0, 90}
    assert price_by_rule("4600000000008") == price_by_rule("4600000000008")
    assert len(set(prices)) > 2_000


def test_the_sample_is_deterministic_valid_and_big_enough(tmp_path: Path) -> None:
    for name in ("a.tsv", "b.tsv"):
        with (tmp_path / name).open("w", encoding="utf-8") as out:
            write_sample(out, 3_000)
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()
    report = import_catalogue(tmp_path / "a.tsv", tmp_path / "data")
    assert (report.imported, report.broken) == (3_000, 0)
    assert found_names(in_force(tmp_path), "кукла")


def test_the_demos_products_are_all_sellable_or_said_not_to_be(tmp_path: Path) -> None:
    report = import_catalogue(DEMO, tmp_path / "data")
    assert (report.broken, report.ignored) == (0, ())
    assert 280 <= report.imported <= 320
    lines = DEMO.read_text(encoding="utf-8").splitlines()[1:]
    assert all(has_valid_check_digit(line.partition("\t")[0]) for line in lines)
    catalogue = in_force(tmp_path)
    products = [catalogue.product(line.partition("\t")[0]) for line in lines]
    whole = [product for product in products if product is not None]
    assert len(whole) == len(lines)
    assert {product.seller for product in whole} == {"main", "ip-mishkin"}
    assert {product.vat for product in whole} == {VatRate.V22, VatRate.V10, VatRate.NONE}
    assert {product.marked_group for product in whole} == {"", "toys", "water", "energy_drinks", "alcohol"}
    assert [product.age for product in whole if product.age] == [18, 18]
