"""Visits at HQ: taken once, hours by their latest word, misfits held back, and what was dropped on the way is known."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import apsw
import httpx
import msgspec
import pytest
import zstandard
from pushing_till import KEY, NOON_MS, Clock, PushingTill, a_sale, client_of, counted, open_hq

from cloud_api.app import Hq
from cloud_api.storage.sqlite import VERSION
from cloud_api.storage.sqlite_history import STEPS
from sync.wire.edge_log import MARK_DIGITS, Dropped, Ended, Mark, Push
from sync.wire.visit_facts import BandFact, HourFact, VisitFact

pytestmark = pytest.mark.anyio
HOUR_MS = NOON_MS
PEOPLE = BandFact("calibrated", 3.5, 2.0, 5.0, 1.2, 6.1)


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


def a_visit(id: str, person: str = "", **changes: object) -> VisitFact:
    fields: dict[str, object] = {"opened_ms": NOON_MS, "closed_ms": NOON_MS + 600_000, "zones": ["door"]}
    return VisitFact(id, person=person, **{**fields, **changes})  # type: ignore[arg-type]


def visitors(count: int = 0, **changes: object) -> PushingTill:
    till = PushingTill(stream="visits", **changes)  # type: ignore[arg-type]
    for n in range(1, count + 1):
        till.add(f"visit/{n}", a_visit(f"v{n}"), "visit")
    return till


async def tell(
    client: httpx.AsyncClient, till: PushingTill, first: int, last: int, dropped: Dropped | None = None
) -> httpx.Response:
    push = Push(till.device, till.epoch, first, till.items[first - 1 : last], dropped)
    body = zstandard.ZstdCompressor().compress(msgspec.json.encode(push))
    return await till.send(client, body)


def gone(till: PushingTill, first: int, last: int) -> Dropped:
    return Dropped(first, last, till.items[last - 1].hash)


async def ranges(hq: Hq) -> list[tuple[int, int]]:
    return [
        (row[0], row[1]) for row in await hq.storage.rows("SELECT first, last FROM dropped_range ORDER BY first, last")
    ]


async def seqs(hq: Hq, stream: str = "visits") -> list[int]:
    return [row[0] for row in await hq.storage.rows("SELECT seq FROM item WHERE stream=? ORDER BY seq", (stream,))]


async def test_visits_and_hours_are_taken_once_and_the_later_hour_counts(hq: Hq) -> None:
    till = visitors(2)
    till.add("hour/1", HourFact(HOUR_MS, 5, 1, 2, 7, 4, PEOPLE, None, 0.5), "hour")
    till.add("hour/2", HourFact(HOUR_MS, 6, 2, 3, 8, 5, PEOPLE, BandFact("silent"), 1.0), "hour")
    async with client_of(hq) as client:
        for _ in range(2):
            assert (await till.push(client)).json()["ack"] == 4
    assert await hq.storage.number("SELECT count(*) FROM visit") == 2
    hour = await hq.storage.row(
        "SELECT visits, came_again, receipts, entered, went_out, coverage, people FROM visit_hour"
    )
    assert hour is not None
    assert hour[:6] == (6, 2, 3, 8, 5, 1000)
    assert msgspec.json.decode(hour[6], type=BandFact) == PEOPLE
    assert await hq.storage.number("SELECT count(*) FROM quarantine") == 0


async def test_a_visit_that_was_none_goes_again(hq: Hq) -> None:
    till = visitors(3)
    till.add("visit/1/2", a_visit("v1", void=True), "visit")
    till.add("visit/4", a_visit("v4"), "visit")
    till.add("visit/4/2", a_visit("v4", void=True), "visit")
    till.add("visit/2/2", a_visit("v2", void=True), "visit")
    till.add("visit/2/3", a_visit("v2"), "visit")
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 8
    assert [row[0] for row in await hq.storage.rows("SELECT id FROM visit ORDER BY id")] == ["v2", "v3"]
    assert await hq.storage.number("SELECT count(*) FROM quarantine") == 0


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("visit", b'{"id":"v"}', "shape"),
        ("visit", msgspec.json.encode(a_visit("")), "no_number"),
        ("visit", msgspec.json.encode(a_visit("v", confidence=1.5)), "range"),
        ("visit", msgspec.json.encode(a_visit("v", closed_ms=10**17)), "range"),
        ("hour", msgspec.json.encode(HourFact(HOUR_MS + 1, 1, 0, 0)), "range"),
        ("hour", msgspec.json.encode(HourFact(HOUR_MS, 1, 2, 0)), "range"),
        ("hour", msgspec.json.encode(HourFact(HOUR_MS, -1, 0, 0)), "range"),
        ("hour", msgspec.json.encode(HourFact(HOUR_MS, 1, 0, 0, people=BandFact("calibrated", -1.0))), "range"),
        ("forget", b'{"tombstone":"","person":"p","at_ms":1}', "no_number"),
        ("forget", b"[]", "shape"),
    ],
)
async def test_what_does_not_fit_waits_in_quarantine_and_holds_up_nothing(
    hq: Hq, kind: str, body: bytes, why: str
) -> None:
    till = visitors(1)
    till.add_raw("poison", body, kind)
    till.add("visit/9", a_visit("v9"), "visit")
    till.add("weather/1", {"rain": True}, "weather")
    async with client_of(hq) as client:
        assert (await till.push(client)).json()["ack"] == 4
    assert [row[0].split(":")[0] for row in await hq.storage.rows("SELECT why FROM quarantine")] == [why]
    assert await hq.storage.rows("SELECT id FROM visit ORDER BY id") == [("v1",), ("v9",)]
    assert await hq.storage.rows("SELECT fate FROM item WHERE kind='weather'") == [("kept",)]


async def test_what_was_dropped_is_kept_as_a_range_and_the_chain_goes_on(hq: Hq) -> None:
    till = visitors(10)
    async with client_of(hq) as client:
        await till.push(client, 1, 3)
        assert (await tell(client, till, 7, 8, gone(till, 4, 6))).json()["ack"] == 8
        assert (await tell(client, till, 9, 10)).json()["ack"] == 10
    assert await ranges(hq) == [(4, 6)]
    assert await seqs(hq) == [1, 2, 3, 7, 8, 9, 10]
    assert await hq.storage.rows("SELECT fate FROM item WHERE fate<>'taken'") == []


def marks(till: PushingTill, *numbers: int) -> list[Mark]:
    return [Mark(n, till.items[n - 1].hash[:MARK_DIGITS]) for n in numbers]


@pytest.mark.parametrize(
    ("has", "marked", "named"),
    [
        (10, (2, 6, 8), []),  # HQ has it all
        (5, (2, 4, 5, 6, 8), [(6, 8)]),
        (5, (2, 4, 6, 8), [(5, 8)]),  # number five may be another life's: rather one too many than one too few
        (5, (), [(6, 8)]),  # a device of before marks
        (0, (2, 4, 6, 8), [(1, 8)]),
    ],
)
async def test_what_is_gone_of_an_epoch_that_was_left_is_named_once(
    hq: Hq, has: int, marked: tuple[int, ...], named: list[tuple[int, int]]
) -> None:
    old, new = visitors(10), visitors(1, epoch=2)
    ended = Ended(1, 8, old.items[7].hash if marked else "", marks(old, *marked))
    async with client_of(hq) as client:
        if has:
            await old.push(client, 1, has)
        for _ in range(2):
            body = msgspec.json.encode(Push(new.device, 2, 1, new.items, ended=[ended]))
            assert (await new.send(client, zstandard.ZstdCompressor().compress(body))).json()["ack"] == 1
            assert await ranges(hq) == named


async def test_what_another_life_of_the_box_has_put_in_its_place_is_no_reason_not_to_name_it(hq: Hq) -> None:
    """A box and HQ came back from backups, and HQ once more, from an older one: it has items six to ten of a life that
    nobody goes on with, one of them lost already."""
    old, other, new = visitors(10), visitors(4), visitors(1, epoch=2)
    for n in range(5, 11):
        other.add(f"other/{n}", a_visit(f"o{n}"), "visit")
    ended = Ended(1, 8, old.items[7].hash, marks(old, 2, 4, 6, 8))
    async with client_of(hq) as client:
        await other.push(client, 1, 4)
        assert (await tell(client, other, 6, 10, gone(other, 5, 5))).json()["ack"] == 10
        for _ in range(2):
            body = msgspec.json.encode(Push(new.device, 2, 1, new.items, ended=[ended]))
            assert (await new.send(client, zstandard.ZstdCompressor().compress(body))).json()["ack"] == 1
            assert await ranges(hq) == [(5, 5), (5, 8)], "five of the one and five of the other"
    ends = await hq.storage.rows("SELECT epoch, seq, hash FROM device_cursor WHERE stream='visits' ORDER BY epoch")
    assert ends == [(1, 10, other.items[9].hash), (2, 1, new.items[0].hash)]


@pytest.mark.parametrize("longer_first", [True, False])
async def test_two_lives_have_lost_other_things_under_the_same_numbers(hq: Hq, longer_first: bool) -> None:
    """Both begin alike, HQ has neither: what one of them misses does not stand for what the other does."""
    one, other = visitors(6), visitors(4)
    for n in range(5, 11):
        other.add(f"other/{n}", a_visit(f"o{n}"), "visit")
    told = [
        Ended(1, 10, other.items[9].hash, marks(other, 2, 4, 6, 8, 10)),
        Ended(1, 6, one.items[5].hash, marks(one, 2, 4, 5, 6)),
    ]
    async with client_of(hq) as client:
        for epoch, ended in enumerate((told if longer_first else told[::-1]) * 2, 2):
            new = visitors(1, epoch=epoch)
            body = msgspec.json.encode(Push(new.device, epoch, 1, new.items, ended=[ended]))
            assert (await new.send(client, zstandard.ZstdCompressor().compress(body))).json()["ack"] == 1
    found = await hq.storage.rows("SELECT first, last, hash FROM dropped_range ORDER BY last")
    assert found == [(1, 6, one.items[5].hash), (1, 10, other.items[9].hash)]


@pytest.mark.parametrize(
    "changed",
    [{"last": 0}, {"last": 2**60}, {"hash": "0' OR 1"}, {"marks": [Mark(9, "0" * 16)]}, {"marks": [Mark(1, "")]},
     {"marks": [Mark(1, "0" * 16)] * 65}],
)  # fmt: skip
async def test_an_ended_epoch_that_cannot_be_is_refused(hq: Hq, changed: dict[str, object]) -> None:
    till = visitors(1, epoch=2)
    ended = msgspec.structs.replace(Ended(1, 8, "0" * 64, [Mark(8, "0" * 16)]), **changed)
    async with client_of(hq) as client:
        body = msgspec.json.encode(Push(till.device, 2, 1, till.items, ended=[ended]))
        answer = await till.send(client, zstandard.ZstdCompressor().compress(body))
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_numbers")
    assert await ranges(hq) == []


async def test_a_range_alone_moves_the_cursor(hq: Hq) -> None:
    till = visitors(6)
    async with client_of(hq) as client:
        assert (await tell(client, till, 6, 5, gone(till, 1, 5))).json()["ack"] == 5
        assert (await tell(client, till, 6, 6)).json()["ack"] == 6
    assert (await ranges(hq), await seqs(hq)) == ([(1, 5)], [6])


async def test_told_again_or_overlapping_what_came_changes_nothing_twice(hq: Hq) -> None:
    """The answer was lost, the rows went meanwhile: HQ has more than the device knows."""
    till = visitors(12)
    async with client_of(hq) as client:
        await till.push(client, 1, 5)
        for _ in range(2):
            assert (await tell(client, till, 9, 9, gone(till, 3, 8))).json()["ack"] == 9
        assert (await tell(client, till, 5, 9, gone(till, 1, 4))).json()["ack"] == 9
        assert (await tell(client, till, 11, 12, gone(till, 2, 10))).json()["ack"] == 12
    assert await ranges(hq) == [(6, 8), (10, 10)]
    assert await seqs(hq) == [1, 2, 3, 4, 5, 9, 11, 12]


async def test_a_wrong_range_is_a_gap_or_a_fork(hq: Hq) -> None:
    till, other = visitors(9), visitors()
    for n in range(9):
        other.add(f"other/{n}", a_visit(f"o{n}"), "visit")
    async with client_of(hq) as client:
        await till.push(client, 1, 4)
        assert (await tell(client, till, 8, 9, gone(till, 6, 7))).json() == {"problem": "gap", "expect": 5}
        assert (await tell(client, other, 4, 9, gone(other, 1, 3))).json() == {"problem": "fork", "seq": 3}
        bad_end = Dropped(5, 6, other.items[5].hash)
        assert (await tell(client, till, 7, 9, bad_end)).json() == {"problem": "fork", "seq": 7}
        await tell(client, till, 7, 7, gone(till, 5, 6))
        assert (await tell(client, other, 7, 9, gone(other, 5, 6))).json() == {"problem": "fork", "seq": 6}
    assert await ranges(hq) == [(5, 6)]
    assert await seqs(hq) == [1, 2, 3, 4, 7]


@pytest.mark.parametrize(
    "dropped",
    [Dropped(0, 2, "0" * 64), Dropped(2, 1, "0" * 64), Dropped(1, 1, "0" * 64), Dropped(1, 2, "x"), Dropped(1, 2, "")],
)
async def test_a_range_that_ends_elsewhere_is_unreadable(hq: Hq, dropped: Dropped) -> None:
    till = visitors(4)
    async with client_of(hq) as client:
        answer = await tell(client, till, 3, 4, dropped)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_numbers")
    assert await seqs(hq) == []


async def test_of_sales_nothing_may_be_missing(hq: Hq) -> None:
    till = PushingTill()
    for n in range(1, 5):
        till.add(f"i{n}", a_sale(f"s{n}"))
    async with client_of(hq) as client:
        answer = await tell(client, till, 3, 4, gone(till, 1, 2))
        assert (answer.status_code, answer.json()["problem"]) == (400, "refused")
        assert answer.json()["code"] == "not_droppable"
        assert await counted(hq) == []
        assert (await till.push(client)).json()["ack"] == 4
    assert await counted(hq) == ["s1", "s2", "s3", "s4"]
    assert await ranges(hq) == []


async def test_the_streams_of_a_device_do_not_know_each_other(hq: Hq) -> None:
    sales, visits = PushingTill(), visitors(3)
    sales.add("i1", a_sale("s1"))
    async with client_of(hq) as client:
        assert (await tell(client, visits, 3, 3)).json() == {"problem": "gap", "expect": 1}
        assert (await sales.push(client)).json()["ack"] == 1
        await tell(client, visits, 3, 3, gone(visits, 1, 2))
        sales.add("i2", a_sale("s2"))
        assert (await sales.push(client)).json()["ack"] == 2
    assert await counted(hq) == ["s1", "s2"]
    assert KEY == sales.key == visits.key


async def test_a_file_from_before_visits_takes_them(tmp_path: Path) -> None:
    """What lies in it stays, a copy of it is kept, and the new tables are there."""
    old = tmp_path / "old.sqlite"
    connection = apsw.Connection(str(old))
    for step in STEPS[:5]:
        connection.execute(step)
    connection.execute("INSERT INTO stock_sum VALUES('s', 'sku', 7)")
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    hq = await open_hq(old)
    async with client_of(hq) as client:
        assert (await visitors(2).push(client)).json()["ack"] == 2
    assert await hq.storage.number("SELECT count(*) FROM visit") == 2
    assert await hq.storage.number("SELECT moved_thousandths FROM stock_sum") == 7
    assert (tmp_path / f"old.sqlite.before-v{VERSION}").exists()
    await hq.storage.close()
