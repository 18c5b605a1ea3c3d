"""Nothing that one item, one device or one cut says may hold up a lane, lead a follower astray or take a place over."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, Clock, PushingTill, a_sale, client_of, counted, open_hq
from signing_till import SigningTill, code_of

from cloud_api.arrivals import ALWAYS_MS, START, Place
from cloud_api.ingest import NoLonger, take
from cloud_api.settings import DeviceEntry
from cloud_api.storage.sqlite import VERSION, open_sqlite
from cloud_api.storage.sqlite_history import STEPS
from cloud_api.store import readings
from cloud_api.store.devices import KnownDevice, key_hash, put_device, revoke_device
from cloud_api.store.keys import bearer_device, follow, key_named
from sync.wire import signatures
from tests.cloud_api.at_once import AtOnce

pytestmark = pytest.mark.anyio

LONG = "9" * 3_000
DOCUMENT = {
    "id": "d-1",
    "document_kind": "receiving",
    "number": "1",
    "person": "ann",
    "at_ms": NOON_MS,
    "state": "done",
}


def stock(**changes: object) -> bytes:
    line = {"sku": "4601234567893", "name": "Мишка", "delta": 1000}
    return json.dumps({**DOCUMENT, "lines": [{**line, **changes}]}).encode()


async def test_what_an_index_or_a_database_cannot_keep_lies_in_quarantine(where: str) -> None:
    hq = await open_hq(where)
    till = PushingTill()
    till.add_raw("i-1", stock(name="a\x00b"), "stock_document")
    till.add_raw("i-2", stock(sku=LONG), "stock_document")
    till.add_raw("i-" + LONG, b"{}", "sale")
    till.add("i-4", a_sale(LONG))
    till.add_raw("i-5", stock(), "stock_document")
    till.add("i-6", a_sale("s-6"))
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 6
        assert (await till.push(client)).json()["ack"] == 6
    why = [row[0] for row in await hq.storage.rows("SELECT why FROM quarantine ORDER BY seq")]
    assert [text.partition(":")[0] for text in why] == ["shape", "range", "range", "range"]
    assert await counted(hq) == ["s-6"]
    assert await hq.storage.number("SELECT moved_thousandths FROM stock_sum") == 0
    await hq.storage.close()


async def test_numbers_out_of_range_hold_up_no_lane(where: str, tmp_path: Path) -> None:
    hq = await open_hq(where, keys=tmp_path / "hq-keys")
    beat = PushingTill(stream="telemetry")
    body = b'{"program":"1","uptime_s":1,"lanes":[]}'
    beat.add_raw("b-1", body, "heartbeat")
    beat.items[0] = beat.items[0].__class__(**{**_members(beat.items[0]), "at_ms": 10**30})
    async with client_of(hq) as client:
        assert (await beat.push(client)).json()["ack"] == 1
        hello = {"device": DEVICE, "protocols": [1], "streams": [], "features": [], "program": "1", "now_ms": 0}
        head = {"stream": "sales", "epoch": 1, "head": 0, "head_hash": "", "acked": -(10**30), "acked_hash": ""}
        headers = {"authorization": f"Bearer {KEY}"}
        said = await client.post("/v1/hello", json={**hello, "streams": [head]}, headers=headers)
        deep = await client.post("/v1/enroll", content=b"[" * 3_000)
    assert (said.status_code, deep.status_code) == (400, 400)
    await hq.storage.close()


def _members(item: object) -> dict[str, object]:
    return {name: getattr(item, name) for name in item.__struct_fields__}  # type: ignore[attr-defined]


async def test_the_telemetry_of_a_newer_device_does_not_pile_up(where: str) -> None:
    hq = await open_hq(where)
    beats = PushingTill(stream="telemetry")
    for n in range(250):
        beats.add_raw(f"b-{n}", b"{}", "heartbeat", 9)
    async with client_of(hq) as client:
        for first in range(1, 250, 50):
            assert (await beats.push(client, first, first + 49)).status_code == 200
    assert await hq.storage.number("SELECT count(*) FROM quarantine") <= 150
    assert await hq.storage.number("SELECT count(*) FROM item") <= 150
    await hq.storage.close()


async def test_who_follows_does_not_pass_what_is_still_on_its_way(where: str) -> None:
    """Two batches at once: the later moment is stored first."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i-1", a_sale("s-1"))
    async with client_of(hq) as client:
        await till.push(client)
    (stored,) = (await readings.sales_after(hq.storage, START, 10, ALWAYS_MS)).sales
    moment_ms = int(stored.arrival.partition(".")[0])
    assert (await readings.sales_after(hq.storage, START, 10, moment_ms)).sales == []
    assert (await readings.sales_after(hq.storage, Place(moment_ms - 1, "", 0, 0), 10, moment_ms + 1)).sales == [stored]
    await hq.storage.close()


async def test_a_key_that_was_retired_or_revoked_meanwhile_is_followed_by_none(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    async with client_of(hq) as client:
        till = SigningTill(tmp_path / "keys", clock)
        await till.enrolled(client, (await code_of(hq, clock)).code)
    known = await key_named(hq.storage, signatures.key_id(signatures.public_key_of(till.enrolment.seed)))
    assert not isinstance(known, signatures.Refusal)
    await revoke_device(hq.storage, known.device.device, now_ms=clock())
    assert not await follow(hq.storage, known, b"n" * 32, now_ms=clock())
    assert await hq.storage.number("SELECT count(*) FROM device_key WHERE retired_ms IS NULL") == 0
    await hq.storage.close()


async def test_the_settings_file_has_no_say_in_where_an_enrolled_device_stands(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    async with client_of(hq) as client:
        till = SigningTill(tmp_path / "keys", clock)
        await till.enrolled(client, (await code_of(hq, clock)).code)
    device = till.enrolment.device
    before = await hq.storage.row("SELECT store, till FROM device WHERE device=?", (device,))
    await put_device(hq.storage, DeviceEntry(device, "Другой магазин", "9", key_hash("k" * 20)), now_ms=clock())
    assert await hq.storage.row("SELECT store, till FROM device WHERE device=?", (device,)) == before
    await hq.storage.close()


def test_an_upgrade_that_was_cut_is_gone_on_with(tmp_path: Path) -> None:
    """The copy of before lies there already, and half of another one."""
    file = tmp_path / "old.sqlite"
    connection = apsw.Connection(str(file))
    for step in STEPS[:5]:
        connection.execute(step)
    connection.execute("INSERT INTO stock_sum VALUES('s', 'sku', 7)")
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    copy = Path(f"{file}.before-v{VERSION}")
    copy.write_bytes(b"as it was")
    Path(f"{copy}.part").write_bytes(b"half of it")
    storage = open_sqlite(str(file))
    assert AtOnce(storage).number("SELECT moved_thousandths FROM stock_sum") == 7
    assert copy.read_bytes() == b"as it was"


async def test_a_batch_of_a_device_that_was_revoked_meanwhile_is_not_taken(where: str) -> None:
    """The key is judged before the body is read; the body may take half a minute."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i-1", a_sale("s-1"))
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
    known = await bearer_device(hq.storage, KEY)
    assert isinstance(known, KnownDevice)
    await revoke_device(hq.storage, DEVICE, now_ms=NOON_MS)
    till.add("i-2", a_sale("s-2"))
    with pytest.raises(NoLonger):
        await take(hq.storage, known, "sales", till.batch(2, 2), now_ms=NOON_MS)
    assert await counted(hq) == ["s-1"]
    await hq.storage.close()
