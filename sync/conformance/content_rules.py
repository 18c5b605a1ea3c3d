"""Rules about what is in a batch: bytes that cannot be read, facts that do not fit, and the way of commands."""

from __future__ import annotations

import secrets

import msgspec
import zstandard

from sync.conformance.way import NOW_MS, Broken, Log, Way
from sync.wire.edge_log import MAX_ITEMS, MAX_RAW_BYTES, MAX_WIRE_BYTES, Push
from sync.wire.facts import ClaimAsked, Sale

UNREADABLE = (400, 413)
"""A device halves its batch on either."""


def a_sale() -> bytes:
    """A closed sale of nothing: it fits its kind and moves neither money nor goods."""
    sale = Sale(
        id=secrets.token_hex(16),
        till="conformance",
        number="0",
        act="sale",
        state="closed",
        shift=0,
        cashier="conformance",
        opened_ms=NOW_MS,
        closed_ms=NOW_MS,
        total=0,
        lines=[],
        payments=[],
        documents=[],
    )
    return msgspec.json.encode(sale)


async def _refused(log: Log, body: bytes, encoding: str = "zstd") -> None:
    told = await log.way.post(f"/v1/push/{log.stream}", body, encoding=encoding)
    if told.status not in UNREADABLE:
        raise Broken(f"status {told.status}, expected 400 or 413")
    await log.needs_cursor(0)


def _packed(push: Push) -> bytes:
    return zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(push))


async def truncated(way: Way) -> None:
    log = await way.log(count=50)
    body = _packed(log.batch())
    for length in (len(body) - 1, len(body) // 2, 3, 0):
        await _refused(log, body[:length])
    await _refused(log, b"not zstd at all")
    await _refused(log, b'{"device":', encoding="")


async def zip_bomb(way: Way) -> None:
    log = await way.log(count=1)
    bomb = msgspec.json.encode(log.batch()) + b" " * (MAX_RAW_BYTES * 4)
    for sized in (True, False):
        await _refused(log, zstandard.ZstdCompressor(level=3, write_content_size=sized).compress(bomb))


async def too_large(way: Way) -> None:
    log = await way.log(count=MAX_ITEMS + 1)
    (await log.push()).needs(413)
    noisy = Log(way, log.stream, log.epoch)
    for _ in range(4):
        noisy.add(body=msgspec.json.encode(secrets.token_hex(MAX_WIRE_BYTES // 3)))
    (await noisy.push()).needs(413)
    await log.needs_cursor(0)
    await noisy.needs_ack(await noisy.push(1, 1), 1, kept=1)


async def poison(way: Way) -> None:
    log = await way.log("sales")
    log.add("sale", a_sale())
    log.add("sale", b'{"id":7,"lines":"what is this"}')
    log.add("sale", a_sale())
    await log.needs_ack(await log.push(), 3, taken=2, quarantined=1)
    log.add("sale", a_sale())
    await log.needs_ack(await log.push(4), 4, taken=1)


async def unknown_kind(way: Way) -> None:
    log = await way.log("sales")
    log.add("a-kind-of-next-year", b'{"what":["ever",1,null]}', v=3)
    log.add("sale", a_sale())
    await log.needs_ack(await log.push(), 2, kept=1, taken=1)


async def later_version(way: Way) -> None:
    log = await way.log("sales")
    log.add("sale", a_sale(), v=1_000)
    log.add("sale", a_sale())
    told = await log.push()
    told.needs(200, ack=2, hash=log.hash(2))
    fates = told.said.get("fates", {})
    if fates.get("taken", 0) != 1:
        raise Broken(f"of a version HQ cannot know nothing is guessed: {fates}")


async def commands(way: Way) -> None:
    """A slip of a shop that does not exist is asked for: HQ answers by a command, until it is acknowledged."""
    log, request = await way.log("sales"), secrets.token_hex(8)
    asked = ClaimAsked(request, f"no-shop-{secrets.token_hex(4)}", "1", "0" * 64)
    log.add("claim_asked", msgspec.json.encode(asked))
    await log.needs_ack(await log.push(), 1, taken=1)
    feed, since, mine = "", 0, None
    while mine is None:
        page = (await way.get("/v1/feed/commands", feed=feed, since=since, wait=0)).needs(200).said
        found = page.get("commands", [])
        if not found:
            raise Broken("no command answers the question")
        numbers = [one["seq"] for one in found]
        if numbers != sorted(set(numbers)) or numbers[0] <= since:
            raise Broken(f"numbers do not grow: {numbers} after {since}")
        mine = next((one for one in found if one.get("body", {}).get("request") == request), None)
        feed, before, since = page["feed"], since, (mine or found[-1])["seq"]
    if (mine["kind"], mine["body"].get("why")) != ("claim_denied", "no_shop"):
        raise Broken(f"answered with {mine['kind']} {mine['body']}")
    again = (await way.get("/v1/feed/commands", feed=feed, since=before, wait=0)).needs(200).said
    if mine["seq"] not in [one["seq"] for one in again.get("commands", [])]:
        raise Broken("a command that was not acknowledged is told again")
    later = (await way.get("/v1/feed/commands", feed=feed, since=since, wait=0)).needs(200).said
    if mine["seq"] in [one["seq"] for one in later.get("commands", [])]:
        raise Broken("a command that was acknowledged is told no more")
