"""Frames of JCM's ID-003: built for the host, cut out of whatever a validator sends.

    FC | LNG | CMD or STATUS | DATA ... | CRC low | CRC high
         `- of the whole frame, 05 at least          `- CRC-16, 8408 mirrored, from 0, over FC ... DATA

There is no address, and an answer does not repeat the question (a set command alone comes back as it went): a status
request and the status "idling" are the same bytes, `FC 05 11 27 56`. What was asked decides how an answer is read, so
a question brings its own grammar, and frames that do not answer it (late answers to an earlier one) are passed over.
Source: the public ID-003 drivers agree on it; the maker's own document is not public.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.wire.checksums import crc16_reflected

SYNC = 0xFC
SHORTEST = 5
LONGEST_DATA = 0xFF - SHORTEST


@dataclass(frozen=True, slots=True)
class Frame:
    """`code`: a command on its way out, a status, an acknowledgement or an echo on its way in."""

    code: int
    data: bytes = b""

    def encode(self) -> bytes:
        if len(self.data) > LONGEST_DATA:
            raise ValueError(f"{len(self.data)} bytes do not fit into a frame")
        body = bytes([SYNC, SHORTEST + len(self.data), self.code]) + self.data
        return body + crc16_reflected(body).to_bytes(2, "little")


def any_frame(frame: Frame) -> bool:
    return True


class Answers:
    """Cuts the next frame that answers a question; everything before it is dropped.

    Never raises: what is no frame is noise, and a frame with a wrong checksum is an answer that did not come. `noise`
    is what was heard without an answer in it.
    """

    def __init__(self, answers: Callable[[Frame], bool] = any_frame) -> None:
        self._answers = answers
        self.noise = b""

    def cut(self, heard: bytes) -> tuple[Frame, bytes] | None:
        at = heard.find(SYNC)
        while at >= 0:
            frame = _whole(heard, at)
            if frame is not None and self._answers(frame):
                self.noise = b""
                return frame, heard[at + SHORTEST + len(frame.data) :]
            # A frame that lies within what looked like one is looked for too: FC may be part of noise, with a length.
            step = 1 if frame is None else SHORTEST + len(frame.data)
            at = heard.find(SYNC, at + step)
        self.noise = heard
        return None


def _whole(heard: bytes, at: int) -> Frame | None:
    if at + 1 >= len(heard) or heard[at + 1] < SHORTEST or at + heard[at + 1] > len(heard):
        return None
    body, crc = heard[at : at + heard[at + 1] - 2], heard[at + heard[at + 1] - 2 : at + heard[at + 1]]
    if crc16_reflected(body).to_bytes(2, "little") != crc:
        return None
    return Frame(body[2], body[3:])
