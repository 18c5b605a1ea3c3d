"""The order of arrival goes on: over a restart of HQ, a clock set back, and two HQ programs over one database."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import httpx
import pytest
from pushing_till import NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, counted, open_hq

from cloud_api import push_door
from cloud_api.arrivals import SET_RIGHT_MS, Arrivals
from cloud_api.ingest import take
from cloud_api.live import Bell, feed

pytestmark = pytest.mark.anyio


async def follow(client: httpx.AsyncClient, after: str) -> tuple[list[str], str]:
    """The ids of the sales after a place, and the place of the last one."""
    answer = await client.get(f"/v1/sales?after={after}")
    assert answer.status_code == 200, answer.text
    sales = answer.json()["sales"]
    return [sale["id"] for sale in sales], sales[-1]["arrival"] if sales else after


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("back_ms", [3_600_000, SET_RIGHT_MS + 60_000, 400 * SET_RIGHT_MS])
async def test_who_follows_the_sales_misses_none(where: str, back_ms: int, restarted: bool) -> None:
    """Whoever has read up to the newest sale hears of the next one, and of that one only, whatever HQ's clock was."""
    till, clock = PushingTill(), Clock(NOON_MS)
    for name in ("one", "two", "three", "four"):
        till.add(name, a_sale(name))
    hq = await open_hq(where, clock)
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
        _, early = await follow(client, "0")
        await till.push(client, 2, 2)
        _, place = await follow(client, early)
    clock.ms -= back_ms
    if restarted:
        await hq.storage.close()
        hq = await open_hq(where, clock)
    async with client_of(hq) as client:
        assert await follow(client, place) == ([], place)
        assert (await till.push(client, 3, 3)).status_code == 200
        told, newest = await follow(client, place)
        assert (told, (await follow(client, early))[0]) == (["three"], ["two", "three"])
        await till.push(client, 4, 4)
        assert (await follow(client, newest))[0] == ["four"]
        at_ms = int(newest.partition(".")[0])
        assert at_ms - clock.ms <= SET_RIGHT_MS, "the moments are the clock's again"
    assert await counted(hq) == ["one", "two", "three", "four"]
    await hq.storage.close()


async def test_a_place_of_a_date_to_come_that_no_sale_has_is_refused(where: str) -> None:
    """Waiting for that date in silence would tell whoever follows that nothing is sold."""
    hq = await open_hq(where)
    async with client_of(hq) as client:
        answer = await client.get(f"/v1/sales?after={NOON_MS + 2 * SET_RIGHT_MS}.1.1.nobody")
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    await hq.storage.close()


async def test_a_sale_that_rings_while_the_feed_reads_is_not_slept_through() -> None:
    """The feed reads, then waits; what was stored in between was read by nobody."""
    bell = Bell()
    coming = bell.coming()
    bell.ring()
    assert await bell.heard(0, coming)


@pytest.mark.postgresql_only
@pytest.mark.parametrize("ahead_ms", [-5_000, 0, 5_000])
async def test_what_another_hq_still_stores_is_not_passed(
    where: str, ahead_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two HQs over one database, their clocks apart: who follows one of them waits for the batch that the other has
    begun to store, and hears of it once; so does the live feed."""
    slow, quick = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    slow.add("slow", a_sale("slow"))
    for name in ("before", "after"):
        quick.add(name, a_sale(name))
    one, two = await open_hq(where, Clock(NOON_MS)), await open_hq(where, Clock(NOON_MS + ahead_ms))
    stored = held_back(monkeypatch, "slow")
    heard: list[bytes] = []
    async with client_of(one) as to_one, client_of(two) as to_two:
        await quick.push(to_two, 1, 1)
        _, place = await follow(to_two, "0")
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(listen, two, heard, tasks.cancel_scope)
                tasks.start_soon(slow.push, to_one)
                await stored.begun.wait()
                await quick.push(to_two, 2, 2)
                early, place = await follow(to_two, place)
                assert not [part for part in heard if b'"slow"' in part]
                stored.go_on.set()
        late, _ = await follow(to_two, place)
    assert sorted(early + late) == ["after", "slow"], "each of them once"
    told = [b'"id":"slow"' in part for part in heard if b"event: sale" in part]
    assert sorted(told) == [False, True], "the live feed tells both"
    await one.storage.close()
    await two.storage.close()


async def listen(hq: Any, heard: list[bytes], done: anyio.CancelScope) -> None:
    async for part in feed(hq.storage, hq.bell, None, Arrivals(Clock())):
        heard.append(part)
        if sum(b"event: sale" in part for part in heard) == 2:
            done.cancel()
            return


class held_back:
    """One device's batch has its moment and waits before it is stored."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, id: str) -> None:
        self.begun, self.go_on = anyio.Event(), anyio.Event()
        real: Callable[..., Awaitable[Any]] = take

        async def waiting(storage: Any, device: Any, stream: str, push: Any, **told: Any) -> Any:
            if push.items[0].id == id:
                self.begun.set()
                await self.go_on.wait()
            return await real(storage, device, stream, push, **told)

        monkeypatch.setattr(push_door, "take", waiting)
