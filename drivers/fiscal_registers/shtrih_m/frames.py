"""Bytes of the Shtrih-M link, version 1: control characters and framed messages.

    05 ENQ  host: what is your state?
    06 ACK  received intact; to ENQ: an answer is ready or being prepared
    15 NAK  received damaged; to ENQ: idle, waiting for a command

    +----+-----+-------------+-----+
    | 02 | LEN |  BODY(LEN)  | LRC |    LRC: exclusive or of LEN and BODY; nothing is escaped
    +----+-----+-------------+-----+
    BODY of a command: code (one byte, or FF and one more), parameters
    BODY of an answer: the same code, error (00: done), data

Real lines put stray FF bytes before a control character; they and any other noise between messages are skipped.
Source: vendor protocol 1.17, chapter "link layer".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from drivers.wire.checksums import lrc

STX, ENQ, ACK, NAK = 0x02, 0x05, 0x06, 0x15
LONGEST_BODY = 255


class Control(Enum):
    """A control character from the device."""

    ACK = ACK
    NAK = NAK


@dataclass(frozen=True, slots=True)
class Message:
    """A whole message; `body` is None if its check byte was wrong."""

    body: bytes | None


Heard = Control | Message


def frame(body: bytes) -> bytes:
    """`body` as it goes on the wire. Raises ValueError if it is empty or longer than one frame carries."""
    if not 1 <= len(body) <= LONGEST_BODY:
        raise ValueError(f"a frame carries 1 to {LONGEST_BODY} bytes, not {len(body)}")
    checked = bytes([len(body)]) + body
    return bytes([STX]) + checked + bytes([lrc(checked)])


class DeviceGrammar:
    """Cuts control characters and messages out of what the device says.

    `noise` holds what was heard and is part of neither, FF aside: what a wrong device would have said.
    """

    def __init__(self) -> None:
        self.noise = b""

    def cut(self, heard: bytes) -> tuple[Heard, bytes] | None:
        """The next control character or message, and the rest; None if more bytes are needed."""
        for at, byte in enumerate(heard):
            if byte in (ACK, NAK):
                self._heard_noise(heard[:at])
                return Control(byte), heard[at + 1 :]
            if byte == STX:
                whole = heard[at:]
                if len(whole) < 2 or len(whole) < whole[1] + 3:
                    break
                self._heard_noise(heard[:at])
                end = whole[1] + 2
                intact = whole[1] > 0 and lrc(whole[1:end]) == whole[end]
                return Message(whole[2:end] if intact else None), whole[end + 1 :]
        self._heard_noise(heard)
        return None

    def _heard_noise(self, skipped: bytes) -> None:
        self.noise = skipped.replace(b"\xff", b"")
