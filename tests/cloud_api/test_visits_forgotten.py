"""Who withdrew is forgotten at HQ: visits stay, nobody's; no byte names the pseudonym; the shop hears of it once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, client_of, open_hq, rechained

from cloud_api.app import Hq
from cloud_api.settings import DeviceEntry
from cloud_api.storage.sqlite import VERSION, SqliteStorage, _keep_copy
from cloud_api.store.devices import key_hash, put_device
from sync.wire.commands import Commands, Forgotten
from sync.wire.visit_facts import ForgetFact, VisitFact

pytestmark = pytest.mark.anyio
PERSON, ANOTHER = "9f" * 16, "3c" * 16


@pytest.fixture
async def hq(where: str) -> AsyncIterator[Hq]:
    hq = await open_hq(where, Clock())
    yield hq
    await hq.storage.close()


def visitors(device: str = DEVICE, key: str = KEY, epoch: int = 1) -> PushingTill:
    return PushingTill(device, key, epoch, "visits")


def came(till: PushingTill, id: str, person: str = "") -> None:
    till.add(f"visit/{id}", VisitFact(id, NOON_MS, NOON_MS + 60_000, ["door"], person=person, confidence=1.0), "visit")


def withdrew(till: PushingTill, person: str = PERSON, tombstone: str = "t-1", id: str = "") -> None:
    till.add(id or f"forget/{tombstone}", ForgetFact(tombstone, person, NOON_MS), "forget")


async def named(hq: Hq) -> dict[str, str]:
    return dict(await hq.storage.rows("SELECT id, person FROM visit ORDER BY id"))


def on_disk(hq: Hq) -> bytes:
    """Empty where the storage is no file of ours."""
    if not isinstance(hq.storage, SqliteStorage):
        return b""
    return b"".join(file.read_bytes() for file in sorted(Path(hq.storage.path).parent.glob("hq.sqlite*")))


async def told(client: httpx.AsyncClient, key: str = KEY, since: int = 0, feed: str = "") -> tuple[Commands, list[str]]:
    asked = {"since": str(since), "feed": feed}
    answer = await client.get("/v1/feed/commands", params=asked, headers={"authorization": f"Bearer {key}"})
    page = msgspec.json.decode(answer.content, type=Commands)
    return page, [command.kind for command in page.commands]


async def test_visits_stay_and_nothing_names_the_person(hq: Hq) -> None:
    till = visitors()
    came(till, "v1", PERSON)
    came(till, "v2", ANOTHER)
    came(till, "v3", PERSON)
    till.add_raw("odd", b'{"id":7,"person":"%s"}' % PERSON.encode(), "visit")
    async with client_of(hq) as client:
        await till.push(client)
        assert await named(hq) == {"v1": PERSON, "v2": ANOTHER, "v3": PERSON}
        on_file = isinstance(hq.storage, SqliteStorage)
        assert (PERSON.encode() in on_disk(hq)) == on_file
        withdrew(till)
        await till.push(client, 5)
        assert await named(hq) == {"v1": "", "v2": ANOTHER, "v3": ""}
        page, kinds = await told(client)
        assert kinds == ["forgotten"]
        assert msgspec.json.decode(page.commands[0].body, type=Forgotten) == Forgotten("t-1", 2)
    left = on_disk(hq)
    assert PERSON.encode() not in left, "in no table, no quarantined body and no freed page"
    assert (ANOTHER.encode() in left) == on_file


@pytest.mark.sqlite_file
async def test_no_copy_of_an_upgrade_remembers_who_was_forgotten(where: str) -> None:
    """It was made before the person withdrew and lies beside the file for ever."""
    hq = await open_hq(where, Clock())
    assert isinstance(hq.storage, SqliteStorage)
    till = visitors()
    came(till, "v1", PERSON)
    async with client_of(hq) as client:
        await till.push(client)
        copy = Path(f"{where}.before-v{VERSION}")
        _keep_copy(hq.storage._connection, copy)
        assert on_disk(hq).count(PERSON.encode()) > 1
        withdrew(till)
        await till.push(client, 2)
        assert PERSON.encode() not in on_disk(hq)
    await hq.storage.close()


async def test_the_chain_holds_and_what_came_before_is_known_again(hq: Hq) -> None:
    """After a fork the device sends the same bodies under a new epoch: nothing is counted, quarantined or named."""
    till = visitors()
    came(till, "v1", PERSON)
    came(till, "v2")
    withdrew(till)
    async with client_of(hq) as client:
        await till.push(client)
        assert (await till.push(client)).json()["ack"] == 3
        again = visitors(epoch=2)
        rechained(till.items, epoch_of=again)
        assert (await again.push(client)).json()["ack"] == 3
        came(again, "v3")
        assert (await again.push(client, 4)).json()["ack"] == 4
    fates = await hq.storage.rows("SELECT epoch, fate FROM item ORDER BY epoch, seq")
    assert fates == [(1, "taken")] * 3 + [(2, "known")] * 3 + [(2, "taken")]
    assert await hq.storage.number("SELECT count(*) FROM quarantine") == 0
    assert PERSON.encode() not in on_disk(hq)
    assert await named(hq) == {"v1": "", "v2": "", "v3": ""}


async def test_a_late_visit_comes_in_nameless(hq: Hq) -> None:
    """Withdrawn and dropped facts overtake each other; and the till next to it may tell of the same person."""
    till = visitors()
    withdrew(till)
    came(till, "same batch", PERSON)
    beside = visitors("kazan-2", "till-three-key-till-three")
    entry = DeviceEntry(beside.device, "Казань, Баумана", "Касса 2", key_hash(beside.key))
    await put_device(hq.storage, entry, now_ms=0)
    elsewhere = visitors(OTHER, OTHER_KEY)
    async with client_of(hq) as client:
        await till.push(client)
        came(till, "later", PERSON)
        await till.push(client, 3)
        came(beside, "beside", PERSON)
        await beside.push(client)
        came(elsewhere, "another store", PERSON)
        await elsewhere.push(client)
    assert await named(hq) == {"same batch": "", "later": "", "beside": "", "another store": PERSON}
    bodies = await hq.storage.rows("SELECT id FROM item WHERE length(body)>0 ORDER BY id")
    assert bodies == [("visit/another store",)]


async def test_the_answer_comes_once_for_each_tombstone(hq: Hq) -> None:
    till = visitors()
    came(till, "v1", PERSON)
    withdrew(till)
    withdrew(till, id="forget/t-1/again")
    withdrew(till, ANOTHER, "t-2")
    async with client_of(hq) as client:
        await till.push(client)
        page, kinds = await told(client)
        assert kinds == ["forgotten"] * 2
        erased = [msgspec.json.decode(command.body, type=Forgotten).erased for command in page.commands]
        assert erased == [1, 0]
        here = page.commands[-1].seq
        assert (await told(client, since=here, feed=page.feed))[1] == []
        withdrew(till, id="forget/t-1/once more")
        await till.push(client, 5)
        assert (await told(client, since=here, feed=page.feed))[1] == [], "the device has carried it out"
        restored = visitors(epoch=2)
        withdrew(restored, id="forget/t-1/from a backup")
        await restored.push(client)
        again, kinds = await told(client, since=here, feed=page.feed)
        assert kinds == ["forgotten"], "a device of an older backup would ask for ever"
        assert msgspec.json.decode(again.commands[0].body, type=Forgotten) == Forgotten("t-1", 1)
        assert (await told(client, OTHER_KEY))[1] == []
