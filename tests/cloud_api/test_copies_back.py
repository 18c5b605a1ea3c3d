"""HQ gives a device its own facts back: all of them, once, in order, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest
from pushing_till import DEVICE, KEY, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, open_hq
from signing_till import URL, SigningTill, code_of

from cloud_api.app import Hq
from cloud_api.store import copies as kept_copies
from sync.copies_reader import CopiesReader, GivesNothing
from sync.courier import NotEnrolled
from sync.wire.copies import Copies

pytestmark = pytest.mark.anyio


async def pushed(client: httpx.AsyncClient, till: PushingTill) -> None:
    body, headers = till.request(1, len(till.items))
    assert (await client.post(f"/v1/push/{till.stream}", content=body, headers=headers)).status_code == 200


async def all_of(reader: CopiesReader, epoch: int = 0, after: int = 0) -> list[tuple[int, int, str, str]]:
    found, more = [], True
    while more:
        page = await reader.fetch("sales", epoch, after)
        assert isinstance(page, Copies), page
        found += [(one.epoch, one.seq, one.id, one.fate) for one in page.copies]
        epoch, after, more = page.epoch, page.after, page.more
    return found


async def two_lives(where: str, **changes: object) -> tuple[Hq, httpx.AsyncClient]:
    """Epoch 1: three sales and one that HQ cannot read. Epoch 4: the last two again, and a new one."""
    hq = await open_hq(where, Clock(), **changes)
    client = client_of(hq)
    first = PushingTill()
    for id in ("a", "b", "c"):
        first.add(id, a_sale(id))
    first.add_raw("bad", b'{"id":7}', "sale", 1)
    await pushed(client, first)
    second = PushingTill(epoch=4)
    second.add("c", a_sale("c"))
    second.add_raw("bad", b'{"id":7}', "sale", 1)
    second.add("d", a_sale("d"))
    await pushed(client, second)
    other = PushingTill(device=OTHER, key=OTHER_KEY)
    other.add("theirs", a_sale("theirs"))
    await pushed(client, other)
    return hq, client


async def test_each_fact_comes_back_once_and_whole(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under later epochs too, page by page, and what HQ could not read as it came."""
    _, client = await two_lives(where)
    reader = CopiesReader(client, URL, KEY)
    whole = [(1, 1, "a", "taken"), (1, 2, "b", "taken"), (1, 3, "c", "taken"), (1, 4, "bad", "quarantined")]
    assert await all_of(reader) == [*whole, (4, 3, "d", "taken")]
    assert await all_of(reader, 1, 2) == [*whole[2:], (4, 3, "d", "taken")]
    assert await all_of(reader, 4, 3) == []
    page = await reader.fetch("sales", 0, 0)
    assert isinstance(page, Copies)
    assert bytes(page.copies[0].body) == msgspec.json.encode(a_sale("a"))
    monkeypatch.setattr(kept_copies, "COPIES_AT_ONCE", 2)
    assert await all_of(reader) == [*whole, (4, 3, "d", "taken")]
    monkeypatch.setattr(kept_copies, "COPIES_BYTES", 1)
    assert await all_of(reader) == [*whole, (4, 3, "d", "taken")]


async def test_nobody_is_given_what_another_told(where: str, tmp_path: Path) -> None:
    """The key says whose facts they are; a key that ended reads nothing any more."""
    hq, client = await two_lives(where, keys=tmp_path / "hq-keys")
    assert [one[2] for one in await all_of(CopiesReader(client, URL, OTHER_KEY))] == ["theirs"]
    assert isinstance(await CopiesReader(client, URL, "a-key-that-nobody-has").fetch("sales", 0, 0), NotEnrolled)
    till = SigningTill(tmp_path / "keys")
    await till.enrolled(client, (await code_of(hq, till.clock, DEVICE, store="Казань, Баумана")).code)
    assert [one[2] for one in await all_of(CopiesReader(client, URL, till.signer()))] == ["a", "b", "c", "bad", "d"]
    assert isinstance(await CopiesReader(client, URL, KEY).fetch("sales", 0, 0), NotEnrolled), "the dead box's key"
    assert isinstance(await CopiesReader(client, URL, till.signer()).fetch("visits", 0, 0), GivesNothing)
