"""What HQ acknowledged survives a power cut at any write or sync: a device deletes what was acknowledged."""

from __future__ import annotations

import random
from dataclasses import dataclass

import apsw
import pytest

from cloud_api.ingest import take
from cloud_api.storage.sqlite import SqliteStorage, open_sqlite
from cloud_api.store.devices import KnownDevice, device_of_key, put_device
from sync.wire.edge_log import Ack
from tests.cloud_api.at_once import AtOnce, at_once
from tests.cloud_api.pushing_till import ENTRIES, KEY, NOON_MS, PushingTill, a_sale
from tests.simulation.recording_vfs import power

FILE = "/hq/hq.db"
BATCHES = 12


@dataclass
class Cut:
    """The disk at one moment, and the last number HQ had acknowledged by then."""

    operation: str
    acked: int
    disk: dict[str, bytes]


def known(storage: SqliteStorage) -> KnownDevice:
    device = at_once(device_of_key(storage, KEY))
    assert device is not None
    return device


@pytest.fixture(autouse=True)
def _exclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    """WAL without shared memory: SQLite needs the lock to be exclusive before the first read."""

    real = apsw.Connection

    def connection(path: str, *, vfs: str | None = None) -> apsw.Connection:
        made = real(path, vfs=vfs)
        made.execute("PRAGMA locking_mode=EXCLUSIVE")
        return made

    monkeypatch.setattr(apsw, "Connection", connection)


@pytest.mark.parametrize("torn", [False, True], ids=["synced-only", "torn-writes"])
def test_no_acknowledged_sale_is_lost(torn: bool) -> None:
    """Law 5: an Ack means that everything up to it is on HQ's disk."""
    rng = random.Random(5) if torn else None
    cuts: list[Cut] = []
    acked = 0
    till = PushingTill()
    with power(f"hq{torn}", seed=3) as disk:
        storage = open_sqlite(FILE, vfs=disk.name)
        at_once(put_device(storage, ENTRIES[0], now_ms=NOON_MS))
        device = known(storage)
        disk.watch = lambda operation, file: cuts.append(Cut(f"{operation} {file}", acked, disk.image(rng)))
        for number in range(BATCHES):
            for one in range(3):
                till.add(f"item-{number}-{one}", a_sale(f"sale-{number}-{one}"))
            batch = till.batch(number * 3 + 1, number * 3 + 3)
            taken = at_once(take(storage, device, "sales", batch, now_ms=NOON_MS + number))
            assert isinstance(taken.answer, Ack)
            acked = taken.answer.ack
            cuts.append(Cut("acknowledged", acked, disk.image(rng)))
        at_once(storage.close())
    assert acked == BATCHES * 3
    for number, cut in enumerate(cuts):
        with power(f"hq-after{torn}{number}", image=cut.disk) as disk:
            storage = open_sqlite(FILE, vfs=disk.name)
            again = AtOnce(storage)
            kept = again.number("SELECT count(*) FROM sale")
            assert kept >= cut.acked, f"{cut.operation}: {cut.acked} were acknowledged, {kept} are left"
            assert kept % 3 == 0, f"{cut.operation}: half a batch was kept"
            assert again.number("SELECT coalesce(max(seq), 0) FROM device_cursor") == kept
            at_once(storage.close())
