"""A day's visitors in figures: counts add up, bands are told as they were, ranges show on the days they touch."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pushing_till import DEVICE, NOON_MS, Clock, PushingTill, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.settings import DeviceEntry
from cloud_api.store.devices import key_hash, put_device
from sync.wire.visit_facts import BandFact, HourFact, VisitFact

pytestmark = pytest.mark.anyio
HOUR_MS = 3_600_000
BAND = BandFact("calibrated", 3.0, 2.0, 4.0, 1.0, 5.0)


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


async def test_two_devices_of_a_store_add_up_and_the_better_hearing_one_is_shown(hq: Hq) -> None:
    beside = PushingTill("kazan-2", "till-three-key-till-three", stream="visits")
    await put_device(hq.storage, DeviceEntry("kazan-2", "Казань, Баумана", "2", key_hash(beside.key)), now_ms=0)
    till = PushingTill(DEVICE, stream="visits")
    till.add("h1", HourFact(NOON_MS, 10, 2, 3, 11, 9, BandFact("short"), None, 0.2), "hour")
    till.add("h2", HourFact(NOON_MS + HOUR_MS, 30, 0, 7), "hour")
    till.add("v1", VisitFact("v1", NOON_MS, NOON_MS + 1, [], inside_s=100, person="a"), "visit")
    till.add("v0", VisitFact("v0", NOON_MS - 48 * HOUR_MS, NOON_MS, [], person="a"), "visit")
    till.add("v4", VisitFact("v4", NOON_MS, NOON_MS + 1, [], person="b"), "visit")
    till.add("v2", VisitFact("v2", NOON_MS, NOON_MS + 1, [], inside_s=500), "visit")
    till.add("v3", VisitFact("v3", NOON_MS, NOON_MS + 1, []), "visit")
    beside.add("h1", HourFact(NOON_MS, 5, 0, 0, None, None, BAND, None, 0.9), "hour")
    async with client_of(hq) as client:
        for one in (till, beside):
            assert (await one.push(client)).status_code == 200
        day = (await client.get("/v1/visitors")).json()
        figures = (await client.get("/v1/figures")).json()
        other = (await client.get("/v1/visitors", params={"day": "2026-11-20"})).json()
    assert figures["ever_seen"] is True
    assert (day["day"], day["today"], day["first_day"], other["stores"]) == ("2026-11-21",) * 3 + ([],)
    (store,) = day["stores"]
    assert (store["visits"], store["receipts"], store["returning"], store["known"], store["dwell_s"]) == (
        *(45, 10, 1, 2, 300),
    )
    assert store["conversion"] == 222
    assert store["conversion_low"] < 222 < store["conversion_high"]
    assert [hour["hour"] for hour in store["hours"]] == [12, 13]
    first = store["hours"][0]
    assert (first["visits"], first["entered"], first["left"], first["heard"]) == (15, 11, 9, 900)
    assert (first["people"]["value"], first["people"]["low80"], first["passers"]) == (3.0, 2.0, None)


async def test_a_share_of_few_visits_is_worth_less(hq: Hq) -> None:
    bands = []
    for visits, receipts in ((12, 3), (1200, 300)):
        till = PushingTill(DEVICE, stream="visits", epoch=visits)
        till.add(f"h{visits}", HourFact(NOON_MS, visits, 0, receipts), "hour")
        async with client_of(hq) as client:
            await till.push(client)
            store = (await client.get("/v1/visitors")).json()["stores"][0]
        assert store["conversion"] == 250
        bands.append(store["conversion_high"] - store["conversion_low"])
    assert bands[0] > 5 * bands[1]


async def test_metrics_tell_streams_apart_and_count_what_was_dropped(hq: Hq) -> None:
    till = PushingTill(DEVICE, stream="visits")
    till.add("v1", VisitFact("v1", NOON_MS, NOON_MS + 1, []), "visit")
    async with client_of(hq) as client:
        await till.push(client)
        await hq.storage.rows("INSERT INTO dropped_range VALUES('s', 'kazan-1', 1, 'visits', 2, 9, 'h', 0, 0, 0)")
        text = (await client.get("/metrics")).text
    assert 'tillkeeper_hq_stream_pushes_total{stream="visits",answer="ack"} 1' in text
    assert 'tillkeeper_hq_dropped_items{device="kazan-1",stream="visits"} 8' in text
    assert 'tillkeeper_hq_stream_items{device="kazan-1",stream="visits"} 1' in text
