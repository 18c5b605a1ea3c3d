"""Rows are put into the catalogue by chunks: repeated barcodes, broken lines and search come out as if one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.store import catalogue_import
from sync.store.catalogue import Catalogue


@pytest.fixture(params=[1, 2, 3, 7, 1_000])
def chunk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(catalogue_import, "CHUNK", request.param)
    return int(request.param)


def test_the_first_of_a_repeated_barcode_stays_wherever_the_chunks_end(tmp_path: Path, chunk: int) -> None:
    codes = ["A1", "A2", "A1", "A3", "A3", "", "A4", "A1", "A5", "A5", "A6"]
    lines = [f"{code}\tname {place}" for place, code in enumerate(codes)]
    source = tmp_path / "goods.tsv"
    source.write_text("barcode\tname\n" + "\n".join(lines) + "\n", encoding="utf-8")
    report = catalogue_import.import_catalogue(source, tmp_path / "shop")
    assert (report.imported, report.broken) == (6, 5)
    assert [line.line for line in report.first_broken] == [4, 6, 7, 9, 11]
    assert [line.en for line in report.first_broken if line.line != 7] == [
        f"barcode {code} was already given above" for code in ("A1", "A3", "A1", "A5")
    ]
    catalogue = Catalogue.open(report.file)
    assert catalogue.count() == 6
    kept = {code: codes.index(code) for code in ("A1", "A2", "A3", "A4", "A5", "A6")}
    for code, place in kept.items():
        product = catalogue.product(code)
        assert product is not None
        assert product.name == f"name {place}"
        assert next(found.barcode for found in catalogue.search(f"name {place}")) == code
    assert catalogue.search("name 2") == []
    catalogue.close()


def test_only_the_first_broken_lines_are_shown_and_all_are_counted(tmp_path: Path, chunk: int) -> None:
    source = tmp_path / "goods.tsv"
    source.write_text("barcode\tname\nA1\tgood\n" + "A1\tagain\n\tno code\n" * 30, encoding="utf-8")
    report = catalogue_import.import_catalogue(source, tmp_path / "shop")
    assert (report.imported, report.broken) == (1, 60)
    assert [line.line for line in report.first_broken] == list(range(3, 3 + catalogue_import.SHOWN))
