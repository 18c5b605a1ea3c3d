"""HQ's half of the handshake: which histories belong together, and epochs that nobody has used."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import msgspec
import pytest
from pushing_till import DEVICE, KEY, OTHER, PushingTill, a_sale, client_of, counted, open_hq, rechained

from cloud_api.app import Hq
from sync.conformance.suite import judged
from sync.conformance.way import BearerKey, way_to
from sync.wire.edge_log import GENESIS
from sync.wire.hello import EpochIssued, Hello, NewEpoch, Standing, StreamHead, StreamStand, Welcome
from sync.wire.telemetry_facts import Heartbeat, LaneFact

pytestmark = pytest.mark.anyio
BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


def till_with(count: int) -> PushingTill:
    till = PushingTill()
    for n in range(1, count + 1):
        till.add(f"item-{n}", a_sale(f"sale-{n}"))
    return till


def head_of(till: PushingTill, acked: int, head: int | None = None) -> StreamHead:
    def link(seq: int) -> str:
        return till.items[seq - 1].hash if seq else GENESIS

    head = len(till.items) if head is None else head
    return StreamHead(till.stream, till.epoch, head, link(head), acked, link(acked))


async def stand(client: httpx.AsyncClient, said: StreamHead) -> StreamStand:
    answer = await client.post("/v1/hello", content=msgspec.json.encode(Hello(DEVICE, [said], 5)), headers=BEARER)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=Welcome).streams[0]


async def issued(client: httpx.AsyncClient, request: str, above: int = 1, stream: str = "sales") -> int:
    wish = NewEpoch(DEVICE, request, [stream], above)
    answer = await client.post("/v1/epoch", content=msgspec.json.encode(wish), headers=BEARER)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=EpochIssued).epoch


async def test_one_history_is_the_same_however_far_each_side_is(hq: Hq) -> None:
    till = till_with(6)
    async with client_of(hq) as client:
        assert (await stand(client, head_of(till, 0))).standing is Standing.SAME
        await till.push(client, 1, 4)
        for acked in (0, 2, 4):
            found = await stand(client, head_of(till, acked))
            assert found == StreamStand("sales", 1, 4, till.items[3].hash, Standing.SAME)


async def test_an_older_copy_is_a_fork_and_so_is_another_item_under_a_number(hq: Hq) -> None:
    till, other = till_with(6), till_with(3)
    for n in range(4, 9):
        other.add(f"other-{n}", a_sale(f"other-{n}"))
    async with client_of(hq) as client:
        await till.push(client)
        assert (await stand(client, head_of(till, 3, head=3))).standing is Standing.FORK, "HQ is ahead"
        assert (await stand(client, head_of(other, 4))).standing is Standing.FORK, "what was acknowledged differs"
        six = StreamHead("sales", 1, 6, other.items[5].hash, 3, other.items[2].hash)
        assert (await stand(client, six)).standing is Standing.FORK, "the head differs"
        unseen = await stand(client, head_of(other, 3))
        assert (unseen.standing, unseen.hash) == (Standing.SAME, till.items[5].hash), "the device sees it by this hash"


async def test_an_hq_from_a_backup_says_that_it_is_behind(hq: Hq) -> None:
    till = till_with(6)
    async with client_of(hq) as client:
        await till.push(client, 1, 3)
        assert (await stand(client, head_of(till, 5))).standing is Standing.BEHIND


async def test_a_stream_nobody_knows_waits(hq: Hq) -> None:
    async with client_of(hq) as client:
        said = StreamHead("weather", 1, 2, "ab", 0, GENESIS)
        assert (await stand(client, said)).standing is Standing.UNKNOWN


async def test_an_epoch_is_the_same_for_the_same_wish_until_it_is_used(hq: Hq) -> None:
    till = till_with(2)
    async with client_of(hq) as client:
        await till.push(client)
        assert [await issued(client, "request-1") for _ in range(2)] == [2, 2]
        assert await issued(client, "request-2") == 3
        assert (await stand(client, head_of(till, 2))).standing is Standing.FORK, "another life of the box went on"
        fresh = PushingTill(epoch=3)
        rechained(till.items, epoch_of=fresh)
        assert (await fresh.push(client)).json()["fates"] == {"known": 2}
        assert await issued(client, "request-2") == 4, "this wish lay in an image: its epoch is used"
        assert await issued(client, "request-2", above=7) == 8, "the device knows of epochs that HQ forgot"
    assert await counted(hq) == ["sale-1", "sale-2"]


async def test_an_epoch_that_another_has_followed_takes_nothing(hq: Hq) -> None:
    till = till_with(3)
    async with client_of(hq) as client:
        await till.push(client, 1, 2)
        await issued(client, "request-1")
        late = await till.push(client, 3)
        assert (late.status_code, late.json()) == (409, {"problem": "fork", "seq": 3})
        other = PushingTill(stream="loyalty")
        other.add_raw("l1", b'{"points":5}', "earn")
        assert (await other.push(client)).json()["fates"] == {"kept": 1}, "the other streams keep their epoch"


async def test_an_empty_batch_of_another_history_is_a_fork(hq: Hq) -> None:
    till, other = till_with(3), till_with(2)
    other.add("other", a_sale("other"))
    async with client_of(hq) as client:
        await till.push(client)
        for mine, status in ((till, 200), (other, 409)):
            push = msgspec.structs.replace(mine.batch(4, 3), prev=mine.items[-1].hash)
            assert (await mine.send(client, msgspec.json.encode(push), encoding="")).status_code == status


async def test_poison_is_quarantined_once_over_all_epochs(hq: Hq) -> None:
    till = till_with(1)
    till.add_raw("bad", b'{"id": 7}')
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["fates"] == {"taken": 1, "quarantined": 1}
        for epoch in (2, 3):
            await issued(client, f"request-{epoch}", epoch - 1)
            fresh = PushingTill(epoch=epoch)
            rechained(till.items, epoch_of=fresh)
            assert (await fresh.push(client)).json()["fates"] == {"known": 2}
    assert await hq.storage.number("SELECT count(*) FROM quarantine") == 1


async def test_a_later_version_of_a_kind_waits_for_an_hq_that_reads_it(hq: Hq) -> None:
    till = PushingTill()
    till.add("item-1", a_sale("sale-1"), v=2)
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["fates"] == {"quarantined": 1}
    assert await hq.storage.rows("SELECT why FROM quarantine") == [("version: 2",)]


async def test_the_last_heartbeat_counts_and_old_ones_go(hq: Hq) -> None:
    till = PushingTill(stream="telemetry")
    for n in range(1, 131):
        till.add(f"beat-{n}", Heartbeat("1.0", n * 60, [LaneFact("sales", n)]), "heartbeat")
    async with client_of(hq) as client:
        assert (await till.push(client, 1, 129)).status_code == 200
        assert (await till.push(client, 120, 130)).json()["fates"] == {"taken": 1}
    body = (await hq.storage.rows("SELECT device, body FROM heartbeat"))[0]
    assert (body[0], msgspec.json.decode(body[1], type=Heartbeat).uptime_s) == (DEVICE, 130 * 60)
    assert await hq.storage.number("SELECT count(*) FROM item") == 100


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("hello", b"{", 400, "bad_json"),
        ("hello", msgspec.json.encode(Hello(OTHER, [], 1)), 403, "other_device"),
        ("hello", msgspec.json.encode(Hello(DEVICE, [], 1, protocols=[2])), 400, "no_version"),
        ("hello", msgspec.json.encode(Hello(DEVICE, [], 1, program="x" * 20_000)), 413, "too_large"),
        ("hello", msgspec.json.encode(Hello(DEVICE, [StreamHead("s" * 65, 1, 0, "", 0, "")], 1)), 400, "bad_numbers"),
        ("epoch", msgspec.json.encode(NewEpoch(OTHER, "request-1", ["sales"], 1)), 403, "other_device"),
        ("epoch", msgspec.json.encode(NewEpoch(DEVICE, "request-1", ["weather"], 1)), 400, "unknown_stream"),
        ("epoch", msgspec.json.encode(NewEpoch(DEVICE, "request-1", [], 1)), 400, "unknown_stream"),
        ("epoch", msgspec.json.encode(NewEpoch(DEVICE, "short", ["sales"], 1)), 400, "bad_numbers"),
        ("epoch", msgspec.json.encode(NewEpoch(DEVICE, "request-1", ["sales"], 2**31 - 1)), 400, "bad_numbers"),
    ],
)
async def test_what_cannot_be_meant_is_refused_with_a_reason(
    hq: Hq, path: str, body: bytes, status: int, code: str
) -> None:
    async with client_of(hq) as client:
        answer = await client.post(f"/v1/{path}", content=body, headers=BEARER)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        stranger = await client.post(f"/v1/{path}", content=body, headers={"authorization": "Bearer nobody"})
        assert stranger.status_code == 401


async def test_the_conformance_suite_on_every_storage(hq: Hq) -> None:
    async with way_to("http://hq", BearerKey(KEY), httpx.ASGITransport(app=hq)) as way:
        assert {rule.name: why async for rule, why in judged(way) if why} == {}
