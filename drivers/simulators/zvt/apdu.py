"""ZVT application messages: one command or answer each way on a TCP stream.

    CLASS INSTR LEN [data]        LEN = 00..FE, or FF lo hi (16 bits, little-endian)

Source: ZVT PA00P015 rev 13.08 §2 and PA00P016 (TCP has no outer frame and no checksum).
"""

from __future__ import annotations

from dataclasses import dataclass

ACKNOWLEDGED = 0x8000
SHORT_LENGTHS_END = 0xFF  # a length byte of FF announces the two-byte form


@dataclass(frozen=True, slots=True)
class Apdu:
    """One message: `code` is class and instruction together, 0x0601 for 06 01."""

    code: int
    data: bytes = b""

    @property
    def is_reply(self) -> bool:
        return self.code >> 8 in (0x80, 0x84)

    @property
    def accepts(self) -> bool:
        """80 00, or 84 00 which counts as positive."""
        return self.code in (ACKNOWLEDGED, 0x8400)


def encode(apdu: Apdu, *, long_form: bool = False) -> bytes:
    """The bytes on the wire; `long_form` spells even a short length as FF lo hi."""
    size = len(apdu.data)
    head = apdu.code.to_bytes(2, "big")
    if long_form or size >= SHORT_LENGTHS_END:
        return head + b"\xff" + size.to_bytes(2, "little") + apdu.data
    return head + bytes([size]) + apdu.data


def cut(buffer: bytearray) -> list[Apdu]:
    """Take every whole message off the front of `buffer`; what is not whole stays."""
    found: list[Apdu] = []
    while len(buffer) >= 3:
        start, size = 3, buffer[2]
        if size == SHORT_LENGTHS_END:
            if len(buffer) < 5:
                break
            start, size = 5, int.from_bytes(buffer[3:5], "little")
        if len(buffer) < start + size:
            break
        found.append(Apdu(int.from_bytes(buffer[:2], "big"), bytes(buffer[start : start + size])))
        del buffer[: start + size]
    return found


def positive() -> Apdu:
    return Apdu(ACKNOWLEDGED)


def negative(code: int, data: bytes = b"") -> Apdu:
    return Apdu(0x8400 | code, data)


def progress(status: int, rest: bytes = b"") -> Apdu:
    return Apdu(0x04FF, bytes([status]) + rest)


def completion(data: bytes = b"") -> Apdu:
    return Apdu(0x060F, data)


def abort(code: int, data: bytes = b"") -> Apdu:
    return Apdu(0x061E, bytes([code]) + data)
