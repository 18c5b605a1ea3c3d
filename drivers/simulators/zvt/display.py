"""What the terminal shows its customer, in two languages, and the status byte of 04 FF that goes with it."""

from __future__ import annotations

import enum


class Shown(enum.Enum):
    """status byte of 04 FF, English, Russian."""

    INSERT = (0x0A, "Insert or hold card", "Приложите или вставьте карту")
    PIN = (0x01, "Enter PIN", "Введите ПИН-код")
    HOST = (0x04, "Connecting to host", "Связь с банком")
    REVERSAL = (0x05, "Cancelling payment", "Отмена операции")
    REMOVE = (0x0B, "Remove card", "Заберите карту")
    WAIT = (0x0E, "Please wait", "Подождите")
    APPROVED = (0x1C, "Approved", "Одобрено")
    DECLINED = (0x1D, "Declined", "Отклонено")
    CANCELLED = (0x13, "Cancelled", "Отменено")

    @property
    def status(self) -> int:
        return self.value[0]

    @property
    def words(self) -> dict[str, str]:
        return {"en": self.value[1], "ru": self.value[2]}


READY = {"en": "Ready", "ru": "Готов к работе"}
OFF = {"en": "", "ru": ""}
