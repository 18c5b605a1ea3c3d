"""HQ takes each fact once: gaps, replays, forks, poison and envelopes that cannot be read."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import anyio
import apsw
import httpx
import msgspec
import pytest
import zstandard
from pushing_till import (
    DEVICE,
    ENTRIES,
    KEY,
    NOON_MS,
    OTHER,
    OTHER_KEY,
    Clock,
    PushingTill,
    a_sale,
    client_of,
    counted,
    open_hq,
    rechained,
)

from cloud_api.app import Hq
from cloud_api.arrivals import START, Arrivals, place_of
from cloud_api.settings import DeviceEntry
from cloud_api.storage.opening import opened
from cloud_api.storage.sqlite import NewerFile, open_sqlite
from cloud_api.store.devices import key_hash, put_device, revoke_device
from cloud_api.store.keys import bearer_device
from sync.wire.edge_log import MAX_RAW_BYTES, MAX_WIRE_BYTES, Push
from sync.wire.facts import CashMove, Debt, Pickup, SaleDocument, Shift
from sync.wire.signatures import Refusal

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


def till_with(count: int) -> PushingTill:
    till = PushingTill()
    for n in range(1, count + 1):
        till.add(f"item-{n}", a_sale(f"sale-{n}"))
    return till


async def answer(response: httpx.Response) -> tuple[int, dict[str, object]]:
    return response.status_code, response.json()


async def test_a_batch_is_stored_raw_and_typed_and_acknowledged(hq: Hq) -> None:
    till = till_with(3)
    till.add("shift", Shift(till="Касса 1", number=7, event="opened", at_ms=NOON_MS, cashier="Анна"), "shift")
    till.add("cash", CashMove("Касса 1", 7, "in", 500_00, "Анна", "размен", NOON_MS), "cash")
    till.add("debt", Debt("sale-3", "Касса 1", 12_345, NOON_MS, "ККТ молчит", "Пётр"), "debt")
    async with client_of(hq) as client:
        told = {
            "ack": 6,
            "server_time_ms": NOON_MS,
            "max_items": 500,
            "hash": till.items[-1].hash,
            "fates": {"taken": 6},
        }
        assert await answer(await till.push(client)) == (200, told)
        sale = (await client.get("/v1/sales/sale-2")).json()
        assert [row["sum"] for row in sale["lines"]] == [12_345]
        assert sale["documents"][0]["number"] == 120
        assert sale["summary"]["store"] == "Казань, Баумана"
        assert (await client.get("/v1/shifts")).json()[0]["opened_ms"] == NOON_MS
        assert (await client.get("/v1/debts")).json()[0]["why"] == "ККТ молчит"
    assert await counted(hq) == ["sale-1", "sale-2", "sale-3"]
    assert await hq.storage.rows("SELECT sum FROM cash_move") == [(500_00,)]
    bodies = await hq.storage.rows("SELECT body FROM item ORDER BY seq")
    assert [row[0] for row in bodies] == [bytes(item.body) for item in till.items]


async def test_a_hole_is_answered_with_where_to_rewind(hq: Hq) -> None:
    till = till_with(5)
    async with client_of(hq) as client:
        assert await answer(await till.push(client, 3, 4)) == (409, {"problem": "gap", "expect": 1})
        await till.push(client, 1, 2)
        assert await answer(await till.push(client, 4, 5)) == (409, {"problem": "gap", "expect": 3})
    assert await counted(hq) == ["sale-1", "sale-2"]


async def test_a_replay_is_acknowledged_and_changes_nothing(hq: Hq) -> None:
    till = till_with(4)
    async with client_of(hq) as client:
        for first, last in ((1, 3), (1, 3), (2, 4), (1, 1), (4, 4)):
            status, body = await answer(await till.push(client, first, last))
            assert (status, body["ack"]) == (200, 4 if last == 4 or (first, last) == (1, 1) else 3)
    assert await counted(hq) == ["sale-1", "sale-2", "sale-3", "sale-4"]
    assert await hq.storage.number("SELECT moved_thousandths FROM stock_sum") == -4000
    assert await hq.storage.number("SELECT sum(moved_thousandths) FROM stock_move") == -4000


async def test_an_empty_batch_says_where_hq_stands_and_that_the_till_lives(hq: Hq) -> None:
    till = till_with(2)
    async with client_of(hq) as client:
        await till.push(client)
        body = msgspec.json.encode(Push(DEVICE, 1, 3, []))
        assert (await answer(await till.send(client, body, encoding="")))[1]["ack"] == 2
        assert (await client.get("/v1/devices")).json()[0]["seen_ms"] == NOON_MS


async def test_a_restored_till_is_told_of_the_fork_at_its_first_other_sale(hq: Hq) -> None:
    till = till_with(4)
    async with client_of(hq) as client:
        await till.push(client)
        restored = PushingTill(items=till.items[:2])
        restored.add("item-other", a_sale("sale-other"))
        assert await answer(await restored.push(client, 2)) == (409, {"problem": "fork", "seq": 3})
        longer = PushingTill(items=list(restored.items))
        for n in range(3):
            longer.add(f"more-{n}", a_sale(f"more-{n}"))
        assert await answer(await longer.push(client, 5)) == (409, {"problem": "fork", "seq": 5})
    assert await counted(hq) == [f"sale-{n}" for n in range(1, 5)]


async def test_after_a_fork_a_new_epoch_brings_the_new_sales_and_counts_the_old_ones_once(hq: Hq) -> None:
    till = till_with(4)
    async with client_of(hq) as client:
        await till.push(client)
        fresh = PushingTill(epoch=2)
        rechained(till.items[2:], epoch_of=fresh)
        fresh.add("item-other", a_sale("sale-other"))
        assert (await answer(await fresh.push(client)))[1]["ack"] == 3
        assert (await answer(await fresh.push(client)))[1]["ack"] == 3
    assert await counted(hq) == ["sale-1", "sale-2", "sale-3", "sale-4", "sale-other"]
    fates = await hq.storage.rows("SELECT seq, fate FROM item WHERE epoch=2 ORDER BY seq")
    assert fates == [(1, "known"), (2, "known"), (3, "taken")]


async def test_the_same_sale_under_a_new_item_id_is_counted_once_and_a_changed_one_is_shown(hq: Hq) -> None:
    till = till_with(1)
    till.add("item-again", a_sale("sale-1"))
    till.add("item-changed", a_sale("sale-1", total=99))
    till.add("item-1", a_sale("sale-2"))
    async with client_of(hq) as client:
        assert (await answer(await till.push(client)))[1]["ack"] == 4
        listed = (await client.get("/v1/quarantine")).json()
    assert await counted(hq) == ["sale-1"]
    assert {row["id"]: row["why"] for row in listed} == {
        "item-changed": "same_sale",
        "item-1": "same_id",
    }


POISON = {
    "not an object": b"[1,2]",
    "a float for money": msgspec.json.encode({**msgspec.to_builtins(a_sale("p")), "total": 1.5}),
    "a number past 64 bits": msgspec.json.encode({**msgspec.to_builtins(a_sale("p")), "total": 10**30}),
    "a sum past reason": msgspec.json.encode(a_sale("p", total=10**14)),
    "a missing member": b'{"id":"p"}',
    "an unknown act": msgspec.json.encode(a_sale("p", act="gift")),
    "no id": msgspec.json.encode(a_sale("")),
    "a NUL": msgspec.json.encode(a_sale("p", cashier="a\0b")),
    "not UTF-8": b'"\xff\xfe"',
}


@pytest.mark.parametrize("name", POISON)
async def test_poison_goes_to_quarantine_whole_and_the_queue_moves_on(hq: Hq, name: str) -> None:
    till = till_with(1)
    till.add_raw("poison", POISON[name])
    till.add("item-3", a_sale("sale-3"))
    async with client_of(hq) as client:
        assert (await answer(await till.push(client)))[1]["ack"] == 3
        listed = (await client.get("/v1/quarantine")).json()
    assert await counted(hq) == ["sale-1", "sale-3"]
    assert [(row["seq"], row["id"]) for row in listed] == [(2, "poison")]
    assert listed[0]["why"]
    assert await hq.storage.rows("SELECT body FROM quarantine") == [(POISON[name],)]


async def test_a_name_no_index_takes_holds_up_no_queue(hq: Hq) -> None:
    endless = "".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(200))  # random: it packs to nothing less
    till = till_with(1)
    paper = SaleDocument("", "0001", endless, 1, 1, 12_345, "2026-11-21T12:00", 1)
    till.add("paper", a_sale("p", documents=[paper]))
    till.add("kept", Pickup(endless, "held", NOON_MS, NOON_MS, []), "pickup")
    till.add("item-4", a_sale("sale-4"))
    async with client_of(hq) as client:
        assert (await answer(await till.push(client)))[1]["ack"] == 4
        listed = (await client.get("/v1/quarantine")).json()
    assert {row["id"]: row["why"] for row in listed} == {"paper": "range: a name", "kept": "range: a name"}
    assert await counted(hq) == ["sale-1", "sale-4"]


async def test_an_item_damaged_in_the_middle_is_kept_aside_and_taken_when_it_comes_whole(hq: Hq) -> None:
    till = till_with(3)
    damaged = PushingTill(items=list(till.items))
    damaged.items[1] = msgspec.structs.replace(damaged.items[1], body=msgspec.Raw(msgspec.json.encode(a_sale("x"))))
    async with client_of(hq) as client:
        assert (await answer(await damaged.push(client)))[1]["ack"] == 3
        assert await counted(hq) == ["sale-1", "sale-3"]
        fresh = PushingTill(epoch=2)
        rechained(till.items[1:], epoch_of=fresh)
        assert (await answer(await fresh.push(client)))[1]["ack"] == 2
        assert (await client.get("/v1/quarantine")).json() == []
    assert await counted(hq) == ["sale-1", "sale-3", "sale-2"]


async def test_unknown_kinds_and_other_streams_are_kept_raw(hq: Hq) -> None:
    till = PushingTill()
    till.add_raw("new", b'{"anything":true}', "stocktake", 9)
    visits = PushingTill(stream="visits")
    visits.add_raw("visit", b'{"door":1}', "sale")
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        assert (await visits.push(client)).status_code == 200
        assert (await client.get("/v1/quarantine")).json() == []
    assert await hq.storage.rows("SELECT stream, fate, body FROM item ORDER BY stream") == [
        ("sales", "kept", b'{"anything":true}'),
        ("visits", "kept", b'{"door":1}'),
    ]


async def test_unreadable_envelopes_are_refused_with_their_reason_and_leave_nothing(hq: Hq) -> None:
    till = till_with(2)
    good = msgspec.json.encode(till.batch(1, 2))
    packed = zstandard.ZstdCompressor().compress(good)
    bomb = zstandard.ZstdCompressor().compress(b" " * (MAX_RAW_BYTES + 1))
    quiet_bomb = zstandard.ZstdCompressor(write_content_size=False).compress(b" " * (3 * MAX_RAW_BYTES))
    many = PushingTill(items=till.items * 251)
    many.items = [msgspec.structs.replace(item, seq=n) for n, item in enumerate(many.items, start=1)]
    holed = msgspec.json.encode(Push(DEVICE, 1, 1, [till.items[0], till.items[0]]))
    cases: list[tuple[bytes, str, int, str]] = [
        (packed[:-5], "zstd", 400, "bad_zstd"),
        (good, "zstd", 400, "bad_zstd"),
        (b"", "zstd", 400, "bad_zstd"),
        (bomb, "zstd", 413, "too_large"),
        (quiet_bomb, "zstd", 400, "bad_zstd"),
        (b"x" * (MAX_WIRE_BYTES + 1), "zstd", 413, "too_large"),
        (good[:-1], "", 400, "bad_json"),
        (good.replace(b'"item-1"', b'"item\\u00001"'), "", 400, "bad_json"),
        (b"[" * 200_000, "", 400, "bad_json"),
        (b'{"device":"kazan-1","epoch":1,"first":0,"items":[]}', "", 400, "bad_numbers"),
        (b'{"device":"kazan-1","epoch":99999999999,"first":1,"items":[]}', "", 400, "bad_numbers"),
        (holed, "", 400, "not_dense"),
        (zstandard.ZstdCompressor().compress(msgspec.json.encode(many.batch(1, 502))), "zstd", 413, "too_many"),
        (packed, "br", 415, "encoding"),
    ]
    async with client_of(hq) as client:
        for body, encoding, status, code in cases:
            got = await answer(await till.send(client, body, encoding=encoding))
            assert (got[0], got[1]["problem"], got[1]["code"]) == (status, "refused", code), got
        assert await hq.storage.number("SELECT count(*) FROM item") == 0
        assert (await till.push(client)).status_code == 200


async def test_an_endless_body_is_cut_at_the_cap(hq: Hq) -> None:
    sent = 0

    async def endless():  # type: ignore[no-untyped-def]
        nonlocal sent
        while sent < 10 * MAX_WIRE_BYTES:
            sent += 65_536
            yield b"x" * 65_536

    messages: list[dict[str, object]] = []
    parts = endless()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await anext(parts), "more_body": True}

    async def send(message: dict[str, object]) -> None:
        messages.append(message)

    headers = [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"localhost")]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/push/sales",
        "raw_path": b"/v1/push/sales",
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8090),
    }
    await hq(scope, receive, send)  # type: ignore[arg-type]
    assert messages[0]["status"] == 413
    assert sent <= MAX_WIRE_BYTES + 65_536


async def test_keys_are_held_to_their_device(hq: Hq) -> None:
    till = till_with(1)
    async with client_of(hq) as client:
        assert (await till.push(client, key="a-key-nobody-was-given")).status_code == 401
        assert (await client.post("/v1/push/sales", content=b"")).status_code == 401
        assert (await answer(await till.push(client, key=OTHER_KEY)))[1]["code"] == "other_device"
        await revoke_device(hq.storage, DEVICE, now_ms=NOON_MS)
        assert (await till.push(client)).status_code == 401
        await put_device(hq.storage, DeviceEntry(DEVICE, "Казань", "1", key_hash("a-new-key-for-it")), now_ms=NOON_MS)
        assert (await till.push(client)).status_code == 401
        assert (await till.push(client, key="a-new-key-for-it")).status_code == 200
        odd = dataclasses.replace(till, stream="gossip")
        assert (await odd.push(client, key="a-new-key-for-it")).status_code == 404
    assert KEY not in str(await hq.storage.rows("SELECT * FROM device"))
    assert await bearer_device(hq.storage, "") is Refusal.UNKNOWN_KEY


@pytest.mark.sqlite_file
async def test_a_locked_file_answers_503_and_when_to_come_back(hq: Hq, tmp_path: Path) -> None:
    till = till_with(1)
    other = apsw.Connection(str(tmp_path / "hq.sqlite"))
    other.execute("BEGIN IMMEDIATE")
    await hq.storage.rows("PRAGMA busy_timeout = 1")
    async with client_of(hq) as client:
        busy = await till.push(client)
        assert (busy.status_code, busy.headers["retry-after"], busy.json()["code"]) == (503, "5", "busy")
        other.execute("ROLLBACK")
        assert (await till.push(client)).status_code == 200
    other.close()


async def test_a_restart_keeps_the_cursor(where: str) -> None:
    till = till_with(5)
    first = await open_hq(where)
    async with client_of(first) as client:
        await till.push(client, 1, 3)
    await first.storage.close()
    second = await open_hq(where)
    async with client_of(second) as client:
        assert await answer(await till.push(client, 5)) == (409, {"problem": "gap", "expect": 4})
        assert (await answer(await till.push(client, 2)))[1]["ack"] == 5
    assert await counted(second) == [f"sale-{n}" for n in range(1, 6)]
    await second.storage.close()


async def test_the_live_feed_tells_of_a_sale_at_once_and_resumes_where_the_page_was(hq: Hq) -> None:
    from cloud_api.live import feed, news

    till = till_with(3)
    heard: list[bytes] = []
    async with client_of(hq) as client:
        with anyio.fail_after(2):
            async with anyio.create_task_group() as tasks:

                async def listen() -> None:
                    async for part in feed(hq.storage, hq.bell, None, Arrivals(Clock())):
                        heard.append(part)
                        if b"event: sale" in part:
                            hq.bell.close()

                tasks.start_soon(listen)
                await anyio.wait_all_tasks_blocked()
                await till.push(client, 1, 1)
        await till.push(client, 2, 3)
    assert heard[0].startswith(b"retry:")
    assert b'"id":"sale-1"' in heard[1]
    first = place_of(heard[1].split(b"\n")[0].removeprefix(b"id: ").decode())
    assert first is not None
    again, place = await news(hq.storage, first)
    assert [b"sale-2" in again[0], b"sale-3" in again[1], place.seq] == [True, True, 3]
    assert hq.bell.listeners == 0


async def test_a_flood_is_counted_not_sent(hq: Hq) -> None:
    from cloud_api.live import SHOWN_AT_ONCE, news

    till = till_with(100)
    async with client_of(hq) as client:
        await till.push(client)
    events, place = await news(hq.storage, START)
    assert (len(events), place.seq) == (SHOWN_AT_ONCE + 1, 100)
    assert b'"skipped":60' in events[0]


async def test_whoever_sees_one_store_is_told_of_its_sales_in_another_ones_flood(hq: Hq) -> None:
    """Not how many another store has sold, and all of one's own."""
    from cloud_api.live import news

    other = PushingTill(OTHER, OTHER_KEY)
    other.add("own", a_sale("own"))
    async with client_of(hq) as client:
        await other.push(client)
        await till_with(100).push(client)
    events, place = await news(hq.storage, START, stores=frozenset({ENTRIES[1].store}))
    assert [b'"id":"own"' in event for event in events] == [True]
    assert await news(hq.storage, place, stores=frozenset({ENTRIES[1].store})) == ([], place)
    nothing, passed = await news(hq.storage, START, stores=frozenset({"elsewhere"}))
    assert (nothing, passed) == ([], place)


async def test_a_file_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "hq.sqlite")
    async with opened(path) as storage:
        await storage.rows("PRAGMA user_version = 99")
    with pytest.raises(NewerFile, match="schema 99"):
        open_sqlite(path)
    with apsw.Connection(path) as untouched:
        assert untouched.execute("PRAGMA user_version").fetchone() == (99,)
