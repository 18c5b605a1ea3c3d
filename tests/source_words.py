"""What a Python source imports and names, for tests that keep libraries and calls where they belong."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def imports_of(file: Path) -> frozenset[str]:
    """First words of what is imported, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return frozenset(found)


def names_of(file: Path) -> set[str]:
    """Every name and attribute that the sources use."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return found | {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
