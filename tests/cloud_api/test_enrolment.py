"""A device comes in by a code that somebody made for its store: once, in time, and again after any cut on the way."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import anyio
import httpx
import msgspec
import pytest
from pushing_till import DEVICE, NOON_MS, Clock, PushingTill, a_sale, client_of, counted, open_hq
from signing_till import STORE, URL, SigningTill, altered, code_of, draw

from cloud_api import enrol_door
from cloud_api.hq_key import FILE, HqKeyFile, KeyUnusable, keys_beside
from cloud_api.store.codes import GOOD_FOR_MS, make_code
from cloud_api.store.devices import revoke_device
from sync.courier import Delivered
from sync.enrolment import kept
from sync.enrolment.enrolling import Machine, NotTaken
from sync.enrolment.signer import Signer
from sync.store.failures import DirectoryUnusable
from sync.wire import signatures
from sync.wire.enrolment import Enrol, Enrolled

pytestmark = pytest.mark.anyio


class Cut(Exception):
    """The power."""


class LosingAnswers(httpx.AsyncBaseTransport):
    """A line on which requests arrive and answers do not, for a while."""

    def __init__(self, under: httpx.AsyncBaseTransport, lost: int) -> None:
        self.under, self.lost = under, lost

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.under.handle_async_request(request)
        if self.lost:
            self.lost -= 1
            raise httpx.ReadError("cut")
        return response


def losing(hq: Any, lost: int = 1) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=LosingAnswers(httpx.ASGITransport(app=hq), lost), base_url=URL)


def why(answer: Enrolled | NotTaken) -> str:
    assert isinstance(answer, NotTaken), answer
    return answer.code


async def test_a_code_makes_a_device_of_its_store(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    made = await make_code(hq.storage, STORE, "Касса 7", "", now_ms=clock(), draw=draw)
    till = SigningTill(tmp_path / "keys", clock, Machine("", "m" * 64, "tillkeeper 1"))
    told = await till.enrolled(client, made.code.lower().replace("-", " "))
    assert (told.device, told.store, told.till, told.epoch) == (made.device, STORE, "Касса 7", 1)
    assert told.server_time_ms == NOON_MS
    kept_now = till.enrolment
    assert (kept_now.device, kept_now.epoch, kept_now.hq_key) == (made.device, 1, told.hq_key)
    rows = await hq.storage.rows("SELECT key_id, public_key, machine, about FROM device_key")
    public = signatures.public_key_of(kept_now.seed)
    assert rows == [(signatures.key_id(public), public.hex(), "m" * 64, "tillkeeper 1")]
    assert made.code.replace("-", "") not in str(await hq.storage.rows("SELECT * FROM enrol_code"))
    assert kept_now.seed.hex() not in str(await hq.storage.rows("SELECT * FROM device_key"))
    assert isinstance(await till.push(client, till.pushing("s-1")), Delivered)
    again = await make_code(hq.storage, STORE, "Касса 7", "", now_ms=clock(), draw=draw)
    assert again.device == made.device, "the till is known by its store and name"


async def test_a_code_is_good_once_and_for_a_quarter_of_an_hour(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    first, second = SigningTill(tmp_path / "one", clock), SigningTill(tmp_path / "two", clock)
    code = (await code_of(hq, clock)).code
    await first.enrolled(client, code)
    assert why(await second.enrol(client, code)) == "code_used"
    assert isinstance(await first.push(client, first.pushing("s-1")), Delivered)
    late = (await code_of(hq, clock)).code
    clock.ms += GOOD_FOR_MS + 1
    assert why(await second.enrol(client, late)) == "code_expired"
    assert why(await second.enrol(client, "0000-0000-0000-0000")) == "unknown_code"
    assert why(await second.enrol(client, "a sentence")) == "bad_code"
    assert kept.read(tmp_path / "two").enrolled is None


async def test_two_at_once_with_one_code_are_one(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    code = (await code_of(hq, clock)).code
    said: list[str] = []

    async def come(name: str) -> None:
        answer = await SigningTill(tmp_path / name, clock).enrol(client_of(hq), code)
        said.append("in" if isinstance(answer, Enrolled) else answer.code)

    async with anyio.create_task_group() as tasks:
        for name in ("one", "two", "three"):
            tasks.start_soon(come, name)
    assert sorted(said) == ["code_used", "code_used", "in"]
    assert await hq.storage.number("SELECT count(*) FROM device_key") == 1


async def test_the_data_of_one_till_do_not_become_anothers(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    till = SigningTill(tmp_path / "keys", clock, Machine(DEVICE))
    code = (await code_of(hq, clock, "kazan-9")).code
    assert why(await till.enrol(client, code)) == "other_device"
    till.machine = Machine("kazan-9")
    assert (await till.enrolled(client, code)).device == "kazan-9", "the code was not used up"


async def test_an_answer_that_was_lost_is_given_again(where: str, tmp_path: Path) -> None:
    """HQ has committed and the device has not heard: the same code from the same key, the same answer, even late."""
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    till = SigningTill(tmp_path / "keys", clock)
    code = (await code_of(hq, clock)).code
    assert why(await till.enrol(losing(hq), code)) == "away"
    clock.ms += GOOD_FOR_MS * 4
    told = await till.enrolled(client_of(hq), code)
    assert told.epoch == 1
    assert await hq.storage.rows("SELECT count(*), count(DISTINCT device) FROM device_key") == [(1, 1)]
    assert await till.enrolled(client_of(hq), code) == told, "and the command may be given once more"
    assert isinstance(await till.push(client_of(hq), till.pushing("s-1")), Delivered)
    await revoke_device(hq.storage, told.device, now_ms=clock())
    assert why(await till.enrol(client_of(hq), code)) == "code_used", "an old code brings nobody back"


async def test_the_power_is_cut_between_key_and_question_or_between_answer_and_file(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    till = SigningTill(tmp_path / "keys", clock)
    code = (await code_of(hq, clock)).code

    async def cut(*_: Any, **__: Any) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr("sync.enrolment.enrolling._post", cut)
        with pytest.raises(Cut):
            await till.enrol(client, code)
    asked = kept.read(till.keys).asked
    assert asked is not None
    real = kept.write
    with monkeypatch.context() as patched:

        def full(directory: Path, told: kept.Kept) -> None:
            if told.enrolled is not None:
                raise DirectoryUnusable(str(directory), OSError(28, "No space left on device"))
            real(directory, told)

        patched.setattr(kept, "write", full)
        with pytest.raises(DirectoryUnusable):
            await till.enrol(client, code)
    assert kept.read(till.keys).asked == asked
    await till.enrolled(client, code)
    assert till.enrolment.seed == asked.seed, "the key was made once"
    assert kept.read(till.keys).asked is None
    assert isinstance(await till.push(client, till.pushing("s-1")), Delivered)


async def test_enrolled_anew_the_old_key_is_good_until_the_answer_is_here(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    till = SigningTill(tmp_path / "keys", clock)
    await till.enrolled(client, (await code_of(hq, clock)).code)
    before = till.enrolment
    assert isinstance(await till.push(client, till.pushing("s-1")), Delivered)
    assert why(await till.enrol(client, "1111-1111-1111-1111")) == "unknown_code"
    assert till.enrolment == before
    assert isinstance(await till.push(client, till.pushing("s-1", "s-2")), Delivered)
    told = await till.enrolled(client, (await code_of(hq, clock)).code)
    assert told.epoch == 2, "numbers that were pushed are never used again"
    assert till.enrolment.seed != before.seed
    assert isinstance(await till.push(client, till.pushing("s-3")), Delivered)
    assert await counted(hq) == ["s-1", "s-2", "s-3"]


async def test_codes_are_not_guessed(where: str, tmp_path: Path) -> None:
    """Ten wrong ones from an address, then it waits; who has a good one elsewhere comes in meanwhile."""
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    here, elsewhere = client_of(hq, "10.0.0.1"), client_of(hq, "10.0.0.2")
    guesser = SigningTill(tmp_path / "guesser", clock)
    codes = [f"0000-0000-0000-00{n:02d}" for n in range(14)]
    said = [why(await guesser.enrol(here, code)) for code in codes]
    assert said == ["unknown_code"] * 10 + ["too_many"] * 4
    good = (await code_of(hq, clock)).code
    assert why(await guesser.enrol(here, good)) == "too_many"
    await SigningTill(tmp_path / "other", clock).enrolled(elsewhere, good)
    clock.ms += 31_000
    assert why(await guesser.enrol(here, codes[0])) == "unknown_code"
    assert why(await guesser.enrol(here, codes[0])) == "too_many"


async def test_good_codes_are_not_counted_as_guesses(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrol_door, "WRONG_AT_ONCE", 2)
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    for n in range(4):
        till = SigningTill(tmp_path / f"till-{n}", clock)
        await till.enrolled(client_of(hq), (await code_of(hq, clock, f"d-{n}")).code)


async def test_a_key_has_to_be_held_by_who_brings_it(where: str, tmp_path: Path) -> None:
    """The code alone does not put a key of somebody else's in force."""
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    code = (await code_of(hq, clock)).code
    seed, other = b"\x01" * 32, b"\x02" * 32

    def request(public_of: bytes, signed_by: bytes, told: str = code) -> httpx.Request:
        body = msgspec.json.encode(Enrol(told, signatures.public_key_of(public_of)))
        signer = Signer(signed_by, now_ms=clock, nonce=lambda: "n")
        return next(signer.auth_flow(httpx.Request("POST", f"{URL}/v1/enroll", content=body)))

    for bad, said in (
        (request(seed, other), (401, "unknown_key")),
        (
            altered(request(seed, seed), content=request(seed, seed, "AAAA-AAAA-AAAA-AAAA").content),
            (401, "altered_body"),
        ),
        (httpx.Request("POST", f"{URL}/v1/enroll", content=request(seed, seed).content), (401, "no_signature")),
        (altered(request(seed, seed), content=b"{"), (400, "unreadable")),
        (altered(request(seed, seed), content=b'{"code":"x","public_key":"AAAA"}'), (400, "unreadable")),
        (altered(request(seed, seed), content=b"x" * 9_000), (413, "too_large")),
    ):
        answer = await client.send(bad)
        assert (answer.status_code, answer.json()["code"]) == said
    good = request(seed, seed)
    first = await client.send(good)
    assert first.status_code == 200
    assert (await client.send(altered(good))).content == first.content, "replayed it changes nothing"
    assert await hq.storage.rows("SELECT count(*) FROM device_key") == [(1,)]


async def test_an_answer_that_hq_did_not_sign_enrols_nobody(where: str, tmp_path: Path) -> None:
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    code = (await code_of(hq, clock)).code
    till = SigningTill(tmp_path / "keys", clock)

    class Between(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response = await httpx.ASGITransport(app=hq).handle_async_request(request)
            told = msgspec.json.decode(await response.aread(), type=Enrolled)
            changed = msgspec.json.encode(msgspec.structs.replace(told, device="kazan-1"))
            headers = {name: response.headers[name] for name in ("content-digest", "signature-input", "signature")}
            return httpx.Response(200, headers=headers, content=changed)

    assert why(await till.enrol(httpx.AsyncClient(transport=Between()), code)) == "not_hq"
    assert kept.read(till.keys).enrolled is None
    await till.enrolled(client_of(hq), code)


async def test_unacknowledged_sales_go_on_under_the_new_epoch(where: str, tmp_path: Path) -> None:
    """From a settings file's key to a key of its own: what HQ has is not counted twice."""
    clock = Clock()
    hq = await open_hq(where, clock, keys=tmp_path / "hq-keys")
    client = client_of(hq)
    old = PushingTill()
    for id in ("s-1", "s-2"):
        old.add(id, a_sale(id))
    await old.push(client)
    till = SigningTill(tmp_path / "keys", clock, Machine(DEVICE))
    await till.enrolled(client, (await code_of(hq, clock, DEVICE)).code)
    assert isinstance(await till.push(client, till.pushing("s-2", "s-3")), Delivered)
    assert await counted(hq) == ["s-1", "s-2", "s-3"]


def test_hqs_key_is_made_when_it_is_needed_and_never_replaced(tmp_path: Path) -> None:
    directory = keys_beside(str(tmp_path / "hq.sqlite"))
    assert directory is not None
    made = HqKeyFile(directory, os.urandom)
    assert not directory.exists()
    public = made.key().public_key
    assert (directory / FILE).stat().st_mode & 0o777 == 0o600
    assert HqKeyFile(directory, os.urandom).key().public_key == public
    (directory / FILE).write_bytes(b"short")
    with pytest.raises(KeyUnusable, match="5 bytes"):
        HqKeyFile(directory, os.urandom)
    assert keys_beside("postgresql://hq/db") is None
    passing = HqKeyFile(None, os.urandom)
    assert passing.key().public_key == passing.key().public_key
    assert not passing.lasting


async def test_without_a_key_that_lasts_nobody_is_enrolled(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device would keep a key of HQ that is gone tomorrow."""
    clock = Clock()
    monkeypatch.setattr("cloud_api.app.keys_beside", lambda _: None)
    hq = await open_hq(where, clock)
    code = (await code_of(hq, clock)).code
    assert why(await SigningTill(tmp_path / "keys", clock).enrol(client_of(hq), code)) == "no_hq_key"
