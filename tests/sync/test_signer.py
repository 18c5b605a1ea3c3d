"""A device signs each request; with a wrong clock it signs again over HQ's nonce, and is dated by HQ from then on."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx
import msgspec
import pytest

from sync.asking import Away
from sync.courier import Courier, Delivered, NotEnrolled
from sync.downlink import FeedReader, Page, Place
from sync.enrolment.signer import Bearer, BothKeys, Signer
from sync.wire import signatures
from sync.wire.commands import Commands
from sync.wire.edge_log import Ack, Problem
from sync.wire.signatures import Message, Refusal, Signed

pytestmark = pytest.mark.anyio

SEED, NEXT_SEED = bytes(range(32)), bytes(range(7, 39))
NOW_S = 1_795_251_600


@dataclass
class SigningHq:
    """Verifies as HQ does: the clock first, then the signature, then the body."""

    now_s: int = NOW_S
    nonce: str = "from-hq"
    always_nonce: bool = False
    answer: bytes = msgspec.json.encode(Ack(3, 5))
    heard: list[Signed] = field(default_factory=list)
    why: list[Refusal | None] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path, _, query = request.url.raw_path.decode().partition("?")
        message = Message(request.method, path, query, request.headers)
        signed = signatures.read_signature(request.headers)
        assert isinstance(signed, Signed), signed
        self.heard.append(signed)
        late = signatures.age_refusal(signed, self.now_s) if signed.nonce != self.nonce else None
        if late is not None or self.always_nonce:
            self.why.append(late)
            headers = {"signature-nonce": self.nonce, "signature-time": str(self.now_s)}
            return httpx.Response(401, headers=headers, content=msgspec.json.encode(Problem("use_nonce", "clock")))
        refusal = signatures.verify(message, signed, signatures.public_key_of(SEED))
        refusal = refusal or signatures.body_refusal(request.headers["content-digest"], request.content)
        self.why.append(refusal)
        return httpx.Response(200 if refusal is None else 401, content=self.answer)


def signer(now_s: Callable[[], int] = lambda: NOW_S) -> Signer:
    drawn = itertools.count(1)
    return Signer(SEED, now_ms=lambda: now_s() * 1000, nonce=lambda: f"own-{next(drawn)}")


def client_of(hq: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(hq))


async def test_a_batch_and_a_question_are_signed() -> None:
    hq = SigningHq()
    auth = signer()
    async with client_of(hq) as client:
        assert await Courier(client, "http://hq.test", auth).post("sales", b"packed") == Delivered(3, 5, 500)
        hq.answer = msgspec.json.encode(Commands("f", [], 5))
        assert isinstance(await FeedReader(client, "http://hq.test", auth).fetch(Place("a b&c", 7), 0), Page)
    assert hq.why == [None, None]
    assert [signed.nonce for signed in hq.heard] == ["own-1", "own-2"]


@pytest.mark.parametrize("off_s", [-86_400, 86_400, -400, 400, -86_400 * 365 * 10])
async def test_a_wrong_clock_signs_over_hqs_nonce_and_needs_no_second_round_later(off_s: int) -> None:
    hq = SigningHq()
    now_s = [NOW_S + off_s]
    auth = signer(lambda: now_s[0])
    async with client_of(hq) as client:
        courier = Courier(client, "http://hq.test", auth)
        assert isinstance(await courier.post("sales", b"packed"), Delivered)
        assert hq.why == [Refusal.TOO_OLD if off_s < 0 else Refusal.TOO_NEW, None]
        assert [signed.nonce for signed in hq.heard] == ["own-1", "from-hq"]
        hq.now_s, now_s[0] = hq.now_s + 60, now_s[0] + 60
        assert isinstance(await courier.post("sales", b"again"), Delivered)
    assert hq.why[2:] == [None]
    assert hq.heard[-1].created_s == NOW_S + 60


async def test_a_clock_that_is_set_right_meanwhile_costs_one_round() -> None:
    """The difference that was told is old then, and HQ says so again."""
    hq, now_s = SigningHq(), [NOW_S - 86_400]
    auth = signer(lambda: now_s[0])
    async with client_of(hq) as client:
        courier = Courier(client, "http://hq.test", auth)
        await courier.post("sales", b"packed")
        now_s[0] = NOW_S
        assert isinstance(await courier.post("sales", b"packed"), Delivered)
    assert hq.why == [Refusal.TOO_OLD, None, Refusal.TOO_NEW, None]
    assert auth.now_s() == NOW_S


async def test_a_nonce_is_signed_once_and_then_it_is_a_refusal() -> None:
    """Whoever answers with nonces for ever does not make the device ask for ever."""
    hq = SigningHq(always_nonce=True)
    async with client_of(hq) as client:
        answer = await Courier(client, "http://hq.test", signer()).post("sales", b"packed")
    assert isinstance(answer, NotEnrolled)
    assert len(hq.heard) == 2


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (401, {"signature-nonce": "n" * 200, "signature-time": "1", "content-length": "2"}),
        (401, {"signature-nonce": "n", "signature-time": "soon", "content-length": "2"}),
        (401, {"signature-nonce": "n", "signature-time": "1" * 20, "content-length": "2"}),
        (401, {"signature-nonce": "n", "signature-time": "1", "content-length": "99999999"}),
        (401, {"signature-nonce": "n", "content-length": "2"}),
        (403, {"signature-nonce": "n", "signature-time": "1", "content-length": "2"}),
    ],
)
async def test_what_is_no_nonce_of_hq_is_not_signed(status: int, headers: dict[str, str]) -> None:
    asked = 0

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(status, headers=headers, content=b"{}")

    async with client_of(handle) as client:
        assert isinstance(await Courier(client, "http://hq.test", signer()).post("sales", b""), NotEnrolled | Away)
    assert asked == 1


async def test_revoked_is_told_from_unknown() -> None:
    async def post(code: str) -> object:
        refused = httpx.Response(401, content=msgspec.json.encode(Problem(code, "why")))
        async with client_of(lambda _: refused) as client:
            return await Courier(client, "http://hq.test", signer()).post("sales", b"")

    assert await post("revoked") == NotEnrolled("why", revoked=True)
    assert await post("unknown_key") == NotEnrolled("why")


async def test_a_rotation_is_signed_by_both_keys() -> None:
    heard: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200)

    async with client_of(handle) as client:
        await client.post("http://hq.test/v1/rotate", content=b"{}", auth=BothKeys(signer(), NEXT_SEED))
    for tag, seed in ((signatures.TAG, SEED), (signatures.NEXT_TAG, NEXT_SEED)):
        signed = signatures.read_signature(heard[0].headers, tag)
        assert isinstance(signed, Signed)
        message = Message("POST", "/v1/rotate", "", heard[0].headers)
        assert signatures.verify(message, signed, signatures.public_key_of(seed)) is None


async def test_the_key_of_a_settings_file_is_shown_as_before() -> None:
    heard: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        heard.append(request)
        return httpx.Response(200, content=msgspec.json.encode(Ack(1, 1)))

    async with client_of(handle) as client:
        await Courier(client, "http://hq.test", "a-key").post("sales", b"")
        await client.get("http://hq.test", auth=Bearer("b-key"))
    assert [request.headers["authorization"] for request in heard] == ["Bearer a-key", "Bearer b-key"]
    assert "signature" not in heard[0].headers
