"""Which signatures were seen already, and nonces of HQ's own for devices whose clock is wrong.

A nonce of HQ is made of its time and a MAC, so HQ keeps nothing for whoever asks for one; each is good for one key, for
two minutes, once. What was seen is kept until its signature is too old anyway, and not without bounds: full, HQ refuses
for a while rather than forget. Each process remembers for itself, and takes nothing that was signed before it began:
such a device signs once more, over a nonce. Of two processes over one database each remembers what it saw: a push that
reached both would be applied once all the same (ingest.py), a question of the feed would be answered twice.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable

from sync.wire.signatures import CREATED_WITHIN_S, Refusal

GOOD_FOR_S = 120
"""A device signs again at once; its line may be slow, and its proxy may try twice."""
MOST_SEEN = 1_000_000
"""Some 100 MB: 5,000 shops ask fifty times in the ten minutes a nonce is kept."""
PREFIX = "hq."
_RANDOM, _MAC, _TIME = 12, 16, 8
_SLOT_S = 60


class SeenNonces:
    """Of which key which nonce was seen, in slots of a minute by the time they may be forgotten."""

    def __init__(self, most: int = MOST_SEEN) -> None:
        self._most = most
        self._slots: dict[int, set[bytes]] = {}
        self._count = 0

    def full(self, now_s: int) -> bool:
        for slot in [slot for slot in self._slots if slot < now_s // _SLOT_S]:
            self._count -= len(self._slots.pop(slot))
        return self._count >= self._most

    def saw(self, key_id: str, nonce: str, until_s: int) -> bool:
        """True: it was seen before. It is kept until then."""
        mark = hashlib.blake2b(f"{key_id} {nonce}".encode(), digest_size=16).digest()
        slot = until_s // _SLOT_S
        if any(mark in marks for marks in self._slots.values()):
            return True
        self._slots.setdefault(slot, set()).add(mark)
        self._count += 1
        return False


class OwnNonces:
    """`secret()` is the same for all processes of one HQ; `draw(n)`: random bytes."""

    def __init__(self, secret: Callable[[], bytes], draw: Callable[[int], bytes]) -> None:
        self._secret = secret
        self._draw = draw

    def give(self, key_id: str, now_s: int) -> str:
        told = now_s.to_bytes(_TIME, "big") + self._draw(_RANDOM)
        return PREFIX + base64.urlsafe_b64encode(told + self._mac(key_id, told)).decode("ascii").rstrip("=")

    def check(self, nonce: str, key_id: str, now_s: int) -> Refusal | None:
        """Whether it is one of ours, for this key, of about now."""
        text = nonce.removeprefix(PREFIX)
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except ValueError:
            return Refusal.STALE_NONCE
        if base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=") != text:
            return Refusal.STALE_NONCE  # one nonce has one spelling, or it could be used once in each
        told, mac = raw[:-_MAC], raw[-_MAC:]
        if len(told) != _TIME + _RANDOM or not hmac.compare_digest(mac, self._mac(key_id, told)):
            return Refusal.STALE_NONCE
        age_s = now_s - int.from_bytes(told[:_TIME], "big")
        return None if 0 <= age_s <= GOOD_FOR_S else Refusal.STALE_NONCE

    def _mac(self, key_id: str, told: bytes) -> bytes:
        return hmac.digest(self._secret(), told + key_id.encode(), "sha256")[:_MAC]


def keep_until_s(created_s: int, nonce: str, now_s: int) -> int:
    """When the nonce of an accepted signature may be forgotten: it would not be accepted any more."""
    return now_s + GOOD_FOR_S + 1 if nonce.startswith(PREFIX) else created_s + CREATED_WITHIN_S + 1
