"""More shops push at once than HQ can store in time: the rest are told to come back, and nothing is touched."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio
import pytest
from pushing_till import PushingTill, a_sale, client_of, open_hq

from cloud_api.push_door import MOST_AT_ONCE
from cloud_api.storage.storage import RETRY_AFTER_S

pytestmark = pytest.mark.anyio


async def test_who_comes_when_many_push_is_told_to_come_back(where: str) -> None:
    """A till that is told to wait does so; one that HQ lets wait without a word gives up and sends all again."""
    hq = await open_hq(where)
    till = PushingTill()
    till.add("one", a_sale("one"))
    body, headers = till.request(1, 1)
    go_on = anyio.Event()
    all_read = anyio.Event()
    answers: list[int] = []
    reading = 0

    async def slowly() -> AsyncIterator[bytes]:
        nonlocal reading
        reading += 1  # HQ asks for the body of what it has taken on
        if reading == MOST_AT_ONCE:
            all_read.set()
        await go_on.wait()
        yield body

    async with client_of(hq) as client, anyio.create_task_group() as tasks:

        async def push() -> None:
            answer = await client.post("/v1/push/sales", content=slowly(), headers=headers)
            answers.append(answer.status_code)

        for _ in range(MOST_AT_ONCE):
            tasks.start_soon(push)
        await all_read.wait()
        refused = await till.push(client)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, str(RETRY_AFTER_S))
        assert refused.json()["code"] == "busy"
        assert await hq.storage.number("SELECT count(*) FROM sale") == 0
        go_on.set()
    assert answers == [200] * MOST_AT_ONCE
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
    assert await hq.storage.number("SELECT count(*) FROM sale") == 1
    await hq.storage.close()
