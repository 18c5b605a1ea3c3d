"""Keys of other systems: shown once, bounded in what they may, where, until when and how often."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from pushing_till import DEVICE, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.access.__main__ import main as access_command
from cloud_api.access.api_keys import ASKS_AT_ONCE, NameTaken, add_key, list_keys, revoke_key
from cloud_api.access.audit import audit_rows
from cloud_api.access.scopes import WORDS, Scope
from cloud_api.app import Hq
from cloud_api.desk import doors, stock_shown
from cloud_api.findings.checking import check_all
from cloud_api.store import readings
from sync.wire.facts import Debt, Shift

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000
FAR = ("203.0.113.9", "http://localhost:8090")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def hq(where: str, clock: Clock):  # type: ignore[no-untyped-def]
    hq = await open_hq(where, clock)
    yield hq
    await hq.storage.close()


async def a_key(hq: Hq, *scopes: str, name: str = "web shop", stores: list[str] | None = None, days: int = 0) -> str:
    until_ms = NOON_MS + days * DAY_MS if days else None
    draw = random.Random(name).randbytes
    made = await add_key(hq.storage, name, scopes, stores, until_ms, now_ms=NOON_MS, draw=draw)
    return made.secret


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


async def test_a_key_opens_what_its_scopes_name_and_nothing_else(hq: Hq) -> None:
    key = await a_key(hq, "sales.read")
    async with client_of(hq, *FAR) as client:
        assert (await client.get("/v1/sales", headers=bearer(key))).status_code == 200
        for path in ("/v1/shifts", "/v1/quarantine", "/v1/visitors", "/v1/devices", "/v1/encashments", "/metrics"):
            answer = await client.get(path, headers=bearer(key))
            assert (answer.status_code, answer.json()["code"]) == (403, "no_scope"), path
        answer = await client.post("/v1/devices/code", json={"store": "S", "till": "T"}, headers=bearer(key))
        assert (answer.status_code, answer.json()["code"]) == (403, "no_scope")
        for wrong in (key[:-1], key + "x", "tk_", "Bearer"):
            answer = await client.get("/v1/sales", headers=bearer(wrong))
            assert (answer.status_code, answer.json()["code"]) == (401, "unknown_key")
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_whoever_shows_a_key_is_held_to_it_on_this_machine_too(hq: Hq) -> None:
    key = await a_key(hq, "sales.read")
    async with client_of(hq) as client:
        assert (await client.get("/v1/shifts")).status_code == 200
        assert (await client.get("/v1/shifts", headers=bearer(key))).status_code == 403
        assert (await client.get("/v1/shifts", headers=bearer("no key of ours"))).status_code == 401


async def test_a_key_ends_when_it_is_revoked_and_when_its_days_are_over(hq: Hq, clock: Clock) -> None:
    revoked, short = await a_key(hq, "sales.read"), await a_key(hq, "sales.read", name="courier", days=2)
    async with client_of(hq, *FAR) as client:
        assert await revoke_key(hq.storage, "web shop", now_ms=NOON_MS)
        assert not await revoke_key(hq.storage, "web shop", now_ms=NOON_MS)
        assert (await client.get("/v1/sales", headers=bearer(revoked))).json()["code"] == "key_revoked"
        clock.ms = NOON_MS + 2 * DAY_MS - 1
        assert (await client.get("/v1/sales", headers=bearer(short))).status_code == 200
        clock.ms += 1
        assert (await client.get("/v1/sales", headers=bearer(short))).json()["code"] == "key_expired"
    used = {key.name: key.used_ms for key in await list_keys(hq.storage)}
    assert used == {"web shop": None, "courier": clock.ms - 1}


async def test_a_name_is_one_key_in_force_and_the_storage_holds_no_secret(hq: Hq) -> None:
    secret = await a_key(hq, "sales.read", stores=["Уфа, Проспект"])
    with pytest.raises(NameTaken):
        await a_key(hq, "stock.read")
    assert await revoke_key(hq.storage, "web shop", now_ms=NOON_MS)
    again = await add_key(hq.storage, "web shop", ["stock.read"], None, None, now_ms=NOON_MS, draw=random.randbytes)
    assert again.secret != secret
    kept = repr(await hq.storage.rows("SELECT * FROM api_key"))
    assert secret not in kept
    assert secret.removeprefix("tk_") not in kept
    stores = [key.stores for key in await list_keys(hq.storage) if key.revoked_ms is not None]
    assert stores == [frozenset({"Уфа, Проспект"})]


async def test_a_key_for_some_stores_is_kept_from_what_is_about_all(hq: Hq) -> None:
    """Of what is listed by store it gets its own rows (test_office_people.py); what has no store is closed to it."""
    key = await a_key(hq, "sales.read", "metrics.read", "audit.read", "users.read", stores=["Уфа, Проспект"])
    async with client_of(hq, *FAR) as client:
        for path in ("/metrics", "/v1/audit", "/v1/users"):
            answer = await client.get(path, headers=bearer(key))
            assert (answer.status_code, answer.json()["code"]) == (403, "all_stores"), path
        stores = (await client.get("/v1/figures", headers=bearer(key))).json()["stores"]
        assert [store["store"] for store in stores] == ["Уфа, Проспект"]


async def test_a_key_for_some_stores_sees_those_and_no_other(hq: Hq) -> None:
    """A list keeps to the key's stores, or is closed to it; one store of another's is refused by name."""
    till = PushingTill()
    till.add("1", a_sale("of kazan"))
    key = await a_key(hq, "sales.read", "stock.read", "visits.read", "prices.write", stores=["Уфа, Проспект"])
    async with client_of(hq, *FAR) as client:
        assert (await till.push(client)).status_code == 200
        for path in ("/v1/sales", "/v1/unresolved", "/v1/debts", "/v1/stores", "/v1/figures"):
            answer = await client.get(path, headers=bearer(key))
            assert answer.status_code in (200, 403), path
            assert "of kazan" not in answer.text, path
            assert "Казань" not in answer.text, path
        for path in ("/v1/stock", "/v1/visits"):
            answer = await client.get(path, params={"store": "Казань, Баумана"}, headers=bearer(key))
            assert (answer.status_code, answer.json()["code"]) == (403, "other_store"), path
        body = {"prices": [{"sku": "1", "price_minor": 1}]}
        answer = await client.post("/v1/prices", json=body, headers=bearer(key))
        assert (answer.status_code, answer.json()["code"]) == (403, "all_stores"), "a price is of a whole zone"


async def test_what_is_asked_for_by_its_id_is_there_only_for_who_may_see_it(hq: Hq) -> None:
    """Of another store it is answered word for word as what there is not: nobody learns which ids are good."""
    till = PushingTill()
    till.add("o", Shift("Касса 1", 7, "opened", NOON_MS, "Анна", day="2026-11-21"), "shift")
    till.add("1", a_sale("s1", documents=[], day="2026-11-21"))
    key = await a_key(hq, "findings.read", "findings.write", "shifts.read", stores=["Уфа, Проспект"])
    shift = "/v1/shift-files?till=Касса 1&number=7&device="
    async with client_of(hq, *FAR) as client:
        await till.push(client)
        await check_all(hq.storage, now_ms=NOON_MS)
        (id,) = [row[0] for row in await hq.storage.rows("/* global: test */ SELECT id FROM finding")]
        for there, not_there in ((f"/v1/findings/{id}", "/v1/findings/0"), (shift + DEVICE, shift + "nobody")):
            answers = [await client.get(path, headers=bearer(key)) for path in (there, not_there)]
            assert [one.status_code for one in answers] == [404, 404], there
            assert answers[0].json() == answers[1].json()
        said = await client.post(f"/v1/findings/{id}/explanation", json={"reason": "x"}, headers=bearer(key))
        assert said.status_code == 404


async def test_whoever_tried_what_is_not_theirs_is_in_the_log(hq: Hq) -> None:
    """A key or a person that goes beyond its scopes is what the log is read for."""
    some = await a_key(hq, "sales.read", "quarantine.write", stores=["Уфа, Проспект"])
    async with client_of(hq, *FAR) as client:
        assert (await client.post("/v1/users", json={}, headers=bearer(some))).status_code == 403
        assert (await client.post("/v1/prices", json={}, headers=bearer(some))).status_code == 403
        assert (await client.post("/v1/users", json={}, headers=bearer("nobody-has-this-key"))).status_code == 401
    rows = (await audit_rows(hq.storage))[0]
    assert sorted((row.kind, row.what, row.outcome) for row in rows) == [
        ("key", "prices", "refused: 403"),
        ("key", "users", "refused: 403"),
    ]


async def test_a_key_for_some_stores_gets_its_own_rows_however_much_the_others_tell(
    hq: Hq, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list has an end, and what lies behind the others' rows would never be seen."""
    monkeypatch.setattr(readings, "LISTED", 1)
    monkeypatch.setattr(doors, "TRIED_AT_ONCE", 1)
    monkeypatch.setattr(stock_shown, "TRANSFERS_SHOWN", 1)
    kazan, ufa = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    for till, place, at_ms in ((ufa, "ufa", NOON_MS), (kazan, "kazan", NOON_MS + 1)):
        till.add_raw("early poison", b"{}")
        till.add("1", a_sale(f"of {place}", unresolved=True, closed_ms=at_ms))
        till.add("2", Debt(f"of {place}", "Касса 1", 100, at_ms, "no_register", "Анна"), "debt")
        for number in range(12):
            till.add(f"s{number}", Shift("Касса 1", number, "opened", at_ms, "Анна"), "shift")
        till.add_raw("poison", b"{}")
    scopes = ("sales.read", "shifts.read", "quarantine.read", "quarantine.write", "stock.read")
    key = await a_key(hq, *scopes, stores=["Уфа, Проспект"])
    async with client_of(hq, *FAR) as client:
        for till, first, last in ((kazan, 1, 1), (ufa, 1, 16), (kazan, 2, 16)):  # Kazan has the oldest and the newest
            assert (await till.push(client, first, last)).status_code == 200
        async with hq.storage.transaction(None) as transaction:
            for number, sender, sent_ms in (("ours", "Уфа, Проспект", 1), ("theirs", "Казань, Баумана", 2)):
                row = (number, sender, sender, sender, sent_ms)
                await transaction.write(
                    "INSERT INTO transfer(number, sender, sender_store, other, sent_ms, sent, receiver, "
                    "receiver_store, received, differences) VALUES(?,?,?,?,?,'[]','','','[]','[]')",
                    row,
                )
        for path in ("unresolved", "debts", "shifts?limit=1", "quarantine", "desk/transfers"):
            rows = (await client.get(f"/v1/{path}", headers=bearer(key))).json()
            assert len(rows) == 1, path
            assert "Уфа" in str(rows), path
            assert "Казань" not in str(rows), path
        tried = await client.post("/v1/quarantine/replay", headers=bearer(key))
        assert (tried.json()["tried"], tried.json()["taken"]) == (1, 0)


async def test_a_key_that_asks_too_often_waits_and_the_others_do_not(hq: Hq, clock: Clock) -> None:
    key, other = await a_key(hq, "sales.read"), await a_key(hq, "sales.read", name="courier")
    async with client_of(hq, *FAR) as client:
        statuses = [(await client.get("/v1/unresolved", headers=bearer(key))).status_code for _ in range(ASKS_AT_ONCE)]
        assert set(statuses) == {200}
        waits = await client.get("/v1/unresolved", headers=bearer(key))
        assert (waits.status_code, waits.json()["code"]) == (429, "too_many")
        assert (await client.get("/v1/unresolved", headers=bearer(other))).status_code == 200
        clock.ms += int(waits.headers["retry-after"]) * 1000
        assert (await client.get("/v1/unresolved", headers=bearer(key))).status_code == 200


def test_every_scope_has_words_in_both_languages() -> None:
    assert set(WORDS) == set(Scope)
    assert all(words.ru and words.en and words.ru != words.en for words in WORDS.values())


def test_keys_are_made_listed_and_revoked_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = ["--database", f"sqlite:///{tmp_path}/hq.sqlite"]

    def said(*told: str, status: int = 0) -> str:
        assert access_command(["key", *told, *database]) == status
        heard = capsys.readouterr()
        return heard.err if status else heard.out

    assert "sales.reed" in said("add", "--name", "shop", "--scope", "sales.reed", status=2)
    made = said("add", "--name", "shop", "--scope", "sales.read", "--scope", "orders.write", "--days", "30")
    secret = re.search(r"tk_[\w-]{43}", made)
    assert secret is not None
    listed = said("list")
    assert "orders.write sales.read" in listed
    assert secret.group() not in listed
    assert "shop" in said("add", "--name", "shop", "--scope", "sales.read", status=2)
    said("revoke", "--name", "shop")
    assert "revoked" in said("list")
    said("revoke", "--name", "shop", status=2)
