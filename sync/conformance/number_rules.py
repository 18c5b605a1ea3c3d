"""Rules about numbers: what HQ takes, what it has already, what it waits for, and what it tells of it."""

from __future__ import annotations

import secrets

import msgspec

from sync.conformance.way import BearerKey, Broken, Way
from sync.wire.edge_log import GENESIS, MAX_ITEMS
from sync.wire.hello import StreamHead


async def hello(way: Way) -> None:
    told = (await way.hello(StreamHead("nobody-has-this-stream", 1, 3, "ab", 0, GENESIS))).needs(200, protocol=1)
    if not isinstance(told.said.get("server_time_ms"), int) or not isinstance(told.said.get("max_items"), int):
        raise Broken("server_time_ms and max_items are numbers")
    if [one.get("standing") for one in told.said.get("streams", [])] != ["unknown"]:
        raise Broken("a stream that HQ does not have stands as unknown")
    log = await way.log(count=4)
    for pushed in (0, 3):
        if pushed:
            (await log.push(1, pushed)).needs(200)
        found = await way.stand(log.head(0))
        if (found.get("seq"), found.get("hash"), found.get("standing")) != (pushed, log.hash(pushed), "same"):
            raise Broken(f"after {pushed} items HQ says {found}")
    (await way.hello(protocols=(4_000,))).needs(400, code="no_version")


async def key(way: Way) -> None:
    log = await way.log(count=1)
    body = msgspec.json.encode(log.batch())
    for path, said in ((f"/v1/push/{log.stream}", body), ("/v1/hello", b"{}"), ("/v1/epoch", b"{}")):
        (await way.post(path, said, auth=BearerKey(secrets.token_hex(20)))).needs(401)
    await log.needs_cursor(0)


async def other_device(way: Way) -> None:
    log = await way.log(count=1)
    push = msgspec.structs.replace(log.batch(), device=f"not-{way.device}")
    (await log.send(push)).needs(403)
    (await way.hello(device=f"not-{way.device}")).needs(403)
    await log.needs_cursor(0)


async def unknown_stream(way: Way) -> None:
    log = await way.log(count=1)
    log.stream = "nobody-has-this-stream"
    (await log.push()).needs(404)


async def ack(way: Way) -> None:
    log = await way.log(count=MAX_ITEMS + 2)
    await log.needs_ack(await log.push(1, 2), 2, kept=2)
    await log.needs_ack(await log.push(3, MAX_ITEMS + 2), MAX_ITEMS + 2, kept=MAX_ITEMS)
    await log.needs_ack(await log.push(MAX_ITEMS + 3), MAX_ITEMS + 2)


async def replay(way: Way) -> None:
    log = await way.log(count=5)
    await log.needs_ack(await log.push(1, 3), 3, kept=3)
    await log.needs_ack(await log.push(1, 3), 3)
    await log.needs_ack(await log.push(4, 5), 5, kept=2)
    await log.needs_ack(await log.push(1, 3), 5)


async def lost_ack(way: Way) -> None:
    log = await way.log(count=6)
    (await log.push(1, 4)).needs(200)
    await log.needs_ack(await log.push(2, 6), 6, kept=2)


async def gap(way: Way) -> None:
    log = await way.log(count=6)
    (await log.push(2)).needs(409, problem="gap", expect=1)
    (await log.push(1, 2)).needs(200)
    (await log.push(5)).needs(409, problem="gap", expect=3)
    (await log.push(7)).needs(409, problem="gap", expect=3)
    await log.needs_cursor(2)


async def reorder(way: Way) -> None:
    log = await way.log(count=6)
    (await log.push(4, 6)).needs(409, problem="gap", expect=1)
    await log.needs_ack(await log.push(1, 3), 3, kept=3)
    await log.needs_ack(await log.push(4, 6), 6, kept=3)


async def own_cursors(way: Way) -> None:
    loyalty, telemetry = await way.log(count=3), await way.log("telemetry", count=2)
    (await telemetry.push(2)).needs(409, problem="gap", expect=1)
    await loyalty.needs_ack(await loyalty.push(), 3, kept=3)
    await telemetry.needs_cursor(0)


async def not_dense(way: Way) -> None:
    log = await way.log(count=3)
    push = log.batch()
    (await log.send(msgspec.structs.replace(push, items=[push.items[0], push.items[2]]))).needs(400)
    (await log.send(msgspec.structs.replace(push, first=2))).needs(400)
    await log.needs_cursor(0)


async def dropped(way: Way) -> None:
    log = await way.log("telemetry", count=9)
    (await log.push(1, 2)).needs(200)
    missing = {"first": 3, "last": 7, "hash": log.hash(7)}
    push = {**msgspec.to_builtins(log.batch(8), builtin_types=(msgspec.Raw,)), "dropped": missing, "prev": log.hash(2)}
    body = msgspec.json.encode(push)
    for fates in ({"kept": 2}, {}):
        await log.needs_ack(await way.post("/v1/push/telemetry", body), 9, **fates)
    other = msgspec.json.encode({**push, "dropped": {**missing, "hash": "ab" * 32}, "items": [], "first": 8})
    (await way.post("/v1/push/telemetry", other)).needs(409, problem="fork")


async def sales_not_dropped(way: Way) -> None:
    for stream in ("sales", "loyalty"):
        log = await way.log(stream, count=3)
        missing = {"first": 1, "last": 2, "hash": log.hash(2)}
        push = {**msgspec.to_builtins(log.batch(3), builtin_types=(msgspec.Raw,)), "dropped": missing, "prev": GENESIS}
        (await way.post(f"/v1/push/{stream}", msgspec.json.encode(push))).needs(400)
        await log.needs_cursor(0)
