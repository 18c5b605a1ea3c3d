"""The README is true: its commands exist, its printed parts are the program's own, its links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest
from readme_parts import DIAGRAM, TABLE, device_rows

from agent.cli import _parser
from fiscal.sale_diagram import diagram

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_make_targets_that_are_named_exist(document: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", (ROOT / document).read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= TARGETS, named - TARGETS


def test_the_two_commands_of_a_newcomer_stand_first() -> None:
    first = re.search(r"```\n(.*?)\n```", README, re.DOTALL)
    assert first is not None
    assert first[1].splitlines() == ["make demo", "make test"]


def test_make_targets_run_modules_that_exist() -> None:
    for module in set(re.findall(r"-m (tests\.[a-z_.]+)", MAKEFILE)):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module
    for module in set(re.findall(r"-m ([a-z_]+)\b", MAKEFILE)) - {"tests", "venv", "pip"}:
        assert importlib.util.find_spec(module) is not None, module


def test_the_diagram_is_the_table() -> None:
    found = DIAGRAM.search(README)
    assert found is not None
    assert found[1] == diagram(), "run python tests/structure/readme_parts.py"


def test_the_devices_are_the_catalogue() -> None:
    found = TABLE.search(README)
    assert found is not None
    assert found[2] == device_rows(), "run python tests/structure/readme_parts.py"


def test_the_commands_are_the_parsers() -> None:
    named = set(re.findall(r"^tillkeeper ([a-z]+)", README, re.MULTILINE))
    known = next(action.choices for action in _parser()._actions if action.choices)
    assert named == set(known)


@pytest.mark.parametrize("document", [*DOCUMENTS, "systemd/README.md"])
def test_links_and_files_lead_somewhere(document: str) -> None:
    file = ROOT / document
    text = file.read_text(encoding="utf-8")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (file.parent / link).exists(), link
    for path in re.findall(r"`((?:agent|cloud_api|drivers|fiscal|sync|tests|docs|systemd)/[\w/.]*\w)/?`", text):
        assert (ROOT / path).exists(), path


def test_no_document_names_a_host() -> None:
    for name in (*DOCUMENTS, "Makefile", "constraints.txt", "pyproject.toml", ".ci/run"):
        assert not re.search(r"https?://(?!127\.0\.0\.1|localhost)", (ROOT / name).read_text(encoding="utf-8")), name


def test_every_pin_has_its_version() -> None:
    rows = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [row for row in rows if row and not row.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", pin) for pin in pins)
    pinned = {re.sub(r"[-_.]+", "-", pin.split("==")[0]).lower() for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    assert {re.sub(r"[-_.]+", "-", re.split(r"[>=<\[;]", each)[0]).lower() for each in wanted} <= pinned
