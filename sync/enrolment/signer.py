"""How a device shows who it is on each request: by a signature of its own key, or by the key of its settings file.

    request -> sign over a nonce of ours -> answer
                                         -> 401 with a nonce and HQ's time: sign once more, over HQ's nonce -> answer

A clock that is wrong costs one such round: the next requests are dated by HQ's time as it was told.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

import httpx

from sync.wire import signatures
from sync.wire.signatures import Message

LONGEST_REFUSAL = 64 * 1024  # httpx reads the whole answer before it asks again; HQ's has 200 bytes


class Bearer(httpx.Auth):
    """The key of a device that HQ knows from its own settings file."""

    def __init__(self, key: str) -> None:
        self._header = f"Bearer {key}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = self._header
        yield request


class Signer(httpx.Auth):
    """Signs each request. `nonce()` draws a new one; `seed` may be changed between two requests."""

    requires_request_body = True

    def __init__(self, seed: bytes, *, now_ms: Callable[[], int], nonce: Callable[[], str]) -> None:
        self.seed = seed
        self._now_ms = now_ms
        self._nonce = nonce
        self._ahead_s = 0

    def now_s(self) -> int:
        """HQ's time, as far as it has told; otherwise ours."""
        return self._now_ms() // 1000 + self._ahead_s

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        self._sign(request, self._nonce())
        response = yield request
        told = _told(response)
        if told is None:
            return
        nonce, hq_s = told
        self._ahead_s = hq_s - self._now_ms() // 1000
        self._sign(request, nonce)
        yield request

    def _sign(self, request: httpx.Request, nonce: str) -> None:
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        digest = signatures.content_digest(request.content)
        message = Message(request.method, path, query, {"content-digest": digest})
        signed = self._signatures(message, self.now_s(), nonce)
        request.headers["content-digest"] = digest
        request.headers["signature-input"] = ", ".join(told for told, _ in signed)
        request.headers["signature"] = ", ".join(signature for _, signature in signed)

    def _signatures(self, message: Message, created_s: int, nonce: str) -> list[tuple[str, str]]:
        return [signatures.sign(message, self.seed, created_s=created_s, nonce=nonce)]


class BothKeys(Signer):
    """Signs with the key in force and with the one that is to follow it."""

    def __init__(self, signer: Signer, next_seed: bytes) -> None:
        super().__init__(signer.seed, now_ms=signer._now_ms, nonce=signer._nonce)
        self._ahead_s = signer._ahead_s
        self._next_seed = next_seed

    def _signatures(self, message: Message, created_s: int, nonce: str) -> list[tuple[str, str]]:
        following = signatures.sign(
            message,
            self._next_seed,
            created_s=created_s,
            nonce=nonce,
            label=signatures.NEXT_LABEL,
            tag=signatures.NEXT_TAG,
        )
        return [*super()._signatures(message, created_s, nonce), following]


def _told(response: httpx.Response) -> tuple[str, int] | None:
    """HQ's nonce and its time, if it asks for that; an answer without a bound is not HQ's."""
    nonce = response.headers.get(signatures.NONCE_HEADER, "")
    hq_s = response.headers.get(signatures.TIME_HEADER, "")
    length = response.headers.get("content-length", "")
    if response.status_code != 401 or not 0 < len(nonce) <= signatures.LONGEST_NONCE or not nonce.isascii():
        return None
    if not (hq_s.isascii() and hq_s.isdigit() and len(hq_s) <= 12):
        return None
    bounded = length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= LONGEST_REFUSAL
    return (nonce, int(hq_s)) if bounded and nonce.isprintable() else None
