"""Whether HQ knows an id it finds by the id, however long a device's history is, with no statistics of any table."""

from __future__ import annotations

import pytest
from pushing_till import DEVICE, ENTRIES, PushingTill, a_sale, client_of, open_hq

from cloud_api.fates import _SOLD, _THERE

pytestmark = pytest.mark.anyio
STORE = ENTRIES[0].store


async def test_no_batch_reads_the_history_of_its_device(where: str) -> None:
    hq, till = await open_hq(where), PushingTill()
    for n in range(400):
        till.add(f"i{n}", a_sale(f"s{n}"))
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 400
    dialect = hq.storage.dialect
    explain = "EXPLAIN" if dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    asked, places = dialect.asked([f"i{n}" for n in range(400, 500)]), dialect.asked([STORE])
    known: tuple[tuple[str, str, tuple[str, ...], list[tuple[int, str]]], ...] = (
        (_THERE, "i.store", (DEVICE, "sales"), [(0, "i7")]),
        (_SOLD, "s.store", (DEVICE,), [(1, "s7")]),
    )
    for question, column, rest, found in known:
        sql = question.format(each=dialect.each("asked"), among=dialect.among(column))
        assert await hq.storage.rows(sql, (dialect.asked(["i7", "s7", "x"]), places, *rest)) == found
        plan = " ".join(str(row[-1]) for row in await hq.storage.rows(f"{explain} {sql}", (asked, places, *rest)))
        assert "(store=? AND id=?)" in plan or ("store_id_idx" in plan and "id = asked.id" in plan), plan
        assert "pkey" not in plan, plan
        assert "Seq Scan" not in plan, plan
    await hq.storage.close()
