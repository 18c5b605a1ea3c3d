"""A face template as it lies on the disk: encrypted, and bound to whose it is.

    "TKF1"  key check (4)  nonce (12)  ciphertext and tag (512 + 16)          AES-256-GCM (NIST SP 800-38D)
    associated data = record + "\\n" + consent id

The key lies outside the data directory and its backups, so a copied directory holds 544 random bytes a member. The
associated data make a template useless under another member's record or another consent. The caller draws the nonce:
96 random bits, good for 2^32 templates under one key. The key check is of the key alone and tells a wrong key from a
damaged row; it is a hash, and does not help to find a key of 256 random bits.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"TKF1"
KEY_BYTES = 32
NONCE_BYTES = 12
NUMBERS = 128
"""Of a dlib embedding; kept as little-endian float32."""
_HEAD = len(MAGIC) + 4 + NONCE_BYTES
_FLOATS = struct.Struct(f"<{NUMBERS}f")


class WrongKey(Exception):
    """The template was sealed with another key."""


class Damaged(Exception):
    """These are not the bytes that were sealed, or they were sealed for somebody else."""


def seal(template: Sequence[float], key: bytes, nonce: bytes, record: str, consent_id: str) -> bytes:
    """`template` has 128 numbers, `key` 32 bytes, `nonce` 12 bytes, each used once with a key. Raises ValueError."""
    if len(template) != NUMBERS:
        raise ValueError(f"a template of {len(template)} numbers")
    if len(nonce) != NONCE_BYTES:
        raise ValueError("a nonce has 12 bytes")
    sealed = _cipher(key).encrypt(nonce, _FLOATS.pack(*template), _about(record, consent_id))
    return MAGIC + _check(key) + nonce + sealed


def unseal(sealed: bytes, key: bytes, record: str, consent_id: str) -> tuple[float, ...]:
    """The 128 numbers. Raises WrongKey and Damaged, and ValueError for what is no key."""
    cipher = _cipher(key)
    if len(sealed) != _HEAD + _FLOATS.size + 16 or not sealed.startswith(MAGIC):
        raise Damaged("no sealed template")
    if sealed[4:8] != _check(key):
        raise WrongKey("sealed with another key")
    try:
        plain = cipher.decrypt(sealed[8:_HEAD], sealed[_HEAD:], _about(record, consent_id))
    except InvalidTag as error:
        raise Damaged("the template was changed, or belongs to somebody else") from error
    return _FLOATS.unpack(plain)


def _cipher(key: bytes) -> AESGCM:
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return AESGCM(key)


def _check(key: bytes) -> bytes:
    return sha256(b"tillkeeper template key\n" + key).digest()[:4]


def _about(record: str, consent_id: str) -> bytes:
    return f"{record}\n{consent_id}".encode()
