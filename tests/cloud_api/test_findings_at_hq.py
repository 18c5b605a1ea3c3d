"""What does not fit is found once by what the tills told, explained by a person, and gone when it fits again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import anyio
import msgspec
import pytest
from pushing_till import DEVICE, ENTRIES, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, open_hq

from cloud_api.app import Hq
from cloud_api.findings.checking import check_all, check_day, due, keep_checked
from cloud_api.storage.storage import StorageBusy
from cloud_api.store.devices import put_device
from sync.wire.facts import LateTruth, Sale, SaleDocument, SalePayment, Shift

pytestmark = pytest.mark.anyio
STORE, DAY, FN = ENTRIES[0].store, 20261121, "9999078902010101"
DAY_TEXT = "2026-11-21"


@pytest.fixture
async def hq(where: str):  # type: ignore[no-untyped-def]
    hq = await open_hq(where)
    yield hq
    await hq.storage.close()


def sold(n: int, **more: Any) -> Sale:
    """A sale whose document is the n-th of its storage."""
    paper = SaleDocument("", "0001", FN, n, 1000 + n, 12_345, "2026-11-21T12:00", 1)
    told = {"day": DAY_TEXT, "closed_ms": NOON_MS + n, "number": f"{n:04}", "documents": [paper]}
    return a_sale(f"s{n}", **{**told, **more})


def register(*rows: tuple[int, str]) -> bytes:
    lines = ["ФН;ФД;ФПД;Признак расчета;Сумма;Дата"]
    lines += [f"{FN};{n};{1000 + n};Приход;{total};21.11.2026 12:00" for n, total in rows]
    return "\r\n".join(lines).encode("cp1251")


async def open_findings(client: Any, **asked: str) -> dict[str, dict[str, Any]]:
    answer = (await client.get("/v1/findings", params=asked)).json()
    return {one["rule"]: one for one in answer["findings"]}


async def test_what_does_not_fit_is_found_explained_and_gone(hq: Hq) -> None:
    till = PushingTill()
    till.add("o", Shift("Касса 1", 7, "opened", NOON_MS, "Анна", day=DAY_TEXT), "shift")
    till.add("1", sold(1))
    till.add("2", sold(2, documents=[], payments=[SalePayment("card", 12_345, "a2", "T1", status="booked")]))
    till.add("3", sold(3, act="refund", of="elsewhere"))
    gone = [SalePayment("card", 12_345, "a4", "T1", status="reversed")]
    till.add("4", sold(4, state="voided_after_payment", documents=[], payments=gone))
    closed = Shift("Касса 1", 7, "closed", NOON_MS + 50, "Анна", 0, 3, 1, 24_690, day=DAY_TEXT, counted=True)
    till.add("z", closed, "shift")
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        assert (await client.get("/v1/findings")).json()["unchecked"] == 1
        assert await check_all(hq.storage, now_ms=NOON_MS) == 1
        assert await check_all(hq.storage, now_ms=NOON_MS) == 0
        found = await open_findings(client)
        assert set(found) == {"charge_without_receipt", "refund_without_sale", "shift_sums"}
        assert found["shift_sums"]["amount"] == 12_345  # the till closed three sales, HQ has two
        charge = found["charge_without_receipt"]
        assert [row["what"] for row in charge["rows"]] == ["sale", "payment"]
        assert (await client.get("/v1/sales/s2")).json()["findings"] == [charge["id"]]

        said = {"reason": "Деньги вернули 22.11"}
        path = f"/v1/findings/{charge['id']}/explanation"
        assert (await client.post(path, json={"reason": " "})).status_code == 422
        answer = (await client.post(path, json=said)).json()
        assert (answer["state"], answer["explained"]["by"]) == ("explained", "this machine")
        assert "charge_without_receipt" not in await open_findings(client)

        # What is said later of the explained matter opens it again; the sale of the refund comes from the other till.
        till.add("5", LateTruth("s4", "Касса 1", "a4", "T1", 12_345, "purchase:booked"), "late")
        till.add("6", LateTruth("s2", "Касса 1", "a2", "T1", 12_345, "purchase:rolled_back"), "late")
        other = PushingTill(OTHER, OTHER_KEY)
        other.add("1", a_sale("elsewhere"))
        assert (await till.push(client, 7, 8)).status_code == 200
        assert (await other.push(client)).status_code == 200
        await check_all(hq.storage, now_ms=NOON_MS)
        await check_day(hq.storage, STORE, DAY, now_ms=NOON_MS + 1)
        found = await open_findings(client, store=STORE, day=DAY_TEXT)
        assert set(found) == {"charge_without_receipt", "shift_sums", "sale_without_document"}
        assert found["charge_without_receipt"]["id"] != charge["id"]
        every = (await client.get("/v1/findings?state=all")).json()["findings"]
        old = next(one for one in every if one["id"] == charge["id"])
        assert (old["state"], old["explained"]["reason"]) == ("gone", said["reason"])


async def test_a_register_is_laid_beside_what_the_tills_told(hq: Hq) -> None:
    till = PushingTill()
    for n in range(1, 6):
        till.add(str(n), sold(n))
    other = "1111078902010101"
    data = register((1, "123,45"), (2, "123,45"), (4, "124,45"), (5, "123,45"), (6, "7,00"))
    data += f"\r\n{other};9;9;Приход;1,00;\r\n{FN};x;9;Приход;1,00;".encode("cp1251")
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        taken = (await client.post("/v1/operator-registers?name=июль.csv", content=data)).json()
        assert (taken["rows"], taken["known"], taken["days"]) == (6, 0, 1)
        assert [(odd["line"], odd["why"]) for odd in taken["odd"]] == [(8, "number")]
        found = await open_findings(client)
        assert {rule: (one["rows"][-1]["number"], one["amount"]) for rule, one in found.items()} == {
            "not_at_operator": ("3", 12_345),
            "operator_differs": ("4", 100),
            "only_at_operator": ("6", 700),
            "unknown_storage": ("9", 100),
        }
        again = (await client.post("/v1/operator-registers?name=июль.csv", content=data)).json()
        assert (again["rows"], again["known"], again["changed"]) == (6, 6, 0)
        # The operator's later word, and the sale that was on its way: nothing is left but the storage nobody knows.
        mended = register(*((n, "123,45") for n in range(1, 7)))
        till.add("6", sold(6))
        assert (await till.push(client, 6)).status_code == 200
        assert (await client.post("/v1/operator-registers", content=mended)).json()["changed"] == 2
        assert set(await open_findings(client)) == {"unknown_storage"}
        listed = (await client.get("/v1/operator-registers")).json()
        assert sorted(one["name"] for one in listed) == ["register.csv", "июль.csv"]
        refused = await client.post("/v1/operator-registers", content=b"a;b")
        assert (refused.status_code, refused.json()["code"]) == (422, "no_register")
        assert (
            await client.post("/v1/operator-registers", content=b"", headers={"origin": "http://e"})
        ).status_code == 403


async def test_a_register_that_contradicts_itself_is_taken_once_and_says_so(hq: Hq, monkeypatch: Any) -> None:
    """However far apart the two lines stand: the first counts, and the same file again changes nothing."""
    monkeypatch.setattr("cloud_api.operator_register.taking.BATCH", 2)
    data = register((1, "123,45"), (2, "1,00"), (3, "1,00"), (1, "999,99"))
    async with client_of(hq) as client:
        for _ in range(2):
            taken = (await client.post("/v1/operator-registers", content=data)).json()
            assert [(odd["line"], odd["why"]) for odd in taken["odd"]] == [(5, "twice")]
            assert (taken["rows"], taken["changed"]) == (3, 0)
    kept = await hq.storage.rows("/* global: test */ SELECT number, total FROM operator_document ORDER BY number")
    assert kept == [(1, 12_345), (2, 100), (3, 100)]


async def test_one_number_in_two_shops_is_found_in_both(hq: Hq) -> None:
    till, other = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    till.add("1", sold(1))
    other.add("1", msgspec.structs.replace(sold(1), id="o1", day="2026-11-22"))
    async with client_of(hq) as client:
        await till.push(client)
        await other.push(client)
        await check_all(hq.storage, now_ms=NOON_MS)
        found = (await client.get("/v1/findings")).json()["findings"]
    told = sorted((one["rule"], one["store"]) for one in found)
    assert told == [("document_twice", entry.store) for entry in ENTRIES]


@pytest.mark.sqlite_file
async def test_a_batch_during_a_check_leaves_the_day_due(tmp_path: Any) -> None:
    """What came after the day was read is looked at by the next round, and a day is not read with every batch."""
    clock = Clock()
    hq = await open_hq(tmp_path / "hq.sqlite", clock)
    till = PushingTill()
    till.add("1", sold(1))
    till.add("2", sold(2))
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
        await check_day(hq.storage, STORE, DAY, now_ms=NOON_MS)
        assert await due(hq.storage, now_ms=NOON_MS + 100_000) == []
        await till.push(client, 2, 2)
        assert await due(hq.storage, now_ms=NOON_MS + 10_000) == []
        assert await due(hq.storage, now_ms=NOON_MS + 100_000) == [(STORE, DAY)]
    assert await hq.storage.rows("SELECT device, first, last, told, checked FROM day_told") == [(DEVICE, 1, 2, 2, 1)]
    await hq.storage.close()


async def test_a_day_checked_by_a_clock_that_ran_ahead_is_looked_at_again(hq: Hq) -> None:
    till = PushingTill()
    till.add("1", sold(1, act="refund", of="elsewhere"))
    till.add("2", sold(2))
    async with client_of(hq) as client:
        await till.push(client, 1, 1)
        await check_day(hq.storage, STORE, DAY, now_ms=NOON_MS + 365 * 86_400_000)
        assert await due(hq.storage, now_ms=NOON_MS) == [(STORE, DAY)]  # for its refund
        await till.push(client, 2, 2)
        assert await check_all(hq.storage, now_ms=NOON_MS) == 1
        assert (await client.get("/v1/findings")).json()["unchecked"] == 0


async def test_the_last_day_there_is_ends_no_round(hq: Hq) -> None:
    """A till told the end of the calendar as its business day: that day and those of other shops are looked at."""
    till, other = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    till.add("1", sold(1, day="9999-12-31"))
    till.add("z", Shift("Касса 1", 7, "closed", NOON_MS, "Анна", day="9999-12-30", counted=True), "shift")
    other.add("1", sold(2, documents=[]))
    async with client_of(hq) as client:
        await till.push(client)
        await other.push(client)
        assert await check_all(hq.storage, now_ms=NOON_MS) == 3
        assert "sale_without_document" in await open_findings(client)


async def test_a_clock_that_is_set_in_the_middle_of_a_shift_changes_no_sum(hq: Hq) -> None:
    """An hour back, and days back: what the till closed between opening and closing is what HQ counts, and only that.
    The shift's file says so too."""
    till = PushingTill()
    hour, days = 3_600_000, 40 * 86_400_000
    till.add("0", sold(9))  # before the shift, by its later clock within it
    till.add("o", Shift("Касса 1", 7, "opened", NOON_MS, "Анна", day=DAY_TEXT), "shift")
    till.add("1", sold(1, closed_ms=NOON_MS + 1))
    till.add("2", sold(2, closed_ms=NOON_MS - hour))
    till.add("3", sold(3, closed_ms=NOON_MS - days))
    z = Shift("Касса 1", 7, "closed", NOON_MS - hour, "Анна", 0, 3, 0, 3 * 12_345, day=DAY_TEXT, counted=True)
    till.add("z", z, "shift")
    till.add("4", sold(4, closed_ms=NOON_MS - hour - 1))
    async with client_of(hq) as client:
        assert (await till.push(client)).status_code == 200
        await check_all(hq.storage, now_ms=NOON_MS)
        found = await open_findings(client)
        assert set(found) == {"sale_after_closing"}
        assert found["sale_after_closing"]["rows"][0]["id"] == "s4"
        file = await client.get("/v1/shift-files", params={"device": DEVICE, "till": "Касса 1", "number": "7"})
    last = file.content.decode("utf-8-sig").splitlines()[-1].split(";")
    assert (last[0], last[10], last[19]) == ("Разница", "0,00", "0")


async def test_what_a_moved_till_says_later_of_a_sale_is_heard(hq: Hq) -> None:
    """The terminal's word comes from another store than the sale: the sale's day is looked at again, and found."""
    till = PushingTill()
    till.add("1", sold(1, state="voided_after_payment", documents=[],
                       payments=[SalePayment("card", 12_345, "a1", "T1", status="reversed")]))  # fmt: skip
    async with client_of(hq) as client:
        await till.push(client)
        await check_all(hq.storage, now_ms=NOON_MS)
        assert await open_findings(client) == {}
        await put_device(hq.storage, replace(ENTRIES[0], store="Самара"), now_ms=NOON_MS)
        till.add("2", LateTruth("s1", "Касса 1", "a1", "T1", 12_345, "purchase:booked"), "late")
        assert (await till.push(client, 2, 2)).status_code == 200
        await check_all(hq.storage, now_ms=NOON_MS + 1)
        found = await open_findings(client, store=STORE)
    assert set(found) == {"charge_without_receipt"}


async def test_a_finding_that_changed_under_a_persons_eyes_is_not_explained(hq: Hq) -> None:
    """The word was on what was shown; what came meanwhile waits for a word of its own."""
    till = PushingTill()
    charged = {"documents": [], "payments": [SalePayment("card", 12_345, "a1", "T1", status="booked")]}
    till.add("1", sold(1, **charged))
    async with client_of(hq) as client:
        await till.push(client)
        await check_all(hq.storage, now_ms=NOON_MS)
        shown = (await open_findings(client))["charge_without_receipt"]
        till.add("2", LateTruth("s1", "Касса 1", "a9", "T1", 700, "purchase:booked"), "late")
        await till.push(client, 2, 2)
        await check_all(hq.storage, now_ms=NOON_MS)
        path, said = f"/v1/findings/{shown['id']}/explanation", {"reason": "Вернули", "digest": shown["digest"]}
        refused = await client.post(path, json=said)
        assert (refused.status_code, refused.json()["code"]) == (409, "changed")
        assert "Посмотрите" in refused.json()["what"]
        assert "Look at it" in refused.json()["what"]
        now = (await open_findings(client))["charge_without_receipt"]
        assert (now["state"], now["explained"]) == ("open", None)
        answer = await client.post(path, json={**said, "digest": now["digest"]})
        assert (answer.status_code, answer.json()["state"]) == (200, "explained")


async def test_a_day_that_cannot_be_read_holds_up_no_other(hq: Hq, monkeypatch: Any) -> None:
    """Such as one too large for the time a statement has: every round tries it, and looks at the others too."""
    till, other = PushingTill(), PushingTill(OTHER, OTHER_KEY)
    till.add("1", sold(1, documents=[]))
    other.add("1", sold(2, documents=[]))
    checked: list[str] = []
    done = anyio.Event()

    async def one(storage: Any, store: str, day: int, **told: Any) -> Any:
        checked.append(store)
        if store == STORE:
            raise StorageBusy("canceling statement due to statement timeout")
        found = await check_day(storage, store, day, **told)
        done.set()
        return found

    monkeypatch.setattr("cloud_api.findings.checking.check_day", one)
    async with client_of(hq) as client:
        await till.push(client)
        await other.push(client)
        with anyio.fail_after(10):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(keep_checked, hq.storage, lambda: NOON_MS + 100_000)
                await done.wait()
                tasks.cancel_scope.cancel()
        assert (checked, len(await open_findings(client))) == ([STORE, ENTRIES[1].store], 1)


def test_facts_travel_as_they_are_named() -> None:
    """The fields that findings rest on are on the wire."""
    raw = msgspec.json.decode(msgspec.json.encode(Shift("t", 1, "closed", 1, "c", counted=True, day=DAY_TEXT)))
    assert (raw["counted"], raw["day"]) == (True, DAY_TEXT)
