"""Which device a request is from: by its signature, or by a key of HQ's settings file; and why not, if not.

    signature-input, signature -> key in force? -> is it this request's? -> of about now? -> not seen before?
                                                                            no: 401 with a nonce and our time
    authorization: Bearer      -> key of the settings file, of a device that has no key of its own

Store and till come from the key's row, never from a body. All of this needs the headers only, so a stranger's body is
never read; the body is compared with its digest afterwards (`Asker.body_refusal`). Who asks too often is told to wait.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from cloud_api.access.whence import bearer
from cloud_api.nonces import PREFIX, OwnNonces, SeenNonces, keep_until_s
from cloud_api.pace import Pace
from cloud_api.storage.storage import Storage
from cloud_api.store.devices import KnownDevice
from cloud_api.store.keys import KnownKey, bearer_device, first_used, key_named
from sync.wire import signatures
from sync.wire.signatures import NONCE_HEADER, TIME_HEADER, Message, Refusal, Signed

ASKS_AT_ONCE, ASKS_PER_S = 3_000, 50.0
"""A month of receipts after an outage is some hundred batches; a device that runs wild is held to what HQ bears."""
FULL_WAIT_S = 60
WHY = {
    Refusal.MISSING: "the request is not signed",
    Refusal.MALFORMED: "signature-input, signature or content-digest cannot be read",
    Refusal.NOT_COVERED: f"what has to be covered: {' '.join(signatures.COVERED)}",
    Refusal.WRONG_ALGORITHM: f"alg has to be {signatures.ALGORITHM}",
    Refusal.UNKNOWN_KEY: "no device has this key",
    Refusal.REVOKED: "this device was revoked",
    Refusal.ALTERED: "the signature is not of this request",
    Refusal.ALTERED_BODY: "the body is not the one that was signed",
    Refusal.TOO_OLD: "signed too long ago by our clock: sign over this nonce",
    Refusal.TOO_NEW: "signed in the future by our clock: sign over this nonce",
    Refusal.STALE_NONCE: "the nonce is old or not for this key: sign over this one",
    Refusal.REPLAYED: "a signature with this nonce was here before",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """What to answer instead."""

    status: int
    code: str
    what: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asker:
    """The device that asks; `key` where it has signed."""

    device: KnownDevice
    key: KnownKey | None = None
    digest: str = ""

    def body_refusal(self, body: bytes) -> Refused | None:
        """Refused if another body was signed than has come."""
        if self.key is None:
            return None
        refusal = signatures.body_refusal(self.digest, body)
        return None if refusal is None else refused(refusal)


def refused(refusal: Refusal, **headers: str) -> Refused:
    challenge = "Bearer" if refusal is Refusal.MISSING else "Signature"
    return Refused(401, refusal.value, WHY[refusal], {"WWW-Authenticate": challenge, **headers})


def fields_of(request: Request) -> dict[str, str]:
    """The header fields by their small names; one that stands twice is joined as RFC 9421 (2.1) says."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        text = value.strip(" \t")
        found[name] = f"{found[name]}, {text}" if name in found else text
    return found


def message_of(request: Request, headers: dict[str, str]) -> Message:
    """What of a request can be signed, as it came over the wire."""
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    path = raw.partition(b"?")[0].decode("latin-1")
    return Message(request.method, path, request.scope.get("query_string", b"").decode("latin-1"), headers)


class WhoAsks:
    """`secret`: see OwnNonces; `draw(n)`: random bytes; `now_ms`: the wall clock."""

    def __init__(
        self, storage: Storage, now_ms: Callable[[], int], secret: Callable[[], bytes], draw: Callable[[int], bytes]
    ) -> None:
        self._storage = storage
        self._now_ms = now_ms
        self._own = OwnNonces(secret, draw)
        self._seen = SeenNonces()
        self._began_s = now_ms() // 1000
        self._pace = Pace(ASKS_AT_ONCE, ASKS_PER_S, now_ms)

    async def device(self, request: Request) -> Asker | Refused:
        headers = fields_of(request)
        signed = signatures.read_signature(headers)
        if signed is Refusal.MISSING:
            key = bearer(request)
            known = await bearer_device(self._storage, key) if key else Refusal.UNKNOWN_KEY
            asker = refused(known) if isinstance(known, Refusal) else Asker(known)
        elif isinstance(signed, Refusal):
            asker = refused(signed)
        else:
            asker = await self._signed(message_of(request, headers), signed)
        if isinstance(asker, Refused):
            return asker
        wait_s = self._pace.wait_s(asker.device.device)
        if wait_s:
            return Refused(429, "too_many", "this device asks too often", {"Retry-After": str(wait_s)})
        self._pace.spend(asker.device.device)
        return asker

    async def _signed(self, message: Message, signed: Signed) -> Asker | Refused:
        now_s = self._now_ms() // 1000
        key = await key_named(self._storage, signed.key_id)
        if isinstance(key, Refusal):
            return refused(key)
        refusal = signatures.verify(message, signed, key.public_key)
        if refusal is not None:
            return refused(refusal)
        ours = signed.nonce.startswith(PREFIX)
        late = self._own.check(signed.nonce, key.key_id, now_s) if ours else signatures.age_refusal(signed, now_s)
        if not ours and late is None and signed.created_s < self._began_s <= now_s:
            late = Refusal.TOO_OLD  # it may have been seen by the program before this one, which has forgotten
        if late is not None:
            nonce = self._own.give(key.key_id, now_s)
            return refused(late, **{NONCE_HEADER: nonce, TIME_HEADER: str(now_s)})
        if self._seen.full(now_s):
            return Refused(503, "busy", "too many requests to remember", {"Retry-After": str(FULL_WAIT_S)})
        if self._seen.saw(key.key_id, signed.nonce, keep_until_s(signed.created_s, signed.nonce, now_s)):
            return refused(Refusal.REPLAYED)
        if key.first:
            await first_used(self._storage, key, now_ms=self._now_ms())
        return Asker(key.device, key, message.headers["content-digest"])
