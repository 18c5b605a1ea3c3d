"""The primary of a chain's database dies under load and its standby is promoted: what was acknowledged is there, once.

tills ── push ──> HQ ── pool ──> primary ── stream ──> standby (synchronous: an Ack means both have it)
                                 kill -9               pg_ctl promote; HQ finds it by its URL of two servers
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import anyio
import httpx
import pytest
from pushing_till import NOON_MS, PushingTill, a_sale, client_of

from cloud_api.app import start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.devices import key_hash
from tests.cloud_api.postgres_cluster import Cluster, NoPostgres

LONG = "TILLKEEPER_CAMPAIGN" in os.environ
TILLS, BATCHES, BATCH = (8, 120, 20) if LONG else (3, 14, 5)
DIES_AFTER = TILLS * BATCHES // 3  # batches
WITHIN_S = 300 if LONG else 90


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Cluster, Cluster]]:
    """A primary and its streaming standby."""
    primary = standby = None
    try:
        primary = Cluster("wal_level=replica", "max_wal_senders=4", "fsync=off")
        primary.make()
        standby = Cluster("hot_standby=on", "fsync=off")
        standby.run(
            "pg_basebackup", "-h", "127.0.0.1", "-p", primary.port, "-U", "hq", "-D", standby.data, "-R", "-c", "fast"
        )
        standby.start()
        primary.run("psql", "-h", "127.0.0.1", "-p", primary.port, "-U", "hq", "-d", "postgres", "-c",
                    "ALTER SYSTEM SET synchronous_standby_names='*'", "-c", "SELECT pg_reload_conf()")  # fmt: skip
        yield primary, standby
    except NoPostgres as missing:
        pytest.skip(f"no PostgreSQL: {missing}")
    finally:
        for cluster in (primary, standby):
            if cluster is not None:
                cluster.close()


def test_what_was_acknowledged_survives_the_primary(pair: tuple[Cluster, Cluster]) -> None:
    anyio.run(fail_over, *pair)


async def fail_over(primary: Cluster, standby: Cluster) -> None:
    url = f"postgresql://hq@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/postgres"
    tills = [PushingTill(f"till-{n}", f"key-of-till-{n}-0123456789") for n in range(TILLS)]
    devices = tuple(
        DeviceEntry(till.device, f"shop-{n % 2}", str(n), key_hash(till.key)) for n, till in enumerate(tills)
    )
    hq = await start_hq(Settings(database=url, devices=devices), now_ms=lambda: NOON_MS)
    acked: dict[str, int] = dict.fromkeys((till.device for till in tills), 0)
    taken = refused = 0
    gone = anyio.Event()

    async def sell(till: PushingTill, client: httpx.AsyncClient) -> None:
        nonlocal taken, refused
        for n in range(BATCHES * BATCH):
            till.add(f"i{n}", a_sale(f"{till.device}-{n}"))
        while acked[till.device] < len(till.items):
            first = acked[till.device] + 1
            answer = await till.push(client, first, first + BATCH - 1)
            if answer.status_code == 503:
                refused += 1
                await anyio.sleep(0.05)
                continue
            assert answer.status_code == 200, answer.text
            acked[till.device] = answer.json()["ack"]
            taken += 1
            if taken == DIES_AFTER:
                gone.set()

    async def disaster() -> None:
        await gone.wait()
        primary.kill()
        assert taken < TILLS * BATCHES, "it died under load"
        await anyio.to_thread.run_sync(standby.run, "pg_ctl", "promote", "-D", standby.data)

    with anyio.fail_after(WITHIN_S):
        async with client_of(hq) as client, anyio.create_task_group() as tasks:
            tasks.start_soon(disaster)
            for till in tills:
                tasks.start_soon(sell, till, client)
    stored = await hq.storage.rows("SELECT device, count(*), count(DISTINCT id) FROM sale GROUP BY device")
    assert {row[0]: row[1:] for row in stored} == {till.device: (BATCHES * BATCH,) * 2 for till in tills}
    assert await hq.storage.number("SELECT sum(sales) FROM device_cursor") == TILLS * BATCHES * BATCH
    assert await hq.storage.number("SELECT -sum(moved_thousandths) FROM stock_sum") == 1000 * TILLS * BATCHES * BATCH
    assert await hq.storage.number("SELECT inet_server_port()") == standby.port
    assert refused > 0, "the tills were told to wait meanwhile"
    await hq.storage.close()
