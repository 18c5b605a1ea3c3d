"""Every mutation of `make break-laws` still fits the program, and every law of the house has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.laws.break_laws import EVERY, ROOT, mutated
from tests.laws.mutations import IMPORTS, Mutation


@pytest.mark.parametrize("mutation", EVERY, ids=[mutation.name for mutation in EVERY])
def test_a_mutation_fits(mutation: Mutation) -> None:
    """Its old text stands in its file exactly once (mend tests/laws/mutations.py when the program has moved on)."""
    broken = mutated(mutation, ROOT)
    assert broken != (ROOT / mutation.file).read_text(encoding="utf-8")
    compile(broken, mutation.file, "exec")
    for test in mutation.noticed_by:
        assert test == IMPORTS or (ROOT / test.partition("::")[0]).exists()


def test_every_law_can_be_broken() -> None:
    """The eight laws of the money path, and the floors."""
    assert {mutation.law for mutation in EVERY} == set(range(9))
    assert len({mutation.name for mutation in EVERY}) == len(EVERY)


def test_a_text_that_moved_is_said(tmp_path: Path) -> None:
    """The check itself can fail."""
    (tmp_path / "a.py").write_text("x = 1\nx = 1\n", encoding="utf-8")
    for old in ("x = 1\n", "y = 1\n"):
        with pytest.raises(ValueError, match="times, not once"):
            mutated(Mutation("test", 1, "a.py", ((old, ""),), ()), tmp_path)
