"""Whatever is lost, doubled or restarted between a till and HQ, each sale is counted once and none is missing."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import httpx
import msgspec
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pushing_till import PushingTill, a_sale, client_of, counted, open_hq, rechained

from cloud_api.app import Hq
from tests.cloud_api.at_once import AtOnce, at_once

STEP = st.one_of(
    st.tuples(st.just("sell"), st.integers(1, 4)),
    st.tuples(st.just("push"), st.integers(1, 6)),
    st.tuples(st.just("push, reply lost"), st.integers(1, 6)),
    st.tuples(st.just("push an old batch again"), st.integers(1, 6)),
    st.tuples(st.just("push ahead"), st.integers(1, 3)),
    st.tuples(st.just("truncated"), st.integers(1, 40)),
    st.tuples(st.just("HQ restarts"), st.just(0)),
    st.tuples(st.just("till restored from a copy"), st.integers(0, 5)),
)


@dataclass
class Shop:
    """A till that follows the wire's rules, and a list of every sale it has ever closed."""

    till: PushingTill = field(default_factory=PushingTill)
    acked: int = 0
    sold: list[str] = field(default_factory=list)
    highest_epoch: int = 1

    def sell(self, count: int) -> None:
        for _ in range(count):
            name = f"{len(self.sold) + 1}"
            self.till.add(f"item-{name}", a_sale(f"sale-{name}"))
            self.sold.append(f"sale-{name}")

    async def push(self, client: httpx.AsyncClient, first: int, last: int, *, heard: bool = True) -> None:
        if first > len(self.till.items):
            return
        answer = await self.till.push(client, first, last)
        body = answer.json()
        if not heard:
            return
        if answer.status_code == 200 and body["ack"] > len(self.till.items):
            self.new_epoch()  # HQ has more than this till ever numbered: a fork, as sync/uplink.py takes it
        elif answer.status_code == 200:
            self.acked = max(self.acked, body["ack"])
        elif body["problem"] == "gap":
            # A gap only leads back (sync/uplink.py): it is no acknowledgement of what this till numbered itself.
            self.acked = min(self.acked, body["expect"] - 1)
        else:
            assert body["problem"] == "fork"
            self.new_epoch()

    def new_epoch(self) -> None:
        """All that is not known to be acknowledged goes again under numbers never used before."""
        self.highest_epoch += 1
        fresh = PushingTill(epoch=self.highest_epoch)
        rechained(self.till.items[self.acked :], epoch_of=fresh)
        self.till, self.acked = fresh, 0


async def play(steps: list[tuple[str, int]], path: Path) -> tuple[Shop, Hq]:
    shop, hq = Shop(), await open_hq(path)
    client = client_of(hq)
    for name, n in [*steps, ("sell", 1)]:
        match name:
            case "sell":
                shop.sell(n)
            case "push":
                await shop.push(client, shop.acked + 1, shop.acked + n)
            case "push, reply lost":
                await shop.push(client, shop.acked + 1, shop.acked + n, heard=False)
            case "push an old batch again":
                await shop.push(client, max(1, shop.acked - n), shop.acked + 1)
            case "push ahead":
                await shop.push(client, shop.acked + 1 + n, shop.acked + 6 + n)
            case "truncated" if shop.acked < len(shop.till.items):
                body = msgspec.json.encode(shop.till.batch(shop.acked + 1, shop.acked + 5))
                assert (await shop.till.send(client, body[:-n], encoding="")).status_code == 400
            case "HQ restarts":
                await hq.storage.close()
                hq = await open_hq(path)
                client = client_of(hq)
            case "till restored from a copy":
                # The disk image is some pushes old: sales made since are gone from the till, but only those HQ has.
                behind = min(n, shop.acked)
                waiting = shop.till.items[shop.acked :]
                kept = PushingTill(epoch=shop.till.epoch, items=shop.till.items[: shop.acked - behind])
                shop.till, shop.acked = kept, len(kept.items)
                for item in waiting:
                    shop.till.add_raw(item.id, bytes(item.body))
            case _:
                pass
    for _ in range(40):  # the line is good again: the queue drains
        if shop.acked == len(shop.till.items):
            break
        await shop.push(client, shop.acked + 1, shop.acked + 3)
    return shop, hq


@settings(max_examples=70, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=25))
@example([("sell", 4), ("push", 1), ("till restored from a copy", 1), ("push ahead", 2)])
def test_each_sale_is_counted_once_after_any_trouble(steps: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop, hq = anyio.run(play, steps, Path(folder) / "hq.sqlite")
        try:
            assert shop.acked == len(shop.till.items)
            assert sorted(at_once(counted(hq))) == sorted(shop.sold)
            asked = AtOnce(hq.storage)
            assert asked.number("SELECT -moved_thousandths FROM stock_sum") == 1000 * len(shop.sold)
            assert asked.number("SELECT count(*) FROM quarantine") == 0
        finally:
            at_once(hq.storage.close())


def test_the_steps_reach_a_fork_and_a_gap() -> None:
    """The property above is worth something only if its steps meet the answers it is about."""
    steps = [("sell", 4), ("push", 4), ("till restored from a copy", 3), ("sell", 2), ("push", 3)]
    with tempfile.TemporaryDirectory() as folder:
        shop, hq = anyio.run(play, steps, Path(folder) / "hq.sqlite")
        assert shop.highest_epoch == 2
        assert sorted(at_once(counted(hq))) == sorted(shop.sold)
        at_once(hq.storage.close())
