"""Emptied cash units at HQ: each document once, as it stands after the count; what fits nothing is held."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from pushing_till import NOON_MS, PushingTill, client_of, open_hq

from cloud_api.app import Hq
from sync.wire.facts import Doubt, Encashment

pytestmark = pytest.mark.anyio
BOX: dict[str, Any] = {
    "kiosk": "k1",
    "device": "cash1",
    "unit": "validator",
    "period": 3,
    "number": "7",
    "serial": "SN1",
    "currency": "RUB",
    "from_ms": NOON_MS - 86_400_000,
    "to_ms": NOON_MS,
    "counts": [(50_000, 2), (100_000, 1)],
    "counted": 200_000,
    "total": 200_000,
}


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


def closed(**more: Any) -> Encashment:
    facts = {"state": "closed", "told_ms": NOON_MS, "operator": "Ольга", "doubts": [Doubt(4, 50_000, "x")]}
    return Encashment(**BOX | facts | more)


async def told(hq: Hq, *facts: Encashment) -> list[dict[str, Any]]:
    till = PushingTill()
    for fact in facts:
        till.add(f"{fact.kiosk}/{fact.unit}/{fact.period}/{fact.state}", fact, "encashment")
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        answer: list[dict[str, Any]] = (await client.get("/v1/encashments")).json()
    return answer


async def test_a_document_is_shown_as_it_was_closed(hq: Hq) -> None:
    (shown,) = await told(hq, closed())
    assert (shown["number"], shown["total"], shown["operator"], shown["unauthorised"]) == ("7", 200_000, "Ольга", False)
    assert shown["counts"] == [[50_000, 2], [100_000, 1]]
    assert (shown["doubts"], shown["doubted"], shown["centre"], shown["difference"]) == (1, 50_000, None, None)


async def test_a_count_replaces_what_was_known(hq: Hq) -> None:
    settled = msgspec.structs.replace(
        closed(), state="counted", doubts=[Doubt(4, 50_000, "x", "", "in")], centre=240_000, difference=-10_000
    )
    other = closed(period=4, number="8", to_ms=NOON_MS + 1, operator="", unauthorised=True)
    newest, counted = await told(hq, closed(), other, settled)
    assert (newest["number"], newest["unauthorised"]) == ("8", True)
    assert (counted["doubts"], counted["centre"], counted["difference"]) == (0, 240_000, -10_000)


async def test_what_is_no_encashment_is_held(hq: Hq) -> None:
    odd = msgspec.structs.replace(closed(), state="lost")
    assert await told(hq, odd, closed(total=10**14)) == []
    async with client_of(hq) as client:
        held = (await client.get("/v1/quarantine")).json()
    assert sorted(row["why"].split(":")[0] for row in held) == ["range", "state"]
