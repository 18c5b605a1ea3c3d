"""A device's next key is told by the one before it; either is good until the new one is used, whatever is cut."""

from __future__ import annotations

from pathlib import Path

import httpx
import msgspec
import pytest
from pushing_till import Clock, client_of, counted, open_hq
from signing_till import URL, SigningTill, altered, code_of, code_said, draw
from test_enrolment import losing

from cloud_api.app import Hq
from cloud_api.store.devices import revoke_device
from sync.courier import Delivered, NotEnrolled
from sync.enrolment import kept
from sync.enrolment.rotating import ROTATE_AFTER_DAYS, due, rotate
from sync.enrolment.signer import BothKeys, Signer
from sync.wire import signatures
from sync.wire.enrolment import Rotate, Rotated

pytestmark = pytest.mark.anyio
DAY_MS = 86_400_000


async def one_till(where: str, tmp_path: Path) -> tuple[Hq, Clock, httpx.AsyncClient, SigningTill]:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    till = SigningTill(tmp_path / "keys", clock)
    await till.enrolled(client, (await code_of(hq, clock)).code)
    return hq, clock, client, till


async def test_the_new_key_ends_the_old_one_when_it_is_used(where: str, tmp_path: Path) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    old, signer = till.signer(), till.signer()
    before = till.enrolment
    assert await rotate(client, signer, URL, till.keys, draw=draw)
    after = till.enrolment
    assert after.seed == signer.seed != before.seed
    assert (after.device, after.epoch, after.next_seed) == (before.device, before.epoch, b"")
    assert isinstance(await till.push(client, till.pushing("s-1"), old), Delivered), "the new one was not used yet"
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2"), signer), Delivered)
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2", "s-3"), old), NotEnrolled)
    assert await counted(hq) == ["s-1", "s-2"]
    assert await rotate(client, signer, URL, till.keys, draw=draw), "and so on"
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2", "s-3"), signer), Delivered)


async def test_an_answer_that_was_lost_leaves_both_keys(where: str, tmp_path: Path) -> None:
    hq, _, client, till = await one_till(where, tmp_path)
    signer = till.signer()
    assert not await rotate(losing(hq), signer, URL, till.keys, draw=draw)
    begun = till.enrolment
    assert begun.next_seed
    assert begun.seed == signer.seed
    assert isinstance(await till.push(client, till.pushing("s-1"), signer), Delivered)
    assert due(begun, begun.keyed_ms), "what was begun is finished first"
    assert await rotate(client, signer, URL, till.keys, draw=draw)
    assert signer.seed == begun.next_seed, "with the key that HQ was told of"
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2"), signer), Delivered)


async def test_a_full_disk_after_hqs_word_leaves_the_old_key_good(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, client, till = await one_till(where, tmp_path)
    signer, real = till.signer(), kept.write

    def full(directory: Path, told: kept.Kept) -> None:
        if told.enrolled is not None and not told.enrolled.next_seed:
            raise kept.DirectoryUnusable(str(directory), OSError(28, "No space left on device"))
        real(directory, told)

    with monkeypatch.context() as patched:
        patched.setattr(kept, "write", full)
        assert not await rotate(client, signer, URL, till.keys, draw=draw)
    assert isinstance(await till.push(client, till.pushing("s-1"), signer), Delivered)
    assert await rotate(client, signer, URL, till.keys, draw=draw)


async def test_a_word_that_is_not_hqs_drops_no_key(where: str, tmp_path: Path) -> None:
    _, _, client, till = await one_till(where, tmp_path)
    signer = till.signer()

    def liar(request: httpx.Request) -> httpx.Response:
        told = msgspec.json.decode(request.content, type=Rotate)
        return httpx.Response(200, content=msgspec.json.encode(Rotated(signatures.key_id(told.public_key), 1)))

    assert not await rotate(httpx.AsyncClient(transport=httpx.MockTransport(liar)), signer, URL, till.keys, draw=draw)
    assert isinstance(await till.push(client, till.pushing("s-1"), signer), Delivered)


async def test_both_keys_have_to_sign(where: str, tmp_path: Path) -> None:
    """Who has the old key cannot put somebody else's in its place, and the new one alone is nobody's."""
    hq, clock, client, till = await one_till(where, tmp_path)
    next_seed, other = b"\x05" * 32, b"\x06" * 32

    def request(auth: Signer, public_of: bytes = next_seed) -> httpx.Request:
        body = msgspec.json.encode(Rotate(signatures.public_key_of(public_of)))
        return next(auth.auth_flow(httpx.Request("POST", f"{URL}/v1/rotate", content=body)))

    own = till.enrolment.seed
    for asked, said in (
        (request(till.signer()), (401, "no_signature")),
        (request(BothKeys(till.signer(), other)), (401, "unknown_key")),
        (request(BothKeys(till.signer(next_seed), next_seed)), (401, "unknown_key")),
        (request(BothKeys(till.signer(), own), own), (409, "key_taken")),
    ):
        assert code_said(await client.send(asked)) == said
    good = request(BothKeys(till.signer(), next_seed))
    swapped = altered(good, content=request(BothKeys(till.signer(), other), other).content)
    assert code_said(await client.send(swapped)) == (401, "altered_body")
    assert (await client.send(request(BothKeys(till.signer(), next_seed)))).status_code == 200
    second = SigningTill(tmp_path / "other", clock)
    await second.enrolled(client, (await code_of(hq, clock, "ufa-9", "Уфа", "Касса 2")).code)
    taken = request(BothKeys(second.signer(), next_seed))
    assert code_said(await client.send(taken)) == (409, "key_taken")
    bearer = httpx.Request("POST", f"{URL}/v1/rotate", headers={"authorization": "Bearer till-one-key-till-one-key"})
    assert code_said(await client.send(bearer)) == (403, "no_key")


async def test_revoked_in_the_middle_of_a_rotation_neither_key_is_good(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    old, signer = till.signer(), till.signer()
    assert await rotate(client, signer, URL, till.keys, draw=draw)
    await revoke_device(hq.storage, "kazan-9", now_ms=clock())
    for key in (old, signer):
        answer = await till.push(client, till.pushing("s-1"), key)
        assert isinstance(answer, NotEnrolled)
        assert answer.revoked
    assert not await rotate(client, signer, URL, till.keys, draw=draw)
    await till.enrolled(client, (await code_of(hq, clock)).code)
    for key in (old, signer):
        assert isinstance(await till.push(client, till.pushing("s-1"), key), NotEnrolled)
    assert isinstance(await till.push(client, till.pushing("s-1")), Delivered)


async def test_a_next_key_that_was_never_used_gives_way(where: str, tmp_path: Path) -> None:
    """The file was put back from before: the device makes another one."""
    hq, _, client, till = await one_till(where, tmp_path)
    before = kept.read(till.keys)
    assert await rotate(client, till.signer(), URL, till.keys, draw=draw)
    kept.write(till.keys, before)
    signer = till.signer()
    assert await rotate(client, signer, URL, till.keys, draw=draw)
    assert isinstance(await till.push(client, till.pushing("s-1"), signer), Delivered)
    assert await hq.storage.rows("SELECT count(*) FROM device_key WHERE retired_ms IS NULL") == [(1,)]


async def test_enrolled_anew_meanwhile_nothing_is_overwritten(where: str, tmp_path: Path) -> None:
    hq, clock, client, till = await one_till(where, tmp_path)
    running = till.signer()
    await till.enrolled(client, (await code_of(hq, clock)).code)
    after = kept.read(till.keys)
    assert not await rotate(client, running, URL, till.keys, draw=draw)
    assert kept.read(till.keys) == after


async def test_a_key_is_changed_after_ninety_days_by_hqs_clock(where: str, tmp_path: Path) -> None:
    _, _, _, till = await one_till(where, tmp_path)
    enrolled = till.enrolment
    assert not due(enrolled, enrolled.keyed_ms + ROTATE_AFTER_DAYS * DAY_MS - 1)
    assert due(enrolled, enrolled.keyed_ms + ROTATE_AFTER_DAYS * DAY_MS)
