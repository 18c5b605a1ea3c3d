"""A fiscal data operator's register is read as cabinets export it, and laid beside the documents the shops told of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud_api.operator_register.matching import Fit, OurDocument, match
from cloud_api.operator_register.reading import NoRegister, Operation, minor_of, read_register

FN = "9999078902010101"
HEADING = "№ п/п;Заводской номер ФН;Номер ФД;ФПД;Тип документа;Признак расчёта;Дата и время;Сумма расчёта, руб."
LINES = [
    "Реестр чеков",
    "ООО «Ромашка»;;;;;;;",
    "",
    HEADING,
    f"1;{FN};124;1234567890;Кассовый чек;Приход;21.11.2026 10:15;1 234,56",
    f"2;{FN};125;0000000042;Кассовый чек;Возврат прихода;21.11.2026 10:20;0,5",
    f"3;{FN};126;77;Отчет о закрытии смены;;21.11.2026 22:00;",
    "Итого;;;;;;;1 235,06",
]


def register(lines: list[str] = LINES, encoding: str = "utf-8") -> bytes:
    return "\r\n".join(lines).encode(encoding)


def ours(number: int, total: int, sign: int, operation: int = 1, fn: str = FN) -> OurDocument:
    return OurDocument(fn, number, sign, total, operation, "north", f"sale-{number}")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
def test_a_cabinets_file_is_read(encoding: str) -> None:
    found = read_register(register(encoding=encoding))
    assert [(row.number, row.total_minor, row.sign, row.operation) for row in found.rows] == [
        (124, 123456, 1234567890, Operation.SALE),
        (125, 50, 42, Operation.SALE_REFUND),
    ]
    assert (found.aside, found.odd) == (2, [])
    assert {row.fn for row in found.rows} == {FN}


@pytest.mark.parametrize(("sign", "other"), [("\t", "\t"), (",", ",")])
def test_other_separators(sign: str, other: str) -> None:
    lines = [sign.join(["fn", "fiscal document number", "total"]), other.join([FN, "7", "15.20"])]
    assert [(row.number, row.total_minor, row.operation) for row in read_register(register(lines)).rows] == [
        (7, 1520, None)
    ]


def test_a_shop_says_what_its_operator_calls_a_column() -> None:
    lines = ["Накопитель;Бумага;Деньги", f"{FN};9;3,00"]
    with pytest.raises(NoRegister) as refused:
        read_register(register(lines))
    assert "Ничего не изменено" in refused.value.ru
    assert "Nothing was changed" in refused.value.en
    said = {"fn": "накопитель", "number": "Бумага", "total": "Деньги"}
    assert read_register(register(lines), said).rows[0].number == 9


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"3;{FN[:-1]};128;1;Кассовый чек;Приход;;1,00", "fn"),
        (f"3;{FN};0;1;Кассовый чек;Приход;;1,00", "number"),
        (f"3;{FN};12x;1;Кассовый чек;Приход;;1,00", "number"),
        (f"3;{FN};128;1;Кассовый чек;Приход;;1,005", "total"),
        (f"3;{FN};128;1;Кассовый чек;Подарок;;1,00", "operation"),
        (f"3;{FN};128;один;Кассовый чек;Приход;;1,00", "sign"),
        (f"3;{FN};128;1;Кассовый чек", "short"),
        (f"3;{FN};124;1234567890;Кассовый чек;Приход;;1 234,57", "twice"),
    ],
)
def test_an_odd_line_is_said_and_the_others_are_read(line: str, why: str) -> None:
    found = read_register(register([*LINES, line]))
    assert [(odd.line, odd.why) for odd in found.odd] == [(len(LINES) + 1, why)]
    assert found.odd_lines == 1
    assert len(found.rows) == 2


def test_the_same_row_twice_is_one_receipt() -> None:
    found = read_register(register([*LINES, LINES[4]]))
    assert (len(found.rows), found.odd_lines) == (2, 0)


@pytest.mark.parametrize(
    "data", [b"", b"PK\x03\x04\x00\x00", register([HEADING]), register(["a;b"] * 40), b'"' * 200_000]
)
def test_what_is_no_register_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(NoRegister) as refused:
        read_register(data)
    assert refused.value.ru
    assert refused.value.en


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("1 234,56", 123456),
        ("1\u00a0234.5 руб.", 123450),
        ("1,234.50", 123450),
        ("-12", -1200),
        ("12,3400", 1234),
        ("1,2,3", None),
        ("", None),
        ("1e3", None),
        ("9" * 20, None),
    ],
)
def test_sums(text: str, minor: int | None) -> None:
    assert minor_of(text) == minor


@given(st.integers(-(10**12), 10**12))
def test_every_sum_is_read_back(minor: int) -> None:
    sign = "-" if minor < 0 else ""
    whole = f"{abs(minor) // 100:,}".replace(",", " ")
    assert minor_of(f"{sign}{whole},{abs(minor) % 100:02}") == minor


def test_documents_are_matched_by_storage_and_number() -> None:
    rows = read_register(
        register(
            [
                HEADING,
                f"1;{FN};10;100;Кассовый чек;Приход;;10,00",
                f"1;{FN};11;101;Кассовый чек;Приход;;11,00",
                f"1;{FN};14;104;Кассовый чек;Возврат прихода;;-14,00",
                f"1;{FN};15;105;Кассовый чек;Приход;;15,00",
            ]
        )
    ).rows
    documents = [
        ours(9, 900, 99),  # before the register begins: nothing can be said
        ours(10, 1000, 100),
        ours(11, 1200, 999),
        ours(12, 1200, 102),  # inside, and the operator has none
        ours(14, 1400, 104, operation=2),
        ours(16, 1600, 106),
        ours(10, 1000, 100, fn="1" * 16),  # a storage the register does not speak of
    ]
    found = [(pair.fit, (pair.ours or pair.theirs).number, pair.differs) for pair in match(documents, rows)]  # type: ignore[union-attr]
    assert found == [
        (Fit.MATCHED, 10, ()),
        (Fit.DIFFERS, 11, ("total", "sign")),
        (Fit.UNKNOWN_THERE, 12, ()),
        (Fit.MATCHED, 14, ()),
        (Fit.UNKNOWN_HERE, 15, ()),
    ]
