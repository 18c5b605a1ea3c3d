"""The schema goes forward in steps that let a chain's programs be changed one after another."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cloud_api.storage.revisions import REVISIONS

VERSIONS = Path(__file__).resolve().parents[2] / "cloud_api" / "storage" / "migrations" / "versions"


def faults(revisions: list[Any]) -> list[str]:
    """What is wrong with a line of revisions, oldest first."""
    found = []
    before = None
    for one in revisions:
        name = one.revision
        if one.down_revision != before:
            found.append(f"{name} follows {one.down_revision}, not {before}")
        before = name
        if one.PHASE not in ("expand", "contract"):
            found.append(f"{name} is neither expand nor contract")
        if not re.fullmatch(r"\d+\.\d+\.\d+", one.RELEASE):
            found.append(f"{name} names no release")
            continue
        earlier = [_release(other) for other in revisions[: revisions.index(one)] if other.PHASE == "expand"]
        if one.PHASE == "contract" and not any(release < _release(one) for release in earlier):
            found.append(f"{name} takes away in the release that first did without")
        if any(_release(other) > _release(one) for other in revisions[: revisions.index(one)]):
            found.append(f"{name} is older than one before it")
    return found


def _release(revision: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in revision.RELEASE.split("."))


def _revision(name: str, before: str | None, phase: str, release: str) -> SimpleNamespace:
    return SimpleNamespace(revision=name, down_revision=before, PHASE=phase, RELEASE=release)


def test_our_revisions_are_in_order_and_all_there() -> None:
    assert faults(list(REVISIONS)) == []
    files = sorted(file.stem for file in VERSIONS.glob("r*.py"))
    assert sorted(revision.__name__.rpartition(".")[2] for revision in REVISIONS) == files
    for revision in REVISIONS:
        assert revision.statements("sqlite")
        assert revision.statements("postgresql")
        assert callable(revision.upgrade)


def test_a_contract_comes_a_release_after_its_expand() -> None:
    expand = _revision("1", None, "expand", "0.2.0")
    assert faults([expand, _revision("2", "1", "contract", "0.3.0")]) == []
    assert "2 takes away" in faults([expand, _revision("2", "1", "contract", "0.2.0")])[0]
    assert "2 follows None" in faults([expand, _revision("2", None, "expand", "0.2.0")])[0]
    assert "1 is neither" in faults([_revision("1", None, "both", "0.2.0")])[0]
