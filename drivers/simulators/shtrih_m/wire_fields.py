"""Fields of commands and answers: little-endian integers, 5-byte money, CP1251 text, dates (reference section 3)."""

from __future__ import annotations

import datetime as dt

from drivers.simulators.shtrih_m.codes import Code, Refusal

NOT_GIVEN = 0xFF_FF_FF_FF_FF  # five FF bytes: "compute it" or "not given"


class Params:
    """The bytes after the command code, read from the left. Running out of bytes is refused with 7Eh."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        if self._at + count > len(self._data):
            raise Refusal(Code.BAD_LENGTH)
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def uint(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def sint(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little", signed=True)

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def text(self) -> str:
        """What is left, up to the first NUL, in CP1251."""
        return text_of(self.rest())


def text_of(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("cp1251", "replace")


def le(value: int, count: int) -> bytes:
    return value.to_bytes(count, "little")


def money(value: int) -> bytes:
    return le(value, 5)


def padded(text: str, count: int) -> bytes:
    """CP1251, cut or filled with NUL to `count` bytes."""
    return text.encode("cp1251", "replace")[:count].ljust(count, b"\0")


def moment(at: dt.datetime) -> bytes:
    """DATE_TIME of the fiscal memory: YY MM DD hh mm."""
    return bytes([at.year % 100, at.month, at.day, at.hour, at.minute])


def fn_date(day: dt.date) -> bytes:
    return bytes([day.year % 100, day.month, day.day])


def device_date(day: dt.date) -> bytes:
    return bytes([day.day, day.month, day.year % 100])


def rounded_half_up(numerator: int, denominator: int) -> int:
    """A quotient of integers that are not negative, to the nearest whole, halves up."""
    return (2 * numerator + denominator) // (2 * denominator)
