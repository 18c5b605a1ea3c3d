"""A shop that version 1 left in the middle of its day: today's agent opens it, folds it alike, goes on and tells HQ."""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import apsw
import httpx
import msgspec
import pytest

from cloud_api.app import Hq, start_hq
from cloud_api.ingest import take
from cloud_api.settings import DeviceEntry
from cloud_api.settings import Settings as HqSettings
from cloud_api.store.devices import KnownDevice, key_hash
from cloud_api.store.keys import bearer_device
from sync.courier import Courier
from sync.store import database, migrations
from sync.store.sale_journal import read_sale
from sync.store.store import Store, open_store
from sync.uplink import run_uplink
from sync.wire.edge_log import Item, Push
from tests.agent.small_shop import BEAR, World, make_world, small_shop
from tests.frozen.make_agent_v1 import ACKED, TERMINALS, told

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["trio"], indirect=True)]

FROZEN = Path(__file__).parents[1] / "frozen" / "agent_v1"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FROZEN / "expected.json").read_text(encoding="utf-8"))
HQ_URL = "http://hq.test"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copytree(FROZEN / "data", tmp_path / "data")
    return tmp_path / "data"


def world_of_then() -> World:
    """The devices as they were left, twenty minutes later."""
    world = make_world(TERMINALS, memories=json.loads((FROZEN / "devices.json").read_text(encoding="utf-8")))
    world.clock.ahead = dt.timedelta(minutes=20)
    return world


async def test_it_holds_what_it_should() -> None:
    """All the states that a later version must still understand are in it."""
    states = {(sale["act"], sale["phase"]) for sale in EXPECTED.values()}
    assert states == {("sale", "closed"), ("refund", "closed"), ("sale", "basket"), ("sale", "paying"),
                      ("sale", "paid_unsealed")}  # fmt: skip
    attempts = {attempt[0] for sale in EXPECTED.values() for attempt in sale["attempts"]}
    assert attempts == {"approved", "booked", "unknown"}
    assert not (FROZEN / "data" / "hq.key").exists()
    key = (FROZEN / "keys" / "hq.key").read_bytes().strip()
    assert key not in (FROZEN / "data" / "journal.db").read_bytes()


async def folds(data: Path) -> dict[str, dict[str, Any]]:
    """Every sale as the journal tells it; no till runs and no device is asked."""
    async with open_store(data, device="shop-1", now_ms=lambda: 1, inline=anyio.lowlevel.checkpoint) as store:
        assert store.verify_chain() is None
        found = {id: read_sale(store.journal(id)) for id in EXPECTED}
        assert store.outbox_ack("sales") == ACKED
        assert [person.value for id in EXPECTED for person in store.personal(id)] == ["+79990000000"]
        assert {row.id for row in store.open_sales()} == {
            id for id, sale in EXPECTED.items() if sale["phase"] != "closed"
        }
    return {id: told(sale) for id, sale in found.items()}


async def test_every_sale_folds_as_it_did(data: Path) -> None:
    """The journal alone says where each sale stands."""
    assert await folds(data) == EXPECTED


async def test_without_its_devices_it_waits(data: Path) -> None:
    """No device answers: the doubtful payment is on the screen, and there is no pay key."""
    world = world_of_then()
    for device in world.devices.values():
        device.plugged = False
    async with small_shop(data, terminals=TERMINALS, world=world, hq=True) as shop:
        assert shop.view().case is not None
        assert shop.view().tenders == []
        assert [parked.unresolved for parked in shop.view().parked] == [False]


async def test_it_resumes_and_settles(data: Path) -> None:
    """The doubtful payment is found and sealed, the reservation without a document goes back, the basket is sold."""
    world = world_of_then()
    async with small_shop(data, terminals=TERMINALS, world=world, hq=True) as shop:
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None, within_s=300)
        await shop.until(lambda view: view.screen == "selling", "2", within_s=300)
        await shop.done("new_sale")
        await shop.done("bring_back")
        await shop.pay_cash()
        await shop.until(lambda view: view.screen == "receipt" and shop.till().counter is None)
        await shop.done("pay", "2", means="card")
        await shop.until(lambda view: view.screen == "receipt" and shop.till("2").counter is None, "2")
        assert [sale.phase.value for sale in shop.sales()] == ["closed"] * len(EXPECTED)
        assert len(world.devices["card1"].events("charged")) == 0, "it had been charged before: nothing is charged now"
        assert [record["event"] for record in world.devices["card2"].events("rolled_back", "charged")] == [
            "rolled_back", "charged",
        ]  # fmt: skip
        assert len(world.devices["kkt1"].events("fiscalised")) == 2
        assert len(world.devices["kkt2"].events("fiscalised")) == 1
        await shop.done("new_sale")
        assert (await shop.sold(BEAR)).number == "0007"


async def test_it_drains_to_hq(data: Path, tmp_path: Path) -> None:
    """What had been acknowledged is not sent again, what waited arrives once, in order."""
    key = (FROZEN / "keys" / "hq.key").read_text(encoding="utf-8").strip()
    device = DeviceEntry("shop-1", "Shop", "Tills", key_hash(key))
    world = world_of_then()
    async with small_shop(data, terminals=TERMINALS, world=world, hq=True) as shop:
        hq = await start_hq(HqSettings(database=str(tmp_path / "hq.db"), devices=(device,)), now_ms=world.clock.now_ms)
        head = shop.store.outbox_head("sales")
        await _hq_has(hq, shop.store, ACKED)
        transport = httpx.ASGITransport(app=hq)
        client = httpx.AsyncClient(transport=transport, base_url=HQ_URL)
        async with client, anyio.create_task_group() as tasks:
            post = Courier(client, HQ_URL, key).post
            assert shop.shop.board is not None
            arguments = (shop.store, post, shop.shop.board)
            clock = world.clock.now_ms

            async def uplink() -> None:
                await run_uplink(*arguments, now_ms=clock, rng=random.Random(1))

            tasks.start_soon(uplink)
            await shop.wait(lambda: shop.store.outbox_ack("sales") >= head, within_s=60)
            tasks.cancel_scope.cancel()
        items = [row[0] for row in await hq.storage.rows("SELECT seq FROM item ORDER BY seq")]
        assert items == list(range(1, len(items) + 1))
        assert len(items) >= head
        counted = {row[0] for row in await hq.storage.rows("SELECT id FROM sale")}
        assert {id for id, sale in EXPECTED.items() if sale["phase"] == "closed"} <= counted
        assert await hq.storage.number("SELECT count(*) FROM quarantine") == 0
        await hq.storage.close()


async def _hq_has(hq: Hq, store: Store, acked: int) -> None:
    """HQ as it was then: it had taken what was acknowledged."""
    key = (FROZEN / "keys" / "hq.key").read_text(encoding="utf-8").strip()
    rows = store.outbox_read("sales", 0, acked)
    known = await bearer_device(hq.storage, key)
    assert isinstance(known, KnownDevice)
    items = [Item(row.seq, row.id, row.kind, row.v, row.at_ms, row.hash, msgspec.Raw(row.body)) for row in rows]
    await take(hq.storage, known, "sales", Push(store.device, store.epoch, 1, items), now_ms=1)


async def test_a_later_schema_still_opens_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next version adds a column: a copy is kept, every sale folds as before, the copy opens with today's code."""
    later = (*migrations.MIGRATIONS, "ALTER TABLE sale ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    with monkeypatch.context() as newer:
        newer.setattr(database, "MIGRATIONS", later)
        assert await folds(data) == EXPECTED
    found = apsw.Connection(str(data / "journal.db"))
    assert found.execute("PRAGMA user_version").get == len(later)
    found.close()
    (data / "journal.db.v1.bak").replace(data / "journal.db")
    assert await folds(data) == EXPECTED
