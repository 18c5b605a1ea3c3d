"""RADIUS accounting packets, read and answered: RFC 2866, with what RFC 2865, 2869 and 5176 say of their parts.

      0        1        2        3
    +--------+--------+--------+--------+
    | Code   | Ident. | Length          |   Code 4 = Accounting-Request, 5 = Accounting-Response
    +--------+--------+--------+--------+   Length: the whole packet, 20..4096; bytes behind it are padding
    | Authenticator (16)                |
    +--------+--------+--------+--------+
    | Type   | Length | Value ...           Length of an attribute: type and length included, 2..255
    +--------+--------+--------

    Request Authenticator   MD5( Code Ident Length 16 zero octets  Attributes  Secret )
    Response Authenticator  MD5( Code Ident Length Request Authenticator  Attributes of the answer  Secret )
    Message-Authenticator   HMAC-MD5( Secret, the packet with zeros in both authenticators ), where there is one

The answer carries the request's Proxy-State attributes, unchanged and in their order. What cannot be trusted is dropped
without an answer, and why is counted (RFC 2866, 4.1: an invalid authenticator is silently discarded).
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass
from enum import Enum
from hashlib import md5

REQUEST, RESPONSE = 4, 5
HEADER, LONGEST = 20, 4096
PROXY_STATE, MESSAGE_AUTHENTICATOR = 33, 80
_HEAD = struct.Struct(">BBH")
_ZEROS = bytes(16)


class Dropped(Enum):
    """Why a datagram got no answer."""

    UNKNOWN_CLIENT = "unknown_client"
    TOO_SHORT = "too_short"
    WRONG_LENGTH = "wrong_length"
    OTHER_CODE = "other_code"
    WRONG_SECRET = "wrong_secret"
    BAD_ATTRIBUTES = "bad_attributes"
    WRONG_SIGNATURE = "wrong_signature"  # the Message-Authenticator
    NO_STATUS = "no_status"  # Acct-Status-Type is missing: RFC 2866, 5.13 asks for exactly one


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """An authentic Accounting-Request. `attributes` in their order; it has no `repr`, because they name people."""

    identifier: int
    authenticator: bytes
    attributes: tuple[tuple[int, bytes], ...]

    def first(self, type: int) -> bytes | None:
        return next((value for kind, value in self.attributes if kind == type), None)


def read_request(datagram: bytes, secret: bytes) -> Request | Dropped:
    """Never raises. `secret` is the one shared with whoever sent it."""
    if len(datagram) < HEADER:
        return Dropped.TOO_SHORT
    code, identifier, length = _HEAD.unpack_from(datagram)
    if not HEADER <= length <= LONGEST or length > len(datagram):
        return Dropped.WRONG_LENGTH
    if code != REQUEST:
        return Dropped.OTHER_CODE
    authenticator, body = datagram[4:HEADER], datagram[HEADER:length]
    if not hmac.compare_digest(_digest(datagram[:4], _ZEROS, body, secret), authenticator):
        return Dropped.WRONG_SECRET
    attributes = _attributes(body)
    if attributes is None:
        return Dropped.BAD_ATTRIBUTES
    if not _signed(datagram[:4], attributes, secret):
        return Dropped.WRONG_SIGNATURE
    return Request(identifier, authenticator, attributes)


def answer_to(request: Request, secret: bytes) -> bytes:
    """The Accounting-Response."""
    body = _encoded(tuple(pair for pair in request.attributes if pair[0] == PROXY_STATE))
    head = _HEAD.pack(RESPONSE, request.identifier, HEADER + len(body))
    return head + _digest(head, request.authenticator, body, secret) + body


def _digest(head: bytes, authenticator: bytes, body: bytes, secret: bytes) -> bytes:
    return md5(head + authenticator + body + secret, usedforsecurity=False).digest()


def _attributes(body: bytes) -> tuple[tuple[int, bytes], ...] | None:
    found: list[tuple[int, bytes]] = []
    at = 0
    while at < len(body):
        if at + 2 > len(body):
            return None
        kind, length = body[at], body[at + 1]
        if length < 2 or at + length > len(body):
            return None
        found.append((kind, body[at + 2 : at + length]))
        at += length
    return tuple(found)


def _encoded(attributes: tuple[tuple[int, bytes], ...]) -> bytes:
    return b"".join(bytes([kind, len(value) + 2]) + value for kind, value in attributes)


def _signed(head: bytes, attributes: tuple[tuple[int, bytes], ...], secret: bytes) -> bool:
    """True where the Message-Authenticator is right, or there is none."""
    signatures = [value for kind, value in attributes if kind == MESSAGE_AUTHENTICATOR]
    if not signatures:
        return True
    if len(signatures) > 1 or len(signatures[0]) != 16:
        return False
    blank = tuple((kind, _ZEROS if kind == MESSAGE_AUTHENTICATOR else value) for kind, value in attributes)
    return hmac.compare_digest(hmac.digest(secret, head + _ZEROS + _encoded(blank), "md5"), signatures[0])
