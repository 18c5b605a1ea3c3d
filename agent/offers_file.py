"""Reads the shop's offers: a small TOML file, every mistake of it reported at once in Russian and English.

[[offers]]
ru    = "К конструктору — второй набор со скидкой"      what the cashier says; both languages
en    = "A second set at a discount with any building kit"
until = 2026-12-31                                       the last day; without: no end
for   = ["4601234", "конструктор"]                       who bought such goods: beginnings of barcodes (digits alone) or
                                                         of words of product names; without: everybody
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.settings import Mistake
from agent.settings_told import ToldSettings
from agent.visitors.offers import Offer, Offers
from sync.store.system_words import system_words

MOST = 200
"""A person keeps this list by hand."""
LONGEST = 90
"""Two lines of the cashier's panel at 1024 pixels."""
MOST_GOODS = 100
_KEYS = {"ru", "en", "until", "for"}


class OffersWrong(Exception):
    """The file cannot be used. `ru` and `en` say what happened, every mistake, what is safe and what to do."""

    def __init__(self, file: Path, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        self.ru = "\n".join(
            [
                f"{file}: предложения покупателям не прочитаны, замечаний: {len(mistakes)}.",
                *(f"  - {one.ru}" for one in mistakes),
                "Цело: касса продаёт, цены от предложений не зависят.",
                "Сделайте: исправьте файл и запустите снова; до этого касса предложений не показывает.",
            ]
        )
        self.en = "\n".join(
            [
                f"{file}: the offers were not read, mistakes: {len(mistakes)}.",
                *(f"  - {one.en}" for one in mistakes),
                "Safe: the till sells, no price hangs on an offer.",
                "Do: mend the file and start again; until then the till shows no offers.",
            ]
        )
        super().__init__(self.en)


def read_offers(file: Path) -> Offers:
    """Raises OffersWrong with all mistakes."""
    try:
        told = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        ru, en = system_words(error)
        raise OffersWrong(file, [Mistake(f"файл не читается: {ru}", f"the file cannot be read: {en}")]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OffersWrong(file, [Mistake(f"это не TOML: {error}", f"this is not TOML: {error}")]) from error
    return _Reader(file, told).offers()


class _Reader(ToldSettings):
    def offers(self) -> Offers:
        for name in sorted(set(self._told) - {"offers"}):
            self._say(f"[{name}]", "такого раздела нет; есть [[offers]]", "unknown section; known is [[offers]]")
        rows = self._rows("offers")
        if len(rows) > MOST:
            self._say("[[offers]]", f"не больше {MOST} предложений", f"at most {MOST} offers")
        found = [self._offer(where, told) for where, told in rows[:MOST]]
        if self._mistakes:
            raise OffersWrong(self._file, self._mistakes)
        return Offers(found)

    def _offer(self, where: str, told: dict[str, Any]) -> Offer:
        for name in sorted(set(told) - _KEYS):
            known = ", ".join(sorted(_KEYS))
            self._say(where, f"нет настройки {name!r}; есть {known}", f"no setting {name!r}; known are {known}")
        return Offer(
            self._words(where, told, "ru"),
            self._words(where, told, "en"),
            self._until(where, told),
            self._for(where, told),
        )

    def _words(self, where: str, told: dict[str, Any], name: str) -> str:
        text = self._text(told, where, name, required=True)
        if len(text) > LONGEST:
            self._say(where, f"{name} — не длиннее {LONGEST} знаков", f"{name} has at most {LONGEST} characters")
        return text

    def _until(self, where: str, told: dict[str, Any]) -> dt.date | None:
        value = told.get("until")
        if value is None or (isinstance(value, dt.date) and not isinstance(value, dt.datetime)):
            return value
        self._say(
            where,
            "until — дата без кавычек, например 2026-12-31",
            "until is a date without quotes, such as 2026-12-31",
        )
        return None

    def _for(self, where: str, told: dict[str, Any]) -> tuple[str, ...]:
        value = told.get("for", [])
        right = isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value)
        if not right or len(value) > MOST_GOODS or ("for" in told and not value):
            self._say(
                where,
                f'for — список начал штрихкодов или слов, например ["4601234", "кукла"], не больше {MOST_GOODS}',
                f'for lists beginnings of barcodes or of words, such as ["4601234", "doll"], at most {MOST_GOODS}',
            )
            return ()
        return tuple(one.strip() for one in value)
