"""Once a minute HQ hears how a device is; the last word counts, and nothing of it touches the device's disk."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import anyio
import httpx
import msgspec
import pytest

from agent.heartbeat import run_heartbeat
from agent.hq_ways import heartbeat
from cloud_api.app import start_hq
from cloud_api.settings import DeviceEntry
from cloud_api.settings import Settings as HqSettings
from cloud_api.store.devices import key_hash
from sync.courier import Courier
from sync.greeter import Greeter
from sync.telemetry_log import TelemetryLog
from sync.uplink import run_uplink
from sync.uplink_board import UplinkBoard
from sync.wire.telemetry_facts import Heartbeat
from tests.agent.small_shop import BEAR, small_shop

pytestmark = pytest.mark.anyio
KEY, URL = "key-of-the-heart", "http://hq"


@pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)
async def test_hq_knows_how_the_device_is(tmp_path: Path) -> None:
    entry = DeviceEntry("shop-1", "Shop", "Tills", key_hash(KEY))
    async with small_shop(tmp_path / "shop", hq=True) as shop:
        now_ms = shop.shop.clock.now_ms
        hq = await start_hq(HqSettings(database=str(tmp_path / "hq.db"), devices=(entry,)), now_ms=now_ms)
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app=hq), base_url=URL)
        await shop.open_shift()
        await shop.sold(BEAR)
        assert shop.shop.board is not None
        boards = [(shop.shop.board, shop.store)]
        log, board = TelemetryLog("shop-1", "telemetry", now_ms), UplinkBoard(("telemetry",))
        async with client, anyio.create_task_group() as tasks:
            way = partial(run_uplink, now_ms=now_ms, rng=random.Random(1), greet=Greeter(client, URL, KEY))
            tasks.start_soon(way, log, Courier(client, URL, KEY).post, board)
            tasks.start_soon(run_heartbeat, log, partial(heartbeat, shop.shop, boards), random.Random(2))
            await anyio.sleep(400)
            tasks.cancel_scope.cancel()
        rows = await hq.storage.rows("SELECT device, store, body FROM heartbeat")
        taken = await hq.storage.number("SELECT count(*) FROM item WHERE stream='telemetry'")
        await hq.storage.close()
        waiting = shop.store.outbox_head("sales")
    assert [row[:2] for row in rows] == [("shop-1", "Shop")]
    told = msgspec.json.decode(rows[0][2], type=Heartbeat)
    assert told.uptime_s >= 300
    assert {lane.stream: lane.waiting for lane in told.lanes} == {"sales": waiting, "loyalty": 0}
    assert told.lanes[0].oldest_s >= 300, "the oldest sale waits since the shift was opened"
    assert (told.devices_up, told.devices) == (len(shop.shop.ports), len(shop.shop.ports))
    assert told.commit_p99_us is not None
    assert 0 <= (told.disk_used_percent or 0) <= 100
    assert 5 <= taken <= 8, "once a minute"
