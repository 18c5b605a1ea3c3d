"""Signed requests: RFC 9421 with Ed25519 over method, path, query and the body's Content-Digest (RFC 9530).

    content-digest:  sha-256=:BASE64:
    signature-input: till=("@method" "@path" "@query" "content-digest");created=S;nonce="N";keyid="K";alg="ed25519"
                     ;tag="tillkeeper"
    signature:       till=:BASE64:

    what is signed, lines joined by "\\n":      "@method": POST
                                               "@path": /v1/push/sales
                                               "@query": ?
                                               "content-digest": sha-256=:…:
                                               "@signature-params": ("@method" …);created=…;…

Scheme and authority are not covered: what ends TLS before HQ, a port that is forwarded and a name used inside only
change them on the way, and the request stays the same. Each enrolment makes a key of its own, so a request for one HQ
is worth nothing at another. Path and query have to arrive as they left. The digest covers the body as it travels
(compressed); a request without a body signs the digest of nothing, so none can be given one.

`keyid` is the SHA-256 of the public key. The signature can be checked before a byte of the body is read; the body is
compared with its digest afterwards. Pure: no clock, no randomness, no memory of what was seen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.wire.structured_fields import Bare, InnerList, Item, Malformed, read_dictionary, write, written

ALGORITHM = "ed25519"
LABEL = "till"
TAG = "tillkeeper"
NEXT_LABEL = "next"
NEXT_TAG = "tillkeeper-next"
"""The second signature of a rotation: the new key shows that somebody holds it."""
COVERED = ("@method", "@path", "@query", "content-digest")
CREATED_WITHIN_S = 300
"""A clock may be five minutes off; so long a nonce has to be remembered. Whoever is further off signs HQ's nonce."""
KEY_BYTES = 32
SIGNATURE_BYTES = 64
LONGEST_NONCE = 128  # characters

NONCE_HEADER = "signature-nonce"
TIME_HEADER = "signature-time"
"""With a 401 for a signature of another time: what to sign over, and HQ's clock in Unix seconds."""
HQ_LABEL = "hq"
HQ_TAG = "tillkeeper-hq"
HQ_COVERED = ("@status", "content-digest")
"""HQ signs its answers about keys: a device drops a key only for a word of the HQ it was enrolled at."""


class Refusal(Enum):
    """Why a signed request is not accepted; the value is the code on the wire."""

    MISSING = "no_signature"
    MALFORMED = "malformed_signature"
    NOT_COVERED = "not_covered"
    WRONG_ALGORITHM = "wrong_algorithm"
    UNKNOWN_KEY = "unknown_key"
    REVOKED = "revoked"
    ALTERED = "altered"  # the signature is not of this request
    ALTERED_BODY = "altered_body"  # the body is not the one that was signed
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    STALE_NONCE = "stale_nonce"  # HQ's own nonce, but of long ago or for another key
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Message:
    """What of a request can be signed. `path` and `query` as they stand in the request line; names in small letters."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    authority: str = ""
    status: int = 0  # of an answer

    def value(self, component: str) -> str | None:
        """The value of a covered component, None where the message has none (RFC 9421, 2.1 and 2.2)."""
        if component == "@method":
            return self.method
        if component == "@path":
            return self.path or "/"
        if component == "@query":
            return f"?{self.query}"
        if component == "@authority":
            return self.authority.lower() or None
        if component == "@status":
            return str(self.status) if self.status else None
        told = None if component.startswith("@") else self.headers.get(component)
        return None if told is None else told.strip(" \t")


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature as a request tells of it; nothing of it is proved."""

    key_id: str
    created_s: int
    nonce: str
    algorithm: str
    covered: tuple[str, ...]
    parameters: Mapping[str, Bare]
    signature: bytes

    @property
    def expires_s(self) -> int | None:
        told = self.parameters.get("expires")
        return told if isinstance(told, int) and not isinstance(told, bool) else None


def key_id(public_key: bytes) -> str:
    """The name of a public key (its 32 bytes)."""
    return base64.urlsafe_b64encode(hashlib.sha256(public_key).digest()).decode("ascii").rstrip("=")


def public_key_of(seed: bytes) -> bytes:
    """The 32 bytes of the public key that belongs to a private one."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def content_digest(body: bytes) -> str:
    return f"sha-256={write(Item(hashlib.sha256(body).digest()))}"


def signature_base(message: Message, covered: Sequence[str], parameters: Mapping[str, Bare]) -> bytes:
    """The bytes that are signed. Raises Malformed where the message lacks a component, or one stands twice."""
    return _base(message, covered, _told(covered, parameters))


def _base(message: Message, covered: Sequence[str], told: str) -> bytes:
    if len(set(covered)) != len(covered):
        raise Malformed("a component stands twice")
    lines = []
    for component in covered:
        value = message.value(component)
        if value is None or "\n" in value or "\r" in value:
            raise Malformed(f"no {component}")
        lines.append(f'"{component}": {value}')
    lines.append(f'"@signature-params": {told}')
    try:
        return "\n".join(lines).encode("ascii")
    except UnicodeEncodeError:
        raise Malformed("other characters than ASCII's") from None


def _told(covered: Sequence[str], parameters: Mapping[str, Bare]) -> str:
    return _components(tuple(covered)) + written(parameters)


@lru_cache(maxsize=8)
def _components(covered: tuple[str, ...]) -> str:
    """Every request of ours covers the same."""
    return write(InnerList(tuple(Item(component) for component in covered), {}))


@lru_cache(maxsize=8)
def _opened(seed: bytes) -> tuple[Ed25519PrivateKey, str]:
    """The private key and its name: made anew for each request they would cost as much as the signature."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    return private, key_id(private.public_key().public_bytes_raw())


def sign(
    message: Message,
    seed: bytes,
    *,
    created_s: int,
    nonce: str,
    label: str = LABEL,
    tag: str = TAG,
    covered: Sequence[str] = COVERED,
) -> tuple[str, str]:
    """The members for `signature-input` and `signature`; `message.headers` holds the content-digest already."""
    private, name = _opened(seed)
    parameters: dict[str, Bare] = {
        "created": created_s,
        "nonce": nonce,
        "keyid": name,
        "alg": ALGORITHM,
        "tag": tag,
    }
    told = _told(covered, parameters)
    signature = private.sign(_base(message, covered, told))
    return f"{label}={told}", f"{label}={write(Item(signature))}"


def read_signature(headers: Mapping[str, str], tag: str = TAG) -> Signed | Refusal:
    """The one signature of this tag. Others beside it, a proxy's perhaps, are passed over."""
    told, signatures = headers.get("signature-input", ""), headers.get("signature", "")
    if not told and not signatures:
        return Refusal.MISSING
    try:
        inputs, found = read_dictionary(told), read_dictionary(signatures)
    except Malformed:
        return Refusal.MALFORMED
    ours = [
        (label, member)
        for label, member in inputs.items()
        if isinstance(member, InnerList) and member.parameters.get("tag") == tag
    ]
    if not ours:
        return Refusal.MISSING
    label, member = ours[0]
    signature = found.get(label)
    if len(ours) > 1 or not isinstance(signature, Item) or not isinstance(signature.value, bytes):
        return Refusal.MALFORMED
    return _signed(member, signature.value)


def _signed(member: InnerList, signature: bytes) -> Signed | Refusal:
    covered: list[str] = []
    for item in member.items:
        if type(item.value) is not str or item.parameters:
            return Refusal.MALFORMED  # a component with parameters (;req, ;sf, ;key) is none that a request here has
        covered.append(item.value)
    told = member.parameters
    created, nonce, name, algorithm = (told.get(each) for each in ("created", "nonce", "keyid", "alg"))
    if type(created) is not int or type(nonce) is not str or type(name) is not str or type(algorithm) is not str:
        return Refusal.MALFORMED
    if not 0 < len(nonce) <= LONGEST_NONCE or created < 0 or len(signature) != SIGNATURE_BYTES:
        return Refusal.MALFORMED
    return Signed(name, created, nonce, algorithm, tuple(covered), told, signature)


def verify(message: Message, signed: Signed, public_key: bytes, covered: Sequence[str] = COVERED) -> Refusal | None:
    """Is this the signature of this message by this key? None: it is, and the digest in its headers is to be trusted;
    `body_refusal` compares the body with it."""
    if signed.algorithm != ALGORITHM:
        return Refusal.WRONG_ALGORITHM
    if not set(covered) <= set(signed.covered):
        return Refusal.NOT_COVERED
    if key_id(public_key) != signed.key_id:
        return Refusal.UNKNOWN_KEY
    try:
        base = signature_base(message, signed.covered, signed.parameters)
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed.signature, base)
    except Malformed:
        return Refusal.MALFORMED
    except (InvalidSignature, ValueError):
        return Refusal.ALTERED
    return None


def body_refusal(told: str, body: bytes) -> Refusal | None:
    """None if the body is the one its content-digest tells of; a digest of another kind beside it does not count."""
    try:
        digest = read_dictionary(told).get("sha-256")
    except Malformed:
        return Refusal.MALFORMED
    if not isinstance(digest, Item) or not isinstance(digest.value, bytes):
        return Refusal.MALFORMED
    same = hmac.compare_digest(digest.value, hashlib.sha256(body).digest())
    return None if same else Refusal.ALTERED_BODY


def age_refusal(signed: Signed, now_s: int) -> Refusal | None:
    """None if it was signed about now, by this clock."""
    if signed.created_s < now_s - CREATED_WITHIN_S or (signed.expires_s is not None and signed.expires_s < now_s):
        return Refusal.TOO_OLD
    return Refusal.TOO_NEW if signed.created_s > now_s + CREATED_WITHIN_S else None
