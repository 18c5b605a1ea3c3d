"""Messages in a stream between a sensor's program and the agent, one after the other, whatever they say.

    | length (4, big-endian) | JSON |

What may be said stands in the messages of each program: radar_messages.py, association_messages.py, camera_messages.py.
"""

from __future__ import annotations

import struct
from typing import Generic, TypeVar

import msgspec

_LENGTH = struct.Struct(">I")
_ENCODER = msgspec.json.Encoder()
M = TypeVar("M")


class NotAMessage(ValueError):
    """The other side speaks something else: the connection is of no use any more."""


def framed(message: msgspec.Struct, most_bytes: int) -> bytes:
    """Length and JSON. Raises NotAMessage where it is longer than the other side reads."""
    body = _ENCODER.encode(message)
    if len(body) > most_bytes:
        raise NotAMessage(f"a message of {len(body)} bytes")
    return _LENGTH.pack(len(body)) + body


class MessageReader(Generic[M]):
    """Cuts messages out of the bytes of a connection, however they come apart."""

    def __init__(self, decoder: msgspec.json.Decoder[M], most_bytes: int) -> None:
        self._decoder = decoder
        self._most_bytes = most_bytes
        self._waiting = bytearray()

    def feed(self, data: bytes) -> list[M]:
        """The messages complete by now. Raises NotAMessage; the reader is of no use after that."""
        self._waiting += data
        found: list[M] = []
        while len(self._waiting) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._waiting)
            if not 0 < length <= self._most_bytes:
                raise NotAMessage(f"a message of {length} bytes")
            end = _LENGTH.size + length
            if len(self._waiting) < end:
                break
            try:
                found.append(self._decoder.decode(self._waiting[_LENGTH.size : end]))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                # The words of the error may quote what was sent, a phone number among it.
                raise NotAMessage(type(error).__name__) from None
            del self._waiting[:end]
        return found
