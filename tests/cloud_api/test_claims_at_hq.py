"""Claim slips at HQ: each step is kept once, the newest says whether the money is still owed; misfits wait aside."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from pushing_till import DEVICE, ENTRIES, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.storage.opening import opened
from cloud_api.storage.sqlite import VERSION
from cloud_api.storage.sqlite_history import V1
from sync.wire.facts import Claim

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


def step(number: str, state: str, *, amount: int = 45_200, at_ms: int = NOON_MS, by: str = "", why: str = "") -> Claim:
    return Claim(number, "kiosk-1", amount, "change_short", "o-1", state, at_ms, by, NOON_MS + 30 * DAY_MS, why)


def pushing(*steps: Claim, till: PushingTill | None = None) -> PushingTill:
    till = till or PushingTill()
    for fact in steps:
        till.add(f"claim/{fact.number}/{len(till.items)}", fact, "claim")
    return till


async def owed(hq: Hq) -> list[tuple[str, str, int]]:
    async with client_of(hq) as client:
        found = (await client.get("/v1/claims")).json()
    return [(claim["number"], claim["state"], claim["amount"]) for claim in found]


async def test_what_is_owed_is_what_the_newest_steps_say(hq: Hq) -> None:
    till = pushing(
        step("K-1", "issued", at_ms=NOON_MS - 3),
        step("K-2", "issued", at_ms=NOON_MS - 2, amount=100),
        step("K-3", "issued", at_ms=NOON_MS - 1),
        step("K-4", "issued"),
        step("K-1", "paid", by="ann"),
        step("K-2", "expired", amount=100),
        step("K-3", "cancelled", by="sue", why="the note came back"),
    )
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        first = (await client.get("/v1/claims")).json()[0]
        text = (await client.get("/metrics")).text
    assert await owed(hq) == [("K-2", "expired", 100), ("K-4", "issued", 45_200)]
    assert first == {
        "device": DEVICE,
        "store": ENTRIES[0].store,
        "kiosk": "kiosk-1",
        "number": "K-2",
        "amount": 100,
        "reason": "change_short",
        "order": "o-1",
        "state": "expired",
        "issued_ms": NOON_MS - 2,
        "expires_ms": NOON_MS + 30 * DAY_MS,
    }
    assert {"tillkeeper_hq_claims_owed 2", "tillkeeper_hq_claims_owed_minor 45300"} <= set(text.splitlines())


async def test_a_slip_is_its_shops_own(hq: Hq) -> None:
    """Two shops count from one: a number says nothing about the other shop's slip."""
    far = pushing(step("K-1", "paid", by="bob"), till=PushingTill(OTHER, OTHER_KEY))
    async with client_of(hq) as client:
        await pushing(step("K-1", "issued")).push(client)
        await far.push(client)
    assert await owed(hq) == [("K-1", "issued", 45_200)]


async def test_a_payment_is_counted_once_over_epochs(hq: Hq) -> None:
    """Sent again under a new epoch by its id: known, and nothing is owed a second time."""
    till = pushing(step("K-1", "issued"), step("K-1", "paid", by="ann"))
    again = PushingTill(epoch=2)
    for item in till.items[:1]:
        again.add_raw(item.id, bytes(item.body), item.kind, item.v)
    async with client_of(hq) as client:
        await till.push(client)
        assert (await again.push(client)).status_code == 200
    assert await owed(hq) == []
    assert await hq.storage.number("SELECT count(*) FROM claim") == 2


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (step("K-1", "lost"), "state: 'lost'"),
        (step("", "issued"), "no_number"),
        (step("K-1", "issued", amount=10**14), "range: "),
    ],
)
async def test_what_is_no_claim_waits_in_quarantine(hq: Hq, fact: Claim, why: str) -> None:
    till = pushing(fact, step("K-2", "issued"))
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        held = (await client.get("/v1/quarantine")).json()
    assert [one["kind"] for one in held] == ["claim"]
    assert held[0]["why"].startswith(why)
    assert await owed(hq) == [("K-2", "issued", 45_200)]


async def test_a_file_of_an_earlier_hq_is_brought_forward_with_a_copy(tmp_path: Path) -> None:
    path = tmp_path / "hq.sqlite"
    old = apsw.Connection(str(path))
    old.execute(V1)
    old.execute("INSERT INTO device VALUES ('d', 's', 't', 'k', 1, NULL, NULL)")
    old.execute("PRAGMA user_version = 1")
    old.close()
    async with opened(str(path)) as storage:
        assert await storage.number("PRAGMA user_version") == VERSION
        assert await storage.row("SELECT device FROM device") == ("d",)
        assert await storage.rows("SELECT * FROM claim_owed") == []
    copy = apsw.Connection(str(tmp_path / f"hq.sqlite.before-v{VERSION}"))
    assert copy.execute("PRAGMA user_version").get == 1
    copy.close()
