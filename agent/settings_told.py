"""Values as a configuration file tells them: each is read with its kind and bounds, and what is wrong is remembered."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from agent.settings import Mistake


class ToldSettings:
    """A wrong value is replaced by its default and said as a mistake, so that all mistakes come out at once."""

    def __init__(self, file: Path, told: dict[str, Any]) -> None:
        self._file = file
        self._told = told
        self._mistakes: list[Mistake] = []

    def _section(self, name: str) -> dict[str, Any]:
        told = self._told.get(name, {})
        if not isinstance(told, dict):
            self._say(f"[{name}]", "это должен быть раздел", "this must be a section")
            return {}
        return told

    def _rows(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        told = self._told.get(name, [])
        if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
            self._say(f"[[{name}]]", "это должен быть список разделов", "this must be a list of sections")
            return []
        return [(f"[[{name}]] #{number}", row) for number, row in enumerate(told, 1)]

    def _text(self, told: dict[str, Any], where: str, name: str, *, required: bool = False) -> str:
        value = told.get(name, "")
        if not isinstance(value, str):
            self._say(where, f"{name} — текст в кавычках", f"{name} must be a text in quotes")
            return ""
        if required and not value.strip():
            self._say(where, f"не указано {name}", f"{name} is missing")
        return value.strip()

    def _flag(self, told: dict[str, Any], where: str, name: str, *, default: bool = False) -> bool:
        value = told.get(name, default)
        if not isinstance(value, bool):
            self._say(where, f"{name} — true или false", f"{name} is true or false")
            return False
        return value

    def _whole(self, told: dict[str, Any], where: str, name: str, default: int, least: int, most: int) -> int:
        value = told.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self._say(
                where,
                f"{name} — целое число от {least} до {most}",
                f"{name} is a whole number from {least} to {most}",
            )
            return default
        return value

    def _one_of(self, told: dict[str, Any], where: str, name: str, known: tuple[str, ...], default: str) -> str:
        value = told.get(name, default)
        if value not in known:
            choices = ", ".join(known)
            self._say(where, f"{name} — одно из {choices}", f"{name} is one of {choices}")
            return default
        return str(value)

    def _zone(self, shop: dict[str, Any]) -> str:
        zone = self._text(shop, "[shop]", "zone") or "Europe/Moscow"
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            self._say(
                "[shop]",
                f"zone {zone!r} — не часовой пояс; напишите, например, Europe/Moscow",
                f"zone {zone!r} is no time zone; write for example Europe/Moscow",
            )
            return "Europe/Moscow"
        return zone

    def _path(self, told: dict[str, Any], where: str, name: str, default: str) -> Path:
        value = told.get(name, default)
        if not isinstance(value, str):
            self._say(where, f"{name} — путь в кавычках", f"{name} must be a path in quotes")
            value = default
        path = Path(value).expanduser()
        return path if path.is_absolute() else self._file.parent / path

    def _once(self, where: str, id: str, found: dict[str, Any]) -> None:
        if id in found:
            self._say(where, f"id {id!r} уже занят", f"the id {id!r} is used twice")

    def _say(self, where: str, ru: str, en: str) -> None:
        self._mistakes.append(Mistake(f"{where}: {ru}", f"{where}: {en}"))
