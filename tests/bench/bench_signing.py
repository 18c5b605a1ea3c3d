"""What a signature costs beside what it guards: signing against packing a batch, HQ's ingest signed against by key."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import msgspec

from cloud_api.app import Hq, start_hq
from cloud_api.settings import DeviceEntry, Settings
from cloud_api.store.codes import make_code, redeem
from cloud_api.store.devices import key_hash
from sync.courier import Courier, Delivered, pack
from sync.enrolment.enrolling import nonces
from sync.enrolment.signer import Bearer, Signer
from sync.wire import signatures
from sync.wire.edge_log import GENESIS, Item, Push, chain
from sync.wire.enrolment import Enrol, read_code
from sync.wire.signatures import Message, Signed
from tests.bench.bench_hq import START_MS, _receipt
from tests.bench.figure import Figure, of_runs

KEY = "a-key-of-the-bench-only"
SEED = bytes(range(32))
BATCH = 100
REPEATS = 200
URL = "http://localhost"


def _pushes(device: str, count: int) -> list[Push]:
    previous, items, found = GENESIS, [], []
    for n in range(1, count + 1):
        body = msgspec.json.encode(_receipt(n))
        previous = chain(previous, f"i{n}", "sale", 1, body)
        items.append(Item(n, f"i{n}", "sale", 1, START_MS, previous, msgspec.Raw(body)))
        if len(items) == BATCH:
            found.append(Push(device, 1, items[0].seq, items))
            items = []
    return found


def _signer() -> Signer:
    return Signer(SEED, now_ms=lambda: START_MS, nonce=nonces(os.urandom))


def _us(work: Callable[[], object], repeats: int) -> float:
    """Processor time: neither signing nor packing waits for anything, and a busy machine shall not be counted."""
    began = time.process_time()
    for _ in range(repeats):
        work()
    return (time.process_time() - began) / repeats * 1e6


async def _packed_us(push: Push, repeats: int) -> float:
    began = time.process_time()
    for _ in range(repeats):
        await pack(push)
    return (time.process_time() - began) / repeats * 1e6


def _verified(request: httpx.Request, body: bytes, public_key: bytes) -> None:
    headers = dict(request.headers)
    signed = signatures.read_signature(headers)
    if not isinstance(signed, Signed):
        raise RuntimeError(f"not signed: {signed}")
    message = Message(request.method, request.url.path, "", headers)
    why = signatures.verify(message, signed, public_key) or signatures.body_refusal(headers["content-digest"], body)
    if why is not None:
        raise RuntimeError(f"not its own signature: {why}")


async def _enrolled(hq: Hq) -> None:
    """Device `signed` with the bench's key, as a code would make it."""
    made = await make_code(hq.storage, "Магазин", "Касса 2", "signed", now_ms=START_MS, draw=os.urandom)
    told = Enrol(made.code, signatures.public_key_of(SEED))
    await redeem(hq.storage, told, read_code(made.code) or "", now_ms=START_MS)


async def _rates(folder: Path, bodies: list[list[bytes]]) -> tuple[float, float]:
    """Receipts a second, by key and signed, batch by batch in turns so that both meet the same minute."""
    entry = DeviceEntry("keyed", "Магазин", "Касса 1", key_hash(KEY))
    settings = Settings(database=str(folder / "hq.sqlite"), devices=(entry,))
    hq = await start_hq(settings, now_ms=lambda: START_MS)
    await _enrolled(hq)
    spent = [0.0, 0.0]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=hq), base_url=URL) as client:
        couriers = [Courier(client, URL, Bearer(KEY)), Courier(client, URL, _signer())]
        for pair in zip(*bodies, strict=True):
            for place, body in enumerate(pair):
                began = time.perf_counter()
                answer = await couriers[place].post("sales", body)
                spent[place] += time.perf_counter() - began
                if not isinstance(answer, Delivered):
                    raise RuntimeError(f"not taken: {answer}")
    await hq.storage.close()
    receipts = len(bodies[0]) * BATCH
    return receipts / spent[0], receipts / spent[1]


def bench_signing(runs: int = 5, count: int = 4_000) -> list[Figure]:
    """Batches of 100 receipts with ten lines each."""
    push = _pushes("signed", BATCH)[0]
    body = anyio.run(pack, push)
    drawn = itertools.count()
    signer = Signer(SEED, now_ms=lambda: START_MS, nonce=lambda: f"{next(drawn):032x}")
    public_key = signatures.public_key_of(SEED)

    unsigned = httpx.Request("POST", f"{URL}/v1/push/sales", content=body)  # made for each batch, signed or not

    def sign() -> httpx.Request:
        return next(signer.auth_flow(unsigned))

    repeats = max(5, REPEATS * runs // 5)
    request = sign()
    signing = [_us(sign, repeats) for _ in range(runs)]
    verifying = [_us(lambda: _verified(request, body, public_key), repeats) for _ in range(runs)]
    packing = [anyio.run(_packed_us, push, max(2, repeats // 4)) for _ in range(runs)]
    bodies = [[anyio.run(pack, one) for one in _pushes(device, count)] for device in ("keyed", "signed")]
    pairs = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="tillkeeper-sign-") as folder:
            pairs.append(anyio.run(_rates, Path(folder), bodies))
    shares = [one / other for one, other in zip(signing, packing, strict=True)]
    keeps = [signed / keyed for keyed, signed in pairs]
    packed = f"packing the same batch of {BATCH} receipts: {sorted(packing)[len(packing) // 2]:.0f} us"
    ingest = "the same batches by a key of the settings file, in turns; the courier's work included"
    return [
        of_runs("a device signs a batch", signing, "us", digits=0, against=packed),
        of_runs("signing beside packing", shares, "x", digits=3, at_most=0.2, against=packed),
        of_runs("HQ verifies a batch", verifying, "us", digits=0, against=f"{len(body)} bytes hashed, one signature"),
        of_runs("signed ingest beside ingest by key", keeps, "x", digits=3, at_least=0.85, against=ingest),
        of_runs("HQ takes signed receipts", [signed for _, signed in pairs], "receipts/s", digits=0, against=ingest),
    ]
