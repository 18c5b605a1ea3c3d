"""The lines of an encashment's document for the register's paper, in the shop's language, 32 columns wide at most."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fiscal.cash_events import Counts
from fiscal.encashment import Encashment

COLUMNS = 32
"""The narrowest tape there is: 58 mm in the usual font."""


@dataclass(frozen=True, slots=True)
class Words:
    title: str
    place: str
    unit: str
    serial: str
    since: str
    until: str
    came_in: str
    brought: str
    filled: str
    paid: str
    at_least: str
    left: str
    total: str
    doubts: str
    unknown: str
    drift: str
    cassette: str
    operator: str
    nobody: str
    unauthorised: str
    signed: str
    counted: str
    counted_by: str
    counted_at: str
    surplus: str
    shortage: str
    fits: str


RUSSIAN = Words(
    title="ИНКАССАЦИЯ №",
    place="Киоск",
    unit="Устройство",
    serial="Зав. №",
    since="С",
    until="По",
    came_in="ПРИНЯТО",
    brought="Остаток на начало",
    filled="Загружено",
    paid="Выдано",
    at_least="не менее",
    left="Осталось внутри",
    total="ИЗЪЯТО",
    doubts="ПОД ВОПРОСОМ",
    unknown="номинал неизвестен",
    drift="Счётчик устройства",
    cassette="Кассета",
    operator="Изъял",
    nobody="не известно",
    unauthorised="КАССЕТА СНЯТА БЕЗ РАЗРЕШЕНИЯ",
    signed="Подпись",
    counted="ПЕРЕСЧИТАНО",
    counted_by="Пересчёт внёс",
    counted_at="Когда",
    surplus="ИЗЛИШЕК",
    shortage="НЕДОСТАЧА",
    fits="СОШЛОСЬ С ЖУРНАЛОМ",
)
ENGLISH = Words(
    title="ENCASHMENT NO.",
    place="Kiosk",
    unit="Device",
    serial="Serial",
    since="From",
    until="To",
    came_in="CAME IN",
    brought="From the period before",
    filled="Put in",
    paid="Paid out",
    at_least="at least",
    left="Left inside",
    total="TAKEN OUT",
    doubts="IN DOUBT",
    unknown="value not known",
    drift="Device's own count",
    cassette="Cassette",
    operator="Taken by",
    nobody="not known",
    unauthorised="TAKEN WITHOUT PERMISSION",
    signed="Signature",
    counted="COUNTED",
    counted_by="Count entered by",
    counted_at="At",
    surplus="SURPLUS",
    shortage="SHORTAGE",
    fits="IT FITS THE JOURNAL",
)
WORDS = {"ru": RUSSIAN, "en": ENGLISH}


def paper_lines(
    document: Encashment, language: str, place: str, local: Callable[[int], dt.datetime]
) -> tuple[str, ...]:
    """`place` is the kiosk's name for people, `local` turns UTC milliseconds into the shop's wall clock."""
    words = WORDS[language]
    return tuple(piece for line in _lines(document, words, place, local) for piece in _folded(line))


def _lines(d: Encashment, words: Words, place: str, local: Callable[[int], dt.datetime]) -> Iterator[str]:
    yield f"{words.title} {d.number}"
    if d.unauthorised:
        yield words.unauthorised
    yield f"{words.place}: {place}"
    yield f"{words.unit}: {d.device} {d.unit}"
    yield f"{words.serial}: {d.serial}"
    yield f"{words.since}: {local(d.from_ms):%d.%m.%Y %H:%M}"
    yield f"{words.until}: {local(d.to_ms):%d.%m.%Y %H:%M}"
    if d.brought:
        yield ""
        yield words.brought
        yield from _table(d.brought)
    yield ""
    yield words.came_in
    yield from _table(d.counts)
    yield _apart("", f"={money(d.counted_minor)}")
    for title, counts in ((words.filled, d.filled), (words.left, d.left)):
        if counts:
            yield title
            yield from _table(counts)
    if d.paid_minor or not d.paid_certain:
        least = "" if d.paid_certain else f" {words.at_least}"
        yield _apart(f"{words.paid}{least}", money(d.paid_minor))
    yield _apart(words.total, f"={money(d.total_minor)} {d.currency}".rstrip())
    if d.doubts:
        yield ""
        yield f"{words.doubts}: {len(d.doubts)}"
        for doubt in d.doubts:
            yield _apart(f"#{doubt.piece}", money(doubt.value_minor) if doubt.value_minor else words.unknown)
    if d.drift:
        yield _apart(words.drift, f"{d.drift:+d}")
    yield ""
    if d.old_cassette or d.new_cassette:
        yield f"{words.cassette}: {d.old_cassette or '-'} > {d.new_cassette or '-'}"
    yield f"{words.operator}: {d.operator or words.nobody}"
    yield from _later_count(d, words, local)
    yield f"{words.signed}: {'_' * 16}"


def _later_count(d: Encashment, words: Words, local: Callable[[int], dt.datetime]) -> Iterator[str]:
    """What the box held when it was counted; nothing before that."""
    if d.centre_minor is None:
        return
    yield ""
    yield words.counted
    yield from _table(d.centre)
    yield _apart("", f"={money(d.centre_minor)} {d.currency}".rstrip())
    difference = d.difference_minor or 0
    if difference:
        yield _apart(words.surplus if difference > 0 else words.shortage, money(abs(difference)))
    else:
        yield words.fits
    yield f"{words.counted_by}: {d.centre_by}"
    yield f"{words.counted_at}: {local(d.centre_at_ms):%d.%m.%Y %H:%M}"


def money(minor: int) -> str:
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


def _table(counts: Counts) -> Iterable[str]:
    return (_apart(f"{money(value)} x {count}", money(value * count)) for value, count in counts)


def _apart(left: str, right: str) -> str:
    return f"{left}{right.rjust(max(1 + len(right), COLUMNS - len(left)))}"


def _folded(line: str) -> Iterator[str]:
    """A long name goes on in the next line: a register cuts what does not fit."""
    yield line[:COLUMNS]
    for at in range(COLUMNS, len(line), COLUMNS):
        yield line[at : at + COLUMNS]
