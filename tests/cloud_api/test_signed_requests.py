"""HQ takes a request for its device's only if that device signed this very request, about now, for the first time."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest
from pushing_till import DEVICE, KEY, NOON_MS, OTHER, OTHER_KEY, Clock, PushingTill, a_sale, client_of, counted, open_hq
from signing_till import URL, SigningTill, altered, code_of, code_said

from cloud_api import who_asks
from cloud_api.app import Hq
from cloud_api.nonces import GOOD_FOR_S
from cloud_api.store import commands
from cloud_api.store.devices import put_device, revoke_device
from sync.courier import Busy, Delivered, NotEnrolled
from sync.downlink import FeedReader, Page, Place
from sync.wire.commands import Commands
from sync.wire.signatures import NONCE_HEADER, TIME_HEADER

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


async def one_till(where: str, tmp_path: Path, **changes: object) -> tuple[Hq, Clock, httpx.AsyncClient, SigningTill]:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys", **changes)
    client = client_of(hq)
    till = SigningTill(tmp_path / "keys", clock)
    await till.enrolled(client, (await code_of(hq, clock)).code)
    return hq, clock, client, till


async def test_a_signed_push_is_taken_and_the_store_comes_from_the_key(where: str, tmp_path: Path) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2")), Delivered)
    assert await counted(hq) == ["s-1", "s-2"]
    assert await hq.storage.rows("SELECT DISTINCT device, store FROM sale") == [("kazan-9", "Казань, Баумана")]
    assert isinstance(await FeedReader(client, URL, till.signer()).fetch(Place("a/b c", 3), 0), Page)


async def test_what_was_altered_on_the_way_is_refused(where: str, tmp_path: Path) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    pushing = till.pushing("s-1")
    other_body = till.pushing("s-2").request(1, 1)[0]
    for change, said in (
        ({"url": f"{URL}/v1/push/visits"}, "altered"),
        ({"url": f"{URL}/v1/push/sales?x=1"}, "altered"),
        ({"content": other_body}, "altered_body"),
        ({"content": b""}, "altered_body"),
    ):
        request = altered(till.request(pushing), **change)
        answer = await client.send(request)
        assert code_said(answer) == (401, said), change
    asked = till.request(pushing, method="GET", url=f"{URL}/v1/feed/commands?since=5", content=b"")
    answer = await client.send(altered(asked, url=f"{URL}/v1/feed/commands?since=6"))
    assert code_said(answer) == (401, "altered")
    answer = await client.send(till.request(pushing, method="GET", url=f"{URL}/v1/feed/commands", content=b"more"))
    assert code_said(answer) == (401, "altered_body")
    assert await counted(hq) == []


async def test_what_was_signed_before_this_hq_began_is_signed_once_more(where: str, tmp_path: Path) -> None:
    """The program before it may have seen the request and has forgotten: nobody hands it in again. A till whose clock
    is behind, or whose request was on its way, signs over a nonce and goes on; a clock set back holds up nobody."""
    hq, clock, client, till = await one_till(where, tmp_path)
    pushing = till.pushing("s-1")
    request = till.request(pushing)
    assert (await client.send(request)).status_code == 200
    clock.ms += 1_000
    await hq.storage.close()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    assert code_said(await client.send(altered(request))) == (401, "too_old")
    clock.ms -= 1_000
    assert isinstance(await till.push(client, pushing), Delivered)
    clock.ms -= 60_000
    assert isinstance(await till.push(client, pushing), Delivered)
    clock.ms += 61_000
    till.clock = Clock(clock.ms - 2_000)
    assert isinstance(await till.push(client, pushing), Delivered)
    await hq.storage.close()


async def test_the_method_is_signed(where: str, tmp_path: Path) -> None:
    """A question cannot be made a hand-in, nor the other way."""
    _, _, client, till = await one_till(where, tmp_path)
    as_get = till.request(till.pushing("s-1"), method="GET")
    assert code_said(await client.send(altered(as_get, method="POST"))) == (401, "altered")


async def test_a_request_comes_in_once(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    request = till.request(till.pushing("s-1"))
    assert (await client.send(request)).status_code == 200
    assert code_said(await client.send(altered(request))) == (401, "replayed")
    clock.ms += 299_000
    assert code_said(await client.send(altered(request))) == (401, "replayed")
    clock.ms += 2_000
    assert code_said(await client.send(altered(request))) == (401, "too_old")
    assert await counted(hq) == ["s-1"]


async def test_a_stranger_is_no_device_and_its_body_is_not_read(where: str, tmp_path: Path) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    stranger = till.signer(b"\x07" * 32)
    pushing = till.pushing("s-1")
    assert code_said(await client.send(till.request(pushing, stranger))) == (401, "unknown_key")
    unsigned = altered(till.request(pushing), headers={"content-encoding": "zstd"})
    assert code_said(await client.send(unsigned)) == (401, "unknown_key")
    half = altered(till.request(pushing))
    half.headers["signature"] = "till=:AAAA:"
    assert code_said(await client.send(half)) == (401, "malformed_signature")
    twice = till.request(pushing)
    headers = [*twice.headers.multi_items(), ("content-digest", "sha-256=:AAAA:")]
    assert code_said(await client.send(altered(twice, headers=headers))) == (401, "altered")
    assert await counted(hq) == []


async def test_a_device_pushes_its_own_streams_only(where: str, tmp_path: Path) -> None:
    """Store and device come from the key: another store's key opens nothing of this one."""
    hq, clock, client, till = await one_till(where, tmp_path)
    other = SigningTill(tmp_path / "other", clock)
    await other.enrolled(client, (await code_of(hq, clock, "ufa-9", "Уфа", "Касса 2")).code)
    pushing = till.pushing("s-1")
    assert code_said(await client.send(other.request(pushing))) == (403, "other_device")
    swapped = altered(till.request(pushing))
    swapped.headers["signature"] = other.request(pushing).headers["signature"]
    assert code_said(await client.send(swapped)) == (401, "altered")
    assert await counted(hq) == []


async def test_a_device_reads_its_own_feed_only(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    async with hq.storage.transaction(None) as transaction:
        await commands.give(transaction, "ufa-1", "c-1", "forgotten", Commands("", [], 0), now_ms=clock())
    mine = await FeedReader(client, URL, till.signer()).fetch(Place(), 0)
    theirs = await FeedReader(client, URL, OTHER_KEY).fetch(Place(), 0)
    assert isinstance(mine, Page)
    assert isinstance(theirs, Page)
    assert mine.commands.commands == []
    assert [command.id for command in theirs.commands.commands] == ["c-1"]


@pytest.mark.parametrize("off_ms", [-DAY_MS, DAY_MS, -3650 * DAY_MS])
async def test_a_clock_a_day_off_signs_over_hqs_nonce(where: str, tmp_path: Path, off_ms: int) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    till.clock = Clock(NOON_MS + off_ms)
    pushing = till.pushing("s-1")
    answer = await client.send(till.request(pushing))
    assert code_said(answer) == (401, "too_old" if off_ms < 0 else "too_new")
    assert answer.headers[TIME_HEADER] == str(NOON_MS // 1000)
    assert isinstance(await till.push(client, pushing), Delivered)
    assert await counted(hq) == ["s-1"]


async def test_a_nonce_of_hq_is_good_once_for_its_key_and_for_two_minutes(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    other = SigningTill(tmp_path / "other", Clock(NOON_MS + DAY_MS))
    await other.enrolled(client, (await code_of(hq, clock, "ufa-9", "Уфа", "Касса 2")).code)
    till.clock = Clock(NOON_MS + DAY_MS)
    pushing = till.pushing("s-1")
    nonce = (await client.send(till.request(pushing))).headers[NONCE_HEADER]

    def over(nonce: str, who: SigningTill) -> httpx.Request:
        signer = who.signer()
        signer._nonce = lambda: nonce
        return who.request(who.pushing("s-1"), signer)

    stolen = await client.send(over(nonce, other))
    assert code_said(stolen) == (401, "stale_nonce")
    assert stolen.headers[NONCE_HEADER] != nonce
    assert (await client.send(over(nonce, till))).status_code == 200
    assert code_said(await client.send(over(nonce, till))) == (401, "replayed")
    fresh = (await client.send(till.request(pushing))).headers[NONCE_HEADER]
    clock.ms += (GOOD_FOR_S + 1) * 1000
    assert code_said(await client.send(over(fresh, till))) == (401, "stale_nonce")
    assert code_said(await client.send(over("hq.made-up", till))) == (401, "stale_nonce")


async def test_revoked_it_is_told_so_and_comes_back_by_a_new_code_only(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    assert await revoke_device(hq.storage, "kazan-9", now_ms=clock())
    answer = await till.push(client, till.pushing("s-1"))
    assert answer == NotEnrolled("this device was revoked", revoked=True)
    old = till.signer()
    await till.enrolled(client, (await code_of(hq, clock)).code)
    assert isinstance(await till.push(client, till.pushing("s-2")), Delivered)
    assert isinstance(await till.push(client, till.pushing("s-3"), old), NotEnrolled)
    assert await counted(hq) == ["s-2"]


async def test_a_key_of_the_settings_file_is_good_until_the_device_has_its_own(where: str, tmp_path: Path) -> None:
    hq, clock, client, _ = await one_till(where, tmp_path)
    old = PushingTill()
    old.add("s-1", a_sale("s-1"))
    assert (await old.push(client)).status_code == 200
    till = SigningTill(tmp_path / "keys-of-1", clock)
    told = await till.enrolled(client, (await code_of(hq, clock, DEVICE)).code)
    assert (told.device, told.epoch) == (DEVICE, 2), "nothing was pushed under the new epoch before"
    assert code_said(await old.push(client)) == (401, "no_signature")
    for entry in hq.settings.devices:  # HQ starts again with its settings file
        await put_device(hq.storage, entry, now_ms=clock())
    assert code_said(await old.push(client)) == (401, "no_signature")
    await revoke_device(hq.storage, DEVICE, now_ms=clock())
    for entry in hq.settings.devices:
        await put_device(hq.storage, entry, now_ms=clock())
    assert code_said(await old.push(client)) == (401, "revoked")
    other = PushingTill(OTHER, OTHER_KEY)
    other.add("s-1", a_sale("s-1"))
    assert (await other.push(client)).status_code == 200
    assert (await other.push(client, key=KEY)).status_code == 401


async def test_who_asks_too_often_is_told_to_wait(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One device that runs wild takes nothing from the others."""
    monkeypatch.setattr(who_asks, "ASKS_AT_ONCE", 2)
    hq, clock, client, till = await one_till(where, tmp_path)
    pushing = till.pushing("s-1")
    assert [type(await till.push(client, pushing)) for _ in range(3)] == [Delivered, Delivered, Busy]
    other = SigningTill(tmp_path / "other", clock)
    await other.enrolled(client, (await code_of(hq, clock, "ufa-9", "Уфа", "Касса 2")).code)
    assert isinstance(await other.push(client, other.pushing("s-1")), Delivered)
    clock.ms += 1_000
    assert isinstance(await till.push(client, pushing), Delivered)


async def test_what_cannot_be_remembered_is_not_taken(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rather than forget a nonce that is still good, HQ asks to wait."""
    monkeypatch.setattr(who_asks.SeenNonces.__init__, "__defaults__", (2,))
    _, clock, client, till = await one_till(where, tmp_path)
    pushing = till.pushing("s-1")
    assert [type(await till.push(client, pushing)) for _ in range(3)] == [Delivered, Delivered, Busy]
    clock.ms += 700_000
    assert isinstance(await till.push(client, pushing), Delivered)


async def test_the_document_says_how_devices_show_who_they_are(where: str, tmp_path: Path) -> None:
    hq, _, _, _ = await one_till(where, tmp_path)
    document = msgspec.json.decode(msgspec.json.encode(hq.openapi()))
    assert set(document["components"]["securitySchemes"]) == {"deviceSignature", "deviceKey", "apiKey"}
    assert {"Enrol", "Enrolled", "Rotate", "Rotated"} <= set(document["components"]["schemas"])
    for path in ("/v1/enroll", "/v1/rotate"):
        assert "401" in document["paths"][path]["post"]["responses"]
