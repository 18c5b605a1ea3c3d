"""The pages' scripts as modules: data flows one way, every imported name exists and is used. Needs no browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(ROOT / "agent" / "web").glob("**/*.js"), *(ROOT / "cloud_api" / "office").glob("**/*.js")])
IMPORT = re.compile(r'^import\s+\{([^}]*)\}\s+from\s+"(\.[^"]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export\s+(?:async\s+)?(?:function|const|let|class)\s+(\w+)", re.MULTILINE)


def imports(script: Path) -> dict[Path, list[str]]:
    """From which script which names come, as the other script calls them."""
    return {
        (script.parent / place).resolve(): [name.split(" as ")[0].strip() for name in names.split(",") if name.strip()]
        for names, place in IMPORT.findall(script.read_text(encoding="utf-8"))
    }


def circle(start: Path) -> list[str]:
    """The way from a script back to itself, or nothing."""
    ways = [[start]]
    seen: set[Path] = set()
    while ways:
        way = ways.pop()
        for further in imports(way[-1]):
            if further == start:
                return [step.name for step in [*way, start]]
            if further not in seen:
                seen.add(further)
                ways.append([*way, further])
    return []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_no_script_imports_itself_by_a_detour(script: Path) -> None:
    assert circle(script) == []


def test_the_circle_is_found_where_there_is_one(tmp_path: Path) -> None:
    """The finder of the test above sees a circle of three."""
    for name, other in (("a", "b"), ("b", "c"), ("c", "a")):
        (tmp_path / f"{name}.js").write_text(f'import {{ x }} from "./{other}.js";\n', encoding="utf-8")
    assert circle((tmp_path / "a.js").resolve()) == ["a.js", "b.js", "c.js", "a.js"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: str(script.relative_to(ROOT)))
def test_imported_names_exist_and_are_used(script: Path) -> None:
    text = script.read_text(encoding="utf-8")
    body = IMPORT.sub("", text)
    for names, place in IMPORT.findall(text):
        there = set(EXPORT.findall((script.parent / place).resolve().read_text(encoding="utf-8")))
        for told in filter(None, (name.strip() for name in names.split(","))):
            name, _, here = told.partition(" as ")
            assert name in there, f"{place} has no {name}"
            assert re.search(rf"\b{re.escape(here or name)}\b", body), f"{here or name} is imported and not used"
