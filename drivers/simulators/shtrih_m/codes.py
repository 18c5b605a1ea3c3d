"""Error bytes of the register and their own texts, as command 6Bh prints them (reference section 10)."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """The error byte of an answer. 00-20h and A0-A5h come from the fiscal memory, the rest from the device."""

    FN_UNKNOWN_COMMAND = 0x01
    FN_WRONG_STATE = 0x02
    FN_FAILURE = 0x03
    FN_WRONG_TIME = 0x07
    FN_NO_DATA = 0x08
    FN_BAD_VALUE = 0x09
    FN_TLV_TOO_LONG = 0x10
    FN_EXHAUSTED = 0x12
    FN_STORE_FULL = 0x14
    FN_OFD_OVERDUE = 0x15
    FN_SHIFT_OVER_24H = 0x16
    BAD_PARAMETERS = 0x33
    UNSUPPORTED = 0x37
    WRONG_SHIFT_STATE = 0x3D
    PAID_TOO_LITTLE = 0x45
    DRAWER_LACKS_CASH = 0x46
    TOTAL_OVERFLOW = 0x48
    WRONG_RECEIPT_TYPE = 0x49
    RECEIPT_OPEN = 0x4A
    CASHLESS_OVER_TOTAL = 0x4D
    SHIFT_OVER_24H = 0x4E
    WRONG_PASSWORD = 0x4F
    PRINTING = 0x50
    RECEIPT_CLOSED = 0x55
    NOTHING_TO_REPEAT = 0x56
    WAITS_CONTINUE = 0x58
    OTHER_OPERATOR = 0x59
    NO_SUCH_TABLE = 0x5D
    WRONG_OPERATION = 0x5E
    NEGATIVE_TOTAL = 0x5F
    MULTIPLICATION_OVERFLOW = 0x60
    PRICE_OVERFLOW = 0x61
    QUANTITY_OVERFLOW = 0x62
    DEPARTMENT_OVERFLOW = 0x63
    NO_PAPER = 0x6B
    WRONG_SUBMODE = 0x72
    WRONG_MODE = 0x73
    READ_ONLY = 0x7A
    DATE_MISMATCH = 0x7C
    BAD_DATE = 0x7D
    BAD_LENGTH = 0x7E
    RECEIPT_TOTAL_OVERFLOW = 0x7F
    ZERO_TOTAL = 0x8E
    TOO_MANY_OPERATIONS = 0x94
    FN_MARKING_FORBIDDEN = 0xA0
    FN_MARKING_ORDER = 0xA1
    FN_MARKING_BLOCKED = 0xA2
    FN_TOO_MANY_MARKS = 0xA3
    FN_TAGS_MISSING = 0xA4
    FN_MARK_UNCHECKED = 0xA5
    CONFIRM_DATE = 0xC0
    READ_ONLY_NOW = 0xC7


class Refusal(Exception):
    """The command did nothing; its answer is the code and the error byte."""

    def __init__(self, code: int, extra: bytes = b"") -> None:
        super().__init__(f"{code:02X}h")
        self.code = code
        self.extra = extra


TEXTS = {
    0x00: "Ошибок нет",
    0x01: "ФН: неизвестная команда или формат",
    0x02: "ФН: неверное состояние",
    0x03: "ФН: отказ",
    0x04: "ФН: отказ криптосопроцессора",
    0x05: "ФН: не соответствует сроку жизни",
    0x07: "ФН: неверные дата или время",
    0x08: "ФН: нет запрошенных данных",
    0x09: "ФН: неверное значение",
    0x10: "ФН: TLV слишком велик",
    0x11: "ФН: нет транспортного соединения",
    0x12: "ФН: ресурс исчерпан, закройте архив",
    0x14: "ФН: хранилище для ОФД заполнено",
    0x15: "ФН: время ожидания ОФД исчерпано",
    0x16: "ФН: смена длится больше 24 часов",
    0x17: "ФН: разрыв времени больше 5 минут",
    0x20: "ФН: сообщение ОФД не принято",
    0x2F: "Таймаут обмена с ФН",
    0x30: "ФН не отвечает",
    0x33: "Некорректные параметры",
    0x34: "Нет данных",
    0x35: "Параметр не подходит к настройкам",
    0x36: "Параметр не подходит к модели",
    0x37: "Команда не поддерживается",
    0x3C: "Смена открыта",
    0x3D: "Смена не открыта",
    0x45: "Оплаты меньше итога",
    0x46: "Не хватает наличных в кассе",
    0x48: "Переполнение итога чека",
    0x49: "Операция невозможна в чеке этого типа",
    0x4A: "Открыт чек, операция невозможна",
    0x4B: "Буфер чека переполнен",
    0x4D: "Безналичных больше итога",
    0x4E: "Смена превысила 24 часа",
    0x4F: "Неверный пароль",
    0x50: "Идёт печать предыдущей команды",
    0x55: "Чек закрыт",
    0x56: "Нет документа для повтора",
    0x58: "Ожидание команды продолжения печати",
    0x59: "Документ открыт другим оператором",
    0x5D: "Таблица не определена",
    0x5E: "Неверная операция",
    0x5F: "Отрицательный итог чека",
    0x60: "Переполнение при умножении",
    0x61: "Переполнение цены",
    0x62: "Переполнение количества",
    0x63: "Переполнение отдела",
    0x6B: "Нет чековой ленты",
    0x72: "Команда не разрешена в этом подрежиме",
    0x73: "Команда не разрешена в этом режиме",
    0x7A: "Поле не редактируется",
    0x7C: "Не совпадает дата",
    0x7D: "Неверный формат даты",
    0x7E: "Неверное значение длины",
    0x7F: "Переполнение итога чека",
    0x8E: "Нулевой итог чека",
    0x94: "Исчерпан лимит операций в чеке",
    0xA0: "ФН: работа с маркировкой запрещена",
    0xA1: "ФН: нарушен порядок команд маркировки",
    0xA2: "ФН: работа с маркировкой заблокирована",
    0xA3: "ФН: больше 128 кодов в чеке",
    0xA4: "ФН: не хватает реквизитов",
    0xA5: "ФН: код маркировки не проверен",
    0xC0: "Подтвердите дату и время",
    0xC4: "Не совпадают номера смен",
    0xC7: "Поле не редактируется в этом режиме",
    0xC8: "Нет связи с принтером",
}
