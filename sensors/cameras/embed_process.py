"""`python -m sensors.cameras embed`: the process that alone makes templates; native code that crashes ends only it.

    | length (4, big-endian) | msgpack |        both ways over stdin and stdout, one after the other

    to it     Keep    the gallery, in portions: it replaces the last one when its last portion came
              Embed   a crop and the face in it; against whom to compare, or "make a template of it"
    from it   Ready   the network is loaded
              Near    the nearest members and their distances, or the template where one was asked for

A template of somebody who is no member is gone with the answer: only distances leave. It ends with its input.
"""

from __future__ import annotations

import struct
import sys
from typing import BinaryIO

import msgspec
import numpy as np

from sensors.cameras.backends import embedder_of
from sensors.cameras.faces import Embedder, NoBackend
from sensors.cameras.gallery import Gallery
from sensors.cameras.geometry import Box

MOST_BYTES = 16 * 1024 * 1024
"""A crop has under 450 KB, a portion of the gallery under 6 MB."""
ROWS_AT_ONCE = 10_000
NEAREST = 2
LENGTH = struct.Struct(">I")


class Keep(msgspec.Struct, frozen=True, tag="keep"):
    rows: list[tuple[str, bytes]]
    first: bool
    last: bool


class Embed(msgspec.Struct, frozen=True, tag="embed"):
    """`crop`: RGB bytes of `width` x `height`. `among`: records; None: all. `template`: give the template itself."""

    job: int
    crop: bytes
    width: int
    height: int
    box: tuple[int, int, int, int]
    among: list[str] | None
    template: bool


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    process: int


class Near(msgspec.Struct, frozen=True, tag="near"):
    """`near`: record and distance, nearest first. `template`: 512 bytes where asked for, else empty."""

    job: int
    near: list[tuple[str, float]]
    template: bytes


ToProcess = Keep | Embed
FromProcess = Ready | Near
_ENCODER = msgspec.msgpack.Encoder()
TO_PROCESS: msgspec.msgpack.Decoder[ToProcess] = msgspec.msgpack.Decoder(ToProcess)
FROM_PROCESS: msgspec.msgpack.Decoder[FromProcess] = msgspec.msgpack.Decoder(FromProcess)


def framed(message: ToProcess | FromProcess) -> bytes:
    body = _ENCODER.encode(message)
    return LENGTH.pack(len(body)) + body


class Work:
    """What the process does with each message; pure but for the network."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._gallery = Gallery([])
        self._coming: list[tuple[str, bytes]] = []

    def answer(self, message: ToProcess) -> Near | None:
        if isinstance(message, Keep):
            self._coming = list(message.rows) if message.first else self._coming + message.rows
            if message.last:
                self._gallery, self._coming = Gallery(self._coming), []
            return None
        picture = np.frombuffer(message.crop, np.uint8).reshape(message.height, message.width, 3)
        face = self._embedder.embed(picture, Box(*message.box))
        if message.template:
            return Near(message.job, [], face.astype("<f4").tobytes())
        return Near(message.job, self._gallery.nearest(face, message.among, NEAREST), b"")


def serve(reads: BinaryIO, writes: BinaryIO, embedder: Embedder, process: int) -> None:
    """Until the input ends."""
    work = Work(embedder)
    writes.write(framed(Ready(process)))
    writes.flush()
    while True:
        head = reads.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return
        (length,) = LENGTH.unpack(head)
        body = reads.read(length)
        if len(body) < length:
            return
        answer = work.answer(TO_PROCESS.decode(body))
        if answer is not None:
            writes.write(framed(answer))
            writes.flush()


def main(argv: list[str]) -> int:
    import os

    try:
        embedder = embedder_of(argv[0] if argv else "dlib")
    except NoBackend as missing:
        print(f"{missing.ru}\n{missing.en}", file=sys.stderr)
        return 2
    # What native code prints must not run into the answers.
    writes = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, writes, embedder, os.getpid())
    return 0
