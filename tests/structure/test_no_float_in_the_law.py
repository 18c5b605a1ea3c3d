"""Money is whole minor units: in `fiscal/` no float is written, made, annotated or got by dividing with `/`."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FISCAL = Path(__file__).resolve().parents[2] / "fiscal"
FILES = sorted(FISCAL.rglob("*.py"))
INEXACT_MODULES = {"math", "statistics", "decimal", "fractions"}


def inexact(tree: ast.AST) -> list[str]:
    """What in a module is, or makes, a number that is not whole."""
    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"{line}: the number {node.value}")
        elif isinstance(node, ast.Name) and node.id == "float":
            found.append(f"{line}: float")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append(f"{line}: a division by /")
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [each.name for each in node.names]
            found += [f"{line}: import of {name}" for name in names if name.partition(".")[0] in INEXACT_MODULES]
    return found


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(FISCAL)) for file in FILES])
def test_no_float_in_the_law(file: Path) -> None:
    assert inexact(ast.parse(file.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("text", ["a = 0.5", "def f(x: float): ...", "a = b / c", "a /= 2", "from math import floor"])
def test_the_rule_sees_a_float(text: str) -> None:
    assert inexact(ast.parse(text))
