"""The paper of an encashment: every line fits the narrowest tape and says the document's figures in both languages."""

from __future__ import annotations

import datetime as dt
from dataclasses import fields, replace

import pytest

from agent.cash.encashment_paper import COLUMNS, ENGLISH, RUSSIAN, paper_lines
from fiscal.encashment import Doubt, Encashment

MADE = Encashment(
    number="12",
    kiosk="k1",
    device="cash1",
    unit="validator",
    period=4,
    serial="SN-1",
    title="a validator",
    currency="RUB",
    from_ms=0,
    to_ms=3_600_000,
    counts=((10_000, 3), (50_000, 2)),
    counted_minor=130_000,
    brought=((10_000, 5),),
    filled=((1_000, 40),),
    paid_minor=25_000,
    paid_certain=False,
    left=((10_000, 1),),
    total_minor=185_000,
    doubts=(Doubt(7, 50_000, "x", "o"), Doubt(8, 0, "y", "o")),
    drift=1,
    operator="Олимпиада Константинопольская-Заречная",
    unauthorised=False,
    old_cassette="C-1",
    new_cassette="C-2",
)


def local(ms: int) -> dt.datetime:
    return dt.datetime(2026, 11, 22, 10) + dt.timedelta(milliseconds=ms)


@pytest.mark.parametrize("language", ["ru", "en"])
def test_every_line_fits(language: str) -> None:
    lines = paper_lines(replace(MADE, unauthorised=True), language, "Киоск у входа в универмаг на улице Баумана", local)
    assert max(len(line) for line in lines) <= COLUMNS


def test_the_figures_in_russian() -> None:
    text = "\n".join(paper_lines(MADE, "ru", "Киоск 1", local))
    for words in (
        "ИНКАССАЦИЯ № 12",
        "С: 22.11.2026 10:00",
        "По: 22.11.2026 11:00",
        "100.00 x 3                300.00",
        "500.00 x 2               1000.00",
        "=1300.00",
        "Загружено\n10.00 x 40",
        "Осталось внутри\n100.00 x 1",
        "Выдано не менее           250.00",
        "ИЗЪЯТО              =1850.00 RUB",
        "ПОД ВОПРОСОМ: 2",
        "#7                        500.00",
        "#8            номинал неизвестен",
        "Счётчик устройства            +1",
        "Кассета: C-1 > C-2",
    ):
        assert words in text, words
    assert "БЕЗ РАЗРЕШЕНИЯ" not in text


def test_nobody_opened_it() -> None:
    made = replace(MADE, operator="", unauthorised=True, brought=(), filled=(), left=(), doubts=(), drift=None)
    text = "\n".join(paper_lines(replace(made, paid_minor=0, paid_certain=True), "en", "Kiosk 1", local))
    assert "TAKEN WITHOUT PERMISSION" in text
    assert "Taken by: not known" in text
    assert not [words for words in ("IN DOUBT", "Put in", "Left inside", "Paid out", "own count") if words in text]


def test_both_languages_say_everything() -> None:
    for field in fields(RUSSIAN):
        assert getattr(RUSSIAN, field.name)
        assert getattr(ENGLISH, field.name)
