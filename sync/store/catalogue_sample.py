"""A shop of any size, made up: the n-th product is always the same, so that benches and tests need no file.

    with gzip.open(path, "wt", encoding="utf-8") as out: write_sample(out, 1_000_000)

Names are built like those of a toy shop's price list (kind, nickname, size, article), barcodes are valid EAN-13 of
prefix 46, prices are left to the rule of sync/wire/catalogue_line.py.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import TextIO

from sync.wire.barcodes import check_digit

HEADER = "barcode\tname\tcategory\tbrand\n"
FIRST_CODE = 460_100_000_000

_KINDS = (
    ("Конструктор", "Конструкторы"),
    ("Кукла", "Куклы"),
    ("Пазл", "Пазлы"),
    ("Мяч резиновый", "Мячи"),
    ("Пластилин", "Творчество"),
    ("Набор для творчества", "Творчество"),
    ("Машинка инерционная", "Машины"),
    ("Мягкая игрушка", "Мягкие игрушки"),
    ("Настольная игра", "Игры"),
    ("Раскраска", "Книги"),
    ("Железная дорога", "Машины"),
    ("Самокат", "Спорт и улица"),
    ("Книга с наклейками", "Книги"),
    ("Погремушка", "Малышам"),
    ("Ёлочная игрушка", "Праздник"),
    ("Карандаши цветные", "Творчество"),
)
_NICKNAMES = """
Маша Даша Алёнка Снежок Ёжик Вихрь Теремок Космос Радуга Морозко Колобок Жар-птица Медвежонок Зайка Лунтик Буратино
Незнайка Чебурашка Богатырь Царевна Пират Рыцарь Динозавр Ракета Паровоз Трактор Самосвал Котёнок Щенок Пингвин
Дельфин Осьминог Байкал Кремль Ферма Аэропорт Вокзал Пожарный Полиция Доктор Школа Цирк Зоопарк Сказка Праздник
""".split()  # noqa: SIM905 - a list of words is read as words
_QUALITIES = """
большой малый цветной светящийся музыкальный деревянный складной мягкий яркий зимний летний подарочный дорожный новый
""".split()  # noqa: SIM905
_BRANDS = ("Стройка", "Подружка", "Кубик", "Прыгун", "Палитра", "Сосенка", "Мотор", "Буквица", "Lori", "Play&Joy")
_SIZES = (
    "12 см",
    "18 см",
    "25 см",
    "30 см",
    "40 см",
    "6 цветов",
    "12 цветов",
    "24 цвета",
    "60 деталей",
    "260 элементов",
    "5 шт",
)


def sample_lines(count: int) -> Iterator[str]:
    """Lines of a TSV without its header."""
    for number in range(count):
        mixed = zlib.crc32(number.to_bytes(8, "big"))
        kind, category = _KINDS[mixed % 16]
        nickname = _NICKNAMES[mixed // 16 % len(_NICKNAMES)]
        quality = _QUALITIES[mixed // 1024 % len(_QUALITIES)]
        size = _SIZES[mixed // 16_384 % len(_SIZES)]
        brand = _BRANDS[mixed // 262_144 % len(_BRANDS)] if mixed >> 30 else ""
        code = str(FIRST_CODE + number * 7)
        name = f"{kind} «{nickname}» {quality}, {size}, арт. {mixed % 90_000 + 10_000}"
        yield f"{code}{check_digit(code)}\t{name}\t{category}\t{brand}\n"


def write_sample(out: TextIO, count: int) -> None:
    """A whole catalogue file of `count` products."""
    out.write(HEADER)
    out.writelines(sample_lines(count))
