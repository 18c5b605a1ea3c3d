"""How a device becomes one of HQ's, and how it changes its key (edge log v1, enrolment).

    POST /v1/enroll     Enrol, signed (sync/wire/signatures.py) with the very key it brings: somebody holds it
    200 Enrolled        the same for the same code and key, as often as it is asked: an answer may be lost
    403 unknown_code    no such code    code_expired    code_used (by another key)    other_device (the data's)
    429                 too many codes were tried: Retry-After

    POST /v1/rotate     Rotate, signed with the key in force, and a second time (`tillkeeper-next`) with the new one
    200 Rotated         both are accepted until the new one is used for the first time; then the old one is not

A code has 80 random bits in 16 characters that nobody mistakes for each other; it is bound to a store and a till, can
be used once, and for 15 minutes. HQ keeps its SHA-256.
"""

from __future__ import annotations

import hashlib

import msgspec

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O and U; a digit has five bits."""
CODE_LENGTH = 16
CODE_GROUP = 4
_READ_AS = str.maketrans("ILO", "110", "- \t")


class Enrol(msgspec.Struct, frozen=True, omit_defaults=True):
    """`device`: whose data this machine holds already, "" for nobody's. `machine`: a hash that tells one machine from
    another. `about`: program and system, for the office's eyes."""

    code: str
    public_key: bytes
    device: str = ""
    machine: str = ""
    about: str = ""


class Enrolled(msgspec.Struct, frozen=True):
    """Who this device is from now on. `hq_key`: HQ's public key (Ed25519), to know it again."""

    device: str
    store: str
    till: str
    epoch: int
    hq_key: bytes
    server_time_ms: int


class Rotate(msgspec.Struct, frozen=True):
    public_key: bytes


class Rotated(msgspec.Struct, frozen=True):
    """`key_id` is the new key's."""

    key_id: str
    server_time_ms: int


def code_of(drawn: bytes) -> str:
    """A code as a person types it, made of at least CODE_LENGTH random bytes."""
    told = "".join(CODE_ALPHABET[byte % len(CODE_ALPHABET)] for byte in drawn[:CODE_LENGTH])
    return "-".join(told[at : at + CODE_GROUP] for at in range(0, CODE_LENGTH, CODE_GROUP))


def read_code(typed: str) -> str | None:
    """What was typed, without its dashes and in the letters of the alphabet; None if it is no code at all."""
    told = typed.strip().upper().translate(_READ_AS)
    return told if len(told) == CODE_LENGTH and set(told) <= set(CODE_ALPHABET) else None


def code_hash(code: str) -> str:
    """SHA-256 in hex of what `read_code` found; 80 random bits need no slow hash."""
    return hashlib.sha256(f"tillkeeper enrolment code\n{code}".encode("ascii")).hexdigest()
