"""What the doctor found: how bad it is, what it is, what is safe all the same, and what to do; in both languages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Level(IntEnum):
    """The number is the exit code."""

    FINE = 0
    ATTENTION = 1
    BROKEN = 2


GLYPHS = {Level.FINE: "✓", Level.ATTENTION: "△", Level.BROKEN: "✗"}


@dataclass(frozen=True, slots=True)
class Words:
    ru: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """`about` is what was looked at: `config`, `data`, `device:ID`, `ofd:ID`, `hq`, `clock`, `sales`, `kiosks`,
    `sensor:ID`."""

    about: str
    level: Level
    what: Words
    safe: Words | None = None
    do: Words | None = None


def fine(about: str, ru: str, en: str) -> Finding:
    return Finding(about, Level.FINE, Words(ru, en))


def attention(about: str, what: tuple[str, str], do: tuple[str, str], safe: tuple[str, str] | None = None) -> Finding:
    return Finding(about, Level.ATTENTION, Words(*what), Words(*safe) if safe else None, Words(*do))


def broken(about: str, what: tuple[str, str], do: tuple[str, str], safe: tuple[str, str] | None = None) -> Finding:
    return Finding(about, Level.BROKEN, Words(*what), Words(*safe) if safe else None, Words(*do))


def worst(findings: Iterable[Finding]) -> Level:
    return max((finding.level for finding in findings), default=Level.FINE)


def as_text(finding: Finding) -> str:
    """One line when all is well, else a line for each answer and language."""
    head = f"{GLYPHS[finding.level]} {finding.about}: {finding.what.ru}"
    rows = [head, f"    {finding.what.en}"]
    for ru, en, words in (("Цело", "Safe", finding.safe), ("Сделайте", "Do", finding.do)):
        if words is not None:
            rows += [f"    {ru}: {words.ru}", f"    {en}: {words.en}"]
    return "\n".join(rows)


def as_json(finding: Finding) -> dict[str, Any]:
    def both(words: Words | None) -> dict[str, str] | None:
        return None if words is None else {"ru": words.ru, "en": words.en}

    return {
        "about": finding.about,
        "level": finding.level.name.lower(),
        "what": both(finding.what),
        "safe": both(finding.safe),
        "do": both(finding.do),
    }
