"""The register's settings tables: shapes, factory values and who may write what (reference section 9).

Numbers and meanings of the fields that a host relies on are the reference's; the other names are plausible fill.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from drivers.simulators.shtrih_m.codes import Code, Refusal
from drivers.simulators.shtrih_m.memory_image import Image
from drivers.simulators.shtrih_m.taxes import GROUPS
from drivers.simulators.shtrih_m.wire_fields import le, padded, text_of

Value = int | str


class Access(Enum):
    FREE = "free"
    SHIFT_CLOSED = "only while the shift is closed"
    NEVER = "read-only"


@dataclass(frozen=True, slots=True)
class Field:
    """One column: `size` bytes, text when `low` is None, else an integer within low..high."""

    name: str
    size: int
    low: int | None
    high: int
    factory: Callable[[int], Value]  # by row
    access: Access = Access.FREE


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    rows: int
    fields: tuple[Field, ...]


def number(name: str, factory: int = 0, high: int = 255, size: int = 1, access: Access = Access.FREE) -> Field:
    return Field(name, size, 0, high, lambda _row: factory, access)


def words(name: str, size: int, factory: Callable[[int], str] | str = "", access: Access = Access.FREE) -> Field:
    return Field(name, size, None, 0, factory if callable(factory) else (lambda _row: factory), access)


def _filled(count: int, named: dict[int, Field]) -> tuple[Field, ...]:
    return tuple(named.get(index) or number(f"Параметр {index}") for index in range(1, count + 1))


TAX_MODE, PRINT_AT_CLOSE, AUTO_OPEN_SHIFT, CUT = (1, 1, 14), (1, 1, 20), (1, 1, 21), (1, 1, 7)
FFD_FORMAT, EXTENDED_ANSWERS, SUPPRESS_PAPER = (17, 1, 17), (17, 1, 36), (17, 1, 7)

_DEVICE = _filled(
    30,
    {
        1: number("Номер ККТ в магазине", 1, 99),
        2: number("Автоматическое обнуление наличности", 0, 1),
        7: number("Отрезка чека", 1, 2),
        14: number("Начисление налогов", 0, 1),
        20: number("Печать чека при закрытии", 1, 1),
        21: number("Автоматическое открытие смены", 0, 1),
    },
)
_REGIONAL = _filled(
    72,
    {
        3: number("Скидки в чеке", 1, 1),
        7: number("Не печатать следующий документ", 0, 2),
        17: number("Формат ФД", 4, 4, access=Access.SHIFT_CLOSED),
        36: number("Расширенные ответы ФД", 0, 1),
        71: number("Автозамена ставки 20 на 22", 2, 2),
    },
)
_PAYMENTS = {1: "НАЛИЧНЫМИ", 2: "ЭЛЕКТРОННЫМИ", 14: "АВАНС", 15: "КРЕДИТ", 16: "ВСТРЕЧНОЕ"}
_CASHIERS = {29: "АДМИНИСТРАТОР", 30: "СИС. АДМИНИСТРАТОР"}
_HEADER = {1: "ДОБРО ПОЖАЛОВАТЬ", 11: "СПАСИБО ЗА ПОКУПКУ"}


def _identity(name: str, size: int) -> Field:
    return words(name, size, "", Access.NEVER)


TABLES = {
    1: Table("ТИП И РЕЖИМ КАССЫ", 1, _DEVICE),
    2: Table(
        "ПАРОЛИ КАССИРОВ И АДМИНИСТРАТОРОВ",
        30,
        (
            Field("Пароль", 4, 0, 99_999_999, lambda row: row),
            words("Имя", 64, lambda row: _CASHIERS.get(row, f"КАССИР {row}")),
        ),
    ),
    4: Table("ТЕКСТ В ЧЕКЕ", 14, (words("Текст", 48, lambda row: _HEADER.get(row, "")),)),
    5: Table(
        "НАИМЕНОВАНИЯ ТИПОВ ОПЛАТЫ", 16, (words("Наименование", 40, lambda row: _PAYMENTS.get(row, f"ТИП {row}")),)
    ),
    6: Table(
        "НАЛОГОВЫЕ СТАВКИ",
        12,
        (
            Field("Величина налога", 2, 0, 10_000, lambda row: (GROUPS[row].percent or 0) * 100, Access.NEVER),
            words("Наименование налога", 64, lambda row: GROUPS[row].name, Access.SHIFT_CLOSED),
        ),
    ),
    7: Table("НАИМЕНОВАНИЯ ОТДЕЛОВ", 16, (words("Наименование", 48, lambda row: f"ОТДЕЛ {row}"),)),
    16: Table(
        "СЕТЕВЫЕ НАСТРОЙКИ",
        1,
        (
            number("Статический адрес", 0, 1),
            *(number(f"IP адрес, байт {n}") for n in (1, 2, 3, 4)),
            number("DHCP", 1, 1),
        ),
    ),
    17: Table("РЕГИОНАЛЬНЫЕ НАСТРОЙКИ", 1, _REGIONAL),
    18: Table(
        "ПАРАМЕТРЫ ФИСКАЛИЗАЦИИ",
        1,
        (
            _identity("Заводской номер", 20),
            _identity("ИНН", 12),
            _identity("РНМ", 20),
            _identity("Номер ФН", 16),
            Field("Система налогообложения", 1, 0, 63, lambda _row: 0x3F, Access.NEVER),
            Field("Режим работы", 1, 0, 255, lambda _row: 0, Access.NEVER),
            words("Пользователь", 128, "", Access.SHIFT_CLOSED),
            words("Оператор", 64),
            words("Адрес", 128, "", Access.SHIFT_CLOSED),
            words("Наименование ОФД", 64, "ОФД"),
            words("Адрес ОФД", 64, "ofd.example"),
            words("ИНН ОФД", 12, "7704211201"),
            words("Сайт налогового органа", 64, "nalog.gov.ru"),
            words("Место расчётов", 128, "", Access.SHIFT_CLOSED),
            words("Адрес отправителя", 64),
        ),
    ),
    19: Table(
        "ПАРАМЕТРЫ ОФД",
        1,
        (
            words("Сервер", 64, "ofd.example"),
            number("Порт", 7777, 65535, 2),
            number("Таймаут чтения", 10, 255, 2),
            number("Период обмена", 3, 65535, 2),
        ),
    ),
    20: Table(
        "СТАТУС ОБМЕНА ФН",
        1,
        (
            number("Неотправленных документов", 0, 65535, 2, Access.NEVER),
            number("Первый неотправленный ФД", 0, 0xFFFFFFFF, 4, Access.NEVER),
            number("Состояние обмена", 0, 255, 1, Access.NEVER),
        ),
    ),
    21: Table(
        "УДАЛЁННЫЙ ДОСТУП",
        1,
        (
            number("Разрешён", 1, 1),
            number("Протокол", 1, 2),
            number("Таймаут", 5, 255, 2),
            number("Порт TCP", 7778, 65535, 2),
        ),
    ),
}


def table(index: int) -> Table:
    if index not in TABLES:
        raise Refusal(Code.NO_SUCH_TABLE)
    return TABLES[index]


def field(index: int, column: int) -> Field:
    fields = table(index).fields
    if not 1 <= column <= len(fields):
        raise Refusal(Code.BAD_PARAMETERS)
    return fields[column - 1]


def _live(image: Image, cell: tuple[int, int, int]) -> Value | None:
    """Cells that show what the register is rather than what was written."""
    who, unsent = image.identity, [filed for filed in image.fn.documents if not filed.sent]
    shown: dict[tuple[int, int, int], Value] = {
        (18, 1, 1): who.serial,
        (18, 1, 2): who.inn,
        (18, 1, 3): who.rnm,
        (18, 1, 4): who.fn,
        (20, 1, 1): len(unsent),
        (20, 1, 2): unsent[0].number if unsent else 0,
        (20, 1, 3): 0 if image.ofd_away else 1,
    }
    return shown.get(cell)


def read(image: Image, cell: tuple[int, int, int]) -> Value:
    """The value in (table, row, field)."""
    kind = field(cell[0], cell[2])
    if not 1 <= cell[1] <= table(cell[0]).rows:
        raise Refusal(Code.BAD_PARAMETERS)
    live = _live(image, cell) if cell[0] in (18, 20) else None
    if live is not None:
        return live
    written: Value | None = image.tables.get(".".join(map(str, cell)))
    if written is not None:
        return written
    made = {(18, 1, 7): image.identity.user, (18, 1, 9): image.identity.address, (18, 1, 14): image.identity.place}
    return made.get(cell) or kind.factory(cell[1])


def read_number(image: Image, cell: tuple[int, int, int]) -> int:
    return int(read(image, cell))


def read_bytes(image: Image, cell: tuple[int, int, int]) -> bytes:
    """As command 1Fh answers it."""
    kind, value = field(cell[0], cell[2]), read(image, cell)
    return padded(value, kind.size) if isinstance(value, str) else le(value, kind.size)


def write(image: Image, cell: tuple[int, int, int], data: bytes) -> None:
    """As command 1Eh writes it; refuses read-only cells, wrong sizes and values outside the field's range."""
    kind = field(cell[0], cell[2])
    if not 1 <= cell[1] <= table(cell[0]).rows:
        raise Refusal(Code.BAD_PARAMETERS)
    if kind.access is Access.NEVER:
        raise Refusal(Code.READ_ONLY)
    if kind.access is Access.SHIFT_CLOSED and image.fn.shift_open:
        raise Refusal(Code.READ_ONLY_NOW)
    if len(data) > kind.size or (kind.low is not None and len(data) != kind.size):
        raise Refusal(Code.BAD_LENGTH)
    if kind.low is None:
        image.tables[".".join(map(str, cell))] = text_of(data)
        return
    value = int.from_bytes(data, "little")
    if not kind.low <= value <= kind.high:
        raise Refusal(Code.BAD_PARAMETERS)
    image.tables[".".join(map(str, cell))] = value
