"""HQ's tables can be spread over servers by shop: keys begin with it, and the judge of statements sees one without."""

from __future__ import annotations

import re

import pytest

from cloud_api.storage.migrations.versions import r0001_chain, r0002_epochs
from cloud_api.storage.sqlite import open_sqlite
from cloud_api.store import commands
from tests.cloud_api.at_once import at_once
from tests.cloud_api.statements import names_no_store

OF_THE_CHAIN = {"device", "claim_request", "feed"}
"""Small tables that each server has whole: who may push, slips between shops, the feed's name."""


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@pytest.mark.parametrize(
    ("sql", "guilty"),
    [
        ("SELECT id FROM sale WHERE device=?", True),
        ("SELECT store FROM sale WHERE device=?", True),
        ("SELECT id FROM sale WHERE store=? AND device=?", False),
        ("SELECT s.id FROM device_place p JOIN sale s ON s.store=p.store WHERE s.id=?", False),
        ("SELECT s.id FROM device_place p JOIN sale s ON s.device=p.device WHERE s.id=?", True),
        ("INSERT INTO stock_sum VALUES(?,?,?)", True),
        ("INSERT INTO stock_sum(sku, moved_thousandths) VALUES(?,?)", True),
        ("INSERT INTO stock_sum(store, sku) VALUES(?,?) ON CONFLICT(store, sku) DO UPDATE SET sku=excluded.sku", False),
        ("UPDATE visit SET person='' WHERE id=?", True),
        ("DELETE FROM visit WHERE store=?", False),
        ("/* global: the office */ SELECT count(*) FROM sale", False),
        ("SELECT 1", False),
    ],
)
def test_the_judge_sees_a_statement_without_its_shop(sql: str, guilty: bool, dialect: str) -> None:
    assert names_no_store(sql, dialect) is guilty


def test_the_recorder_hears_what_hq_says_and_not_what_a_test_asks(statements: set[tuple[str, str]]) -> None:
    storage = open_sqlite(":memory:")
    at_once(commands.waiting(storage, _device()))
    at_once(storage.rows("SELECT 'of the test' FROM sale"))
    at_once(storage.close())
    heard = [sql for sql, _ in statements]
    assert any("FROM command WHERE store=? AND device=?" in sql for sql in heard)
    assert not any("of the test" in sql for sql in heard)


def _device() -> commands.KnownDevice:
    return commands.KnownDevice("d", "s", "t", ("s",))


TABLES = (*r0001_chain.TABLES, *r0002_epochs.TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.partition("(")[0])
def test_every_key_begins_with_the_shop(table: str) -> None:
    name = table.partition("(")[0]
    keys = re.findall(r"(?:PRIMARY KEY|UNIQUE)\(([^)]*)\)", table)
    assert "%" not in table
    if name in OF_THE_CHAIN:
        return
    assert keys, "a table without a key"
    assert all(key.split(", ")[0] == "store" for key in keys)
    assert not re.search(r"\w+ (TEXT|\{int\})[^,]*(UNIQUE|PRIMARY KEY)(?!\()", table)


@pytest.mark.parametrize("table", r0001_chain.PARTED)
def test_what_lies_in_parts_has_the_day_in_its_key(table: str) -> None:
    (text,) = [one for one in r0001_chain.TABLES if one.partition("(")[0] == table]
    assert re.search(r"PRIMARY KEY\(store, device, epoch, .*day\)", text)
