"""HQ's storage goes forward with its data: an old file, a device that moves, parts for the coming months."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import anyio
import apsw
import msgspec
import pytest
from pushing_till import DEVICE, ENTRIES, NOON_MS, PushingTill, a_sale, client_of, counted, open_hq

from cloud_api.settings import DeviceEntry
from cloud_api.storage.opening import open_storage, opened
from cloud_api.storage.postgresql import PostgresqlStorage
from cloud_api.storage.sqlite import VERSION
from cloud_api.storage.sqlite_history import STEPS
from cloud_api.storage.storage import NewerStorage
from cloud_api.store.devices import put_device

pytestmark = pytest.mark.anyio
STORE = ENTRIES[0].store


def old_file(path: Path, till: PushingTill) -> None:
    """A file of the last schema before revisions, as that HQ left it after taking what the till has."""
    file = apsw.Connection(str(path))
    for step in STEPS:
        file.execute(step)
    entry = ENTRIES[0]
    file.execute("INSERT INTO device VALUES(?,?,?,?,1,?,NULL)", (DEVICE, STORE, "Касса 1", entry.key_sha256, NOON_MS))
    head = till.items[-1]
    file.execute("INSERT INTO device_cursor VALUES(?,1,'sales',?,?)", (DEVICE, head.seq, head.hash))
    for item in till.items:
        sale = msgspec.json.decode(bytes(item.body))
        file.execute("INSERT INTO item VALUES(?,1,'sales',?,?,'sale',1,?,?,?,'taken',?)",
                     (DEVICE, item.seq, item.id, NOON_MS, NOON_MS, item.hash, bytes(item.body)))  # fmt: skip
        file.execute(
            "INSERT INTO sale VALUES(?,?,1,?,?,?,'Касса 1','0418','sale','closed',7,'Анна',?,?,?,12345,12345,0,0,'',0,"
            "1,'Мишка','cash')",
            (item.seq, DEVICE, item.seq, "Прежнее имя", sale["id"], NOON_MS, sale["closed_ms"], NOON_MS),
        )
        file.execute("INSERT INTO sale_line VALUES(?,0,'sku','Мишка',1000,12345,12345,'V22',0,'','')", (item.seq,))
        file.execute("INSERT INTO sale_payment VALUES(?,0,'cash',12345,12345,'','',0,'','','','booked')", (item.seq,))
        file.execute("INSERT INTO sale_document VALUES(?,0,'ООО','1','99',7,8,12345,'2026',1,1)", (item.seq,))
    file.execute("INSERT INTO stock_sum VALUES('Прежнее имя','sku',-2000)")
    file.execute("INSERT INTO command VALUES(?,5,'c','forgotten',1,1,x'7b7d')", (DEVICE,))
    file.execute("INSERT INTO command_cursor VALUES(?,5,4)", (DEVICE,))
    file.execute("INSERT INTO claim_request VALUES(9,'r','a','b','i','K-1','given','',1,2)")
    file.execute("INSERT INTO visit VALUES(?,1,1,?,'v1',1,2,'[]',NULL,'',0,0)", (DEVICE, STORE))
    file.execute("PRAGMA user_version = 6")
    file.close()


def two_sales() -> PushingTill:
    """One before midnight in Moscow and one after it."""
    till = PushingTill()
    till.add("i1", a_sale("s1", closed_ms=NOON_MS))
    till.add("i2", a_sale("s2", closed_ms=NOON_MS + 13 * 3_600_000))
    return till


async def test_a_file_of_the_last_old_schema_keeps_everything(tmp_path: Path) -> None:
    path, till = tmp_path / "hq.sqlite", two_sales()
    old_file(path, till)
    feed = apsw.Connection(str(path)).execute("SELECT id FROM feed").get
    hq = await open_hq(path)
    rows = hq.storage.rows
    assert await rows("PRAGMA user_version") == [(VERSION,)]
    assert (tmp_path / f"hq.sqlite.before-v{VERSION}").exists()
    assert await rows("SELECT store, day, id, total FROM sale ORDER BY seq") == [
        ("Прежнее имя", 20261121, "s1", 12_345),
        ("Прежнее имя", 20261122, "s2", 12_345),
    ]
    for part in ("sale_line", "sale_payment", "sale_document"):
        assert await rows(f"SELECT store, device, seq, day, n FROM {part} ORDER BY seq") == [
            ("Прежнее имя", DEVICE, 1, 20261121, 0),
            ("Прежнее имя", DEVICE, 2, 20261122, 0),
        ]
    assert await rows("SELECT store, given, acked FROM command_cursor") == [(STORE, 5, 4)]
    assert await rows("SELECT store, id FROM command") == [(STORE, "c")]
    assert await rows("SELECT issuer, number, n, request FROM claim_request") == [("i", "K-1", 9, "r")]
    assert await rows("SELECT id FROM feed") == [(feed,)]
    assert await rows("SELECT store, id FROM visit") == [(STORE, "v1")]
    assert await hq.storage.number("SELECT sum(sales) FROM device_cursor") == 2
    assert await rows("SELECT name FROM sqlite_schema WHERE name LIKE 'old_%'") == []
    till.add("i3", a_sale("s3"))
    again = PushingTill(epoch=2)
    for item in till.items:
        again.add_raw(item.id, bytes(item.body))
    async with client_of(hq) as client:
        assert (await till.push(client, 2)).json()["ack"] == 3, "its cursor is where it was"
        assert (await again.push(client)).json()["ack"] == 3
        assert (await client.get(f"/v1/sales/s1?device={DEVICE}")).json()["lines"][0]["name"] == "Мишка"
        assert (await client.get("/v1/sales/s2")).json()["documents"][0]["by_person"] is True
    assert sorted(await counted(hq)) == ["s1", "s2", "s3"], "known by what was told under the name of then"
    await hq.storage.close()


async def test_a_device_that_moves_keeps_its_place_and_its_sales_stay_where_they_were(where: str) -> None:
    hq, till = await open_hq(where), two_sales()
    async with client_of(hq) as client:
        await till.push(client, 1, 2)
        await put_device(hq.storage, DeviceEntry(DEVICE, "Новый магазин", "1", ENTRIES[0].key_sha256), now_ms=NOON_MS)
        till.add("i3", a_sale("s3"))
        assert (await till.push(client, 3)).json()["ack"] == 3
        moved = PushingTill(epoch=2)
        for item in till.items:
            moved.add_raw(item.id, bytes(item.body))
        assert (await moved.push(client)).json()["ack"] == 3
        assert (await client.get("/v1/sales/s1")).status_code == 200
    assert await hq.storage.rows("SELECT store, id FROM sale ORDER BY id") == [
        (STORE, "s1"),
        (STORE, "s2"),
        ("Новый магазин", "s3"),
    ]
    await hq.storage.close()


async def test_the_day_is_what_the_till_told_and_else_the_clocks(where: str) -> None:
    hq, till = await open_hq(where), PushingTill()
    after_midnight = NOON_MS + 13 * 3_600_000
    till.add("1", a_sale("told", closed_ms=after_midnight, day="2026-11-21"))
    till.add("2", a_sale("untold", closed_ms=after_midnight))
    till.add("3", a_sale("nonsense", closed_ms=after_midnight, day="yesterday"))
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 3
    assert await hq.storage.rows("SELECT id, day FROM sale ORDER BY id") == [
        ("nonsense", 20261122),
        ("told", 20261121),
        ("untold", 20261122),
    ]
    await hq.storage.close()


@pytest.mark.postgresql_only
async def test_parts_are_there_before_their_months_and_later_ones_are_made(where: str) -> None:
    async with opened(where) as storage:
        assert isinstance(storage, PostgresqlStorage)
        async with storage.transaction("s") as transaction:
            for day in (20991231, 20261121):
                await transaction.write("INSERT INTO cash_move VALUES('s','d',1,?,?,'t',1,'in',1,'c','',1)", (day, day))
        await storage.look_ahead(dt.date(2030, 12, 5))
        await storage.look_ahead(dt.date(2099, 12, 1))
        found = await storage.rows("SELECT tableoid::regclass::text, day FROM cash_move ORDER BY day")
        assert found[-1] == ("cash_move_other", 20991231), "a month that came before its part stays where it is"
        names = {row[0] for row in await storage.rows("SELECT inhrelid::regclass::text FROM pg_inherits")}
        assert {"sale_2030_12", "sale_2031_01", "item_2031_03"} <= names


@pytest.mark.postgresql_only
async def test_a_database_of_a_later_hq_is_refused(where: str) -> None:
    async with opened(where) as storage, storage.transaction(None) as transaction:
        await transaction.write("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(NewerStorage, match="9999"):
        await open_storage(where)


@pytest.mark.postgresql_only
async def test_batches_of_one_device_at_once_are_taken_once(where: str) -> None:
    """Two connections carry the same batch: the second waits for the first, and finds nothing new."""
    hq, till = await open_hq(where), PushingTill()
    for n in range(20):
        till.add(f"i{n}", a_sale(f"s{n}"))
    answers: list[int] = []

    async def push(first: int) -> None:
        async with client_of(hq) as client:
            answer = await till.push(client, first, 20)
            answers.append(answer.json()["ack"] if answer.status_code == 200 else 0)

    async with anyio.create_task_group() as tasks:
        for _ in range(6):
            tasks.start_soon(push, 1)
    assert answers == [20] * 6
    assert len(await counted(hq)) == 20
    assert await hq.storage.number("SELECT -moved_thousandths FROM stock_sum") == 20_000
    await hq.storage.close()
