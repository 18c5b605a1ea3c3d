"""Enrols this device at HQ with a code somebody typed: makes the key here, keeps it, and then tells HQ.

    key on the disk -> POST /v1/enroll -> Enrolled -> who we are on the disk
          ^                  |
          +-- power cut -----+   the same code goes on with the same key, and HQ gives the same answer again

What was in force before stays in force until the answer is on the disk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from sync.enrolment import kept
from sync.enrolment.hq_word import is_hqs
from sync.enrolment.kept import Asked, Enrolment, Kept
from sync.enrolment.signer import Signer
from sync.wire import signatures
from sync.wire.edge_log import Problem
from sync.wire.enrolment import Enrol, Enrolled, code_hash, read_code

ANSWER_WITHIN_S = 30.0  # a bad mobile line; a person waits
LONGEST_ANSWER = 64 * 1024  # an Enrolled has 300 bytes
BAD_CODE = "bad_code"  # not what a code looks like: HQ was not asked
AWAY = "away"
NOT_HQ = "not_hq"


@dataclass(frozen=True, slots=True)
class NotTaken:
    """HQ did not enrol us. `code` is the wire's, or one of the three above; `what` is for the log."""

    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What HQ is told of this machine, and whose data it holds ("" for nobody's)."""

    device: str = ""
    machine: str = ""
    about: str = ""


async def enrol(
    client: httpx.AsyncClient,
    url: str,
    typed: str,
    keys: Path,
    machine: Machine,
    *,
    draw: Callable[[int], bytes],
    now_ms: Callable[[], int],
) -> Enrolled | NotTaken:
    """Never raises for what the network or HQ does; raises Damaged and DirectoryUnusable for the key's file.

    `keys`: the directory of the key; `draw(n)`: random bytes from the system.
    """
    code, url = read_code(typed), url.rstrip("/")
    if code is None:
        return NotTaken(BAD_CODE, "16 letters and digits")
    before = kept.read(keys)
    asked = _asked(before, url, code_hash(code)) or Asked(url, code_hash(code), draw(signatures.KEY_BYTES))
    if before.asked != asked:
        kept.write(keys, Kept(before.enrolled, asked))
    public_key = signatures.public_key_of(asked.seed)
    told = Enrol(code, public_key, machine.device, machine.machine, machine.about)
    answer = await _post(client, f"{url}/v1/enroll", told, Signer(asked.seed, now_ms=now_ms, nonce=nonces(draw)))
    if isinstance(answer, Enrolled):
        enrolled = Enrolment(
            url,
            asked.code_sha256,
            answer.device,
            answer.epoch,
            asked.seed,
            answer.server_time_ms,
            answer.hq_key,
            machine.machine,
        )
        kept.write(keys, Kept(enrolled))
    return answer


def nonces(draw: Callable[[int], bytes]) -> Callable[[], str]:
    """Nonces of 128 random bits."""
    return lambda: draw(16).hex()


def _asked(before: Kept, url: str, code_sha256: str) -> Asked | None:
    """The key this code was given with before: HQ may have taken it, and we not have heard."""
    for one in (before.asked, before.enrolled):
        if one is not None and (one.url, one.code_sha256) == (url, code_sha256):
            return Asked(url, code_sha256, one.seed)
    return None


async def _post(client: httpx.AsyncClient, url: str, told: Enrol, signer: Signer) -> Enrolled | NotTaken:
    headers = {"content-type": "application/json"}
    body = msgspec.json.encode(told)
    try:
        async with client.stream(
            "POST", url, content=body, headers=headers, auth=signer, timeout=ANSWER_WITHIN_S, follow_redirects=False
        ) as response:
            text = bytearray()
            async for piece in response.aiter_bytes():
                text += piece
                if len(text) > LONGEST_ANSWER:
                    return NotTaken(NOT_HQ, "an answer without an end")
    except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL) as error:
        return NotTaken(AWAY, f"{type(error).__name__}: {error}")
    try:
        if response.status_code == 200:
            told_back = msgspec.json.decode(bytes(text), type=Enrolled)
            if is_hqs(200, response.headers, bytes(text), told_back.hq_key):
                return told_back
            return NotTaken(NOT_HQ, "an answer that HQ has not signed")
        problem = msgspec.json.decode(bytes(text), type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NotTaken(NOT_HQ, f"status {response.status_code}")
    return NotTaken(problem.code, problem.what)
