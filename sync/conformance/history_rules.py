"""Rules about histories: restored copies, new epochs, and facts that HQ has already under other numbers."""

from __future__ import annotations

import secrets

import msgspec

from sync.conformance.way import Broken, Way
from sync.wire.edge_log import GENESIS, MARK_DIGITS, Ended, Mark


async def altered_chain(way: Way) -> None:
    log = await way.log(count=4)
    push = log.batch(1, 3)
    spoiled = msgspec.structs.replace(push.items[1], body=msgspec.Raw(b'{"n":1000}'))
    told = await log.send(msgspec.structs.replace(push, items=[push.items[0], spoiled, push.items[2]]))
    await log.needs_ack(told, 3, kept=2, quarantined=1)
    spoiled = msgspec.structs.replace(log.items[3], body=msgspec.Raw(b'{"n":1000}'))
    (await log.send(msgspec.structs.replace(log.batch(4), items=[spoiled]))).needs(409, problem="fork")
    await log.needs_ack(await log.push(4), 4, kept=1)


async def fork(way: Way) -> None:
    log = await way.log(count=5)
    (await log.push()).needs(200)
    other = log.branch(2)
    for _ in range(5):
        other.add()
    (await other.push(2)).needs(409, problem="fork")
    (await other.push(3, 4)).needs(409, problem="fork")
    (await other.push(6)).needs(409, problem="fork")
    await log.needs_cursor(5)


async def fork_of_nothing(way: Way) -> None:
    log = await way.log(count=3)
    (await log.push()).needs(200)
    other = log.branch(2)
    other.add()
    (await other.push(4)).needs(409, problem="fork")
    await log.needs_ack(await log.push(4), 3)


async def hello_of_a_copy(way: Way) -> None:
    log = await way.log(count=5)
    (await log.push()).needs(200)
    other = log.branch(3)
    other.add()
    other.add()
    for head, why in (
        (log.head(3, head=3), "its last number is behind HQ's"),
        (other.head(3), "its last hash differs"),
    ):
        found = await way.stand(head)
        if found.get("standing") != "fork":
            raise Broken(f"a copy stands as {found.get('standing')}: {why}")
    other.add()
    ahead, told = await way.stand(other.head(3)), await way.stand(log.head(5))
    if ahead.get("hash") != log.hash(5):
        raise Broken("a device ahead of HQ is told the hash HQ ends with")
    if told.get("standing") != "same":
        raise Broken(f"the device itself stands as {told.get('standing')}")


async def hello_behind(way: Way) -> None:
    log = await way.log(count=5)
    (await log.push(1, 2)).needs(200)
    found = await way.stand(log.head(4))
    if found.get("standing") != "behind":
        raise Broken(f"HQ has 2 of 4 it had acknowledged, and stands as {found.get('standing')}")


async def new_epoch(way: Way) -> None:
    log = await way.log(count=1)
    request = secrets.token_hex(16)
    epochs = [await way.epoch(request, log.stream, log.epoch) for _ in range(3)]
    if len(set(epochs)) != 1:
        raise Broken(f"one request, asked three times, got epochs {epochs}")
    other = await way.epoch(secrets.token_hex(16), log.stream, log.epoch)
    if other <= epochs[0]:
        raise Broken(f"another request got epoch {other} after {epochs[0]}")
    log.epoch = other
    (await log.push()).needs(200)
    far = await way.epoch(secrets.token_hex(16), log.stream, other + 5)
    if far <= other + 5:
        raise Broken(f"epoch {far} was issued above {other + 5}")


async def used_epoch(way: Way) -> None:
    log = await way.log(count=1)
    request = secrets.token_hex(16)
    log.epoch, above = await way.epoch(request, log.stream, log.epoch), log.epoch
    (await log.push()).needs(200)
    again = await way.epoch(request, log.stream, above)
    if again <= log.epoch:
        raise Broken(f"epoch {again} was issued again after items were taken under it")


async def left_epoch(way: Way) -> None:
    log = await way.log(count=3)
    (await log.push(1, 2)).needs(200)
    await way.epoch(secrets.token_hex(16), log.stream, log.epoch)
    (await log.push(3)).needs(409, problem="fork")
    if (await way.stand(log.head(2))).get("standing") != "fork":
        raise Broken("a device of an epoch that another has followed stands as a fork")


async def ended(way: Way) -> None:
    """HQ came back from a backup with 2 of 5 items; and an HQ has more than the device, of another life of the box."""
    for kept, other in ((2, 0), (2, 6)):
        old = await way.log("visits", count=5)
        first = old.branch(kept)
        for _ in range(other):
            first.add()
        (await first.push()).needs(200)
        new = await way.log("visits", count=1)
        marks = [Mark(item.seq, item.hash[:MARK_DIGITS]) for item in old.items]
        told = Ended(old.epoch, 5, old.hash(5), marks)
        unheard = Ended(new.epoch, 5, old.hash(5), marks)
        push = msgspec.structs.replace(new.batch(1), ended=[told, unheard])
        await new.needs_ack(await new.send(push), 1, kept=1)
        await new.needs_ack(await new.send(push), 1)
        end = (max(5, kept + other), (first if other else old).hash(max(5, kept + other)))
        left, here = await way.stand(old.head(5)), await way.stand(new.head(1))
        if (left.get("seq"), left.get("hash")) != end:
            raise Broken(f"the epoch that was left ends at {left.get('seq')}, not at {end[0]} with that item's hash")
        if here.get("seq") != 1:
            raise Broken(f"a word about the epoch in use moved it to {here.get('seq')}")


async def known_by_id(way: Way) -> None:
    old = await way.log(count=4)
    (await old.push()).needs(200)
    new = await way.log()
    for item in old.items[2:]:
        new.again(item)
    new.add()
    await new.needs_ack(await new.push(), 3, known=2, kept=1)


async def skipped_numbers(way: Way) -> None:
    """A box restored once more: its new sale has the number of an item that HQ skipped as known."""
    old = await way.log(count=2)
    (await old.push()).needs(200)
    new = await way.log()
    for item in old.items:
        new.again(item)
    await new.needs_ack(await new.push(), 2, known=2)
    restored = new.branch(1)
    restored.add()
    (await restored.push(2)).needs(409, problem="fork")
    (await restored.push(1)).needs(409, problem="fork")
    if (await way.stand(restored.head(0))).get("standing") != "fork":
        raise Broken("hello does not see it")
    await new.needs_cursor(2)
    if new.hash(0) != GENESIS:
        raise Broken("an epoch begins with GENESIS")
