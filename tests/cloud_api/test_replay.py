"""What lay in quarantine and is read by a newer HQ counts once, wherever it lay and however often somebody tries."""

from __future__ import annotations

from dataclasses import replace

import anyio
import msgspec
import pytest
from pushing_till import DEVICE, ENTRIES, NOON_MS, OTHER, OTHER_KEY, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.arrivals import Arrivals
from cloud_api.desk.replay import Held, Outcome, Replayed, all_held, held_page, replay
from cloud_api.readable_kinds import READABLE
from cloud_api.store.devices import put_device
from sync.wire.visit_facts import VisitFact

pytestmark = pytest.mark.anyio
LATER_V = 4  # this HQ reads 1, and two before it
SKU = "4601234567893"


def read_later(monkeypatch: pytest.MonkeyPatch, stream: str, kind: str) -> None:
    """From here on HQ is the newer program."""
    known = READABLE[stream, kind]
    monkeypatch.setitem(READABLE, (stream, kind), replace(known, newest=LATER_V))


async def replayed(hq: Hq, held: Held, now_ms: int = NOON_MS) -> Replayed:
    return await replay(hq.storage, held, Arrivals(lambda: now_ms), now_ms=now_ms)


async def _facts(hq: Hq) -> dict[str, object]:
    """What must not move while a replay does: the raw log and the cursor; and what may only grow once."""
    items = await hq.storage.rows(
        "/* global: test */ SELECT epoch, seq, hash, body FROM item ORDER BY device, epoch, seq"
    )
    cursor = await hq.storage.rows(
        "/* global: test */ SELECT epoch, seq, hash FROM device_cursor ORDER BY device, epoch"
    )
    stock = await hq.storage.number("/* global: test */ SELECT moved_thousandths FROM stock_sum WHERE sku=?", (SKU,))
    moved = await hq.storage.number(
        "/* global: test */ SELECT sum(moved_thousandths) FROM stock_move WHERE sku=?", (SKU,)
    )
    sales = await hq.storage.rows("/* global: test */ SELECT id, epoch, seq FROM sale ORDER BY epoch, seq")
    held = await hq.storage.number("/* global: test */ SELECT count(*) FROM quarantine")
    return {"log": (items, cursor), "stock": stock, "moved": moved, "sales": sales, "held": held}


async def test_a_replayed_sale_counts_once_for_revenue_and_stock(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own numbers, raw row and cursor stay; a second and a simultaneous replay change nothing; a resend neither."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i1", a_sale("s1"))
    till.add("i2", a_sale("s2"), v=LATER_V)
    till.add("i3", a_sale("s3"))
    async with client_of(hq) as client:
        await till.push(client, 1, 3)
        before = await _facts(hq)
        assert (before["held"], before["stock"]) == (1, -2000)
        (held,) = (await held_page(hq.storage, 10))[0]
        still = await replayed(hq, held)
        assert (still.outcome, still.why) == (Outcome.STILL_HELD, f"version: {LATER_V}")
        assert await _facts(hq) == before

        read_later(monkeypatch, "sales", "sale")
        outcomes: list[Outcome] = []

        async def once() -> None:
            outcomes.append((await replayed(hq, held, NOON_MS + 1)).outcome)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(once)
            tasks.start_soon(once)
        assert sorted(outcome.value for outcome in outcomes) == ["not_held", "taken"]
        after = await _facts(hq)
        assert after["log"] == before["log"]
        assert after["sales"] == [("s1", 1, 1), ("s2", 1, 2), ("s3", 1, 3)]
        assert (after["held"], after["stock"], after["moved"]) == (0, -3000, -3000)
        await till.push(client, 1, 3)  # the till never heard HQ's answer
        assert await _facts(hq) == after
        answer = (await client.get("/v1/sales/s2")).json()
        assert answer["summary"]["total"] == 12_345
    await hq.storage.close()


async def test_a_sale_that_came_again_under_another_number_is_not_counted_twice(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restored till sent the same sale again in a form HQ read: the held copy is recognised by its id."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i1", a_sale("s1"), v=LATER_V)
    again = PushingTill(epoch=2)
    again.add("i1b", a_sale("s1"))
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
        await again.push(client, 1, 1)
    read_later(monkeypatch, "sales", "sale")
    (held,) = (await held_page(hq.storage, 10))[0]
    assert (await replayed(hq, held)).outcome is Outcome.TAKEN
    facts = await _facts(hq)
    assert facts["sales"] == [("s1", 2, 1)]
    assert (facts["held"], facts["stock"]) == (0, -1000)
    await hq.storage.close()


async def test_a_damaged_item_stays_held(where: str) -> None:
    """What does not follow from the item before it is nobody's word, however new the program."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i1", a_sale("s1"))
    item = till.add("i2", a_sale("s2"))
    till.items[1] = msgspec.structs.replace(item, body=msgspec.Raw(msgspec.json.encode(a_sale("s2", total=1))))
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
        await till.push(client, 2, 2)
    held = (await held_page(hq.storage, 10))[0]
    for one in held:
        assert (await replayed(hq, one)).outcome is Outcome.STILL_HELD
    assert (await _facts(hq))["sales"] == [("s1", 1, 1)]
    unknown = Held("Казань, Баумана", "kazan-1", 1, "sales", 99)
    assert (await replayed(hq, unknown)).outcome is Outcome.NOT_HELD
    await hq.storage.close()


async def test_a_sale_replayed_beside_hq_arrives_after_all_that_was_read(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command waited for the storage, or its clock is behind: who follows the sales has passed its moment."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i1", a_sale("s1"), v=LATER_V)
    till.add("i2", a_sale("s2"))
    async with client_of(hq) as client:
        await till.push(client)
        (read,) = (await client.get("/v1/sales?after=0")).json()["sales"]
        read_later(monkeypatch, "sales", "sale")
        (held,) = (await held_page(hq.storage, 10))[0]
        assert (await replayed(hq, held, NOON_MS - 2_000)).outcome is Outcome.TAKEN
        followed = (await client.get(f"/v1/sales?after={read['arrival']}")).json()["sales"]
    assert [sale["id"] for sale in followed] == ["s1"]
    await hq.storage.close()


async def test_whoever_sees_one_store_reaches_its_items_behind_those_of_others(where: str) -> None:
    hq = await open_hq(where)
    till, other = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    for n in range(3):
        till.add(f"i{n}", a_sale(f"s{n}"), v=LATER_V)
    other.add("o1", a_sale("o1"), v=LATER_V)
    async with client_of(hq) as client:
        await till.push(client)
        await other.push(client)
    assert [one.device for one in (await held_page(hq.storage, 2))[0]] == [DEVICE, DEVICE]
    assert [one.device for one in (await held_page(hq.storage, 2, frozenset({ENTRIES[1].store})))[0]] == [OTHER]
    await hq.storage.close()


async def test_what_never_fits_holds_up_nothing_behind_it(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one request answers for lie there and stay: the next request goes on after them; a list as well."""
    monkeypatch.setattr("cloud_api.desk.doors.TRIED_AT_ONCE", 2)
    monkeypatch.setattr("cloud_api.desk.replay._PAGE", 2)
    monkeypatch.setattr("cloud_api.store.readings.LISTED", 2)
    hq = await open_hq(where)
    till = PushingTill()
    for n in range(4):
        till.add(f"i{n}", {"no": "sale"}, v=LATER_V)
    till.add("last", a_sale("last"), v=LATER_V)
    async with client_of(hq) as client:
        await till.push(client)
        listed, shown = (await client.get("/v1/quarantine")).json(), list[int]()
        while listed:
            shown += [one["seq"] for one in listed]
            listed = (await client.get("/v1/quarantine", params={"after": listed[-1]["place"]})).json()
        assert shown == [5, 4, 3, 2, 1]
        assert [held.seq async for held in all_held(hq.storage)] == [1, 2, 3, 4, 5]
        read_later(monkeypatch, "sales", "sale")
        after, taken = "", list[int]()
        while after is not None:
            answer = (await client.post("/v1/quarantine/replay", params={"after": after} if after else {})).json()
            taken.append(answer["taken"])
            after = answer["next"]
    assert taken == [0, 0, 1]
    assert (await _facts(hq))["sales"] == [("last", 1, 5)]
    await hq.storage.close()


@pytest.mark.postgresql_only
async def test_a_replay_waits_for_a_batch_of_the_device_from_its_new_store(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The moved device may be sending the very sale again: one after the other they count it once."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("i1", a_sale("s1"), v=LATER_V)
    async with client_of(hq) as client:
        await till.push(client)
    await put_device(hq.storage, replace(ENTRIES[0], store="Самара"), now_ms=NOON_MS)
    read_later(monkeypatch, "sales", "sale")
    (held,) = (await held_page(hq.storage, 10))[0]
    outcomes: list[Outcome] = []

    async def once() -> None:
        outcomes.append((await replayed(hq, held)).outcome)

    waiting = "/* global: test */ SELECT count(*) FROM pg_locks WHERE NOT granted"
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks, hq.storage.transaction("Самара") as batch:
            # as ingest.py begins
            await batch.write("UPDATE device_place SET seen_ms=1 WHERE store='Самара' AND device=?", (DEVICE,))
            tasks.start_soon(once)
            while not outcomes and not await hq.storage.number(waiting):
                await anyio.lowlevel.checkpoint()
            assert outcomes == []
    assert outcomes == [Outcome.TAKEN]
    await hq.storage.close()


async def test_an_older_word_on_a_visit_does_not_overwrite_the_later(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The visit was told again before HQ could read its first version: the later one stands."""
    hq = await open_hq(where)
    till = PushingTill(stream="visits")
    till.add("v1", VisitFact("one", NOON_MS, NOON_MS + 1000, ["hall"]), "visit", v=LATER_V)
    till.add("v2", VisitFact("one", NOON_MS, NOON_MS + 9000, ["hall"]), "visit")
    till.add("v3", VisitFact("two", NOON_MS, NOON_MS + 1000, ["hall"]), "visit", v=LATER_V)
    async with client_of(hq) as client:
        await till.push(client, 1, 3)
    read_later(monkeypatch, "visits", "visit")
    for held in (await held_page(hq.storage, 10))[0]:
        assert (await replayed(hq, held)).outcome is Outcome.TAKEN
    visits = await hq.storage.rows("/* global: test */ SELECT id, closed_ms, seq FROM visit ORDER BY id")
    assert visits == [("one", NOON_MS + 9000, 2), ("two", NOON_MS + 1000, 3)]
    await hq.storage.close()
