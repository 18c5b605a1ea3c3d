"""The order of arrival goes on over a restart of HQ, also when its clock was set back meanwhile."""

from __future__ import annotations

import pytest
from pushing_till import NOON_MS, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.arrivals import SET_RIGHT_MS

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(("back_ms", "goes_on"), [(3_600_000, True), (SET_RIGHT_MS + 60_000, False)])
async def test_who_follows_the_sales_misses_none(where: str, back_ms: int, goes_on: bool) -> None:
    """Whoever has read up to the newest sale hears of the next one. A clock that was days ahead is not followed."""
    till = PushingTill()
    till.add("one", a_sale("one"))
    till.add("two", a_sale("two"))
    hq = await open_hq(where, Clock(NOON_MS))
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
    await hq.storage.close()
    hq = await open_hq(where, Clock(NOON_MS - back_ms))
    async with client_of(hq) as client:
        assert (await till.push(client, 2, 2)).status_code == 200
    rows = await hq.storage.rows("SELECT id FROM sale ORDER BY received_ms, device, epoch, seq")
    assert [row[0] for row in rows] == (["one", "two"] if goes_on else ["two", "one"])
    await hq.storage.close()
