"""Every code that a cash device's driver can tell has words in Russian and English, short ones and without blame.

Codes are found in the sources: literals "<name>.xxx", and f-strings that begin so, whose values are worked out here
from the driver's own tables. A new f-string must be explained in `COMPUTED`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from drivers.catalogue import drivers
from drivers.driver import Driver, Kind

ROOT = Path(__file__).resolve().parents[3]
TEXT_RULES = ROOT / "tests" / "structure" / "test_texts.py"
LONGEST_SENTENCE = 14
BYTES = range(256)


def module(name: str) -> Any:
    return import_module(f"drivers.cash_devices.{name}")


def id003_reasons(function: str) -> set[str]:
    words = module("id003.words")
    return {getattr(words, function)(bytes([code])) for code in BYTES}


def ccnet_failures() -> set[str]:
    states = module("ccnet.states")
    return {states.trouble_text(states.State(states.Code.FAILURE, code)) for code in BYTES}


def cctalk_statuses(function: str) -> set[str]:
    """Those whose words are told; the others become events that need none (returned, the cassette out ...)."""
    statuses = module("cctalk.statuses")
    worded = {"REJECTED", "NOTICED", "TROUBLE", "TROUBLE_INSIDE", "LOST"}
    meanings = [getattr(statuses, function)(code) for code in BYTES]
    return {words for meaning, words in meanings if meaning.name in worded}


def ssp_payouts() -> set[str]:
    """Reasons are written as words where they are found: pay_short, pay_jam ..."""
    return {f"ssp.{text}" for file in sources("ssp") for text in constants(file) if re.fullmatch(r"pay_[a-z_]+", text)}


def ssp_table(place: str, table: str, *more: str) -> set[str]:
    values = getattr(module(f"ssp.{place}"), table).values()
    return {f"ssp.{value[0] if isinstance(value, tuple) else value}" for value in (*values, *more)}


COMPUTED: dict[str, dict[str, Callable[[], set[str]]]] = {
    "id003": {
        "f'id003.reject_{data[0]:02X}'": lambda: id003_reasons("reject_code"),
        "f'id003.failure_{data[0]:02X}'": lambda: id003_reasons("failure_code"),
    },
    "ccnet": {
        "f'ccnet.reject.{reason:02X}'": lambda: {module("ccnet.states").reject_text(code) for code in BYTES},
        "f'ccnet.{named}'": ccnet_failures,
    },
    "cctalk": {
        "f'cctalk.coin.{code}'": lambda: cctalk_statuses("coin_status"),
        "f'cctalk.bill.{code}'": lambda: cctalk_statuses("bill_status"),
    },
    "ssp": {
        "f'ssp.{reason}'": ssp_payouts,
        "f'ssp.{words}'": lambda: ssp_table("troubles", "TROUBLES"),
        "f'ssp.{code}'": lambda: ssp_table("station", "NOTICES", "unknown_event"),
        "f\"ssp.{REJECTS.get(code, 'reject_other')}\"": lambda: ssp_table("note_station", "REJECTS", "reject_other"),
    },
}
"""Driver -> f-string as the sources have it -> every code it can be."""
TOLD_TO_NOBODY: dict[str, set[str]] = {"cctalk": {"nak", "busy"}}
"""Codes of a `Refused` that never leaves its driver."""

CASH = [driver for driver in drivers() if driver.kind is Kind.CASH_DEVICE]
by_name = pytest.mark.parametrize("driver", CASH, ids=lambda driver: driver.name)


def sources(name: str) -> list[Path]:
    folder = ROOT / "drivers" / "cash_devices" / name
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [folder.with_suffix(".py")]


@cache
def constants(file: Path) -> frozenset[str]:
    """The texts in a source that are no part of an f-string."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    return frozenset(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside
    )


def formatted(file: Path, name: str) -> set[str]:
    """The f-strings that begin with the driver's name."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr) and node.values:
            first = node.values[0]
            if isinstance(first, ast.Constant) and str(first.value).startswith(f"{name}."):
                found.add(ast.unparse(node))
    return found


def told(name: str) -> set[str]:
    """Every code the driver's sources can tell, without "<name>."."""
    codes = {text for file in sources(name) for text in constants(file)}
    codes = {text for text in codes if re.fullmatch(rf"{re.escape(name)}\.[A-Za-z0-9_.]+", text)}
    for expression in set().union(*(formatted(file, name) for file in sources(name))):
        codes |= COMPUTED.get(name, {}).get(expression, set)()
    return {code.removeprefix(f"{name}.") for code in codes}


def words_of(name: str) -> dict[str, dict[str, dict[str, str]]]:
    folder = ROOT / "drivers" / "cash_devices"
    file = folder / name / "refusals.json" if (folder / name).is_dir() else folder / f"{name}_refusals.json"
    words: dict[str, dict[str, dict[str, str]]] = json.loads(file.read_text(encoding="utf-8"))
    return words


def banned() -> dict[str, list[str]]:
    """The words that no text of the pages may have, as their own test lists them."""
    for statement in ast.parse(TEXT_RULES.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "BANNED":
            found: dict[str, list[str]] = ast.literal_eval(statement.value)
            return found
    raise AssertionError(f"{TEXT_RULES.name} has no BANNED")


def texts(driver: Driver, language: str) -> list[tuple[str, str]]:
    return [
        (f"{driver.name}.{code}.{part}", text)
        for code, words in words_of(driver.name).items()
        for part, text in words[language].items()
    ]


def test_there_are_cash_drivers() -> None:
    assert "id003" in {driver.name for driver in CASH}
    assert {"ошибка", "неверно введ"} <= set(banned()["ru"])


@by_name
def test_every_computed_code_is_explained(driver: Driver) -> None:
    found = set().union(*(formatted(file, driver.name) for file in sources(driver.name)))
    unknown = found - set(COMPUTED.get(driver.name, {}))
    assert unknown == set(), "say in COMPUTED what these can be"


@by_name
def test_every_code_that_can_be_told_has_words(driver: Driver) -> None:
    codes = told(driver.name) - TOLD_TO_NOBODY.get(driver.name, set())
    assert codes, "the finder found nothing"
    assert codes - set(words_of(driver.name)) == set()


@by_name
def test_both_languages_say_what_is_safe_and_what_to_do(driver: Driver) -> None:
    for code, words in words_of(driver.name).items():
        assert set(words) == {"ru", "en"}, code
        for language, parts in words.items():
            assert set(parts) == {"what", "safe", "do"}, f"{code} {language}"
            assert all(text.strip() for text in parts.values()), f"{code} {language}"
        assert re.search("[а-яё]", words["ru"]["what"]), code
        assert not re.search("[а-яё]", " ".join(words["en"].values()).lower()), code


@by_name
@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_tone(driver: Driver, language: str) -> None:
    """None of the banned words, no exclamation marks, a small letter for the Russian polite form."""
    for path, text in texts(driver, language):
        assert not [word for word in banned()[language] if word in text.lower()], f"{path}: {text}"
        assert "!" not in text, f"{path}: {text}"
        if language == "ru":
            assert not re.search(r"(?<=[а-я,] )В(ы|ас|ам|аш\w*)\b", text), f"{path}: {text}"


@by_name
@pytest.mark.parametrize("language", ["ru", "en"])
def test_sentences_are_short(driver: Driver, language: str) -> None:
    for path, text in texts(driver, language):
        for sentence in re.split(r"(?<=[.?])\s+|\n", text):
            assert len(sentence.split()) <= LONGEST_SENTENCE, f"{path}: {sentence}"
