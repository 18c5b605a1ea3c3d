"""The shop's offers: for whom each is, until when, and every mistake of the file by name in both languages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.offers_file import LONGEST, MOST, OffersWrong, read_offers
from agent.visitors.offers import SHOWN, Offer, Offers
from agent.visitors.purchases import Bought

TODAY = dt.date(2026, 11, 22)
SET = Bought("4601234004127", "Конструктор «Пожарная часть», 412 деталей", 349_900, 1)
DOLL = Bought("4607012330019", "Ёлка и Кукла «Маша»", 129_900, 1)


def said(offers: Offers, *bought: Bought, on: dt.date = TODAY) -> list[str]:
    return [one.en for one in offers.fitting(bought, on)]


def file(directory: Path, text: str) -> Path:
    place = directory / "offers.toml"
    place.write_text(text, encoding="utf-8")
    return place


@pytest.mark.parametrize(
    ("goods", "fits"),
    [
        ("460123", True),  # a barcode begins so
        ("0123", False),  # in the middle of it
        ("412", False),  # digits are never words
        ("конструктор", True),
        ("КОНСТР", True),
        ("пожарн част", True),
        ("пожарная кукла", False),  # both words of one product
        ("труктор", False),
        ("елк", False),
    ],
)
def test_an_offer_is_for_who_bought_such_goods(goods: str, fits: bool) -> None:
    assert said(Offers([Offer("р", "e", goods=(goods,))]), SET) == (["e"] if fits else [])


def test_words_are_compared_as_people_write_them() -> None:
    assert said(Offers([Offer("р", "e", goods=("елка",))]), DOLL) == ["e"]
    assert said(Offers([Offer("р", "e", goods=("ёлка",))]), DOLL) == ["e"]


def test_the_fitting_ones_come_first_and_three_are_shown() -> None:
    offers = Offers([Offer("р", f"all {at}") for at in range(SHOWN + 1)] + [Offer("р", "set", goods=("4601234",))])
    assert said(offers, DOLL, SET) == ["set", "all 0", "all 1"]
    assert said(offers) == ["all 0", "all 1", "all 2"]


def test_an_offer_ends_after_its_last_day() -> None:
    offers = Offers([Offer("р", "e", until=TODAY)])
    assert said(offers) == ["e"]
    assert said(offers, on=TODAY + dt.timedelta(days=1)) == []


def test_a_file_is_read(tmp_path: Path) -> None:
    text = """
[[offers]]
ru = " К конструктору — второй набор "
en = "A second set"
until = 2026-12-31
for = ["4601234", "конструктор"]
[[offers]]
ru = "Всем"
en = "For all"
"""
    assert read_offers(file(tmp_path, text)).all == (
        Offer("К конструктору — второй набор", "A second set", dt.date(2026, 12, 31), ("4601234", "конструктор")),
        Offer("Всем", "For all"),
    )
    assert read_offers(file(tmp_path, "")).all == ()


def test_all_mistakes_are_said_at_once_by_name_in_both_languages(tmp_path: Path) -> None:
    text = f"""
discount = 5
[[offers]]
ru = "Скидка"
until = "2026-12-31"
price = 100
[[offers]]
ru = "{"х" * (LONGEST + 1)}"
en = "x"
until = 2026-12-31T10:00:00
for = "кукла"
[[offers]]
ru = "р"
en = "e"
for = []
"""
    with pytest.raises(OffersWrong) as wrong:
        read_offers(file(tmp_path, text))
    told = [one.en for one in wrong.value.mistakes]
    for part in (
        "[discount]", "#1: no setting 'price'", "#1: en is missing", "#1: until is a date",
        f"#2: ru has at most {LONGEST}", "#2: until is a date", "#2: for lists", "#3: for lists",
    ):  # fmt: skip
        assert [one for one in told if part in one], part
    assert len(told) == 8
    assert "касса продаёт" in wrong.value.ru
    assert "the till sells" in wrong.value.en
    assert str(tmp_path) in wrong.value.ru


@pytest.mark.parametrize("text", ["[[offers]", "offers = 1", '\n[[offers]]\nru = "р"\nen = "e"' * (MOST + 1)])
def test_what_is_no_list_of_offers_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(OffersWrong):
        read_offers(file(tmp_path, text))


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(OffersWrong) as wrong:
        read_offers(tmp_path / "none.toml")
    assert "there is no such file" in wrong.value.en
