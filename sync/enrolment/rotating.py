"""Changes the device's key before it grows old: the new one, signed by the old one, is in force when HQ says so.

next key on the disk -> POST /v1/rotate, signed by both -> Rotated -> it is the key, on the disk -> used
       ^                                  |
       +------ power cut, no answer ------+   the old key stays good until HQ has seen the new one used
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import anyio
import httpx
import msgspec
from msgspec.structs import replace

from sync.enrolment import kept
from sync.enrolment.hq_word import is_hqs
from sync.enrolment.kept import Enrolment
from sync.enrolment.signer import BothKeys, Signer
from sync.store.failures import StoreError
from sync.wire import signatures
from sync.wire.enrolment import Rotate, Rotated

ROTATE_AFTER_DAYS = 90
"""A key that was copied unnoticed is worth nothing after a season; a shop closed for the summer still has its own."""
LOOK_EVERY_S = 6 * 3600.0  # HQ may be away for a day; there is no hurry
_DAY_MS = 86_400_000


async def keep_young(
    client: httpx.AsyncClient,
    signer: Signer,
    url: str,
    keys: Path,
    *,
    draw: Callable[[int], bytes],
    look_every_s: float = LOOK_EVERY_S,
) -> None:
    """Runs until cancelled. A rotation that was begun is finished first; `signer` goes over to the new key."""
    while True:
        enrolled = kept.read(keys).enrolled
        if enrolled is not None and due(enrolled, signer.now_s() * 1000):
            await rotate(client, signer, url, keys, draw=draw)
        await anyio.sleep(look_every_s)


def due(enrolled: Enrolment, now_ms: int) -> bool:
    return bool(enrolled.next_seed) or now_ms - enrolled.keyed_ms >= ROTATE_AFTER_DAYS * _DAY_MS


async def rotate(
    client: httpx.AsyncClient, signer: Signer, url: str, keys: Path, *, draw: Callable[[int], bytes]
) -> bool:
    """True: HQ has acknowledged the new key, and `signer` signs with it. False: later, all is as it was.

    Raises StoreError of the key's file before anything is told to HQ.
    """
    before = kept.read(keys)
    enrolled = before.enrolled
    if enrolled is None or enrolled.seed != signer.seed:
        return False  # enrolled anew since this agent began: the other key is in force when it starts again
    if not enrolled.next_seed:
        enrolled = replace(enrolled, next_seed=draw(signatures.KEY_BYTES))
        kept.write(keys, replace(before, enrolled=enrolled))
    public_key = signatures.public_key_of(enrolled.next_seed)
    answer = await _tell(client, url, public_key, BothKeys(signer, enrolled.next_seed), enrolled.hq_key)
    if answer is None or answer.key_id != signatures.key_id(public_key):
        return False
    done = replace(enrolled, seed=enrolled.next_seed, next_seed=b"", keyed_ms=answer.server_time_ms)
    try:
        now = kept.read(keys)
        if now.enrolled != enrolled:
            return False
        kept.write(keys, replace(now, enrolled=done))
    except StoreError:
        return False  # both keys are on the disk as they were, and HQ takes either
    signer.seed = done.seed
    return True


async def _tell(
    client: httpx.AsyncClient, url: str, public_key: bytes, both: BothKeys, hq_key: bytes
) -> Rotated | None:
    """None for anything that HQ has not signed: a key is dropped for HQ's own word only."""
    headers = {"content-type": "application/json"}
    try:
        response = await client.post(
            f"{url.rstrip('/')}/v1/rotate",
            content=msgspec.json.encode(Rotate(public_key)),
            headers=headers,
            auth=both,
            follow_redirects=False,
        )
        if response.status_code != 200 or not is_hqs(200, response.headers, response.content, hq_key):
            return None
        return msgspec.json.decode(response.content, type=Rotated)
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, msgspec.DecodeError, UnicodeDecodeError):
        return None
