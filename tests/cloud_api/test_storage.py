"""HQ's storage keeps its promises: all or nothing, one transaction at a time, and failures in words of our own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import apsw
import pytest
from pushing_till import PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.storage.opening import DriverMissing, open_storage, opened
from cloud_api.storage.sqlite import open_sqlite
from cloud_api.storage.storage import Storage, StorageBusy, upsert

pytestmark = pytest.mark.anyio

STOCK = "INSERT INTO stock_sum VALUES('s', 'a', 1)"
COUNT = "SELECT count(*) FROM stock_sum"


class Trouble(Exception):
    """Of the test."""


@pytest.fixture
async def storage(where: str) -> AsyncIterator[Storage]:
    async with opened(where) as storage:
        yield storage


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


async def test_a_transaction_left_by_an_error_leaves_nothing(storage: Storage) -> None:
    async def fail() -> None:
        async with storage.transaction("s") as transaction:
            await transaction.write(STOCK)
            assert await transaction.number(COUNT) == 1
            raise Trouble

    with pytest.raises(Trouble):
        await fail()
    assert await storage.number(COUNT) == 0
    async with storage.transaction("s") as transaction:
        await transaction.write(STOCK)
    assert await storage.number(COUNT) == 1


@pytest.mark.postgresql_only
async def test_a_connection_that_breaks_in_a_transaction_is_a_busy_database(storage: Storage) -> None:
    """The server ended it, as a primary that dies does, and the pool has taken it back before anybody undoes."""

    async def broken() -> None:
        async with storage.transaction("s") as transaction:
            await transaction.write(STOCK)
            server = await transaction.number("SELECT pg_backend_pid()")
            await storage.rows(f"SELECT pg_terminate_backend({server})")
            await anyio.sleep(0.3)
            await transaction.write(STOCK)

    with pytest.raises(StorageBusy):
        await broken()
    assert await storage.number(COUNT) == 0, "and the next one finds another connection"


async def test_a_cancelled_transaction_leaves_nothing(storage: Storage) -> None:
    with anyio.move_on_after(0.01):
        async with storage.transaction("s") as transaction:
            await transaction.write(STOCK)
            await anyio.sleep_forever()
    assert await storage.number(COUNT) == 0


@pytest.mark.sqlite_file
async def test_whoever_waits_inside_a_transaction_keeps_others_out(storage: Storage) -> None:
    seen: list[object] = []
    inside, go_on = anyio.Event(), anyio.Event()

    async def slow() -> None:
        async with storage.transaction("s") as transaction:
            await transaction.write(STOCK)
            inside.set()
            await go_on.wait()
        seen.append("slow")

    async def second() -> None:
        async with storage.transaction("s") as transaction:
            seen.append(("second", await transaction.number(COUNT)))

    async def reader() -> None:
        seen.append(("reader", await storage.number(COUNT)))

    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(slow)
            await inside.wait()
            tasks.start_soon(second)
            tasks.start_soon(reader)
            await anyio.wait_all_tasks_blocked()
            assert seen == []
            go_on.set()
    assert seen[0] == "slow"
    assert set(seen[1:]) == {("second", 1), ("reader", 1)}


async def test_an_upsert_replaces_the_row_of_the_same_key(storage: Storage) -> None:
    put = upsert("stock_sum", ("store", "sku"), ("store", "sku", "moved_thousandths"))
    async with storage.transaction("s") as transaction:
        await transaction.write_many(put, [("s", "a", 1), ("s", "b", 2), ("s", "a", 3)])
    assert await storage.rows("SELECT * FROM stock_sum ORDER BY sku") == [("s", "a", 3), ("s", "b", 2)]


@pytest.mark.parametrize("odd", ["plain", "", "two\nlines", "{},\"\\'", "NULL", "None", "sep\x1farator"])
async def test_many_rows_at_once_are_the_rows_that_were_given(storage: Storage, odd: str) -> None:
    """Whatever is in their texts, and with nothing in some."""
    put = upsert("device_place", ("store", "device"), ("store", "device", "seen_ms"))
    rows = [(odd, f"{odd}{n:02d}", n - 2**40) for n in range(40)]
    async with storage.transaction("s") as transaction:
        await transaction.write_many(put, rows, apart=True)
    assert await storage.rows("SELECT * FROM device_place ORDER BY device") == rows
    later = [(store, device, None if seen_ms % 2 else seen_ms) for store, device, seen_ms in rows]
    async with storage.transaction("s") as transaction:
        await transaction.write_many(put, later, apart=True)
    assert await storage.rows("SELECT * FROM device_place ORDER BY device") == later


async def test_the_words_of_the_dialect_mean_what_they_say(storage: Storage) -> None:
    rows = [("s", name, 1) for name in ("a", 'quo"te', "ё", "z")]
    async with storage.transaction("s") as transaction:
        await transaction.insert("stock_sum", rows)
        await transaction.insert("stock_sum", [])
    dialect = storage.dialect
    asked = dialect.asked(['quo"te', "ё", "nothing"])
    found = await storage.rows(f"SELECT sku FROM stock_sum WHERE {dialect.among('sku')} ORDER BY sku", (asked,))
    assert sorted(found) == [('quo"te',), ("ё",)]
    assert await storage.rows(f"SELECT sku FROM stock_sum WHERE {dialect.among('sku')}", (dialect.asked([]),)) == []
    each = await storage.rows(f"SELECT e.id FROM {dialect.each('e')}", (asked,))
    assert each == [('quo"te',), ("ё",), ("nothing",)]


@pytest.mark.sqlite_file
async def test_without_its_driver_postgresql_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloud_api.storage.migrating", None)
    with pytest.raises(DriverMissing) as missing:
        await open_storage("postgresql://hq@127.0.0.1:1/hq")
    assert "tillkeeper[postgres]" in missing.value.en
    assert "tillkeeper[postgres]" in missing.value.ru


async def test_a_file_that_is_none_is_busy_and_not_apsw(tmp_path: Path) -> None:
    with pytest.raises(StorageBusy):
        open_sqlite(str(tmp_path / "no such folder" / "hq.sqlite"))


@pytest.mark.sqlite_file
async def test_a_storage_in_trouble_answers_503_at_every_door(hq: Hq, tmp_path: Path) -> None:
    """The file is held by another for longer than anybody waits: reading goes on, writing says when to come again."""
    till = PushingTill()
    till.add("1", a_sale("1"))
    await hq.storage.rows("PRAGMA busy_timeout = 1")
    other = apsw.Connection(str(tmp_path / "hq.sqlite"))
    other.execute("BEGIN IMMEDIATE")
    async with client_of(hq) as client:
        refused = await till.push(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert (await client.get("/v1/sales")).status_code == 200
        other.close()
        assert (await till.push(client)).status_code == 200
        await hq.storage.rows("DROP TABLE sale_document")
        broken = await client.get("/v1/sales/1")
        assert (broken.status_code, broken.headers["retry-after"]) == (503, "5")
        assert broken.json()["code"] == "busy"
