"""The house's taste: files of one concept, names that say something, errors that are expected by name."""

from __future__ import annotations

import ast
import re
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


def words_of(identifier: str) -> list[str]:
    """SomeBaseHandler -> some, base, handler."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", identifier)]


def test_there_is_a_house() -> None:
    found = {file.relative_to(ROOT).parts[0] for file in FILES}
    assert found == set(FLOORS)


@pytest.mark.parametrize("file", FILES, ids=name)
def test_a_file_is_one_concept(file: Path) -> None:
    length = len(file.read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST, f"{name(file)} has {length} lines: a concept in it wants a file of its own"


@pytest.mark.parametrize("file", [*FILES, *TESTS], ids=name)
def test_names_say_something(file: Path) -> None:
    """What a name ends with is what it is: sale_service is a service, service_commands are commands."""
    said = [part.removesuffix(".py").split("_")[-1] for part in file.relative_to(ROOT).parts]
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            said += words_of(node.name)[-1:]
    assert not set(said) & set(BANNED), f"{name(file)}: {sorted(set(said) & set(BANNED))}"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_every_module_says_what_it_is(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), f"{name(file)} begins without a sentence"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_errors_are_expected_by_name(file: Path) -> None:
    """`except Exception` hides what nobody thought of; only the supervisor, which writes it down, may. Whoever catches
    BaseException (to put something right on cancellation) raises it again or hands it to whoever waits."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ExceptHandler):
            continue
        caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)} if node.type else {"all"}
        if caught & {"Exception", "all"}:
            assert name(file) in MAY_CATCH_ALL, f"{name(file)}:{node.lineno} catches everything"
        if "BaseException" in caught:
            raises = any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))
            used = {inner.id for statement in node.body for inner in ast.walk(statement) if isinstance(inner, ast.Name)}
            assert raises or node.name in used, f"{name(file)}:{node.lineno} swallows cancellation"


@pytest.mark.parametrize("file", [*FILES, *TESTS], ids=name)
def test_nothing_is_left_for_later(file: Path) -> None:
    marks = re.findall(r"#.*\b(?:TO{1}DO|FIX{1}ME|XX{1}X)\b", file.read_text(encoding="utf-8"))
    assert marks == []
