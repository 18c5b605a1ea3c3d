"""Makes tests/frozen/v1: a data directory as schema v1 left it, to be opened for ever by what comes after.

    python tests/frozen/make_v1.py DIRECTORY

It holds a closed sale that HQ has, a closed sale that waits, an open sale, a phone number, a lock and stock. Run once
with the program of that version; a frozen directory is never made again.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import anyio

from sync.store.batch import Batch, Command, Entry, Lock, Outgoing, Personal, SaleRow, Setting, StockMove
from sync.store.store import open_store

DEVICE = "frozen-till"
AT_MS = 1_795_251_600_000  # 2026-11-21 12:00 in Moscow


def closed(number: int) -> Batch:
    sale = f"sale-{number}"
    body = f'{{"id":"{sale}","total":129900}}'.encode()
    return Batch(
        entries=(Entry("opened", "t1", b'{"cashier":"Anna"}', sale), Entry("closed", "t1", body, sale)),
        command=Command(f"command-{number}", "t1", number, b'{"ok":true}'),
        outgoing=(Outgoing("sales", f"item-{number}", "sale", 1, body),),
        moves=(StockMove("4607012330017", "shop", -1000, "sale", sale),),
        personal=(Personal(f"person-{number}", sale, "phone", "+79990000000"),),
        sales=(SaleRow(sale, "t1", f"000{number}", "sale", "CLOSED", AT_MS, AT_MS + 9, 129_900, 7, "", False),),
    )


async def make(directory: Path) -> None:
    async with open_store(directory, device=DEVICE, now_ms=lambda: AT_MS) as store:
        await store.commit(closed(1))
        await store.outbox_acked("sales", 1)
        await store.commit(closed(2))
        await store.commit(
            Batch(
                entries=(Entry("opened", "t1", b'{"cashier":"Anna"}', "sale-3"),),
                sales=(SaleRow("sale-3", "t1", "0003", "sale", "PAYING", AT_MS, None, 44_900, 7, "", True),),
                locks=(Lock("terminal", "sale-3"),),
                settings=(Setting("shift:t1", b'{"number":7}'),),
            )
        )
    for left in ("lock", "reserve"):
        (directory / left).unlink(missing_ok=True)


if __name__ == "__main__":
    anyio.run(partial(make, Path(sys.argv[1])))
