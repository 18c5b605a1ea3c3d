"""Every statement HQ runs in the tests is kept and judged: does it say whose shop's rows it means?

A chain's tables are spread over servers by shop. A statement names `store` in its WHERE, its JOIN or among the columns
it fills; one that asks all shops at once says so with a mark such as /* global: the office */. Tables of the chain are
on every server (OF_THE_CHAIN of each revision): a statement of them alone goes nowhere.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlglot
from sqlglot import exp

from cloud_api.storage.revisions import OF_THE_CHAIN

HQ = Path(__file__).resolve().parents[2] / "cloud_api"
MARK = "/* global: "
ASKED = ("rows", "row", "write", "write_many")


def names_no_store(sql: str, dialect: str) -> bool:
    """True for a statement that would go to every server without having said so."""
    if MARK in sql:
        return False
    tree = sqlglot.parse_one(sql, dialect="postgres" if dialect == "postgresql" else "sqlite")
    named = {table.name for table in tree.find_all(exp.Table) if isinstance(table.this, exp.Identifier)}
    tables = named - {cte.alias for cte in tree.find_all(exp.CTE)}
    if tables <= OF_THE_CHAIN:
        return False
    if isinstance(tree, exp.Insert):
        filled = tree.this
        return not (isinstance(filled, exp.Schema) and "store" in {column.name for column in filled.expressions})
    places = [*tree.find_all(exp.Where), *(join.args["on"] for join in tree.find_all(exp.Join) if join.args.get("on"))]
    return not any(column.name == "store" for place in places for column in place.find_all(exp.Column))


def _asked_by_hq(depth: int = 2) -> bool:
    """Whether the words come from HQ itself, not from a test that looks into its tables."""
    frame: Any = sys._getframe(depth)
    while frame is not None:
        file = Path(frame.f_code.co_filename)
        if file != Path(__file__) and HQ / "storage" not in file.parents:
            return HQ in file.parents
        frame = frame.f_back
    return False


@contextmanager
def recorded(*kinds: type) -> Iterator[set[tuple[str, str]]]:
    """What HQ says while the block lasts to storages of these kinds: text and dialect."""
    said: set[tuple[str, str]] = set()
    before = [(kind, name, getattr(kind, name)) for kind in kinds for name in ASKED]

    def listening(real: Any) -> Any:
        def asked(self: Any, sql: str, *values: Any, **options: Any) -> Any:
            if _asked_by_hq():
                said.add((sql, self.dialect.name))
            return real(self, sql, *values, **options)

        return asked

    for kind, name, real in before:
        setattr(kind, name, listening(real))
    try:
        yield said
    finally:
        for kind, name, real in before:
            setattr(kind, name, real)
