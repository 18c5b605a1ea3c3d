"""The house's taste: files of one concept, names that say something, errors that are expected by name."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("agent", "cloud_api", "drivers", "fiscal", "sensors", "sync")
LONGEST = 400
BANNED = ("utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service", "handler", "core")
MAY_CATCH_ALL = {"agent/supervisor.py"}

FILES = sorted(file for floor in FLOORS for file in (ROOT / floor).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(text_of(file))


def words_of(identifier: str) -> list[str]:
    """SomeBaseHandler -> some, base, handler."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", identifier)]


def test_there_is_a_house() -> None:
    found = {file.relative_to(ROOT).parts[0] for file in FILES}
    assert found == set(FLOORS)


def test_a_file_is_one_concept() -> None:
    """A longer one holds a concept that wants a file of its own."""
    long = {name(file): lines for file in FILES if (lines := len(text_of(file).splitlines())) > LONGEST}
    assert long == {}


def test_names_say_something() -> None:
    """What a name ends with is what it is: sale_service is a service, service_commands are commands."""
    empty = {}
    for file in (*FILES, *TESTS):
        said = [part.removesuffix(".py").split("_")[-1] for part in file.relative_to(ROOT).parts]
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.ClassDef):
                said += words_of(node.name)[-1:]
        if found := set(said) & set(BANNED):
            empty[name(file)] = found
    assert empty == {}


def test_every_module_says_what_it_is() -> None:
    """It begins with a sentence."""
    assert [name(file) for file in FILES if text_of(file).strip() and not ast.get_docstring(tree_of(file))] == []


def test_errors_are_expected_by_name() -> None:
    """`except Exception` hides what nobody thought of; only the supervisor, which writes it down, may. Whoever catches
    BaseException (to put something right on cancellation) raises it again or hands it to whoever waits."""
    assert [found for file in FILES for found in careless(file)] == []


def careless(file: Path) -> list[str]:
    """Where a file catches too much, in words."""
    found = []
    for node in ast.walk(tree_of(file)):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {"all"}
        if caught & {"Exception", "all"} and name(file) not in MAY_CATCH_ALL:
            found.append(f"{name(file)}:{node.lineno} catches everything")
        if "BaseException" in caught:
            raises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            used = {inner.id for statement in node.body for inner in ast.walk(statement) if isinstance(inner, ast.Name)}
            if not raises and node.name not in used:
                found.append(f"{name(file)}:{node.lineno} swallows cancellation")
    return found


def test_a_careless_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules above see what they are for."""
    monkeypatch.setattr("test_files.ROOT", tmp_path)
    file = tmp_path / "careless.py"
    file.write_text("try:\n    x()\nexcept Exception:\n    pass\ntry:\n    x()\nexcept BaseException:\n    pass\n")
    assert len(careless(file)) == 2
    named = tmp_path / "named.py"
    named.write_text("try:\n    x()\nexcept OSError:\n    pass\ntry:\n    x()\nexcept BaseException:\n    raise\n")
    assert careless(named) == []


def test_nothing_is_left_for_later() -> None:
    left = {}
    for file in (*FILES, *TESTS):
        if marks := re.findall(r"#.*\b(?:TO{1}DO|FIX{1}ME|XX{1}X)\b", text_of(file)):
            left[name(file)] = marks
    assert left == {}
